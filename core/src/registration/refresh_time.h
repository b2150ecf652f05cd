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
//
// `lead`: seconds before the end, at the latest; whatever the policy. A
// registrar that pushes needs them to wake others (RFC 8599 section 4.1.4,
// +sip.pnsreg). A lead that leaves less than 6 s is no rule that can be kept,
// and half of the lifetime it is.
[[nodiscard]] Millis refresh_delay(const RefreshOptions& options,
                                   std::uint32_t expires, std::uint32_t lead,
                                   Entropy& entropy);

}  // namespace sipreg::registration
