// What goes wrong with challenges: faults 27 to 38, 54, 55 and 71 of
// tests/faults.md.
#include <gtest/gtest.h>

#include "fault_case.h"

namespace sipreg::testing {
namespace {

std::string unauthorized(const std::string& request, std::string_view value) {
  return respond(request, 401,
                 "WWW-Authenticate: " + std::string(value) + "\r\n");
}

std::string digest(std::string_view nonce, std::string_view more = {}) {
  return "Digest realm=\"example.com\", nonce=\"" + std::string(nonce) +
         "\", qop=\"auth\"" + std::string(more);
}

std::string authorization(const std::string& request) {
  return header(request, "Authorization");
}

// A register() that met this challenge; whether credentials went out for it.
bool is_answered(FaultCase& it, std::string_view challenge) {
  it.call(it.create());
  it.answer(unauthorized(it.request(), challenge));
  return !it.is_quiet();
}

TEST(ChallengeFaults, fault_27_a_challenge_and_a_grant_are_two_registers) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.challenge("n1");
  it.grant();
  EXPECT_TRUE(it.is_done(operation));
  EXPECT_EQ(it.registers(), 2u);
}

TEST(ChallengeFaults, fault_28_the_same_challenge_again_is_a_refusal) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  it.challenge("n1");
  it.challenge("n1");
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
  EXPECT_EQ(it.outcome(operation).status, 401);
  it.pass(3'600'000);
  EXPECT_EQ(it.registers(), 2u);
  EXPECT_EQ(it.state(id), RegistrationState::failed);
}

TEST(ChallengeFaults, fault_29_stale_for_ever_ends) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  int rounds = 0;
  for (; !it.is_quiet() && rounds < 20; ++rounds) {
    it.challenge("n" + std::to_string(rounds), ", stale=true");
  }
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
  EXPECT_LE(rounds, 8);
}

TEST(ChallengeFaults, fault_30_a_401_without_a_challenge_is_final) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  it.answer(respond(it.request(), 401));
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
  it.pass(3'600'000);
  EXPECT_EQ(it.registers(), 1u);
}

TEST(ChallengeFaults, fault_31_schemes_that_cannot_be_answered_get_nothing) {
  for (const std::string_view challenge :
       {"Basic realm=\"example.com\"", "Negotiate", "X y=z",
        "Digest realm=\"example.com\", nonce=\"AAAA\", algorithm=AKAv1-MD5",
        "Digest realm=\"example.com\", nonce=\"n\", algorithm=SHA-1"}) {
    SCOPED_TRACE(challenge);
    FaultCase it;
    const OperationId operation = it.call(it.create());
    it.answer(unauthorized(it.request(), challenge));
    EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
    EXPECT_EQ(it.registers(), 1u);
    EXPECT_EQ(it.world.count(OutputKind::credentials_wanted), 0u);
  }
}

TEST(ChallengeFaults, fault_32_the_topmost_or_by_policy_the_strongest) {
  const std::string md5 = "WWW-Authenticate: " + digest("m") + "\r\n";
  const std::string sha256 =
      "WWW-Authenticate: " + digest("s", ", algorithm=SHA-256") + "\r\n";
  for (const auto policy :
       {ChallengePolicy::server_order, ChallengePolicy::strongest}) {
    for (const bool md5_first : {false, true}) {
      FaultCase it;
      RegistrationOptions options = alice();
      options.digest.policy = policy;
      it.call(it.create(options));
      it.answer(
          respond(it.request(), 401, md5_first ? md5 + sha256 : sha256 + md5));
      const bool takes_md5 =
          md5_first && policy == ChallengePolicy::server_order;
      EXPECT_EQ(parameter(authorization(it.request()), "nonce"),
                takes_md5 ? "m" : "s");
    }
  }
}

TEST(ChallengeFaults, fault_33_an_algorithm_that_is_not_allowed_gets_nothing) {
  FaultCase it;
  RegistrationOptions options = alice();
  options.digest.algorithms = algorithm_set({DigestAlgorithm::sha256});
  const OperationId operation = it.call(it.create(options));
  it.challenge("n1");
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
  EXPECT_EQ(it.registers(), 1u);
}

TEST(ChallengeFaults, fault_34_another_realm_gets_nothing) {
  FaultCase it;
  it.world.auto_credentials = false;
  const OperationId operation = it.call(it.create());
  it.challenge("n1");
  Credentials credentials;
  credentials.password = "secret";
  credentials.has_password = credentials.has_realm = true;
  credentials.realm = "elsewhere.example";
  const Seen* const wanted = it.world.last(OutputKind::credentials_wanted);
  ASSERT_TRUE(
      it.world.provide(wanted->registration, wanted->challenge, credentials));
  it.check();
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
  EXPECT_EQ(it.registers(), 1u);
}

TEST(ChallengeFaults, fault_35_two_realms_at_once_are_answered_each) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.answer(respond(it.request(), 401,
                    "WWW-Authenticate: " + digest("r") +
                        "\r\nProxy-Authenticate: Digest realm=\"proxy\", "
                        "nonce=\"p\", qop=\"auth\"\r\n"));
  const std::string answered = it.request();
  EXPECT_EQ(parameter(authorization(answered), "nonce"), "r");
  EXPECT_EQ(parameter(header(answered, "Proxy-Authorization"), "nonce"), "p");
  it.answer(accept(answered));
  EXPECT_TRUE(it.is_done(operation));
  EXPECT_EQ(it.registers(), 2u);
}

TEST(ChallengeFaults, fault_36_unusual_spellings_are_answered) {
  for (const std::string_view rest :
       {", algorithm=md5, qop=\"auth\"", ", algorithm=\"MD5\", qop=\"auth\"",
        ", qop=\"auth,auth-int\"", ", qop=auth", ", algorithm=MD5", "",
        ", , algorithm=MD5,", ",qop=\"auth-int, auth\" , "}) {
    SCOPED_TRACE(rest);
    FaultCase it;
    EXPECT_TRUE(is_answered(
        it, "Digest realm=\"example.com\", nonce=\"n\"" + std::string(rest)));
    const std::string row = authorization(it.request());
    EXPECT_EQ(parameter(row, "nonce"), "n");
    EXPECT_EQ(row.find("nc=") != row.npos, rest.find("qop") != rest.npos);
  }
}

TEST(ChallengeFaults, fault_37_escapes_are_given_back_octet_by_octet) {
  static constexpr std::string_view text = R"(a\"b\\c)";
  FaultCase it;
  it.call(it.create());
  it.answer(unauthorized(it.request(), "Digest realm=\"" + std::string(text) +
                                           "\", nonce=\"" + std::string(text) +
                                           "\", opaque=\"" + std::string(text) +
                                           "\", qop=\"auth\""));
  const std::string row = authorization(it.request());
  for (const std::string_view name : {"realm=", "nonce=", "opaque="}) {
    EXPECT_NE(row.find(std::string(name) + '"' + std::string(text) + '"'),
              row.npos)
        << name;
  }
}

TEST(ChallengeFaults,
     fault_37_a_nonce_of_8_kilobytes_is_given_back_or_refused) {
  for (const std::size_t size : {8'000, 8'192, 9'000, 60'000}) {
    FaultCase it;
    const std::string nonce(size, 'n');
    if (!is_answered(it, digest(nonce))) continue;
    EXPECT_LE(size, 8'192u);
    EXPECT_EQ(parameter(authorization(it.request()), "nonce"), nonce);
  }
}

TEST(ChallengeFaults,
     fault_38_nextnonce_is_used_and_a_wrong_rspauth_warned_of) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  it.challenge("n1");
  const std::string request = it.request();
  it.answer(respond(request, 200,
                    "Contact: " + header(request, "Contact") +
                        "\r\nAuthentication-Info: nextnonce=\"n2\", "
                        "rspauth=\"00000000000000000000000000000000\"\r\n"));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  EXPECT_TRUE(it.world.warned("rspauth-mismatch"));
}

TEST(ChallengeFaults, fault_38_nextnonce_starts_at_a_count_of_one) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  it.challenge("n1");
  const std::string request = it.request();
  it.answer(respond(request, 200,
                    "Contact: " + header(request, "Contact") +
                        "\r\nAuthentication-Info: nextnonce=\"n2\"\r\n"));
  it.call(id, CallKind::refresh);
  const std::string row = authorization(it.request());
  EXPECT_EQ(parameter(row, "nonce"), "n2");
  EXPECT_EQ(parameter(row, "nc"), "00000001");
}

TEST(ChallengeFaults, fault_38_a_wrong_rspauth_fails_where_mutual_is_required) {
  FaultCase it;
  RegistrationOptions options = alice();
  options.digest.require_mutual = true;
  const OperationId operation = it.call(it.create(options));
  it.challenge("n1");
  const std::string request = it.request();
  it.answer(respond(request, 200,
                    "Contact: " + header(request, "Contact") +
                        "\r\nAuthentication-Info: "
                        "rspauth=\"00000000000000000000000000000000\"\r\n"));
  EXPECT_EQ(it.code(operation), FailureCode::auth_failed);
}

TEST(ChallengeFaults, fault_55_no_end_of_parameters_takes_no_time) {
  FaultCase it;
  it.call(it.create());
  std::string row = digest("n");
  for (int n = 0; n < 200'000; ++n) row += ",a=b";
  const std::string frame = unauthorized(it.request(), row);
  it.answer(frame);
  EXPECT_EQ(it.registers(), 1u) << "longer than any message may be";
}

TEST(ChallengeFaults, fault_55_as_many_parameters_as_fit_take_no_time) {
  FaultCase it;
  it.call(it.create());
  std::string row = digest("n");
  while (row.size() < 64'000) row += ",a=b";
  const std::string frame = unauthorized(it.request(), row);
  it.answer(frame);
}

TEST(ChallengeFaults,
     fault_71_challenges_to_nothing_and_to_the_past_are_ignored) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string first = it.request();
  it.answer(digest_challenge(first, "n1"));
  const std::string second = it.request();
  const std::uint32_t before = it.dropped();
  it.answer(digest_challenge(first, "n2", {}, 407));
  it.answer(digest_challenge(first, "n3"));
  EXPECT_TRUE(it.is_quiet());
  EXPECT_EQ(it.dropped(), before + 2);
  it.answer(accept(second));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  it.answer(digest_challenge(second, "n4"));
  EXPECT_EQ(it.registers(), 2u);
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

}  // namespace
}  // namespace sipreg::testing
