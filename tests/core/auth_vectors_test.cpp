// Digest responses that others have published, and a SIP set of our own that
// was computed with an independent implementation of the hashes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "auth/digest.h"
#include "auth_fixture.h"

namespace sipreg::auth {
namespace {

constexpr std::string_view session_description =
    "v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\n"
    "c=IN IP4 media.biloxi.com\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
    "a=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\n"
    "a=rtpmap:31 H261/90000\r\nm=video 53000 RTP/AVP 32\r\n"
    "a=rtpmap:32 MPV/90000\r\n";

struct Vector {
  std::string_view source;
  std::string_view algorithm;
  std::string_view qop;  // empty: the RFC 2069 form
  std::string_view username;
  std::string_view password;
  std::string_view realm;
  std::string_view nonce;
  std::string_view cnonce;
  std::string_view method;
  std::string_view uri;
  std::string_view body;
  std::string_view response;  // with nonce count 1
};

void PrintTo(const Vector& vector, std::ostream* out) {
  *out << vector.source << ' ' << vector.algorithm << ' ' << vector.qop;
}

// RFC 7616 section 3.9.2 is here as erratum 4897 corrects it.
constexpr Vector published[] = {
    {"RFC 2617 section 3.5", "MD5", "auth", "Mufasa", "Circle Of Life",
     "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
     "GET", "/dir/index.html", "", "6629fae49393a05397450978507c4ef1"},
    {"draft-smith-sipping-auth-examples section 3.1", "MD5", "", "bob",
     "zanzibar", "biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "",
     "INVITE", "sip:bob@biloxi.com", "", "bf57e4e0d0bffc0fbaedce64d59add5e"},
    {"draft-smith-sipping-auth-examples section 3.2/3", "MD5", "auth", "bob",
     "zanzibar", "biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
     "INVITE", "sip:bob@biloxi.com", "", "89eb0059246c02b2f6ee02c7961d5ea3"},
    {"draft-smith-sipping-auth-examples section 3.4", "MD5-sess", "auth", "bob",
     "zanzibar", "biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
     "INVITE", "sip:bob@biloxi.com", "", "e4e4ea61d186d07a92c9e1f6919902e9"},
    {"draft-smith-sipping-auth-examples section 3.5", "MD5", "auth-int", "bob",
     "zanzibar", "biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
     "INVITE", "sip:bob@biloxi.com", session_description,
     "bdbeebb2da6adb6bca02599c2239e192"},
    {"draft-smith-sipping-auth-examples section 3.6", "MD5-sess", "auth-int",
     "bob", "zanzibar", "biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093",
     "0a4f113b", "INVITE", "sip:bob@biloxi.com", session_description,
     "91984da2d8663716e91554859c22ca70"},
    {"RTCKit/php-sip ResponseParamsTest (auth-int, empty body)", "MD5",
     "auth-int", "bob", "zanzibar", "biloxi.com",
     "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "INVITE",
     "sip:bob@biloxi.com", "", "2d6fc6e788367208f746582b18a69618"},
    {"RFC 7616 section 3.9.1", "MD5", "auth", "Mufasa", "Circle of Life",
     "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
     "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "GET", "/dir/index.html",
     "", "8ca523f5e9506fed4657c9700eebdbec"},
    {"RFC 7616 section 3.9.1", "SHA-256", "auth", "Mufasa", "Circle of Life",
     "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
     "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "GET", "/dir/index.html",
     "", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {"RFC 7616 section 3.9.2 as corrected by errata (true SHA-512/256)",
     "SHA-512-256", "auth",
     "J\xc3"
     "\xa4"
     "s\xc3"
     "\xb8"
     "n Doe",
     "Secret, or not?", "api@example.org",
     "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
     "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "GET", "/doe.json", "",
     "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"},
    {"versatica/JsSIP src/test/test-DigestAuthentication.ts (MIT)", "MD5", "",
     "testuser", "testpassword", "testrealm@host.com",
     "5a071f75353f667787615249c62dcc7b15a4828f", "", "REGISTER",
     "sip:testrealm@host.com", "", "f99e05f591f147facbc94ff23b4b1dee"},
    {"versatica/JsSIP src/test/test-DigestAuthentication.ts (MIT)", "MD5",
     "auth", "testuser", "testpassword", "testrealm@host.com",
     "5a071f75353f667787615249c62dcc7b15a4828f", "0a4f113b", "REGISTER",
     "sip:testrealm@host.com", "", "a69b9c2ea0dea1437a21df6ddc9b05e4"},
    {"versatica/JsSIP src/test/test-DigestAuthentication.ts (MIT)", "MD5",
     "auth-int", "testuser", "testpassword", "testrealm@host.com",
     "5a071f75353f667787615249c62dcc7b15a4828f", "0a4f113b", "REGISTER",
     "sip:testrealm@host.com", "", "82b3cab8b1c4df404434db6a0581650c"},
    {"versatica/JsSIP src/test/test-DigestAuthentication.ts (MIT)", "MD5",
     "auth-int", "testuser", "testpassword", "testrealm@host.com",
     "5a071f75353f667787615249c62dcc7b15a4828f", "0a4f113b", "REGISTER",
     "sip:testrealm@host.com", "TEST BODY", "7bf0e9de3fbb5da121974509d617f532"},
    {"belle-sip tester/auth_helper_tester.c", "MD5", "", "jehan-mac", "toto",
     "sip.linphone.org", "cz3h0gAAAAC06TKKAABmTz1V9OcAAAAA", "", "REGISTER",
     "sip:sip.linphone.org", "", "77ebf3de72e41934d806175586086508"},
    {"belle-sip tester/auth_helper_tester.c", "MD5", "auth", "jehan-mac",
     "toto", "sip.linphone.org", "cz3h0gAAAAC06TKKAABmTz1V9OcAAAAA", "8302210f",
     "REGISTER", "sip:sip.linphone.org", "",
     "694dab8dfe7d50d28ba61e8c43e30666"},
    {"belle-sip tester/auth_helper_tester.c", "SHA-256", "auth", "Mufasa",
     "Circle of Life", "http-auth@example.org",
     "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "8302210f", "REGISTER",
     "sip:sip.linphone.org", "",
     "91253bea2bbc3b34a5dac192c672fb7fff1ae6d657207b6719842827a509a501"},
    {"SIPp src/auth.cpp gtest", "MD5", "", "testuser", "secret",
     "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "", "REGISTER",
     "sip:sip:example.com", "", "db94e01e92f2b09a52a234eeca8b90f7"},
    {"SIPp src/auth.cpp gtest", "SHA-256", "", "testuser", "secret",
     "testrealm@host.com", "ZaGxV2WhsCtREI2EsiD1LR0RYd", "", "REGISTER",
     "sip:sip:example.com", "",
     "91b58523b983191b52d14455a2599631990110c974ed2e4b4b49bc6053af04ce"},
};

constexpr Vector sip(std::string_view algorithm, std::string_view qop,
                     std::string_view response) {
  return {"SIP set",
          algorithm,
          qop,
          "alice",
          "secret",
          "example.com",
          "dcd98b7102dd2f0e8b11d0f600bfb0c093",
          test_cnonce,
          "REGISTER",
          "sip:example.com",
          "",
          response};
}

constexpr Vector sip_set[] = {
    sip("MD5", "", "b75dc11e0cde1fc2f921ce28378036bb"),
    sip("MD5", "auth", "7fd96a22ed1d64a974701dbd8f92a14e"),
    sip("MD5", "auth-int", "ae127926d370f9fd7a61fbf3f0a66df6"),
    sip("MD5-sess", "auth", "f017e479dbee9ec264fe1118766c910d"),
    sip("MD5-sess", "auth-int", "e6d48337b28315ff52200e97160be0ff"),
    sip("SHA-256", "",
        "ca62967e07753e448fa495241cd888c70b0970a47ded5adcee1caec2bba0675e"),
    sip("SHA-256", "auth",
        "a55e42ad87e94eb5b9c03f5942cc829f83420868db57acc6f2dfb1f1084ae6cd"),
    sip("SHA-256", "auth-int",
        "9b84ccb75efe170db2c7beccfb5aa3bce4de3013b1d23ccf00a11ce9c0ca6332"),
    sip("SHA-256-sess", "auth",
        "c8056e9b20073f71d54f466a0927ac81f5a052f5824731301eb6534707304a98"),
    sip("SHA-256-sess", "auth-int",
        "b9d0ee5b9d9a2c5e11f1010ab21bf4122ee8e93f02ca0504ac32d54a148fce01"),
    sip("SHA-512-256", "",
        "b9f77aa59facb8e121c8a341291c6a5a452525a5dc6fb0df3226f92886d65048"),
    sip("SHA-512-256", "auth",
        "ba423c8f9ca4dacdea50a9e561267b5d880eb52942e82ea10ab3f9c14bb9cbcd"),
    sip("SHA-512-256", "auth-int",
        "8ae8967437c36aad4f9dc8ae7107731448fc95e70d4f19ac68c03557fb45d885"),
    sip("SHA-512-256-sess", "auth",
        "6676d1f0880382b3055a21ef34e4acf826e5ecef511ea7af5282aaa7a2042d21"),
    sip("SHA-512-256-sess", "auth-int",
        "078824c75c43f0119cd8d8ee38abed4968245ce8969217e5c893f9e7d6733cd5"),
};

std::string challenge_of(const Vector& vector) {
  std::string text = "Digest realm=\"" + std::string(vector.realm) +
                     "\", nonce=\"" + std::string(vector.nonce) +
                     "\", algorithm=" + std::string(vector.algorithm);
  if (!vector.qop.empty()) text += ", qop=\"" + std::string(vector.qop) + "\"";
  return text;
}

void expect_response(const Vector& vector) {
  const OneChallenge challenges(challenge_of(vector));
  ASSERT_EQ(challenges.count(), 1u);
  DigestSession session = start_session(
      challenges[0], {vector.username, vector.password}, vector.cnonce);
  EXPECT_EQ(
      response_of(next_row(session, vector.method, vector.uri, vector.body)),
      vector.response);
}

class PublishedVectors : public testing::TestWithParam<Vector> {};

TEST_P(PublishedVectors, VEC_01_DIG_04_DIG_11_response) {
  expect_response(GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, PublishedVectors, testing::ValuesIn(published));

class SipVectors : public testing::TestWithParam<Vector> {};

TEST_P(SipVectors, VEC_03_DIG_04_DIG_05_response) {
  expect_response(GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, SipVectors, testing::ValuesIn(sip_set));

// RFC 2069 has no cnonce and no count: the same response every time.
TEST(DigestVectors, DIG_10_nothing_is_counted_without_a_qop) {
  const OneChallenge challenges(challenge_of(sip_set[0]));
  DigestSession session = start_session(challenges[0]);
  EXPECT_EQ(response_of(next_row(session)), sip_set[0].response);
  EXPECT_EQ(response_of(next_row(session)), sip_set[0].response);
}

TEST(DigestVectors, DIG_11_auth_int_covers_the_body) {
  struct Row {
    std::string_view algorithm;
    std::string_view response;
  };
  for (const Row& row : {
           Row{"MD5", "8b08553f775ada1ce23fd1186990c680"},
           Row{"MD5-sess", "027b6f3f6968de333acf098f73a1e2d3"},
           Row{"SHA-256",
               "ea7a082e3c395cb78d6641dbe455313f"
               "00842db661304ce8b5e49f4a0932a47e"},
           Row{"SHA-256-sess",
               "648b1d984e76a54c0b5a858824024496"
               "62c14598fe43cee75ef3a9f84d4020a5"},
           Row{"SHA-512-256",
               "cb4354d3155c86ff3665ae4cd32fb919"
               "fcf79e8236f25ee66bfbf34d1764fd9e"},
           Row{"SHA-512-256-sess",
               "ba5514f92c12b10ad196ba594d8fa6d5"
               "5b6de2e4bd9e159c1b5bd8cccfa45183"},
       }) {
    const OneChallenge challenges(
        challenge_of(sip(row.algorithm, "auth-int", "")));
    DigestSession session = start_session(challenges[0]);
    EXPECT_EQ(response_of(
                  next_row(session, "REGISTER", "sip:example.com", "v=0\r\n")),
              row.response)
        << row.algorithm;
  }
}

TEST(DigestVectors, VEC_03_DIG_13_the_nonce_count_is_part_of_the_response) {
  const OneChallenge challenges(challenge_of(sip_set[6]));
  DigestSession session = start_session(challenges[0]);
  EXPECT_EQ(response_of(next_row(session)), sip_set[6].response);
  EXPECT_EQ(response_of(next_row(session)),
            "09ff5a616ea06b6ebf53cd4862dc0afcec54cbfc925807b59a7a800e5cc37f89");
  for (int i = 3; i < 10; ++i) (void)next_row(session);
  EXPECT_EQ(response_of(next_row(session)),
            "da4e13cbf8c2426c816953f7a6772eb97a2123cfc1c3c8afd78940e9d9b834f6");
}

TEST(DigestVectors, VEC_02_DIG_22_DIG_23_userhash_of_RFC_7616_section_3_9_2) {
  const OneChallenge challenges(
      "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
      "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
      "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGChXYjwrI2QmXDnsOS\", "
      "charset=UTF-8, userhash=true");
  DigestSession session = start_session(
      challenges[0], {"J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?"},
      "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
  EXPECT_EQ(next_row(session, "GET", "/doe.json"),
            "Authorization: Digest username=\"793263caabb707a56211940d90411ea4"
            "a575adeccb7e360aeb624ed06ece9b0b\", userhash=true, "
            "realm=\"api@example.org\", "
            "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
            "uri=\"/doe.json\", algorithm=SHA-512-256, qop=auth, nc=00000001, "
            "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", "
            "response=\"3798d4131c277846293534c3edc11bd8"
            "a5e4cdcbff78b05db9d95eeb1cec68a5\", "
            "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGChXYjwrI2QmXDnsOS\"\r\n");
}

}  // namespace
}  // namespace sipreg::auth
