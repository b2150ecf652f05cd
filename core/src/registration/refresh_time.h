// When to refresh a binding.
#pragma once

#include <cstdint>

#include "entropy.h"
#include "sipreg/options.h"
#include "sipreg/time.h"

namespace sipreg::registration {

// Ms from the sending of the REGISTER that was granted `expires` seconds to the
// sending of the next one (RFC 3261 section 10.2.4: before the interval
// elapses). no_deadline when the policy is off.
//
// The adaptive policy leaves room for one Timer F from 80 s on and for a tab
// whose timers run once a minute from 120 s on, spreads refreshes by up to 30 s
// and never asks before 40 % (120 to 150 s) or 50 % of the lifetime.
[[nodiscard]] Millis refresh_delay(const RefreshOptions& options,
                                   std::uint32_t expires, Entropy& entropy);

}  // namespace sipreg::registration
