#include "flow/back_off.h"

#include <algorithm>

namespace sipreg::flow {

Millis back_off_delay(BackOff policy, std::uint32_t failures,
                      Entropy& entropy) {
  const std::uint32_t doublings = std::min<std::uint32_t>(failures, 20);
  const Millis upper = policy.base > policy.max >> doublings
                           ? policy.max
                           : policy.base << doublings;
  return entropy.between(upper / 2, upper);
}

}  // namespace sipreg::flow
