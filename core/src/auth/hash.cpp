#include "auth/hash.h"

#include <tomcrypt.h>

#include <algorithm>
#include <cstring>

#include "wipe.h"

namespace sipreg::auth {
namespace {

constexpr std::size_t max_hash_size = 32;

constexpr std::size_t hash_size(HashFunction function) {
  return function == HashFunction::md5 ? 16 : max_hash_size;
}

bool is_lower_hex(std::string_view text) {
  for (const char c : text) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
  }
  return true;
}

// libtomcrypt expands the block that it hashes on the stack and leaves it
// there; in WASM the stack is part of the heap that anybody on the page reads.
[[gnu::noinline]] void wipe_stack() {
  std::array<unsigned char, 1280> below;
  wipe(below.data(), below.size());
}

}  // namespace

bool HexDigest::equals(std::string_view hex) const {
  if (hex.size() != size_) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    difference |= static_cast<unsigned char>(text_[i] ^ hex[i]);
  }
  return difference == 0;
}

bool HexDigest::assign(HashFunction function, std::string_view hex) {
  if (hex.size() != 2 * hash_size(function) || !is_lower_hex(hex)) return false;
  std::memcpy(text_.data(), hex.data(), hex.size());
  size_ = static_cast<std::uint8_t>(hex.size());
  return true;
}

void HexDigest::wipe() {
  sipreg::wipe(text_.data(), text_.size());
  size_ = 0;
}

static_assert(sizeof(hash_state) <= 208 && alignof(hash_state) <= 8,
              "Hash::state_ holds libtomcrypt's state");

Hash::Hash(HashFunction function) : function_(function) {
  auto* const state = reinterpret_cast<hash_state*>(state_.data());
  switch (function) {
    case HashFunction::md5:
      md5_init(state);
      break;
    case HashFunction::sha256:
      sha256_init(state);
      break;
    case HashFunction::sha512_256:
      sha512_256_init(state);
      break;
  }
}

Hash::~Hash() { wipe(state_.data(), state_.size()); }

Hash& Hash::add(std::string_view bytes) {
  if (bytes.empty()) return *this;  // libtomcrypt refuses a null pointer
  auto* const state = reinterpret_cast<hash_state*>(state_.data());
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  switch (function_) {
    case HashFunction::md5:
      md5_process(state, data, bytes.size());
      break;
    case HashFunction::sha256:
      sha256_process(state, data, bytes.size());
      break;
    case HashFunction::sha512_256:
      sha512_process(state, data, bytes.size());
      break;
  }
  return *this;
}

Hash& Hash::add_unescaped(std::string_view escaped) {
  for (;;) {
    const std::size_t plain = escaped.find('\\');
    add(escaped.substr(0, plain));
    if (plain == std::string_view::npos) return *this;
    add(escaped.substr(plain + 1, 1));
    escaped.remove_prefix(std::min(plain + 2, escaped.size()));
  }
}

HexDigest Hash::finish() {
  auto* const state = reinterpret_cast<hash_state*>(state_.data());
  std::array<unsigned char, max_hash_size> binary;
  switch (function_) {
    case HashFunction::md5:
      md5_done(state, binary.data());
      break;
    case HashFunction::sha256:
      sha256_done(state, binary.data());
      break;
    case HashFunction::sha512_256:
      sha512_256_done(state, binary.data());
      break;
  }
  HexDigest digest;
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < hash_size(function_); ++i) {
    digest.text_[digest.size_++] = digits[binary[i] >> 4];
    digest.text_[digest.size_++] = digits[binary[i] & 15];
  }
  wipe(binary.data(), binary.size());
  wipe_stack();
  return digest;
}

}  // namespace sipreg::auth
