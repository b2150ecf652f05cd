// WWW-Authenticate and Proxy-Authenticate (RFC 7616 section 3.3, RFC 8760,
// RFC 8898 section 3).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "auth/hash.h"
#include "message/codec.h"

namespace sipreg::auth {

enum class Scheme : std::uint8_t { digest, bearer, unknown };

// In rising strength.
enum class Algorithm : std::uint8_t {
  md5,
  md5_sess,
  sha256,
  sha256_sess,
  sha512_256,
  sha512_256_sess,
  unknown,
};
inline constexpr std::size_t algorithm_count = 6;

[[nodiscard]] Algorithm parse_algorithm(std::string_view name);  // any case
[[nodiscard]] std::string_view name_of(Algorithm algorithm);  // "SHA-256-sess"
// Not for `unknown`.
[[nodiscard]] HashFunction hash_of(Algorithm algorithm);
[[nodiscard]] bool is_session_variant(Algorithm algorithm);

// Views point into the frame. Quoted values keep their escapes, so that they
// can be echoed byte for byte. Of a parameter that is repeated the first
// counts.
struct Challenge {
  Scheme scheme = Scheme::unknown;
  bool proxy = false;  // 407, answered with Proxy-Authorization
  std::string_view realm;
  bool has_realm = false;  // an empty realm is legal
  std::string_view nonce;
  std::string_view opaque;
  bool has_opaque = false;
  Algorithm algorithm = Algorithm::md5;  // RFC 7616 section 3.3: the default
  std::string_view algorithm_text;       // as received; empty when absent
  bool stale = false;
  bool offers_qop = false;  // a qop parameter is there and not empty
  bool offers_auth = false;
  bool offers_auth_int = false;
  bool userhash = false;
  // Bearer
  std::string_view scope;
  std::string_view authz_server;
  std::string_view error;

  // Digest with realm, nonce, a known algorithm and a qop that can be met.
  [[nodiscard]] bool answerable() const;
};

// Of the same side and realm: one answer serves for both.
[[nodiscard]] bool same_space(const Challenge& a, const Challenge& b);

struct ChallengeList {
  std::array<Challenge, message::max_challenges> items;
  std::size_t count = 0;
  [[nodiscard]] std::span<const Challenge> view() const {
    return {items.data(), count};
  }
};

// Every Digest and Bearer challenge of the response in its order, 401's rows
// and 407's rows, max_challenges at most. One row is one challenge (RFC 3261
// section 7.3.1); two in one row, as RFC 7235 allows, are told apart. Other
// schemes and Digest without realm or nonce are skipped; Digest that asks for
// more than we can is in the list and not answerable().
void parse_challenges(const message::Message& response, ChallengeList& out);

}  // namespace sipreg::auth
