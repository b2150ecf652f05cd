// When refreshes and retries go out.
#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "flow/back_off.h"
#include "registration/refresh_time.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Seeded : Entropy {
  Seeded() {
    std::array<std::uint8_t, 32> bytes;
    bytes.fill(7);
    EXPECT_TRUE(seed(bytes));
  }
};

constexpr int draws = 2'000;

struct Range {
  Millis least;
  Millis most;
};

// The ends of the range that the draws fill.
template <typename Draw>
Range range_of(Draw draw) {
  Range range{draw(), 0};
  for (int i = 0; i < draws; ++i) {
    const Millis drawn = draw();
    range.least = std::min(range.least, drawn);
    range.most = std::max(range.most, drawn);
  }
  return range;
}

void expect_fills(Range drawn, Millis least, Millis most) {
  const Millis slack = (most - least) / 50 + 1;
  EXPECT_GE(drawn.least, least);
  EXPECT_LE(drawn.least, least + slack);
  EXPECT_LE(drawn.most, most);
  EXPECT_GE(drawn.most, most - slack);
}

Range refresh_range(const RefreshOptions& options, std::uint32_t expires) {
  Seeded entropy;
  return range_of([&] {
    return registration::refresh_delay(options, expires, 0, entropy);
  });
}

TEST(RefreshTime, TMR_03_BND_11_adaptive) {
  struct Row {
    std::uint32_t expires;
    Millis least;
    Millis most;
  };
  // A tenth before the end, but room for a Timer F from 80 s on and for a timer
  // that a browser holds up for a minute from 120 s on.
  for (const Row& row :
       {Row{600, 505'000, 535'000}, Row{3'600, 3'210'000, 3'240'000},
        Row{60, 48'000, 54'000}, Row{10, 5'000, 5'000}, Row{20, 13'000, 15'000},
        Row{79, 63'200, 71'100}, Row{80, 40'000, 48'000},
        Row{100, 58'000, 68'000}, Row{120, 48'000, 55'000},
        Row{149, 69'100, 84'000}, Row{150, 75'000, 85'000},
        Row{300, 205'000, 235'000}, Row{86'400, 77'730'000, 77'760'000}}) {
    SCOPED_TRACE(row.expires);
    expect_fills(refresh_range({}, row.expires), row.least, row.most);
  }
}

TEST(RefreshTime, TMR_03_brief_grants_are_refreshed_at_half) {
  for (const auto& [expires, delay] :
       {std::pair{9u, 4'500}, {5u, 2'500}, {2u, 1'000}, {1u, 500}}) {
    const Range drawn = refresh_range({}, expires);
    EXPECT_EQ(drawn.least, delay) << expires;
    EXPECT_EQ(drawn.most, delay) << expires;
  }
}

TEST(RefreshTime, TMR_03_never_at_or_after_the_end) {
  for (std::uint32_t expires = 1; expires < 5'000; ++expires) {
    Seeded entropy;
    const Millis delay = registration::refresh_delay({}, expires, 0, entropy);
    EXPECT_GT(delay, 0);
    EXPECT_LT(delay, static_cast<Millis>(expires) * 1'000);
  }
}

TEST(RefreshTime, TMR_04_percent_and_margin) {
  const auto delay = [](RefreshPolicy policy, double value,
                        std::uint32_t expires) {
    const Range drawn = refresh_range({policy, value}, expires);
    EXPECT_EQ(drawn.least, drawn.most) << "the option is exact";
    return drawn.least;
  };
  EXPECT_EQ(delay(RefreshPolicy::percent, 90, 600), 540'000);
  EXPECT_EQ(delay(RefreshPolicy::percent, 33.5, 1'000), 335'000);
  EXPECT_EQ(delay(RefreshPolicy::percent, 1, 10), 500);
  EXPECT_EQ(delay(RefreshPolicy::margin, 5, 600), 595'000);
  EXPECT_EQ(delay(RefreshPolicy::margin, 500, 600), 300'000);
  EXPECT_EQ(delay(RefreshPolicy::margin, 4'000'000'000.0, 600), 300'000);
  Seeded entropy;
  EXPECT_EQ(
      registration::refresh_delay({RefreshPolicy::off, 0}, 600, 0, entropy),
      no_deadline);
}

TEST(RefreshTime, TMR_04_values_that_make_no_sense_are_refused) {
  Simulation world;
  const std::pair<RefreshPolicy, double> bad[] = {
      {RefreshPolicy::percent, 0},  {RefreshPolicy::percent, 100},
      {RefreshPolicy::percent, -5}, {RefreshPolicy::percent, 1e300},
      {RefreshPolicy::margin, 0},   {RefreshPolicy::margin, -1},
      {RefreshPolicy::margin, 5e9}};
  for (const auto& [policy, value] : bad) {
    RegistrationOptions options = alice();
    options.refresh = {policy, value};
    RegistrationId id = 0;
    EXPECT_EQ(world.agent.create(options, id).option, "refresh.value") << value;
  }
}

Range back_off_range(flow::BackOff policy, std::uint32_t failures) {
  Seeded entropy;
  return range_of(
      [&] { return flow::back_off_delay(policy, failures, entropy); });
}

// The table of RFC 5626 appendix A, for all flows down.
TEST(BackOff, VEC_04_OB_08_all_flows_failed) {
  const std::pair<std::uint32_t, Millis> upper[] = {
      {1, 60'000},  {2, 120'000},   {3, 240'000},   {4, 480'000},
      {5, 960'000}, {6, 1'800'000}, {7, 1'800'000}, {1'000'000, 1'800'000}};
  for (const auto& [failures, most] : upper) {
    SCOPED_TRACE(failures);
    expect_fills(back_off_range(flow::rfc5626_back_off, failures), most / 2,
                 most);
  }
}

TEST(BackOff, VEC_04_others_are_up) {
  const flow::BackOff others_up{90'000, 1'800'000};
  const std::pair<std::uint32_t, Millis> upper[] = {
      {1, 180'000},   {2, 360'000},   {3, 720'000},
      {4, 1'440'000}, {5, 1'800'000}, {6, 1'800'000}};
  for (const auto& [failures, most] : upper) {
    SCOPED_TRACE(failures);
    expect_fills(back_off_range(others_up, failures), most / 2, most);
  }
}

TEST(BackOff, OB_08_sockets_that_fail_to_open_are_tried_sooner) {
  for (const auto& [failures, most] : {std::pair{1u, 2'000},
                                       {2u, 4'000},
                                       {4u, 16'000},
                                       {5u, 30'000},
                                       {9u, 30'000}}) {
    SCOPED_TRACE(failures);
    expect_fills(back_off_range(flow::interactive_back_off, failures), most / 2,
                 most);
  }
}

// The REGISTERs of a minute in which nobody asks for one.
TEST(Rate, TMR_05_ten_a_minute_and_a_warning) {
  for (const int granted : {1, 2, 5, 11}) {
    Simulation world;
    world.registered(granted);
    EXPECT_TRUE(world.warned("short-grant"));
    std::vector<Millis> sent;
    while (sent.size() < 60) {
      const std::string frame = world.await_frame();
      sent.push_back(world.frame_sent_at);
      world.receive(accept(frame, granted));
    }
    for (std::size_t i = 10; i < sent.size(); ++i) {
      EXPECT_GE(sent[i] - sent[i - 10], 60'000) << granted;
    }
  }
  Simulation world;
  world.registered(12);
  EXPECT_FALSE(world.warned("short-grant"));
}

TEST(Rate, TMR_05_gaps_are_shown) {
  Simulation world;
  const RegistrationId id = world.registered(1);
  for (int i = 0; i < 12; ++i) {
    world.receive(accept(world.await_frame(), 1));
  }
  EXPECT_GE(world.count(OutputKind::unregistered), 1u);
  world.advance(5'000);
  EXPECT_FALSE(world.bound(id));
  EXPECT_NE(world.state(id), RegistrationState::registered);
}

TEST(RetryTime, TMR_06_two_attempts_fit_before_the_end) {
  for (const int granted : {60, 120, 600, 3'600}) {
    Simulation world;
    const RegistrationId id = world.registered(granted);
    int attempts = 0;
    while (world.bound(id)) {
      world.advance(100);
      while (!world.frames.empty()) {
        attempts += world.bound(id) ? 1 : 0;
        world.receive(respond(world.next_frame(), 500));
      }
    }
    EXPECT_GE(attempts, 2) << granted;
    EXPECT_LE(attempts, 12) << granted;
  }
}

TEST(RetryTime, TMR_06_no_end_of_a_binding_cuts_a_retry_after_short) {
  Simulation world;
  const RegistrationId id = world.registered(120);
  world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 500\r\n"));
  const Millis refused_at = world.now();
  (void)world.await_frame();
  EXPECT_GE(world.frame_sent_at - refused_at, 500'000);
  EXPECT_FALSE(world.bound(id));
}

TEST(RetryTime, TMR_07_retry_after_and_its_spread) {
  struct Row {
    int retry_after;
    Millis least;
    Millis most;
  };
  // Below the back-off of 30 to 60 s that one counts.
  for (const Row& row : {Row{0, 30'000, 60'000}, Row{10, 30'000, 60'000},
                         Row{100, 100'000, 110'000}, Row{300, 300'000, 330'000},
                         Row{3'600, 3'600'000, 3'630'000}}) {
    SCOPED_TRACE(row.retry_after);
    std::uint8_t seed = 0;
    const auto draw = [&] {
      Simulation world({}, ++seed);
      world.call(world.create(), CallKind::register_);
      world.receive(
          respond(world.next_frame(), 503,
                  "Retry-After: " + std::to_string(row.retry_after) + "\r\n"));
      return world.properties(1)->retry_at - world.wall();
    };
    for (int i = 0; i < 50; ++i) {
      const Millis waits = draw();
      EXPECT_GE(waits, row.least);
      EXPECT_LE(waits, row.most);
    }
  }
}

TEST(RetryTime, TMR_07_above_an_hour_it_is_given_up) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 3601\r\n"));
  EXPECT_EQ(world.state(id), RegistrationState::failed);
}

}  // namespace
}  // namespace sipreg::testing
