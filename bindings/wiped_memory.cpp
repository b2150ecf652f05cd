// Memory is overwritten before it is given back: every script of a page can
// read WebAssembly's, and a string that grows leaves its old bytes behind.
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "wipe.h"

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  sipreg::wipe(memory, malloc_usable_size(memory));
  std::free(memory);
}
