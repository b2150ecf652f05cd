// Points in time, given by the host with every call: the core has no clock.
#pragma once

#include <cstdint>

namespace sipreg {

using Millis = std::int64_t;

// Both clocks of the host at one moment. Transactions, retries and connect
// deadlines run on the monotonic clock. A binding's end is judged by whichever
// clock went further, because the monotonic one may stand still while the
// machine sleeps and the registrar's does not.
struct Now {
  Millis monotonic = 0;  // ms, any origin, never goes back
  Millis wall = 0;       // ms since the Unix epoch, may jump either way
};

inline constexpr Millis no_deadline = -1;

}  // namespace sipreg
