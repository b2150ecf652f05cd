// What the library of this Emscripten would bring along for Embind and for the
// memory, in a fraction of its size. embind.js is the JavaScript to it.
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/heap.h>
#include <emscripten/wire.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace {

constexpr size_t page_size = 65536;

/// Registers the types that the bridge's methods take and give, and no others.
__attribute__((constructor(101))) void register_types() {
  using emscripten::internal::TypeID;
  emscripten::internal::_embind_register_void(TypeID<void>::get(), "void");
  for (const auto type :
       {TypeID<unsigned>::get(), TypeID<unsigned long>::get()}) {
    emscripten::internal::_embind_register_integer(
        type, "unsigned", sizeof(unsigned long), 0, 0xffffffffu);
  }
  emscripten::internal::_embind_register_float(TypeID<double>::get(), "double",
                                               sizeof(double));
}

}  // namespace

extern "C" {

/// Grows the memory without asking JavaScript, which looks for a new buffer by
/// itself. A sixteenth is added, so that copies stay rare.
int emscripten_resize_heap(size_t requested) {
  const size_t pages = __builtin_wasm_memory_size(0);
  const size_t missing = (requested + page_size - 1) / page_size - pages;
  const auto grow = [](size_t delta) {
    return __builtin_wasm_memory_grow(0, delta) != static_cast<size_t>(-1);
  };
  return grow(std::max(missing, pages / 16)) || grow(missing);
}

/// A trap like any other: it reaches JavaScript as a RuntimeError.
void abort() { __builtin_trap(); }
}
