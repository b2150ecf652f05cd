#include "recovery.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sipreg::testing {
namespace {

constexpr Millis minute = 60'000;

bool is_at_rest(RegistrationState state) {
  return state == RegistrationState::unregistered ||
         state == RegistrationState::failed ||
         state == RegistrationState::removed;
}

}  // namespace

void Recovery::run(int lifetime, const std::set<RegistrationId>& loose) {
  lifetime_ = lifetime;
  world_.jump_wall(0);  // tells the time
  watch_.check();
  // What a call will come to, or an answer that is late, is not this one's
  // matter.
  for (const RegistrationId id : watch_.registrations()) {
    if (!is_at_rest(world_.state(id)) &&
        world_.state(id) != RegistrationState::unregistering &&
        !watch_.is_called(id) && !loose.contains(id)) {
      wanted_.insert(id);
    }
  }
  clear_the_air();
  wait_for_all(world_.now() + longest_wait());
  stay(world_.now() + static_cast<Millis>(lifetime) * 3'000);
}

void Recovery::clear_the_air() {
  world_.auto_open = world_.auto_pong = world_.auto_credentials = true;
  world_.subprotocol = world_.secure = true;
  world_.token_expires_at = world_.wall() + 3'600'000'000;
  const auto sockets = world_.sockets();
  for (const auto& [flow, is_open] : sockets) {
    if (!is_open && world_.sockets().contains(flow)) world_.open(flow);
    watch_.check();
  }
  const auto requests = watch_.unanswered();
  for (const Watch::Request& request : requests) answer(request);
  for (const auto& [flow, is_open] : world_.sockets()) {
    if (is_open) watch_.receive("\r\n", flow);
  }
}

// The wait that somebody was told of, or that a Retry-After asked for, and what
// an attempt takes by itself; ten REGISTERs a minute may be used up.
Millis Recovery::longest_wait() const {
  Millis longest = std::max<Millis>(watch_.held_until() - world_.now(), 0);
  for (const RegistrationId id : wanted_) {
    const Seen* const told = world_.properties(id);
    if (told->state != RegistrationState::waiting) continue;
    longest = std::max(longest, told->retry_at - world_.wall());
  }
  return longest + longest / 10 + client_.transaction_timeout +
         client_.credentials_timeout +
         client_.servers * client_.connect_timeout + 3 * minute;
}

bool Recovery::is_well(RegistrationId id) const {
  const RegistrationState state = world_.state(id);
  return world_.bound(id) && (state == RegistrationState::registered ||
                              state == RegistrationState::refreshing);
}

void Recovery::wait_for_all(Millis end) {
  const auto all_are_well = [this] {
    return world_.now() >= watch_.held_until() &&
           std::all_of(wanted_.begin(), wanted_.end(),
                       [this](RegistrationId id) { return is_well(id); });
  };
  answer_all();
  while (!all_are_well()) {
    const Millis at = world_.deadline();
    if (at == no_deadline || at > end || ::testing::Test::HasFailure()) break;
    world_.advance(std::max<Millis>(at - world_.now(), 0));
    watch_.check();
    answer_all();
  }
  for (const RegistrationId id : wanted_) {
    EXPECT_TRUE(is_well(id))
        << "registration " << id << " is in state "
        << static_cast<int>(world_.state(id)) << " at " << world_.now()
        << " for good, or for longer than until " << end << "; deadline "
        << world_.deadline();
  }
}

// Refreshes come in time; whoever is refreshed too often waits in between.
void Recovery::stay(Millis end) {
  for (int timers = 0; timers < 50; ++timers) {
    const Millis at = world_.deadline();
    if (at == no_deadline || at > end) break;
    world_.advance(std::max<Millis>(at - world_.now(), 0));
    watch_.check();
    answer_all();
    for (const RegistrationId id : wanted_) {
      EXPECT_TRUE(world_.bound(id)) << "registration " << id << " has lapsed";
    }
  }
}

void Recovery::answer_all() {
  while (const auto request = watch_.take()) answer(*request);
}

void Recovery::answer(const Watch::Request& request) {
  const std::string& text = request.text;
  if (!text.starts_with("REGISTER ")) {
    return watch_.receive(respond(text, 200), request.flow);
  }
  std::string& bound = contacts_[header(text, "Call-ID")];
  const std::string contact = header(text, "Contact");
  if (contact.empty()) {  // a query
    const std::string row = bound.empty() ? "" : "Contact: " + bound + "\r\n";
    return watch_.receive(respond(text, 200, row), request.flow);
  }
  const std::string response = accept(text, lifetime_);
  bound = header(response, "Contact");
  watch_.receive(contact == "*" || header(text, "Expires") == "0"
                     ? respond(text, 200)
                     : response,
                 request.flow);
}

}  // namespace sipreg::testing
