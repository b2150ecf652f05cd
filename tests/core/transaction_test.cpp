// The client transaction over a reliable transport (RFC 3261 sections 8.1.3 and
// 17.1.2), and answers that belong to nothing.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string replaced(std::string text, std::string_view from,
                     std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

struct InFlight {
  Simulation world;
  RegistrationId id = world.create();
  OperationId operation = world.call(id, CallKind::register_);
  std::string request = world.next_frame();
};

TEST(Transaction, TSX_02_silence_is_answered_by_silence) {
  InFlight run;
  run.world.advance(31'999);
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.agent.statistics().registers, 1u);
}

TEST(Transaction, TSX_03_a_second_final_answer_is_a_stray) {
  InFlight run;
  const std::string challenge = digest_challenge(run.request, "n1");
  run.world.receive(challenge);
  const std::string answer = run.world.next_frame();
  run.world.receive(challenge);
  EXPECT_TRUE(run.world.frames.empty());
  run.world.receive(accept(answer, 300));
  const std::size_t outputs = run.world.outputs.size();
  run.world.receive(accept(answer, 60));
  run.world.receive(respond(answer, 403));
  run.world.receive(challenge);
  EXPECT_EQ(run.world.outputs.size(), outputs);
  EXPECT_EQ(run.world.agent.statistics().dropped, 4u);
  EXPECT_EQ(run.world.state(run.id), RegistrationState::registered);
}

TEST(Transaction, TSX_06_several_vias_are_discarded) {
  InFlight run;
  const std::string good = accept(run.request);
  const std::string via = header(good, "Via");
  run.world.receive(replaced(good, via, via + ", SIP/2.0/WSS other.invalid"));
  run.world.receive(
      replaced(good, via, via + "\r\nVia: SIP/2.0/WSS other.invalid"));
  run.world.receive(
      replaced(good, via, via + "\r\nv: SIP/2.0/WSS other.invalid"));
  EXPECT_EQ(run.world.outcome(run.operation), nullptr);
  EXPECT_EQ(run.world.agent.statistics().dropped, 3u);
}

TEST(Transaction, TSX_05_RPT_01_WS_10_received_and_rport_do_not_matter) {
  InFlight run;
  EXPECT_EQ(header(run.request, "Via").find("rport"), std::string::npos);
  const std::string via = header(run.request, "Via");
  run.world.receive(replaced(accept(run.request), via,
                             via + ";rport=58860;received=192.0.2.7"));
  EXPECT_EQ(run.world.outcome(run.operation)->kind, OutputKind::operation_done);
  run.world.call(run.id, CallKind::refresh);
  const std::string next = run.world.next_frame();
  EXPECT_EQ(next.find("192.0.2.7"), next.npos);
  EXPECT_EQ(header(next, "Contact"), header(run.request, "Contact"));
}

TEST(Transaction, TSX_07_silence_and_loss_have_a_code_and_no_status) {
  InFlight silent;
  silent.world.advance(32'000);
  const Seen* failed = silent.world.outcome(silent.operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::timeout);
  EXPECT_EQ(failed->status, 0);
  EXPECT_TRUE(failed->retryable);

  InFlight lost;
  lost.world.drop();
  failed = lost.world.outcome(lost.operation);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, FailureCode::transport);
  EXPECT_EQ(failed->status, 0);
  EXPECT_TRUE(failed->retryable);
}

// The flow lives (another frame came in), so only this registrar is silent.
TEST(Transaction, TSX_08_a_silent_registrar_is_left_alone_for_a_back_off) {
  InFlight run;
  run.world.advance(1'000);
  run.world.receive("\r\n");
  run.world.advance(31'000);
  ASSERT_NE(run.world.outcome(run.operation), nullptr);
  const Millis silent_since = run.world.now();
  (void)run.world.await_frame();
  EXPECT_GE(run.world.frame_sent_at - silent_since, 30'000);
  EXPECT_LE(run.world.frame_sent_at - silent_since, 60'000);
}

TEST(Transaction, TSX_09_an_unknown_status_is_the_first_of_its_class) {
  InFlight provisional;
  provisional.world.receive(respond(provisional.request, 199));
  EXPECT_EQ(provisional.world.outcome(provisional.operation), nullptr);
  const std::tuple<int, bool, bool> cases[] = {{299, true, false},
                                               {399, false, false},
                                               {431, false, false},
                                               {599, false, true},
                                               {699, false, false}};
  for (const auto& [status, success, retryable] : cases) {
    InFlight run;
    run.world.receive(replaced(accept(run.request), "SIP/2.0 200",
                               "SIP/2.0 " + std::to_string(status)));
    const Seen* done = run.world.outcome(run.operation);
    ASSERT_NE(done, nullptr) << status;
    EXPECT_EQ(done->kind == OutputKind::operation_done, success) << status;
    EXPECT_EQ(done->retryable, retryable) << status;
  }
}

TEST(Transaction, RSP_01_provisional_answers_change_nothing) {
  InFlight run;
  const std::size_t outputs = run.world.outputs.size();
  for (const int status : {100, 180, 183, 199}) {
    run.world.receive(respond(run.request, status));
  }
  EXPECT_EQ(run.world.outputs.size(), outputs);
  EXPECT_EQ(run.world.agent.statistics().dropped, 0u);
  run.world.receive(accept(run.request));
  EXPECT_TRUE(run.world.bound(run.id));
}

TEST(Transaction, TSX_11_a_silent_registrar_leaves_the_flow_to_others) {
  Simulation world;
  const RegistrationId busy = world.create();
  RegistrationOptions options = alice();
  options.aor = "sip:bob@dead.example";
  const RegistrationId silent = world.create(options);
  world.call(busy, CallKind::register_);
  const std::string first = world.next_frame();
  world.call(silent, CallKind::register_);
  (void)world.next_frame();
  world.advance(5'000);
  world.receive(accept(first));
  world.advance(27'000);
  EXPECT_EQ(world.state(silent), RegistrationState::waiting);
  EXPECT_EQ(world.state(busy), RegistrationState::registered);
  EXPECT_TRUE(world.frames.empty()) << "a probe of a flow that lives";
  EXPECT_TRUE(world.socket_open());
}

TEST(Transaction, WS_13_a_silent_flow_is_probed_with_a_double_crlf) {
  InFlight run;
  run.world.auto_pong = false;
  run.world.advance(32'000);
  EXPECT_EQ(run.world.next_frame(), "\r\n\r\n");
  run.world.advance(4'999);
  run.world.receive("\r\n");
  run.world.advance(20'000);
  EXPECT_TRUE(run.world.disconnects.empty()) << "the pong came in time";
}

// Whatever the state: what matches no transaction is counted and dropped.
TEST(Transaction, SEC_05_answers_to_nothing_change_nothing_in_any_state) {
  InFlight run;
  Simulation& world = run.world;
  const auto expect_no_change = [&](const char* state) {
    const std::size_t outputs = world.outputs.size();
    const std::uint32_t dropped = world.agent.statistics().dropped;
    const std::string old = world.all_frames.front();
    const std::string strays[] = {
        replaced(accept(old), "branch=z9hG4bK", "branch=z9hG4bK0"),
        replaced(accept(old), "z9hG4bK", ""),
        replaced(respond(old, 403), "Call-ID: ", "Call-ID: x"),
        replaced(digest_challenge(old, "n"), "1 REGISTER", "9 REGISTER"),
        replaced(respond(old, 423), "1 REGISTER", "1 INVITE"),
        replaced(accept(old), ";tag=", ";tag=x"),
        "SIP/2.0 200 OK\r\n\r\n",
        "noise"};
    for (const std::string& stray : strays) world.receive(stray);
    EXPECT_EQ(world.outputs.size(), outputs) << state;
    EXPECT_EQ(world.agent.statistics().dropped, dropped + std::size(strays))
        << state;
  };
  expect_no_change("registering");
  world.receive(accept(run.request));
  expect_no_change("registered");
  world.call(run.id, CallKind::refresh);
  expect_no_change("refreshing");
  world.receive(respond(world.next_frame(), 503));
  expect_no_change("waiting");
  world.call(run.id, CallKind::unregister);
  expect_no_change("unregistering");
  world.receive(accept(world.next_frame()));
  expect_no_change("unregistered");
}

}  // namespace
}  // namespace sipreg::testing
