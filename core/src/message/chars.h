// Single octets: the classes of RFC 3261 section 25 that the scanners share.
#pragma once

#include <cstdint>

namespace sipreg::message {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_alpha(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

[[nodiscard]] constexpr bool is_alphanum(char c) {
  return is_digit(c) || is_alpha(c);
}

// ASCII only: SIP knows no other letters in its keywords.
[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// -1 when `c` is no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// White space as it occurs inside values, unfolded or not.
[[nodiscard]] constexpr bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}

[[nodiscard]] constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// alphanum - . ! % * _ + ` ' ~
[[nodiscard]] constexpr bool is_token_char(char c) {
  constexpr std::uint32_t classes[4] = {0, 0x03ff6ca2, 0x87fffffe, 0x47ffffff};
  const auto octet = static_cast<unsigned char>(c);
  return octet < 128 && ((classes[octet >> 5] >> (octet & 31)) & 1) != 0;
}

}  // namespace sipreg::message
