// Choices of a seed: the same seed makes the same ones.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "choices.h"

namespace sipreg::testing {

class RandomChoices : public Choices {
 public:
  explicit RandomChoices(std::uint32_t seed)
      : random_(seed), steps_(20 + random_() % 80) {}

  bool more() override { return steps_-- > 0; }
  std::uint32_t pick(std::uint32_t bound) override { return random_() % bound; }
  std::string text(std::size_t longest) override {
    std::string octets(random_() % (longest + 1), ' ');
    static constexpr std::string_view telling = "ab1 <>\"\\;,=%@:-\r\n\xff";
    for (char& octet : octets) octet = telling[random_() % telling.size()];
    return octets;
  }
  // A number of its own, so that asking for it changes nothing.
  std::string name() const override { return "0123456789abcdef"; }

 private:
  std::mt19937 random_;
  std::uint32_t steps_;
};

}  // namespace sipreg::testing
