// What the library keeps in rows.
#include "list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sipreg {
namespace {

List<int> counting(int count) {
  List<int> list;
  for (int i = 0; i < count; ++i) list.push_back(i);
  return list;
}

std::vector<int> elements(const List<int>& list) {
  return {list.begin(), list.end()};
}

// Wipes itself, as an HA1 does.
struct Secret {
  char octets[16] = "secret-marker";
  Secret() = default;
  Secret(const Secret&) = default;
  ~Secret() { std::fill(std::begin(octets), std::end(octets), '\0'); }
};

// Of the memory in which `count` stood.
bool shows_secret(const List<Secret>& list, std::size_t count) {
  const std::string_view memory(reinterpret_cast<const char*>(list.data()),
                                count * sizeof(Secret));
  return memory.substr(list.size() * sizeof(Secret)).find("secret") !=
         memory.npos;
}

TEST(List, what_moves_up_leaves_no_copy_behind) {
  List<Secret> list(4);
  list.erase(list.begin());
  EXPECT_FALSE(shows_secret(list, 4));
  list.resize(4);
  std::size_t place = 0;
  EXPECT_EQ(list.erase_if([&place](const Secret&) { return place++ < 2; }), 2u);
  EXPECT_FALSE(shows_secret(list, 4));
  list.clear();
  EXPECT_FALSE(shows_secret(list, 4));
}

TEST(List, grows_and_keeps_its_memory_when_cleared) {
  List<int> list = counting(1000);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(list[i], i);
  const int* const memory = list.data();
  list.clear();
  EXPECT_TRUE(list.empty());
  list.resize(1000);
  EXPECT_EQ(list.data(), memory);
  EXPECT_EQ(list.back(), 0);
}

TEST(List, erases_at_every_place) {
  List<int> list = counting(6);
  list.erase(list.begin());
  list.erase(list.begin() + 1, list.begin() + 3);
  EXPECT_EQ(elements(list), (std::vector<int>{1, 4, 5}));
  list.pop_back();
  EXPECT_EQ(elements(list), (std::vector<int>{1, 4}));
  list.erase(list.begin(), list.end());
  EXPECT_TRUE(list.empty());
}

TEST(List, erases_what_a_predicate_names) {
  List<int> list = counting(7);
  EXPECT_EQ(list.erase_if([](int each) { return each % 3 == 0; }), 3u);
  EXPECT_EQ(elements(list), (std::vector<int>{1, 2, 4, 5}));
  EXPECT_EQ(list.erase_if([](int each) { return each == 9; }), 0u);
  EXPECT_EQ(list.erase_if([](int) { return true; }), 4u);
  EXPECT_TRUE(list.empty());
}

// Whoever looks at the counts sees each element end once, however it moved.
TEST(List, ends_each_element_once) {
  const auto shared = std::make_shared<int>(1);
  {
    List<std::shared_ptr<int>> list;
    for (int i = 0; i < 20; ++i) list.push_back(shared);
    EXPECT_EQ(shared.use_count(), 21);
    list.erase(list.begin() + 5, list.begin() + 10);
    EXPECT_EQ(shared.use_count(), 16);
    int count = 0;
    list.erase_if([&count](const auto&) { return ++count % 2 == 0; });
    EXPECT_EQ(shared.use_count(), 9);
    list.resize(4);
    EXPECT_EQ(shared.use_count(), 5);
    const List<std::shared_ptr<int>> copy = list;
    EXPECT_EQ(shared.use_count(), 9);
    List<std::shared_ptr<int>> moved(std::move(list));
    EXPECT_EQ(shared.use_count(), 9);
    moved = copy;
    EXPECT_EQ(shared.use_count(), 9);
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(List, copies_are_independent) {
  List<int> list{1, 2};
  List<int> copy = list;
  copy.push_back(3);
  EXPECT_EQ(elements(list), (std::vector<int>{1, 2}));
  EXPECT_EQ(elements(copy), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(elements(List<int>(2)), (std::vector<int>{0, 0}));
}

}  // namespace
}  // namespace sipreg
