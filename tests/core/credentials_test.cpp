// Who is asked for credentials, for how long, and what the flows of one account
// know of each other's challenges.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "auth_checks.h"
#include "auth_fixture.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

using Previous = ChallengeInfo::Previous;

ClientOptions two_servers() {
  ClientOptions options;
  options.servers = 2;
  options.credentials_timeout = 10'000;
  return options;
}

// One account over two flows, whose first REGISTERs wait for their answers.
struct TwoFlows : Simulation {
  TwoFlows() : Simulation(two_servers()) {
    RegistrationOptions options = alice();
    options.flows = 2;
    id = create(options);
    operation = call(id, CallKind::register_);
    take_requests();
  }
  RegistrationId id = 0;
  OperationId operation = 0;
  std::vector<std::pair<std::string, FlowId>> requests;

  void take_requests() {
    requests.clear();
    while (!frames.empty()) {
      std::string frame = next_frame();
      requests.emplace_back(std::move(frame), frame_sent_on);
    }
    ASSERT_EQ(requests.size(), 2u);
  }
  void challenge_both(std::string_view more = {}) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& [request, flow] = requests[i];
      const std::string nonce = i == 0 ? "first" : "second";
      receive(digest_challenge(request, nonce, more), flow);
    }
  }
};

TEST(Credentials, T1_a_realm_is_pinned_for_all_flows_of_an_account) {
  TwoFlows world;
  const auto [first, first_flow] = world.requests[0];
  const auto [second, second_flow] = world.requests[1];
  world.receive(digest_challenge(first, "n"), first_flow);
  world.receive(accept(world.next_frame()), first_flow);
  world.receive(respond(second, 401,
                        "WWW-Authenticate: Digest realm=\"evil.example\", "
                        "nonce=\"n\", qop=\"auth\"\r\n"),
                second_flow);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Credentials, T2_a_weaker_algorithm_is_refused_on_all_flows_of_an_account) {
  TwoFlows world;
  const auto [first, first_flow] = world.requests[0];
  const auto [second, second_flow] = world.requests[1];
  world.receive(digest_challenge(first, "n", ", algorithm=SHA-256"),
                first_flow);
  world.receive(accept(world.next_frame()), first_flow);
  world.receive(digest_challenge(second, "n"), second_flow);
  EXPECT_TRUE(world.frames.empty());
}

// The error of each flow shows its own challenge, however long that was.
TEST(Credentials, PAR_19_the_errors_of_two_flows_share_no_memory) {
  TwoFlows world;
  world.auto_credentials = false;
  const std::string padding = ", x=\"" + std::string(6'000, 'x') + "\"";
  world.challenge_both(padding);
  const OperationId removal = world.call(world.id, CallKind::unregister);
  const Seen wanted = *world.last(OutputKind::credentials_wanted);
  ASSERT_TRUE(
      world.agent
          .provide_credentials(world.clocks(), world.id, wanted.challenge, {})
          .ok());
  world.drain();
  EXPECT_NE(world.outcome(removal), nullptr);
  EXPECT_NE(world.outcome(world.operation), nullptr);

  TwoFlows other;
  other.auto_credentials = false;
  other.challenge_both(padding);
  ASSERT_TRUE(other.agent
                  .provide_credentials(
                      other.clocks(), other.id,
                      other.last(OutputKind::credentials_wanted)->challenge, {})
                  .ok());
  other.drain();
  const Seen* failed = other.outcome(other.operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->status, 401);
  std::string challenges;
  for (const std::string& row : failed->headers) challenges += row;
  EXPECT_NE(challenges.find("nonce=\"second\""), std::string::npos);
  EXPECT_EQ(challenges.find("nonce=\"first\""), std::string::npos);
}

TEST(Credentials, API_04_a_question_without_an_answer_does_not_end_the_next) {
  TwoFlows world;
  world.auto_credentials = false;
  world.challenge_both();
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 1u);
  world.advance(11'000);
  ASSERT_NE(world.outcome(world.operation), nullptr);
  EXPECT_EQ(world.outcome(world.operation)->code, FailureCode::timeout);
  EXPECT_EQ(world.count(OutputKind::credentials_settled), 1u);

  world.auto_credentials = true;
  const OperationId again = world.call(world.id, CallKind::register_);
  world.take_requests();
  world.challenge_both();
  // Each is answered before the other flow asks.
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 3u);
  world.take_requests();
  world.receive(accept(world.requests[0].first), world.requests[0].second);
  ASSERT_NE(world.outcome(again), nullptr);
  EXPECT_EQ(world.outcome(again)->kind, OutputKind::operation_done);
}

TEST(Credentials, API_04_new_credentials_answer_what_is_being_asked) {
  TwoFlows world;
  world.auto_credentials = false;
  world.challenge_both();
  world.auto_credentials = true;
  ASSERT_TRUE(
      world.agent.reset_credentials(world.clocks(), world.id, true).ok());
  world.drain();
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 2u);
  EXPECT_EQ(world.frames.size(), 2u);

  Simulation single;
  single.auto_credentials = false;
  const RegistrationId id = single.create();
  const OperationId operation = single.call(id, CallKind::register_);
  single.receive(digest_challenge(single.next_frame(), "n"));
  ASSERT_TRUE(single.agent.reset_credentials(single.clocks(), id, false).ok());
  single.drain();
  ASSERT_NE(single.outcome(operation), nullptr);
  EXPECT_EQ(single.outcome(operation)->code, FailureCode::auth_failed);
  EXPECT_EQ(single.outcome(operation)->status, 401);
}

// A person may be typing: only what ends the request ends the question.
TEST(Credentials, BND_12_an_expiry_does_not_settle_the_question) {
  Simulation world;
  const RegistrationId id = world.registered(60);
  world.auto_credentials = false;
  // Another realm, which the old credentials do not answer.
  world.receive(respond(world.await_frame(), 401,
                        "WWW-Authenticate: Digest realm=\"other\", "
                        "nonce=\"n\", qop=\"auth\"\r\n"));
  const Seen wanted = *world.last(OutputKind::credentials_wanted);
  world.advance(30'000);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  EXPECT_EQ(world.count(OutputKind::credentials_settled), 0u);
  Credentials other;
  other.password = "secret";
  other.has_password = true;
  other.realm = "other";
  other.has_realm = true;
  EXPECT_TRUE(world.provide(id, wanted.challenge, other));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Credentials, UNR_04_unregister_does_not_wait_for_a_person) {
  Simulation world;
  world.auto_credentials = false;
  const RegistrationId id = world.create();
  const OperationId registering = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n"));
  const OperationId leaving = world.call(id, CallKind::unregister);
  ASSERT_NE(world.outcome(registering), nullptr);
  EXPECT_EQ(world.outcome(registering)->code, FailureCode::cancelled);
  ASSERT_NE(world.outcome(leaving), nullptr);
  EXPECT_FALSE(world.outcome(leaving)->sent);
  EXPECT_EQ(world.count(OutputKind::credentials_settled), 1u);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Credentials, TOK_02_questions_asked_together_name_their_own_servers) {
  Simulation world;
  world.token = "token";
  world.token_expires_at = world.wall() + 300'000;
  std::vector<RegistrationId> ids;
  for (const std::string_view domain : {"example.com", "example.org"}) {
    RegistrationOptions options = alice();
    const std::string aor = "sip:alice@" + std::string(domain);
    options.aor = aor;
    ids.push_back(world.create(options));
    world.call(ids.back(), CallKind::register_);
    world.receive(respond(
        world.next_frame(), 401,
        "WWW-Authenticate: Bearer realm=\"" + std::string(domain) +
            "\", authz_server=\"https://" + std::string(domain) + "/\"\r\n"));
    world.receive(accept(world.next_frame()));
  }
  world.auto_credentials = false;
  world.auto_open = false;
  world.drop();
  world.advance(320'000);  // both tokens are old by now
  while (!world.socket_wanted()) world.advance(100);
  const std::size_t before = world.outputs.size();
  world.open();
  std::vector<std::string> asked;
  for (std::size_t i = before; i < world.outputs.size(); ++i) {
    const Seen& seen = world.outputs[i];
    if (seen.kind == OutputKind::credentials_wanted) {
      asked.push_back(seen.realm + ' ' + seen.authz_server);
    }
  }
  EXPECT_EQ(asked,
            (std::vector<std::string>{"example.com https://example.com/",
                                      "example.org https://example.org/"}));
}

TEST(Credentials, RSP_05_DIG_17_a_proxy_that_let_us_pass_may_change_its_nonce) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "p1", {}, 407));
  world.receive(digest_challenge(world.next_frame(), "r1"));
  world.receive(digest_challenge(world.next_frame(), "p2", {}, 407));
  const std::string request = world.next_frame();
  EXPECT_EQ(parameter(header(request, "Proxy-Authorization"), "nonce"), "p2");
  world.receive(accept(request));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Credentials, DIG_16_a_server_that_calls_every_nonce_stale_is_named_so) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  for (int i = 0; i < 8 && !world.frames.empty(); ++i) {
    world.receive(digest_challenge(world.next_frame(), "n" + std::to_string(i),
                                   ", stale=true"));
  }
  EXPECT_EQ(world.last(OutputKind::credentials_wanted)->previous,
            Previous::stale);
  const Seen* failed = world.outcome(operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::auth_failed);
  EXPECT_NE(failed->text.find("stale"), std::string::npos);
}

TEST(Credentials, DIG_21_rspauth_covers_the_body_of_the_answer) {
  RegistrationOptions options = alice();
  options.digest.require_mutual = true;
  Simulation world;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  const std::string digest =
      R"(Digest realm="example.com", nonce="n", qop="auth-int")";
  world.receive(
      respond(world.next_frame(), 401, "WWW-Authenticate: " + digest + "\r\n"));
  const std::string request = world.next_frame();
  const auth::OneChallenge challenges(digest);
  const std::string rspauth = auth::right_rspauth(
      challenges[0], {},
      "Authorization: " + header(request, "Authorization") + "\r\n", "hello");
  std::string answer = accept(request);
  const std::string_view end = "Content-Length: 0\r\n\r\n";
  ASSERT_TRUE(answer.ends_with(end));
  answer.resize(answer.size() - end.size());
  answer += "Authentication-Info: qop=auth-int, rspauth=\"" + rspauth +
            "\"\r\nContent-Length: 5\r\n\r\nhello";
  world.receive(answer);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Credentials, SEC_02_credentials_that_a_server_echoes_are_in_no_error) {
  Simulation world;
  world.token = "token";
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 401,
                        "WWW-Authenticate: Bearer realm=\"example.com\"\r\n"));
  const std::string request = world.next_frame();
  world.receive(
      respond(request, 403,
              "Authorization: " + header(request, "Authorization") + "\r\n"));
  const Seen* failed = world.outcome(operation);
  ASSERT_NE(failed, nullptr);
  for (const std::string& row : failed->headers) {
    EXPECT_EQ(row.find("token"), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace sipreg::testing
