// Defects in how calls go out, wait and end, each with the run that showed it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulation.h"

namespace sipreg::testing {
namespace {

ClientOptions two_servers() {
  ClientOptions client;
  client.servers = 2;
  return client;
}

Call registering(std::optional<std::uint32_t> expires,
                 const NameValue* header = nullptr) {
  Call call;
  call.kind = CallKind::register_;
  call.expires = expires;
  if (header != nullptr) call.headers = {header, 1};
  return call;
}

// An account of two flows, both registered.
RegistrationId registered_twice(Simulation& world) {
  RegistrationOptions options = alice();
  options.flows = 2;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  while (!world.frames.empty()) {
    const std::string frame = world.next_frame();
    world.receive(accept(frame), world.frame_sent_on);
  }
  return id;
}

TEST(RegressionCalls, API_06_a_lifetime_outlives_a_socket_that_was_refused) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, registering(1'800));
  world.refuse();
  world.auto_open = true;
  EXPECT_EQ(header(world.await_frame(), "Expires"), "1800");
}

TEST(RegressionCalls, API_06_a_refreshs_lifetime_outlives_a_failed_round) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.auto_open = false;
  world.drop();
  Call refresh;
  refresh.kind = CallKind::refresh;
  refresh.expires = 1'800;
  world.call(id, refresh);
  world.refuse();
  world.auto_open = true;
  EXPECT_EQ(header(world.await_frame(), "Expires"), "1800");
}

TEST(RegressionCalls, API_05_the_lifetime_asked_for_already_joins) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId first = world.call(id, CallKind::register_);
  const OperationId second = world.call(id, registering(600));
  world.receive(accept(world.next_frame()));
  EXPECT_TRUE(world.frames.empty());
  EXPECT_NE(world.outcome(first), nullptr);
  EXPECT_NE(world.outcome(second), nullptr);
}

TEST(RegressionCalls, OB_08_one_failed_round_is_one_retry) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  const NameValue header{"X-A", "1"};
  const OperationId first = world.call(id, CallKind::register_);
  const OperationId second = world.call(id, registering({}, &header));
  world.refuse();
  EXPECT_EQ(world.count(OutputKind::retry), 1u);
  EXPECT_EQ(world.outcome(first)->code, FailureCode::transport);
  EXPECT_EQ(world.outcome(second)->code, FailureCode::transport);
}

TEST(RegressionCalls, UNR_04_a_register_behind_a_query_is_cancelled) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::query);
  const std::string query = world.next_frame();
  const OperationId waiting = world.call(id, CallKind::register_);
  const OperationId leaving = world.call(id, CallKind::unregister);
  ASSERT_NE(world.outcome(waiting), nullptr);
  EXPECT_EQ(world.outcome(waiting)->code, FailureCode::cancelled);
  world.receive(respond(query, 200));
  EXPECT_TRUE(world.frames.empty());
  ASSERT_NE(world.outcome(leaving), nullptr);
  EXPECT_FALSE(world.outcome(leaving)->sent);
}

TEST(RegressionCalls, UNR_04_a_register_behind_a_removal_is_cancelled) {
  Simulation world;
  const RegistrationId id = world.registered();
  const OperationId first = world.call(id, CallKind::unregister);
  const std::string removal = world.next_frame();
  const OperationId waiting = world.call(id, CallKind::register_);
  const OperationId second = world.call(id, CallKind::unregister);
  ASSERT_NE(world.outcome(waiting), nullptr);
  EXPECT_EQ(world.outcome(waiting)->code, FailureCode::cancelled);
  world.receive(respond(removal, 200));
  EXPECT_TRUE(world.frames.empty());
  EXPECT_TRUE(world.outcome(first)->sent);
  ASSERT_NE(world.outcome(second), nullptr);
}

TEST(RegressionCalls, UNR_08_a_removal_that_waits_for_a_token_was_not_sent) {
  Simulation world;
  world.token = "token-a";
  world.token_expires_at = world.wall() + 300'000;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 401,
                        "WWW-Authenticate: Bearer realm=\"example.com\"\r\n"));
  world.receive(accept(world.next_frame()));
  world.auto_credentials = false;
  world.advance(295'000);
  const OperationId operation = world.call(id, CallKind::unregister);
  ASSERT_TRUE(world.frames.empty());
  world.drop();
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_FALSE(world.outcome(operation)->sent);
}

TEST(RegressionCalls, RSP_09_nothing_goes_to_a_server_that_asked_for_silence) {
  Simulation world(two_servers());
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  const FlowId refused = world.frame_sent_on;
  const NameValue header{"X-A", "1"};
  const OperationId second = world.call(id, registering({}, &header));
  world.receive(respond(frame, 503, "Retry-After: 300\r\n"));
  EXPECT_TRUE(world.frames.empty());
  const std::string next = world.await_frame();
  EXPECT_NE(world.frame_sent_on, refused);
  EXPECT_EQ(world.connects.back(), 1u);
  world.receive(accept(next));
  ASSERT_NE(world.outcome(second), nullptr);
  EXPECT_EQ(world.outcome(second)->kind, OutputKind::operation_done);
}

TEST(RegressionCalls,
     RSP_09_the_retry_at_another_server_is_told_with_its_time) {
  Simulation world(two_servers());
  world.auto_open = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.open();
  world.receive(respond(world.next_frame(), 503, "Retry-After: 300\r\n"));
  ASSERT_EQ(world.count(OutputKind::retry), 1u);
  const Millis retry_at = world.last(OutputKind::retry)->retry_at;
  EXPECT_GE(retry_at, world.wall());
  EXPECT_EQ(world.outcome(operation)->retry_at, retry_at);
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  world.advance(retry_at - world.wall());
  EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(world.connect_times.back(), world.now());
}

TEST(RegressionCalls, UNR_02_removing_all_cancels_what_other_flows_wait_for) {
  Simulation world(two_servers());
  world.auto_open = false;
  RegistrationOptions options = alice();
  options.flows = 2;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  const FlowId first = world.sockets().begin()->first;
  world.open(first);
  world.receive(accept(world.next_frame()), first);
  world.call(id, CallKind::unregister_all);
  world.receive(respond(world.next_frame(), 200), first);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  world.auto_open = true;
  world.advance(600'000);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_FALSE(world.bound(id));
}

TEST(RegressionCalls, UNR_02_removing_all_is_the_users_doing_on_every_flow) {
  Simulation world(two_servers());
  const RegistrationId id = registered_twice(world);
  world.call(id, CallKind::unregister_all);
  const std::string removal = world.next_frame();
  world.receive(respond(removal, 200), world.frame_sent_on);
  EXPECT_EQ(world.count(OutputKind::unregistered), 1u);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::user);
  EXPECT_TRUE(world.last(OutputKind::unregistered)->confirmed);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
}

TEST(RegressionCalls, UNR_08_removing_all_refused_leaves_no_flow_registered) {
  Simulation world(two_servers());
  const RegistrationId id = registered_twice(world);
  const OperationId operation = world.call(id, CallKind::unregister_all);
  const std::string removal = world.next_frame();
  world.receive(respond(removal, 403), world.frame_sent_on);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::rejected);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::user);
  world.advance(3'600'000);
  EXPECT_TRUE(world.frames.empty());
}

TEST(RegressionCalls, API_03_without_refreshes_a_wake_up_registers_nothing) {
  Simulation world;
  world.auto_pong = false;
  RegistrationOptions options = alice();
  options.refresh.policy = RefreshPolicy::off;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  world.advance(20'000);
  world.wake();
  for (const std::string& frame : world.frames) {
    EXPECT_FALSE(frame.starts_with("REGISTER")) << frame;
  }
  EXPECT_FALSE(world.frames.empty()) << "the flow is not probed";
}

TEST(RegressionCalls, BND_12_without_refreshes_a_recovery_in_flight_may_end) {
  Simulation world;
  RegistrationOptions options = alice();
  options.refresh.policy = RefreshPolicy::off;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame(), 60));
  world.advance(55'000);
  world.drop();
  const std::string recovery = world.await_frame();
  world.advance(10'000);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  world.receive(accept(recovery));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  EXPECT_TRUE(world.frames.empty()) << "a removal that nobody asked for";
}

}  // namespace
}  // namespace sipreg::testing
