#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>

#include "message/header_name.h"

namespace sipreg::message {
namespace {

TEST(MessageHeaderName, PAR_01_long_names_in_any_case) {
  int known = 0;
  for (int i = 1; i <= static_cast<int>(HeaderName::warning); ++i) {
    const auto id = static_cast<HeaderName>(i);
    std::string name(name_of(id));
    EXPECT_NE(name, "other") << i;
    EXPECT_EQ(header_name(name), id) << name;
    for (char& c : name) {
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    EXPECT_EQ(header_name(name), id) << name;
    name.back() = '#';
    EXPECT_EQ(header_name(name), HeaderName::other) << name;
    ++known;
  }
  EXPECT_EQ(known, 32);
  EXPECT_EQ(name_of(HeaderName::other), "other");
}

TEST(MessageHeaderName, PAR_01_compact_names) {
  struct {
    char letter;
    HeaderName id;
  } const forms[] = {
      {'v', HeaderName::via},          {'f', HeaderName::from},
      {'t', HeaderName::to},           {'i', HeaderName::call_id},
      {'m', HeaderName::contact},      {'l', HeaderName::content_length},
      {'c', HeaderName::content_type}, {'k', HeaderName::supported},
  };
  for (const auto& form : forms) {
    const char upper = static_cast<char>(form.letter & ~0x20);
    EXPECT_EQ(header_name(std::string(1, form.letter)), form.id);
    EXPECT_EQ(header_name(std::string(1, upper)), form.id);
  }
  // Subject, Event, Session-Expires and the like: nothing depends on them.
  for (const char letter : std::string_view("eosurbxajdyqzn*")) {
    EXPECT_EQ(header_name(std::string(1, letter)), HeaderName::other);
  }
}

TEST(MessageHeaderName, other_names) {
  for (const char* name :
       {"", "ca", "vi", "vias", "X", "Contact-", "Session-Expires", "Server",
        "Allow", "P-Access-Network-Info", "Proxy-Authentication-Info2"}) {
    EXPECT_EQ(header_name(name), HeaderName::other) << name;
  }
  EXPECT_EQ(header_name(std::string(60'000, 'a')), HeaderName::other);
}

}  // namespace
}  // namespace sipreg::message
