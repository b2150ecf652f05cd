// Where a random run takes its decisions from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace sipreg::testing {

class Choices {
 public:
  virtual ~Choices() = default;

  // Whether there is another step to be decided on.
  [[nodiscard]] virtual bool more() = 0;
  // 0 ... bound - 1.
  [[nodiscard]] virtual std::uint32_t pick(std::uint32_t bound) = 0;
  // Any octets, `longest` at most.
  [[nodiscard]] virtual std::string text(std::size_t longest) = 0;
  // Names the run, and cannot be guessed from inside it.
  [[nodiscard]] virtual std::string name() const = 0;

  // True once in `times`.
  [[nodiscard]] bool once_in(std::uint32_t times) { return pick(times) == 1; }

  template <typename List>
  [[nodiscard]] auto& one_of(List& list) {
    return list[pick(static_cast<std::uint32_t>(std::size(list)))];
  }
};

}  // namespace sipreg::testing
