#include "registration/automatic_sends.h"

#include <algorithm>

namespace sipreg::registration {

void AutomaticSends::note(Millis now) {
  std::copy(gaps_.begin() + 1, gaps_.end(), gaps_.begin());
  gaps_.back() =
      static_cast<std::uint16_t>(std::min<Millis>(now - last_, longest_gap));
  last_ = now;
}

Millis AutomaticSends::next_slot() const {
  Millis slot = last_ + 60'000;
  for (const std::uint16_t gap : gaps_) slot -= gap;
  return slot;
}

}  // namespace sipreg::registration
