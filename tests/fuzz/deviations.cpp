#include "deviations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "message/chars.h"
#include "message/scan.h"
#include "reading.h"

namespace sipreg::fuzzing {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != npos;
}

// A URI's headers, "?a=&b=c", one of them without a value.
bool has_empty_uri_header(std::string_view text) {
  for (std::size_t at = text.find('?'); at != npos;
       at = text.find('?', at + 1)) {
    const std::string_view headers = text.substr(at, text.find('>', at) - at);
    if (has(headers, "=&") || headers.ends_with('=')) return true;
  }
  return false;
}

bool has_empty_password(std::string_view text) { return has(text, ":@"); }

bool has_escaped_nul(std::string_view text) { return has(text, "%00"); }

// "sip:a"
bool has_short_uri(std::string_view text) {
  constexpr std::size_t size = 5;
  for (std::size_t at = text.find("sip:"); at != npos;
       at = text.find("sip:", at + 1)) {
    if (at + size == text.size() || has(";,>", text.substr(at + size, 1))) {
      return true;
    }
  }
  return false;
}

bool has_parenthesis(std::string_view text) { return has(text, "("); }

bool begins_with_star(std::string_view text) {
  for (std::string_view element; message::next_element(text, element);) {
    if (element.starts_with('*')) return true;
  }
  return false;
}

bool has_empty_value(std::string_view text) { return has(text, "=\"\""); }

constexpr std::string_view addresses[] = {"request-uri", "From", "To",
                                          "Contact"};
constexpr std::string_view vias[] = {"Via"};
constexpr std::string_view contacts[] = {"Contact"};
constexpr std::string_view challenges[] = {"WWW-Authenticate",
                                           "Proxy-Authenticate"};

struct Deviation {
  std::string_view name;
  std::span<const std::string_view> rows;  // by their names
  bool (*covers)(std::string_view value);
};
constexpr Deviation deviations[] = {
    {"uri-header-without-value", addresses, has_empty_uri_header},
    {"empty-password", addresses, has_empty_password},
    {"escaped-nul", addresses, has_escaped_nul},
    {"short-uri", addresses, has_short_uri},
    {"parenthesis-in-via", vias, has_parenthesis},
    {"display-name-with-star", contacts, begins_with_star},
    {"empty-challenge-value", challenges, has_empty_value},
};

bool covers(const Deviation& deviation, const message::Message& message,
            std::string_view wanted) {
  for (const std::string_view name : deviation.rows) {
    if (!wanted.empty() && wanted != name) continue;
    if (name == "request-uri" && deviation.covers(message.request_uri)) {
      return true;
    }
    for (const message::Header& row : message.headers()) {
      if (row.id != message::HeaderName::other &&
          row.id == message::header_name(name) && deviation.covers(row.value)) {
        return true;
      }
    }
  }
  return false;
}

// A message that has that row in the place of its own one.
std::string message_with(const std::string& name, const std::string& value) {
  std::map<std::string, std::string> rows = {
      {"CSeq", "1 OPTIONS"},
      {"Call-ID", "c"},
      {"From", "<sip:a@b>;tag=f"},
      {"To", "<sip:a@b>"},
      {"Via", "SIP/2.0/WSS a.invalid;branch=z9hG4bK1"},
  };
  std::string text = "SIP/2.0 200 OK\r\n";
  if (name == "request-uri") {
    text = "OPTIONS " + value + " SIP/2.0\r\n";
  } else {
    rows[name] = value;
  }
  for (const auto& [each, content] : rows) {
    text.append(each).append(": ").append(content).append("\r\n");
  }
  return text + "\r\n";
}

void check_example(const Deviation& deviation, const std::string& example) {
  const std::size_t colon = example.find(": ");
  const std::string text =
      message_with(example.substr(0, colon), example.substr(colon + 2));
  std::vector<char> frame(text.begin(), text.end());
  static message::Message message;
  ASSERT_EQ(message::parse(frame, message), message::ParseError::none) << text;
  EXPECT_TRUE(covers(deviation, message, {})) << text;
  EXPECT_NE(read_osip2(text), read_own(message)) << text;
}

}  // namespace

bool is_known_deviation(const message::Message& message,
                        std::string_view name) {
  return std::any_of(
      std::begin(deviations), std::end(deviations),
      [&](const Deviation& each) { return covers(each, message, name); });
}

bool is_fit_for_osip2(std::string_view frame) {
  std::string text(frame);
  std::transform(text.begin(), text.end(), text.begin(), message::to_lower);
  for (std::size_t at = text.find('\r'); at != npos;
       at = text.find('\r', at + 1)) {
    if (text.compare(at, 2, "\r\n") != 0) return false;
  }
  return !has(text, std::string_view("\0", 1)) && !has(text, "multipart");
}

// | `name` | `Header: value` | why |
void check_deviations() {
  std::ifstream file(SIPREG_FUZZ_DIR "/libosip2.md");
  std::map<std::string, std::string, std::less<>> examples;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    for (std::size_t at = line.find('`'); at != npos; at = line.find('`', at)) {
      const std::size_t end = line.find('`', at + 1);
      if (end == npos) break;
      cells.push_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    if (line.starts_with("| `") && cells.size() >= 2) {
      examples[cells[0]] = cells[1];
    }
  }
  for (const Deviation& deviation : deviations) {
    const auto example = examples.find(deviation.name);
    ASSERT_NE(example, examples.end()) << deviation.name << " is not listed";
    check_example(deviation, example->second);
  }
  EXPECT_EQ(examples.size(), std::size(deviations)) << "listed, and not known";
}

}  // namespace sipreg::fuzzing
