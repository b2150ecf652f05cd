// The types that the bridge's methods take and give, and no others.
//
// Embind's own registration of every fundamental type, string and memory view
// makes up a third of its JavaScript, and its type names pull in sprintf. These
// two definitions stand in for it: the linker takes them and leaves the
// archive's object alone.
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/wire.h>

#include <cstdlib>
#include <typeinfo>

extern "C" {

// Only asked for when an argument's type is unknown, which a build that loads
// at all cannot have: an empty name will do. The caller frees it.
EMSCRIPTEN_KEEPALIVE const char* __getTypeName(const std::type_info*) {
  return static_cast<const char*>(std::calloc(1, 1));
}

EMSCRIPTEN_KEEPALIVE __attribute__((constructor)) void
__embind_register_native_and_builtin_types() {
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
}
