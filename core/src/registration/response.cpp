// What a response does (RFC 3261 sections 8.1.3, 10.2 and 17.1.3).
#include <algorithm>
#include <optional>
#include <utility>

#include "message/scan.h"
#include "registration/refresh_time.h"
#include "registration/registration.h"

namespace sipreg::registration {
namespace {

using message::HeaderName;

constexpr std::uint32_t default_expires = 3'600;  // RFC 3261 section 10.2.1.1
constexpr std::uint32_t longest_minimum = 86'400;
constexpr std::uint32_t interval_rounds = 2;
constexpr std::uint32_t flow_refusals_allowed = 2;
constexpr Millis clock_difference = 2;  // s: the registrar counts from receipt
// Below this, refreshes at half of the lifetime would break the bound of ten
// automatic REGISTERs a minute.
constexpr std::uint32_t short_grant = 12;

std::optional<std::uint32_t> seconds_of(const message::Message& response,
                                        HeaderName name) {
  const message::Header* header = response.find(name);
  if (header == nullptr) return std::nullopt;
  return message::parse_leading_delta_seconds(header->value);
}

// Where trying again later can help (RFC 3261 sections 21.4 to 21.6).
bool is_temporary(int status) {
  switch (status) {
    case 408:
    case 430:
    case 480:
    case 491:
    case 600:
    case 603:
      return true;
    case 501:
    case 505:
    case 513:
    case 555:
    case 580:
      return false;
    default:
      return status >= 500 && status < 600;
  }
}

// Final for these even with a Retry-After.
bool is_permanent(int status) {
  return status < 400 || status == 400 || status == 403 || status == 405 ||
         status == 501 || status == 555;
}

// What to do; the status and its reason stand before it.
std::string_view advice(int status) {
  if (status < 400) {
    return "A WebSocket client cannot follow. See Contact in the response and "
           "set server or registrar.";
  }
  switch (status) {
    case 403:
      return "Check the credentials, and whether the account may register and "
             "has contacts left.";
    case 404:
    case 410:
    case 604:
    case 416:
      return "Check aor and registrar.";
    case 413:
    case 513:
      return "Leave out headers.";
    case 420:
    case 421:
    case 439:
      return "Unsupported or Require in the response names an extension. Set "
             "outbound, gruu or supported.";
    case 555:
      return "Change push, or leave it out.";
    case 405:
    case 501:
      return "Check server and registrar.";
    default:
      return is_temporary(status) ? "Try again later."
                                  : "See Warning in the response, and ask who "
                                    "runs the registrar.";
  }
}

}  // namespace

bool Registration::is_ours(const message::Message& response) const {
  return transaction_.active && response.cseq == transaction_.cseq &&
         response.cseq_method == "REGISTER" && response.call_id == call_id_ &&
         message::equals_ignoring_case(response.via.sent_by,
                                       settings_.contact_host()) &&
         (response.from_tag.empty() || response.from_tag == view(from_tag_));
}

bool Registration::receive(const message::Message& response) {
  // The branch's cookie and the registration's number were read to get here.
  const std::string_view branch = response.via.branch;
  if (branch.substr(branch_cookie.size(), transaction_.branch.size()) !=
          view(transaction_.branch) ||
      !is_ours(response)) {
    return false;
  }
  // A provisional response does not restart Timer F (section 17.1.2.2).
  if (response.status < 200) return true;
  transaction_.active = false;
  final_response(response);
  publish();
  return true;
}

void Registration::final_response(const message::Message& response) {
  if (response.status < 300) {
    authenticator_.accept();
    return succeeded(response);
  }
  if (response.status == 401 || response.status == 407) {
    return challenged(response);
  }
  if (response.status == 423 && current_->registers()) {
    return interval_too_brief(response);
  }
  rejected(response);
}

void Registration::succeeded(const message::Message& response) {
  switch (current_->kind) {
    case CallKind::register_:
    case CallKind::refresh:
      return register_succeeded(response);
    case CallKind::unregister:
    case CallKind::unregister_all:
      return unregister_succeeded(response);
    case CallKind::query:
    case CallKind::remove_binding:
      return query_succeeded(response);
  }
}

void Registration::register_succeeded(const message::Message& response) {
  OwnBinding found;
  Success& success = context_.results.success(
      response, own_contact(transaction_.asked), found);
  const auto mutual =
      authenticator_.take_authentication_info(response, settings_.request_uri);
  if (mutual == auth::DigestSession::Mutual::mismatch &&
      settings_.digest.require_mutual) {
    Failure failure = make_failure(FailureCode::auth_failed,
                                   "The server did not prove that it knows the "
                                   "password (rspauth is wrong).");
    failure.response = context_.results.failed_response(response);
    return fail(failure);
  }
  const std::uint32_t granted = granted_lifetime(response, found);
  const Millis sent = transaction_.sent_lifetime;
  const Millis now = context_.clock.lifetime();
  const Millis lifetime = static_cast<Millis>(granted) * 1000;
  const Millis end = sent + lifetime;
  // The machine slept until after the end of what the answer grants.
  if (end <= now && transaction_.sent_at + lifetime > context_.clock.steady()) {
    return send_again();
  }
  if (end <= now || (found.match == Match::none && found.contacts > 0)) {
    return binding_missing(response);
  }

  const bool is_new = !bound_ || registered_flow_ != connection_.flow();
  bound_ = true;
  last_match_ = found.match;
  old_contact_.reset();
  failures_ = flow_refusals_ = failovers_ = 0;
  retry_at_ = hold_until_ = no_deadline;
  registered_flow_ = connection_.flow();
  expires_at_ = end;
  if (settings_.push_length != 0) {
    success.push = ResultBuilder::push(response, settings_.push_provider());
  }
  const Millis delay = refresh_delay(
      settings_.refresh, granted,
      success.push ? success.push->pnsreg.value_or(0) : 0, context_.entropy);
  refresh_at_ =
      delay == no_deadline ? no_deadline : std::max(sent + delay, now);
  connection_.registration_succeeded(
      seconds_of(response, HeaderName::flow_timer).value_or(0),
      success.outbound);

  success.text = context_.message_text;
  success.expires = granted;
  const Clock& clock = context_.clock;
  success.expires_at = clock.wall_at(clock.steady_at(expires_at_));
  success.contact = context_.results.keep(settings_.contact_uri());
  success.pub_gruu = found.pub_gruu;
  success.temp_gruu = found.temp_gruu;
  success.mutual = mutual == auth::DigestSession::Mutual::verified;
  authenticator_.describe(success);
  keep_grant(success);

  std::unique_ptr<Exchange> exchange = std::move(current_);
  // Made while all bindings of the address of record were being removed.
  if (!wanted_ && !is_asked_to_leave()) {
    std::unique_ptr<Exchange> removal = context_.exchanges.take();
    removal->kind = CallKind::unregister;
    enqueue(std::move(removal));
  }
  publish();
  Output& event = context_.outbox.push(is_new ? OutputKind::registered
                                              : OutputKind::refreshed);
  event.registration = id_;
  event.success = &success;
  settle_done(std::move(exchange), &success);
  warn_of(found, granted, mutual);
  start_next();
}

void Registration::keep_grant(const Success& success) {
  Grant grant;
  grant.outbound = success.outbound;
  grant.pub_gruu = success.pub_gruu;
  grant.temp_gruu = success.temp_gruu;
  for (const std::string_view each : success.service_route) {
    grant.service_route.append("\n").append(each);
  }
  const bool is_empty = !grant.outbound && grant.pub_gruu.empty() &&
                        grant.temp_gruu.empty() && grant.service_route.empty();
  grant_ = is_empty ? nullptr : std::make_unique<Grant>(std::move(grant));
}

// Of our Contact, else the Expires header, else as asked (RFC 3261 section
// 10.2.4). A damaged value counts as absent, but buys no more than an hour.
std::uint32_t Registration::granted_lifetime(const message::Message& response,
                                             const OwnBinding& found) const {
  if (found.expires) return *found.expires;
  if (const auto header = seconds_of(response, HeaderName::expires)) {
    return *header;
  }
  const bool is_damaged =
      found.expires_damaged || response.find(HeaderName::expires) != nullptr;
  return is_damaged ? std::min(transaction_.asked, default_expires)
                    : transaction_.asked;
}

void Registration::warn_of(const OwnBinding& found, std::uint32_t granted,
                           auth::DigestSession::Mutual mutual) {
  if (found.match == Match::none || found.match == Match::only_contact) {
    warn("no-own-contact",
         "The registrar's answer does not list our Contact as we sent it; the "
         "registration is taken as granted.");
  }
  if (found.contacts > message::max_contacts) {
    warn("many-contacts",
         "More than 64 bindings are listed. Set the registrar's limit of "
         "contacts.");
  }
  if (granted < short_grant) {
    warn("short-grant",
         "The granted lifetime is too short for ten requests a minute. Raise "
         "the registrar's minimum.");
  }
  if (mutual == auth::DigestSession::Mutual::mismatch) {
    warn("rspauth-mismatch",
         "The server did not prove that it knows the password (rspauth is "
         "wrong).");
  }
  if (authenticator_.take_weakness()) {
    warn("weak-digest",
         "The server's challenge was answered with MD5. Offer SHA-256 there, "
         "or leave MD5 out of digest.algorithms.");
  }
}

// A 2xx is no registration when it lists others' bindings and not ours, or
// grants no time.
void Registration::binding_missing(const message::Message& response) {
  Failure failure = make_failure(
      FailureCode::protocol,
      "Our binding is not in the list or has ended. Check the registrar's "
      "limit of contacts and its Contact rewriting.");
  failure.retryable = true;
  failure.response = context_.results.failed_response(response);
  fail(failure);
}

void Registration::unregister_succeeded(const message::Message& response) {
  OwnBinding found;
  (void)context_.results.success(response, own_contact(0), found);
  (void)authenticator_.take_authentication_info(response,
                                                settings_.request_uri);
  const bool still_bound =
      found.match > Match::only_contact && found.expires != 0u;
  if (still_bound) {
    warn("still-bound",
         "The registrar confirmed the removal and still lists our Contact.");
  }
  std::unique_ptr<Exchange> exchange = std::move(current_);
  cleared_all_ = exchange->kind == CallKind::unregister_all;
  finish_unregister(std::move(exchange), !still_bound);
  start_next();
}

void Registration::query_succeeded(const message::Message& response) {
  OwnBinding found;
  // A Contact that was rewritten is known by the lifetime that is left.
  const Millis left = expires_at_ - context_.clock.lifetime();
  const auto seconds =
      bound_ ? static_cast<std::uint32_t>(left / 1000 + clock_difference) : 0u;
  Success& success =
      context_.results.success(response, own_contact(seconds), found);
  (void)authenticator_.take_authentication_info(response,
                                                settings_.request_uri);
  success.text = context_.message_text;
  std::unique_ptr<Exchange> exchange = std::move(current_);
  // Some confirm a removal without a list; the answer to a query is one.
  const bool is_listed =
      exchange->kind == CallKind::query || found.contacts > 0;
  const bool lost = bound_ && is_listed && found.match == Match::none &&
                    last_match_ != Match::none;
  if (lost) {
    lose_binding();
    if (wanted_) enqueue_automatic();
    start_next();
  }
  publish();
  if (lost) unregistered(UnregisteredReason::cleared, true);
  settle_done(std::move(exchange), &success);
  start_next();
}

void Registration::settle_done(std::unique_ptr<Exchange> exchange,
                               const Success* success) {
  for (const OperationId operation : exchange->operations) {
    Output& output = context_.outbox.push(OutputKind::operation_done);
    output.registration = id_;
    output.operation = operation;
    output.call = exchange->kind;
    output.success = success;
  }
  release(std::move(exchange));
}

// RFC 3261 section 10.2.8: ask again for at least Min-Expires, as long as each
// round asks for more and for no more than a sane bound.
void Registration::interval_too_brief(const message::Message& response) {
  const auto minimum = seconds_of(response, HeaderName::min_expires);
  const std::uint32_t bound =
      std::max(longest_minimum, current_->expires.value_or(settings_.expires));
  if (!minimum || *minimum <= transaction_.asked || *minimum > bound ||
      current_->interval_rounds == interval_rounds) {
    Failure failure = make_failure(FailureCode::interval,
                                   "Min-Expires is missing, not above what was "
                                   "asked, or above a day. Set expires.");
    failure.response = context_.results.failed_response(response);
    return fail(failure);
  }
  ++current_->interval_rounds;
  settings_.expires = *minimum;
  send_again();
}

void Registration::rejected(const message::Message& response) {
  if (repair(response)) return send_again();
  const int status = response.status;
  Failure failure;
  failure.code = FailureCode::rejected;
  failure.retry_after = seconds_of(response, HeaderName::retry_after);
  failure.retryable =
      is_temporary(status) || (failure.retry_after && !is_permanent(status));
  failure.response = context_.results.failed_response(response);
  failure.message = advice(status);
  if (fails_over(failure)) {
    connection_.give_up();
  } else {
    failovers_ = 0;
    hold(failure);
  }
  if (status == 403) authenticator_.forget_sessions();
  // An edge proxy that has lost our flow says 430 for it; the second time a new
  // flow is the only cure (RFC 5626 section 11.5).
  flow_refusals_ = status == 430 ? flow_refusals_ + 1 : 0;
  if (flow_refusals_ >= flow_refusals_allowed && !others_hold_on_flow()) {
    connection_.give_up();
  }
  fail(failure);
}

}  // namespace sipreg::registration
