#include "fault_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace sipreg::testing {
namespace {

constexpr Millis hour = 3'600'000;

Millis cpu_ms() {
  return static_cast<Millis>(std::clock()) * 1'000 / CLOCKS_PER_SEC;
}

}  // namespace

FaultCase::FaultCase(const ClientOptions& client)
    : client_(client), world(client), watch(world, client_) {
  world.secrets = {"secret"};
}

FaultCase::~FaultCase() {
  if (world.agent.deadline() == no_deadline && watch.registrations().empty()) {
    return;  // closed by the case itself
  }
  check();
  Recovery(world, watch, client_).run(600, unrefreshed_);
  watch.settle();
  for (const RegistrationId id : watch.registrations()) watch.remove(id);
  world.advance(client_.connect_timeout);
  check();
  EXPECT_EQ(world.deadline(), no_deadline) << "a timer is left";
  const std::size_t outputs = world.outputs.size();
  world.advance(hour);
  EXPECT_EQ(world.outputs.size(), outputs) << "an output after remove()";
  watch.close();
}

RegistrationId FaultCase::create(const RegistrationOptions& options) {
  const RegistrationId id = world.create(options);
  watch.created(id, options.outbound ? options.flows : 1);
  if (options.refresh.policy == RefreshPolicy::off) unrefreshed_.insert(id);
  return id;
}

OperationId FaultCase::call(RegistrationId id, CallKind kind) {
  Call wanted;
  wanted.kind = kind;
  return call(id, wanted);
}

OperationId FaultCase::call(RegistrationId id, const Call& call) {
  const OperationId operation = world.call(id, call);
  watch.called(id, operation);
  return operation;
}

RegistrationId FaultCase::registered(int expires,
                                     const RegistrationOptions& options) {
  const RegistrationId id = create(options);
  call(id);
  grant(expires);
  EXPECT_EQ(state(id), RegistrationState::registered);
  return id;
}

std::string FaultCase::request() {
  while (auto next = watch.take()) {
    if (!next->text.starts_with("REGISTER ")) continue;
    request_ = std::move(*next);
    return request_.text;
  }
  ADD_FAILURE() << "no REGISTER was sent";
  return {};
}

std::string FaultCase::await_request() {
  const std::uint32_t before = registers();
  const Millis end = world.now() + hour;
  while (is_quiet() && registers() == before) {
    const Millis at = world.deadline();
    if (at == no_deadline || at > end) break;
    world.advance(std::max<Millis>(at - world.now(), 0));
    check();
  }
  return request();
}

bool FaultCase::is_quiet() {
  check();
  return !watch.has_sent();
}

void FaultCase::answer(const std::string& frame) {
  const Millis before = cpu_ms();
  watch.receive(frame, request_.flow);
  // Of a build that is not optimised, and with all that is noted here.
  EXPECT_LT(cpu_ms() - before, 500);
}

void FaultCase::challenge(std::string_view nonce, std::string_view more) {
  answer(digest_challenge(request(), nonce, more));
}

void FaultCase::grant(int expires) { answer(accept(request(), expires)); }

void FaultCase::drop(std::uint16_t code) {
  world.drop(code);
  check();
}

void FaultCase::refuse() {
  world.refuse();
  check();
}

void FaultCase::pass(Millis ms) {
  const Millis end = world.now() + ms;
  for (;;) {
    const Millis at = world.deadline();
    if (at == no_deadline || at > end) break;
    world.advance(std::max<Millis>(at - world.now(), 0));
    check();
  }
  world.advance(end - world.now());
  check();
}

const Seen& FaultCase::outcome(OperationId operation) const {
  static const Seen none{};
  const Seen* const found = world.outcome(operation);
  EXPECT_NE(found, nullptr) << "call " << operation << " is pending";
  return found == nullptr ? none : *found;
}

bool FaultCase::is_done(OperationId operation) const {
  return outcome(operation).kind == OutputKind::operation_done;
}

FailureCode FaultCase::code(OperationId operation) const {
  const Seen& seen = outcome(operation);
  EXPECT_EQ(seen.kind, OutputKind::operation_failed);
  return seen.code;
}

}  // namespace sipreg::testing
