// A registrar that answers as it is told by choices: to the point, beside it,
// or damaged.
#pragma once

#include <string>
#include <string_view>

#include "choices.h"

namespace sipreg::testing {

// Realms that its challenges name; in a frame they are escaped.
inline constexpr std::string_view realms[] = {"example.com", "other.example",
                                              "a \"b\" \\"};

class RandomServer {
 public:
  explicit RandomServer(Choices& choices) : choices_(choices) {}

  // An answer to a REGISTER, mostly to the point.
  [[nodiscard]] std::string answer(std::string_view request);
  // A request, a keep-alive, or nothing that makes sense.
  [[nodiscard]] std::string surprise();
  // The same with some octets that differ.
  [[nodiscard]] std::string damaged(std::string frame);

 private:
  [[nodiscard]] std::string rows(std::string_view request = {});
  [[nodiscard]] std::string row(std::string_view request);
  [[nodiscard]] std::string challenge(std::string_view name);
  [[nodiscard]] std::string digest();
  [[nodiscard]] std::string bearer();
  [[nodiscard]] std::string number();
  [[nodiscard]] std::string nonce();

  Choices& choices_;
  int nonces_ = 0;
};

}  // namespace sipreg::testing
