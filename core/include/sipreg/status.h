// What a command answers at once.
#pragma once

#include <cstdint>
#include <string_view>

namespace sipreg {

enum class Error : std::uint8_t {
  none,
  invalid_argument,      // `option` names what is wrong
  unknown_registration,  // no such id, or it was removed
  not_ready,  // configure() has not succeeded, or its entropy is too short
  closed,     // after Agent::close(); what is answered is not open any more
  not_open,   // there is no connection at the moment
};

// Errors are values; a command that is refused has changed nothing. Both texts
// are English and static: they outlive the agent and never hold what the caller
// passed in.
struct [[nodiscard]] Status {
  Error error = Error::none;
  // With invalid_argument the option, as the JavaScript API spells it:
  // "contact.uriParams" is ContactOptions::uri_parameters.
  std::string_view option;
  std::string_view message;  // what is wrong, and what to do about it

  [[nodiscard]] bool ok() const { return error == Error::none; }
};

}  // namespace sipreg
