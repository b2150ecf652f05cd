#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "auth/hash.h"
#include "wipe.h"

namespace sipreg::auth {
namespace {

std::string hash(HashFunction function, std::string_view text) {
  return std::string(Hash(function).add(text).finish().view());
}

// RFC 1321 appendix A.5 and the examples of FIPS 180-4.
TEST(Hash, DIG_04_published_digests) {
  EXPECT_EQ(hash(HashFunction::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hash(HashFunction::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hash(HashFunction::sha256, ""),
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash(HashFunction::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(HashFunction::sha512_256, ""),
            "c672b8d1ef56ed28ab87c3622c511406"
            "9bdd3ad7b8f9737498d0c01ecef0967a");
}

// SHA-512/256 has initial values of its own; SHA-512 cut to 256 bits would
// begin with ddaf35a1.
TEST(Hash, DIG_04_sha_512_256_is_not_a_truncated_sha_512) {
  EXPECT_EQ(hash(HashFunction::sha512_256, "abc"),
            "53048e2681941ef99b2e29b76b4c7dab"
            "e4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST(Hash, does_not_depend_on_how_the_text_is_cut) {
  const std::string text(1000, 'x');
  for (const HashFunction function :
       {HashFunction::md5, HashFunction::sha256, HashFunction::sha512_256}) {
    for (const std::size_t cut : {0u, 1u, 63u, 64u, 65u, 127u, 128u, 1000u}) {
      Hash pieces(function);
      pieces.add(std::string_view(text).substr(0, cut)).add({});
      pieces.add(std::string_view(text).substr(cut));
      EXPECT_EQ(pieces.finish().view(), hash(function, text));
    }
  }
}

TEST(Hash, DIG_25_undoes_escapes) {
  const auto unescaped = [](std::string_view escaped) {
    return std::string(
        Hash(HashFunction::md5).add_unescaped(escaped).finish().view());
  };
  EXPECT_EQ(unescaped(R"(a\"b)"), hash(HashFunction::md5, R"(a"b)"));
  EXPECT_EQ(unescaped(R"(\\)"), hash(HashFunction::md5, R"(\)"));
  EXPECT_EQ(unescaped(R"(\a\\\")"), hash(HashFunction::md5, R"(a\")"));
  EXPECT_EQ(unescaped("plain"), hash(HashFunction::md5, "plain"));
  EXPECT_EQ(unescaped(""), hash(HashFunction::md5, ""));
  EXPECT_EQ(unescaped("a\\"), hash(HashFunction::md5, "a"));
}

TEST(HexDigest, DIG_28_takes_only_hex_that_fits_the_function) {
  const std::string md5(32, 'a');
  const std::string sha(64, '9');
  HexDigest digest;
  EXPECT_TRUE(digest.empty());
  EXPECT_TRUE(digest.assign(HashFunction::md5, md5));
  EXPECT_EQ(digest.view(), md5);
  EXPECT_TRUE(digest.assign(HashFunction::sha256, sha));
  EXPECT_EQ(digest.view(), sha);
  EXPECT_TRUE(digest.assign(HashFunction::sha512_256, sha));

  EXPECT_FALSE(digest.assign(HashFunction::md5, sha));
  EXPECT_FALSE(digest.assign(HashFunction::sha256, md5));
  EXPECT_FALSE(digest.assign(HashFunction::md5, ""));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(31, 'a')));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(33, 'a')));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(32, 'A')));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(32, 'g')));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(32, '/')));
  EXPECT_FALSE(digest.assign(HashFunction::md5, std::string(32, ':')));
  EXPECT_EQ(digest.view(), sha) << "a refused text must change nothing";
}

TEST(HexDigest, compares_every_character) {
  const std::string text = hash(HashFunction::sha256, "abc");
  HexDigest digest;
  ASSERT_TRUE(digest.assign(HashFunction::sha256, text));
  EXPECT_TRUE(digest.equals(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(digest.equals(other)) << i;
  }
  EXPECT_FALSE(digest.equals(text.substr(1)));
  EXPECT_FALSE(digest.equals(text + "0"));
  EXPECT_FALSE(digest.equals(""));
}

// Memory after the end of an object's life, as whoever scans it finds it.
template <typename Object>
class Remains {
 public:
  template <typename... Arguments>
  explicit Remains(Arguments... arguments)
      : object(new (memory_) Object(arguments...)) {}

  void end() { std::destroy_at(object); }

  [[nodiscard]] std::string bytes() const {
    const volatile unsigned char* const source = memory_;
    std::string copy;
    for (std::size_t i = 0; i < sizeof memory_; ++i) {
      copy += static_cast<char>(source[i]);
    }
    return copy;
  }

 private:
  alignas(Object) unsigned char memory_[sizeof(Object)] = {};

 public:
  Object* object;
};

TEST(HexDigest, wipes_itself_when_it_ends) {
  const std::string text = hash(HashFunction::sha256, "abc");
  Remains<HexDigest> digest;
  ASSERT_TRUE(digest.object->assign(HashFunction::sha256, text));
  EXPECT_NE(digest.bytes().find(text), std::string::npos);
  digest.end();
  EXPECT_EQ(digest.bytes().find(text.substr(0, 8)), std::string::npos);
  EXPECT_EQ(digest.bytes().find(text.substr(56)), std::string::npos);
}

TEST(Hash, wipes_what_it_was_given) {
  for (const HashFunction function :
       {HashFunction::md5, HashFunction::sha256, HashFunction::sha512_256}) {
    Remains<Hash> hash(function);
    hash.object->add("alice:example.com:top-secret-password");
    EXPECT_NE(hash.bytes().find("top-secret"), std::string::npos);
    hash.end();
    EXPECT_EQ(hash.bytes().find("top-secret"), std::string::npos);
    EXPECT_EQ(hash.bytes().find("password"), std::string::npos);
  }
}

TEST(Wipe, overwrites_exactly_the_given_bytes) {
  char memory[] = "0123456789";
  wipe(memory + 2, 5);
  EXPECT_EQ(std::string(memory, 10), std::string("01\0\0\0\0\0"
                                                 "789",
                                                 10));
}

}  // namespace
}  // namespace sipreg::auth
