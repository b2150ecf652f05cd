// What the library keeps of texts, and what it leaves of them.
#include "text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "allocations.h"

namespace sipreg {
namespace {

using testing::last_words;

void watch(const Text& text) { testing::await_end(text.data(), text.size()); }

TEST(Text, SEC_02_is_overwritten_when_it_ends) {
  {
    const Text text("secret");
    watch(text);
  }
  EXPECT_EQ(last_words(), std::string(6, '\0'));
}

TEST(Text, SEC_02_is_overwritten_where_it_was_when_it_grows) {
  Text text("secret");
  watch(text);
  text += " of more than the sixteen octets that there was room for";
  EXPECT_EQ(last_words(), std::string(6, '\0'));
}

TEST(Text, SEC_02_moving_leaves_no_copy) {
  Text first("secret");
  const char* const memory = first.data();
  Text second(std::move(first));
  EXPECT_EQ(second.data(), memory);
  EXPECT_EQ(first.data(), nullptr);
  Text third;
  third = std::move(second);
  EXPECT_EQ(third.data(), memory);
  EXPECT_EQ(third, "secret");
}

TEST(Text, wiping_empties_it_and_keeps_its_memory) {
  Text text(std::string(100, 'x'));
  const char* const memory = text.data();
  text.wipe();
  EXPECT_EQ(text, "");
  EXPECT_EQ(text.data(), memory);
  EXPECT_GE(text.capacity(), 100u);
  EXPECT_EQ(std::string(memory, 100), std::string(100, '\0'));
}

TEST(Text, grows_at_its_end) {
  Text text;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    text += static_cast<char>('a' + i % 26);
    text.append("").append("0123456789");
    expected += static_cast<char>('a' + i % 26);
    expected += "0123456789";
    ASSERT_EQ(text, expected);
  }
}

TEST(Text, takes_a_part_of_itself) {
  Text text("one two three");
  text = text.substr(4, 3);
  EXPECT_EQ(text, "two");
  text = text.substr(3);
  EXPECT_EQ(text, "");
}

TEST(Text, erases_in_the_middle_and_at_the_end) {
  Text text("one two three");
  text.erase(3, 4);
  EXPECT_EQ(text, "one three");
  text.erase(3);
  EXPECT_EQ(text, "one");
  text.erase(3);
  EXPECT_EQ(text, "one");
  text.erase(0, 100);
  EXPECT_EQ(text, "");
}

TEST(Text, copies_are_independent) {
  Text text("one");
  Text copy = text;
  copy += " two";
  EXPECT_EQ(text, "one");
  text = copy;
  copy.release();
  EXPECT_EQ(copy.capacity(), 0u);
  EXPECT_EQ(text, "one two");
}

}  // namespace
}  // namespace sipreg
