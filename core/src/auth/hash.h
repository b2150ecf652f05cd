// The hash functions of RFC 7616 over libtomcrypt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sipreg::auth {

enum class HashFunction : std::uint8_t { md5, sha256, sha512_256 };

// A digest in lower-case hex: 32 characters for MD5, 64 for the others. It may
// be an HA1, which is as good as the password, so every copy wipes itself.
class HexDigest {
 public:
  HexDigest() = default;
  HexDigest(const HexDigest&) = default;
  HexDigest& operator=(const HexDigest&) = default;
  ~HexDigest() { wipe(); }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Compares in constant time.
  [[nodiscard]] bool equals(std::string_view hex) const;
  // Takes 32 or 64 lower-case hex characters fit for `function`, else false
  // and no change.
  [[nodiscard]] bool assign(HashFunction function, std::string_view hex);
  void wipe();

 private:
  friend class Hash;

  std::array<char, 64> text_{};
  std::uint8_t size_ = 0;
};

// Incremental; wipes its state when it ends.
class Hash {
 public:
  explicit Hash(HashFunction function);
  ~Hash();
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;

  Hash& add(std::string_view bytes);
  // Adds the inside of a quoted string with its escapes undone
  // (RFC 7616 section 3.4 hashes unq(X)).
  Hash& add_unescaped(std::string_view escaped);
  // The last call: nothing can be added afterwards.
  [[nodiscard]] HexDigest finish();

 private:
  HashFunction function_;
  alignas(8) std::array<unsigned char, 208> state_;
};

}  // namespace sipreg::auth
