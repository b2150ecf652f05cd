#include "message/uri.h"

#include <array>
#include <cstddef>

#include "message/chars.h"

namespace sipreg::message {
namespace {

// Functions with several callers are kept out of line here: inlined into each,
// they would double the size of this file in WebAssembly and gain nothing.

constexpr std::size_t npos = std::string_view::npos;
using Ipv6 = std::array<std::uint8_t, 16>;

bool parse_ipv4(std::string_view text, std::uint8_t* out) {
  int part = 0;
  int digits = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      value = value * 10 + static_cast<unsigned>(c - '0');
      if (++digits > 3 || value > 255) return false;
    } else {
      if (c != '.' || digits == 0 || part == 3) return false;
      out[part++] = static_cast<std::uint8_t>(value);
      digits = 0;
      value = 0;
    }
  }
  if (digits == 0 || part != 3) return false;
  out[part] = static_cast<std::uint8_t>(value);
  return true;
}

// The text between the brackets (RFC 3261 section 25 as RFC 5954 corrects it).
[[gnu::noinline]] bool parse_ipv6(std::string_view text, Ipv6& out) {
  out.fill(0);
  std::size_t filled = 0;
  std::size_t gap = npos;  // where "::" stands for as many zeros as are missing
  if (text.substr(0, 2) == "::") {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (filled + 2 > out.size()) return false;
    std::size_t digits = 0;
    unsigned value = 0;
    while (digits < text.size() && digits < 4 && hex_value(text[digits]) >= 0) {
      value = value << 4 | static_cast<unsigned>(hex_value(text[digits++]));
    }
    if (digits < text.size() && text[digits] == '.') {  // an IPv4 tail
      if (filled + 4 > out.size() || !parse_ipv4(text, &out[filled])) {
        return false;
      }
      filled += 4;
      break;
    }
    if (digits == 0) return false;
    out[filled++] = static_cast<std::uint8_t>(value >> 8);
    out[filled++] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text.front() == ':') {
      if (gap != npos) return false;
      gap = filled;
      text.remove_prefix(1);
    }
  }
  if (gap == npos) return filled == out.size();
  if (filled == out.size()) return false;
  // Moves what follows the gap to the end.
  for (std::size_t from = filled, to = out.size(); from > gap;) {
    out[--to] = out[--from];
    out[from] = 0;
  }
  return true;
}

// RFC 1123 section 2.1, and '_' because private networks use it. What has only
// digits and dots is an IPv4 address or nothing.
bool is_host_name(std::string_view text) {
  std::uint8_t ipv4[4];
  if (text.find_first_not_of("0123456789.") == npos) {
    return parse_ipv4(text, ipv4);
  }
  char previous = '.';
  for (const char c : text) {
    const bool fits = c == '.'   ? previous != '.' && previous != '-'
                      : c == '-' ? previous != '.'
                                 : is_alphanum(c) || c == '_';
    if (!fits) return false;
    previous = c;
  }
  return previous != '-';
}

bool is_host(std::string_view text) {
  if (text.empty()) return false;
  if (text.front() != '[') return is_host_name(text);
  Ipv6 ipv6;
  return text.back() == ']' &&
         parse_ipv6(text.substr(1, text.size() - 2), ipv6);
}

bool equal_hosts(std::string_view a, std::string_view b) {
  if (a.front() != '[' || b.front() != '[') return equals_ignoring_case(a, b);
  // RFC 5954 section 4.2: by value, not by spelling.
  Ipv6 left;
  Ipv6 right;
  return parse_ipv6(a.substr(1, a.size() - 2), left) &&
         parse_ipv6(b.substr(1, b.size() - 2), right) && left == right;
}

// Takes one octet, unescaped. An escaped octet of the reserved set is not the
// same as the bare one (RFC 3261 section 19.1.4), hence the mark.
unsigned take_octet(std::string_view& text) {
  constexpr unsigned escaped = 0x100;
  if (text.size() >= 3 && text[0] == '%' && hex_value(text[1]) >= 0 &&
      hex_value(text[2]) >= 0) {
    const auto value =
        static_cast<unsigned>(hex_value(text[1]) << 4 | hex_value(text[2]));
    text.remove_prefix(3);
    constexpr std::string_view reserved = ";/?:@&=+$,";
    const bool is_reserved = reserved.find(static_cast<char>(value)) != npos;
    return is_reserved ? value | escaped : value;
  }
  const auto value = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return value;
}

enum class Case : bool { heed, ignore };

[[gnu::noinline]] bool equal_unescaped(std::string_view a, std::string_view b,
                                       Case letters) {
  while (!a.empty() && !b.empty()) {
    unsigned left = take_octet(a);
    unsigned right = take_octet(b);
    if (letters == Case::ignore) {
      if (left - 'A' < 26) left |= 0x20;
      if (right - 'A' < 26) right |= 0x20;
    }
    if (left != right) return false;
  }
  return a.empty() && b.empty();
}

// Parameters that must be in both URIs or in neither.
bool always_counts(std::string_view name) {
  constexpr std::string_view names[] = {"user", "ttl", "method", "maddr",
                                        "transport"};
  for (const std::string_view each : names) {
    if (equal_unescaped(name, each, Case::ignore)) return true;
  }
  return false;
}

// Whether what is in `list` agrees with `other`; `separator` is ';' for
// parameters and '&' for headers, all of which must be there.
[[gnu::noinline]] bool agrees(std::string_view list, std::string_view other,
                              char separator) {
  for (Parameter mine; next_parameter(list, separator, mine);) {
    bool found = false;
    std::string_view rest = other;
    for (Parameter its; !found && next_parameter(rest, separator, its);) {
      found = equal_unescaped(mine.name, its.name, Case::ignore);
      if (found &&
          !equal_unescaped(mine.value, its.value,
                           separator == ';' ? Case::ignore : Case::heed)) {
        return false;
      }
    }
    if (!found && (separator == '&' || always_counts(mine.name))) return false;
  }
  return true;
}

}  // namespace

[[gnu::noinline]] bool parse_uri(std::string_view text, Uri& out) {
  out = Uri{};
  const std::size_t scheme = text.find(':');
  if (scheme == npos) return false;
  out.secure = equals_ignoring_case(text.substr(0, scheme), "sips");
  if (!out.secure && !equals_ignoring_case(text.substr(0, scheme), "sip")) {
    return false;
  }
  text.remove_prefix(scheme + 1);
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '<' || c == '>' || is_control(c)) {
      return false;
    }
  }

  // Nothing but the user part can hold an '@', and it can hold ';' and '?'.
  if (const std::size_t at = text.find('@'); at != npos) {
    const std::string_view user_info = text.substr(0, at);
    const std::size_t colon = user_info.find(':');
    out.user = user_info.substr(0, colon);
    if (colon != npos) out.password = user_info.substr(colon + 1);
    if (out.user.empty()) return false;
    text.remove_prefix(at + 1);
  }
  if (const std::size_t mark = text.find('?'); mark != npos) {
    out.headers = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  if (const std::size_t semicolon = text.find(';'); semicolon != npos) {
    out.parameters = text.substr(semicolon);
    text = text.substr(0, semicolon);
  }
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == npos ? 0 : bracket);
  if (colon != npos) {
    const std::string_view port = text.substr(colon + 1);
    out.port = parse_delta_seconds(port).value_or(0);
    if (out.port == 0 || out.port > 65535) return false;
  }
  out.host = text.substr(0, colon);
  return is_host(out.host);
}

bool equal_uris(std::string_view a, std::string_view b) {
  if (a == b) return true;
  Uri left;
  Uri right;
  return parse_uri(a, left) && parse_uri(b, right) &&
         left.secure == right.secure && left.port == right.port &&
         equal_hosts(left.host, right.host) &&
         equal_unescaped(left.user, right.user, Case::heed) &&
         equal_unescaped(left.password, right.password, Case::heed) &&
         agrees(left.parameters, right.parameters, ';') &&
         agrees(right.parameters, left.parameters, ';') &&
         agrees(left.headers, right.headers, '&') &&
         agrees(right.headers, left.headers, '&');
}

// FNV-1a
std::uint32_t hash_of_user(std::string_view uri) {
  Uri parsed;
  if (!parse_uri(uri, parsed)) return 0;
  std::uint32_t hash = 2166136261u;
  while (!parsed.user.empty()) {
    hash = (hash ^ take_octet(parsed.user)) * 16777619u;
  }
  return hash;
}

}  // namespace sipreg::message
