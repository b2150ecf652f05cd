#include "auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "message/scan.h"

namespace sipreg::auth {
namespace {

using message::HeaderName;
using Previous = ChallengeInfo::Previous;

constexpr std::uint32_t max_stale_answers = 3;
constexpr std::size_t cnonce_length = 32;  // hex: 128 bits

// Keeps the order of the challenges, or the strongest first.
void add_algorithm(ChallengeInfo& info, Algorithm algorithm,
                   ChallengePolicy policy) {
  const auto number = static_cast<DigestAlgorithm>(algorithm);
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

}  // namespace

void describe_bearer(const Challenge& challenge, ChallengeInfo& info) {
  info.scope = challenge.scope;
  info.authz_server = challenge.authz_server;
  info.error = challenge.error;
}

bool Authenticator::Session::proxy() const {
  return digest() != nullptr ? digest()->proxy() : token()->proxy();
}

std::string_view Authenticator::Session::realm() const {
  return digest() != nullptr ? digest()->realm() : token()->realm();
}

// --------------------------------------------------------------- challenges

Demand Authenticator::challenged(const ChallengeList& challenges,
                                 const Terms& terms, Attempt& attempt,
                                 Entropy& entropy) {
  const auto items = challenges.view();
  const auto usable = [&](const Challenge& item) {
    return is_usable(item, terms);
  };
  if (std::none_of(items.begin(), items.end(), usable)) {
    const bool asks_for_token = std::any_of(
        items.begin(), items.end(),
        [](const Challenge& item) { return item.scheme == Scheme::bearer; });
    if (asks_for_token) return Demand::needs_tls;
    return challenges.count == 0 ? Demand::unreadable : Demand::unanswerable;
  }
  // A registrar that asks for itself shows that the proxies before it are
  // content: what they make of their nonce later is another matter.
  if (std::none_of(items.begin(), items.end(),
                   [](const Challenge& item) { return item.proxy; })) {
    for (Session& session : sessions_) {
      if (session.proxy() && session.standing == Standing::offered) {
        session.standing = Standing::accepted;
      }
    }
  }
  bool missing = false;
  bool refused = false;
  const bool may_ask = !attempt.token_was_refused;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!usable(items[i])) continue;
    const auto earlier = items.first(i);
    const bool seen = std::any_of(
        earlier.begin(), earlier.end(), [&](const Challenge& other) {
          return usable(other) && same_space(other, items[i]);
        });
    if (seen) continue;
    const Renewal renewal =
        renew(challenges, items[i], terms, attempt, entropy);
    missing |= renewal == Renewal::no_session;
    refused |= renewal == Renewal::refused;
  }
  if (!missing && !refused) {
    ++attempt.stale_answers;
    return Demand::answered;
  }
  // RFC 6750 section 3.1: one other token may be asked for, not a third.
  if (attempt.token_was_refused && !may_ask) return Demand::refused;
  if (!refused) attempt.previous = Previous::none;
  return Demand::credentials;
}

// A known nonce went stale, or credentials that were accepted before meet a new
// nonce without the flag, as some servers do: the same HA1 answers again
// (RFC 7616 section 3.3). Credentials made for this very exchange that are
// refused are wrong, and a token is never sent twice.
Authenticator::Renewal Authenticator::renew(const ChallengeList& challenges,
                                            const Challenge& challenge,
                                            const Terms& terms,
                                            Attempt& attempt,
                                            Entropy& entropy) {
  Session* const session = find(challenge);
  if (session == nullptr) return Renewal::no_session;
  attempt.previous = Previous::rejected;
  const DigestSession* const digest = session->digest();
  const Challenge* best = nullptr;
  for (const Challenge& other : challenges.view()) {
    if (digest == nullptr || other.scheme != Scheme::digest ||
        !is_usable(other, terms) || !same_space(other, challenge) ||
        hash_of(other.algorithm) != hash_of(digest->algorithm())) {
      continue;
    }
    if (best == nullptr || other.algorithm == digest->algorithm()) {
      best = &other;
    }
  }
  const bool is_stale =
      best != nullptr && best->nonce != digest->nonce() &&
      (best->stale || session->standing == Standing::accepted);
  if (is_stale && best->stale) attempt.previous = Previous::stale;
  if (is_stale && session->standing != Standing::refused &&
      attempt.stale_answers < max_stale_answers) {
    const HexDigest ha1 = digest->ha1();
    const Text username(digest->username());
    start_digest(*session, *best, username, ha1, entropy);
    return Renewal::renewed;
  }
  if (digest == nullptr) {
    attempt.token_was_refused = true;
    if (session->standing == Standing::accepted) {
      attempt.previous = Previous::expired;
    }
  }
  session->standing = Standing::refused;
  return Renewal::refused;
}

void Authenticator::describe(const ChallengeList& challenges,
                             const Terms& terms, const Attempt& attempt,
                             ChallengeInfo& info) const {
  info = ChallengeInfo{};
  const Challenge* first = nullptr;
  for (const Challenge& challenge : challenges.view()) {
    if (!is_usable(challenge, terms) || has_answer(challenge)) continue;
    if (first == nullptr) first = &challenge;
    if (!same_space(challenge, *first)) continue;
    if (challenge.scheme == Scheme::bearer) {
      describe_bearer(challenge, info);
    } else {
      add_algorithm(info, challenge.algorithm, terms.digest.policy);
    }
  }
  if (first == nullptr) return;
  info.bearer = first->scheme == Scheme::bearer;
  info.proxy = first->proxy;
  info.realm = first->realm;
  info.has_realm = first->has_realm;
  info.previous = attempt.previous;
}

bool Authenticator::is_usable(const Challenge& challenge,
                              const Terms& terms) const {
  if (challenge.scheme == Scheme::bearer) return terms.confidential;
  return challenge.answerable() &&
         (terms.digest.algorithms >>
              static_cast<unsigned>(challenge.algorithm) &
          1) != 0 &&
         hash_of(challenge.algorithm) >= side(challenge.proxy).strongest;
}

void Authenticator::start_digest(Session& session, const Challenge& challenge,
                                 std::string_view username,
                                 const HexDigest& ha1, Entropy& entropy) {
  Text cnonce;
  entropy.append_token(cnonce, cnonce_length);
  if (session.digest() == nullptr) session.answer.emplace<DigestSession>();
  session.digest()->start(challenge, username, ha1, cnonce);
  session.standing = Standing::offered;
  weakness_ |= hash_of(challenge.algorithm) == HashFunction::md5;
}

// ----------------------------------------------------- requests and responses

void Authenticator::write_authorizations(message::Writer& out,
                                         std::string_view method,
                                         std::string_view request_uri,
                                         const Terms& terms) {
  sessions_.erase_if([&](Session& session) {
    if (session.standing == Standing::refused) return false;
    if (const BearerToken* const token = session.token()) {
      if (terms.confidential) token->write_authorization(out);
      return false;
    }
    return !session.digest()->write_authorization(out, method, request_uri, {});
  });
}

void Authenticator::accept() {
  for (Session& session : sessions_) {
    if (session.standing == Standing::offered) {
      session.standing = Standing::accepted;
    }
  }
}

// It names no realm: with several it cannot be told whose it is.
DigestSession::Mutual Authenticator::take_authentication_info(
    const message::Message& response, std::string_view request_uri) {
  auto result = DigestSession::Mutual::absent;
  for (const message::Header& header : response.headers()) {
    const bool proxy = header.id == HeaderName::proxy_authentication_info;
    if (!proxy && header.id != HeaderName::authentication_info) continue;
    DigestSession* only = nullptr;
    std::size_t count = 0;
    for (Session& session : sessions_) {
      if (session.proxy() != proxy || session.digest() == nullptr) continue;
      only = session.digest();
      ++count;
    }
    if (count != 1) continue;
    const auto mutual = only->take_authentication_info(
        header.value, request_uri, response.body);
    if (mutual != DigestSession::Mutual::absent) result = mutual;
  }
  return result;
}

void Authenticator::describe(Success& success) {
  for (const Session& session : sessions_) {
    const DigestSession* const digest = session.digest();
    if (digest != nullptr) {
      HashFunction& strongest = side(session.proxy()).strongest;
      strongest = std::max(strongest, hash_of(digest->algorithm()));
    }
    // The registrar's own challenge tells more than a proxy's.
    if (success.authenticated && session.proxy()) continue;
    success.authenticated = true;
    success.bearer = digest == nullptr;
    success.realm = session.realm();
    if (digest != nullptr) {
      success.algorithm = static_cast<DigestAlgorithm>(digest->algorithm());
    }
  }
}

bool Authenticator::take_weakness() {
  const bool is_news = weakness_ && !weakness_was_told_;
  weakness_was_told_ |= weakness_;
  return is_news;
}

// --------------------------------------------------------------- forgetting

void Authenticator::drop_in_doubt() {
  sessions_.erase_if([](const Session& session) {
    return session.standing != Standing::accepted;
  });
}

void Authenticator::forget_sessions() { sessions_.clear(); }

void Authenticator::reset() {
  forget_sessions();
  *sides_ = {};
  weakness_ = weakness_was_told_ = false;
}

const Authenticator::Session* Authenticator::find(
    const Challenge& challenge) const {
  for (const Session& session : sessions_) {
    if (session.proxy() == challenge.proxy &&
        session.realm() == challenge.realm) {
      return &session;
    }
  }
  return nullptr;
}

Authenticator::Session* Authenticator::find(const Challenge& challenge) {
  const Authenticator& self = *this;
  return const_cast<Session*>(self.find(challenge));
}

bool Authenticator::has_answer(const Challenge& challenge) const {
  const Session* const session = find(challenge);
  return session != nullptr && session->standing != Standing::refused;
}

}  // namespace sipreg::auth
