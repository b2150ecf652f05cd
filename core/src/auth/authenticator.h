// One registration's standing with the servers that challenge it (RFC 3261
// section 22, RFC 7616, RFC 8760, RFC 8898).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "auth/bearer.h"
#include "auth/challenge.h"
#include "auth/digest.h"
#include "entropy.h"
#include "list.h"
#include "message/codec.h"
#include "message/writer.h"
#include "sipreg/options.h"
#include "sipreg/output.h"
#include "text.h"

namespace sipreg::auth {

// Under which terms credentials are used now.
struct Terms {
  const DigestOptions& digest;
  std::string_view username;  // of credentials that name none
  // Nobody on the way reads along: wss, or loopback. A token goes nowhere else
  // (RFC 8898 section 5).
  bool confidential = false;
  Millis wall = 0;
};

// What one exchange has been through.
struct Attempt {
  std::uint32_t stale_answers = 0;
  bool token_was_refused = false;
  ChallengeInfo::Previous previous = ChallengeInfo::Previous::none;

  void reset() { *this = Attempt{}; }
};

// What a 401 or 407 asks for.
enum class Demand : std::uint8_t {
  unreadable,    // no challenge that could be read
  unanswerable,  // none of a scheme and algorithm that may be answered
  needs_tls,     // a token, over a connection that anybody can read
  answered,      // known credentials answer: send again
  credentials,   // describe() says which
  refused,       // no use to ask for others
};

// What came of the credentials that the host gave.
enum class Supply : std::uint8_t {
  answered,  // send again
  repeated,  // only what was refused already
  none,      // nothing was given
  expired,   // only tokens whose time is over
  unfit,     // none for the realm and the algorithms
};

// What a Bearer challenge tells.
void describe_bearer(const Challenge& challenge, ChallengeInfo& info);

// Credentials that were accepted go along unasked with the next request (RFC
// 3261 section 22.2, RFC 7616 section 3.6). The password is turned into HA1 and
// not kept; HA1 and tokens are wiped when they are forgotten.
class Authenticator {
 public:
  // Another flow of the same account: realms are pinned, and weaker algorithms
  // are refused, for all of its flows. `first` outlives this use.
  void join(Authenticator& first) { sides_ = &first.own_sides_; }

  [[nodiscard]] Demand challenged(const ChallengeList& challenges,
                                  const Terms& terms, Attempt& attempt,
                                  Entropy& entropy);

  // The topmost of the challenges that still lack an answer, together with the
  // others of its realm.
  void describe(const ChallengeList& challenges, const Terms& terms,
                const Attempt& attempt, ChallengeInfo& info) const;

  [[nodiscard]] Supply supply(const ChallengeList& challenges,
                              std::span<const Credentials> given,
                              const Terms& terms, Entropy& entropy);

  // Whether a token that goes along unasked would be refused for its age. Then
  // describe_token() says what to ask for, and supply_token() takes it.
  [[nodiscard]] bool needs_token(const Terms& terms) const;
  void describe_token(const Terms& terms, ChallengeInfo& info) const;
  [[nodiscard]] Supply supply_token(std::span<const Credentials> given,
                                    const Terms& terms);

  // The Authorization and Proxy-Authorization rows of a request.
  void write_authorizations(message::Writer& out, std::string_view method,
                            std::string_view request_uri, const Terms& terms);

  // A 2xx: what was offered holds.
  void accept();
  [[nodiscard]] DigestSession::Mutual take_authentication_info(
      const message::Message& response, std::string_view request_uri);
  void describe(Success& success);
  // True once after MD5 was answered (RFC 8760 section 3).
  [[nodiscard]] bool take_weakness();

  // What a failed exchange offered proves nothing; it is not sent unasked.
  void drop_in_doubt();
  void forget_sessions();
  // New credentials: pinned realms and the strongest algorithm go as well.
  void reset();

 private:
  enum class Renewal : std::uint8_t { no_session, renewed, refused };
  // What the server made of a session's credentials since they were offered.
  enum class Standing : std::uint8_t { offered, accepted, refused };
  struct Session {
    std::variant<DigestSession, BearerToken> answer;
    Standing standing = Standing::offered;

    [[nodiscard]] DigestSession* digest() {
      return std::get_if<DigestSession>(&answer);
    }
    [[nodiscard]] const DigestSession* digest() const {
      return std::get_if<DigestSession>(&answer);
    }
    [[nodiscard]] const BearerToken* token() const {
      return std::get_if<BearerToken>(&answer);
    }
    [[nodiscard]] bool proxy() const;
    [[nodiscard]] std::string_view realm() const;
  };
  struct Found {
    const Credentials* credentials = nullptr;
    HexDigest ha1;  // digest
  };
  struct Search {
    std::span<const Credentials> given;
    bool repeated = false;
    bool expired = false;
  };
  // Of 401 and of 407.
  struct Side {
    Text pinned_realm;       // credentials without a realm stay with the
    bool is_pinned = false;  // first that asked for them
    HashFunction strongest = HashFunction::md5;  // that it accepted
  };

  [[nodiscard]] bool is_usable(const Challenge& challenge,
                               const Terms& terms) const;
  [[nodiscard]] Renewal renew(const ChallengeList& challenges,
                              const Challenge& challenge, const Terms& terms,
                              Attempt& attempt, Entropy& entropy);
  [[nodiscard]] bool answer_space(const ChallengeList& challenges,
                                  const Challenge& space, const Terms& terms,
                                  Search& search, Entropy& entropy);
  [[nodiscard]] Found find_credentials(const Challenge& challenge,
                                       const Terms& terms,
                                       Search& search) const;
  [[nodiscard]] Found find_token(const Challenge& challenge, const Terms& terms,
                                 Search& search) const;
  [[nodiscard]] bool may_answer(const Credentials& credentials,
                                const Challenge& challenge) const;
  void start_digest(Session& session, const Challenge& challenge,
                    std::string_view username, const HexDigest& ha1,
                    Entropy& entropy);
  [[nodiscard]] const Session* find(const Challenge& challenge) const;
  [[nodiscard]] Session* find(const Challenge& challenge);
  [[nodiscard]] bool has_answer(const Challenge& challenge) const;
  [[nodiscard]] const Session* aged_token(const Terms& terms) const;
  [[nodiscard]] Session* aged_token(const Terms& terms);
  [[nodiscard]] Side& side(bool proxy) const {
    return (*sides_)[proxy ? 1 : 0];
  }

  List<Session> sessions_;
  std::array<Side, 2> own_sides_;
  std::array<Side, 2>* sides_ = &own_sides_;
  bool weakness_ = false;
  bool weakness_was_told_ = false;
};

}  // namespace sipreg::auth
