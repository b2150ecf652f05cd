#include "scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "recovery.h"

namespace sipreg::testing {
namespace {

constexpr std::size_t most_registrations = 4;
// Of one run: the clocks stay where their sums make sense.
constexpr Millis second = 1'000;
constexpr Millis hour = 3'600 * second;
constexpr Millis year = 365 * 24 * hour;

}  // namespace

Scenario::Scenario(Choices& choices)
    : choices_(choices),
      host_(choices),
      server_(choices),
      client_(host_.client()),
      world_(client_, static_cast<std::uint8_t>(choices.pick(256))),
      watch_(world_, client_),
      traffic_(choices, world_, watch_) {
  world_.auto_open = false;
  world_.auto_pong = choices_.once_in(2);
  world_.auto_credentials = false;
  world_.secrets = host_.secrets();
  world_.token = host_.token();
  create();
}

void Scenario::go() {
  while (choices_.more() && !::testing::Test::HasFailure()) {
    step();
    check();
  }
  choices_.once_in(2) ? recover() : watch_.settle();
  check();
  // A dead socket on top, and silence until nothing can be held any more.
  if (choices_.once_in(4)) {
    while (world_.socket_open()) world_.drop();
    check();
    world_.oversleep(200 * year);
    world_.advance(0);
    check();
    for (const RegistrationId id : registrations_) {
      EXPECT_FALSE(watch_.is_alive(id) && world_.bound(id));
    }
  }
  watch_.close();
  traffic_.finish();
  world_.advance(year);
  stray();
  watch_.check();
}

void Scenario::check() {
  watch_.check();
  traffic_.check();
}

void Scenario::recover() {
  static constexpr int lifetimes[] = {120, 600, 3'600};
  std::set<RegistrationId> loose = may_end_;
  // What is bound beside the removal of all bindings is removed as well.
  const bool is_called =
      std::any_of(registrations_.begin(), registrations_.end(),
                  [this](RegistrationId id) { return watch_.is_called(id); });
  for (const RegistrationId id : registrations_) {
    const bool awaits_answer =
        world_.state(id) == RegistrationState::registering ||
        world_.state(id) == RegistrationState::refreshing;
    if ((has_swept_ && (is_called || awaits_answer)) ||
        watch_.may_wait_for_credentials(id)) {
      loose.insert(id);
    }
  }
  for (const auto& [flow, is_open] : world_.sockets()) {
    if (is_open && plain_.contains(flow)) {
      loose.insert(secure_.begin(), secure_.end());
    }
  }
  Recovery(world_, watch_, client_).run(choices_.one_of(lifetimes), loose);
  watch_.settle();
}

// All is well for a while, and then it goes on.
void Scenario::fair_weather() {
  const bool auto_pong = world_.auto_pong;
  recover();
  world_.auto_pong = auto_pong;
  world_.auto_open = world_.auto_credentials = false;
}

// The host's news come many times a second.
void Scenario::storm() {
  for (std::uint32_t n = choices_.pick(40); n > 0; --n) {
    choices_.once_in(2) ? world_.offline() : world_.wake();
    watch_.check();
    pass(choices_.pick(20));
  }
}

void Scenario::step() {
  const Seen* const wanted = world_.last(OutputKind::credentials_wanted);
  const bool is_new =
      wanted != nullptr && wanted - world_.outputs.data() >= answered_;
  if (wanted != nullptr && choices_.pick(is_new ? 4 : 40) < (is_new ? 3 : 1)) {
    return provide_credentials(*wanted);
  }
  switch (choices_.pick(20)) {
    case 0:
    case 1:
    case 2:
      return call();
    case 3:
    case 4:
      return socket();
    case 5:
      return pass(choices_.pick(2'000));
    case 6:
      return pass(choices_.pick(2'000) * second);
    case 7:
      return misread_clock();
    case 8:
      switch (choices_.pick(4)) {
        case 0:
          return world_.offline();
        case 1:
          return stay_quiet();
        default:
          return world_.wake();
      }
    case 9:
      return change_registration();
    case 10:
      return stray();
    case 11:
      switch (choices_.pick(8)) {
        case 0:
          return fair_weather();
        case 1:
          return storm();
        default:
          return watch_.receive(server_.surprise(), any_socket());
      }
    case 12:
    case 13:
      return traffic_.step(any_registration(), any_socket());
    default:
      return answer();
  }
}

void Scenario::create() {
  const RegistrationOptions options = host_.registration();
  RegistrationId id = 0;
  const Status status = world_.agent.create(options, id);
  Output output;
  EXPECT_FALSE(world_.agent.poll(output));
  EXPECT_EQ(status.ok(), id != 0);
  if (!status.ok()) {
    EXPECT_EQ(status.error, Error::invalid_argument);
    EXPECT_FALSE(status.option.empty());
    id = world_.create();
  }
  const std::uint32_t flows =
      status.ok() && options.outbound ? options.flows : 1;
  watch_.created(id, flows);
  if (status.ok() &&
      (options.refresh.policy == RefreshPolicy::off || !options.retry)) {
    may_end_.insert(id);
  }
  if (options.aor.starts_with("sips:") ||
      options.registrar.starts_with("sips:")) {
    secure_.insert(id);
  }
  registrations_.push_back(id);
}

RegistrationId Scenario::any_registration() {
  return choices_.one_of(registrations_);
}

void Scenario::call() {
  const RegistrationId id = any_registration();
  const Call call = host_.call();
  const OperationId operation = world_.try_call(id, call);
  has_swept_ |= call.kind == CallKind::unregister_all;
  EXPECT_TRUE(operation == 0 || watch_.is_alive(id));
  watch_.called(id, operation);
}

FlowId Scenario::any_socket() {
  const auto& sockets = world_.sockets();
  if (sockets.empty()) return 0;
  const std::uint32_t place =
      choices_.pick(static_cast<std::uint32_t>(sockets.size()));
  return std::next(sockets.begin(), place)->first;
}

void Scenario::socket() {
  const FlowId flow = any_socket();
  if (flow == 0) return;
  if (!world_.sockets().at(flow)) {
    world_.subprotocol = !choices_.once_in(12);
    world_.secure = !choices_.once_in(4);
    world_.loopback = choices_.once_in(4);
    if (!world_.secure) plain_.insert(flow);
    return choices_.once_in(3) ? world_.refuse(flow) : world_.open(flow);
  }
  if (choices_.once_in(3)) {
    static constexpr std::uint16_t codes[] = {1000, 1001, 1006, 1011, 4000};
    world_.drop(choices_.one_of(codes), flow);
  }
}

void Scenario::answer() {
  const auto& requests = watch_.unanswered();
  if (requests.empty()) return socket();
  // Mostly the last one, and where it came from.
  const Watch::Request request =
      choices_.once_in(6) ? choices_.one_of(requests) : requests.back();
  std::string response = server_.answer(request.text);
  if (choices_.once_in(6)) response = server_.damaged(std::move(response));
  watch_.receive(response, choices_.once_in(20) ? any_socket() : request.flow);
}

// Timers fire when they are due; not too many of them.
void Scenario::pass(Millis ms) {
  const Millis end = world_.now() + ms;
  for (int timers = 0; timers < 40; ++timers) {
    const Millis at = world_.deadline();
    if (at == no_deadline || at > end)
      return world_.advance(end - world_.now());
    world_.advance(std::max<Millis>(at - world_.now(), 0));
    watch_.check();
  }
}

// Up to the deadline nothing is due.
void Scenario::stay_quiet() {
  const Millis at = world_.deadline();
  if (!world_.is_punctual() || at <= world_.now()) return;  // or there is none
  world_.advance(at - world_.now() - 1);
  world_.agent.advance(world_.clocks());
  Output output;
  EXPECT_FALSE(world_.agent.poll(output)) << "something before the deadline";
}

// The machine sleeps, timers are late, somebody sets the wall clock.
void Scenario::misread_clock() {
  static constexpr Millis spans[] = {second,    60 * second,  hour,
                                     60 * hour, 1'200 * hour, 10 * year};
  const Millis ms = choices_.one_of(spans) * (1 + choices_.pick(100));
  switch (choices_.pick(5)) {
    case 0:
      return world_.sleep(ms);
    case 1:
      return world_.leap(ms);
    case 2:
      return world_.leap(-ms);
    case 3:
      return world_.jump_wall(-ms);
    default:
      return world_.oversleep(ms);
  }
}

void Scenario::change_registration() {
  const RegistrationId id = any_registration();
  switch (choices_.pick(8)) {
    case 0:
      if (registrations_.size() < most_registrations) create();
      return;
    case 1:
      if (choices_.once_in(3)) watch_.remove(id);
      return;
    case 2:
    case 3:
      if (world_.agent
              .reset_credentials(world_.clocks(), id, !choices_.once_in(4))
              .ok()) {
        world_.drain();
      }
      return;
    case 4:
      return world_.agent.set_trace(choices_.once_in(2));
    default: {
      const UpdateOptions options = host_.update();
      const Status status = world_.agent.update(id, options);
      EXPECT_TRUE(status.ok() || !status.message.empty());
      const bool is_off =
          options.refresh && options.refresh->policy == RefreshPolicy::off;
      if (status.ok() && (is_off || options.retry == false)) {
        may_end_.insert(id);
      }
    }
  }
}

// To the last challenge, or to one of old.
void Scenario::provide_credentials(const Seen& wanted) {
  answered_ = static_cast<std::ptrdiff_t>(world_.outputs.size());
  const std::vector<Credentials> credentials = host_.credentials(world_.wall());
  for (const Credentials& each : credentials) {
    if (!each.token.empty()) may_end_.insert(wanted.registration);
  }
  const std::uint32_t challenge =
      choices_.once_in(8) ? choices_.pick(5) : wanted.challenge;
  const Status status = world_.agent.provide_credentials(
      world_.clocks(), wanted.registration, challenge, credentials);
  if (status.ok()) world_.drain();
}

// The host speaks of sockets that are not there.
void Scenario::stray() {
  const std::size_t before = world_.outputs.size();
  const FlowId flow = choices_.once_in(2) ? 0 : 0xffffffff;
  const Now now = world_.clocks();
  std::string frame = "\r\n\r\n";
  switch (choices_.pick(3)) {
    case 0:
      world_.agent.opened(now, flow, true, true, true);
      break;
    case 1:
      world_.agent.lost(now, flow, 1006);
      break;
    default:
      world_.agent.receive(now, flow, frame);
  }
  world_.drain();
  // What is told anew after the wall clock was set is the time's doing.
  EXPECT_TRUE(world_.outputs.size() == before || !world_.is_punctual());
}

}  // namespace sipreg::testing
