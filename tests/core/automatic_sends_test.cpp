#include "registration/automatic_sends.h"

#include <gtest/gtest.h>

#include <deque>

#include "entropy.h"

namespace sipreg::registration {
namespace {

TEST(AutomaticSendsTest, ten_go_out_at_once_and_the_next_a_minute_later) {
  AutomaticSends sends;
  for (int i = 0; i < 10; ++i) {
    EXPECT_LE(sends.next_slot(), 0) << i;
    sends.note(0);
  }
  EXPECT_EQ(sends.next_slot(), 60'000);
  sends.note(60'000);
  EXPECT_EQ(sends.next_slot(), 60'000);
}

TEST(AutomaticSendsTest, a_long_silence_forgets_all) {
  AutomaticSends sends;
  for (int i = 0; i < 10; ++i) sends.note(1'000 + i);
  sends.note(1'000'000'000);
  EXPECT_LE(sends.next_slot(), 1'000'000'000);
}

// Against a list of all times.
TEST(AutomaticSendsTest, the_slot_is_a_minute_behind_the_last_but_nine) {
  Entropy entropy;
  const std::array<std::uint8_t, 32> seed{7};
  ASSERT_TRUE(entropy.seed(seed));
  AutomaticSends sends;
  std::deque<Millis> all;
  Millis now = 0;
  for (int step = 0; step < 10'000; ++step) {
    now += entropy.below(entropy.below(20) == 0 ? 200'000 : 12'000);
    const Millis expected =
        all.size() < 10 ? now : std::max(now, all.front() + 60'000);
    ASSERT_EQ(std::max(now, sends.next_slot()), expected) << step;
    now = expected;
    sends.note(now);
    all.push_back(now);
    if (all.size() > 10) all.pop_front();
  }
}

}  // namespace
}  // namespace sipreg::registration
