// Random values of the core, all drawn from bytes that the host gave.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "text.h"

namespace sipreg {

// Expands the host's random bytes with SHA-512, which is there for digests
// anyway: blocks of a pool are hashes of a key and the block's number. The same
// seeds and the same calls give the same values everywhere, so that a recorded
// trace replays to the same bytes natively and in WASM.
//
// Fast key erasure: each refill of the pool takes the next key from the head of
// it, and bytes are overwritten as they are handed out, so memory that
// leaks later tells nothing about values drawn before.
class Entropy {
 public:
  static constexpr std::size_t min_seed_size = 32;

  Entropy() = default;
  ~Entropy();
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;

  // Takes at least min_seed_size bytes of a cryptographic source; false and no
  // change for fewer. Later calls mix more in. Nothing may be drawn before the
  // first success: drawing then traps, for a guessable nonce is worse.
  [[nodiscard]] bool seed(std::span<const std::uint8_t> bytes);
  [[nodiscard]] bool ready() const { return ready_; }

  void fill(std::span<std::uint8_t> out);
  // Lower-case hex: four bits a character.
  void write_token(std::span<char> out);
  void append_token(Text& out, std::size_t characters);
  // Uniform in 0 ... bound-1; 0 for a bound of 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound);
  // Uniform in low ... high, both included; low when high is not above it.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high);

 private:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t pool_size = 512;

  void refill();
  [[nodiscard]] std::uint64_t up_to(std::uint64_t maximum);

  bool ready_ = false;
  std::size_t used_ = pool_size;
  std::array<std::uint8_t, key_size> key_{};
  std::array<std::uint8_t, pool_size> pool_{};
};

}  // namespace sipreg
