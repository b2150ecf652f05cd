// The states of a registration and what leads from one to the other.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

using State = RegistrationState;

// The states that the host was told of, in their order.
std::vector<State> states_told(const Simulation& world, std::size_t from = 0) {
  std::vector<State> states;
  for (std::size_t i = from; i < world.outputs.size(); ++i) {
    const Seen& seen = world.outputs[i];
    if (seen.kind != OutputKind::registration) continue;
    if (states.empty() || states.back() != seen.state) {
      states.push_back(seen.state);
    }
  }
  return states;
}

RegistrationId failed(Simulation& world) {
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 404));
  EXPECT_EQ(world.state(id), State::failed);
  return id;
}

TEST(StateMachine, STM_01_a_call_registers_by_way_of_connecting) {
  for (const CallKind kind : {CallKind::register_, CallKind::refresh}) {
    Simulation world;
    const RegistrationId id = world.create();
    EXPECT_TRUE(world.connects.empty()) << "a socket that nobody asked for";
    world.call(id, kind);
    EXPECT_EQ(states_told(world),
              (std::vector<State>{State::connecting, State::registering}));
  }
}

TEST(StateMachine, STM_01_failures_start_at_nothing_after_failed) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  for (int i = 0; i < 4; ++i) {
    world.receive(respond(world.await_frame(), 500));
  }
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 4u);
  world.receive(respond(world.await_frame(), 404));
  EXPECT_EQ(world.state(id), State::failed);
  world.call(id, CallKind::register_);
  EXPECT_EQ(world.state(id), State::registering) << "the flow is up";
  world.receive(respond(world.next_frame(), 500));
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
}

TEST(StateMachine, STM_02_TSX_12_timer_f_starts_when_the_socket_is_open) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.advance(9'000);
  EXPECT_EQ(world.state(id), State::connecting);
  EXPECT_TRUE(world.frames.empty());
  world.open();
  EXPECT_EQ(world.frames.size(), 1u);
  EXPECT_EQ(world.state(id), State::registering);
  world.advance(31'999);
  EXPECT_EQ(world.outcome(operation), nullptr);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), State::registered);
}

TEST(StateMachine, STM_03_WS_19_every_server_is_tried_before_it_waits) {
  ClientOptions options;
  options.servers = 3;
  Simulation world(options);
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.refuse();
  world.advance(10'000);  // the second one says nothing
  EXPECT_EQ(world.outcome(operation), nullptr);
  world.subprotocol = false;
  world.open();
  EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1, 2}));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::transport);
  EXPECT_TRUE(world.outcome(operation)->retryable);
  EXPECT_EQ(world.state(id), State::waiting);
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
}

TEST(StateMachine, STM_03_WS_02_servers_that_speak_no_sip_are_final) {
  ClientOptions options;
  options.servers = 2;
  Simulation world(options);
  world.subprotocol = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  EXPECT_EQ(world.connects.size(), 2u);
  EXPECT_EQ(world.disconnects, (std::vector<std::uint16_t>{1000, 1000}));
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::protocol);
  EXPECT_FALSE(world.outcome(operation)->retryable);
  EXPECT_EQ(world.state(id), State::failed);
  EXPECT_EQ(world.deadline(), no_deadline);
  EXPECT_TRUE(world.all_frames.empty()) << "SIP to who does not speak it";
}

TEST(StateMachine, STM_04_a_2xx_settles_and_lets_the_next_call_go) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId first = world.call(id, CallKind::register_);
  const OperationId second = world.call(id, CallKind::query);
  const std::string request = world.next_frame();
  EXPECT_TRUE(world.frames.empty());
  world.receive(accept(request, 300));
  EXPECT_EQ(world.outcome(first)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.outcome(second), nullptr);
  EXPECT_EQ(header(world.next_frame(), "Contact"), "");
  const Seen* told = world.properties(id);
  EXPECT_TRUE(told->bound);
  EXPECT_EQ(told->expires_at, world.wall() + 300'000);
  EXPECT_GT(told->refresh_at, world.wall());
  EXPECT_LT(told->refresh_at, told->expires_at);
}

TEST(StateMachine, STM_04_API_02_registered_though_the_removal_waits) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.call(id, CallKind::unregister);
  world.receive(accept(world.next_frame()));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(states_told(world),
            (std::vector<State>{State::connecting, State::registering,
                                State::registered, State::unregistering,
                                State::unregistered}));
  State state = State::unregistered;
  for (const Seen& seen : world.outputs) {
    if (seen.kind == OutputKind::registration) state = seen.state;
    if (seen.kind != OutputKind::registered) continue;
    EXPECT_EQ(state, State::registered) << "told in another state";
  }
}

TEST(StateMachine, STM_04_API_02_no_connecting_on_an_open_socket) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::size_t before = world.outputs.size();
  world.call(id, CallKind::unregister);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(states_told(world, before),
            (std::vector<State>{State::unregistering, State::registering,
                                State::registered}));
}

TEST(StateMachine, STM_05_a_2xx_without_our_binding_is_waiting) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::refresh);
  EXPECT_EQ(world.state(id), State::refreshing);
  world.receive(respond(world.next_frame(), 200,
                        "Contact: <sip:other@192.0.2.9>;expires=60\r\n"));
  EXPECT_EQ(world.state(id), State::waiting);
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.count(OutputKind::unregistered), 1u);
}

TEST(StateMachine, STM_06_timer_f_rests_while_credentials_are_awaited) {
  Simulation world;
  world.auto_credentials = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n1"));
  world.advance(100'000);
  EXPECT_EQ(world.state(id), State::registering);
  EXPECT_EQ(world.outcome(operation), nullptr);
  Credentials credentials;
  credentials.password = "secret";
  credentials.has_password = true;
  EXPECT_TRUE(world.provide(
      id, world.last(OutputKind::credentials_wanted)->challenge, credentials));
  const std::string answer = world.next_frame();
  EXPECT_EQ(header(answer, "CSeq"), "2 REGISTER");
  world.advance(31'999);
  EXPECT_EQ(world.outcome(operation), nullptr);
  world.advance(1);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::timeout);
}

TEST(StateMachine, STM_07_refused_for_good_is_failed) {
  struct Row {
    int status;
    bool bound;  // afterwards
  };
  for (const Row& row : {Row{403, false}, Row{404, false}, Row{400, true},
                         Row{405, true}, Row{604, true}}) {
    Simulation world;
    const RegistrationId id = world.registered(600);
    world.call(id, CallKind::refresh);
    world.receive(respond(world.next_frame(), row.status));
    EXPECT_EQ(world.state(id), State::failed) << row.status;
    EXPECT_EQ(world.bound(id), row.bound) << row.status;
    EXPECT_EQ(world.count(OutputKind::unregistered), row.bound ? 0u : 1u);
    world.advance(600'000);
    EXPECT_FALSE(world.bound(id));
    EXPECT_EQ(world.count(OutputKind::unregistered), 1u) << row.status;
    EXPECT_EQ(world.state(id), State::failed);
    EXPECT_TRUE(world.frames.empty()) << "only a call leaves this state";
  }
}

TEST(StateMachine, STM_09_a_failure_that_may_pass_is_waiting) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503));
  EXPECT_EQ(world.state(id), State::waiting);
  const Seen* rejected = world.outcome(operation);
  ASSERT_NE(rejected, nullptr);
  EXPECT_TRUE(rejected->retryable);
  EXPECT_EQ(rejected->retry_at, world.properties(id)->retry_at);
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
  world.receive(accept(world.await_frame()));
  EXPECT_EQ(world.state(id), State::registered);
  EXPECT_EQ(world.count(OutputKind::registered), 1u);
}

TEST(StateMachine, STM_09_without_retries_it_is_failed) {
  Simulation world;
  RegistrationOptions options = alice();
  options.retry = false;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503));
  EXPECT_EQ(world.state(id), State::failed);
  EXPECT_EQ(world.count(OutputKind::retry), 0u);
  EXPECT_EQ(world.deadline(), no_deadline);
}

TEST(StateMachine, STM_10_a_flow_lost_while_registering_is_a_failed_attempt) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.open();
  (void)world.next_frame();
  world.drop();
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::transport);
  EXPECT_EQ(world.state(id), State::waiting);
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
  world.advance(999);
  EXPECT_EQ(world.connects.size(), 1u) << "at least half of base * 2";
  world.advance(1'001);
  EXPECT_EQ(world.connects.size(), 2u);
}

TEST(StateMachine, STM_11_a_flow_lost_while_refreshing_keeps_the_refresh) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.advance(60'000);
  const OperationId operation = world.call(id, CallKind::refresh);
  (void)world.next_frame();
  world.drop();
  EXPECT_EQ(world.outcome(operation), nullptr);
  EXPECT_TRUE(world.bound(id));
  world.receive(accept(world.await_frame()));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.state(id), State::registered);
}

TEST(StateMachine, STM_12_time_and_calls_refresh) {
  Simulation world;
  const RegistrationId id = world.registered();
  const Millis refresh_at = world.properties(id)->refresh_at;
  world.advance(refresh_at - world.wall() - 1);
  EXPECT_EQ(world.state(id), State::registered);
  world.advance(1);
  EXPECT_EQ(world.state(id), State::refreshing);
  world.receive(accept(world.next_frame()));
  for (const CallKind kind : {CallKind::register_, CallKind::refresh}) {
    world.call(id, kind);
    EXPECT_EQ(world.state(id), State::refreshing);
    world.receive(accept(world.next_frame()));
    EXPECT_EQ(world.state(id), State::registered);
  }
  EXPECT_EQ(world.count(OutputKind::registered), 1u);
  EXPECT_EQ(world.count(OutputKind::refreshed), 3u);
}

TEST(StateMachine, STM_13_OB_09_a_proved_flow_comes_back_within_2_s) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.advance(30'000);
  world.drop();
  EXPECT_TRUE(world.bound(id));
  EXPECT_EQ(world.state(id), State::waiting);
  world.advance(2'000);
  EXPECT_EQ(world.connects.size(), 2u);
  EXPECT_EQ(world.state(id), State::registering);
}

TEST(StateMachine, STM_13_OB_09_a_flow_lost_early_counts_as_a_failure) {
  ClientOptions options;
  options.reconnect = ReconnectPolicy::rfc5626;
  Simulation slow(options);
  const RegistrationId id = slow.registered();
  slow.advance(29'999);
  slow.drop();
  const Millis lost_at = slow.now();
  EXPECT_TRUE(slow.bound(id));
  while (slow.connects.size() < 2) slow.advance(100);
  EXPECT_GE(slow.connect_times.back() - lost_at, 30'000);
}

TEST(StateMachine, STM_14_the_end_of_the_lifetime_in_each_state) {
  {  // registered: recovered over the same flow
    Simulation world;
    RegistrationOptions options = alice();
    const RegistrationId id = world.create(options);
    world.call(id, CallKind::register_);
    world.receive(accept(world.next_frame(), 600));
    world.sleep(700'000);
    ASSERT_NE(world.last(OutputKind::unregistered), nullptr);
    EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
              UnregisteredReason::expired);
    EXPECT_EQ(world.state(id), State::registering);
    EXPECT_EQ(world.frames.size(), 1u);
  }
  {  // refreshing: the REGISTER in flight is the recovery
    Simulation world;
    const RegistrationId id = world.registered(60);
    world.advance(45'000);
    if (world.frames.empty()) world.call(id, CallKind::refresh);
    const std::string refresh = world.next_frame();
    world.advance(15'000);
    EXPECT_FALSE(world.bound(id));
    EXPECT_EQ(world.state(id), State::registering);
    world.receive(accept(refresh, 600));
    EXPECT_EQ(world.state(id), State::registered);
    EXPECT_EQ(world.count(OutputKind::registered), 2u);
  }
  {  // waiting: the wait goes on
    Simulation world;
    const RegistrationId id = world.registered(60);
    world.call(id, CallKind::refresh);
    world.receive(respond(world.next_frame(), 503, "Retry-After: 300\r\n"));
    EXPECT_TRUE(world.bound(id));
    EXPECT_EQ(world.state(id), State::waiting);
    world.advance(60'000);
    EXPECT_FALSE(world.bound(id));
    EXPECT_EQ(world.state(id), State::waiting);
    EXPECT_TRUE(world.frames.empty());
  }
}

TEST(StateMachine, STM_15_unregister_with_a_binding) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::unregister);
  EXPECT_EQ(world.state(id), State::unregistering);

  Simulation lost;
  const RegistrationId other = lost.registered();
  lost.drop();
  lost.call(other, CallKind::unregister);
  EXPECT_EQ(lost.state(other), State::unregistered);
  EXPECT_EQ(lost.last(OutputKind::unregistered)->reason,
            UnregisteredReason::user);
}

TEST(StateMachine, STM_15_unregister_while_waiting_or_failed_with_a_binding) {
  for (const int status : {500, 405}) {
    Simulation world;
    const RegistrationId id = world.registered();
    world.call(id, CallKind::refresh);
    world.receive(respond(world.next_frame(), status));
    EXPECT_TRUE(world.bound(id));
    world.call(id, CallKind::unregister);
    EXPECT_EQ(world.state(id), State::unregistering) << status;
    world.receive(accept(world.next_frame()));
    EXPECT_EQ(world.state(id), State::unregistered);
    EXPECT_EQ(world.deadline(), no_deadline);
  }
}

TEST(StateMachine, STM_16_unregister_with_nothing_bound_cancels) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId registering = world.call(id, CallKind::register_);
  world.call(id, CallKind::unregister);
  EXPECT_EQ(world.outcome(registering)->code, FailureCode::cancelled);
  EXPECT_EQ(world.state(id), State::unregistered);
  EXPECT_TRUE(world.sockets().empty());
  EXPECT_TRUE(world.all_frames.empty());

  Simulation waiting;
  const RegistrationId second = waiting.create();
  waiting.call(second, CallKind::register_);
  waiting.receive(respond(waiting.next_frame(), 500));
  waiting.call(second, CallKind::unregister);
  EXPECT_EQ(waiting.state(second), State::unregistered);
  waiting.advance(100'000'000);
  EXPECT_TRUE(waiting.frames.empty());

  Simulation given_up;
  const RegistrationId third = failed(given_up);
  given_up.call(third, CallKind::unregister);
  EXPECT_EQ(given_up.state(third), State::unregistered);
  EXPECT_TRUE(given_up.frames.empty());
}

TEST(StateMachine, STM_17_unregister_in_flight_goes_out_after_the_answer) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const OperationId leaving = world.call(id, CallKind::unregister);
  world.receive(respond(world.next_frame(), 500));
  EXPECT_TRUE(world.frames.empty()) << "there is nothing to remove";
  EXPECT_FALSE(world.outcome(leaving)->sent);
  EXPECT_EQ(world.state(id), State::unregistered);
  EXPECT_EQ(world.deadline(), no_deadline) << "the retry is cancelled";
}

TEST(StateMachine, STM_18_a_2xx_to_the_removal) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::unregister);
  const std::size_t before = world.outputs.size();
  world.receive(accept(world.next_frame()));
  std::vector<OutputKind> kinds;
  for (std::size_t i = before; i < world.outputs.size(); ++i) {
    kinds.push_back(world.outputs[i].kind);
  }
  EXPECT_EQ(kinds, (std::vector<OutputKind>{OutputKind::registration,
                                            OutputKind::unregistered,
                                            OutputKind::operation_done}));
  EXPECT_EQ(world.state(id), State::unregistered);
  EXPECT_TRUE(world.last(OutputKind::unregistered)->confirmed);
}

TEST(StateMachine, STM_21_register_during_the_removal_goes_after_it) {
  for (const bool confirmed : {true, false}) {
    Simulation world;
    const RegistrationId id = world.registered();
    world.call(id, CallKind::unregister);
    const std::string removal = world.next_frame();
    const OperationId again = world.call(id, CallKind::register_);
    EXPECT_TRUE(world.frames.empty());
    EXPECT_EQ(world.state(id), State::unregistering);
    world.receive(confirmed ? accept(removal) : respond(removal, 500));
    const std::string request = world.next_frame();
    EXPECT_EQ(header(request, "Expires"), "600");
    world.receive(accept(request));
    EXPECT_EQ(world.outcome(again)->kind, OutputKind::operation_done);
    EXPECT_EQ(world.state(id), State::registered);
  }
}

TEST(StateMachine, STM_22_time_and_calls_end_the_wait_and_failures_count_on) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 500));
  (void)world.await_frame();
  EXPECT_EQ(world.state(id), State::registering);
  world.receive(respond(world.all_frames.back(), 500));
  world.call(id, CallKind::refresh);
  EXPECT_EQ(world.state(id), State::registering);
  world.receive(respond(world.next_frame(), 500));
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 3u);
  EXPECT_EQ(world.state(id), State::waiting);
}

TEST(StateMachine, STM_22_the_end_of_a_wait_opens_a_flow_where_there_is_none) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 100\r\n"));
  world.auto_open = false;
  world.drop();
  while (!world.socket_wanted()) world.advance(1'000);
  EXPECT_TRUE(world.frames.empty());
  world.open();
  world.receive(accept(world.await_frame()));
  EXPECT_EQ(world.state(id), State::registered);
  EXPECT_GE(world.frame_sent_at, 1'000 + 100'000);
}

TEST(StateMachine, TMR_01_how_long_a_socket_an_answer_and_credentials_take) {
  Simulation connecting;
  connecting.auto_open = false;
  const OperationId first =
      connecting.call(connecting.create(), CallKind::register_);
  connecting.advance(9'999);
  EXPECT_EQ(connecting.outcome(first), nullptr);
  connecting.advance(1);
  EXPECT_EQ(connecting.outcome(first)->code, FailureCode::timeout);

  Simulation asking;
  asking.auto_credentials = false;
  const OperationId second = asking.call(asking.create(), CallKind::register_);
  asking.receive(digest_challenge(asking.next_frame(), "n"));
  asking.advance(119'999);
  EXPECT_EQ(asking.outcome(second), nullptr);
  asking.advance(1);
  EXPECT_EQ(asking.outcome(second)->code, FailureCode::timeout);

  ClientOptions options;
  options.transaction_timeout = 4'000;
  Simulation hasty(options);
  const OperationId third = hasty.call(hasty.create(), CallKind::register_);
  hasty.advance(3'999);
  EXPECT_EQ(hasty.outcome(third), nullptr);
  hasty.advance(1);
  EXPECT_EQ(hasty.outcome(third)->code, FailureCode::timeout);
}

}  // namespace
}  // namespace sipreg::testing
