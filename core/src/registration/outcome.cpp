// How calls end that did not succeed.
#include <algorithm>
#include <utility>

#include "registration/registration.h"

namespace sipreg::registration {
namespace {

constexpr Millis shortest_bound_retry = 5'000;
constexpr Millis widest_retry_after_spread = 30'000;
constexpr Millis longest_pending_wait = 10'000;

// See Output::sent. A proxy's 408 or 504 says that no answer came.
bool may_be_done(const Exchange& exchange, const Failure& failure) {
  const int status = failure.response.status;
  if (status != 0) return status < 300 || status == 408 || status == 504;
  return exchange.transactions > 0 && !exchange.waiting_for_credentials &&
         failure.code != FailureCode::auth_failed;
}

}  // namespace

void Registration::fail(const Failure& failure) {
  if (!current_) return;
  authenticator_.drop_in_doubt();
  std::unique_ptr<Exchange> exchange = std::move(current_);
  switch (exchange->kind) {
    case CallKind::register_:
    case CallKind::refresh:
      fail_register(std::move(exchange), failure);
      break;
    case CallKind::unregister:
    case CallKind::unregister_all:
      fail_unregister(std::move(exchange), failure);
      break;
    case CallKind::query:
    case CallKind::remove_binding:
      publish();
      settle_failed(*exchange, failure);
      release(std::move(exchange));
      break;
  }
  start_next();
  publish();
}

void Registration::fail_register(std::unique_ptr<Exchange> exchange,
                                 Failure failure) {
  ++failures_;
  if (failure.retry_after && *failure.retry_after > longest_retry_after &&
      !connection_.is_given_up()) {
    failure.retryable = false;
  }
  // Gone from the registrar's table for sure: a refusal for good (RFC 3261
  // section 21.4.4, .5), or a 2xx that does not list it.
  const int status = failure.response.status;
  const bool was_bound = bound_;
  const bool is_missing = status >= 200 && status < 300;
  if (status == 403 || status == 404 || is_missing) lose_binding();
  // RFC 3608 section 6.1
  if (status >= 300 && !failure.retryable && grant_) {
    grant_->service_route.clear();
  }

  const bool connection_retries =
      failure.code == FailureCode::transport || connection_.is_given_up();
  OutputKind event = OutputKind::none;
  if (wanted_) {
    if (failure.retryable && (settings_.retry || connection_retries) &&
        (!connection_retries || connection_.reconnects())) {
      event = OutputKind::retry;
      if (!connection_retries) schedule_retry(failure);
      tell_next_attempt(failure);
    } else {
      event = OutputKind::failed;
      wanted_ = false;
      failed_ = true;
      refresh_at_ = no_deadline;
    }
  }
  publish();
  if (was_bound && !bound_) {
    unregistered(
        is_missing ? UnregisteredReason::cleared : UnregisteredReason::rejected,
        true);
  }
  tell(event, failure);
  settle_failed(*exchange, failure);
  release(std::move(exchange));
}

// "Nothing else to that server for that time" (RFC 3261 section 21.5.4), for
// calls as well.
void Registration::hold(const Failure& failure) {
  if (!failure.retry_after || *failure.retry_after > longest_retry_after) {
    return;
  }
  hold_until_ = context_.clock.steady() +
                static_cast<Millis>(*failure.retry_after) * 1000;
}

// Retry-After is a lower bound that nothing undercuts (RFC 3261 section
// 20.33); the rest is RFC 5626 section 4.5, hastened so that two attempts fit
// before a binding that is still held ends.
void Registration::schedule_retry(const Failure& failure) {
  const Millis now = context_.clock.steady();
  flow::BackOff back_off = flow::rfc5626_back_off;
  if (another_flow_holds()) back_off.base = flow::base_beside_others;
  Millis delay = flow::back_off_delay(back_off, failures_, context_.entropy);
  // RFC 3261 section 21.4.27: another request of ours is being worked on.
  if (failure.response.status == 491) {
    delay = context_.entropy.between(0, longest_pending_wait);
  } else if (bound_) {
    const Millis left = expires_at_ - context_.clock.lifetime();
    delay = std::min(delay, std::max(shortest_bound_retry, left / 2));
  }
  if (failure.retry_after) {
    const Millis asked = static_cast<Millis>(*failure.retry_after) * 1000;
    const Millis spread = context_.entropy.between(
        0, std::min(asked / 10, widest_retry_after_spread));
    delay = std::max(delay, asked + spread);
  }
  retry_at_ = std::max(now + delay, automatic_sends_.next_slot());
}

void Registration::tell_next_attempt(Failure& failure) const {
  const Millis at = next_attempt_at();
  // Without a time it is under way, for another registration's sake.
  failure.retry_at =
      context_.clock.wall_at(at == no_deadline ? context_.clock.steady() : at);
}

// Whatever the registrar says, the user wants out: local state follows.
void Registration::fail_unregister(std::unique_ptr<Exchange> exchange,
                                   const Failure& failure) {
  lose_all(*exchange, bound_, false);
  settle_failed(*exchange, failure);
  release(std::move(exchange));
}

// The socket is gone or could not be had: calls that wait for it are told.
void Registration::fail_waiting(Failure failure) {
  bool told = !wanted_;
  std::unique_ptr<Exchange> waiting = std::move(queue_);
  while (waiting) {
    std::unique_ptr<Exchange> next = std::move(waiting->next);
    if (waiting->unregisters() && !must_be_sent(*waiting)) {
      finish_unsent(std::move(waiting));
    } else if (waiting->unregisters()) {
      fail_unregister(std::move(waiting), failure);
    } else {
      if (waiting->registers()) {
        if (!told) tell_round_failed(failure);
        told = true;
        // The REGISTERs that follow ask for it all the same.
        if (waiting->expires) settings_.expires = *waiting->expires;
      }
      settle_failed(*waiting, failure);
      release(std::move(waiting));
    }
    waiting = std::move(next);
  }
  if (!told) tell_round_failed(failure);
}

void Registration::tell_round_failed(Failure& failure) {
  const bool goes_on = failure.retryable && connection_.reconnects();
  if (goes_on) {
    tell_next_attempt(failure);
  } else {
    wanted_ = false;
    failed_ = true;
    refresh_at_ = no_deadline;
  }
  publish();
  tell(goes_on ? OutputKind::retry : OutputKind::failed, failure);
}

void Registration::tell(OutputKind event, const Failure& failure) {
  if (event == OutputKind::none) return;
  Output& output = context_.outbox.push(event);
  output.registration = id_;
  output.failure = failure;
  // Those made offline are not counted, and this is one.
  output.attempt = std::max({failures_, connection_.failures(), 1u});
  output.retry_at = failure.retry_at;
}

void Registration::settle_failed(Exchange& exchange, const Failure& failure) {
  for (const OperationId operation : exchange.operations) {
    Output& output = context_.outbox.push(OutputKind::operation_failed);
    output.registration = id_;
    output.operation = operation;
    output.call = exchange.kind;
    output.failure = failure;
    output.sent = may_be_done(exchange, failure);
  }
  exchange.operations.clear();
}

void Registration::finish_unregister(std::unique_ptr<Exchange> exchange,
                                     bool confirmed) {
  // A binding that ended meanwhile was told as expired.
  lose_all(*exchange, bound_ || must_be_sent(*exchange), confirmed);
  for (const OperationId operation : exchange->operations) {
    Output& output = context_.outbox.push(OutputKind::operation_done);
    output.registration = id_;
    output.operation = operation;
    output.call = exchange->kind;
    output.sent = exchange->transactions > 0;
    output.confirmed = confirmed;
  }
  release(std::move(exchange));
}

void Registration::lose_all(const Exchange& exchange, bool is_news,
                            bool confirmed) {
  lose_binding();
  publish();
  if (is_news) unregistered(UnregisteredReason::user, confirmed);
  if (exchange.kind != CallKind::unregister_all) return;
  for (Registration* const flow : flows_) flow->left(confirmed);
}

void Registration::left(bool confirmed) {
  if (!bound_) return;
  lose_binding();
  if (wanted_) {  // registered anew before the removal's turn came
    enqueue_automatic();
    start_next();
  }
  publish();
  unregistered(UnregisteredReason::user, confirmed);
}

void Registration::unregistered(UnregisteredReason reason, bool confirmed) {
  Output& output = context_.outbox.push(OutputKind::unregistered);
  output.registration = id_;
  output.reason = reason;
  output.confirmed = confirmed;
}

void Registration::lose_binding() {
  bound_ = false;
  expires_at_ = no_deadline;
  refresh_at_ = no_deadline;
  registered_flow_ = 0;
  grant_.reset();
  old_contact_.reset();
}

void Registration::warn(std::string_view code, std::string_view message) {
  Output& output = context_.outbox.push(OutputKind::warning, message);
  output.registration = id_;
  output.warning = code;
}

}  // namespace sipreg::registration
