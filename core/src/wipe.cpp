#include "wipe.h"

#include <cstring>

namespace sipreg {

void wipe(void* memory, std::size_t size) {
  if (size == 0) return;
  std::memset(memory, 0, size);
  // Pretends to read it, so that the stores are no dead ones.
  __asm__ __volatile__("" : : "r"(memory) : "memory");
}

}  // namespace sipreg
