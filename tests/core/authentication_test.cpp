// Challenges as the life of a registration meets them.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string digest(std::string_view realm, std::string_view nonce,
                   std::string_view more = {}) {
  return "Digest realm=\"" + std::string(realm) + "\", qop=\"auth\", nonce=\"" +
         std::string(nonce) + "\"" + std::string(more);
}

std::string www(const std::string& challenge) {
  return "WWW-Authenticate: " + challenge + "\r\n";
}

// How often a header's name begins a row.
int rows_of(const std::string& message, const std::string& name) {
  int rows = 0;
  for (std::size_t at = 0;
       (at = message.find("\r\n" + name + ": ", at)) != message.npos; ++at) {
    ++rows;
  }
  return rows;
}

struct Challenged {
  explicit Challenged(const RegistrationOptions& options = alice()) {
    id = world.create(options);
    operation = world.call(id, CallKind::register_);
  }
  void challenge(const std::string& rows, int status = 401) {
    world.receive(respond(world.next_frame(), status, rows));
  }
  Simulation world;
  RegistrationId id = 0;
  OperationId operation = 0;
};

TEST(Credentials, DIG_01_a_proxys_challenge_is_answered_in_its_own_header) {
  Challenged run;
  const std::string first = run.world.frames.front();
  run.challenge("Proxy-Authenticate: " + digest("p", "n") + "\r\n", 407);
  const std::string second = run.world.next_frame();
  EXPECT_EQ(rows_of(second, "Proxy-Authorization"), 1);
  EXPECT_EQ(rows_of(second, "Authorization"), 0);
  EXPECT_EQ(header(second, "CSeq"), "2 REGISTER");
  EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
  EXPECT_EQ(header(second, "From"), header(first, "From"));
  EXPECT_EQ(header(second, "To"), header(first, "To"));
  EXPECT_NE(header(second, "Via"), header(first, "Via"));
}

TEST(Credentials, DIG_02_the_uri_is_the_request_uri) {
  RegistrationOptions options = alice();
  options.registrar = "sip:Example.COM:5070;lr";
  Challenged run(options);
  run.challenge(www(digest("r", "n")));
  const std::string answer = run.world.next_frame();
  EXPECT_TRUE(answer.starts_with("REGISTER sip:Example.COM:5070;lr SIP/2.0"));
  EXPECT_NE(answer.find("uri=\"sip:Example.COM:5070;lr\""), answer.npos);
}

TEST(Credentials, DIG_06_topmost_or_strongest) {
  const std::string rows = www(digest("r", "n1", ", algorithm=TIGER")) +
                           www(digest("r", "n2", ", algorithm=SHA-256")) +
                           www(digest("r", "n3", ", algorithm=SHA-512-256")) +
                           www(digest("r", "n4"));
  Challenged in_order;
  in_order.challenge(rows);
  std::string answer = header(in_order.world.next_frame(), "Authorization");
  EXPECT_EQ(parameter(answer, "nonce"), "n2");

  RegistrationOptions options = alice();
  options.digest.policy = ChallengePolicy::strongest;
  Challenged by_strength(options);
  by_strength.challenge(rows);
  answer = header(by_strength.world.next_frame(), "Authorization");
  EXPECT_EQ(parameter(answer, "nonce"), "n3");

  options = alice();
  options.digest.algorithms = 1;  // MD5 alone
  Challenged limited(options);
  limited.challenge(rows);
  answer = header(limited.world.next_frame(), "Authorization");
  EXPECT_EQ(parameter(answer, "nonce"), "n4");
}

TEST(Credentials, DIG_07_one_answer_a_realm) {
  Challenged run;
  run.challenge(www(digest("r", "n1", ", algorithm=SHA-256, opaque=\"o1\"")) +
                www(digest("r", "n2", ", algorithm=MD5, opaque=\"o2\"")));
  const std::string answer = run.world.next_frame();
  EXPECT_EQ(rows_of(answer, "Authorization"), 1);
  EXPECT_EQ(parameter(header(answer, "Authorization"), "nonce"), "n1");
  EXPECT_EQ(parameter(header(answer, "Authorization"), "opaque"), "o1");
}

TEST(Credentials, DIG_08_several_realms_are_answered_at_once) {
  Challenged run;
  run.world.auto_credentials = false;
  run.challenge(www(digest("a", "n1")) + www(digest("b", "n2")) +
                "Proxy-Authenticate: " + digest("a", "n3") + "\r\n");
  Credentials any;
  any.password = "secret";
  any.has_password = true;
  any.realm = "*";
  any.has_realm = true;
  const Seen* asked = run.world.last(OutputKind::credentials_wanted);
  EXPECT_TRUE(run.world.provide(run.id, asked->challenge, any));
  const std::string answer = run.world.next_frame();
  EXPECT_EQ(rows_of(answer, "Authorization"), 2);
  EXPECT_EQ(rows_of(answer, "Proxy-Authorization"), 1);
  run.world.receive(accept(answer));
  EXPECT_TRUE(run.world.bound(run.id));
}

TEST(Credentials, DIG_18_stale_on_the_first_answer) {
  Challenged run;
  run.challenge(www(digest("r", "n1")));
  run.challenge(www(digest("r", "n2", ", stale=TRUE")));
  const std::string third = run.world.next_frame();
  EXPECT_EQ(parameter(header(third, "Authorization"), "nonce"), "n2");
  EXPECT_EQ(header(third, "CSeq"), "3 REGISTER");
  run.world.receive(accept(third));
  EXPECT_EQ(run.world.outcome(run.operation)->kind, OutputKind::operation_done);
  EXPECT_EQ(run.world.count(OutputKind::credentials_wanted), 1u);
}

TEST(Credentials, DIG_15_stale_with_the_same_nonce_is_a_refusal) {
  Challenged run;
  run.challenge(www(digest("r", "n1")));
  run.challenge(www(digest("r", "n1", ", stale=true")));
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.outcome(run.operation)->code, FailureCode::auth_failed);
}

TEST(Credentials, DIG_20_nextnonce_is_what_the_next_request_uses) {
  Challenged run;
  run.challenge(www(digest("r", "n1")));
  const std::string answer = run.world.next_frame();
  run.world.receive(respond(answer, 200,
                            "Authentication-Info: nextnonce=\"n2\"\r\n"
                            "Contact: " +
                                header(answer, "Contact") + "\r\n"));
  for (const char* count : {"00000001", "00000002"}) {
    run.world.call(run.id, CallKind::refresh);
    const std::string refresh = run.world.next_frame();
    const std::string row = header(refresh, "Authorization");
    EXPECT_EQ(parameter(row, "nonce"), "n2");
    EXPECT_EQ(parameter(row, "nc"), count);
    run.world.receive(accept(refresh));
  }
}

TEST(Credentials, DIG_27_DIG_30_what_cannot_be_answered_gets_nothing) {
  Challenged run;
  run.challenge(www("Basic realm=\"r\"") + www("Negotiate abc") +
                www("Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5"));
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.outcome(run.operation)->code, FailureCode::auth_failed);
  EXPECT_EQ(run.world.count(OutputKind::credentials_wanted), 0u);

  Challenged beside;
  beside.challenge(www("Basic realm=\"r\"") +
                   www("Digest realm=\"r\", nonce=\"a\", algorithm=AKAv2-MD5") +
                   www(digest("r", "n")));
  const std::string answer = beside.world.next_frame();
  EXPECT_EQ(rows_of(answer, "Authorization"), 1);
  EXPECT_EQ(parameter(header(answer, "Authorization"), "nonce"), "n");
}

TEST(Credentials, DIG_29_a_user_name_of_its_own) {
  Challenged run;
  run.world.username = "1001";
  run.challenge(www(digest("r", "n")));
  const std::string answer = run.world.next_frame();
  EXPECT_EQ(parameter(header(answer, "Authorization"), "username"), "1001");
  EXPECT_EQ(header(answer, "To"), "<sip:alice@example.com>");
}

TEST(Credentials, DIG_29_a_foreign_realm_gets_nothing) {
  // The first realm that asks is the one from then on.
  Challenged run;
  run.challenge(www(digest("r", "n1")));
  run.world.receive(accept(run.world.next_frame()));
  const OperationId refresh = run.world.call(run.id, CallKind::refresh);
  run.challenge(www(digest("thief", "n2")));
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.outcome(refresh)->code, FailureCode::auth_failed);

  Challenged named;
  named.world.auto_credentials = false;
  named.challenge(www(digest("thief", "n1")));
  Credentials credentials;
  credentials.password = "secret";
  credentials.has_password = true;
  credentials.realm = "example.com";
  credentials.has_realm = true;
  const Seen* asked = named.world.last(OutputKind::credentials_wanted);
  EXPECT_TRUE(named.world.provide(named.id, asked->challenge, credentials));
  EXPECT_TRUE(named.world.frames.empty());
  EXPECT_EQ(named.world.outcome(named.operation)->code,
            FailureCode::auth_failed);
}

TEST(Credentials, DIG_28_a_hash_for_each_algorithm) {
  // HA1 for SHA-256 alone: the topmost that it can answer is taken.
  const std::string ha1(64, 'a');
  Challenged run;
  run.world.auto_credentials = false;
  run.challenge(www(digest("r", "n1", ", algorithm=SHA-512-256")) +
                www(digest("r", "n2", ", algorithm=SHA-256")) +
                www(digest("r", "n3", ", algorithm=MD5")));
  Credentials credentials;
  credentials.ha1_sha256 = ha1;
  credentials.realm = "r";
  credentials.has_realm = true;
  const Seen* asked = run.world.last(OutputKind::credentials_wanted);
  EXPECT_TRUE(run.world.provide(run.id, asked->challenge, credentials));
  EXPECT_EQ(parameter(header(run.world.next_frame(), "Authorization"), "nonce"),
            "n2");
  // Malformed ones are refused, and the question stays open.
  Challenged other;
  other.world.auto_credentials = false;
  other.challenge(www(digest("r", "n1")));
  const std::uint32_t open =
      other.world.last(OutputKind::credentials_wanted)->challenge;
  const std::string upper(32, 'A');
  for (const std::string_view bad :
       {std::string_view(ha1), std::string_view(upper),
        std::string_view("xyz")}) {
    Credentials malformed;
    malformed.ha1_md5 = bad;
    malformed.realm = "r";
    malformed.has_realm = true;
    EXPECT_EQ(Agent::check(malformed).option, "credentials.ha1");
    EXPECT_FALSE(other.world.provide(other.id, open, malformed));
  }
  EXPECT_EQ(other.world.outcome(other.operation), nullptr);
}

TEST(Credentials, DIG_29_the_realm_says_what_a_hash_is_for) {
  const std::string md5(32, 'a');
  Credentials credentials;
  credentials.ha1_md5 = md5;
  EXPECT_EQ(Agent::check(credentials).option, "credentials.realm");
  credentials.has_realm = true;
  credentials.realm = "*";
  EXPECT_EQ(Agent::check(credentials).option, "credentials.realm");
  credentials.realm = "r";
  EXPECT_TRUE(Agent::check(credentials).ok());
  EXPECT_EQ(Agent::check({}).option, "credentials");
  credentials.username = "a\r\nb";
  EXPECT_EQ(Agent::check(credentials).option, "credentials.username");
}

TEST(Credentials, DIG_21_a_wrong_rspauth_warns_or_fails) {
  for (const bool required : {false, true}) {
    RegistrationOptions options = alice();
    options.digest.require_mutual = required;
    Challenged run(options);
    run.challenge(www(digest("r", "n1")));
    const std::string answer = run.world.next_frame();
    run.world.receive(respond(answer, 200,
                              "Authentication-Info: rspauth=\"" +
                                  std::string(32, '0') +
                                  "\", qop=auth, nc=00000001\r\nContact: " +
                                  header(answer, "Contact") + "\r\n"));
    if (required) {
      EXPECT_EQ(run.world.outcome(run.operation)->code,
                FailureCode::auth_failed);
      EXPECT_FALSE(run.world.bound(run.id));
    } else {
      EXPECT_TRUE(run.world.warned("rspauth-mismatch"));
      EXPECT_TRUE(run.world.bound(run.id));
    }
  }
}

TEST(Credentials, SEC_02_traces_show_no_proof_of_the_password) {
  Challenged run;
  run.world.agent.set_trace(true);
  run.challenge(www(digest("r", "n1")));
  const std::string answer = run.world.next_frame();
  for (const char* name :
       {"Authentication-Info", "Proxy-Authentication-Info"}) {
    run.world.receive(respond(answer, 200,
                              std::string(name) +
                                  ": nextnonce=\"n2\",\r\n rspauth=\"marker\", "
                                  "cnonce=\"marker\", qop=auth\r\n"));
    const std::string& traced = run.world.last(OutputKind::trace)->text;
    EXPECT_EQ(parameter(header(traced, name), "nextnonce"), "n2");
    EXPECT_EQ(parameter(header(traced, name), "rspauth"), "***");
    EXPECT_EQ(traced.find("marker"), traced.npos);
  }
}

TEST(Credentials, SEC_03_without_entropy_nothing_starts) {
  Agent agent;
  ClientOptions options;
  options.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
  const std::array<std::uint8_t, 31> too_little{};
  EXPECT_EQ(agent.configure(options, too_little).error, Error::not_ready);
  RegistrationId id = 0;
  EXPECT_EQ(agent.create(alice(), id).error, Error::not_ready);
}

}  // namespace
}  // namespace sipreg::testing
