// Choices that an input makes.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "choices.h"

namespace sipreg::fuzzing {

class InputChoices : public testing::Choices {
 public:
  InputChoices(const std::uint8_t* data, std::size_t size, int most_steps)
      : input_(data, size), digest_(14695981039346656037u), left_(most_steps) {
    for (std::size_t i = 0; i < size; ++i) {  // FNV-1a
      digest_ = (digest_ ^ data[i]) * 1099511628211u;
    }
  }

  bool more() override { return left_-- > 0 && input_.remaining_bytes() > 0; }
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
  int left_;
};

}  // namespace sipreg::fuzzing
