#include "entropy.h"

#include <tomcrypt.h>

#include <algorithm>
#include <cstring>

#include "wipe.h"

namespace sipreg {

Entropy::~Entropy() {
  wipe(key_.data(), key_.size());
  wipe(pool_.data(), pool_.size());
}

bool Entropy::seed(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < min_seed_size) return false;
  hash_state hash;
  sha256_init(&hash);
  sha256_process(&hash, key_.data(), key_.size());
  sha256_process(&hash, bytes.data(), bytes.size());
  sha256_done(&hash, key_.data());
  wipe(&hash, sizeof hash);
  used_ = pool_size;
  ready_ = true;
  return true;
}

void Entropy::refill() {
  if (!ready_) __builtin_trap();
  constexpr std::size_t block_size = 64;
  for (std::size_t at = 0; at < pool_size; at += block_size) {
    const auto number = static_cast<unsigned char>(at / block_size);
    hash_state hash;
    sha512_init(&hash);
    sha512_process(&hash, key_.data(), key_.size());
    sha512_process(&hash, &number, 1);
    sha512_done(&hash, pool_.data() + at);
    wipe(&hash, sizeof hash);
  }
  std::memcpy(key_.data(), pool_.data(), key_size);
  wipe(pool_.data(), key_size);
  used_ = key_size;
}

void Entropy::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == pool_size) refill();
    const std::size_t count = std::min(out.size(), pool_size - used_);
    std::memcpy(out.data(), pool_.data() + used_, count);
    wipe(pool_.data() + used_, count);
    used_ += count;
    out = out.subspan(count);
  }
}

void Entropy::write_token(std::span<char> out) {
  std::uint8_t byte = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 2 == 0) fill({&byte, 1});
    out[i] = "0123456789abcdef"[byte & 15];
    byte >>= 4;
  }
}

void Entropy::append_token(Text& out, std::size_t characters) {
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < characters; ++i) out += '0';
  write_token({out.data() + start, characters});
}

std::uint64_t Entropy::up_to(std::uint64_t maximum) {
  // The smallest mask that covers `maximum`; values past it are drawn anew,
  // since a remainder would favour the low ones.
  std::uint64_t mask = maximum;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  for (;;) {
    std::array<std::uint8_t, 8> bytes;
    fill(bytes);
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    value &= mask;
    if (value <= maximum) return value;
  }
}

std::uint32_t Entropy::below(std::uint32_t bound) {
  return bound == 0 ? 0 : static_cast<std::uint32_t>(up_to(bound - 1));
}

std::int64_t Entropy::between(std::int64_t low, std::int64_t high) {
  if (high <= low) return low;
  const auto start = static_cast<std::uint64_t>(low);
  const auto range = static_cast<std::uint64_t>(high) - start;
  return static_cast<std::int64_t>(start + up_to(range));
}

}  // namespace sipreg
