#include "agent/siblings.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "message/uri.h"

namespace sipreg {
namespace {

using registration::Registration;

class SiblingsTest : public testing::Test {
 protected:
  SiblingsTest() {
    context.environment.servers.configure(1);
    const std::vector<std::uint8_t> seed(32, 7);
    EXPECT_TRUE(context.entropy.seed(seed));
  }

  Registration& add(const std::string& aor) {
    registration::Settings settings;
    settings.aor = aor;
    const auto id = static_cast<RegistrationId>(made.size() + 1);
    made.push_back(std::make_unique<Registration>(context, connection, id, 0,
                                                  std::move(settings)));
    siblings.add(*made.back());
    return *made.back();
  }

  std::vector<RegistrationId> of(std::string_view aor) {
    std::vector<RegistrationId> ids;
    siblings.for_each(
        aor, [&](const Registration& each) { ids.push_back(each.id()); });
    return ids;
  }

  Context context;
  flow::Connection connection{context.environment, 0};
  std::vector<std::unique_ptr<Registration>> made;
  Siblings siblings;
};

using Ids = std::vector<RegistrationId>;

TEST_F(SiblingsTest, nobody_is_a_sibling_before_anything_is_added) {
  EXPECT_EQ(of("sip:alice@example.com"), Ids{});
}

TEST_F(SiblingsTest, equal_addresses_are_siblings_however_they_are_written) {
  add("sip:alice@example.com");
  add("sip:bob@example.com");
  add("sip:%61lice@EXAMPLE.com");
  add("sip:alice@example.org");
  add("sip:Alice@example.com");
  EXPECT_EQ(of("sip:alic%65@example.com"), (Ids{1, 3}));
  EXPECT_EQ(of("sip:alice@example.net"), Ids{});
}

TEST_F(SiblingsTest, all_stay_in_their_order_while_many_come_and_go) {
  constexpr int users = 100;
  const auto aor = [](int user) {
    return "sip:user" + std::to_string(user) + "@example.com";
  };
  for (int i = 0; i < 3 * users; ++i) add(aor(i % users));
  for (int i = 0; i < users; ++i) siblings.remove(*made[users + i]);
  for (RegistrationId i = 0; i < users; ++i) {
    EXPECT_EQ(of(aor(static_cast<int>(i))), (Ids{i + 1, i + 1 + 2 * users}));
  }
  siblings.clear();
  EXPECT_EQ(of(aor(0)), Ids{});
  add(aor(0));
  EXPECT_EQ(of(aor(0)), (Ids{3 * users + 1}));
}

TEST(HashOfUser, equal_uris_have_equal_hashes) {
  using message::hash_of_user;
  const std::uint32_t hash = hash_of_user("sip:alice@example.com");
  EXPECT_EQ(hash_of_user("sip:%61lice@EXAMPLE.COM:5060"), hash);
  EXPECT_EQ(hash_of_user("sip:al%6Cce;x@b"), hash_of_user("sip:allce;x@b"));
  EXPECT_NE(hash_of_user("sip:bob@example.com"), hash);
  EXPECT_EQ(hash_of_user("alice@example.com"), 0u);
}

}  // namespace
}  // namespace sipreg
