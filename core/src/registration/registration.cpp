#include "registration/registration.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sipreg::registration {
namespace {

constexpr std::size_t call_id_length = 32;
constexpr std::size_t tag_length = 16;
// At most ten automatic REGISTERs in any minute, whatever the server says.
constexpr Millis rate_window = 60'000;
// A step of the wall clock that moves the times that the host was told.
constexpr Millis noticeable_step = 1'000;
// Calls that cannot merge; an application that needs more is in a loop.
constexpr std::uint32_t longest_queue = 64;

}  // namespace

Registration::Registration(Context& context, RegistrationId id,
                           Settings&& settings)
    : context_(context), id_(id), settings_(std::move(settings)) {
  context_.entropy.append_token(call_id_, call_id_length);
  context_.entropy.append_token(from_tag_, tag_length);
  automatic_sends_.fill(no_deadline);
}

Registration::~Registration() { forget_sessions(); }

// ------------------------------------------------------------------- calls

void Registration::call(std::unique_ptr<Exchange> call, OperationId operation) {
  call->operations.push_back(operation);
  if (call->unregisters()) {
    call_unregister(std::move(call));
  } else {
    if (call->registers()) {
      wanted_ = true;
      if (failed_) failures_ = 0;
      failed_ = false;
    }
    enqueue(std::move(call));
    start_next();
  }
  publish();
}

// Whether a user's register() or refresh() is under way or waits.
bool Registration::is_asked_to_register() const {
  if (current_ && current_->registers() && !current_->automatic()) return true;
  for (const Exchange* waiting = queue_.get(); waiting != nullptr;
       waiting = waiting->next.get()) {
    if (waiting->registers() && !waiting->automatic()) return true;
  }
  return false;
}

// Whether an unregister() waits behind what is under way.
bool Registration::is_asked_to_leave() const {
  for (const Exchange* waiting = queue_.get(); waiting != nullptr;
       waiting = waiting->next.get()) {
    if (waiting->unregisters()) return true;
  }
  return false;
}

// Calls of one kind that wait merge; the last `expires` wins. One that the
// REGISTER in flight satisfies joins it.
void Registration::enqueue(std::unique_ptr<Exchange> call) {
  Exchange* into = nullptr;
  if (!queue_) {
    if (current_ && satisfies(*current_, *call)) into = current_.get();
  } else {
    Exchange* tail = queue_.get();
    std::uint32_t waiting = 1;
    for (; tail->next; ++waiting) tail = tail->next.get();
    if (can_merge(*tail, *call)) {
      into = tail;
      if (call->expires) into->expires = call->expires;
      into->force |= call->force;
    } else if (waiting == longest_queue) {
      settle_failed(
          *call, make_failure(FailureCode::cancelled,
                              "Too many different calls wait for their turn."));
      return release(std::move(call));
    } else {
      tail->next = std::move(call);
      return;
    }
  }
  if (into == nullptr) {
    queue_ = std::move(call);
    return;
  }
  for (const OperationId operation : call->operations) {
    into->operations.push_back(operation);
  }
  release(std::move(call));
}

void Registration::enqueue_first(std::unique_ptr<Exchange> call) {
  call->next = std::move(queue_);
  queue_ = std::move(call);
}

// A REGISTER of the library's own, unless one is under way or waits already.
void Registration::enqueue_automatic() {
  if (current_ && current_->registers()) return;
  for (const Exchange* waiting = queue_.get(); waiting != nullptr;
       waiting = waiting->next.get()) {
    if (waiting->registers()) return;
  }
  enqueue_first(context_.exchanges.take());
}

std::unique_ptr<Exchange> Registration::dequeue() {
  std::unique_ptr<Exchange> head = std::move(queue_);
  queue_ = std::move(head->next);
  return head;
}

void Registration::release(std::unique_ptr<Exchange> exchange) {
  context_.exchanges.give_back(std::move(exchange));
}

bool Registration::must_be_sent(const Exchange& exchange) const {
  return exchange.kind == CallKind::unregister_all || exchange.force ||
         (bound_ && context_.connection.open());
}

void Registration::call_unregister(std::unique_ptr<Exchange> call) {
  wanted_ = false;
  failed_ = false;
  retry_at_ = no_deadline;
  if (!current_) cancel_waiting_registers();
  if (!current_ && !must_be_sent(*call)) {
    finish_unsent(std::move(call));
  } else {
    enqueue(std::move(call));
  }
  start_next();
}

// unregister() before register() had anything on the wire.
void Registration::cancel_waiting_registers() {
  std::unique_ptr<Exchange> waiting = std::move(queue_);
  while (waiting) {
    std::unique_ptr<Exchange> next = std::move(waiting->next);
    if (waiting->registers()) {
      settle_failed(
          *waiting,
          make_failure(FailureCode::cancelled,
                       "unregister() was called before anything was sent."));
      release(std::move(waiting));
    } else {
      enqueue(std::move(waiting));
    }
    waiting = std::move(next);
  }
}

void Registration::start_next() {
  if (!is_held()) hold_until_ = no_deadline;
  while (queue_ && !current_ && !ended_) {
    const Millis now = context_.clock.steady();
    if (queue_->unregisters()) {
      if (!must_be_sent(*queue_)) {
        finish_unsent(dequeue());
        continue;
      }
    } else if (is_held()) {
      return;
    }
    if (!context_.connection.open()) {
      if (!queue_->automatic()) retry_at_ = no_deadline;
      context_.connection.want(!queue_->automatic());
      return;
    }
    if (settings_.secure && !context_.connection.secure()) {
      return fail_waiting(make_failure(
          FailureCode::transport,
          "A sips: address of record needs a wss: server (RFC 3261 26.2)."));
    }
    if (queue_->automatic() && automatic_slot() > now) {
      retry_at_ = automatic_slot();
      return;
    }
    start(dequeue());
  }
}

void Registration::start(std::unique_ptr<Exchange> exchange) {
  current_ = std::move(exchange);
  if (current_->registers() || current_->unregisters()) {
    refresh_at_ = no_deadline;
    retry_at_ = no_deadline;
  }
  if (current_->registers()) {
    failed_ = false;
    wanted_ = !is_asked_to_leave();
    if (current_->expires) settings_.expires = *current_->expires;
    if (next_push_) {
      replace_push(*next_push_, settings_);
      next_push_.reset();
    }
  }
  send_register();
}

void Registration::finish_unsent(std::unique_ptr<Exchange> exchange) {
  const bool was_bound = bound_;
  lose_binding();
  retry_at_ = no_deadline;
  publish();
  if (was_bound) unregistered(UnregisteredReason::user, false);
  for (const OperationId operation : exchange->operations) {
    Output& output = context_.outbox.push(OutputKind::operation_done);
    output.registration = id_;
    output.operation = operation;
    output.call = exchange->kind;
  }
  release(std::move(exchange));
}

// Whether a Retry-After runs.
bool Registration::is_held() const {
  return hold_until_ != no_deadline && hold_until_ > context_.clock.steady();
}

bool Registration::waits_for_hold() const {
  return !current_ && queue_ && queue_->registers() && is_held();
}

// When the next automatic REGISTER may go out; steady.
Millis Registration::automatic_slot() const {
  const Millis oldest = automatic_sends_[automatic_next_];
  return oldest == no_deadline ? 0 : oldest + rate_window;
}

Status Registration::update(const UpdateOptions& options) {
  std::string header_rows;
  std::string supported;
  std::string push;
  Status status;
  if (options.headers) status = render_headers(*options.headers, header_rows);
  if (status.ok() && options.supported) {
    status = render_supported(*options.supported, supported);
  }
  if (status.ok() && options.display_name) {
    status = check_display_name(*options.display_name);
  }
  if (status.ok() && options.refresh) status = check_refresh(*options.refresh);
  if (status.ok() && options.push) {
    status = render_push(*options.push, push);
  }
  if (!status.ok()) return status;
  // The Contact stays until a REGISTER carries the new one: what is removed
  // must be what is bound (RFC 5626 section 4.2.1).
  if (options.push) next_push_ = std::move(push);
  if (options.headers) settings_.header_rows = std::move(header_rows);
  if (options.supported) settings_.supported = std::move(supported);
  if (options.display_name) settings_.display_name = *options.display_name;
  if (options.refresh) settings_.refresh = *options.refresh;
  if (options.retry) settings_.retry = *options.retry;
  return status;
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
  if (context_.connection.last_frame_at() <= transaction_.sent_at) {
    context_.connection.probe();
  }
  Failure failure = make_failure(
      FailureCode::timeout,
      "The registrar did not answer in time (Timer F). Check that the server "
      "serves this domain and that the path to it is up.");
  failure.retryable = true;
  fail(failure);
}

void Registration::expired() {
  lose_binding();
  if (settings_.refresh.policy == RefreshPolicy::off) {
    if (!is_asked_to_register()) wanted_ = false;
  } else if (wanted_ && retry_at_ == no_deadline) {
    enqueue_automatic();
    start_next();
  }
  publish();
  unregistered(UnregisteredReason::expired, false);
}

// ------------------------------------------------------------------- flows

void Registration::flow_up() {
  const bool held =
      retry_at_ != no_deadline && retry_at_ > context_.clock.steady();
  if (wanted_ && !failed_ && !held) enqueue_automatic();
  start_next();
  publish();
}

void Registration::flow_down() {
  transaction_.active = false;
  credentials_deadline_ = no_deadline;
  Failure failure = make_failure(
      FailureCode::transport,
      "The connection to the server was lost before the answer came.");
  failure.retryable = true;
  if (current_) {
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
  if (!context_.connection.reconnects()) {
    fail_waiting(failure);
  } else if (wanted_ && !failed_ && refresh_at_ != no_deadline) {
    refresh_at_ = no_deadline;  // the new flow's REGISTER takes its place
  }
  start_next();
  publish();
}

void Registration::round_failed() {
  Failure failure;
  failure.code = context_.connection.cause();
  failure.retryable = failure.code != FailureCode::protocol;
  switch (failure.code) {
    case FailureCode::protocol:
      failure.message =
          "The server opened the WebSocket without agreeing to the subprotocol "
          "sip (RFC 7118). Check that the URL is the one of the SIP server.";
      break;
    case FailureCode::timeout:
      failure.message =
          "The server did not open the WebSocket within connectTimeoutMs.";
      break;
    default:
      failure.message =
          "The WebSocket could not be opened. Platforms hide why: the server "
          "may be down, its name unknown, its certificate refused, the URL "
          "wrong (HTTP error), or it does not speak the subprotocol sip.";
  }
  fail_waiting(failure);
  publish();
}

void Registration::cleared() {
  const bool was_bound = bound_;
  lose_binding();
  if (!is_asked_to_register()) {
    wanted_ = false;
    retry_at_ = no_deadline;
    if (queue_ && queue_->registers()) release(dequeue());
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
}

// ------------------------------------------------------------------- state

RegistrationState Registration::state() const {
  if (ended_) return RegistrationState::removed;
  const flow::Connection& connection = context_.connection;
  if (current_) {
    if (current_->unregisters()) return RegistrationState::unregistering;
    if (holds_on_flow()) return RegistrationState::refreshing;
    if (current_->registers()) return RegistrationState::registering;
  }
  if (failed_) return RegistrationState::failed;
  if (!wanted_) {
    return bound_ && queue_ ? RegistrationState::connecting
                            : RegistrationState::unregistered;
  }
  if (retry_at_ != no_deadline || waits_for_hold()) {
    return RegistrationState::waiting;
  }
  switch (connection.state()) {
    case ConnectionState::waiting:
      return RegistrationState::waiting;
    case ConnectionState::connected:
      if (holds_on_flow()) return RegistrationState::registered;
      return RegistrationState::connecting;
    case ConnectionState::connecting:
    case ConnectionState::disconnected:
    case ConnectionState::closed:
      return RegistrationState::connecting;
  }
  return RegistrationState::connecting;
}

bool Registration::holds_on_flow() const {
  return bound_ && context_.connection.open() &&
         registered_flow_ == context_.connection.flow();
}

// Our own wait, and the connection's where there is no flow.
Millis Registration::next_attempt_at() const {
  if (waits_for_hold()) return hold_until_;
  const flow::Connection& connection = context_.connection;
  return connection.open() ? retry_at_
                           : std::max(retry_at_, connection.retry_at());
}

void Registration::publish() {
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
  output.expires_at = wall_of_lifetime(expires_at_);
  output.refresh_at = wall_of_lifetime(refresh_at_);
  output.retry_at = wall(retry_at);
}

OwnContact Registration::own_contact(std::uint32_t asked) const {
  OwnContact own;
  own.uri = settings_.contact_uri();
  own.user = settings_.contact_token;
  own.host = settings_.contact_host;
  if (settings_.reg_id != 0 || settings_.gruu) {
    own.instance = context_.instance_id;
  }
  own.reg_id = settings_.reg_id;
  own.asked = asked;
  return own;
}

}  // namespace sipreg::registration
