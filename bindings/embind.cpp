// The bridge as a JavaScript class. Numbers only; never a callback: this
// toolchain's invokers are not re-entrant without dynamic execution.
#include <emscripten/bind.h>

#include "bridge.h"

EMSCRIPTEN_BINDINGS(sipreg) {
  using sipreg::bridge::Bridge;
  // No smart pointer: it would bring type information and its printing along.
  // The shim deletes what it forgot by a FinalizationRegistry.
  emscripten::class_<Bridge>("Bridge")
      .constructor<>()
      .function("input", &Bridge::input)
      .function("outbox", &Bridge::outbox)
      .function("configure", &Bridge::configure)
      .function("create", &Bridge::create)
      .function("regId", &Bridge::reg_id)
      .function("call", &Bridge::call)
      .function("remove", &Bridge::remove)
      .function("update", &Bridge::update)
      .function("resetCredentials", &Bridge::reset_credentials)
      .function("provideCredentials", &Bridge::provide_credentials)
      .function("checkCredentials", &Bridge::check_credentials)
      .function("respond", &Bridge::respond)
      .function("openChannel", &Bridge::open_channel)
      .function("closeChannel", &Bridge::close_channel)
      .function("send", &Bridge::send)
      .function("opened", &Bridge::opened)
      .function("lost", &Bridge::lost)
      .function("receive", &Bridge::receive)
      .function("readResponse", &Bridge::read_response)
      .function("advance", &Bridge::advance)
      .function("wake", &Bridge::wake)
      .function("offline", &Bridge::offline)
      .function("close", &Bridge::close)
#ifdef SIPREG_CONFORMANCE
      .function("describe", &Bridge::describe)
#endif
      .function("setRequests", &Bridge::set_requests)
      .function("setTrace", &Bridge::set_trace);
}
