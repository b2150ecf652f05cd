#include "auth/bearer.h"

namespace sipreg::auth {

void BearerToken::start(const Challenge& challenge, std::string_view token,
                        Millis expires_at) {
  proxy_ = challenge.proxy;
  has_realm_ = challenge.has_realm;
  realm_ = challenge.realm;
  scope_ = challenge.scope;
  authz_server_ = challenge.authz_server;
  replace(token, expires_at);
}

void BearerToken::replace(std::string_view token, Millis expires_at) {
  token_.wipe();
  token_ = token;
  expires_at_ = expires_at;
}

bool BearerToken::is(std::string_view token) const { return token_ == token; }

Challenge BearerToken::challenge() const {
  Challenge challenge;
  challenge.scheme = Scheme::bearer;
  challenge.proxy = proxy_;
  challenge.realm = realm_;
  challenge.has_realm = has_realm_;
  challenge.scope = scope_;
  challenge.authz_server = authz_server_;
  return challenge;
}

void BearerToken::write_authorization(message::Writer& out) const {
  out.text(proxy_ ? "Proxy-Authorization: " : "Authorization: ");
  out.text("Bearer ").text(token_).end_of_row();
}

}  // namespace sipreg::auth
