// What goes wrong with time: faults 73 to 83 of tests/faults.md.
#include <gtest/gtest.h>

#include <algorithm>

#include "fault_case.h"

namespace sipreg::testing {
namespace {

constexpr Millis minute = 60'000;
constexpr Millis hour = 60 * minute;
constexpr Millis year = 365 * 24 * hour;

// Where in the outputs something stands; the end when it is nowhere.
std::size_t place(const Simulation& world, OutputKind kind, std::size_t from) {
  for (std::size_t i = from; i < world.outputs.size(); ++i) {
    if (world.outputs[i].kind == kind) return i;
  }
  return world.outputs.size();
}

TEST(TimeFaults, fault_74_forward_past_the_end_it_has_expired_and_comes_back) {
  FaultCase it;
  const RegistrationId id = it.registered(600);
  const std::size_t before = it.world.outputs.size();
  it.world.jump_wall(hour);
  it.check();
  EXPECT_FALSE(it.world.bound(id));
  EXPECT_EQ(it.world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  it.grant();
  EXPECT_LT(place(it.world, OutputKind::unregistered, before),
            place(it.world, OutputKind::registered, before));
}

TEST(TimeFaults, fault_74_forward_short_of_the_end_it_is_refreshed_early) {
  FaultCase it;
  const RegistrationId id = it.registered(600);
  it.world.jump_wall(590'000);
  it.check();
  EXPECT_EQ(it.state(id), RegistrationState::refreshing);
  it.grant();
}

TEST(TimeFaults, fault_74_back_nothing_lives_longer) {
  FaultCase it;
  const RegistrationId id = it.registered(600);
  it.world.jump_wall(-10 * hour);
  it.check();
  EXPECT_TRUE(it.world.bound(id));
  it.pass(600'000);  // the refresh stays unanswered
  EXPECT_FALSE(it.world.bound(id));
}

TEST(TimeFaults, fault_74_ten_years_ahead_are_no_storm) {
  FaultCase it;
  const RegistrationId id = it.registered(600);
  it.world.jump_wall(10 * year);
  it.check();
  it.grant();
  it.pass(9 * minute);
  EXPECT_EQ(it.state(id), RegistrationState::refreshing);
  EXPECT_EQ(it.registers(), 3u);
  it.grant();
}

TEST(TimeFaults, fault_75_timers_a_minute_late_for_a_day_leave_no_gap) {
  for (const int expires : {120, 150, 600, 3'600}) {
    SCOPED_TRACE(expires);
    FaultCase it;
    const RegistrationId id = it.registered(expires);
    const Millis end = it.world.now() + 24 * hour;
    while (it.world.now() < end) {
      const Millis at = it.world.deadline();
      ASSERT_NE(at, no_deadline);
      const Millis due = std::max<Millis>(at - it.world.now(), 0);
      it.world.oversleep((due + minute - 1) / minute * minute);
      it.world.advance(0);
      it.check();
      EXPECT_TRUE(it.world.bound(id));
      while (!it.is_quiet()) it.grant(expires);
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(TimeFaults, fault_76_thawed_after_hours_one_register_goes_out) {
  FaultCase it;
  const RegistrationId id = it.registered(600);
  const std::uint32_t before = it.registers();
  it.world.oversleep(5 * hour);
  for (int n = 0; n < 20; ++n) it.world.advance(0);
  it.world.wake();
  it.world.wake();
  it.check();
  EXPECT_EQ(it.registers(), before + 1);
  EXPECT_FALSE(it.world.bound(id));
  it.grant();
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(TimeFaults, fault_77_refresh_and_end_due_at_once_leave_nothing_stuck) {
  FaultCase it;
  RegistrationOptions options = alice();
  options.refresh.policy = RefreshPolicy::percent;
  options.refresh.value = 99;
  const RegistrationId id = it.registered(600, options);
  it.world.oversleep(600'000);
  it.world.advance(0);
  it.check();
  EXPECT_EQ(it.registers(), 2u);
  it.grant();
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(TimeFaults, fault_78_a_grant_behind_timer_f_counts_with_the_next_one) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  const std::string late = it.request();
  it.pass(32'000);
  EXPECT_EQ(it.code(operation), FailureCode::timeout);
  it.answer(accept(late));
  EXPECT_EQ(it.dropped(), 1u);
  EXPECT_EQ(it.state(id), RegistrationState::waiting);
  it.answer(accept(it.await_request()));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(TimeFaults, fault_82_the_nonce_count_rises_over_thirty_days) {
  FaultCase it;
  RegistrationOptions options = alice();
  options.refresh.policy = RefreshPolicy::percent;
  options.refresh.value = 50;
  const RegistrationId id = it.create(options);
  it.call(id);
  it.challenge("n1");
  const int refreshes = 30 * 24 * 12;
  std::uint32_t last_count = 0;
  std::uint32_t last_cseq = 1;
  for (int n = 0; n < refreshes; ++n) {
    const std::string request = n == 0 ? it.request() : it.await_request();
    const auto number = [](const std::string& text, int base) {
      return static_cast<std::uint32_t>(
          std::strtoul(text.c_str(), nullptr, base));
    };
    const std::uint32_t count =
        number(parameter(header(request, "Authorization"), "nc"), 16);
    const std::uint32_t cseq = number(header(request, "CSeq"), 10);
    ASSERT_EQ(count, last_count + 1);
    ASSERT_EQ(cseq, last_cseq + 1);
    last_count = count;
    last_cseq = cseq;
    it.answer(accept(request, 600));
    ASSERT_TRUE(it.world.bound(id));
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(it.registers(), static_cast<std::uint32_t>(refreshes) + 1);
}

}  // namespace
}  // namespace sipreg::testing
