// Character classes and small scanners of RFC 3261 section 25.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sipreg::message {

[[nodiscard]] bool is_token(std::string_view text);  // not empty, token chars
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trim(std::string_view text);  // SP HT CR LF

// Decimal digits only; saturates at 2^32-1 (RFC 3261 section 20.19 caps
// delta-seconds there). nullopt for anything else, signs and blanks included.
[[nodiscard]] std::optional<std::uint32_t> parse_delta_seconds(
    std::string_view text);

// The digits a header value begins with, before ';', '(' or white space:
// "18000;duration=3600", "120 (in a meeting)" (RFC 3261 section 20.33).
[[nodiscard]] std::optional<std::uint32_t> parse_leading_delta_seconds(
    std::string_view text);

// `text[at]` is a quote that opens a quoted string; the index of the one that
// closes it, npos when none does. A backslash hides the octet after it.
[[nodiscard]] std::size_t closing_quote(std::string_view text, std::size_t at);

// Takes the next element off a comma-separated list: commas inside quotes and
// angle brackets do not count; empty elements are skipped. False at the end.
// An element with a quote or bracket that is never closed ends at a comma
// inside it. To walk a whole list takes time linear in its length.
[[nodiscard]] bool next_element(std::string_view& list,
                                std::string_view& element);

// Takes the next parameter off ";name=value;flag": `value` keeps its quotes,
// and is empty for a flag (`has_value` false). `separator` is ';' in headers
// and URIs, ',' in challenges. LWS around separators and '=' is skipped; a
// missing separator after LWS or a quoted string is tolerated. False at the
// end and at the first thing that is no parameter (`text` then holds what is
// left, so a caller can tell the two).
struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};
[[nodiscard]] bool next_parameter(std::string_view& text, char separator,
                                  Parameter& out);

// The inside of a quoted string with its escapes still in it, or the text
// itself when it is not quoted.
[[nodiscard]] std::string_view strip_quotes(std::string_view text);
// Compares the inside of a quoted string, unescaped on the fly, with plain
// text.
[[nodiscard]] bool unescaped_equals(std::string_view escaped,
                                    std::string_view plain);

[[nodiscard]] bool is_valid_utf8(std::string_view text);
// No control characters at all (RFC 3261 section 25: TEXT-UTF8, no folding).
[[nodiscard]] bool is_header_text(std::string_view text);

}  // namespace sipreg::message
