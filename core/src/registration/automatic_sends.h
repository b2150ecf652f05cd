// At most ten automatic REGISTERs in any minute, whatever the server says.
#pragma once

#include <array>
#include <cstdint>

#include "sipreg/time.h"

namespace sipreg::registration {

// When the last ten went out, in a third of the room that ten times need: the
// last of them, and what lies between each two.
class AutomaticSends {
 public:
  AutomaticSends() { gaps_.fill(longest_gap); }

  void note(Millis now);

  // When the next one may go out; steady, and in the past if at once.
  [[nodiscard]] Millis next_slot() const;

 private:
  static constexpr std::uint16_t longest_gap = 0xffff;  // longer than a minute

  Millis last_ = -longest_gap;         // long before any
  std::array<std::uint16_t, 9> gaps_;  // oldest first
};

}  // namespace sipreg::registration
