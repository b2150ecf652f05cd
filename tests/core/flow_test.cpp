// A flow's life: keep-alives (RFC 5626 sections 3.5.1 and 4.4.1), probes, why
// it was closed, and which server comes next.
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation.h"

namespace sipreg::testing {
namespace {

constexpr std::string_view ping = "\r\n\r\n";

ClientOptions with(KeepAliveOptions keep_alive) {
  ClientOptions options;
  options.keep_alive = keep_alive;
  return options;
}

ClientOptions with_servers(std::uint32_t servers) {
  ClientOptions options;
  options.servers = servers;
  return options;
}

// Registered with rows of the server's own in the 200.
RegistrationId registered_with(Simulation& world, std::string_view rows,
                               int expires = 3600) {
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  std::string answer = accept(world.next_frame(), expires);
  answer.insert(answer.find("\r\n") + 2, rows);
  world.receive(answer);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  return id;
}

std::size_t warnings(const Simulation& world, std::string_view code) {
  return static_cast<std::size_t>(std::count_if(
      world.outputs.begin(), world.outputs.end(), [code](const Seen& seen) {
        return seen.kind == OutputKind::warning && seen.warning == code;
      }));
}

// ------------------------------------------------------------------ intervals

TEST(KeepAlive, OB_10_a_ping_every_95_to_120_seconds_drawn_anew) {
  Simulation world;
  world.auto_pong = false;
  registered_with(world, {});
  std::vector<Millis> intervals;
  for (int i = 0; i < 20; ++i) {
    const Millis before = world.now();
    EXPECT_EQ(world.await_frame(), ping);
    intervals.push_back(world.now() - before);
    EXPECT_GE(intervals.back(), 95'000);
    EXPECT_LE(intervals.back(), 120'000);
    world.receive("\r\n");
  }
  std::sort(intervals.begin(), intervals.end());
  EXPECT_GT(intervals.back() - intervals.front(), 5'000);
}

TEST(KeepAlive, OB_10_flow_timer_goes_before_the_option) {
  Simulation world(with({.interval = 15'000}));
  world.auto_pong = false;
  registered_with(world, "Flow-Timer: 50\r\n");
  for (int i = 0; i < 5; ++i) {
    const Millis before = world.now();
    EXPECT_EQ(world.await_frame(), ping);
    EXPECT_GE(world.now() - before, 40'000);
    EXPECT_LE(world.now() - before, 50'000);
    world.receive("\r\n");
  }
}

TEST(KeepAlive, OB_10_any_frame_puts_the_ping_off) {
  Simulation world(with({.interval = 30'000}));
  registered_with(world, {});
  for (int i = 0; i < 10; ++i) {
    world.advance(29'000);
    world.receive("SIP/2.0 200 OK\r\n\r\n");
  }
  EXPECT_EQ(world.pings, 0u);
  world.advance(30'000);
  EXPECT_EQ(world.pings, 1u);
}

TEST(KeepAlive, OB_10_none_without_a_registration_and_none_when_off) {
  Simulation off(with({.on = false}));
  registered_with(off, {});
  off.advance(1'000'000);
  EXPECT_EQ(off.pings, 0u);
  Simulation world;
  const RegistrationId id = registered_with(world, {});
  world.call(id, CallKind::unregister);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.deadline(), no_deadline);
}

// --------------------------------------------------------------- silent flows

TEST(KeepAlive, OB_11_silence_ends_a_flow_whose_server_has_answered_before) {
  Simulation world;
  const RegistrationId id = registered_with(world, {});
  world.advance(120'000);
  EXPECT_EQ(world.pings, 1u);
  world.auto_pong = false;
  EXPECT_EQ(world.await_frame(), ping);
  world.advance(9'999);
  EXPECT_TRUE(world.disconnects.empty());
  world.auto_open = false;
  world.advance(1);
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_NE(world.state(id), RegistrationState::registered);
  EXPECT_TRUE(world.bound(id));
  world.advance(2'000);  // the flow had proved itself: at once
  world.open();
  EXPECT_EQ(world.next_frame().substr(0, 8), "REGISTER");
}

TEST(KeepAlive, OB_04_OB_11_require_outbound_promises_pongs) {
  Simulation world;
  world.auto_pong = false;
  registered_with(world, "Require: outbound\r\n");
  EXPECT_EQ(world.await_frame(), ping);
  world.advance(10'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

TEST(KeepAlive, OB_11_a_server_that_never_answered_is_asked_by_options) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = registered_with(world, {});
  EXPECT_EQ(world.await_frame(), ping);
  world.advance(10'000);
  const std::string options = world.next_frame();
  EXPECT_EQ(options.substr(0, 32), "OPTIONS sip:example.com SIP/2.0\r");
  EXPECT_EQ(header(options, "Max-Forwards"), "0");
  EXPECT_EQ(header(options, "CSeq"), "1 OPTIONS");
  const std::uint32_t dropped = world.agent.statistics().dropped;
  world.receive(respond(options, 483));
  EXPECT_EQ(world.agent.statistics().dropped, dropped);
  EXPECT_TRUE(world.disconnects.empty());

  // From now on OPTIONS at once, and silence counts.
  EXPECT_EQ(world.await_frame().substr(0, 7), "OPTIONS");
  world.advance(10'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_TRUE(world.bound(id));
}

// Half open before anything was learnt of the server: fault 14.
TEST(KeepAlive, OB_11_fault_14_silence_to_ping_and_options_ends_a_flow_once) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = registered_with(world, {});
  const Millis begun = world.now();
  EXPECT_EQ(world.await_frame(), ping);
  EXPECT_EQ(world.await_frame().substr(0, 7), "OPTIONS");
  world.advance(10'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_LE(world.now() - begun, 140'000);
  EXPECT_TRUE(world.bound(id));

  // There it answers the REGISTER, and nothing else: it is left in peace.
  world.receive(accept(world.await_frame(), 86'400));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  EXPECT_EQ(world.await_frame(), ping);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.await_frame().substr(0, 7), "OPTIONS");
  }
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(KeepAlive, OB_11_the_method_crlf_never_sends_options) {
  Simulation world(with({.method = KeepAliveMethod::crlf}));
  world.auto_pong = false;
  registered_with(world, {});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world.await_frame(), ping);
}

TEST(KeepAlive, OB_11_the_method_options_never_sends_pings) {
  Simulation world(with({.interval = 20'000,
                         .pong_timeout = 3'000,
                         .method = KeepAliveMethod::options}));
  registered_with(world, {});
  const std::string options = world.await_frame();
  EXPECT_EQ(options.substr(0, 7), "OPTIONS");
  world.receive(respond(options, 200));
  EXPECT_EQ(world.await_frame().substr(0, 7), "OPTIONS");
  world.advance(3'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.pings, 0u);
}

TEST(KeepAlive, fault_14_a_half_open_flow_is_found_and_replaced) {
  Simulation world(with({.interval = 25'000}));
  const RegistrationId id = registered_with(world, {});
  world.advance(60'000);  // pongs come
  world.auto_pong = false;
  world.advance(25'000 + 10'000 + 2'000);
  EXPECT_EQ(world.connects.size(), 2u);
  EXPECT_TRUE(world.bound(id));
}

// --------------------------------------------------------------- idle closes

TEST(IdleClose, Q_23_two_closes_after_the_same_idle_time_are_learnt) {
  for (const std::uint16_t code : {1001, 1006}) {
    Simulation world;
    const RegistrationId id = registered_with(world, {});
    const auto cut_after = [&](Millis idle) {
      world.advance(idle);
      world.drop(code);
      world.advance(2'000);
      world.receive(accept(world.next_frame(), 3600));
    };
    cut_after(60'000);
    EXPECT_EQ(warnings(world, "idle-close"), 0u);
    cut_after(60'000);
    EXPECT_EQ(warnings(world, "idle-close"), 1u) << code;
    world.auto_pong = false;
    const Millis before = world.now();
    EXPECT_EQ(world.await_frame(), ping);
    EXPECT_EQ(world.now() - before, 48'000);
    EXPECT_EQ(world.state(id), RegistrationState::registered);
  }
}

TEST(IdleClose, Q_23_closes_at_different_times_teach_nothing) {
  Simulation world;
  registered_with(world, {});
  for (const Millis idle : {60'000, 80'000, 40'000, 12'000, 12'000}) {
    world.advance(idle);
    world.drop(1006);
    world.receive(accept(world.await_frame(), 3600));
  }
  EXPECT_EQ(warnings(world, "idle-close"), 0u);
}

// --------------------------------------------------------------- close codes

TEST(CloseCodes, WS_15_network_and_restart_recover_at_once) {
  for (const std::uint16_t code : {1000, 1001, 1006, 1011, 1012, 1013}) {
    Simulation world;
    registered_with(world, {});
    world.advance(60'000);
    world.drop(code);
    world.advance(2'000);
    EXPECT_EQ(world.connects.size(), 2u) << code;
  }
}

TEST(CloseCodes, WS_15_a_server_that_dislikes_us_is_left_alone_for_long) {
  for (const std::uint16_t code :
       {1002, 1003, 1007, 1008, 1009, 1010, 1015, 4001}) {
    Simulation world;
    const RegistrationId id = registered_with(world, {});
    world.advance(60'000);
    world.drop(code);
    world.advance(29'999);
    EXPECT_EQ(world.connects.size(), 1u) << code;
    world.advance(30'001);
    EXPECT_EQ(world.connects.size(), 2u) << code;
    EXPECT_TRUE(world.bound(id));
  }
}

// ------------------------------------------------------------------- servers

TEST(Servers, WS_19_a_server_that_failed_cools_down_behind_the_others) {
  Simulation world(with_servers(3));
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.refuse();
  world.open();
  EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1}));
  world.receive(accept(world.next_frame()));
  // It answered, so it is the one to go back to; the first still cools down.
  world.advance(10'000);
  world.receive("\r\n");
  world.drop();
  world.advance(3'000);
  EXPECT_EQ(world.connects.back(), 2u);
  world.open();
  world.receive(accept(world.next_frame()));
  world.advance(60'000);
  world.drop();
  world.advance(2'000);
  EXPECT_EQ(world.connects.back(), 0u) << "the preferred one, once it may";
}

TEST(Servers, WS_19_every_server_is_tried_before_the_call_fails) {
  Simulation world(with_servers(3));
  world.auto_open = false;
  const RegistrationId id = world.create();
  for (int round = 0; round < 2; ++round) {
    world.connects.clear();
    const OperationId operation = world.call(id, CallKind::register_);
    for (int i = 0; i < 3; ++i) world.refuse();
    ASSERT_NE(world.outcome(operation), nullptr);
    EXPECT_EQ(world.outcome(operation)->code, FailureCode::transport);
    EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1, 2}));
  }
}

TEST(Servers, RSP_09_503_with_retry_after_turns_to_the_next_server) {
  Simulation world(with_servers(2));
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 600\r\n"));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_TRUE(world.outcome(operation)->retryable);
  world.advance(2'000);
  EXPECT_EQ(world.connects, (std::vector<std::uint32_t>{0, 1}));
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  // Nothing goes to the first one before its time.
  world.auto_open = false;
  for (int i = 0; i < 3; ++i) {
    world.advance(60'000);
    world.drop();
    world.advance(2'000);
    EXPECT_EQ(world.connects.back(), 1u);
    world.open();
    world.receive(accept(world.next_frame()));
  }
  world.advance(450'000);
  world.frames.clear();
  world.drop();
  world.advance(2'000);
  EXPECT_EQ(world.connects.back(), 0u);
}

TEST(Servers, RSP_09_a_refusal_between_begins_the_round_anew) {
  Simulation world(with_servers(2));
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 60\r\n"));
  world.advance(2'000);
  ASSERT_EQ(world.connects.back(), 1u);
  world.receive(respond(world.next_frame(), 403));
  EXPECT_EQ(world.state(id), RegistrationState::failed);
  world.advance(3'600'000);
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 60\r\n"));
  world.advance(2'000);
  EXPECT_EQ(world.connects.back(), 0u);
}

TEST(Servers, RSP_09_one_accounts_503_leaves_the_others_their_flow) {
  Simulation world(with_servers(2));
  registered_with(world, {});
  RegistrationOptions options;
  options.aor = "sip:bob@other.example";
  const RegistrationId other = world.create(options);
  world.call(other, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 600\r\n"));
  world.advance(60'000);
  EXPECT_EQ(world.connects.size(), 1u);
  EXPECT_EQ(world.state(other), RegistrationState::waiting);
}

// RFC 5626 section 4.5 once every server has refused: a short Retry-After is no
// invitation to go round for ever.
TEST(Servers, OB_08_RSP_09_servers_that_all_refuse_are_left_in_peace) {
  for (const std::uint32_t count : {1u, 2u, 3u}) {
    for (const std::string_view rows :
         {"Retry-After: 1\r\n", "Retry-After: 20\r\n", ""}) {
      Simulation world(with_servers(count));
      world.call(world.create(), CallKind::register_);
      std::size_t registers = 0;
      const Millis end = world.now() + 3'600'000;
      while (world.now() < end) {
        for (; !world.frames.empty(); ++registers) {
          world.receive(respond(world.next_frame(), 503, rows));
        }
        world.advance(500);
      }
      EXPECT_LE(registers, 10u * count) << count << rows;
      EXPECT_GE(registers, 5u) << count << rows;
    }
  }
}

// ----------------------------------------------------- waking up, going
// offline

TEST(Wake, API_03_a_ping_where_the_server_answers_them) {
  Simulation world;
  registered_with(world, {});
  world.advance(120'000);
  ASSERT_EQ(world.pings, 1u);
  world.wake();
  EXPECT_EQ(world.pings, 2u);
  EXPECT_TRUE(world.frames.empty());
  world.advance(60'000);
  EXPECT_TRUE(world.disconnects.empty());
  world.auto_pong = false;
  world.wake();
  EXPECT_EQ(world.next_frame(), ping);
  world.advance(5'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

TEST(Wake, API_03_an_early_refresh_elsewhere_and_silence_replaces_the_flow) {
  Simulation world;
  const RegistrationId id = registered_with(world, {});
  world.wake();
  EXPECT_EQ(world.state(id), RegistrationState::refreshing);
  const std::string refresh = world.next_frame();
  world.advance(4'999);
  EXPECT_TRUE(world.disconnects.empty());
  world.advance(1);
  EXPECT_EQ(world.disconnects.size(), 1u);
  world.advance(4'000);
  const std::string again = world.next_frame();
  EXPECT_EQ(header(again, "Call-ID"), header(refresh, "Call-ID"));
  world.receive(accept(again));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Wake, API_03_an_answer_in_time_keeps_the_flow) {
  Simulation world;
  registered_with(world, {});
  world.wake();
  world.advance(4'000);
  world.receive(accept(world.next_frame(), 3600));
  world.advance(60'000);
  EXPECT_TRUE(world.disconnects.empty());
}

// Within 10 s of another, too.
TEST(Wake, API_03_every_one_probes_a_flow_on_which_nothing_came_in) {
  Simulation world;
  registered_with(world, {});
  world.advance(120'000);
  world.wake();
  world.advance(3'000);
  world.auto_pong = false;
  world.wake();
  EXPECT_EQ(world.next_frame(), ping);
  world.advance(1'000);
  world.wake();
  EXPECT_TRUE(world.frames.empty()) << "one is under way";
  world.advance(4'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

// Early refreshes come no more often than that: ten a minute are all there are.
TEST(Wake, API_03_another_one_asks_by_options_where_pings_may_be_ignored) {
  Simulation world;
  registered_with(world, {});
  world.wake();
  world.receive(accept(world.next_frame(), 3600));
  world.advance(999);
  world.wake();
  EXPECT_TRUE(world.frames.empty()) << "it lived a moment ago";
  for (const bool is_answered : {true, false}) {
    world.advance(2'000);
    world.wake();
    const std::string options = world.next_frame();
    EXPECT_TRUE(options.starts_with("OPTIONS ")) << options;
    if (is_answered) world.receive(respond(options, 200));
  }
  world.advance(5'000);
  EXPECT_EQ(world.disconnects.size(), 1u);
}

TEST(Wake, API_03_a_server_that_answers_registers_alone_is_left_in_peace) {
  Simulation world;
  world.auto_pong = false;
  const RegistrationId id = registered_with(world, {}, 86'400);
  const auto wake_twice = [&world] {
    world.wake();
    world.receive(accept(world.next_frame(), 86'400));
    world.advance(3'000);
    world.wake();
    EXPECT_TRUE(world.next_frame().starts_with("OPTIONS "));
    world.advance(10'000);
  };
  wake_twice();
  EXPECT_EQ(world.disconnects.size(), 1u) << "it might have been half open";
  world.receive(accept(world.await_frame(), 86'400));
  for (int i = 0; i < 5; ++i) wake_twice();
  EXPECT_EQ(world.disconnects.size(), 1u);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Wake, API_03_a_storm_on_an_open_flow_is_few_pings) {
  Simulation world;
  registered_with(world, {});
  world.advance(120'000);
  const std::size_t before = world.pings;
  for (int i = 0; i < 300; ++i) {
    world.wake();
    world.advance(10);
  }
  EXPECT_LE(world.pings - before, 3u);
}

TEST(Wake, fault_73_after_a_sleep_the_flow_is_proved_within_5_seconds) {
  Simulation world;
  const RegistrationId id = registered_with(world, {}, 600);
  world.sleep(3'600'000);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.next_frame().substr(0, 8), "REGISTER");
  world.advance(5'000);  // the socket is dead
  EXPECT_EQ(world.disconnects.size(), 1u);
  world.advance(2'000);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Wake, fault_81_a_short_leap_probes_nothing) {
  Simulation world;
  registered_with(world, {});
  world.sleep(14'000);
  EXPECT_TRUE(world.frames.empty());
  world.sleep(16'000);
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Offline, API_03_the_next_attempt_waits_for_the_cap_and_no_longer) {
  Simulation world;
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.open();
  world.receive(accept(world.next_frame()));
  world.advance(60'000);
  world.offline();
  world.drop();
  EXPECT_EQ(world.deadline() - world.now(), 30'000);
  world.advance(30'000);
  for (int i = 0; i < 5; ++i) {  // onLine false for ever
    world.refuse();
    EXPECT_EQ(world.deadline() - world.now(), 30'000);
    world.advance(30'000);
  }
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u) << "none was counted";
  world.refuse();
  world.wake();
  world.open();
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(Offline, API_02_the_longer_wait_is_told) {
  ClientOptions client;
  client.reconnect = ReconnectPolicy::rfc5626;
  Simulation world(client);
  world.auto_open = false;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.refuse();
  world.offline();
  EXPECT_EQ(world.deadline() - world.now(), 1'800'000);
  EXPECT_EQ(world.properties(id)->retry_at, world.wall() + 1'800'000);
  EXPECT_EQ(world.last(OutputKind::connection)->retry_at,
            world.wall() + 1'800'000);
}

TEST(Offline, API_03_back_within_seconds_the_wait_is_not_the_caps) {
  ClientOptions client;
  client.reconnect = ReconnectPolicy::rfc5626;
  Simulation world(client);
  registered_with(world, {});
  world.advance(60'000);
  world.auto_open = false;
  world.drop();
  world.wake();
  world.refuse();
  world.offline();
  world.advance(1'000);
  world.wake();  // too soon after the last one for another attempt
  EXPECT_EQ(world.connects.size(), 2u);
  world.advance(9'000);
  EXPECT_EQ(world.connects.size(), 3u);
}

TEST(Offline, fault_80_a_storm_of_offline_and_online_is_one_attempt) {
  Simulation world;
  registered_with(world, {});
  world.advance(60'000);
  world.auto_open = false;
  world.drop();
  for (int i = 0; i < 100; ++i) {
    world.offline();
    world.wake();
    world.advance(10);
  }
  EXPECT_EQ(world.connects.size(), 2u);
}

}  // namespace
}  // namespace sipreg::testing
