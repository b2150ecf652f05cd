// A run of the agent: options, calls, frames, losses and leaps of the clocks
// are decoded from the input, and the invariants hold on every step.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzzing.h"
#include "input_choices.h"
#include "scenario.h"

namespace sipreg::fuzzing {
namespace {

constexpr int most_steps = 150;

std::vector<std::string> run(const std::uint8_t* data, std::size_t size) {
  InputChoices choices(data, size, most_steps);
  testing::Scenario scenario(choices);
  scenario.go();
  return scenario.frames();
}

}  // namespace
}  // namespace sipreg::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::vector<std::string> frames = sipreg::fuzzing::run(data, size);
  // The same calls give the same bytes; now and then is enough to see it.
  if (size % 8 == 0) {
    EXPECT_EQ(sipreg::fuzzing::run(data, size), frames);
  }
  return 0;
}
