#include "list.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "wipe.h"

namespace sipreg {

void* AnyList::extend(std::size_t size) {
  if (size_ == capacity_) {
    AnyList larger;
    larger.capacity_ = std::max<std::size_t>(1, 2 * capacity_);
    larger.memory_ = ::operator new(larger.capacity_* size);
    if (size_ != 0) std::memcpy(larger.memory_, memory_, size_ * size);
    wipe(memory_, size_ * size);
    larger.size_ = size_;
    swap(larger);
  }
  return static_cast<char*>(memory_) + size_++ * size;
}

void AnyList::close_gap(void* at, std::size_t count, std::size_t size) {
  if (count == 0) return;
  char* const gap = static_cast<char*>(at);
  const char* const behind = gap + count * size;
  const char* const end = static_cast<char*>(memory_) + size_ * size;
  const auto moved = static_cast<std::size_t>(end - behind);
  size_ -= count;
  if (moved == 0) return;
  std::memmove(gap, behind, moved);
  wipe(gap + moved, count * size);
}

std::size_t AnyList::cut(std::size_t count, std::size_t size) {
  const std::size_t gone = std::exchange(size_, count) - count;
  if (gone != 0) wipe(static_cast<char*>(memory_) + count * size, gone * size);
  return gone;
}

void AnyList::move(void* to, const void* from, std::size_t size) {
  if (to != from) std::memcpy(to, from, size);
}

[[gnu::noinline]] void AnyList::swap(AnyList& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

}  // namespace sipreg
