// Random damage to challenges and Authentication-Info: whatever comes in, what
// goes out is one well-formed row that says what the challenge said.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "auth/challenge.h"
#include "auth/digest.h"
#include "auth_checks.h"
#include "auth_fixture.h"

namespace sipreg::auth {
namespace {

const std::vector<std::string> seeds = {
    R"(Digest realm="example.com", nonce="abc", qop="auth,auth-int", opaque="x", algorithm=MD5, stale=false)",
    R"(Digest realm="a\"b", nonce="n\\", algorithm=SHA-512-256-sess, qop=auth, userhash=true)",
    R"(Digest realm="", nonce="n", algorithm="SHA-256", domain="sip:a sip:b", Digest realm=r, nonce=m)",
    R"(Bearer realm="r", scope="s t", authz_server="https://as/", error="invalid_token", Digest nonce="1", realm="2")",
    R"(Negotiate abc==, Basic realm="b", Digest realm="r",nonce="n",,	stale=TRUE)",
    R"(nextnonce="next", qop=auth, rspauth="5d058d058f03ae90f9218493cdb48362", cnonce="0a4f113b", nc=00000001)",
};

// The seed of the run, or that of SIPREG_TEST_SEED to repeat one.
unsigned run_seed() {
  const char* const given = std::getenv("SIPREG_TEST_SEED");
  return given != nullptr
             ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
             : std::random_device{}();
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t i = 1 + below(6); i > 0; --i) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  void damage(std::string& text) {
    static constexpr std::string_view pieces[] = {
        "\"",       "\\",
        ",",        "=",
        " ",        "\t",
        "<",        ">",
        "Digest ",  "Bearer ",
        "nonce=\"", "realm=\"",
        "qop=\"\"", std::string_view("\0", 1),
        "\x7f",     "\xff",
    };
    const std::size_t at = below(text.size() + 1);
    switch (below(4)) {
      case 0:
        text.insert(at, pieces[below(std::size(pieces))]);
        break;
      case 1:
        text.erase(at, 1 + below(4));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        const std::size_t from = below(other.size());
        text.insert(at, other, from, 1 + below(30));
      }
    }
  }

  std::mt19937 random_;
};

TEST(ChallengeFuzz, DIG_25_DIG_26_damage_never_gets_into_the_answer) {
  const unsigned seed = run_seed();
  std::printf("SIPREG_TEST_SEED=%u\n", seed);
  Mutator mutator(seed);
  int answered = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string value = mutator.next();
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " +
                 std::to_string(i) + ": " + value);
    message::Message response;
    response.rows_[0] = {message::HeaderName::www_authenticate,
                         "WWW-Authenticate", value};
    response.row_count_ = 1;
    ChallengeList list;
    parse_challenges(response, list);
    for (const Challenge& challenge : list.view()) {
      check_challenge(challenge, value);
      if (!challenge.answerable()) continue;
      DigestSession session = start_session(challenge);
      check_answer(challenge, Request{}, 1, next_row(session));
      ++answered;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(answered, 1000) << "the mutations leave nothing to check";
}

TEST(ChallengeFuzz, DIG_20_DIG_21_damaged_authentication_info) {
  const unsigned seed = run_seed();
  std::printf("SIPREG_TEST_SEED=%u\n", seed);
  Mutator mutator(seed);
  const OneChallenge challenges(R"(Digest realm="r", nonce="n", qop="auth")");
  for (int i = 0; i < 20'000; ++i) {
    const std::string value = mutator.next();
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " +
                 std::to_string(i) + ": " + value);
    DigestSession session = start_session(challenges[0]);
    (void)next_row(session);
    const auto mutual =
        session.take_authentication_info(value, "sip:example.com", "");
    EXPECT_NE(mutual, DigestSession::Mutual::verified);
    const bool changed = session.nonce() != "n";
    EXPECT_EQ(session.nonce_count(), changed ? 0u : 1u);
    if (mutual == DigestSession::Mutual::mismatch) {
      EXPECT_FALSE(changed);
    }
    const std::string row = next_row(session);
    EXPECT_EQ(row.find('\n'), row.size() - 1);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sipreg::auth
