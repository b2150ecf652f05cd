// What a command answers at once.
#pragma once

#include <cstdint>
#include <string_view>

namespace sipreg {

enum class Error : std::uint8_t {
  none,
  invalid_argument,      // `option` names what is wrong; nothing was changed
  unknown_registration,  // no such id, or it was removed
  not_ready,             // no entropy yet, or no server
  closed,                // after Agent::close()
};

// Errors are values. `option` and `message` are static text that outlives the
// agent and never holds what the caller passed in.
struct [[nodiscard]] Status {
  Error error = Error::none;
  std::string_view option;
  std::string_view message;

  [[nodiscard]] bool ok() const { return error == Error::none; }
};

}  // namespace sipreg
