// What challenges do to a registration's requests (RFC 3261 section 22,
// RFC 8898); who answers which stands in auth/.
#include <algorithm>
#include <utility>

#include "registration/registration.h"

namespace sipreg::registration {
namespace {

std::string_view advice(auth::Demand demand) {
  switch (demand) {
    case auth::Demand::unreadable:
      return "The server asks for credentials without a challenge that can be "
             "read.";
    case auth::Demand::needs_tls:
      return "The server asks for a bearer token, which is sent over wss: "
             "only. Use a wss: server.";
    case auth::Demand::refused:
      return "The server refused the token, and the one that was given in its "
             "place.";
    case auth::Demand::unanswerable:
    case auth::Demand::answered:
    case auth::Demand::credentials:
      break;
  }
  return "No challenge can be answered: the scheme or algorithm is unknown, "
         "not among digest.algorithms, or weaker than before.";
}

constexpr std::string_view no_credentials =
    "No credentials were given. Set them, or see cause.";

std::string_view advice(auth::Supply supply) {
  switch (supply) {
    case auth::Supply::repeated:
      return "The server refused the credentials. Check the user name and the "
             "password, or the token.";
    case auth::Supply::none:
      return no_credentials;
    case auth::Supply::expired:
      return "The bearer token has expired. Give a new one, by a credentials "
             "function or setCredentials().";
    case auth::Supply::answered:
    case auth::Supply::unfit:
      break;
  }
  return "No credentials fit the server's realm and algorithm. Check "
         "credentials.realm, and that ha1 has one for the algorithm.";
}

}  // namespace

auth::Terms Registration::terms() const {
  return {settings_.digest, settings_.username,
          connection_.secure() || connection_.loopback(),
          context_.clock.wall()};
}

void Registration::challenged(const message::Message& response) {
  auth::ChallengeList challenges;
  auth::parse_challenges(response, challenges);
  Exchange& exchange = *current_;
  Failure failure = make_failure(FailureCode::auth_failed,
                                 "The server keeps asking for credentials.");
  failure.response = context_.results.failed_response(response);
  if (exchange.transactions >= max_transactions) {
    return fail_authentication(failure);
  }
  const auth::Demand demand = authenticator_.challenged(
      challenges, terms(), exchange.authentication, context_.entropy);
  if (demand == auth::Demand::answered) return send_again();
  if (demand != auth::Demand::credentials) {
    failure.message = advice(demand);
    return fail_authentication(failure);
  }
  if (!settings_.has_credentials) {
    failure.message = no_credentials;
    return fail_authentication(failure);
  }
  exchange.challenge_text = context_.message_text;
  ask_for_credentials(challenges);
}

void Registration::ask_for_credentials(const auth::ChallengeList& challenges) {
  ChallengeInfo info;
  authenticator_.describe(challenges, terms(), current_->authentication, info);
  ask_for_credentials(info);
}

void Registration::ask_for_credentials(const ChallengeInfo& info) {
  current_->waiting_for_credentials = true;
  credentials_deadline_ =
      context_.clock.steady() + context_.credentials_timeout;
  Output& output = context_.outbox.push(info);
  output.registration = id_;
  output.challenge = ++challenge_;
  asked_for_credentials_ = true;
}

// The host may stop its own asking, of a person above all, when the answer is
// of no use any more.
void Registration::settle_question() {
  if (!asked_for_credentials_ || is_waiting_for_credentials()) return;
  asked_for_credentials_ = false;
  context_.outbox.push(OutputKind::credentials_settled).registration = id_;
}

bool Registration::is_waiting_for_credentials() const {
  return current_ && current_->waiting_for_credentials;
}

void Registration::provide_credentials(std::uint32_t challenge,
                                       std::span<const Credentials> given) {
  if (!is_waiting_for_credentials() || challenge != challenge_) return;
  current_->waiting_for_credentials = asked_for_credentials_ = false;
  credentials_deadline_ = no_deadline;
  if (current_->challenge_text.empty()) {
    provide_token(given);
  } else {
    provide_answers(given);
  }
  publish();
}

// Those of the response that waits for an answer, which is taken apart again.
auth::ChallengeList Registration::waiting_challenges() {
  message::Message& response = context_.message;
  Text& text = current_->challenge_text;
  if (message::parse({text.data(), text.size()}, response) !=
      message::ParseError::none) {
    response.row_count_ = 0;
  }
  auth::ChallengeList challenges;
  auth::parse_challenges(response, challenges);
  return challenges;
}

void Registration::provide_answers(std::span<const Credentials> given) {
  const auth::Supply supply = authenticator_.supply(waiting_challenges(), given,
                                                    terms(), context_.entropy);
  if (supply == auth::Supply::answered) return send_again();
  const bool is_stale =
      current_->authentication.previous == ChallengeInfo::Previous::stale;
  Failure failure = make_failure(
      FailureCode::auth_failed,
      supply == auth::Supply::repeated && is_stale
          ? "The server calls every nonce stale. Check its clock and its "
            "settings for nonces."
          : advice(supply));
  const Response response = context_.results.failed_response(context_.message);
  failure.response =
      context_.outbox.keep(std::move(current_->challenge_text), response);
  fail_authentication(failure);
}

// A token that runs out is renewed before the request, which then needs one
// round trip (RFC 8898 section 2.2).
bool Registration::asks_for_token() {
  if (!settings_.has_credentials || !authenticator_.needs_token(terms())) {
    return false;
  }
  current_->challenge_text.clear();
  ChallengeInfo info;
  authenticator_.describe_token(terms(), info);
  ask_for_credentials(info);
  return true;
}

void Registration::provide_token(std::span<const Credentials> given) {
  const auth::Supply supply = authenticator_.supply_token(given, terms());
  if (supply == auth::Supply::none || supply == auth::Supply::expired) {
    return fail_authentication(
        make_failure(FailureCode::auth_failed, advice(supply)));
  }
  send_again();
}

void Registration::fail_authentication(const Failure& failure) {
  authenticator_.forget_sessions();
  fail(failure);
}

// An answer to a challenge, a 423 or a repair. Fails the call when it took too
// many, or when it is the library's own and the minute's bound is used up.
void Registration::send_again() {
  if (current_->transactions >= max_transactions) {
    return fail(
        make_failure(FailureCode::protocol,
                     "The registrar is never content with the request."));
  }
  if (current_->automatic() &&
      automatic_sends_.next_slot() > context_.clock.steady()) {
    Failure failure =
        make_failure(FailureCode::protocol,
                     "The registrar asks for more than ten requests a minute.");
    failure.retryable = true;
    return fail(failure);
  }
  send_register();
}

// The new ones answer what is being asked.
void Registration::reset_credentials(bool available) {
  settings_.has_credentials = available;
  authenticator_.reset();
  if (!is_waiting_for_credentials()) return;
  current_->waiting_for_credentials = false;
  credentials_deadline_ = no_deadline;
  if (current_->challenge_text.empty()) {
    send_again();
  } else if (available) {
    ask_for_credentials(waiting_challenges());
  } else {
    provide_answers({});
  }
  publish();
}

}  // namespace sipreg::registration
