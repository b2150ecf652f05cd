// Many seeded runs of tests/core/scenario.h: SIPREG_RUNS of them, from
// SIPREG_SEED on. The run of the seed SIPREG_BROKEN_SEED fails whatever
// happens: so a test sees what becomes of a failure.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "random_choices.h"
#include "scenario.h"

namespace sipreg::testing {
namespace {

std::uint32_t number_from(const char* name, std::uint32_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

TEST(Chaos, random_runs_hold_what_holds_for_every_fault) {
  const std::uint32_t first = number_from("SIPREG_SEED", 1);
  const std::uint32_t runs = number_from("SIPREG_RUNS", 1);
  const std::uint32_t some = std::max(runs / 10, 1u);
  const std::uint32_t broken = number_from("SIPREG_BROKEN_SEED", 0);
  std::size_t frames = 0;
  for (std::uint32_t run = 0; run < runs; ++run) {
    RandomChoices choices(first + run);
    Scenario scenario(choices);
    scenario.go();
    frames += scenario.frames().size();
    if (first + run == broken) ADD_FAILURE() << "seed " << broken << " fails";
    ASSERT_FALSE(HasFailure())
        << "replay with: npm run chaos -- --seed " << first + run;
    if ((run + 1) % some == 0 || run + 1 == runs) {
      std::cout << "  seeds " << first << " to " << first + run << ", "
                << frames << " frames" << std::endl;
    }
  }
}

}  // namespace
}  // namespace sipreg::testing
