// Takes challenge and Authentication-Info rows apart (RFC 7235 section 2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sipreg::auth {

// Values are echoed in every request, so their size is bounded; a parameter
// with a longer one is left out.
inline constexpr std::size_t max_value_size = 8192;

// Walks `Digest realm="a", nonce=b, Bearer scope="c"` in one linear pass.
// Empty elements, blanks and TABs anywhere between items, unquoted values and
// missing commas are tolerated; damage is skipped, up to the next comma, or
// to the end after a quote that never closes.
class Scanner {
 public:
  enum class Item : std::uint8_t {
    end,
    scheme,     // a name with a blank and no '=' after it
    word,       // a name alone: a scheme without parameters, or damage
    parameter,  // name=value
  };

  explicit Scanner(std::string_view row) : rest_(row) {}

  [[nodiscard]] Item next();
  [[nodiscard]] std::string_view name() const { return name_; }
  // Without its quotes, escapes kept. Can be put between quotes as it is.
  [[nodiscard]] std::string_view value() const { return value_; }

 private:
  [[nodiscard]] bool take_value(std::string_view text);

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
};

}  // namespace sipreg::auth
