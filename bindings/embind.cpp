// The bridge as a JavaScript class. Numbers only; never a callback: this
// toolchain's invokers are not re-entrant without dynamic execution.
#include <emscripten/bind.h>

#include <memory>

#include "bridge.h"

EMSCRIPTEN_BINDINGS(sipreg) {
  using sipreg::bridge::Bridge;
  // A smart pointer, so that a handle that the host forgot to delete is freed
  // with its JavaScript object.
  emscripten::class_<Bridge>("Bridge")
      .smart_ptr_constructor("Bridge", &std::make_shared<Bridge>)
      .function("input", &Bridge::input)
      .function("outbox", &Bridge::outbox)
      .function("configure", &Bridge::configure)
      .function("create", &Bridge::create)
      .function("call", &Bridge::call)
      .function("remove", &Bridge::remove)
      .function("update", &Bridge::update)
      .function("resetCredentials", &Bridge::reset_credentials)
      .function("provideCredentials", &Bridge::provide_credentials)
      .function("checkCredentials", &Bridge::check_credentials)
      .function("opened", &Bridge::opened)
      .function("lost", &Bridge::lost)
      .function("receive", &Bridge::receive)
      .function("advance", &Bridge::advance)
      .function("wake", &Bridge::wake)
      .function("close", &Bridge::close)
      .function("setTrace", &Bridge::set_trace)
      .function("describe", &Bridge::describe);
}
