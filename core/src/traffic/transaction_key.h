// Names of transactions that others make (RFC 3261 section 17).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sipreg::traffic {

// FNV-1a over the parts and their ends. What is named by it is told apart, not
// trusted: whoever can send a message of the same name could send any other.
[[nodiscard]] inline std::uint64_t key_of(
    std::initializer_list<std::string_view> parts) {
  std::uint64_t key = 14695981039346656037u;
  for (const std::string_view part : parts) {
    for (const char octet : part) {
      key = (key ^ static_cast<unsigned char>(octet)) * 1099511628211u;
    }
    key = (key ^ 0xff) * 1099511628211u;
  }
  return key;
}

}  // namespace sipreg::traffic
