#include "watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "message/codec.h"
#include "message/contact.h"
#include "message/scan.h"
#include "register_checks.h"

namespace sipreg::testing {
namespace {

using message::HeaderName;

// s; a server that asks for a longer silence is taken to be gone.
constexpr Millis longest_hold = 3'600;

// The agent's way of telling whose answer comes: the registration's number
// stands behind the branch's random part.
RegistrationId owner_of(std::string_view branch) {
  constexpr std::size_t random_end = 7 + 16;
  if (branch.size() <= random_end) return 0;
  const std::string number(branch.substr(random_end));
  return static_cast<RegistrationId>(std::strtoul(number.c_str(), nullptr, 16));
}

// The longest lifetime that anybody could read out of a 2xx.
std::uint32_t longest_grant(const message::Message& response,
                            std::uint32_t asked) {
  std::uint32_t longest = asked;
  if (const message::Header* row = response.find(HeaderName::expires)) {
    longest = std::max(
        longest, message::parse_leading_delta_seconds(row->value).value_or(0));
  }
  message::ContactList contacts(response);
  for (message::Contact contact; contacts.next(contact);) {
    longest = std::max(longest, contact.expires.value_or(0));
  }
  return longest;
}

}  // namespace

bool Watch::is_alive(RegistrationId id) const {
  const auto found = accounts_.find(id);
  return !closed_ && found != accounts_.end() && !found->second.removed;
}

void Watch::called(OperationId operation) {
  if (operation == 0) return;
  // It may have settled at once.
  const bool settled = std::any_of(
      world_.outputs.begin() + static_cast<std::ptrdiff_t>(read_),
      world_.outputs.end(),
      [operation](const Seen& seen) { return seen.operation == operation; });
  pending_.insert(operation);
  check();
  EXPECT_EQ(pending_.contains(operation), !settled);
}

void Watch::remove(RegistrationId id) {
  const bool was_there = world_.agent.remove(world_.clocks(), id).ok();
  EXPECT_EQ(was_there, is_alive(id));
  if (was_there) world_.drain();
  check();
  accounts_[id].removed = true;
  accounts_[id].in_flight.reset();
  Call call;
  EXPECT_EQ(world_.try_call(id, call), 0u);
}

void Watch::close() {
  world_.close();
  check();
  closed_ = true;
  EXPECT_TRUE(pending_.empty()) << "pending after close()";
  EXPECT_EQ(world_.deadline(), no_deadline);
}

void Watch::receive(const std::string& frame) {
  const std::uint32_t before = world_.agent.statistics().dropped;
  world_.receive(frame);
  answered(frame, before);
  check();
}

// Which of the REGISTERs in flight a frame has answered: one that was not
// dropped. Of several messages in a frame nobody tells which was.
void Watch::answered(std::string frame, std::uint32_t dropped_before) {
  if (!world_.socket_open()) return;
  const bool was_dropped = world_.agent.statistics().dropped != dropped_before;
  std::span<char> text(frame);
  static message::Message message;
  bool is_first = true;
  while (!text.empty() &&
         message::parse(text, message) == message::ParseError::none) {
    const bool is_alone = is_first && message.rest.empty();
    if (!is_alone || !was_dropped) answered(message, is_alone);
    text = text.last(message.rest.size());
    is_first = false;
  }
}

void Watch::answered(const message::Message& response, bool certainly) {
  const auto found = accounts_.find(owner_of(response.via.branch));
  if (response.is_request || response.status < 200 ||
      found == accounts_.end()) {
    return;
  }
  Account& account = found->second;
  if (!account.in_flight || account.in_flight->call_id != response.call_id ||
      account.in_flight->cseq != response.cseq) {
    return;
  }
  const Flight flight = *account.in_flight;
  account.in_flight->may_be_answered = true;
  if (const message::Header* row = response.find(HeaderName::retry_after)) {
    const Millis seconds =
        message::parse_leading_delta_seconds(row->value).value_or(0);
    held_until_ = std::max(
        held_until_, world_.now() + std::min(seconds, longest_hold) * 1000);
  }
  if (certainly) account.in_flight.reset();
  if (!flight.registers || response.status >= 300) return;
  account.offered_until =
      flight.sent_lifetime +
      static_cast<Millis>(longest_grant(response, flight.asked)) * 1000;
}

void Watch::check() {
  while (!world_.frames.empty()) check_frame(world_.next_frame());
  for (; read_ < world_.outputs.size(); ++read_) {
    check_output(world_.outputs[read_]);
  }
  if (!world_.socket_open()) {
    unanswered_.clear();
    for (auto& [id, account] : accounts_) account.in_flight.reset();
  }
  check_bindings();
}

void Watch::check_frame(const std::string& frame) {
  EXPECT_FALSE(closed_) << "a frame after close()";
  if (frame.starts_with("OPTIONS ")) unanswered_.push_back(frame);
  if (frame.starts_with("REGISTER ")) check_register(frame);
}

void Watch::check_register(const std::string& frame) {
  check_register_shape(frame);
  const RegistrationId id = owner_of(parameter(header(frame, "Via"), "branch"));
  ASSERT_TRUE(accounts_.contains(id)) << frame;
  Account& account = accounts_[id];
  EXPECT_FALSE(account.removed) << "a frame after removal";
  if (account.in_flight && !account.in_flight->may_be_answered) {
    EXPECT_GE(world_.frame_sent_at - account.in_flight->sent_at,
              client_.transaction_timeout)
        << "two REGISTERs in flight";
  }
  Flight flight;
  flight.call_id = header(frame, "Call-ID");
  flight.cseq = static_cast<std::uint32_t>(
      std::strtoul(header(frame, "CSeq").c_str(), nullptr, 10));
  const auto last = cseqs_.find(flight.call_id);
  EXPECT_TRUE(last == cseqs_.end() || last->second < flight.cseq)
      << "CSeq must rise";
  cseqs_[flight.call_id] = flight.cseq;
  flight.sent_at = world_.frame_sent_at;
  flight.sent_lifetime = world_.lifetime();
  flight.asked = static_cast<std::uint32_t>(
      std::strtoul(header(frame, "Expires").c_str(), nullptr, 10));
  flight.registers = flight.asked != 0;
  account.in_flight = flight;
  unanswered_.push_back(frame);
}

void Watch::check_output(const Seen& seen) {
  const auto found = accounts_.find(seen.registration);
  if (found != accounts_.end()) {
    EXPECT_FALSE(found->second.removed || closed_)
        << "output " << static_cast<int>(seen.kind) << " after removal";
    if (seen.kind == OutputKind::registered ||
        seen.kind == OutputKind::refreshed) {
      found->second.granted_until =
          std::exchange(found->second.offered_until, 0);
    }
  }
  if (seen.operation != 0) {
    EXPECT_EQ(pending_.erase(seen.operation), 1u)
        << "settled twice, or never called: " << seen.operation;
  }
}

bool Watch::something_is_due() const {
  const Millis at = world_.deadline();
  return at != no_deadline && at <= world_.now();
}

void Watch::check_bindings() const {
  if (something_is_due() || !world_.is_punctual()) return;
  for (const auto& [id, account] : accounts_) {
    const Seen* const told = world_.properties(id);
    if (account.removed || told == nullptr) continue;
    if (told->bound) {
      EXPECT_LE(world_.lifetime(), account.granted_until + 1'000)
          << "bound without an unexpired 2xx";
    }
    if (told->state == RegistrationState::registered ||
        told->state == RegistrationState::refreshing) {
      EXPECT_TRUE(told->bound && world_.socket_open());
    }
  }
}

// Nobody opens a socket, answers or gives credentials; a Retry-After holds all
// up. Calls that cannot go out as one wait for each other.
void Watch::settle() {
  constexpr Millis transactions = 8;
  const Millis longest_operation = client_.servers * client_.connect_timeout +
                                   transactions * (client_.transaction_timeout +
                                                   client_.credentials_timeout);
  const Millis end = std::max(held_until_, world_.now()) +
                     static_cast<Millis>(pending_.size()) * longest_operation;
  world_.advance(0);
  check();
  while (!pending_.empty()) {
    const Millis at = world_.deadline();
    ASSERT_NE(at, no_deadline) << pending_.size() << " calls left pending";
    ASSERT_LE(at, end) << pending_.size() << " calls pending for too long";
    world_.advance(at - world_.now());
    check();
  }
}

}  // namespace sipreg::testing
