#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "auth/digest.h"
#include "auth_fixture.h"

namespace sipreg::auth {
namespace {

constexpr std::string_view sha256_challenge =
    R"(Digest realm="example.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", )"
    R"(opaque="5ccc", algorithm=SHA-256, qop="auth")";

constexpr std::string_view sip_uri = "sip:example.com";

std::string answer_to(std::string_view challenge, const Account& account = {}) {
  const OneChallenge challenges(challenge);
  EXPECT_EQ(challenges.count(), 1u);
  DigestSession session = start_session(challenges[0], account);
  return next_row(session);
}

TEST(DigestRow, DIG_02_DIG_12_whole_row_with_qop) {
  EXPECT_EQ(
      answer_to(sha256_challenge),
      "Authorization: Digest username=\"alice\", realm=\"example.com\", "
      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:example.com\", "
      "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
      "response=\"a55e42ad87e94eb5b9c03f5942cc829f"
      "83420868db57acc6f2dfb1f1084ae6cd\", opaque=\"5ccc\"\r\n");
}

TEST(DigestRow, DIG_10_whole_row_without_qop) {
  EXPECT_EQ(answer_to(R"(Digest realm="example.com", )"
                      R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")"),
            "Authorization: Digest username=\"alice\", realm=\"example.com\", "
            "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
            "uri=\"sip:example.com\", "
            "response=\"b75dc11e0cde1fc2f921ce28378036bb\"\r\n");
}

TEST(DigestRow, DIG_01_a_proxy_gets_its_own_header) {
  const Challenges challenges(
      {R"(Proxy-Authenticate: Digest realm="r", nonce="n")"});
  DigestSession session = start_session(challenges[0]);
  EXPECT_TRUE(session.proxy());
  EXPECT_EQ(next_row(session).rfind("Proxy-Authorization: Digest ", 0), 0u);
}

TEST(DigestRow, DIG_09_auth_is_preferred_to_auth_int) {
  const auto qop = [](const std::string& offer) {
    return parameter_of(
        answer_to(R"(Digest realm="r", nonce="n", qop=")" + offer + "\""),
        "qop");
  };
  EXPECT_EQ(qop("auth-int,auth"), "auth");
  EXPECT_EQ(qop("auth"), "auth");
  EXPECT_EQ(qop("auth-int"), "auth-int");
}

TEST(DigestRow, Q_21_algorithm_is_echoed_as_the_challenge_spells_it) {
  const auto algorithm = [](const std::string& parameter) {
    return parameter_of(answer_to(R"(Digest realm="r", nonce="n")" + parameter),
                        "algorithm");
  };
  EXPECT_EQ(algorithm(""), "");
  EXPECT_EQ(algorithm(", algorithm=MD5"), "MD5");
  EXPECT_EQ(algorithm(", algorithm=md5"), "md5");
  EXPECT_EQ(algorithm(", algorithm=\"Sha-256\""), "Sha-256");
}

TEST(DigestRow, DIG_14_opaque_is_echoed_only_if_given) {
  const auto opaque = [](const std::string& parameter) {
    return parameter_of(answer_to(R"(Digest realm="r", nonce="n")" + parameter),
                        "opaque");
  };
  EXPECT_EQ(opaque(""), "");
  EXPECT_EQ(opaque(", opaque=\"\""), "\"\"");
  EXPECT_EQ(opaque(R"(, opaque="a\"b")"), R"("a\"b")");
}

TEST(DigestRow, DIG_25_hashes_the_unescaped_and_sends_the_escaped) {
  const std::string row = answer_to(
      R"(Digest realm="a\"b\\c", nonce="n\"1", qop="auth")", {R"(al"ice\)"});
  EXPECT_EQ(row,
            "Authorization: Digest username=\"al\\\"ice\\\\\", "
            "realm=\"a\\\"b\\\\c\", nonce=\"n\\\"1\", uri=\"sip:example.com\", "
            "qop=auth, nc=00000001, cnonce=\"0a4f113b\", "
            "response=\"81efe9c534791ee385f83bad1b94f16b\"\r\n");
}

TEST(DigestRow, DIG_26_empty_realm) {
  const std::string row = answer_to(
      R"(Digest realm="", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", )"
      R"(algorithm=SHA-256, qop="auth")");
  EXPECT_EQ(parameter_of(row, "realm"), "\"\"");
  EXPECT_EQ(response_of(row),
            "ccdf91aca4d66cc760194919e2f015331ef6af091422699b0e2136b06a1f17e9");
}

TEST(DigestRow, DIG_23_DIG_24_names_and_passwords_are_UTF_8) {
  const std::string row = answer_to(
      sha256_challenge, {"J\xc3\xa4s\xc3\xb8n",
                         "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"});
  EXPECT_EQ(parameter_of(row, "username"), "\"J\xc3\xa4s\xc3\xb8n\"");
  EXPECT_EQ(response_of(row),
            "eec5970580eee23384c4154460ed44305bf0412d68e56ac871031fc6d8a47ef2");
}

TEST(DigestRow, DIG_22_userhash_hides_the_name_in_the_row_only) {
  const std::string row =
      answer_to(std::string(sha256_challenge) + ", userhash=TRUE");
  EXPECT_EQ(parameter_of(row, "username"),
            "\"182821e63518db2dd774c82f8142291d"
            "0376025311d4a5988d61e5a5dfafbbde\"");
  EXPECT_EQ(parameter_of(row, "userhash"), "true");
  EXPECT_EQ(response_of(row),
            "a55e42ad87e94eb5b9c03f5942cc829f83420868db57acc6f2dfb1f1084ae6cd");
  EXPECT_EQ(parameter_of(
                answer_to(std::string(sha256_challenge) + ", userhash=false"),
                "userhash"),
            "");
}

TEST(DigestRow, a_nonce_of_8_kB_is_answered) {
  const std::string nonce(8192, 'n');
  const std::string row =
      answer_to(R"(Digest realm="example.com", nonce=")" + nonce +
                R"(", algorithm=SHA-512-256, qop="auth")");
  EXPECT_EQ(parameter_of(row, "nonce"), "\"" + nonce + "\"");
  EXPECT_EQ(response_of(row),
            "627e55dec7a4e261b39427805e63618081ce79963edbfcafcb8a5a6073e4ee82");
}

TEST(DigestSession, keeps_what_it_was_started_with) {
  const OneChallenge challenges(
      R"(Digest realm="a\"b", nonce="n\\", qop=auth)");
  const DigestSession session = start_session(challenges[0]);
  EXPECT_TRUE(session.active());
  EXPECT_FALSE(session.proxy());
  EXPECT_EQ(session.algorithm(), Algorithm::md5);
  EXPECT_EQ(session.realm(), R"(a\"b)");
  EXPECT_EQ(session.nonce(), R"(n\\)");
  EXPECT_EQ(session.username(), "alice");
  EXPECT_EQ(session.nonce_count(), 0u);
  EXPECT_EQ(session.ha1().view(),
            make_ha1(HashFunction::md5, "alice", R"(a\"b)", "secret").view());
}

TEST(DigestSession, DIG_28_answers_with_a_given_HA1) {
  HexDigest ha1;
  ASSERT_TRUE(ha1.assign(
      HashFunction::sha256,
      "ed8925b20f9a77b8f8f8d5f8e4467fe32b866f7208ab9e4b20595e9821a0fdee"));
  const OneChallenge challenges(sha256_challenge);
  DigestSession session;
  session.start(challenges[0], "alice", ha1, test_cnonce);
  EXPECT_EQ(response_of(next_row(session)),
            "a55e42ad87e94eb5b9c03f5942cc829f83420868db57acc6f2dfb1f1084ae6cd");
}

TEST(DigestSession, DIG_12_DIG_13_the_nonce_count_rises_in_hex) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  std::vector<std::string> counts;
  for (int i = 1; i <= 300; ++i) {
    counts.push_back(parameter_of(next_row(session), "nc"));
  }
  EXPECT_EQ(counts[0], "00000001");
  EXPECT_EQ(counts[1], "00000002");
  EXPECT_EQ(counts[8], "00000009");
  EXPECT_EQ(counts[9], "0000000a");
  EXPECT_EQ(counts[15], "00000010");
  EXPECT_EQ(counts[299], "0000012c");
  EXPECT_EQ(session.nonce_count(), 300u);
}

TEST(DigestSession, DIG_13_a_new_challenge_starts_the_count_again) {
  const OneChallenge first(sha256_challenge);
  DigestSession session = start_session(first[0]);
  (void)next_row(session);
  (void)next_row(session);
  const OneChallenge second(R"(Digest realm="example.com", nonce="n1")");
  session.start(second[0], "alice",
                make_ha1(HashFunction::md5, "alice", "example.com", "secret"),
                "deadbeef");
  EXPECT_EQ(session.nonce_count(), 0u);
  EXPECT_EQ(next_row(session),
            "Authorization: Digest username=\"alice\", realm=\"example.com\", "
            "nonce=\"n1\", uri=\"sip:example.com\", "
            "response=\"bce9c34312ea6cab40c3511fe8197611\"\r\n")
      << "nothing of the first challenge may be left";
}

TEST(DigestSession, DIG_05_A1_is_made_anew_for_a_new_challenge) {
  const OneChallenge first(
      R"(Digest realm="example.com", nonce="n1", algorithm=SHA-256-sess, qop=auth)");
  const OneChallenge second(
      R"(Digest realm="example.com", nonce="other-nonce", algorithm=SHA-256-sess, qop=auth)");
  DigestSession session = start_session(first[0]);
  (void)next_row(session);
  const HexDigest ha1 = session.ha1();
  session.start(second[0], "alice", ha1, "deadbeef");
  EXPECT_EQ(response_of(next_row(session)),
            "f7b33413d66966832537215fb3ae455b8d5c518a053404aef2d4a193a4b53beb");
}

TEST(DigestSession, can_be_moved) {
  const OneChallenge challenges(sha256_challenge);
  std::vector<DigestSession> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(start_session(challenges[0]));
  sessions.erase(sessions.begin(), sessions.begin() + 3);
  for (DigestSession& session : sessions) {
    EXPECT_EQ(
        response_of(next_row(session)),
        "a55e42ad87e94eb5b9c03f5942cc829f83420868db57acc6f2dfb1f1084ae6cd");
  }
}

TEST(DigestSession, without_a_challenge_it_writes_nothing) {
  DigestSession session;
  Text text;
  message::Writer writer(text);
  EXPECT_FALSE(session.write_authorization(writer, "REGISTER", sip_uri, ""));
  EXPECT_EQ(text, "");
  EXPECT_EQ(session.take_authentication_info("nextnonce=\"n\"", sip_uri, ""),
            DigestSession::Mutual::absent);
  EXPECT_EQ(session.nonce(), "");
}

// The rows of repeated use differ in count and response alone, and their text
// goes to a buffer that no longer grows.
TEST(DigestSession, DIG_19_is_used_again_without_growing_anything) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  Text text(std::string(1024, ' '));
  const char* const memory = text.data();
  for (int i = 0; i < 1000; ++i) {
    message::Writer writer(text);
    ASSERT_TRUE(session.write_authorization(writer, "REGISTER", sip_uri, ""));
    ASSERT_EQ(session.take_authentication_info("qop=auth", sip_uri, ""),
              DigestSession::Mutual::absent);
  }
  EXPECT_EQ(text.data(), memory);
}

TEST(AuthenticationInfo, DIG_20_nextnonce_is_used_with_a_count_of_one) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  EXPECT_EQ(
      session.take_authentication_info("nextnonce=\"next-nonce\"", sip_uri, ""),
      DigestSession::Mutual::absent);
  EXPECT_EQ(session.nonce(), "next-nonce");
  const std::string row = next_row(session);
  EXPECT_EQ(parameter_of(row, "nonce"), "\"next-nonce\"");
  EXPECT_EQ(parameter_of(row, "nc"), "00000001");
  EXPECT_EQ(parameter_of(row, "opaque"), "\"5ccc\"");
  EXPECT_EQ(response_of(row),
            "91291549189478c74ab1d6a33f1530c82e953310a2b12465691c2d78c0a9f434");
}

TEST(AuthenticationInfo, DIG_05_DIG_20_nextnonce_keeps_A1_of_a_session) {
  const OneChallenge challenges(
      R"(Digest realm="example.com", algorithm=SHA-256-sess, qop="auth", )"
      R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")");
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  EXPECT_EQ(
      session.take_authentication_info("nextnonce=\"next-nonce\"", sip_uri, ""),
      DigestSession::Mutual::absent);
  EXPECT_EQ(response_of(next_row(session)),
            "b08ca6de78852caeafbd5536bea9dc2980b94593880e2ff659da155d605aa9a6");
}

TEST(AuthenticationInfo, DIG_20_what_is_no_new_nonce_changes_nothing) {
  const OneChallenge challenges(
      R"(Digest realm="example.com", nonce="n1", qop=auth)");
  for (const std::string& value : std::vector<std::string>{
           "",
           ",",
           "nextnonce=",
           "nextnonce=\"\"",
           "nextnonce",
           "nextnonce=\"open",
           "nextnonce=a\"b",
           "nextnonce=\"a\x01\"",
           "xnextnonce=\"n2\"",
           "qop=auth",
           "nextnonce=\"n1\"",  // the count of a nonce never goes back
           "nextnonce=\"" + std::string(8193, 'n') + "\"",
       }) {
    SCOPED_TRACE(value.substr(0, 40));
    DigestSession session = start_session(challenges[0]);
    (void)next_row(session);
    EXPECT_EQ(session.take_authentication_info(value, sip_uri, ""),
              DigestSession::Mutual::absent);
    EXPECT_EQ(session.nonce(), "n1");
    EXPECT_EQ(parameter_of(next_row(session), "nc"), "00000002");
  }
}

struct Rspauth {
  std::string_view algorithm;
  std::string_view qop;
  std::string_view rspauth;  // for an empty body
};

class MutualAuthentication : public testing::TestWithParam<Rspauth> {
 protected:
  [[nodiscard]] std::string challenge() const {
    std::string text =
        R"(Digest realm="example.com", )"
        R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", algorithm=)";
    text += GetParam().algorithm;
    if (!GetParam().qop.empty()) {
      text.append(", qop=\"").append(GetParam().qop).append("\"");
    }
    return text;
  }
};

TEST_P(MutualAuthentication, DIG_21_rspauth_is_verified) {
  const OneChallenge challenges(challenge());
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  const std::string right(GetParam().rspauth);
  EXPECT_EQ(session.take_authentication_info("rspauth=\"" + right + "\"",
                                             sip_uri, ""),
            DigestSession::Mutual::verified);
  EXPECT_EQ(session.take_authentication_info("rspauth=" + right, sip_uri, ""),
            DigestSession::Mutual::verified);
  std::string wrong = right;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  for (const std::string& value :
       {wrong, right.substr(1), right + "0", std::string("0")}) {
    EXPECT_EQ(session.take_authentication_info("rspauth=\"" + value + "\"",
                                               sip_uri, ""),
              DigestSession::Mutual::mismatch);
  }
  EXPECT_EQ(session.take_authentication_info("rspauth=\"" + right + "\"",
                                             "sip:example.org", ""),
            DigestSession::Mutual::mismatch);
}

INSTANTIATE_TEST_SUITE_P(
    SipSet, MutualAuthentication,
    testing::Values(
        Rspauth{"MD5", "", "e4fd0430cce99d33051a9a21f5794b4d"},
        Rspauth{"MD5", "auth", "5d058d058f03ae90f9218493cdb48362"},
        Rspauth{"MD5", "auth-int", "8086a4597ac8df4eb06f7fc1752addde"},
        Rspauth{"MD5-sess", "auth", "3049e97dbdeebf057420eac28b6db221"},
        Rspauth{"SHA-256", "auth",
                "a89879acbb54310830286291832243bd"
                "4b803a26a2d513d5441969c6fe817023"},
        Rspauth{"SHA-256", "auth-int",
                "a7699781002d2ffa6411de308eada411"
                "e6cdd7a6807ccfd972c14eebabcdfe66"},
        Rspauth{"SHA-512-256-sess", "auth",
                "37f7d2046f27d470573d660b04dbaa8d"
                "be760fd2a66929727fc225535a2329ee"}));

TEST(AuthenticationInfo, DIG_21_auth_int_covers_the_body_of_the_response) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  // The request was sent with auth; the server protects its answer with more.
  const std::string_view value =
      "qop=auth-int, cnonce=\"0a4f113b\", nc=00000001, "
      "rspauth=\"516ef79bcb338048e0fd24fc3a34b47a"
      "a7bf598dea3ee319bbfc3a4f49186f2a\"";
  EXPECT_EQ(session.take_authentication_info(value, sip_uri, "hello"),
            DigestSession::Mutual::verified);
  EXPECT_EQ(session.take_authentication_info(value, sip_uri, "hullo"),
            DigestSession::Mutual::mismatch);
}

TEST(AuthenticationInfo,
     DIG_20_DIG_21_rspauth_is_of_the_nonce_before_the_next) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  EXPECT_EQ(session.take_authentication_info(
                "nextnonce=\"n2\",\tqop=\"auth\" , rspauth=\""
                "a89879acbb54310830286291832243bd"
                "4b803a26a2d513d5441969c6fe817023\"",
                sip_uri, ""),
            DigestSession::Mutual::verified);
  EXPECT_EQ(session.nonce(), "n2");
  EXPECT_EQ(session.nonce_count(), 0u);
}

TEST(AuthenticationInfo, DIG_21_a_mismatch_does_not_change_the_nonce) {
  const OneChallenge challenges(sha256_challenge);
  DigestSession session = start_session(challenges[0]);
  (void)next_row(session);
  EXPECT_EQ(session.take_authentication_info("nextnonce=\"n2\", rspauth=\"00\"",
                                             sip_uri, ""),
            DigestSession::Mutual::mismatch);
  EXPECT_EQ(session.nonce(), "dcd98b7102dd2f0e8b11d0f600bfb0c093");
  EXPECT_EQ(session.nonce_count(), 1u);
}

std::string image_of(const DigestSession& session) {
  std::string bytes(sizeof session, '\0');
  std::memcpy(bytes.data(), static_cast<const void*>(&session), bytes.size());
  return bytes;
}

TEST(DigestSession, wipe_leaves_no_HA1_in_memory) {
  const OneChallenge challenges(
      R"(Digest realm="example.com", nonce="n", algorithm=SHA-512-256-sess, qop=auth)");
  DigestSession session = start_session(challenges[0]);
  const std::string ha1(session.ha1().view());
  EXPECT_NE(image_of(session).find(ha1), std::string::npos);
  // The A1 of the session variant is as good as HA1 while the nonce lives.
  const std::string a1(Hash(HashFunction::sha512_256)
                           .add(ha1)
                           .add(":n:")
                           .add(test_cnonce)
                           .finish()
                           .view());
  EXPECT_EQ(image_of(session).find(a1.substr(0, 8)), std::string::npos);

  session.wipe();
  EXPECT_EQ(image_of(session).find(ha1.substr(0, 8)), std::string::npos);
  EXPECT_FALSE(session.active());
  EXPECT_TRUE(session.ha1().empty());
  EXPECT_EQ(session.username(), "");
  EXPECT_EQ(session.nonce(), "");
  EXPECT_EQ(session.nonce_count(), 0u);
}

}  // namespace
}  // namespace sipreg::auth
