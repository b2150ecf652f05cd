// A run of the agent: options, calls, frames, losses and leaps of the clocks
// are decoded from the input, and the invariants hold on every step.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "choices.h"
#include "fuzzing.h"
#include "scenario.h"

namespace sipreg::fuzzing {
namespace {

constexpr int most_steps = 150;

class InputChoices : public testing::Choices {
 public:
  InputChoices(const std::uint8_t* data, std::size_t size)
      : input_(data, size), digest_(14695981039346656037u) {
    for (std::size_t i = 0; i < size; ++i) {  // FNV-1a
      digest_ = (digest_ ^ data[i]) * 1099511628211u;
    }
  }

  bool more() override {
    return ++steps_ <= most_steps && input_.remaining_bytes() > 0;
  }
  std::uint32_t pick(std::uint32_t bound) override {
    return input_.ConsumeIntegralInRange<std::uint32_t>(0, bound - 1);
  }
  std::string text(std::size_t longest) override {
    return input_.ConsumeRandomLengthString(longest);
  }
  // Made of the whole input, which therefore cannot hold it: a server that
  // echoes the password would be no leak of ours.
  std::string name() const override {
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) {
      hex += "0123456789abcdef"[digest_ >> shift & 15];
    }
    return hex;
  }

 private:
  FuzzedDataProvider input_;
  std::uint64_t digest_;
  int steps_ = 0;
};

std::vector<std::string> run(const std::uint8_t* data, std::size_t size) {
  InputChoices choices(data, size);
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
