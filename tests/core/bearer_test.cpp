// Bearer tokens (RFC 8898).
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

using Previous = ChallengeInfo::Previous;

constexpr std::string_view bearer_row =
    "WWW-Authenticate: Bearer realm=\"example.com\", scope=\"sip\", "
    "authz_server=\"https://login.example.com\"\r\n";
constexpr std::string_view refused_row =
    "WWW-Authenticate: Bearer realm=\"example.com\", "
    "error=\"invalid_token\"\r\n";
constexpr std::string_view digest_row =
    "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n1\", "
    "algorithm=SHA-256, qop=\"auth\"\r\n";

struct World : Simulation {
  World() { token = "token-1"; }
  RegistrationId id = create();

  std::string challenge(std::string_view rows, int status = 401) {
    const std::string request = next_frame();
    receive(respond(request, status, rows));
    return request;
  }
  void registered_by_token() {
    call(id, CallKind::register_);
    challenge(bearer_row);
    receive(accept(next_frame()));
    ASSERT_EQ(state(id), RegistrationState::registered);
  }
};

TEST(Bearer, TOK_01_a_challenge_is_answered_with_the_token) {
  World world;
  const OperationId operation = world.call(world.id, CallKind::register_);
  const std::string first = world.challenge(bearer_row);
  EXPECT_EQ(header(first, "Authorization"), "");
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Authorization"), "Bearer token-1");
  EXPECT_EQ(header(second, "CSeq"), "2 REGISTER");
  world.receive(accept(second));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->kind, OutputKind::operation_done);
  EXPECT_TRUE(done->authenticated);
  EXPECT_TRUE(done->bearer);
  EXPECT_EQ(done->realm, "example.com");
}

TEST(Bearer, TOK_01_a_proxy_is_answered_with_proxy_authorization) {
  World world;
  world.call(world.id, CallKind::register_);
  world.challenge("Proxy-Authenticate: Bearer realm=\"edge\"\r\n", 407);
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Proxy-Authorization"), "Bearer token-1");
  EXPECT_EQ(header(second, "Authorization"), "");
}

TEST(Bearer, TOK_01_a_challenge_without_a_realm_is_one) {
  World world;
  world.call(world.id, CallKind::register_);
  world.challenge("WWW-Authenticate: Bearer scope=\"sip\"\r\n");
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "Bearer token-1");
}

TEST(Bearer, TOK_02_the_host_is_told_whose_token_is_asked_for) {
  World world;
  world.auto_credentials = false;
  world.call(world.id, CallKind::register_);
  world.challenge(bearer_row);
  const Seen* wanted = world.last(OutputKind::credentials_wanted);
  ASSERT_NE(wanted, nullptr);
  EXPECT_TRUE(wanted->bearer);
  EXPECT_EQ(wanted->scope, "sip");
  EXPECT_EQ(wanted->authz_server, "https://login.example.com");
  EXPECT_EQ(wanted->error, "");
  EXPECT_EQ(wanted->previous, Previous::none);
  EXPECT_TRUE(world.frames.empty());  // the core itself fetches nothing
}

TEST(Bearer, TOK_03_another_token_is_asked_for_once) {
  World world;
  const OperationId operation = world.call(world.id, CallKind::register_);
  world.challenge(bearer_row);
  world.auto_credentials = false;
  EXPECT_EQ(header(world.challenge(refused_row), "Authorization"),
            "Bearer token-1");
  const Seen wanted = *world.last(OutputKind::credentials_wanted);
  EXPECT_EQ(wanted.previous, Previous::rejected);
  EXPECT_EQ(wanted.error, "invalid_token");
  Credentials other;
  other.token = "token-2";
  EXPECT_TRUE(world.provide(world.id, wanted.challenge, other));
  EXPECT_EQ(header(world.challenge(refused_row), "Authorization"),
            "Bearer token-2");
  const Seen* failed = world.outcome(operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::auth_failed);
  EXPECT_EQ(failed->status, 401);
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 2u);
  EXPECT_EQ(world.all_frames.size(), 3u);
}

TEST(Bearer, TOK_03_a_refused_token_is_not_sent_again) {
  World world;
  const OperationId operation = world.call(world.id, CallKind::register_);
  world.challenge(bearer_row);
  world.challenge(refused_row);  // and the host gives the same again
  const Seen* failed = world.outcome(operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::auth_failed);
  EXPECT_EQ(world.all_frames.size(), 2u);
}

TEST(Bearer, TOK_03_a_token_that_held_before_has_expired) {
  World world;
  world.registered_by_token();
  world.token = "token-2";
  const OperationId refresh = world.call(world.id, CallKind::refresh);
  EXPECT_EQ(header(world.challenge(refused_row), "Authorization"),
            "Bearer token-1");
  EXPECT_EQ(world.last(OutputKind::credentials_wanted)->previous,
            Previous::expired);
  const std::string again = world.next_frame();
  EXPECT_EQ(header(again, "Authorization"), "Bearer token-2");
  world.receive(accept(again));
  EXPECT_EQ(world.outcome(refresh)->kind, OutputKind::operation_done);
}

TEST(Bearer, TOK_04_no_token_over_ws) {
  World world;
  world.secure = false;
  const OperationId operation = world.call(world.id, CallKind::register_);
  world.challenge(bearer_row);
  const Seen* failed = world.outcome(operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::auth_failed);
  EXPECT_NE(failed->text.find("wss:"), std::string::npos);
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 0u);
  EXPECT_EQ(world.all_frames.size(), 1u);
}

TEST(Bearer, TOK_04_loopback_will_do) {
  World world;
  world.secure = false;
  world.loopback = true;
  world.call(world.id, CallKind::register_);
  world.challenge(bearer_row);
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "Bearer token-1");
}

TEST(Bearer, TOK_04_a_kept_token_stays_off_a_later_ws_flow) {
  World world;
  world.registered_by_token();
  world.secure = false;
  world.drop();
  world.advance(3'000);
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "");
}

TEST(Bearer, TOK_04_no_token_in_traces) {
  World world;
  world.agent.set_trace(true);
  world.registered_by_token();
  for (const Seen& seen : world.outputs) {
    if (seen.kind == OutputKind::transmit) continue;
    EXPECT_EQ(seen.text.find("token-1"), std::string::npos) << seen.text;
  }
}

TEST(Bearer, TOK_05_a_token_goes_before_a_password) {
  for (const bool digest_first : {true, false}) {
    World world;
    world.call(world.id, CallKind::register_);
    world.challenge(digest_first
                        ? std::string(digest_row) + std::string(bearer_row)
                        : std::string(bearer_row) + std::string(digest_row));
    EXPECT_EQ(header(world.next_frame(), "Authorization"), "Bearer token-1");
  }
}

TEST(Bearer, TOK_05_without_a_token_the_password_answers) {
  for (const bool digest_first : {true, false}) {
    World world;
    world.token.clear();
    world.call(world.id, CallKind::register_);
    world.challenge(digest_first
                        ? std::string(digest_row) + std::string(bearer_row)
                        : std::string(bearer_row) + std::string(digest_row));
    const std::string second = world.next_frame();
    EXPECT_EQ(header(second, "Authorization").rfind("Digest ", 0), 0u);
    const Seen* wanted = world.last(OutputKind::credentials_wanted);
    EXPECT_EQ(wanted->bearer, !digest_first);
    EXPECT_EQ(wanted->offered.size(), 1u);
    EXPECT_EQ(wanted->scope, "sip");
  }
}

TEST(Bearer, TOK_06_a_refresh_takes_one_request) {
  World world;
  world.registered_by_token();
  world.advance(536'000);
  const std::string refresh = world.next_frame();
  EXPECT_EQ(header(refresh, "Authorization"), "Bearer token-1");
  world.receive(accept(refresh));
  EXPECT_EQ(world.state(world.id), RegistrationState::registered);
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 1u);
}

TEST(Bearer, TOK_06_a_token_that_runs_out_is_renewed_before_the_refresh) {
  World world;
  world.token_expires_at = world.wall() + 300'000;
  world.registered_by_token();
  world.token = "token-2";
  world.token_expires_at = 0;
  world.advance(536'000);
  const Seen* wanted = world.last(OutputKind::credentials_wanted);
  EXPECT_EQ(wanted->previous, Previous::expired);
  EXPECT_TRUE(wanted->bearer);
  EXPECT_EQ(wanted->scope, "sip");
  EXPECT_EQ(wanted->authz_server, "https://login.example.com");
  EXPECT_EQ(wanted->realm, "example.com");
  const std::string refresh = world.next_frame();
  EXPECT_EQ(header(refresh, "Authorization"), "Bearer token-2");
  world.receive(accept(refresh));
  EXPECT_EQ(world.state(world.id), RegistrationState::registered);
  EXPECT_EQ(world.all_frames.size(), 3u);
}

TEST(Bearer, TOK_06_without_a_newer_token_nothing_is_sent) {
  World world;
  world.token_expires_at = world.wall() + 300'000;
  world.registered_by_token();
  world.advance(536'000);  // the host gives the old one again
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(world.id), RegistrationState::failed);
  EXPECT_TRUE(world.bound(world.id));
  EXPECT_EQ(world.last(OutputKind::failed)->code, FailureCode::auth_failed);
  EXPECT_NE(world.last(OutputKind::failed)->text.find("expired"),
            std::string::npos);
}

TEST(Bearer, TOK_06_a_password_takes_over_from_an_expired_token) {
  World world;
  world.token_expires_at = world.wall() + 300'000;
  world.registered_by_token();
  world.token.clear();
  world.token_expires_at = 0;
  world.advance(300'000);
  world.call(world.id, CallKind::refresh);
  EXPECT_EQ(header(world.challenge(digest_row), "Authorization"), "");
  const std::string answer = world.next_frame();
  EXPECT_EQ(header(answer, "Authorization").rfind("Digest ", 0), 0u);
}

TEST(Bearer, TOK_06_credentials_that_do_not_come_in_time_end_the_refresh) {
  World world;
  world.token_expires_at = world.wall() + 300'000;
  world.registered_by_token();
  world.auto_credentials = false;
  world.advance(400'000);
  const OperationId refresh = world.call(world.id, CallKind::refresh);
  EXPECT_EQ(world.state(world.id), RegistrationState::refreshing);
  world.advance(120'000);
  ASSERT_NE(world.outcome(refresh), nullptr);
  EXPECT_EQ(world.outcome(refresh)->code, FailureCode::timeout);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Bearer, TOK_06_new_credentials_end_the_use_of_the_old_token) {
  World world;
  world.registered_by_token();
  EXPECT_TRUE(
      world.agent.reset_credentials(world.clocks(), world.id, true).ok());
  world.call(world.id, CallKind::refresh);
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "");
}

TEST(Bearer, SEC_02_tokens_that_could_end_a_row_are_refused) {
  Credentials credentials;
  for (const std::string_view bad : {"a b", "a\r\nX: y", "\"", "a,b", "ü"}) {
    credentials.token = bad;
    EXPECT_EQ(Agent::check(credentials).option, "credentials.token") << bad;
  }
}

}  // namespace
}  // namespace sipreg::testing
