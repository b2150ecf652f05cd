#include "registration/registration.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "message/uri.h"
#include "message/writer.h"

namespace sipreg::registration {
namespace {

constexpr std::size_t call_id_length = 32;
// A step of the wall clock that moves the times that the host was told.
constexpr Millis noticeable_step = 1'000;

}  // namespace

Registration::Registration(Context& context, flow::Connection& connection,
                           RegistrationId id, std::uint32_t flow_number,
                           Settings&& settings)
    : context_(context),
      connection_(connection),
      id_(id),
      flow_number_(flow_number),
      settings_(std::move(settings)) {
  context_.entropy.append_token(call_id_, call_id_length);
  context_.entropy.write_token(from_tag_);
}

// ------------------------------------------------------------------ timers

Millis Registration::deadline() const {
  Millis first = no_deadline;
  const auto consider = [&first](Millis at) {
    if (at != no_deadline && (first == no_deadline || at < first)) first = at;
  };
  if (transaction_.active) consider(transaction_.timer_f);
  consider(credentials_deadline_);
  consider(retry_at_);
  if (queue_ && !current_) consider(hold_until_);
  if (expires_at_ != no_deadline) {
    consider(context_.clock.steady_at(expires_at_));
  }
  if (refresh_at_ != no_deadline) {
    consider(context_.clock.steady_at(refresh_at_));
  }
  return first;
}

void Registration::advance() {
  const Millis now = context_.clock.steady();
  const Millis lifetime = context_.clock.lifetime();
  const auto is_due = [](Millis at, Millis clock) {
    return at != no_deadline && at <= clock;
  };
  if (transaction_.active && is_due(transaction_.timer_f, now)) timed_out();
  if (is_due(credentials_deadline_, now)) {
    credentials_deadline_ = no_deadline;
    fail(make_failure(FailureCode::timeout,
                      "The credentials callback did not answer within "
                      "credentialsTimeoutMs."));
  }
  if (bound_ && is_due(expires_at_, lifetime)) expired();
  if (is_due(refresh_at_, lifetime)) {
    refresh_at_ = no_deadline;
    if (wanted_) enqueue_automatic();
    start_next();
  }
  if (is_due(hold_until_, now)) {
    hold_until_ = no_deadline;
    start_next();
  }
  if (is_due(retry_at_, now)) {
    retry_at_ = no_deadline;
    if (wanted_) enqueue_automatic();
    start_next();
  }
  publish();
}

// Timer F (RFC 3261 section 17.1.2.2) counts as a 408. A flow on which other
// frames came in meanwhile is alive: then this registrar alone is silent.
void Registration::timed_out() {
  transaction_.active = false;
  const bool is_silent = connection_.last_frame_at() <= transaction_.sent_at;
  if (is_silent) connection_.probe(options_request());
  Failure failure =
      make_failure(FailureCode::timeout,
                   "The registrar did not answer in time (Timer F). Check that "
                   "the server serves this domain.");
  failure.retryable = true;
  if (is_silent) silent_flow_ = transaction_.flow;
  fail(failure);
}

void Registration::expired() {
  lose_binding();
  if (settings_.refresh.policy == RefreshPolicy::off) {
    const bool is_recovering = current_ && current_->registers();
    if (!is_recovering && !is_asked_to_register()) wanted_ = false;
  } else if (wanted_ && retry_at_ == no_deadline) {
    enqueue_automatic();
    start_next();
  }
  publish();
  unregistered(UnregisteredReason::expired, false);
}

// ------------------------------------------------------------------- flows

void Registration::flow_up() {
  flow_refusals_ = 0;
  // What one server does not support says nothing of the next one.
  if (dropped_by_ != connection_.server()) dropped_ = 0;
  const bool held =
      retry_at_ != no_deadline && retry_at_ > context_.clock.steady();
  if (wanted_ && !failed_ && (!held || silence_was_the_flows())) {
    enqueue_automatic();
  }
  start_next();
  publish();
}

// The silence is put down to the flow that ended since, and not to the
// registrar; but once only: a server that opens sockets and answers nothing
// gets the waits of RFC 5626 section 4.5.
bool Registration::silence_was_the_flows() const {
  return failures_ == 1 && silent_flow_ != 0 &&
         silent_flow_ != connection_.flow();
}

void Registration::flow_down() {
  transaction_.active = false;
  credentials_deadline_ = no_deadline;
  Failure failure = make_failure(
      FailureCode::transport,
      "The connection to the server was lost before the answer came.");
  failure.retryable = true;
  if (current_) {
    // The server that comes next may refuse their nonce, which would look like
    // a refusal of the password.
    authenticator_.drop_in_doubt();
    std::unique_ptr<Exchange> exchange = std::move(current_);
    switch (exchange->kind) {
      case CallKind::register_:
      case CallKind::refresh:
        // A refresh rides on the next flow, once: the REGISTER there is a
        // recovery.
        if (bound_ && wanted_ && transaction_.flow == registered_flow_) {
          exchange->restart();
          enqueue_first(std::move(exchange));
        } else {
          fail_register(std::move(exchange), failure);
        }
        break;
      case CallKind::unregister:
      case CallKind::unregister_all:
        finish_unregister(std::move(exchange), false);
        break;
      case CallKind::query:
      case CallKind::remove_binding:
        settle_failed(*exchange, failure);
        release(std::move(exchange));
        break;
    }
  }
  if (!connection_.reconnects()) {
    fail_waiting(failure);
  } else if (wanted_ && !failed_ && refresh_at_ != no_deadline) {
    refresh_at_ = no_deadline;  // the new flow's REGISTER takes its place
  }
  start_next();
  publish();
}

void Registration::round_failed() {
  Failure failure;
  failure.code = connection_.cause();
  failure.retryable = failure.code != FailureCode::protocol;
  switch (failure.code) {
    case FailureCode::protocol:
      failure.message =
          "The server did not agree to the subprotocol sip (RFC 7118). Check "
          "the URL.";
      break;
    case FailureCode::timeout:
      failure.message =
          "The WebSocket was not open within connectTimeoutMs. Check server.";
      break;
    default:
      failure.message =
          "The WebSocket could not be opened. Platforms hide why: the server "
          "is down, or its name, certificate, path or subprotocol is wrong.";
  }
  fail_waiting(failure);
  publish();
}

bool Registration::refresh_early() {
  if (!wanted_ || current_ || queue_ || !holds_on_flow() ||
      settings_.refresh.policy == RefreshPolicy::off) {
    return false;
  }
  enqueue_automatic();
  start_next();
  publish();
  return transaction_.active;
}

void Registration::warn_of_idle_close() {
  if (!wanted_) return;
  warn("idle-close",
       "Idle connections are closed on the way; keep-alives are sent sooner "
       "from now on.");
}

void Registration::cleared() {
  const bool was_bound = bound_;
  lose_binding();
  if (!is_asked_to_register()) {
    wanted_ = false;
    retry_at_ = no_deadline;
  }
  publish();
  if (was_bound) unregistered(UnregisteredReason::cleared, true);
  start_next();
  publish();
}

void Registration::end(FailureCode code) {
  Failure failure;
  failure.code = code;
  failure.message = code == FailureCode::closed
                        ? "The client was closed."
                        : "The registration was removed.";
  ended_ = true;
  wanted_ = false;
  transaction_.active = false;
  retry_at_ = hold_until_ = credentials_deadline_ = no_deadline;
  lose_binding();
  publish();
  std::unique_ptr<Exchange> exchange = std::move(current_);
  if (exchange) enqueue_first(std::move(exchange));
  while (queue_) {
    exchange = dequeue();
    settle_failed(*exchange, failure);
    release(std::move(exchange));
  }
  settle_question();
  count_in();
}

// ------------------------------------------------------------------- state

RegistrationState Registration::state() const {
  if (ended_) return RegistrationState::removed;
  if (current_) {
    if (current_->unregisters()) return RegistrationState::unregistering;
    if (holds_on_flow()) return RegistrationState::refreshing;
    if (current_->registers()) return RegistrationState::registering;
  }
  if (failed_) return RegistrationState::failed;
  // With what is held, until the removal that waits has its turn.
  if (!wanted_ && !(bound_ && queue_)) return RegistrationState::unregistered;
  if (retry_at_ != no_deadline || waits_for_hold()) {
    return RegistrationState::waiting;
  }
  switch (connection_.state()) {
    case ConnectionState::waiting:
      return RegistrationState::waiting;
    case ConnectionState::connected:
      if (holds_on_flow()) return RegistrationState::registered;
      // On an open socket the next REGISTER is about to go out.
      return connection_.open() ? RegistrationState::registering
                                : RegistrationState::waiting;
    case ConnectionState::connecting:
    case ConnectionState::disconnected:
    case ConnectionState::closed:
      return RegistrationState::connecting;
  }
  return RegistrationState::connecting;
}

bool Registration::holds_on_flow() const {
  return bound_ && connection_.open() && registered_flow_ == connection_.flow();
}

void Registration::join(std::span<Registration* const> flows) {
  flows_ = flows;
  if (!flows.empty()) authenticator_.join(flows.front()->authenticator_);
}

bool Registration::another_flow_holds() const {
  return std::any_of(flows_.begin(), flows_.end(),
                     [this](const Registration* flow) {
                       return flow != this && flow->holds_on_flow();
                     });
}

// Our own wait, and the connection's where there is no flow.
Millis Registration::next_attempt_at() const {
  const bool holds = waits_for_hold();
  const Millis own = holds ? hold_until_ : retry_at_;
  // A call that waits for the end of a Retry-After cuts a back-off short then.
  if (connection_.open() || (holds && is_asked_for_anything())) return own;
  return std::max(own, connection_.retry_at());
}

// The connection is kept alive for those that need it.
void Registration::count_in() {
  if (wants_flow() != is_user_) {
    is_user_ = !is_user_;
    is_user_ ? connection_.add_user() : connection_.remove_user();
  }
  if (holds_on_flow() != is_holder_) {
    is_holder_ = !is_holder_;
    is_holder_ ? connection_.add_holder() : connection_.remove_holder();
  }
}

void Registration::publish() {
  count_in();
  settle_question();
  const RegistrationState now = state();
  const Millis wall_offset = context_.clock.wall() - context_.clock.steady();
  const bool has_told_times = bound_ || told_retry_at_ != no_deadline;
  const bool clock_was_set =
      has_told_times &&
      std::abs(wall_offset - told_wall_offset_) >= noticeable_step;
  const Millis retry_at =
      now == RegistrationState::waiting ? next_attempt_at() : no_deadline;
  if (!clock_was_set && now == told_state_ && bound_ == told_bound_ &&
      expires_at_ == told_expires_at_ && refresh_at_ == told_refresh_at_ &&
      retry_at == told_retry_at_) {
    return;
  }
  told_wall_offset_ = wall_offset;
  told_state_ = now;
  told_bound_ = bound_;
  told_expires_at_ = expires_at_;
  told_refresh_at_ = refresh_at_;
  told_retry_at_ = retry_at;
  const Clock& clock = context_.clock;
  const auto wall = [&clock](Millis steady) {
    return steady == no_deadline ? 0 : clock.wall_at(steady);
  };
  const auto wall_of_lifetime = [&clock](Millis at) {
    return at == no_deadline ? 0 : clock.wall_at(clock.steady_at(at));
  };
  Output& output = context_.outbox.push(OutputKind::registration);
  output.registration = id_;
  output.state = now;
  output.bound = bound_;
  output.server = connection_.server();
  output.reg_id = settings_.reg_id;
  output.connected = connection_.open();
  output.expires_at = wall_of_lifetime(expires_at_);
  output.refresh_at = wall_of_lifetime(refresh_at_);
  output.retry_at = wall(retry_at);
}

bool Registration::is_temporary_gruu(std::string_view uri) const {
  return grant_ && !grant_->temp_gruu.empty() &&
         message::equal_uris(grant_->temp_gruu, uri);
}

// Without what wakes this device (RFC 8599 section 14: it is no business of
// those who are called).
void Registration::describe_for_dialogs(Text& out) const {
  message::Writer writer(out);
  writer.text(settings_.contact_host()).text("\n");
  if (grant_ && !grant_->pub_gruu.empty()) {
    writer.text(grant_->pub_gruu);
  } else {
    const std::string_view contact = settings_.contact_uri();
    writer.text(contact.substr(0, contact.size() - settings_.push_length));
    if (grant_ && grant_->outbound) writer.text(";ob");
  }
  if (grant_) writer.text(grant_->service_route);
}

OwnContact Registration::own_contact(std::uint32_t asked) const {
  OwnContact own;
  own.uri = settings_.contact_uri();
  own.user = settings_.contact_token();
  own.host = settings_.contact_host();
  if (uses(Extension::outbound) || uses(Extension::gruu)) {
    own.instance = context_.instance_id;
  }
  own.reg_id = uses(Extension::outbound) ? settings_.reg_id : 0;
  own.first_reg_id = settings_.reg_id - flow_number_;
  own.flow_number = flow_number_;
  own.flows = static_cast<std::uint32_t>(flows_.size());
  context_.sibling_uris.clear();
  for (const Registration* const flow : flows_) {
    if (flow != this) {
      context_.sibling_uris.push_back(flow->settings_.contact_uri());
    }
  }
  own.sibling_uris = {context_.sibling_uris.data(),
                      context_.sibling_uris.size()};
  own.asked = asked;
  return own;
}

}  // namespace sipreg::registration
