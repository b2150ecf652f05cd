#include "auth/bearer.h"

#include <utility>

#include "wipe.h"

namespace sipreg::auth {

// A short token lies inside the string itself, where moving leaves a copy.
BearerToken& BearerToken::operator=(BearerToken&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  proxy_ = other.proxy_;
  has_realm_ = other.has_realm_;
  expires_at_ = other.expires_at_;
  realm_ = std::move(other.realm_);
  scope_ = std::move(other.scope_);
  authz_server_ = std::move(other.authz_server_);
  token_.assign(other.token_);
  other.wipe();
  return *this;
}

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
  wipe();
  token_.assign(token);
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

void BearerToken::wipe() {
  token_.resize(token_.capacity());
  sipreg::wipe(token_.data(), token_.size());
  token_.clear();
}

}  // namespace sipreg::auth
