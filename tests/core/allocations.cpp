#include "allocations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace sipreg::testing {
namespace {

std::int64_t live = 0;
std::int64_t all = 0;
const void* awaited = nullptr;
std::size_t awaited_size = 0;
std::string words;

}  // namespace

std::int64_t live_allocations() { return live; }
std::int64_t all_allocations() { return all; }

void await_end(const void* memory, std::size_t size) {
  words = "nothing was given back";
  awaited_size = size;
  awaited = memory;
}

const std::string& last_words() { return words; }

HeapCheck::~HeapCheck() { EXPECT_EQ(live, before_) << "memory is left over"; }

}  // namespace sipreg::testing

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  ++sipreg::testing::live;
  ++sipreg::testing::all;
  return memory;
}

void operator delete(void* memory) noexcept {
  using namespace sipreg::testing;
  if (memory == nullptr) return;
  --live;
  if (memory == awaited) {
    awaited = nullptr;
    words.assign(static_cast<const char*>(memory), awaited_size);
  }
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
