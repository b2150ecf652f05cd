// A token that is kept.
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

TEST(BearerToken, TOK_06_moving_takes_all) {
  BearerToken first;
  first.start(challenge(), "short-token", 1'000);
  BearerToken second(std::move(first));
  EXPECT_FALSE(first.is("short-token"));
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
}

}  // namespace
}  // namespace sipreg::auth
