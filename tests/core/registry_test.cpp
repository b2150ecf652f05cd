#include "registration/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "context.h"

namespace sipreg::registration {
namespace {

using Ids = std::vector<RegistrationId>;

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    context.environment.servers.configure(1);
    const std::vector<std::uint8_t> seed(32, 7);
    EXPECT_TRUE(context.entropy.seed(seed));
  }

  void add(RegistrationId id) {
    registry.add(
        std::make_unique<Registration>(context, connection, id, 0, Settings{}));
  }

  [[nodiscard]] Ids ids() const {
    Ids all;
    for (const Registration& each : registry) all.push_back(each.id());
    return all;
  }

  [[nodiscard]] bool has(RegistrationId id) const {
    const Registration* const found = registry.find(id);
    return found != nullptr && found->id() == id;
  }

  Context context;
  flow::Connection connection{context.environment, 0};
  Registry registry;
};

TEST_F(RegistryTest, nobody_is_found_before_anything_is_added) {
  EXPECT_EQ(registry.find(1), nullptr);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(RegistryTest, removed_ones_are_neither_found_nor_visited) {
  for (RegistrationId id = 5; id < 10; ++id) add(id);
  registry.remove(5);
  registry.remove(7);
  registry.remove(7);
  EXPECT_EQ(ids(), (Ids{6, 8, 9}));
  EXPECT_FALSE(has(4));
  EXPECT_FALSE(has(5));
  EXPECT_TRUE(has(6));
  EXPECT_FALSE(has(7));
  EXPECT_TRUE(has(9));
  EXPECT_FALSE(has(10));
  registry.remove(9);
  registry.remove(6);
  registry.remove(8);
  EXPECT_EQ(ids(), Ids{});
  add(11);
  EXPECT_EQ(ids(), Ids{11});
}

TEST_F(RegistryTest, any_order_of_removals_leaves_the_others_in_theirs) {
  std::set<RegistrationId> held;
  RegistrationId last = 0;
  for (int step = 0; step < 2'000; ++step) {
    if (held.empty() || context.entropy.below(5) < 2) {
      add(++last);
      held.insert(last);
    } else {
      const auto chosen = std::next(
          held.begin(),
          context.entropy.below(static_cast<std::uint32_t>(held.size())));
      registry.remove(*chosen);
      held.erase(chosen);
    }
    ASSERT_EQ(ids(), Ids(held.begin(), held.end()));
    for (RegistrationId id = last > 50 ? last - 50 : 0; id <= last + 1; ++id) {
      ASSERT_EQ(has(id), held.count(id) == 1) << id;
    }
  }
}

TEST_F(RegistryTest, those_that_stay_are_not_moved) {
  add(1);
  add(2);
  add(3);
  const Registration* const kept = registry.find(3);
  registry.remove(2);
  EXPECT_EQ(registry.find(3), kept);
  registry.clear();
  EXPECT_EQ(registry.find(3), nullptr);
}

}  // namespace
}  // namespace sipreg::registration
