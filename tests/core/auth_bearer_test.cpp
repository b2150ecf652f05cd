// A token that is kept: moved whole, and wiped where it was.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "auth/bearer.h"

namespace sipreg::auth {
namespace {

Challenge challenge() {
  Challenge challenge;
  challenge.proxy = true;
  challenge.realm = "example.com";
  challenge.has_realm = true;
  challenge.scope = "sip";
  challenge.authz_server = "https://as.example.com";
  return challenge;
}

// The object's own bytes: a short text lies inside it.
bool holds(const BearerToken& token, std::string_view text) {
  const std::string_view bytes(reinterpret_cast<const char*>(&token),
                               sizeof token);
  return bytes.find(text) != bytes.npos;
}

TEST(BearerToken, TOK_06_SEC_02_moving_takes_all_and_leaves_no_copy) {
  BearerToken first;
  first.start(challenge(), "short-token", 1'000);
  EXPECT_TRUE(holds(first, "short-token"));
  BearerToken second(std::move(first));
  EXPECT_FALSE(holds(first, "short-token"));
  EXPECT_TRUE(second.is("short-token"));
  EXPECT_TRUE(second.proxy());
  EXPECT_TRUE(second.expires_by(1'000));
  EXPECT_FALSE(second.expires_by(999));
  EXPECT_EQ(second.realm(), "example.com");
  EXPECT_EQ(second.challenge().scope, "sip");
  EXPECT_EQ(second.challenge().authz_server, "https://as.example.com");
  BearerToken& itself = second;
  second = std::move(itself);
  EXPECT_TRUE(second.is("short-token"));
  second.wipe();
  EXPECT_FALSE(holds(second, "short-token"));
}

}  // namespace
}  // namespace sipreg::auth
