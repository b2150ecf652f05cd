// One message, read by our parser and by libosip2, must be read alike.
//
// An input that begins with a NUL octet makes the choices for a message out of
// sip.abnf, which we must accept; any other one is the message itself. Of that
// the values are compared that the grammar allows: with the rest each parser
// may do as it likes.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "deviations.h"
#include "fuzzing.h"
#include "grammar.h"
#include "input_choices.h"
#include "message/codec.h"
#include "message/scan.h"
#include "message_maker.h"
#include "reading.h"

namespace sipreg::fuzzing {
namespace {

using Names = std::set<std::string, std::less<>>;

// The names of what is in the message and all as the grammar has it.
Names grammatical_names(const message::Message& message) {
  Names names;
  Names damaged;
  const auto look_at = [&](std::string_view rule, std::string_view value) {
    const bool is_right = tight_grammar().matches(rule, value);
    (is_right ? names : damaged).emplace(rule);
  };
  if (message.is_request) {
    look_at("method", message.method);
    look_at("request-uri", message.request_uri);
  } else {
    names.insert("status-code");
    look_at("reason", message.reason);
  }
  for (const message::Header& row : message.headers()) {
    for (const std::string_view name : compared_headers) {
      if (row.id == message::header_name(name)) look_at(name, row.value);
    }
    // Without a type libosip2 takes no body.
    if (row.id == message::HeaderName::content_type) names.insert("body");
  }
  for (const std::string& name : damaged) names.erase(name);
  return names;
}

std::string_view rule_of(std::string_view key) {
  return key.substr(0, key.find_first_of(".["));
}

std::string rows_of(const message::Message& message, std::string_view rule) {
  std::string text;
  for (const message::Header& row : message.headers()) {
    if (row.id == message::header_name(rule)) {
      text.append(row.name).append(": ").append(row.value).append("\n");
    }
  }
  return text;
}

void compare(const message::Message& message, const Reading& own,
             const Reading& osip2) {
  const Names names = grammatical_names(message);
  Reading all = osip2;
  all.insert(own.begin(), own.end());
  const auto value = [](const Reading& reading, const std::string& key) {
    const auto found = reading.find(key);
    return found == reading.end() ? std::string() : found->second;
  };
  for (const auto& [key, ignored] : all) {
    const std::string_view rule = rule_of(key);
    const std::string ours = value(own, key);
    const std::string theirs = value(osip2, key);
    if (ours == theirs || !names.contains(rule) ||
        is_known_deviation(message, rule)) {
      continue;
    }
    ADD_FAILURE() << key << "\nours:     \"" << ours << "\"\nlibosip2: \""
                  << theirs << "\"\n"
                  << rows_of(message, rule);
  }
}

// Nothing when we refuse it.
std::optional<Reading> read(std::string_view frame, message::Message& message,
                            std::vector<char>& copy) {
  copy.assign(frame.begin(), frame.end());
  if (message::parse(copy, message) != message::ParseError::none) {
    return std::nullopt;
  }
  return read_own(message);
}

// White space tells us nothing, and libosip2 is spared what it makes of it.
void check(const MadeMessage& made) {
  static message::Message message;
  std::vector<char> copy;
  const std::optional<Reading> spread = read(made.spread, message, copy);
  ASSERT_TRUE(spread) << made.spread;
  const std::optional<Reading> tight = read(made.tight, message, copy);
  ASSERT_TRUE(tight) << made.tight;
  EXPECT_EQ(*spread, *tight) << made.spread;
  const Names names = grammatical_names(message);
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    EXPECT_TRUE(names.contains(name)) << "not compared\n" << made.tight;
  }
  const std::optional<Reading> osip2 = read_osip2(made.tight);
  if (osip2) return compare(message, *spread, *osip2);
  EXPECT_TRUE(is_known_deviation(message)) << "libosip2 refuses\n"
                                           << made.tight;
}

void check(std::string_view frame) {
  static message::Message message;
  std::vector<char> copy;
  const std::optional<Reading> own = read(frame, message, copy);
  if (!own || !is_fit_for_osip2(frame)) return;
  const std::optional<Reading> osip2 = read_osip2(frame);
  if (osip2) compare(message, *own, *osip2);
}

}  // namespace
}  // namespace sipreg::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace sipreg::fuzzing;
  [[maybe_unused]] static const bool is_list_right = [] {
    check_deviations();
    return true;
  }();
  if (size > 0 && data[0] == 0) {
    InputChoices choices(data + 1, size - 1, 0);
    check(make_message(choices));
  } else {
    check(std::string_view(reinterpret_cast<const char*>(data), size));
  }
  return 0;
}
