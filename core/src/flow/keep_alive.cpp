#include "flow/keep_alive.h"

#include <algorithm>
#include <utility>

namespace sipreg::flow {
namespace {

// RFC 5626 section 4.4.1, where no Flow-Timer says otherwise.
constexpr Millis shortest_default = 95'000;
constexpr Millis longest_default = 120'000;

}  // namespace

void KeepAlive::start() {
  running_ = outbound_ = demanded_ = false;
  asked_ = answered_ = Asked::nothing;
  flow_timer_ = 0;
  ask_at_ = answer_by_ = no_deadline;
}

void KeepAlive::registered(std::uint32_t flow_timer, bool outbound,
                           const Server& server, Millis now, Entropy& entropy) {
  outbound_ |= outbound;
  const bool is_changed = flow_timer != 0 && flow_timer != flow_timer_;
  if (flow_timer != 0) flow_timer_ = flow_timer;
  const bool is_first = !running_;
  running_ = true;
  if ((is_first || is_changed) && !probing()) schedule(server, now, entropy);
}

// The interval is drawn anew each time, so that many clients never ping in
// step.
void KeepAlive::schedule(const Server& server, Millis now, Entropy& entropy) {
  ask_at_ = no_deadline;
  if (!options_.on || !running_) return;
  Millis interval = options_.interval;
  if (flow_timer_ != 0) {
    const Millis timer = static_cast<Millis>(flow_timer_) * 1000;
    interval = entropy.between(timer * 8 / 10, timer);
  } else if (interval == 0) {
    interval = entropy.between(shortest_default, longest_default);
  }
  if (server.longest_idle != 0) {
    interval = std::min(interval, server.longest_idle);
  }
  ask_at_ = now + interval;
}

void KeepAlive::received(const Server& server, Millis now, Entropy& entropy) {
  answered_ = asked_;
  asked_ = Asked::nothing;
  answer_by_ = no_deadline;
  demanded_ = false;
  schedule(server, now, entropy);
}

bool KeepAlive::ponged(Server& server) {
  if (answered_ != Asked::ping) return false;
  server.answers_pings = true;
  server.ignores_pings = false;
  return true;
}

bool KeepAlive::options_answered(Server& server) {
  if (answered_ != Asked::options) return false;
  server.answers_options = true;
  return true;
}

KeepAlive::Action KeepAlive::ask(bool ignores_pings, Millis now,
                                 Millis timeout) {
  const bool by_options =
      options_.method == KeepAliveMethod::options ||
      (options_.method == KeepAliveMethod::auto_ && ignores_pings);
  asked_ = by_options ? Asked::options : Asked::ping;
  ask_at_ = no_deadline;
  answer_by_ = now + timeout;
  return by_options ? Action::options : Action::ping;
}

KeepAlive::Action KeepAlive::probe(const Server& server, Millis now,
                                   Millis timeout, bool by_options) {
  if (demanded_ || (by_options && probing())) return Action::none;
  demanded_ = !by_options || server.answers_options;
  return ask(by_options || server.ignores_pings, now, timeout);
}

void KeepAlive::expect_answer(Millis now, Millis timeout) {
  if (demanded_) return;
  demanded_ = true;
  asked_ = Asked::request;
  ask_at_ = no_deadline;
  answer_by_ = now + timeout;
}

// RFC 5626 section 4.4.1: whoever promised outbound answers pings; others are
// held to it once they have.
bool KeepAlive::must_answer(const Server& server) const {
  switch (asked_) {
    case Asked::ping:
      return demanded_ || outbound_ || server.answers_pings;
    case Asked::options:
      return demanded_ || server.answers_options;
    case Asked::request:
      return true;
    case Asked::nothing:
      return false;
  }
  return false;
}

KeepAlive::Action KeepAlive::advance(Server& server, Millis now,
                                     Entropy& entropy) {
  if (ask_at_ != no_deadline && now >= ask_at_) {
    return ask(server.ignores_pings, now, options_.pong_timeout);
  }
  if (answer_by_ == no_deadline || now < answer_by_) return Action::none;
  answer_by_ = no_deadline;
  if (must_answer(server)) return Action::give_up;
  const bool was_ping = asked_ == Asked::ping;
  asked_ = Asked::nothing;
  if (was_ping && options_.method == KeepAliveMethod::auto_) {
    server.ignores_pings = true;
    return ask(true, now, options_.pong_timeout);
  }
  // RFC 3261 section 8.2 has every request answered: most likely nobody is
  // there. A server that ignores both on the next flow too is left in peace.
  if (options_.method == KeepAliveMethod::auto_ && !server.answers_pings &&
      !std::exchange(server.was_silent, true)) {
    server.ignores_pings = false;
    return Action::give_up;
  }
  schedule(server, now, entropy);
  return Action::none;
}

Millis KeepAlive::deadline() const {
  return ask_at_ == no_deadline      ? answer_by_
         : answer_by_ == no_deadline ? ask_at_
                                     : std::min(ask_at_, answer_by_);
}

}  // namespace sipreg::flow
