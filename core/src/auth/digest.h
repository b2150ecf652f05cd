// Digest calculation and the Authorization header (RFC 7616 section 3.4,
// RFC 8760).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "auth/challenge.h"
#include "auth/hash.h"
#include "message/writer.h"
#include "text.h"

namespace sipreg::auth {

enum class Qop : std::uint8_t { none, auth, auth_int };

// H(username:realm:password). `realm_escaped` as a challenge carries it.
[[nodiscard]] HexDigest make_ha1(HashFunction function,
                                 std::string_view username,
                                 std::string_view realm_escaped,
                                 std::string_view password);

// What is kept of an answered challenge so that the next request carries
// credentials unasked with a higher nonce count (RFC 7616 section 3.4: one
// round trip for a refresh).
class DigestSession {
 public:
  // Takes over a challenge that is answerable(): copies what it echoes, keeps
  // HA1, sets the nonce count to 0. `cnonce` is at least 128 bits of entropy in
  // text form, new for every challenge. qop "auth" is preferred to "auth-int".
  // No argument may be a view of this session.
  void start(const Challenge& challenge, std::string_view username,
             const HexDigest& ha1, std::string_view cnonce);

  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] bool proxy() const { return proxy_; }
  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] std::string_view realm() const {
    return part(realm_part);
  }  // escaped
  [[nodiscard]] std::string_view nonce() const {
    return part(nonce_part);
  }  // escaped
  [[nodiscard]] std::uint32_t nonce_count() const { return nonce_count_; }
  [[nodiscard]] const HexDigest& ha1() const { return ha1_; }
  [[nodiscard]] std::string_view username() const {
    return part(username_part);
  }

  // Appends the whole Authorization or Proxy-Authorization row for a request
  // and counts the nonce up. False when the nonce count is used up: the
  // session must be forgotten and the request goes out bare.
  [[nodiscard]] bool write_authorization(message::Writer& out,
                                         std::string_view method,
                                         std::string_view request_uri,
                                         std::string_view body);

  // Authentication-Info (RFC 7616 section 3.5): checks rspauth against the
  // request that was written last, then takes nextnonce over (nonce count
  // starts again, A1 of a -sess algorithm stays). A mismatch changes nothing.
  // `body` is the response's.
  enum class Mutual : std::uint8_t { absent, verified, mismatch };
  [[nodiscard]] Mutual take_authentication_info(std::string_view header_value,
                                                std::string_view request_uri,
                                                std::string_view body);

  void wipe();

 private:
  // A1 of a -sess algorithm: made again for every request, few of which use
  // one, where every session would have to have room for it.
  [[nodiscard]] HexDigest session_ha1() const;
  // The digest of a request, or with an empty method that of rspauth.
  [[nodiscard]] HexDigest digest(Qop qop, std::string_view method,
                                 std::string_view request_uri,
                                 std::string_view body) const;

  // What is echoed, one after the other in one string: a page may hold many
  // thousands of sessions. The nonce is last because it alone changes.
  enum Part : std::uint8_t {
    username_part,
    realm_part,
    opaque_part,     // with its parameter name and quotes, or empty
    algorithm_part,  // verbatim; empty when absent
    cnonce_part,
    first_nonce_part,  // of a -sess algorithm, whose A1 stays with it
    nonce_part,
    part_count,
  };
  [[nodiscard]] std::string_view part(Part part) const;
  void append(Part part, std::string_view value);

  bool active_ = false;
  bool proxy_ = false;
  bool userhash_ = false;
  Algorithm algorithm_ = Algorithm::md5;
  Qop qop_ = Qop::none;
  std::uint32_t nonce_count_ = 0;
  std::array<std::uint32_t, part_count> ends_{};
  Text text_;
  HexDigest ha1_;  // H(username:realm:password)
};

}  // namespace sipreg::auth
