// Answers challenges (RFC 3261 section 22, RFC 7616, RFC 8760).
#include <algorithm>
#include <utility>

#include "message/scan.h"
#include "registration/registration.h"

namespace sipreg::registration {
namespace {

using message::HeaderName;

constexpr std::uint32_t max_stale_answers = 3;
constexpr std::size_t max_sessions = 8;    // realms, of proxies included
constexpr std::size_t cnonce_length = 32;  // hex: 128 bits

bool same_space(const auth::Challenge& a, const auth::Challenge& b) {
  return a.proxy == b.proxy && a.realm == b.realm;
}

bool same_space(const auth::DigestSession& session,
                const auth::Challenge& challenge) {
  return session.proxy() == challenge.proxy &&
         session.realm() == challenge.realm;
}

// Keeps the order of the challenges, or the strongest first.
void add_algorithm(ChallengeInfo& info, auth::Algorithm algorithm,
                   ChallengePolicy policy) {
  const auto number = static_cast<std::uint8_t>(algorithm);
  std::size_t at = 0;
  for (std::size_t i = 0; i < info.algorithm_count; ++i) {
    if (info.algorithms[i] == number) return;
    const bool before =
        policy == ChallengePolicy::server_order || info.algorithms[i] > number;
    if (before) at = i + 1;
  }
  if (info.algorithm_count == info.algorithms.size()) return;
  for (std::size_t i = info.algorithm_count++; i > at; --i) {
    info.algorithms[i] = info.algorithms[i - 1];
  }
  info.algorithms[at] = number;
}

std::string_view ha1_of(const Credentials& credentials,
                        auth::HashFunction function) {
  switch (function) {
    case auth::HashFunction::md5:
      return credentials.ha1_md5;
    case auth::HashFunction::sha256:
      return credentials.ha1_sha256;
    case auth::HashFunction::sha512_256:
      return credentials.ha1_sha512_256;
  }
  return {};
}

}  // namespace

void Registration::challenged(const message::Message& response) {
  auth::ChallengeList challenges;
  auth::parse_challenges(response, challenges);
  Exchange& exchange = *current_;
  Failure failure;
  failure.code = FailureCode::auth_failed;
  failure.response = context_.results.response(response);
  if (exchange.transactions >= max_transactions) {
    failure.message = "The server keeps asking for credentials.";
    return fail_authentication(failure);
  }
  const auto& items = challenges.view();
  if (std::none_of(items.begin(), items.end(),
                   [this](const auto& item) { return is_allowed(item); })) {
    failure.message =
        challenges.count == 0
            ? "The server asks for credentials without a challenge that can "
              "be read."
            : "No challenge of the server can be answered: its scheme or "
              "algorithm is unknown, not among digest.algorithms, or weaker "
              "than what it used before.";
    return fail_authentication(failure);
  }
  bool missing = false;
  bool refused = false;
  for (std::size_t i = 0; i < challenges.count; ++i) {
    const auth::Challenge& challenge = challenges.items[i];
    if (!is_allowed(challenge)) continue;
    const bool seen = std::any_of(
        items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const auto& earlier) {
          return is_allowed(earlier) && same_space(earlier, challenge);
        });
    if (seen) continue;
    switch (renew_session(challenges, challenge)) {
      case Renewal::renewed:
        break;
      case Renewal::no_session:
        missing = true;
        break;
      case Renewal::refused:
        refused = true;
        break;
    }
  }
  if (!missing && !refused) {
    ++exchange.stale_answers;
    return send_again();
  }
  if (!settings_.has_credentials) {
    failure.message =
        "The server asks for credentials and none were given. Set "
        "credentials.";
    return fail_authentication(failure);
  }
  exchange.challenge_text = context_.message_text;
  ask_for_credentials(challenges, refused);
}

// A known nonce went stale, or credentials that were accepted before meet a new
// nonce without the flag, as some servers do: the same HA1 answers again
// (RFC 7616 section 3.3). Credentials made for this very exchange that are
// refused are wrong.
Registration::Renewal Registration::renew_session(
    const auth::ChallengeList& challenges, const auth::Challenge& challenge) {
  Session* const session = find_session(challenge);
  if (session == nullptr) return Renewal::no_session;
  const auth::DigestSession& digest = session->digest;
  const auth::Challenge* best = nullptr;
  for (const auth::Challenge& other : challenges.view()) {
    if (!is_allowed(other) || !same_space(other, challenge) ||
        auth::hash_of(other.algorithm) != auth::hash_of(digest.algorithm())) {
      continue;
    }
    if (best == nullptr || other.algorithm == digest.algorithm()) {
      best = &other;
    }
  }
  const bool is_stale =
      best != nullptr && best->nonce != digest.nonce() &&
      (best->stale || session->standing == Standing::accepted);
  if (is_stale && session->standing != Standing::refused &&
      current_->stale_answers < max_stale_answers) {
    const auth::HexDigest ha1 = digest.ha1();
    const std::string username(digest.username());
    start_session(*session, *best, username, ha1);
    return Renewal::renewed;
  }
  session->standing = Standing::refused;
  return Renewal::refused;
}

void Registration::ask_for_credentials(const auth::ChallengeList& challenges,
                                       bool refused) {
  const auth::Challenge* first = nullptr;
  ChallengeInfo& info = context_.results.challenge();
  info = ChallengeInfo{};
  for (const auth::Challenge& challenge : challenges.view()) {
    if (!is_allowed(challenge) || has_answer(challenge)) continue;
    if (first == nullptr) first = &challenge;
    if (!same_space(challenge, *first)) continue;
    add_algorithm(info, challenge.algorithm, settings_.digest.policy);
  }
  if (first == nullptr) return;
  info.proxy = first->proxy;
  info.realm = first->realm;
  info.has_realm = first->has_realm;
  info.previous = refused ? ChallengeInfo::Previous::rejected
                          : ChallengeInfo::Previous::none;
  current_->waiting_for_credentials = true;
  credentials_deadline_ =
      context_.clock.steady() + context_.credentials_timeout;
  Output& output = context_.outbox.push(OutputKind::credentials_wanted);
  output.registration = id_;
  output.challenge = ++challenge_;
  output.challenge_info = &info;
}

void Registration::provide_credentials(std::uint32_t challenge,
                                       std::span<const Credentials> given) {
  if (!current_ || !current_->waiting_for_credentials ||
      challenge != challenge_) {
    return;
  }
  current_->waiting_for_credentials = false;
  credentials_deadline_ = no_deadline;
  std::swap(context_.kept_response, current_->challenge_text);
  message::Message& response = context_.message;
  if (message::parse(context_.kept_response, response) !=
      message::ParseError::none) {
    response.row_count_ = 0;
  }
  auth::ChallengeList challenges;
  auth::parse_challenges(response, challenges);

  bool repeated = false;
  bool answered = false;
  for (std::size_t i = 0; i < challenges.count; ++i) {
    const auth::Challenge& item = challenges.items[i];
    if (!is_allowed(item) || has_answer(item)) continue;
    answered |= answer_space(challenges, item, given, repeated);
  }
  if (answered) {
    send_again();
  } else {
    Failure failure;
    failure.code = FailureCode::auth_failed;
    failure.response = context_.results.response(response);
    failure.message =
        repeated ? "The server refused the credentials. Check the user name "
                   "and the password."
        : given.empty()
            ? "The server asks for credentials and none were given."
            : "No credentials fit the server's realm and algorithm. Check "
              "credentials.realm, and that ha1 has one for the algorithm.";
    fail_authentication(failure);
  }
  publish();
}

// Answers one realm: RFC 8760 section 2.4, the topmost challenge that can be
// answered, or the strongest where the application prefers that.
bool Registration::answer_space(const auth::ChallengeList& challenges,
                                const auth::Challenge& space,
                                std::span<const Credentials> given,
                                bool& repeated) {
  const bool by_strength =
      settings_.digest.policy == ChallengePolicy::strongest;
  const auth::Challenge* chosen = nullptr;
  for (const auth::Challenge& challenge : challenges.view()) {
    if (!is_allowed(challenge) || !same_space(challenge, space)) continue;
    if (chosen != nullptr &&
        !(by_strength && challenge.algorithm > chosen->algorithm)) {
      continue;
    }
    if (find_credentials(challenge, given, repeated).credentials != nullptr) {
      chosen = &challenge;
    }
  }
  if (chosen == nullptr) return false;
  const Answer answer = find_credentials(*chosen, given, repeated);
  if (!answer.credentials->has_realm) {
    pinned_realm(chosen->proxy) = chosen->realm;
    realm_is_pinned(chosen->proxy) = true;
  }
  const std::string_view username = answer.credentials->username.empty()
                                        ? settings_.username
                                        : answer.credentials->username;
  Session* session = find_session(*chosen);
  if (session == nullptr) {
    if (sessions_.size() == max_sessions) return false;
    session = &sessions_.emplace_back();
  }
  start_session(*session, *chosen, username, answer.ha1);
  return true;
}

// The first credentials that may answer a challenge and were not refused in
// this exchange already (RFC 3261 section 22.1).
Registration::Answer Registration::find_credentials(
    const auth::Challenge& challenge, std::span<const Credentials> given,
    bool& repeated) {
  const auth::HashFunction function = auth::hash_of(challenge.algorithm);
  const Session* const before = find_session(challenge);
  for (const Credentials& credentials : given) {
    if (!may_answer(credentials, challenge)) continue;
    Answer answer{&credentials, {}};
    const std::string_view ha1 = ha1_of(credentials, function);
    if (!ha1.empty()) {
      if (!answer.ha1.assign(function, ha1)) continue;
    } else if (credentials.has_password) {
      answer.ha1 = auth::make_ha1(function,
                                  credentials.username.empty()
                                      ? std::string_view(settings_.username)
                                      : credentials.username,
                                  challenge.realm, credentials.password);
    } else {
      continue;
    }
    if (before != nullptr && answer.ha1.equals(before->digest.ha1().view())) {
      repeated = true;
      continue;
    }
    return answer;
  }
  return {};
}

bool Registration::may_answer(const Credentials& credentials,
                              const auth::Challenge& challenge) {
  if (credentials.has_realm) {
    return credentials.realm == "*" ||
           message::unescaped_equals(challenge.realm, credentials.realm);
  }
  return !realm_is_pinned(challenge.proxy) ||
         pinned_realm(challenge.proxy) == challenge.realm;
}

void Registration::start_session(Session& session,
                                 const auth::Challenge& challenge,
                                 std::string_view username,
                                 const auth::HexDigest& ha1) {
  std::string cnonce;
  context_.entropy.append_token(cnonce, cnonce_length);
  session.digest.start(challenge, username, ha1, cnonce);
  session.standing = Standing::offered;
}

bool Registration::is_allowed(const auth::Challenge& challenge) const {
  return challenge.answerable() &&
         (settings_.digest.algorithms >>
              static_cast<unsigned>(challenge.algorithm) &
          1) != 0 &&
         auth::hash_of(challenge.algorithm) >=
             auth::hash_of(strongest_algorithms_[challenge.proxy ? 1 : 0]);
}

Registration::Session* Registration::find_session(
    const auth::Challenge& challenge) {
  for (Session& session : sessions_) {
    if (same_space(session.digest, challenge)) return &session;
  }
  return nullptr;
}

bool Registration::has_answer(const auth::Challenge& challenge) {
  const Session* const session = find_session(challenge);
  return session != nullptr && session->standing != Standing::refused;
}

// A 2xx: what was offered holds.
void Registration::accept_sessions() {
  for (Session& session : sessions_) {
    if (session.standing == Standing::offered) {
      session.standing = Standing::accepted;
    }
  }
}

// What a failed exchange offered proves nothing; it is not sent unasked.
void Registration::drop_sessions_in_doubt() {
  std::erase_if(sessions_, [](const Session& session) {
    return session.standing != Standing::accepted;
  });
}

void Registration::forget_sessions() {
  for (Session& session : sessions_) session.digest.wipe();
  sessions_.clear();
}

void Registration::fail_authentication(const Failure& failure) {
  forget_sessions();
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
  if (current_->automatic() && automatic_slot() > context_.clock.steady()) {
    Failure failure =
        make_failure(FailureCode::protocol,
                     "The registrar asks for more than ten requests a minute.");
    failure.retryable = true;
    return fail(failure);
  }
  send_register();
}

void Registration::reset_credentials(bool available) {
  settings_.has_credentials = available;
  forget_sessions();
  realm_is_pinned(false) = realm_is_pinned(true) = false;
  strongest_algorithms_.fill(auth::Algorithm::md5);
}

}  // namespace sipreg::registration
