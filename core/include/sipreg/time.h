// Points in time, given by the host with every call: the library has no clock.
#pragma once

#include <cstdint>

namespace sipreg {

// Milliseconds: spans, and points in time on one of the two clocks below.
// Whatever the host passes is within 2^53 either way.
using Millis = std::int64_t;

// Both clocks of the host at one moment. Transactions, retries and connect
// deadlines run on the monotonic clock. A binding's end is judged by whichever
// clock went further, because the monotonic one may stand still while the
// machine sleeps and the registrar's does not.
struct Now {
  Millis monotonic = 0;  // any origin, not negative; steps back are ignored
  Millis wall = 0;       // since the Unix epoch; may jump either way
};

// What Agent::deadline() gives when nothing is due.
inline constexpr Millis no_deadline = -1;

}  // namespace sipreg
