// Defects that were found by reading, each with the run that showed it.
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation.h"

namespace sipreg::testing {
namespace {

TEST(Regression, UNR_02_a_waiting_register_survives_anothers_removal_of_all) {
  Simulation world;
  const RegistrationId first = world.registered();
  const RegistrationId second = world.create();
  world.call(second, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 300\r\n"));
  const OperationId waiting = world.call(second, CallKind::register_);
  world.call(first, CallKind::unregister_all);
  world.receive(respond(world.next_frame(), 200));
  world.advance(300'000);
  world.receive(accept(world.next_frame()));
  ASSERT_NE(world.outcome(waiting), nullptr) << "left pending";
  EXPECT_EQ(world.state(second), RegistrationState::registered);
}

TEST(Regression, UNR_02_a_register_in_flight_beside_the_removal_of_all_stands) {
  Simulation world;
  const RegistrationId first = world.registered();
  const RegistrationId second = world.create();
  world.call(first, CallKind::unregister_all);
  const std::string removal = world.next_frame();
  world.call(second, CallKind::register_);
  const std::string request = world.next_frame();
  world.receive(respond(removal, 200));
  world.receive(accept(request));
  EXPECT_EQ(world.state(second), RegistrationState::registered);
  EXPECT_TRUE(world.bound(second));
}

TEST(Regression, DIG_01_a_challenge_with_a_body_is_answered) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  std::string challenge = digest_challenge(world.next_frame(), "n1");
  const std::string length = "Content-Length: 0\r\n\r\n";
  challenge.replace(challenge.find(length), length.size(),
                    "Content-Length: 5\r\n\r\nhello");
  world.receive(challenge);
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Regression, BND_01_anothers_instance_is_not_ours_whatever_its_user) {
  Simulation world;
  RegistrationOptions options = alice();
  options.contact.user = "alice";
  const RegistrationId id = world.create(options);
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(
      world.next_frame(), 200,
      "Contact: <sip:alice@10.0.0.9>;expires=3000;pub-gruu=\"sip:x;gr=y\";"
      "+sip.instance=\"<urn:uuid:other>\"\r\n"));
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::protocol);
  EXPECT_FALSE(world.bound(id));
}

TEST(Regression, GRU_01_the_gruu_of_a_weaker_match_does_not_stay) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  const std::string contact = header(frame, "Contact");
  const std::string uri = contact.substr(1, contact.find('>') - 1);
  world.receive(respond(frame, 200,
                        "Contact: <" + uri +
                            ">;pub-gruu=\"sip:old;gr\";expires=9, " + contact +
                            "\r\n"));
  EXPECT_EQ(world.last(OutputKind::registered)->pub_gruu, "");
}

TEST(Regression, TSX_11_silence_after_a_challenge_is_probed) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  (void)world.next_frame();
  world.advance(32'000);
  EXPECT_EQ(world.next_frame(), "\r\n\r\n");
  world.advance(5'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

TEST(Regression, TSX_11_a_flow_that_brings_frames_is_alive) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  (void)world.next_frame();
  world.advance(1'000);
  world.receive("\r\n");
  world.advance(31'000);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_TRUE(world.disconnects.empty());
}

TEST(Regression, OB_09_a_pong_that_nobody_asked_for_proves_nothing) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  Millis waited = 0;
  for (int n = 1; n <= 5; ++n) {
    world.frames.clear();
    world.receive("\r\n");
    world.drop();
    const std::size_t before = world.connects.size();
    const Millis lost_at = world.now();
    while (world.connects.size() == before) world.advance(100);
    waited = world.connect_times.back() - lost_at;
    EXPECT_GE(waited, std::min(30'000, 1'000 << n) / 2);
  }
}

std::string challenge_of(const std::string& frame, std::string_view realm,
                         std::string_view nonce, int status) {
  std::string row =
      status == 407 ? "Proxy-Authenticate: " : "WWW-Authenticate: ";
  row += "Digest realm=\"" + std::string(realm) + "\", qop=\"auth\", nonce=\"" +
         std::string(nonce) + "\"\r\n";
  return respond(frame, status, row);
}

TEST(Regression, DIG_17_two_cached_realms_both_meet_new_nonces) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(challenge_of(world.next_frame(), "proxy", "p1", 407));
  world.receive(challenge_of(world.next_frame(), "registrar", "n1", 401));
  world.receive(accept(world.next_frame()));
  const OperationId refresh = world.call(id, CallKind::refresh);
  world.receive(challenge_of(world.next_frame(), "proxy", "p2", 407));
  world.receive(challenge_of(world.next_frame(), "registrar", "n2", 401));
  world.receive(accept(world.next_frame()));
  ASSERT_NE(world.outcome(refresh), nullptr);
  EXPECT_EQ(world.outcome(refresh)->kind, OutputKind::operation_done);
}

TEST(Regression, DIG_15_refused_credentials_of_two_realms_are_not_repeated) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  int sent = 0;
  while (!world.frames.empty()) {
    const std::string frame = world.next_frame();
    ASSERT_LE(++sent, 3);
    const std::string nonce = std::to_string(sent);
    world.receive(respond(
        frame, 401,
        "WWW-Authenticate: Digest realm=\"a\", qop=\"auth\", nonce=\"a" +
            nonce +
            "\"\r\nProxy-Authenticate: Digest realm=\"b\", qop=\"auth\", "
            "nonce=\"b" +
            nonce + "\"\r\n"));
  }
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::auth_failed);
}

TEST(Regression, UNR_07_unregister_behind_a_lost_register_needs_no_socket) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId first = world.call(id, CallKind::register_);
  const OperationId second = world.call(id, CallKind::unregister);
  world.drop();
  ASSERT_NE(world.outcome(first), nullptr);
  ASSERT_NE(world.outcome(second), nullptr);
  EXPECT_EQ(world.outcome(second)->kind, OutputKind::operation_done);
  EXPECT_FALSE(world.outcome(second)->sent);
  world.advance(600'000);
  EXPECT_EQ(world.connects.size(), 1u);
}

TEST(Regression, BND_05_the_properties_come_before_unregistered) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::refresh);
  const std::string frame = world.next_frame();
  const std::size_t before = world.outputs.size();
  world.receive(respond(frame, 200, "Contact: <sip:other@h>;expires=60\r\n"));
  bool told = false;
  for (std::size_t i = before; i < world.outputs.size(); ++i) {
    const Seen& seen = world.outputs[i];
    if (seen.kind == OutputKind::registration) told = !seen.bound;
    if (seen.kind != OutputKind::unregistered) continue;
    EXPECT_TRUE(told);
    EXPECT_EQ(seen.reason, UnregisteredReason::cleared);
  }
  EXPECT_EQ(world.count(OutputKind::unregistered), 1u);
}

TEST(Regression, RSP_09_retry_after_holds_across_unregister) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 100\r\n"));
  world.call(id, CallKind::unregister);
  const OperationId again = world.call(id, CallKind::register_);
  world.advance(99'999);
  EXPECT_TRUE(world.frames.empty());
  world.advance(1);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(again)->kind, OutputKind::operation_done);
}

TEST(Regression, RSP_09_retry_after_holds_without_retries_too) {
  Simulation world;
  RegistrationOptions options = alice();
  options.retry = false;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 100\r\n"));
  EXPECT_EQ(world.state(id), RegistrationState::failed);
  world.call(id, CallKind::register_);
  world.advance(99'999);
  EXPECT_TRUE(world.frames.empty());
  world.advance(1);
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Regression, API_03_a_storm_of_wake_ups_is_one_attempt) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.refuse();
  for (int i = 0; i < 100; ++i) {
    world.wake();
    if (world.socket_wanted()) world.refuse();
    world.advance(10);
  }
  EXPECT_LE(world.connects.size(), 3u);
}

TEST(Regression, REG_16_sips_over_ws_fails_every_waiting_call) {
  Simulation world;
  world.secure = false;
  world.auto_open = false;
  RegistrationOptions options = alice();
  options.aor = "sips:alice@example.com";
  const RegistrationId id = world.create(options);
  std::vector<OperationId> operations;
  for (int i = 0; i < 200; ++i) {
    Call call;
    call.kind = i % 2 == 0 ? CallKind::register_ : CallKind::query;
    operations.push_back(world.call(id, call));
  }
  world.open();
  for (const OperationId operation : operations) {
    ASSERT_NE(world.outcome(operation), nullptr) << "left pending";
    EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_failed);
  }
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), RegistrationState::failed);
}

TEST(Regression, API_05_a_refresh_rides_on_one_new_flow_only) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.advance(60'000);
  const OperationId refresh = world.call(id, CallKind::refresh);
  (void)world.next_frame();
  world.drop();
  EXPECT_EQ(world.outcome(refresh), nullptr);
  world.advance(2'000);
  (void)world.next_frame();
  EXPECT_EQ(world.state(id), RegistrationState::registering)
      << "the REGISTER on a new flow is a recovery";
  world.drop();
  ASSERT_NE(world.outcome(refresh), nullptr);
  EXPECT_EQ(world.outcome(refresh)->code, FailureCode::transport);
}

TEST(Regression, Q_08_a_query_knows_a_rewritten_contact_by_its_time_left) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string rewritten =
      "Contact: <sip:90001@192.0.2.1:5060;transport=ws>;expires=";
  world.receive(respond(world.next_frame(), 200, rewritten + "599\r\n"));
  EXPECT_TRUE(world.bound(id));
  world.advance(200'000);
  world.call(id, CallKind::query);
  world.receive(respond(world.next_frame(), 200, rewritten + "399\r\n"));
  EXPECT_TRUE(world.bound(id));
  EXPECT_TRUE(world.frames.empty());
}

TEST(Regression, API_02_without_refresh_nothing_comes_back_after_the_end) {
  Simulation world;
  RegistrationOptions options = alice();
  options.refresh.policy = RefreshPolicy::off;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame(), 60));
  world.advance(59'000);
  world.call(id, CallKind::query);
  (void)world.next_frame();
  world.advance(2'000);
  world.drop();
  world.advance(600'000);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
}

TEST(Regression, TSX_05_the_via_host_compares_without_case) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  std::string answer = accept(world.next_frame());
  answer.replace(answer.find(".invalid"), 8, ".INVALID");
  world.receive(answer);
  EXPECT_TRUE(world.bound(id));
}

TEST(Regression, UNR_03_the_contact_that_is_bound_is_the_one_removed) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::string bound = header(world.all_frames.back(), "Contact");
  UpdateOptions update;
  update.push = PushOptions{"webpush", "token", {}};
  EXPECT_TRUE(world.agent.update(id, update).ok());
  world.call(id, CallKind::unregister);
  const std::string removal = world.next_frame();
  EXPECT_EQ(header(removal, "Contact").substr(0, bound.find('>')),
            bound.substr(0, bound.find('>')));
  world.receive(accept(removal));
  world.call(id, CallKind::register_);
  EXPECT_NE(header(world.next_frame(), "Contact").find(";pn-provider=webpush"),
            std::string::npos);
}

TEST(Regression, PAR_06_surplus_is_no_second_message) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()) + "junk");
  EXPECT_TRUE(world.bound(id));
  EXPECT_EQ(world.count(OutputKind::warning), 0u);
  EXPECT_EQ(world.agent.statistics().dropped, 0u);
}

TEST(Regression, WS_06_two_messages_in_a_frame_are_both_read) {
  Simulation world;
  const RegistrationId first = world.create();
  const RegistrationId second = world.create();
  world.call(first, CallKind::register_);
  world.call(second, CallKind::register_);
  const std::string one = accept(world.next_frame());
  world.receive(one + accept(world.next_frame()));
  EXPECT_TRUE(world.bound(first));
  EXPECT_TRUE(world.bound(second));
  EXPECT_EQ(world.last(OutputKind::warning)->warning, "several-messages");
}

TEST(Regression, WS_06_two_requests_in_a_frame_are_told_of_as_well) {
  Simulation world;
  world.registered();
  const std::size_t before = world.count(OutputKind::warning);
  const auto request = [](std::string_view branch) {
    return "OPTIONS sip:alice@a.invalid SIP/2.0\r\n"
           "Via: SIP/2.0/WSS edge.example.com;branch=z9hG4bK" +
           std::string(branch) +
           "\r\nFrom: <sip:edge@example.com>;tag=1\r\n"
           "To: <sip:alice@example.com>\r\nCall-ID: 1\r\n"
           "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
  };
  world.receive(request("1") + request("2") + request("3"));
  EXPECT_EQ(world.frames.size(), 3u);
  EXPECT_TRUE(world.warned("several-messages"));
  EXPECT_EQ(world.count(OutputKind::warning), before + 1);
}

TEST(Regression, DIG_25_a_registrar_that_would_break_its_quotes_is_refused) {
  Simulation world;
  RegistrationOptions options = alice();
  options.registrar = "sip:example.com;x=\\";
  RegistrationId id = 0;
  const Status status = world.agent.create(options, id);
  EXPECT_EQ(status.option, "registrar");
}

TEST(Regression, SEC_02_push_ids_are_blanked_in_any_case) {
  Simulation world;
  world.agent.set_trace(true);
  RegistrationOptions options = alice();
  const NameValue parameters[] = {{"PN-PRID", "secret-id", false}};
  options.contact.uri_parameters = parameters;
  world.call(world.create(options), CallKind::register_);
  ASSERT_NE(world.last(OutputKind::trace), nullptr);
  EXPECT_EQ(world.last(OutputKind::trace)->text.find("secret-id"),
            std::string::npos);
}

TEST(Regression, SEC_02_push_ids_do_not_get_into_errors) {
  Simulation world;
  RegistrationOptions options = alice();
  options.push.provider = "fcm";
  options.push.prid = "secret-id";
  const OperationId operation =
      world.call(world.create(options), CallKind::register_);
  const std::string request = world.next_frame();
  const std::string contact = header(request, "Contact");
  ASSERT_NE(contact.find("pn-prid=secret-id"), std::string::npos);
  world.receive(respond(request, 404,
                        "Contact: " + contact + ", " + contact +
                            "\r\nX-Contact: a;PN-PRID=secret-id\r\n"));
  const Seen* failed = world.outcome(operation);
  ASSERT_EQ(failed->kind, OutputKind::operation_failed);
  std::string all;
  for (const std::string& row : failed->headers) all += row + "\n";
  EXPECT_EQ(all.find("secret-id"), std::string::npos) << all;
  EXPECT_NE(all.find("pn-prid=*********>"), std::string::npos) << all;
}

TEST(Regression, API_02_a_clock_set_back_moves_the_times_told) {
  Simulation world;
  world.registered(600);
  const Millis before = world.last(OutputKind::registration)->expires_at;
  world.jump_wall(-3'600'000);
  EXPECT_EQ(world.last(OutputKind::registration)->expires_at,
            before - 3'600'000);
}

TEST(Regression, UNR_05_a_query_while_waiting_leaves_the_retry_alone) {
  for (const bool was_bound : {false, true}) {
    Simulation world;
    const RegistrationId id = was_bound ? world.registered() : world.create();
    world.call(id, CallKind::register_);
    world.receive(respond(world.next_frame(), 500));
    const Millis retry_at = world.last(OutputKind::registration)->retry_at;
    world.call(id, CallKind::query);
    world.receive(respond(world.next_frame(), was_bound ? 403 : 200));
    EXPECT_EQ(world.state(id), RegistrationState::waiting);
    EXPECT_EQ(world.last(OutputKind::registration)->retry_at, retry_at);
    world.advance(retry_at - world.wall());
    EXPECT_EQ(world.frames.size(), 1u);
  }
}

TEST(Regression, API_05_a_call_behind_one_that_fails_for_good_counts) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  Call second;
  const NameValue header{"X-A", "1", false};
  second.headers = {&header, 1};
  const OperationId operation = world.call(id, second);
  world.receive(respond(world.next_frame(), 403));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Regression,
     UNR_02_a_refresh_in_flight_beside_the_removal_of_all_is_undone) {
  Simulation world;
  const RegistrationId first = world.registered(3'600);
  const RegistrationId second = world.registered(600);
  world.advance(536'000);
  const std::string refresh = world.next_frame();
  world.call(first, CallKind::unregister_all);
  world.receive(respond(world.next_frame(), 200));
  world.receive(accept(refresh));
  const std::string removal = world.next_frame();
  EXPECT_EQ(::sipreg::testing::header(removal, "Expires"), "0");
  world.receive(accept(removal));
  EXPECT_EQ(world.state(second), RegistrationState::unregistered);
  EXPECT_FALSE(world.bound(second));
}

TEST(Regression, API_02_a_sleep_longer_than_the_clocks_age_leaves_timers) {
  Simulation world;
  const RegistrationId id = world.registered(600);
  world.leap(3'600'000);
  const OperationId operation = world.call(id, CallKind::register_);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  EXPECT_FALSE(world.bound(id));
  ASSERT_NE(world.deadline(), no_deadline);
  world.advance(32'000);
  ASSERT_NE(world.outcome(operation), nullptr) << "left pending";
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::timeout);
}

TEST(Regression, RSP_09_a_hold_ends_though_the_clock_is_set_back_right_then) {
  Simulation world;
  RegistrationOptions options = alice();
  options.retry = false;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 100\r\n"));
  const OperationId waiting = world.call(id, CallKind::register_);
  world.leap(-3'600'000);
  world.advance(100'000);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(waiting)->kind, OutputKind::operation_done);
}

TEST(Regression, REG_09_what_has_no_grammar_in_a_uri_is_refused) {
  Simulation world;
  RegistrationId id = 0;
  RegistrationOptions options = alice();
  options.aor = "sip:j\u00fcrgen@example.com";
  EXPECT_EQ(world.agent.create(options, id).option, "aor");
  options = alice();
  options.contact.user = "\u00e9";
  EXPECT_EQ(world.agent.create(options, id).option, "contact.user");
  options = alice();
  const NameValue empty[] = {{"a", "", false}};
  options.contact.uri_parameters = empty;
  EXPECT_EQ(world.agent.create(options, id).option, "contact.uriParams");
  options.aor = "sip:j%C3%BCrgen@example.com";
  options.contact.uri_parameters = {};
  EXPECT_TRUE(world.agent.create(options, id).ok());
}

// A server that restarts while many register knows none of its nonces any more,
// and need not say stale=true.
TEST(Regression, DIG_17_credentials_that_a_lost_flow_left_in_doubt_go_unused) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  EXPECT_NE(header(world.next_frame(), "Authorization"), "");
  world.drop();
  world.advance(5'000);
  world.receive(digest_challenge(world.next_frame(), "n2"));
  const std::string answer = world.next_frame();
  EXPECT_EQ(parameter(header(answer, "Authorization"), "nonce"), "n2");
  world.receive(accept(answer));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Regression, DIG_17_a_refresh_that_rides_on_leaves_a_new_nonce_behind) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.advance(60'000);
  const OperationId refresh = world.call(id, CallKind::refresh);
  world.receive(digest_challenge(world.next_frame(), "n2", ", stale=true"));
  (void)world.next_frame();
  world.drop();
  world.advance(5'000);
  world.receive(digest_challenge(world.next_frame(), "n3"));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(refresh)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Regression, API_05_a_query_behind_an_automatic_register_waits_no_longer) {
  ClientOptions client;
  client.reconnect = ReconnectPolicy::rfc5626;
  Simulation world(client);
  const RegistrationId id = world.registered();
  world.auto_open = false;
  world.drop();
  // The binding ends between two attempts to connect: an automatic REGISTER is
  // first in the queue then.
  while (world.bound(id)) {
    if (world.socket_wanted()) {
      world.refuse();
    } else {
      world.advance(world.deadline() - world.now());
    }
  }
  ASSERT_FALSE(world.socket_wanted());
  world.call(id, CallKind::query);
  EXPECT_TRUE(world.socket_wanted());
}

TEST(Regression, RSP_09_a_server_that_asks_for_years_is_tried_after_an_hour) {
  ClientOptions client;
  client.servers = 2;
  Simulation world(client);
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 503, "Retry-After: 4294967295\r\n"));
  world.auto_open = false;
  const Millis held_until = world.now() + 3'600'000;
  const auto tries_of_it = [&world] {
    return std::count(world.connects.begin(), world.connects.end(), 0u);
  };
  while (tries_of_it() == 1) {
    ASSERT_LE(world.now(), held_until + 60'000);
    if (world.socket_wanted()) {
      world.refuse();
    } else {
      world.advance(world.deadline() - world.now());
    }
  }
  EXPECT_GE(world.now(), held_until);
  EXPECT_GT(world.connects.size(), 10u) << "the other one in the meantime";
}

// The agent had not been told the time for so long.
TEST(Regression, TSX_07_new_credentials_send_nothing_that_is_late_already) {
  Simulation world;
  world.auto_credentials = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const OperationId query = world.call(id, CallKind::query);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  world.oversleep(40'000);
  ASSERT_TRUE(world.agent.reset_credentials(world.clocks(), id, false).ok());
  world.drain();
  (void)world.next_frame();
  world.advance(31'999);
  EXPECT_EQ(world.outcome(query), nullptr);
  world.advance(1);
  EXPECT_EQ(world.outcome(query)->code, FailureCode::timeout);
}

// Where no call of the application waits, which would cut the back-off short.
TEST(Regression, API_02_the_wait_told_is_the_longer_of_hold_and_back_off) {
  ClientOptions client;
  client.reconnect = ReconnectPolicy::rfc5626;
  Simulation world(client);
  const RegistrationId id = world.registered(3'600);
  world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 70\r\n"));
  world.drop();
  while (!world.socket_open()) world.advance(1'000);
  world.drop();  // before the hold has ended, and the flow has proved nothing
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  const Millis next = world.properties(id)->retry_at - world.wall();
  EXPECT_GE(next, 60'000);
  world.advance(next - 1);
  EXPECT_EQ(world.connects.size(), 2u);
  world.advance(1);
  EXPECT_EQ(world.connects.size(), 3u);
}

TEST(Regression, API_02_a_refresh_that_waits_is_dropped_when_refreshing_ends) {
  Simulation world;
  const RegistrationId id = world.registered(20);
  world.call(id, CallKind::query);
  (void)world.next_frame();
  world.advance(15'000);  // the refresh waits for the query's answer
  UpdateOptions options;
  options.refresh = RefreshOptions{RefreshPolicy::off, 0};
  ASSERT_TRUE(world.agent.update(id, options).ok());
  const std::uint32_t before = world.agent.statistics().registers;
  world.advance(120'000);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  EXPECT_EQ(world.agent.statistics().registers, before);
}

}  // namespace
}  // namespace sipreg::testing
