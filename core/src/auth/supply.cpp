// Which of the host's credentials answer which challenge.
#include <algorithm>
#include <utility>

#include "auth/authenticator.h"
#include "message/scan.h"

namespace sipreg::auth {
namespace {

using Previous = ChallengeInfo::Previous;

constexpr std::size_t max_sessions = 8;  // realms, of proxies included
// A token must outlive the way to the server, and the clocks' difference.
constexpr Millis token_margin = 10'000;

std::string_view ha1_of(const Credentials& credentials, HashFunction function) {
  switch (function) {
    case HashFunction::md5:
      return credentials.ha1_md5;
    case HashFunction::sha256:
      return credentials.ha1_sha256;
    case HashFunction::sha512_256:
      return credentials.ha1_sha512_256;
  }
  return {};
}

bool is_expired(const Credentials& credentials, const Terms& terms) {
  return credentials.expires_at != 0 &&
         credentials.expires_at <= terms.wall + token_margin;
}

}  // namespace

Supply Authenticator::supply(const ChallengeList& challenges,
                             std::span<const Credentials> given,
                             const Terms& terms, Entropy& entropy) {
  Search search{given};
  bool answered = false;
  for (const Challenge& challenge : challenges.view()) {
    if (!is_usable(challenge, terms) || has_answer(challenge)) continue;
    answered |= answer_space(challenges, challenge, terms, search, entropy);
  }
  if (answered) return Supply::answered;
  if (search.repeated) return Supply::repeated;
  if (given.empty()) return Supply::none;
  return search.expired ? Supply::expired : Supply::unfit;
}

// Answers one realm: with a token where one is given and asked for (RFC 8898
// section 2.1.1 leaves the choice to the client), else by RFC 8760 section 2.4,
// the topmost challenge that can be answered, or the strongest where the
// application prefers that.
bool Authenticator::answer_space(const ChallengeList& challenges,
                                 const Challenge& space, const Terms& terms,
                                 Search& search, Entropy& entropy) {
  const bool by_strength = terms.digest.policy == ChallengePolicy::strongest;
  const Challenge* chosen = nullptr;
  Found found;
  for (const Challenge& challenge : challenges.view()) {
    if (!is_usable(challenge, terms) || !same_space(challenge, space)) continue;
    const bool is_better = chosen == nullptr ||
                           challenge.scheme == Scheme::bearer ||
                           (by_strength && chosen->scheme == Scheme::digest &&
                            challenge.algorithm > chosen->algorithm);
    if (!is_better) continue;
    Found better = find_credentials(challenge, terms, search);
    if (better.credentials == nullptr) continue;
    chosen = &challenge;
    found = better;
    if (challenge.scheme == Scheme::bearer) break;
  }
  if (chosen == nullptr) return false;
  const Credentials& credentials = *found.credentials;
  if (!credentials.has_realm) {
    side(chosen->proxy).pinned_realm = chosen->realm;
    side(chosen->proxy).is_pinned = true;
  }
  Session* session = find(*chosen);
  if (session == nullptr) {
    if (sessions_.size() == max_sessions) return false;
    session = &sessions_.emplace_back();
  }
  session->standing = Standing::offered;
  if (chosen->scheme == Scheme::bearer) {
    session->answer.emplace<BearerToken>().start(*chosen, credentials.token,
                                                 credentials.expires_at);
  } else {
    start_digest(
        *session, *chosen,
        credentials.username.empty() ? terms.username : credentials.username,
        found.ha1, entropy);
  }
  return true;
}

// The first credentials that may answer a challenge and were not refused in
// this exchange already (RFC 3261 section 22.1).
Authenticator::Found Authenticator::find_credentials(const Challenge& challenge,
                                                     const Terms& terms,
                                                     Search& search) const {
  if (challenge.scheme == Scheme::bearer) {
    return find_token(challenge, terms, search);
  }
  const HashFunction function = hash_of(challenge.algorithm);
  const Session* const session = find(challenge);
  const DigestSession* const before =
      session == nullptr ? nullptr : session->digest();
  for (const Credentials& credentials : search.given) {
    if (!may_answer(credentials, challenge)) continue;
    Found found{&credentials, {}};
    const std::string_view ha1 = ha1_of(credentials, function);
    if (!ha1.empty()) {
      if (!found.ha1.assign(function, ha1)) continue;
    } else if (credentials.has_password) {
      found.ha1 = make_ha1(
          function,
          credentials.username.empty() ? terms.username : credentials.username,
          challenge.realm, credentials.password);
    } else {
      continue;
    }
    if (before == nullptr || !found.ha1.equals(before->ha1().view())) {
      return found;
    }
    search.repeated = true;
  }
  return {};
}

Authenticator::Found Authenticator::find_token(const Challenge& challenge,
                                               const Terms& terms,
                                               Search& search) const {
  const Session* const session = find(challenge);
  const BearerToken* const before =
      session == nullptr ? nullptr : session->token();
  for (const Credentials& credentials : search.given) {
    if (credentials.token.empty() || !may_answer(credentials, challenge)) {
      continue;
    }
    if (before != nullptr && before->is(credentials.token)) {
      search.repeated = true;
    } else if (is_expired(credentials, terms)) {
      search.expired = true;
    } else {
      return {&credentials, {}};
    }
  }
  return {};
}

bool Authenticator::may_answer(const Credentials& credentials,
                               const Challenge& challenge) const {
  if (credentials.has_realm) {
    return credentials.realm == "*" ||
           message::unescaped_equals(challenge.realm, credentials.realm);
  }
  const Side& asking = side(challenge.proxy);
  return !asking.is_pinned || asking.pinned_realm == challenge.realm;
}

const Authenticator::Session* Authenticator::aged_token(
    const Terms& terms) const {
  for (const Session& session : sessions_) {
    const BearerToken* const token = session.token();
    if (token != nullptr && token->expires_by(terms.wall + token_margin)) {
      return &session;
    }
  }
  return nullptr;
}

Authenticator::Session* Authenticator::aged_token(const Terms& terms) {
  const Authenticator& self = *this;
  return const_cast<Session*>(self.aged_token(terms));
}

bool Authenticator::needs_token(const Terms& terms) const {
  return terms.confidential && aged_token(terms) != nullptr;
}

void Authenticator::describe_token(const Terms& terms,
                                   ChallengeInfo& info) const {
  info = ChallengeInfo{};
  const Session* const session = aged_token(terms);
  if (session == nullptr) return;
  const Challenge challenge = session->token()->challenge();
  info.bearer = true;
  info.proxy = challenge.proxy;
  info.realm = challenge.realm;
  info.has_realm = challenge.has_realm;
  info.previous = Previous::expired;
  describe_bearer(challenge, info);
}

// Without a successor the old token is forgotten: other credentials may answer
// the challenge that a bare request meets.
Supply Authenticator::supply_token(std::span<const Credentials> given,
                                   const Terms& terms) {
  Session* const session = aged_token(terms);
  if (session == nullptr) return Supply::answered;
  Search search{given};
  const Challenge challenge = session->token()->challenge();
  const Found found = find_token(challenge, terms, search);
  if (found.credentials != nullptr) {
    std::get_if<BearerToken>(&session->answer)
        ->replace(found.credentials->token, found.credentials->expires_at);
    session->standing = Standing::offered;
    return Supply::answered;
  }
  sessions_.erase_if(
      [session](const Session& each) { return &each == session; });
  if (given.empty()) return Supply::none;
  return std::all_of(
             given.begin(), given.end(),
             [](const Credentials& each) { return !each.token.empty(); })
             ? Supply::expired
             : Supply::unfit;
}

}  // namespace sipreg::auth
