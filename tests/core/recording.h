// The answers of real servers (tests/servers; its README.md has the format).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sipreg::testing {

// What a test fills in itself: {nonce}, {granted}.
using Values = std::map<std::string, std::string>;

// One server's file.
class Recording {
 public:
  explicit Recording(const std::string& server);

  // The message under that heading, for this request of ours. Fails the test
  // when there is none, or when something in braces is not known.
  [[nodiscard]] std::string answer(const std::string& heading,
                                   std::string_view request,
                                   Values values = {}) const;

 private:
  std::map<std::string, std::string> messages_;
};

}  // namespace sipreg::testing
