// A bearer token and where it goes (RFC 8898, RFC 6750).
#pragma once

#include <string_view>

#include "auth/challenge.h"
#include "message/writer.h"
#include "sipreg/time.h"
#include "text.h"

namespace sipreg::auth {

// What is kept of a challenge that a token answered, so that the next request
// carries it unasked and a successor can be asked for in the same words.
class BearerToken {
 public:
  BearerToken() = default;
  BearerToken(BearerToken&&) = default;
  BearerToken& operator=(BearerToken&&) = default;

  // `expires_at` on the wall clock, ms; 0: unknown.
  void start(const Challenge& challenge, std::string_view token,
             Millis expires_at);
  // A successor for the same challenge.
  void replace(std::string_view token, Millis expires_at);

  [[nodiscard]] bool is(std::string_view token) const;
  [[nodiscard]] bool expires_by(Millis wall) const {
    return expires_at_ != 0 && expires_at_ <= wall;
  }
  // What was asked, as the server said it; views live as long as the token.
  [[nodiscard]] Challenge challenge() const;
  [[nodiscard]] bool proxy() const { return proxy_; }
  [[nodiscard]] std::string_view realm() const { return realm_; }

  // Appends the whole Authorization or Proxy-Authorization row.
  void write_authorization(message::Writer& out) const;

 private:
  bool proxy_ = false;
  bool has_realm_ = false;
  Millis expires_at_ = 0;
  Text realm_;  // escaped, as the next two
  Text scope_;
  Text authz_server_;
  Text token_;
};

}  // namespace sipreg::auth
