#include "registration/refresh_time.h"

#include <algorithm>

namespace sipreg::registration {
namespace {

// Refreshes that follow each other sooner are more than ten a minute.
constexpr Millis shortest_kept_delay = 6'000;

Millis adaptive_delay(Millis lifetime, Entropy& entropy) {
  if (lifetime < 10'000) return std::max<Millis>(500, lifetime / 2);
  const bool narrow = lifetime >= 120'000 && lifetime < 150'000;
  Millis lead = std::max<Millis>(lifetime / 10, 5'000);
  if (lifetime >= 80'000) lead = std::max<Millis>(lead, 32'000);
  if (lifetime >= 120'000) lead = std::max<Millis>(lead, 65'000);
  lead = std::min(lead, narrow ? lifetime * 6 / 10 : lifetime / 2);
  const Millis spread =
      entropy.between(0, std::min<Millis>(lifetime / 10, 30'000));
  const Millis floor = narrow ? lifetime * 4 / 10 : lifetime / 2;
  return std::max(lifetime - lead - spread, floor);
}

Millis policy_delay(const RefreshOptions& options, Millis lifetime,
                    Entropy& entropy) {
  const Millis shortest = std::max<Millis>(500, lifetime / 2);
  switch (options.policy) {
    case RefreshPolicy::adaptive:
      return adaptive_delay(lifetime, entropy);
    case RefreshPolicy::percent:
      return std::max<Millis>(
          500, static_cast<Millis>(static_cast<double>(lifetime) *
                                   options.value / 100));
    case RefreshPolicy::margin:
      return std::max(shortest,
                      lifetime - static_cast<Millis>(options.value * 1000));
    case RefreshPolicy::off:
      return no_deadline;
  }
  return no_deadline;
}

}  // namespace

Millis refresh_delay(const RefreshOptions& options, std::uint32_t expires,
                     std::uint32_t lead, Entropy& entropy) {
  const Millis lifetime = static_cast<Millis>(expires) * 1000;
  const Millis delay = policy_delay(options, lifetime, entropy);
  if (delay == no_deadline || lead == 0) return delay;
  const Millis latest = lifetime - static_cast<Millis>(lead) * 1000;
  return std::min(delay, latest < shortest_kept_delay ? lifetime / 2 : latest);
}

}  // namespace sipreg::registration
