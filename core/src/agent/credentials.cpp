#include <algorithm>

#include "agent/implementation.h"
#include "auth/hash.h"
#include "message/scan.h"

namespace sipreg {

Status Agent::check(const Credentials& credentials) {
  const auto refuse = [](std::string_view option, std::string_view message) {
    return Status{Error::invalid_argument, option, message};
  };
  const auto is_text = [](std::string_view text) {
    return message::is_header_text(text) && message::is_valid_utf8(text);
  };
  if (!is_text(credentials.username)) {
    return refuse("credentials.username", "must not hold control characters");
  }
  if (!is_text(credentials.realm)) {
    return refuse("credentials.realm", "must not hold control characters");
  }
  // RFC 6750 section 2.1: b64token.
  if (!std::all_of(credentials.token.begin(), credentials.token.end(),
                   [](char c) {
                     return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') ||
                            std::string_view("-._~+/=").find(c) !=
                                std::string_view::npos;
                   })) {
    return refuse("credentials.token", "must be a token of RFC 6750");
  }
  auth::HexDigest hex;
  const bool has_ha1 = !credentials.ha1_md5.empty() ||
                       !credentials.ha1_sha256.empty() ||
                       !credentials.ha1_sha512_256.empty();
  if ((!credentials.ha1_md5.empty() &&
       !hex.assign(auth::HashFunction::md5, credentials.ha1_md5)) ||
      (!credentials.ha1_sha256.empty() &&
       !hex.assign(auth::HashFunction::sha256, credentials.ha1_sha256)) ||
      (!credentials.ha1_sha512_256.empty() &&
       !hex.assign(auth::HashFunction::sha512_256,
                   credentials.ha1_sha512_256))) {
    return refuse("credentials.ha1",
                  "must be lower-case hex: 32 characters for MD5, 64 for "
                  "SHA-256 and SHA-512-256");
  }
  if (has_ha1 && !credentials.has_realm) {
    return refuse("credentials.realm",
                  "is needed with ha1, which is made for one realm");
  }
  if (has_ha1 && credentials.realm == "*") {
    return refuse("credentials.realm", "must name one realm with ha1");
  }
  if (!credentials.has_password && !has_ha1 && credentials.token.empty()) {
    return refuse("credentials", "needs a password, ha1 or token");
  }
  return {};
}

}  // namespace sipreg
