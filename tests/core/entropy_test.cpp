#include "entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "auth/hash.h"

namespace sipreg {
namespace {

std::vector<std::uint8_t> counting(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string draw(Entropy& entropy, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  entropy.fill(bytes);
  return hex(bytes);
}

std::string sha256_of(Entropy& entropy, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  entropy.fill(bytes);
  auth::Hash hash(auth::HashFunction::sha256);
  hash.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return std::string(hash.finish().view());
}

TEST(Entropy, is_ready_only_after_a_seed_of_32_bytes) {
  Entropy entropy;
  EXPECT_FALSE(entropy.ready());
  EXPECT_FALSE(entropy.seed({}));
  EXPECT_FALSE(entropy.seed(counting(31)));
  EXPECT_FALSE(entropy.ready());
  EXPECT_TRUE(entropy.seed(counting(32)));
  EXPECT_TRUE(entropy.ready());
}

// Golden values of an independent model of the construction: key =
// SHA-256(old key, seed), pool = SHA-512(key, 0) to SHA-512(key, 7), whose
// first 32 bytes are the next key.
TEST(Entropy, expands_a_seed_to_the_same_values_everywhere) {
  Entropy entropy;
  ASSERT_TRUE(entropy.seed(counting(32)));
  EXPECT_EQ(draw(entropy, 16), "cd6be4173d21062aec3fd3ad2273d52a");

  Text token("z9hG4bK");
  entropy.append_token(token, 15);
  EXPECT_EQ(token, "z9hG4bK20ac87ce358eefa");

  EXPECT_EQ(entropy.below(1000), 595u);
  EXPECT_EQ(entropy.below(1000), 592u);
  EXPECT_EQ(entropy.below(1000), 584u);
  EXPECT_EQ(entropy.below(1000), 205u);
  EXPECT_EQ(entropy.between(-500, 500), 494);

  // Past two refills.
  EXPECT_EQ(sha256_of(entropy, 1000),
            "396308017985bfdaf5479766331d164e"
            "c10b8eedf822b1b07db71aba3313b9fe");

  ASSERT_TRUE(entropy.seed(std::vector<std::uint8_t>(40, 0xff)));
  EXPECT_EQ(draw(entropy, 16), "5e2e9259554b9f044a34cec29c6ef7a5");
}

TEST(Entropy, a_later_seed_is_mixed_with_what_was_there) {
  Entropy fresh;
  Entropy mixed;
  ASSERT_TRUE(fresh.seed(counting(48)));
  ASSERT_TRUE(mixed.seed(counting(32)));
  ASSERT_TRUE(mixed.seed(counting(48)));
  EXPECT_NE(draw(fresh, 32), draw(mixed, 32));
}

TEST(Entropy, a_refused_seed_changes_nothing) {
  Entropy one;
  Entropy other;
  ASSERT_TRUE(one.seed(counting(32)));
  ASSERT_TRUE(other.seed(counting(32)));
  EXPECT_FALSE(other.seed(counting(8)));
  EXPECT_EQ(draw(one, 64), draw(other, 64));
}

TEST(Entropy, bytes_do_not_depend_on_how_they_are_cut) {
  Entropy whole;
  Entropy pieces;
  ASSERT_TRUE(whole.seed(counting(32)));
  ASSERT_TRUE(pieces.seed(counting(32)));
  std::string joined;
  std::size_t total = 0;
  for (const std::size_t size : {1u, 479u, 1u, 480u, 960u, 79u}) {
    joined += draw(pieces, size);
    total += size;
  }
  EXPECT_EQ(draw(whole, total), joined);
}

TEST(Entropy, tokens_have_the_asked_length_and_do_not_repeat) {
  Entropy entropy;
  ASSERT_TRUE(entropy.seed(counting(32)));
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Text token;
    entropy.append_token(token, 33);
    EXPECT_EQ(token.size(), 33u);
    EXPECT_EQ(std::string_view(token).find_first_not_of("0123456789abcdef"),
              std::string_view::npos);
    tokens.emplace(token);
  }
  EXPECT_EQ(tokens.size(), 1000u);
}

TEST(Entropy, below_and_between_stay_inside_their_bounds) {
  Entropy entropy;
  ASSERT_TRUE(entropy.seed(counting(32)));
  EXPECT_EQ(entropy.below(0), 0u);
  EXPECT_EQ(entropy.below(1), 0u);
  EXPECT_EQ(entropy.between(7, 7), 7);
  EXPECT_EQ(entropy.between(7, -7), 7);
  bool high_half = false;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(entropy.below(3), 3u);
    EXPECT_LT(entropy.below(0x80000001u), 0x80000001u);
    const std::int64_t small = entropy.between(-1, 1);
    EXPECT_GE(small, -1);
    EXPECT_LE(small, 1);
    high_half |= entropy.between(INT64_MIN, INT64_MAX) > 0;
  }
  EXPECT_TRUE(high_half);
}

// 60 000 draws over 6 values: the statistic exceeds 25.7 with probability
// 1e-4, and the seed is fixed, so the verdict is too.
TEST(Entropy, below_is_uniform) {
  Entropy entropy;
  ASSERT_TRUE(entropy.seed(counting(32)));
  std::array<int, 6> seen{};
  for (int i = 0; i < 60000; ++i) ++seen[entropy.below(6)];
  double chi_squared = 0;
  for (const int count : seen) {
    chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  }
  EXPECT_LT(chi_squared, 25.7);
}

// Fast key erasure: the object holds nothing that was handed out.
TEST(Entropy, forgets_what_it_gave) {
  Entropy entropy;
  ASSERT_TRUE(entropy.seed(counting(32)));
  std::array<std::uint8_t, 100> drawn;
  entropy.fill(drawn);
  std::array<std::uint8_t, sizeof(Entropy)> image;
  std::memcpy(image.data(), static_cast<const void*>(&entropy), image.size());
  for (std::size_t i = 0; i + 8 <= drawn.size(); ++i) {
    EXPECT_EQ(std::search(image.begin(), image.end(), drawn.begin() + i,
                          drawn.begin() + i + 8),
              image.end());
  }
}

TEST(Entropy, wipes_itself_when_it_ends) {
  alignas(Entropy) std::array<unsigned char, sizeof(Entropy)> memory{};
  auto* const entropy = new (memory.data()) Entropy;
  ASSERT_TRUE(entropy->seed(counting(32)));
  std::array<std::uint8_t, 8> drawn;
  entropy->fill(drawn);
  std::destroy_at(entropy);
  const volatile unsigned char* const bytes = memory.data();
  int not_zero = 0;
  for (std::size_t i = 0; i < memory.size(); ++i) not_zero += bytes[i] != 0;
  // ready_ and used_ are no secrets.
  EXPECT_LE(not_zero, 3);
}

TEST(EntropyDeathTest, drawing_without_a_seed_traps) {
  Entropy entropy;
  std::array<std::uint8_t, 1> byte;
  EXPECT_DEATH(entropy.fill(byte), "");
}

}  // namespace
}  // namespace sipreg
