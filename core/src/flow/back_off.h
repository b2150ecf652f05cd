// How long to wait before the next attempt (RFC 5626 section 4.5).
#pragma once

#include <cstdint>

#include "entropy.h"
#include "sipreg/time.h"

namespace sipreg::flow {

struct BackOff {
  Millis base = 30'000;
  Millis max = 1'800'000;
};

// RFC 5626 section 4.5 with every flow lost; also for a REGISTER that failed.
inline constexpr BackOff rfc5626_back_off{30'000, 1'800'000};
// The base where another flow of the account is up.
inline constexpr Millis base_beside_others = 90'000;
// For sockets that do not open, where a person watches.
inline constexpr BackOff interactive_back_off{1'000, 30'000};

// Uniform in the upper half of min(max, base * 2^failures): at the cap the
// jitter is as wide as anywhere.
[[nodiscard]] Millis back_off_delay(BackOff policy, std::uint32_t failures,
                                    Entropy& entropy);

}  // namespace sipreg::flow
