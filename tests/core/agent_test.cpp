// The life of a registration, from the host's side and the server's.
#include <gtest/gtest.h>

#include "simulation.h"
#include "sipreg/response_reader.h"

namespace sipreg::testing {
namespace {

TEST(Register, DIG_01_challenge_is_answered_and_the_promise_is_the_final_2xx) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  EXPECT_EQ(world.state(id), RegistrationState::registering);
  const std::string first = world.next_frame();
  world.receive(digest_challenge(first, "n1"));
  EXPECT_EQ(world.outcome(operation), nullptr);
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
  EXPECT_EQ(header(second, "From"), header(first, "From"));
  EXPECT_NE(header(second, "Via"), header(first, "Via"));
  EXPECT_EQ(header(first, "CSeq"), "1 REGISTER");
  EXPECT_EQ(header(second, "CSeq"), "2 REGISTER");
  EXPECT_EQ(parameter(header(second, "Authorization"), "username"), "alice");
  world.receive(accept(second, 300));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->kind, OutputKind::operation_done);
  EXPECT_EQ(done->expires, 300u);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  EXPECT_EQ(world.count(OutputKind::registered), 1u);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Register, REG_17_message_as_a_whole) {
  Simulation world;
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  options.display_name = "Alice \"A\"";
  const std::string_view tags[] = {"100rel"};
  options.supported = tags;
  const NameValue headers[] = {{"X-Device", "web", false}};
  options.headers = headers;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  const std::string host = header(frame, "Via").substr(12, 20);
  const std::string branch = parameter(header(frame, "Via"), "branch");
  const std::string tag = parameter(header(frame, "From"), "tag");
  const std::string contact = header(frame, "Contact");
  const std::string user = contact.substr(5, contact.find('@') - 5);
  EXPECT_EQ(
      frame,
      "REGISTER sip:example.com SIP/2.0\r\n"
      "Via: SIP/2.0/WSS " +
          host + ";branch=" + branch +
          "\r\n"
          "Max-Forwards: 70\r\n"
          "From: \"Alice \\\"A\\\"\" <sip:alice@example.com>;tag=" +
          tag +
          "\r\n"
          "To: <sip:alice@example.com>\r\n"
          "Call-ID: " +
          header(frame, "Call-ID") +
          "\r\n"
          "CSeq: 1 REGISTER\r\n"
          "Contact: <sip:" +
          user + "@" + host +
          ";transport=ws>"
          ";+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000001>\""
          ";reg-id=1;expires=600\r\n"
          "Expires: 600\r\n"
          "Supported: path, gruu, outbound, 100rel\r\n"
          "X-Device: web\r\n"
          "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(host.ends_with(".invalid"));
  EXPECT_TRUE(branch.starts_with("z9hG4bK"));
}

TEST(Refresh, DIG_19_costs_one_round_trip_with_a_rising_nonce_count) {
  Simulation world;
  const RegistrationId id = world.registered(600);
  for (int round = 2; round < 20; ++round) {
    const OperationId operation = world.call(id, CallKind::refresh);
    EXPECT_EQ(world.state(id), RegistrationState::refreshing);
    const std::string frame = world.next_frame();
    char nonce_count[9];
    std::snprintf(nonce_count, sizeof nonce_count, "%08x", round);
    EXPECT_EQ(parameter(header(frame, "Authorization"), "nc"), nonce_count);
    world.receive(accept(frame));
    ASSERT_NE(world.outcome(operation), nullptr);
    EXPECT_TRUE(world.frames.empty());
  }
  EXPECT_EQ(world.count(OutputKind::registered), 1u);
  EXPECT_EQ(world.count(OutputKind::refreshed), 18u);
}

TEST(Refresh, BND_11_happens_by_itself_between_505_and_535_s_of_600) {
  Simulation world;
  const RegistrationId id = world.registered(600);
  const Millis start = world.now();
  world.advance(504'000);
  EXPECT_TRUE(world.frames.empty());
  world.advance(31'000);
  const std::string frame = world.next_frame();
  EXPECT_LE(world.now() - start, 535'000);
  world.receive(accept(frame));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Unregister, UNR_01_same_contact_with_expires_0) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::string contact = header(world.all_frames.front(), "Contact");
  const OperationId operation = world.call(id, CallKind::unregister);
  EXPECT_EQ(world.state(id), RegistrationState::unregistering);
  const std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "Contact"),
            contact.substr(0, contact.find(";expires=")) + ";expires=0");
  EXPECT_EQ(header(frame, "Expires"), "0");
  world.receive(accept(frame));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_TRUE(done->sent);
  EXPECT_TRUE(done->confirmed);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  EXPECT_EQ(world.deadline(), no_deadline);
}

TEST(Unregister, UNR_02_all_sends_star_alone) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::unregister_all);
  const std::string frame = world.next_frame();
  EXPECT_NE(frame.find("\r\nContact: *\r\n"), frame.npos);
  EXPECT_EQ(header(frame, "Expires"), "0");
  EXPECT_EQ(frame.find("reg-id"), frame.npos);
  world.receive(accept(frame));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
}

TEST(Unregister, UNR_04_during_register_waits_for_its_answer) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId first = world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  const OperationId second = world.call(id, CallKind::unregister);
  EXPECT_TRUE(world.frames.empty());
  world.receive(accept(frame));
  EXPECT_EQ(world.outcome(first)->kind, OutputKind::operation_done);
  const std::string removal = world.next_frame();
  EXPECT_EQ(header(removal, "Expires"), "0");
  world.receive(accept(removal));
  EXPECT_EQ(world.outcome(second)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  world.advance(100'000'000);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Unregister, UNR_06_when_nothing_is_bound_sends_nothing) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::unregister);
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_FALSE(done->sent);
  EXPECT_TRUE(world.connects.empty());
}

TEST(Remove, API_07_sends_nothing_and_rejects_what_is_pending) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.remove(id);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::removed);
  EXPECT_EQ(world.state(id), RegistrationState::removed);
  const std::size_t before = world.outputs.size();
  world.receive(accept(frame));
  world.advance(10'000'000);
  EXPECT_EQ(world.outputs.size(), before);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Authentication, DIG_15_wrong_password_is_tried_once) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  world.receive(digest_challenge(world.next_frame(), "n2"));
  EXPECT_TRUE(world.frames.empty());
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->code, FailureCode::auth_failed);
  EXPECT_EQ(done->status, 401);
  EXPECT_FALSE(done->retryable);
  EXPECT_EQ(world.state(id), RegistrationState::failed);
  EXPECT_EQ(world.count(OutputKind::failed), 1u);
  world.advance(100'000'000);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Authentication, DIG_16_stale_is_answered_with_the_new_nonce) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  world.receive(digest_challenge(world.next_frame(), "n2", ", stale=true"));
  const std::string third = world.next_frame();
  EXPECT_EQ(parameter(header(third, "Authorization"), "nonce"), "n2");
  EXPECT_EQ(parameter(header(third, "Authorization"), "nc"), "00000001");
  world.receive(accept(third));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.count(OutputKind::credentials_wanted), 1u);
}

TEST(Authentication, DIG_17_cached_credentials_meet_a_new_nonce_without_stale) {
  Simulation world;
  const RegistrationId id = world.registered();
  const OperationId operation = world.call(id, CallKind::refresh);
  world.receive(digest_challenge(world.next_frame(), "n2"));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
}

TEST(Authentication, DIG_16_endless_stale_ends) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  int sent = 0;
  while (!world.frames.empty()) {
    ++sent;
    ASSERT_LE(sent, 8);
    world.receive(digest_challenge(world.next_frame(),
                                   "n" + std::to_string(sent), ", stale=true"));
  }
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::auth_failed);
  EXPECT_LE(sent, 5);
}

TEST(Authentication, RSP_05_407_of_a_proxy_then_401_of_the_registrar) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "p1", "", 407));
  const std::string second = world.next_frame();
  EXPECT_NE(header(second, "Proxy-Authorization"), "");
  world.receive(digest_challenge(second, "n1"));
  const std::string third = world.next_frame();
  EXPECT_EQ(parameter(header(third, "Proxy-Authorization"), "nc"), "00000002");
  EXPECT_EQ(parameter(header(third, "Authorization"), "nc"), "00000001");
  world.receive(accept(third));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
}

TEST(Authentication, RSP_05_without_credentials_fails_at_once) {
  Simulation world;
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  const RegistrationId id = world.create(options);
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::auth_failed);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Interval, RSP_13_423_raises_the_lifetime_at_most_twice) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 423, "Min-Expires: 900\r\n"));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Expires"), "900");
  EXPECT_EQ(parameter(header(second, "Contact"), "expires"), "900");
  world.receive(respond(second, 423, "Min-Expires: 901\r\n"));
  world.receive(respond(world.next_frame(), 423, "Min-Expires: 902\r\n"));
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::interval);
}

TEST(Transaction, TSX_01_100_does_not_restart_timer_f) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.advance(31'900);
  world.receive(respond(frame, 100));
  EXPECT_EQ(world.outcome(operation), nullptr);
  world.advance(100);
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::timeout);
  EXPECT_TRUE(world.frames.empty()) << "TSX-02: one frame a request";
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
}

TEST(Transaction, TSX_04_responses_to_something_else_are_dropped) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  const std::string good = accept(frame);
  const auto with = [&good](std::string_view from, std::string_view to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    return bad;
  };
  const std::string branch = parameter(header(frame, "Via"), "branch");
  world.receive(with(branch, branch.substr(0, 10) + "0" + branch.substr(11)));
  world.receive(with("CSeq: 1 ", "CSeq: 2 "));
  world.receive(with("1 REGISTER", "1 OPTIONS"));
  world.receive(with(header(frame, "Call-ID"), "other"));
  world.receive(with(parameter(header(frame, "From"), "tag"), "other"));
  world.receive(with(".invalid;branch", ".example;branch"));
  EXPECT_EQ(world.outcome(operation), nullptr);
  EXPECT_GE(world.agent.statistics().dropped, 5u);
  world.receive(good);
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
}

TEST(Flow, TSX_10_loss_with_a_register_in_flight_fails_it_and_goes_on) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  (void)world.next_frame();
  world.drop();
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::transport);
  EXPECT_TRUE(world.outcome(operation)->retryable);
  world.advance(5'000);
  EXPECT_EQ(world.connects.size(), 2u);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Flow, OB_05_loss_of_a_registered_flow_reregisters_the_same_binding) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::string first = world.all_frames.back();
  world.advance(60'000);
  world.drop();
  EXPECT_TRUE(world.last(OutputKind::registration)->bound);
  world.advance(2'000);
  const std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "Call-ID"), header(first, "Call-ID"));
  EXPECT_EQ(header(frame, "Contact"), header(first, "Contact"));
  EXPECT_NE(header(frame, "Authorization"), "");
  world.receive(accept(frame));
  EXPECT_EQ(world.count(OutputKind::registered), 2u);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Flow, TSX_12_refused_sockets_reject_and_back_off) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  EXPECT_EQ(world.state(id), RegistrationState::connecting);
  world.refuse();
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::transport);
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  const auto wait_for_attempt = [&world] {
    const std::size_t before = world.connects.size();
    while (world.connects.size() == before) world.advance(100);
  };
  Millis previous = world.now();
  for (int round = 1; round < 10; ++round) {
    wait_for_attempt();
    const Millis upper = std::min(30'000, 1'000 << round);
    EXPECT_GE(world.connect_times.back() - previous, upper / 2) << round;
    EXPECT_LE(world.connect_times.back() - previous, upper) << round;
    world.refuse();
    previous = world.now();
  }
  wait_for_attempt();
  world.open();
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Expiry, BND_12_ends_the_binding_at_its_instant) {
  Simulation world;
  const RegistrationId id = world.registered(60);
  world.auto_open = false;
  world.advance(40'000);
  world.drop();
  world.advance(19'999);
  EXPECT_TRUE(world.last(OutputKind::registration)->bound);
  world.advance(1);
  EXPECT_FALSE(world.last(OutputKind::registration)->bound);
  const Seen* event = world.last(OutputKind::unregistered);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->reason, UnregisteredReason::expired);
  EXPECT_NE(world.state(id), RegistrationState::registered);
}

TEST(Expiry, API_02_sleep_past_the_end_is_noticed_by_the_wall_clock) {
  Simulation world;
  const RegistrationId id = world.registered(600);
  world.sleep(3'600'000);
  ASSERT_NE(world.last(OutputKind::unregistered), nullptr);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Query, UNR_05_lists_bindings_without_contact) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::query);
  const std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "Contact"), "");
  EXPECT_EQ(header(frame, "Expires"), "");
  world.receive(
      respond(frame, 200, "Contact: <sip:a@h1>;expires=5, <sip:b@h2>\r\n"));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->bindings, (std::vector<std::string>{"other sip:a@h1 5",
                                                      "other sip:b@h2 none"}));
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
}

TEST(Query, BND_01_the_exact_contact_wins_over_the_instance_alone) {
  Simulation world;
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  options.outbound = false;
  const RegistrationId first = world.create(options);
  const RegistrationId second = world.create(options);
  std::string contacts[2];
  const RegistrationId ids[] = {first, second};
  for (int i = 0; i < 2; ++i) {
    world.call(ids[i], CallKind::register_);
    const std::string frame = world.next_frame();
    contacts[i] = header(frame, "Contact");
    world.receive(accept(frame));
  }
  const OperationId operation = world.call(second, CallKind::query);
  world.receive(
      respond(world.next_frame(), 200,
              "Contact: " + contacts[0] + ", " + contacts[1] + "\r\n"));
  const Seen* done = world.outcome(operation);
  ASSERT_EQ(done->bindings.size(), 2u);
  EXPECT_TRUE(done->bindings[0].starts_with("other "));
  EXPECT_TRUE(done->bindings[1].starts_with("own "));
}

TEST(Query, BND_08_a_kept_response_is_read_again) {
  Simulation world;
  world.registered();
  std::string kept =
      respond(world.all_frames.back(), 200,
              "Contact: \"B\" <sip:b@h2>;expires=9;q=0.5, <sip:c@h3>\r\n");
  ResponseReader reader;
  ASSERT_TRUE(reader.read(kept));
  EXPECT_EQ(reader.response().status, 200);
  EXPECT_EQ(reader.response().headers.size(), 7u);
  ASSERT_EQ(reader.bindings().size(), 2u);
  EXPECT_EQ(reader.bindings()[0].uri, "sip:b@h2");
  EXPECT_EQ(reader.bindings()[0].q_thousandths, 500u);
  std::string damaged = "SIP/2.0 2";
  EXPECT_FALSE(reader.read(damaged));
  EXPECT_TRUE(reader.bindings().empty());
}

TEST(KeepAlive, WS_14_ping_is_answered_and_pong_is_not) {
  Simulation world;
  world.registered();
  world.receive("\r\n\r\n");
  EXPECT_EQ(world.next_frame(), "\r\n");
  world.receive("\r\n");
  world.receive("");
  EXPECT_TRUE(world.frames.empty());
}

TEST(ServerRequest, UAS_01_options_gets_200) {
  Simulation world;
  world.registered();
  world.receive(
      "OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
      "From: <sip:s@h>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\n"
      "CSeq: 1 OPTIONS\r\n\r\n");
  const std::string answer = world.next_frame();
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200 OK\r\n"));
  EXPECT_EQ(header(answer, "Via"), "SIP/2.0/UDP h;branch=z9hG4bKx");
  EXPECT_NE(parameter(header(answer, "To"), "tag"), "");
}

TEST(Trace, SEC_02_authorization_is_redacted) {
  Simulation world;
  world.agent.set_trace(true);
  world.registered();
  bool seen = false;
  for (const Seen& output : world.outputs) {
    if (output.kind != OutputKind::trace) continue;
    const std::string row = header(output.text, "Authorization");
    if (row.empty()) continue;
    seen = true;
    EXPECT_EQ(parameter(row, "response"), "***");
    EXPECT_EQ(parameter(row, "cnonce"), "***");
    EXPECT_EQ(parameter(row, "nc"), "00000001");
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace sipreg::testing
