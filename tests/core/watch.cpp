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

// A registration with several flows is known by the number of its first; the
// others have the numbers behind it.
void Watch::created(RegistrationId id, std::uint32_t flows) {
  for (std::uint32_t i = 0; i < flows; ++i) members_[id + i].host_id = id;
}

bool Watch::is_alive(RegistrationId id) const {
  return !closed_ && members_.contains(id);
}

bool Watch::is_open(FlowId flow) const {
  const auto found = world_.sockets().find(flow);
  return found != world_.sockets().end() && found->second;
}

std::vector<RegistrationId> Watch::registrations() const {
  std::vector<RegistrationId> ids;
  for (const auto& [id, member] : members_) {
    if (member.host_id == id && is_alive(id)) ids.push_back(id);
  }
  return ids;
}

bool Watch::is_called(RegistrationId id) const {
  return std::any_of(pending_.begin(), pending_.end(), [id](const auto& entry) {
    return entry.second.registration == id;
  });
}

bool Watch::has_several_flows(RegistrationId id) const {
  const auto second = members_.find(id + 1);
  return second != members_.end() && second->second.host_id == id;
}

bool Watch::may_wait_for_credentials(RegistrationId id) const {
  const RegistrationState state = world_.state(id);
  return (state == RegistrationState::registering ||
          state == RegistrationState::refreshing) &&
         std::any_of(members_.begin(), members_.end(), [id](const auto& entry) {
           const Member& member = entry.second;
           return member.host_id == id &&
                  (!member.in_flight || member.in_flight->may_be_answered);
         });
}

std::optional<Watch::Request> Watch::take() {
  if (sent_.empty()) return std::nullopt;
  Request request = std::move(sent_.front());
  sent_.pop_front();
  return request;
}

Millis Watch::longest_operation() const {
  constexpr Millis transactions = 8;
  return client_.servers * client_.connect_timeout +
         transactions *
             (client_.transaction_timeout + client_.credentials_timeout);
}

void Watch::called(RegistrationId id, OperationId operation) {
  if (operation == 0) return;
  // It may have settled at once.
  const bool settled = std::any_of(
      world_.outputs.begin() + static_cast<std::ptrdiff_t>(read_),
      world_.outputs.end(),
      [operation](const Seen& seen) { return seen.operation == operation; });
  // Those before it have their time as well; a wait for the next socket or
  // for its turn among ten a minute comes on top.
  constexpr Millis longest_wait = 31 * 60'000;
  const auto turns = static_cast<Millis>(pending_.size() + 1);
  pending_[operation] = {id, std::max(world_.now(), held_until_) + late_ +
                                 turns * (longest_operation() + longest_wait)};
  check();
  EXPECT_EQ(pending_.contains(operation), !settled);
}

void Watch::remove(RegistrationId id) {
  const bool was_there = world_.agent.remove(world_.clocks(), id).ok();
  EXPECT_EQ(was_there, is_alive(id));
  if (was_there) world_.drain();
  check();
  for (const auto& [member_id, member] : members_) {
    if (member.host_id == id) removed_.insert(member_id);
  }
  std::erase_if(members_,
                [id](const auto& entry) { return entry.second.host_id == id; });
  told_.erase(id);
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

void Watch::receive(const std::string& frame, FlowId flow) {
  const std::uint32_t before = world_.agent.statistics().dropped;
  const bool is_heard = is_open(flow);
  world_.receive(frame, flow);
  if (is_heard) answered(frame, before);
  check();
}

// Which of the REGISTERs in flight a frame has answered: one that was not
// dropped. Of several messages in a frame nobody tells which was.
void Watch::answered(std::string frame, std::uint32_t dropped_before) {
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
  const auto found = members_.find(owner_of(response.via.branch));
  if (response.is_request || response.status < 200 || found == members_.end()) {
    return;
  }
  Member& member = found->second;
  if (!member.in_flight || member.in_flight->call_id != response.call_id ||
      member.in_flight->cseq != response.cseq) {
    return;
  }
  const Flight flight = *member.in_flight;
  member.in_flight->may_be_answered = true;
  if (const message::Header* row = response.find(HeaderName::retry_after)) {
    const Millis seconds =
        message::parse_leading_delta_seconds(row->value).value_or(0);
    const Millis wait = std::min(seconds, longest_hold) * 1000;
    held_until_ = std::max(held_until_, world_.now() + wait);
    for (auto& [operation, pending] : pending_) pending.ends_by += wait;
  }
  if (certainly) member.in_flight.reset();
  if (!flight.registers || response.status >= 300) return;
  const Millis until =
      flight.sent_lifetime +
      static_cast<Millis>(longest_grant(response, flight.asked)) * 1000;
  member.offered_until = std::max(member.offered_until, until);
}

void Watch::check() {
  for (; read_ < world_.outputs.size(); ++read_) {
    check_output(world_.outputs[read_]);
  }
  while (!world_.frames.empty()) check_frame(world_.next_frame());
  forget_lost_flows();
  check_bindings();
  check_progress();
}

void Watch::forget_lost_flows() {
  std::erase_if(unanswered_, [this](const Request& request) {
    return !is_open(request.flow);
  });
  for (auto& [id, member] : members_) {
    if (member.in_flight && !is_open(member.in_flight->flow)) {
      member.in_flight.reset();
    }
  }
}

void Watch::check_frame(const std::string& frame) {
  EXPECT_FALSE(closed_) << "a frame after close()";
  if (frame.starts_with("REGISTER ")) check_register(frame);
  if (frame.starts_with("REGISTER ") || frame.starts_with("OPTIONS ")) {
    constexpr std::size_t kept = 32;
    if (unanswered_.size() == kept) unanswered_.erase(unanswered_.begin());
    unanswered_.push_back({frame, world_.frame_sent_on});
    sent_.push_back(unanswered_.back());
  }
}

void Watch::check_register(const std::string& frame) {
  check_register_shape(frame);
  const RegistrationId id = owner_of(parameter(header(frame, "Via"), "branch"));
  ASSERT_FALSE(removed_.contains(id)) << "a frame after removal";
  ASSERT_TRUE(members_.contains(id)) << frame;
  Member& member = members_[id];
  if (member.in_flight && !member.in_flight->may_be_answered &&
      is_open(member.in_flight->flow)) {
    EXPECT_GE(world_.frame_sent_at - member.in_flight->sent_at,
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
  flight.flow = world_.frame_sent_on;
  flight.sent_at = world_.frame_sent_at;
  flight.sent_lifetime = world_.lifetime();
  flight.asked = static_cast<std::uint32_t>(
      std::strtoul(header(frame, "Expires").c_str(), nullptr, 10));
  flight.registers = flight.asked != 0;
  member.in_flight = flight;
  member.offered_until = 0;
  // A call that one flow has satisfied may still go out on another.
  if (!is_called(member.host_id) && !has_several_flows(member.host_id)) {
    check_rate(member);
  }
}

// Whatever the server says; those that the application asked for come on top.
void Watch::check_rate(Member& member) {
  constexpr std::size_t most = 10;
  std::deque<Millis>& sends = member.automatic_sends;
  sends.push_back(world_.frame_sent_at);
  if (sends.size() <= most) return;
  EXPECT_GE(sends.back() - sends.front(), 60'000)
      << "more than ten automatic REGISTERs a minute";
  sends.pop_front();
}

void Watch::check_output(const Seen& seen) {
  if (seen.registration != 0) {
    EXPECT_FALSE(removed_.contains(seen.registration) || closed_)
        << "output " << static_cast<int>(seen.kind) << " after removal";
    const auto found = members_.find(seen.registration);
    EXPECT_TRUE(found != members_.end() &&
                found->second.host_id == seen.registration);
  }
  if (seen.kind == OutputKind::registered ||
      seen.kind == OutputKind::refreshed) {
    take_success(seen.registration);
  }
  if (seen.kind == OutputKind::registration) check_properties(seen);
  if (seen.kind == OutputKind::unregistered) {
    bool& owes_reason = told_[seen.registration].owes_reason;
    EXPECT_TRUE(std::exchange(owes_reason, false) ||
                seen.reason == UnregisteredReason::user)
        << "unregistered, and was not bound";
  }
  if (seen.operation != 0) {
    EXPECT_EQ(pending_.erase(seen.operation), 1u)
        << "settled twice, or never called: " << seen.operation;
  }
}

// Who has given up, or wants nothing, starts again for a call alone. (What a
// REGISTER has bound beside the removal of all is removed as well; a call that
// one flow has satisfied may still wait at another.)
void Watch::check_properties(const Seen& seen) {
  Told& told = told_[seen.registration];
  const auto is_at_rest = [](RegistrationState state) {
    return state == RegistrationState::unregistered ||
           state == RegistrationState::failed ||
           state == RegistrationState::removed;
  };
  if (is_at_rest(told.state) && !is_at_rest(seen.state) &&
      seen.state != RegistrationState::unregistering &&
      !has_several_flows(seen.registration)) {
    EXPECT_TRUE(is_called(seen.registration))
        << "from state " << static_cast<int>(told.state) << " to "
        << static_cast<int>(seen.state) << " without a call";
  }
  // Before 1970 a time says nothing, and what was told then stays.
  was_before_1970_ |= world_.wall() <= 0;
  if (!was_before_1970_) {
    EXPECT_EQ(seen.state == RegistrationState::waiting, seen.retry_at != 0);
    EXPECT_EQ(seen.bound, seen.expires_at != 0);
  }
  if (told.bound && !seen.bound) {
    told.owes_reason = seen.state != RegistrationState::removed;
  }
  told.state = seen.state;
  told.bound = seen.bound;
}

void Watch::take_success(RegistrationId id) {
  bool is_offered = false;
  for (auto& [member_id, member] : members_) {
    if (member.host_id != id || member.offered_until == 0) continue;
    member.granted_until = std::exchange(member.offered_until, 0);
    is_offered = true;
  }
  EXPECT_TRUE(is_offered) << "a success without a 2xx";
}

// Nobody is stuck: something is under way or will be, and calls end in time.
void Watch::check_progress() {
  const Millis passed = world_.now() - std::exchange(checked_at_, world_.now());
  if (something_is_due() || !world_.is_punctual()) {
    late_ += passed;
    return;
  }
  for (const auto& [operation, pending] : pending_) {
    EXPECT_LE(world_.now(), pending.ends_by + late_)
        << "call " << operation << " is pending for too long";
  }
  const bool will_go_on = world_.deadline() != no_deadline;
  EXPECT_TRUE(pending_.empty() || will_go_on) << "a call is left pending";
  for (const auto& [id, told] : told_) {
    if (!is_alive(id)) continue;
    EXPECT_FALSE(told.owes_reason) << "not bound any more, and not told why";
    switch (told.state) {
      case RegistrationState::connecting:
      case RegistrationState::registering:
      case RegistrationState::refreshing:
      case RegistrationState::unregistering:
      case RegistrationState::registered:
      case RegistrationState::waiting:
        EXPECT_TRUE(will_go_on)
            << "stuck in state " << static_cast<int>(told.state);
        break;
      case RegistrationState::unregistered:
      case RegistrationState::failed:
      case RegistrationState::removed:
        break;
    }
  }
}

bool Watch::something_is_due() const {
  const Millis at = world_.deadline();
  return at != no_deadline && at <= world_.now();
}

void Watch::check_bindings() const {
  if (something_is_due() || !world_.is_punctual()) return;
  std::map<RegistrationId, Millis> granted_until;  // by what the host knows
  for (const auto& [id, member] : members_) {
    Millis& until = granted_until[member.host_id];
    until = std::max(until, member.granted_until);
  }
  for (const auto& [id, until] : granted_until) {
    const Seen* const told = world_.properties(id);
    if (!is_alive(id) || told == nullptr) continue;
    if (told->bound) {
      EXPECT_LE(world_.lifetime(), until + 1'000)
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
  constexpr Millis longest_wait = 30 * 60'000;  // of a host that was offline
  const Millis end = std::max(held_until_, world_.now()) + longest_wait +
                     static_cast<Millis>(pending_.size()) * longest_operation();
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
