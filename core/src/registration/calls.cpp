// Calls: which merge, which wait, which goes out next (RFC 3261 section 10.2:
// no new REGISTER before the final answer to the one before).
#include <utility>

#include "registration/registration.h"

namespace sipreg::registration {
namespace {

// Calls that cannot merge; an application that needs more is in a loop.
constexpr std::uint32_t longest_queue = 64;

}  // namespace

void Registration::call(std::unique_ptr<Exchange> call, OperationId operation) {
  call->operations.push_back(operation);
  if (call->unregisters()) {
    call_unregister(std::move(call));
  } else {
    if (call->registers()) {
      set_cseqs_aside();  // while the socket is opened
      wanted_ = true;
      if (failed_) failures_ = failovers_ = 0;
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

// Whether a call of the user's waits, behind the library's own or not.
bool Registration::is_asked_for_anything() const {
  for (const Exchange* waiting = queue_.get(); waiting != nullptr;
       waiting = waiting->next.get()) {
    if (!waiting->automatic()) return true;
  }
  return false;
}

// Calls of one kind that wait merge; the last `expires` wins. One that the
// REGISTER in flight satisfies joins it.
void Registration::enqueue(std::unique_ptr<Exchange> call) {
  Exchange* into = nullptr;
  if (!queue_) {
    if (current_ && satisfies(*current_, *call, settings_.expires)) {
      into = current_.get();
    }
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
                              "64 different calls wait; await some of them."));
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
         (bound_ && connection_.open());
}

void Registration::want_nothing() {
  wanted_ = false;
  failed_ = false;
  retry_at_ = no_deadline;
  if (is_waiting_for_credentials() && current_->registers()) {
    // Nothing is in flight: it waits its turn no longer.
    credentials_deadline_ = no_deadline;
    enqueue_first(std::move(current_));
  }
  cancel_waiting_registers();
}

void Registration::leave() {
  want_nothing();
  start_next();
  publish();
}

void Registration::call_unregister(std::unique_ptr<Exchange> call) {
  want_nothing();
  if (call->kind == CallKind::unregister_all) {
    for (Registration* const flow : flows_) {
      if (flow != this) flow->leave();
    }
  }
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
      settle_failed(*waiting,
                    make_failure(FailureCode::cancelled,
                                 "unregister() was called meanwhile."));
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
    if (!wanted_ && queue_->registers() && queue_->automatic()) {
      release(dequeue());  // what it was for has ended meanwhile
      continue;
    }
    if (queue_->unregisters()) {
      if (!must_be_sent(*queue_)) {
        finish_unsent(dequeue());
        continue;
      }
    } else if (is_held()) {
      return;
    }
    if (!connection_.open()) {
      const bool is_asked = is_asked_for_anything();
      if (is_asked) retry_at_ = no_deadline;
      connection_.want(is_asked);
      return;
    }
    if (settings_.secure && !connection_.secure()) {
      return fail_waiting(make_failure(
          FailureCode::transport,
          "A sips: address of record needs a wss: server (RFC 3261 26.2)."));
    }
    if (queue_->automatic() && automatic_sends_.next_slot() > now) {
      retry_at_ = automatic_sends_.next_slot();
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
    silent_flow_ = 0;
  }
  if (current_->registers()) {
    failed_ = false;
    wanted_ = !is_asked_to_leave();
    if (current_->expires) settings_.expires = *current_->expires;
    if (next_push_) {
      // With outbound in force the instance and reg-id replace it.
      if (bound_ && !old_contact_ && !(grant_ && grant_->outbound)) {
        old_contact_ = std::make_unique<Text>(settings_.contact_uri());
      }
      replace_push(*next_push_, settings_);
      next_push_.reset();
    }
  }
  if (!asks_for_token()) send_register();
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

Status Registration::update(const UpdateOptions& options) {
  Text header_rows;
  Text supported;
  Text push;
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

}  // namespace sipreg::registration
