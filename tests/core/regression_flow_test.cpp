// Defects in how flows are kept, lost and left, each with the run that showed
// it.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "simulation.h"

namespace sipreg::testing {
namespace {

ClientOptions two_servers() {
  ClientOptions client;
  client.servers = 2;
  return client;
}

TEST(RegressionFlow, API_07_no_timer_of_a_wait_stays_after_remove) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.refuse();
  world.remove(id);
  EXPECT_EQ(world.deadline(), no_deadline);
  EXPECT_EQ(world.last(OutputKind::connection)->connection,
            ConnectionState::disconnected);
}

TEST(RegressionFlow, API_07_a_socket_that_opens_for_nobody_is_closed) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.remove(id);
  EXPECT_EQ(world.deadline(), no_deadline);
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_TRUE(world.sockets().empty());
  EXPECT_EQ(world.last(OutputKind::connection)->connection,
            ConnectionState::disconnected);
  const RegistrationId next = world.create();
  world.call(next, CallKind::register_);
  world.open();
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(RegressionFlow, TSX_11_an_edge_that_answers_nothing_at_all_is_left) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.advance(32'000 + 5'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

// The refresh went into a connection that had died unnoticed: what it waits
// for is the next flow, not the registrar.
TEST(RegressionFlow, TSX_11_a_refresh_into_a_dead_flow_goes_out_on_the_next) {
  ClientOptions client;
  client.keep_alive.interval = 400'000;  // none is due beside the refresh
  Simulation world(client);
  const RegistrationId id = world.registered();
  while (!world.await_frame().starts_with("REGISTER")) {
  }
  world.auto_pong = false;
  world.advance(32'000);
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
  world.frames.clear();
  world.advance(5'000 + 2'000);
  ASSERT_EQ(world.disconnects.size(), 1u);
  ASSERT_EQ(world.frames.size(), 1u);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

// Once only: a server that opens sockets and answers nothing is not asked
// again with each of them.
TEST(RegressionFlow, TSX_11_a_server_that_only_opens_sockets_gets_the_waits) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.advance(3'600'000);
  std::size_t registers = 0;
  for (const std::string& frame : world.all_frames) {
    registers += frame.starts_with("REGISTER");
  }
  EXPECT_GE(registers, 5u);
  EXPECT_LE(registers, 12u);
}

// `online` lifts what `offline` put off, though another wake-up was just now.
void online_within_the_cool_down(ReconnectPolicy policy) {
  ClientOptions client;
  client.reconnect = policy;
  Simulation world(client);
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.refuse();
  world.wake();
  world.refuse();
  world.advance(500);
  world.offline();
  world.advance(1'000);
  const std::size_t before = world.connects.size();
  for (int storm = 0; storm < 100; ++storm) {
    world.wake();
    world.offline();
    world.wake();
  }
  EXPECT_LE(world.connects.size(), before + 1);
  world.advance(10'000);
  EXPECT_EQ(world.connects.size(), before + 1);
}

TEST(RegressionFlow, API_02_a_retry_that_is_under_way_has_a_time) {
  Simulation world;
  const RegistrationId bob = world.registered();
  world.auto_open = false;
  const RegistrationId alice = world.create();
  world.call(bob, CallKind::refresh);
  world.call(alice, CallKind::register_);
  world.drop();
  std::size_t retries = 0;
  for (const Seen& seen : world.outputs) {
    if (seen.kind != OutputKind::retry) continue;
    ++retries;
    EXPECT_GE(seen.retry_at, world.wall());
  }
  EXPECT_GE(retries, 1u);
}

TEST(RegressionFlow, API_03_online_soon_after_a_wake_up_lifts_the_delay) {
  online_within_the_cool_down(ReconnectPolicy::interactive);
  online_within_the_cool_down(ReconnectPolicy::rfc5626);
}

TEST(RegressionFlow, API_03_a_socket_that_opens_says_that_we_are_online) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.advance(60'000);
  world.offline();
  world.drop();
  world.receive(accept(world.await_frame()));
  world.advance(60'000);
  const Millis lost_at = world.now();
  world.drop();
  world.receive(accept(world.await_frame()));
  EXPECT_LE(world.now() - lost_at, 2'000);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionFlow, OB_07_two_flows_never_share_a_server) {
  Simulation world(two_servers());
  world.auto_open = false;
  RegistrationOptions options = alice();
  options.flows = 2;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  const FlowId first = world.sockets().begin()->first;
  const FlowId second = world.sockets().rbegin()->first;
  world.open(second);
  world.refuse(first);
  world.advance(60'000);
  for (std::size_t i = 2; i < world.connects.size(); ++i) {
    EXPECT_EQ(world.connects[i], 0u);
  }
}

TEST(RegressionFlow, OB_07_an_account_of_one_flow_may_still_use_every_server) {
  Simulation world(two_servers());
  RegistrationOptions options = alice();
  options.flows = 2;
  const RegistrationId both = world.create(options);
  RegistrationOptions bob = alice();
  bob.aor = "sip:bob@example.com";
  const RegistrationId one = world.create(bob);
  world.auto_open = false;
  world.call(one, CallKind::register_);
  world.refuse();
  EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1}));
  (void)both;
}

double milliseconds_to_create(int count) {
  Agent agent;
  ClientOptions client;
  client.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
  std::array<std::uint8_t, 32> seed{7};
  EXPECT_TRUE(agent.configure(client, seed).ok());
  const auto begin = std::chrono::steady_clock::now();
  for (int n = 0; n < count; ++n) {
    RegistrationOptions options;
    const std::string aor = "sip:u" + std::to_string(n) + "@example.com";
    options.aor = aor;
    RegistrationId id = 0;
    EXPECT_TRUE(agent.create(options, id).ok());
  }
  const auto taken = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration<double, std::milli>(taken).count();
}

// Searching all of the others would take 64 times as long.
TEST(RegressionFlow, API_01_creating_many_costs_each_the_same) {
  (void)milliseconds_to_create(250);
  const double few = milliseconds_to_create(250);
  EXPECT_LT(milliseconds_to_create(2'000), 32 * few);
}

TEST(RegressionFlow, OB_02_reg_ids_of_one_address_are_told_apart) {
  Simulation world;
  const auto reg_id_of = [&world](std::string_view aor) {
    RegistrationOptions options = alice();
    options.aor = aor;
    return world.agent.reg_id(world.create(options));
  };
  EXPECT_EQ(reg_id_of("sip:alice@example.com"), 1u);
  EXPECT_EQ(reg_id_of("sip:%61lice@EXAMPLE.com"), 2u);
  EXPECT_EQ(reg_id_of("sip:Alice@example.com"), 1u);
  EXPECT_EQ(reg_id_of("sip:alice@example.org"), 1u);
  const RegistrationId third = world.create();
  EXPECT_EQ(world.agent.reg_id(third), 3u);
  world.remove(third);
  EXPECT_EQ(reg_id_of("sip:alice@example.com"), 3u);
}

}  // namespace
}  // namespace sipreg::testing
