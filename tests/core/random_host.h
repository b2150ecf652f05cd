// An application that asks for what choices tell it: sense and nonsense.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "choices.h"
#include "sipreg/options.h"

namespace sipreg::testing {

// The views in what it gives live as long as it does.
class RandomHost {
 public:
  explicit RandomHost(Choices& choices)
      : choices_(choices), password_("pw-" + choices.name()) {}

  [[nodiscard]] ClientOptions client();
  [[nodiscard]] RegistrationOptions registration();
  [[nodiscard]] UpdateOptions update();
  [[nodiscard]] Call call();
  // `wall`: the time, which tokens outlive or not.
  [[nodiscard]] std::vector<Credentials> credentials(Millis wall);

  [[nodiscard]] const std::string& password() const { return password_; }
  [[nodiscard]] std::string token() const { return "tk-" + choices_.name(); }
  // What no output may hold: the password, and what is as good as that.
  [[nodiscard]] std::vector<std::string> secrets() const;

 private:
  [[nodiscard]] std::string_view keep(std::string text);
  [[nodiscard]] std::string_view text(std::size_t longest = 24);
  [[nodiscard]] std::span<const NameValue> pairs();
  [[nodiscard]] std::span<const std::string_view> tags();
  [[nodiscard]] std::span<const std::string_view> route();
  [[nodiscard]] ContactOptions contact();
  [[nodiscard]] PushOptions push();
  [[nodiscard]] DigestOptions digest();
  [[nodiscard]] RefreshOptions refresh();
  [[nodiscard]] Credentials credential(Millis wall);
  [[nodiscard]] std::uint32_t lifetime();
  [[nodiscard]] std::string ha1(std::size_t size) const;

  Choices& choices_;
  const std::string password_;
  std::deque<std::string> texts_;
  std::deque<std::vector<NameValue>> pairs_;
  std::deque<std::vector<std::string_view>> lists_;
};

}  // namespace sipreg::testing
