#include "message_maker.h"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "message/chars.h"

namespace sipreg::fuzzing {
namespace {

// Where a message may have white space it is made with marks.
constexpr char lws = 1;
constexpr char sws = 2;
constexpr char blanks = 3;  // where no line may be folded
constexpr std::string_view marks =
    "lws = %x01\nsws = %x02\nblanks = %x03\ncomma = sws \",\" sws\n";

Grammar read_grammar(std::string_view white_space) {
  std::ifstream file(SIPREG_FUZZ_DIR "/sip.abnf", std::ios::binary);
  std::string rules(white_space);
  return Grammar(rules.append(std::istreambuf_iterator<char>(file), {}));
}

const Grammar& maker() {
  static const Grammar grammar = read_grammar(marks);
  return grammar;
}

std::string some_blanks(testing::Choices& choices) {
  std::string text;
  do {
    text += choices.once_in(3) ? '\t' : ' ';
  } while (choices.once_in(3));
  return text;
}

std::string some_lws(testing::Choices& choices) {
  if (!choices.once_in(3)) return some_blanks(choices);
  const bool has_blanks = choices.once_in(3);
  return (has_blanks ? some_blanks(choices) : "") + "\r\n" +
         some_blanks(choices);
}

std::string spread(std::string_view marked, testing::Choices& choices) {
  std::string text;
  for (const char c : marked) {
    if (c == lws || (c == sws && choices.once_in(4))) {
      text += some_lws(choices);
    } else if (c == blanks && choices.once_in(4)) {
      text += some_blanks(choices);
    } else if (c != sws && c != blanks) {
      text += c;
    }
  }
  return text;
}

std::string tightened(std::string_view marked) {
  std::string text;
  for (const char c : marked) {
    if (c != sws && c != blanks) text += c == lws ? ' ' : c;
  }
  return text;
}

struct Compact {
  std::string_view name;
  char letter;
};
constexpr Compact compact_forms[] = {{"Via", 'v'},
                                     {"From", 'f'},
                                     {"To", 't'},
                                     {"Call-ID", 'i'},
                                     {"Contact", 'm'},
                                     {"Supported", 'k'},
                                     {"Content-Length", 'l'},
                                     {"Content-Type", 'c'}};

std::string name_of(std::string_view name, testing::Choices& choices) {
  std::string text(name);
  switch (choices.pick(4)) {
    case 0:
      for (const Compact& form : compact_forms) {
        if (form.name == name) return {form.letter};
      }
      break;
    case 1:
      for (char& c : text) c = message::to_lower(c);
      break;
    default:
      break;
  }
  return text;
}

std::string row(std::string_view name, std::string_view value,
                testing::Choices& choices) {
  std::string text = name_of(name, choices);
  text += maker().make("hcolon", choices);
  return text.append(value).append("\r\n");
}

std::string row(std::string_view name, testing::Choices& choices) {
  return row(name, maker().make(name, choices), choices);
}

std::vector<std::string> rows(std::string_view method, bool is_request,
                              testing::Choices& choices) {
  std::vector<std::string> list;
  for (const std::string_view name : {"Via", "From", "To", "Call-ID"}) {
    list.push_back(row(name, choices));
  }
  list.push_back(row("CSeq",
                     maker().make("cseq-number", choices) +
                         maker().make("lws", choices) + std::string(method),
                     choices));
  if (is_request && choices.once_in(3)) list.push_back(row("Via", choices));
  constexpr std::size_t optional_from = 5;
  for (std::uint32_t more = choices.pick(5); more > 0; --more) {
    const std::size_t place =
        optional_from + choices.pick(static_cast<std::uint32_t>(
                            std::size(compared_headers) - optional_from));
    list.push_back(row(compared_headers[place], choices));
  }
  for (std::size_t at = list.size() - 1; at > 0; --at) {
    std::swap(list[at], list[choices.pick(static_cast<std::uint32_t>(at + 1))]);
  }
  return list;
}

}  // namespace

const Grammar& tight_grammar() {
  static const Grammar grammar = read_grammar(
      "lws = %x20\nsws = \"\"\nblanks = \"\"\ncomma = \",\" [lws]\n");
  return grammar;
}

MadeMessage make_message(testing::Choices& choices) {
  const Grammar& grammar = maker();
  const std::string method = grammar.make("method", choices);
  const bool is_request = choices.once_in(4);
  std::string text =
      is_request
          ? method + ' ' + grammar.make("request-uri", choices) + " SIP/2.0\r\n"
          : "SIP/2.0 " + grammar.make("status-code", choices) + ' ' +
                grammar.make("reason", choices) + "\r\n";
  for (const std::string& each : rows(method, is_request, choices)) {
    text += each;
  }
  std::string body;
  if (choices.once_in(4)) {
    body = choices.text(40);
    text += row("Content-Type", "text/plain", choices);
  }
  if (!choices.once_in(4)) {
    text += row("Content-Length", std::to_string(body.size()), choices);
  }
  text += "\r\n";
  return {spread(text, choices) + body, tightened(text) + body};
}

}  // namespace sipreg::fuzzing
