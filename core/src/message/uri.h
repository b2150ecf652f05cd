// SIP and SIPS URIs (RFC 3261 section 19.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "message/scan.h"

namespace sipreg::message {

struct Uri {
  bool secure = false;    // sips
  std::string_view user;  // escapes kept; empty when there is none
  std::string_view password;
  std::string_view host;        // IPv6 with its brackets
  std::uint32_t port = 0;       // 0: none given
  std::string_view parameters;  // after the host, from the first ';', or empty
  std::string_view headers;     // after '?', or empty
};

// False unless the whole text is a sip: or sips: URI with a valid host
// (RFC 1123 name, IPv4 address or bracketed IPv6 reference) and port 1-65535.
[[nodiscard]] bool parse_uri(std::string_view text, Uri& out);

// Equality after RFC 3261 section 19.1.4. Texts that are not sip or sips URIs
// are equal when their bytes are.
[[nodiscard]] bool equal_uris(std::string_view a, std::string_view b);
// The same number for URIs that are equal; what is no URI has 0.
[[nodiscard]] std::uint32_t hash_of_user(std::string_view uri);

}  // namespace sipreg::message
