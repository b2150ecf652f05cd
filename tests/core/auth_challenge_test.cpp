#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "auth/challenge.h"
#include "auth_fixture.h"

namespace sipreg::auth {
namespace {

TEST(Challenge, every_parameter_is_read) {
  const OneChallenge challenges(
      R"(Digest realm="example.com", domain="sip:a sip:b", nonce="abc", )"
      R"(opaque="xyz", stale=true, algorithm=SHA-256, qop="auth,auth-int", )"
      R"(charset=UTF-8, userhash=true)");
  ASSERT_EQ(challenges.count(), 1u);
  const Challenge& challenge = challenges[0];
  EXPECT_EQ(challenge.scheme, Scheme::digest);
  EXPECT_FALSE(challenge.proxy);
  EXPECT_TRUE(challenge.has_realm);
  EXPECT_EQ(challenge.realm, "example.com");
  EXPECT_EQ(challenge.nonce, "abc");
  EXPECT_TRUE(challenge.has_opaque);
  EXPECT_EQ(challenge.opaque, "xyz");
  EXPECT_TRUE(challenge.stale);
  EXPECT_EQ(challenge.algorithm, Algorithm::sha256);
  EXPECT_EQ(challenge.algorithm_text, "SHA-256");
  EXPECT_TRUE(challenge.offers_qop);
  EXPECT_TRUE(challenge.offers_auth);
  EXPECT_TRUE(challenge.offers_auth_int);
  EXPECT_TRUE(challenge.userhash);
  EXPECT_TRUE(challenge.answerable());
}

TEST(Challenge, defaults_of_what_is_not_said) {
  const OneChallenge challenges(R"(Digest realm="r", nonce="n")");
  ASSERT_EQ(challenges.count(), 1u);
  const Challenge& challenge = challenges[0];
  EXPECT_FALSE(challenge.has_opaque);
  EXPECT_FALSE(challenge.stale);
  EXPECT_FALSE(challenge.offers_qop);
  EXPECT_FALSE(challenge.userhash);
  EXPECT_TRUE(challenge.algorithm_text.empty());
  EXPECT_TRUE(challenge.answerable());
}

TEST(Challenge, DIG_03_algorithm_names) {
  struct Row {
    std::string_view parameter;
    Algorithm algorithm;
  };
  for (const Row& row : std::vector<Row>{
           {"", Algorithm::md5},
           {", algorithm=", Algorithm::md5},
           {", algorithm=\"\"", Algorithm::md5},
           {", algorithm=MD5", Algorithm::md5},
           {", algorithm=md5", Algorithm::md5},
           {", algorithm=\"MD5\"", Algorithm::md5},
           {", ALGORITHM = Md5", Algorithm::md5},
           {", algorithm=MD5-sess", Algorithm::md5_sess},
           {", algorithm=md5-SESS", Algorithm::md5_sess},
           {", algorithm=Sha-256", Algorithm::sha256},
           {", algorithm=SHA-256-sess", Algorithm::sha256_sess},
           {", algorithm=SHA-512-256", Algorithm::sha512_256},
           {", algorithm=sha-512-256-sess", Algorithm::sha512_256_sess},
           {", algorithm=SHA-512", Algorithm::unknown},
           {", algorithm=SHA256", Algorithm::unknown},
           {", algorithm=MD", Algorithm::unknown},
           {", algorithm=\"MD5,SHA-256\"", Algorithm::unknown},
       }) {
    SCOPED_TRACE(row.parameter);
    const OneChallenge challenges(R"(Digest realm="r", nonce="n", qop="auth")" +
                                  std::string(row.parameter));
    ASSERT_EQ(challenges.count(), 1u);
    EXPECT_EQ(challenges[0].algorithm, row.algorithm);
    EXPECT_EQ(challenges[0].answerable(), row.algorithm != Algorithm::unknown);
  }
}

TEST(Challenge, algorithms_have_a_name_a_function_and_an_order) {
  const std::vector<Algorithm> all = {
      Algorithm::md5,         Algorithm::md5_sess,   Algorithm::sha256,
      Algorithm::sha256_sess, Algorithm::sha512_256, Algorithm::sha512_256_sess,
  };
  ASSERT_EQ(all.size(), algorithm_count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(parse_algorithm(name_of(all[i])), all[i]);
    EXPECT_EQ(static_cast<std::size_t>(hash_of(all[i])), i / 2);
    EXPECT_EQ(is_session_variant(all[i]), i % 2 == 1);
  }
  EXPECT_EQ(name_of(Algorithm::sha512_256_sess), "SHA-512-256-sess");
  EXPECT_EQ(name_of(Algorithm::unknown), "");
}

TEST(Challenge, DIG_05_session_variants_need_a_qop) {
  EXPECT_FALSE(
      OneChallenge(R"(Digest realm="r", nonce="n", algorithm=MD5-sess)")[0]
          .answerable());
  EXPECT_TRUE(
      OneChallenge(
          R"(Digest realm="r", nonce="n", algorithm=MD5-sess, qop=auth)")[0]
          .answerable());
}

TEST(Challenge, DIG_06_all_are_listed_in_the_order_of_the_server) {
  const Challenges challenges({
      R"(WWW-Authenticate: Digest realm="r", nonce="1", algorithm=SHA3-512)",
      R"(WWW-Authenticate: Digest realm="r", nonce="2", algorithm=SHA-512-256)",
      R"(WWW-Authenticate: Digest realm="r", nonce="3", algorithm=SHA-256)",
      R"(WWW-Authenticate: Digest realm="r", nonce="4", algorithm=MD5)",
  });
  ASSERT_EQ(challenges.count(), 4u);
  EXPECT_FALSE(challenges[0].answerable());
  EXPECT_EQ(challenges[1].algorithm, Algorithm::sha512_256);
  EXPECT_EQ(challenges[2].algorithm, Algorithm::sha256);
  EXPECT_EQ(challenges[3].algorithm, Algorithm::md5);
}

TEST(Challenge, DIG_07_each_keeps_its_own_nonce_and_opaque) {
  const Challenges challenges({
      R"(WWW-Authenticate: Digest realm="r", nonce="n1", opaque="o1", algorithm=SHA-256)",
      R"(WWW-Authenticate: Digest realm="r", nonce="n2", algorithm=MD5)",
  });
  ASSERT_EQ(challenges.count(), 2u);
  EXPECT_EQ(challenges[0].nonce, "n1");
  EXPECT_EQ(challenges[0].opaque, "o1");
  EXPECT_EQ(challenges[1].nonce, "n2");
  EXPECT_FALSE(challenges[1].has_opaque);
}

TEST(Challenge, DIG_08_rows_of_proxy_and_registrar_are_told_apart) {
  const Challenges challenges({
      R"(Proxy-Authenticate: Digest realm="edge", nonce="p")",
      R"(WWW-Authenticate: Digest realm="home", nonce="w")",
  });
  ASSERT_EQ(challenges.count(), 2u);
  EXPECT_TRUE(challenges[0].proxy);
  EXPECT_EQ(challenges[0].realm, "edge");
  EXPECT_FALSE(challenges[1].proxy);
  EXPECT_EQ(challenges[1].realm, "home");
}

TEST(Challenge, DIG_09_offers_of_qop) {
  struct Row {
    std::string_view parameter;
    bool qop;
    bool auth;
    bool auth_int;
    bool answerable;
  };
  for (const Row& row : std::vector<Row>{
           {R"(qop="auth,auth-int")", true, true, true, true},
           {R"(qop="auth, auth-int")", true, true, true, true},
           {"qop=\"auth-int ,\tauth\"", true, true, true, true},
           {R"(qop=auth)", true, true, false, true},
           {R"(qop=auth,auth-int)", true, true, false, true},
           {R"(QOP = "AUTH")", true, true, false, true},
           {R"(qop="auth-int")", true, false, true, true},
           {R"(qop="auth-conf,auth")", true, true, false, true},
           {R"(qop=",,auth,")", true, true, false, true},
           {R"(qop="auth-conf")", true, false, false, false},
           {R"(qop="")", false, false, false, true},
           {R"(qop=)", false, false, false, true},
       }) {
    SCOPED_TRACE(row.parameter);
    const OneChallenge challenges(R"(Digest realm="r", nonce="n", )" +
                                  std::string(row.parameter));
    ASSERT_EQ(challenges.count(), 1u);
    EXPECT_EQ(challenges[0].offers_qop, row.qop);
    EXPECT_EQ(challenges[0].offers_auth, row.auth);
    EXPECT_EQ(challenges[0].offers_auth_int, row.auth_int);
    EXPECT_EQ(challenges[0].answerable(), row.answerable);
  }
}

TEST(Challenge, DIG_16_forms_of_stale) {
  const auto stale = [](const std::string& parameter) {
    return OneChallenge(R"(Digest realm="r", nonce="n", )" + parameter)[0]
        .stale;
  };
  EXPECT_TRUE(stale("stale=true"));
  EXPECT_TRUE(stale("stale=TRUE"));
  EXPECT_TRUE(stale("stale=\"TRUE\""));
  EXPECT_TRUE(stale("Stale = \"true\""));
  EXPECT_FALSE(stale("stale=false"));
  EXPECT_FALSE(stale("stale=\"\""));
  EXPECT_FALSE(stale("stale=1"));
  EXPECT_FALSE(stale("stale"));
}

TEST(Challenge, DIG_25_quoted_values_keep_their_escapes) {
  const OneChallenge challenges(
      R"(Digest realm="a\"b\\", nonce="n,\"1\"", opaque="\\")");
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_EQ(challenges[0].realm, R"(a\"b\\)");
  EXPECT_EQ(challenges[0].nonce, R"(n,\"1\")");
  EXPECT_EQ(challenges[0].opaque, R"(\\)");
}

TEST(Challenge, DIG_26_without_realm_or_nonce_it_is_unusable) {
  EXPECT_EQ(OneChallenge(R"(Digest realm="r")").count(), 0u);
  EXPECT_EQ(OneChallenge(R"(Digest realm="r", nonce="")").count(), 0u);
  EXPECT_EQ(OneChallenge(R"(Digest nonce="n")").count(), 0u);
  EXPECT_EQ(OneChallenge(R"(Digest)").count(), 0u);
  EXPECT_EQ(OneChallenge(R"(Digest ,)").count(), 0u);
  EXPECT_FALSE(Challenge{}.answerable());
}

TEST(Challenge, DIG_26_an_empty_realm_is_legal) {
  const OneChallenge challenges(R"(Digest realm="", nonce="n")");
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_TRUE(challenges[0].has_realm);
  EXPECT_EQ(challenges[0].realm, "");
  EXPECT_TRUE(challenges[0].answerable());
}

TEST(Challenge, DIG_26_unknown_parameters_are_ignored) {
  const OneChallenge challenges(
      R"(Digest ts=1, x-y="a, realm=\"z\"", realm="r", domain="sip:x", nonce="n", +=1)");
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_EQ(challenges[0].realm, "r");
  EXPECT_EQ(challenges[0].nonce, "n");
}

TEST(Challenge, DIG_27_other_schemes_are_skipped) {
  const Challenges challenges({
      R"(WWW-Authenticate: Basic realm="r", nonce="b")",
      R"(WWW-Authenticate: Negotiate)",
      R"(WWW-Authenticate: NTLM TlRMTVNTUAAB/+==)",
      R"(WWW-Authenticate: DigestX realm="r", nonce="x")",
      R"(WWW-Authenticate: "Digest" realm="r", nonce="x")",
      R"(WWW-Authenticate: Digest realm="r", nonce="d")",
  });
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_EQ(challenges[0].nonce, "d");
}

TEST(Challenge, DIG_30_AKA_is_not_answerable) {
  for (const char* const name : {"AKAv1-MD5", "AKAv2-MD5"}) {
    EXPECT_FALSE(OneChallenge(R"(Digest realm="r", nonce="n", algorithm=)" +
                              std::string(name))[0]
                     .answerable());
  }
}

TEST(Challenge, TOK_01_bearer) {
  const Challenges challenges({
      R"(Proxy-Authenticate: Bearer realm="r", scope="sip openid", )"
      R"(authz_server="https://as.example.com/x?a,b", error="invalid_token")",
      R"(WWW-Authenticate: bearer)",
  });
  ASSERT_EQ(challenges.count(), 2u);
  EXPECT_EQ(challenges[0].scheme, Scheme::bearer);
  EXPECT_TRUE(challenges[0].proxy);
  EXPECT_EQ(challenges[0].realm, "r");
  EXPECT_EQ(challenges[0].scope, "sip openid");
  EXPECT_EQ(challenges[0].authz_server, "https://as.example.com/x?a,b");
  EXPECT_EQ(challenges[0].error, "invalid_token");
  EXPECT_FALSE(challenges[0].answerable());
  EXPECT_EQ(challenges[1].scheme, Scheme::bearer);
  EXPECT_FALSE(challenges[1].has_realm);
}

TEST(Challenge, several_in_one_row_are_told_apart) {
  const OneChallenge challenges(
      R"(Digest realm="a, Digest b", nonce="1", algorithm=MD5, )"
      R"(Digest realm="c", nonce="2", algorithm=SHA-256, )"
      R"(Basic realm="never", nonce="3", Bearer scope="s", )"
      R"(Negotiate, Digest nonce="4", realm="d")");
  ASSERT_EQ(challenges.count(), 4u);
  EXPECT_EQ(challenges[0].realm, "a, Digest b");
  EXPECT_EQ(challenges[0].nonce, "1");
  EXPECT_EQ(challenges[0].algorithm, Algorithm::md5);
  EXPECT_EQ(challenges[1].realm, "c");
  EXPECT_EQ(challenges[1].nonce, "2");
  EXPECT_EQ(challenges[1].algorithm, Algorithm::sha256);
  EXPECT_EQ(challenges[2].scheme, Scheme::bearer);
  EXPECT_EQ(challenges[2].scope, "s");
  EXPECT_EQ(challenges[3].realm, "d");
  EXPECT_EQ(challenges[3].nonce, "4");
}

TEST(Challenge, of_a_repeated_parameter_the_first_counts) {
  const OneChallenge challenges(
      R"(Digest realm="r1", nonce="n1", realm="r2", nonce="n2", stale=false, )"
      R"(stale=true, opaque="", opaque="o", algorithm=MD5, algorithm=SHA-256)");
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_EQ(challenges[0].realm, "r1");
  EXPECT_EQ(challenges[0].nonce, "n1");
  EXPECT_FALSE(challenges[0].stale);
  EXPECT_TRUE(challenges[0].has_opaque);
  EXPECT_EQ(challenges[0].opaque, "");
  EXPECT_EQ(challenges[0].algorithm, Algorithm::md5);
}

// All of these say realm "r" and nonce "n", in spellings that were seen or that
// the grammar allows.
TEST(Challenge, tolerated_spellings) {
  for (const std::string_view value : {
           "Digest realm=\"r\",nonce=\"n\"",
           "digest realm=\"r\", nonce=\"n\"",
           "DIGEST\trealm=\"r\",\tnonce=\"n\"",
           "Digest   realm = \"r\" ,  nonce\t=\t\"n\" ",
           "Digest\r\n realm=\"r\",\r\n\tnonce=\"n\"",
           "Digest realm=\"r\",,, ,nonce=\"n\",",
           "Digest ,realm=\"r\",nonce=\"n\"",
           "Digest, realm=\"r\", nonce=\"n\"",
           ",Digest realm=\"r\", nonce=\"n\"",
           "Digest realm=r, nonce=n",
           "Digest realm=\"r\" nonce=\"n\"",
           "Digest Realm=\"r\", NONCE=\"n\"",
           "Digest realm=\"r\", nonce=\"n\", opaque",
           "Digest realm=\"r\", broken, nonce=\"n\"",
           "Digest realm=\"r\", =\"x\", nonce=\"n\"",
           "Digest realm=\"r\", \"x\", nonce=\"n\"",
           "Digest realm=\"r\", nonce=\"n\", opaque=\"never closed",
           "Digest opaque=a\"b, realm=\"r\", nonce=\"n\"",
           "Digest domain=<sip:x>, realm=\"r\", nonce=\"n\"",
       }) {
    SCOPED_TRACE(value);
    const OneChallenge challenges(value);
    ASSERT_EQ(challenges.count(), 1u);
    EXPECT_EQ(challenges[0].realm, "r");
    EXPECT_EQ(challenges[0].nonce, "n");
    EXPECT_FALSE(challenges[0].has_opaque);
    EXPECT_TRUE(challenges[0].answerable());
  }
}

TEST(Challenge, malformed_rows_give_nothing) {
  for (const std::string_view value : {
           "",
           ",",
           "=",
           "\"",
           "Digest \"",
           "Digest realm=\"r, nonce=\"n",
           "Digest realm=\"r\\\", nonce=\"n\"",
           "Digest realm=r\"r, nonce=\"n\"",
           "Digest realm=\"r\", nonce=n\\n",
           "Digest realm=\"r\", nonce=\"n\x01n\"",
           "Digest realm=\"r\", nonce=\"n\x7f\"",
           "realm=\"r\", nonce=\"n\"",
           "Digestrealm=\"r\", nonce=\"n\"",
           "Digest=realm=\"r\", nonce=\"n\"",
           "Digest;realm=\"r\";nonce=\"n\"",
           "Digest realm\"r\", nonce=\"n\"",
       }) {
    SCOPED_TRACE(value);
    EXPECT_EQ(OneChallenge(value).count(), 0u);
  }
}

TEST(Challenge, a_malformed_row_does_not_cost_the_others) {
  const Challenges challenges({
      "WWW-Authenticate: Digest realm=\"open, nonce=x",
      "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"",
  });
  ASSERT_EQ(challenges.count(), 1u);
  EXPECT_EQ(challenges[0].nonce, "n");
}

TEST(Challenge, values_up_to_8_kB_are_taken) {
  const std::string longest(8192, 'n');
  const OneChallenge taken(R"(Digest realm="r", nonce=")" + longest + "\"");
  ASSERT_EQ(taken.count(), 1u);
  EXPECT_EQ(taken[0].nonce, longest);
  const OneChallenge refused(R"(Digest realm="r", nonce=")" + longest + "n\"");
  EXPECT_EQ(refused.count(), 0u);
}

TEST(Challenge, no_more_than_sixteen_are_kept) {
  std::string row;
  for (int i = 0; i < 40; ++i) {
    row += "Negotiate, Digest realm=\"r\", nonce=\"" + std::to_string(i) +
           "\", Digest realm=\"no nonce\", ";
  }
  const OneChallenge challenges(row);
  ASSERT_EQ(challenges.count(), message::max_challenges);
  EXPECT_EQ(challenges[0].nonce, "0");
  EXPECT_EQ(challenges[15].nonce, "15");
}

// Longer than any frame may be, so that a quadratic scan would take minutes.
TEST(Challenge, hostile_rows_take_linear_time) {
  const auto repeat = [](std::string_view unit) {
    std::string text = "Digest realm=\"r\", nonce=\"n\", ";
    for (int i = 0; i < 200'000; ++i) text += unit;
    return text;
  };
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view unit : {
           "a=b,",
           "realm=\"x\",",
           "qop=\"a,b,c\",",
           ",\\\"",
           "\"\\\"",
           "\"",
           "a=\"",
           "a=\"\\\"",
           "a",
           "a ",
           "=",
           "a=",
           "<",
           "<,",
           "Digest ",
           "Digest x,",
           "Digest realm=\"\",nonce=\"\",",
       }) {
    const std::string value = repeat(unit);
    message::Message response;
    response.rows_[0] = {message::HeaderName::www_authenticate,
                         "WWW-Authenticate", value};
    response.row_count_ = 1;
    ChallengeList list;
    parse_challenges(response, list);
    ASSERT_GE(list.count, 1u) << unit;
    EXPECT_EQ(list.items[0].nonce, "n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace sipreg::auth
