#include "message/scan.h"

#include <cstring>

#include "message/chars.h"

namespace sipreg::message {
namespace {

constexpr std::size_t npos = std::string_view::npos;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// Where a list element ends: at the first comma outside quotes and brackets.
// Damage stays inside the element that has it. A '<' that is never closed ends
// its element at the first comma after it. So does a quote, by a second pass
// that takes quotes for ordinary text. There is at most one such pass in a
// list, which keeps a walk over it linear: a backslash hides the octet after
// it inside quotes and outside, so which quotes count does not depend on where
// one begins to read, and a split inside a quoted string leaves an even number
// of them.
std::size_t element_end(std::string_view list, bool heed_quotes) {
  bool in_brackets = false;
  std::size_t comma = npos;  // the first one since the '<'
  for (std::size_t at = 0; at < list.size(); ++at) {
    switch (list[at]) {
      case '\\':
        ++at;
        break;
      case '"':
        if (!heed_quotes) break;
        if (comma != npos) return comma;
        in_brackets = false;
        at = closing_quote(list, at);
        if (at == npos) return element_end(list, false);
        break;
      case '<':
        if (comma != npos) return comma;
        in_brackets = true;
        break;
      case '>':
        in_brackets = false;
        comma = npos;
        break;
      case ',':
        if (!in_brackets) return at;
        if (comma == npos) comma = at;
        break;
      default:
        break;
    }
  }
  return comma != npos ? comma : list.size();
}

}  // namespace

// What all parsers share is kept out of line: a copy of it in each caller would
// cost a fifth of the codec's WebAssembly and save nothing that can be
// measured.

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

[[gnu::noinline]] bool equals_ignoring_case(std::string_view a,
                                            std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

[[gnu::noinline]] std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

[[gnu::noinline]] std::optional<std::uint32_t> parse_delta_seconds(
    std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const std::uint64_t next = std::uint64_t{seconds} * 10 + (c - '0');
    seconds = next > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(next);
  }
  return seconds;
}

std::optional<std::uint32_t> parse_leading_delta_seconds(
    std::string_view text) {
  text = trim(text);
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end < text.size() && text[end] != ';' && text[end] != '(' &&
      !is_space(text[end])) {
    return std::nullopt;
  }
  return parse_delta_seconds(text.substr(0, end));
}

std::size_t closing_quote(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return npos;
}

[[gnu::noinline]] bool next_element(std::string_view& list,
                                    std::string_view& element) {
  while (!list.empty()) {
    const std::size_t end = element_end(list, true);
    element = trim(list.substr(0, end));
    list.remove_prefix(end < list.size() ? end + 1 : end);
    if (!element.empty()) return true;
  }
  return false;
}

[[gnu::noinline]] bool next_parameter(std::string_view& text, char separator,
                                      Parameter& out) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == separator || is_space(text[at]))) {
    ++at;
  }
  text.remove_prefix(at);

  // A name may hold more than token characters: RFC 3261 section 25 lets URI
  // parameters have brackets, slashes and colons.
  std::size_t end = 0;
  while (end < text.size() && text[end] != separator && text[end] != '=' &&
         text[end] != '"' && !is_space(text[end])) {
    ++end;
  }
  if (end == 0) return false;
  out.name = text.substr(0, end);
  out.value = {};
  end = skip_space(text, end);
  out.has_value = end < text.size() && text[end] == '=';

  if (out.has_value) {
    const std::size_t start = skip_space(text, end + 1);
    end = start;
    if (start < text.size() && text[start] == '"') {
      end = closing_quote(text, start);
      if (end == npos) return false;
      ++end;
    } else {
      while (end < text.size() && text[end] != separator &&
             !is_space(text[end])) {
        ++end;
      }
    }
    out.value = text.substr(start, end - start);
  } else if (end < text.size() && text[end] != separator) {
    return false;  // "Digest realm": the next challenge, or two words
  }
  text.remove_prefix(end);
  return true;
}

std::string_view strip_quotes(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  return text.substr(1, text.size() - 2);
}

bool unescaped_equals(std::string_view escaped, std::string_view plain) {
  std::size_t matched = 0;
  for (std::size_t i = 0; i < escaped.size(); ++i, ++matched) {
    if (escaped[i] == '\\' && i + 1 < escaped.size()) ++i;
    if (matched == plain.size() || escaped[i] != plain[matched]) return false;
  }
  return matched == plain.size();
}

bool is_valid_utf8(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t i = 0;
  while (i < text.size()) {
    // Nearly all of SIP is ASCII: eight octets at once.
    std::uint64_t word = high_bits;
    if (text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
    }
    if ((word & high_bits) == 0) {
      i += sizeof word;
      continue;
    }
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const std::size_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (text.size() - i < more) return false;
    // The second octet rules out overlong forms, surrogates and what lies
    // beyond U+10FFFF.
    const auto second = static_cast<unsigned char>(text[i]);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    for (std::size_t k = 0; k < more; ++k, ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

bool is_header_text(std::string_view text) {
  for (const char c : text) {
    if (is_control(c)) return false;
  }
  return true;
}

}  // namespace sipreg::message
