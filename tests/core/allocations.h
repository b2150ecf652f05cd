// What the whole process asks of the heap by operator new, which
// allocations.cpp replaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sipreg::testing {

// That many have not been given back.
[[nodiscard]] std::int64_t live_allocations();

// That many were asked for.
[[nodiscard]] std::int64_t all_allocations();

// What stands in that memory at its end is kept for last_words().
void await_end(const void* memory, std::size_t size);
[[nodiscard]] const std::string& last_words();

// Nothing may be left of what was allocated in the meantime.
class HeapCheck {
 public:
  HeapCheck() : before_(live_allocations()) {}
  ~HeapCheck();
  HeapCheck(const HeapCheck&) = delete;
  HeapCheck& operator=(const HeapCheck&) = delete;

 private:
  std::int64_t before_;
};

}  // namespace sipreg::testing
