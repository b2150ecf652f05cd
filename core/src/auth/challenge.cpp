#include "auth/challenge.h"

#include "auth/scanner.h"
#include "message/scan.h"
#include "sipreg/options.h"

namespace sipreg::auth {
namespace {

static_assert(
    Algorithm::sha512_256_sess ==
            static_cast<Algorithm>(DigestAlgorithm::sha512_256_sess) &&
        Algorithm::sha256 == static_cast<Algorithm>(DigestAlgorithm::sha256),
    "the public numbers are those of Algorithm");

using message::equals_ignoring_case;

constexpr std::array<std::string_view, algorithm_count> algorithm_names = {
    "MD5",          "MD5-sess",    "SHA-256",
    "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess",
};

// The parameters that are acted on. `domain` and `charset` are not among them:
// the first has no meaning in SIP (RFC 3261 section 22.4), and names and
// passwords are UTF-8 with or without the second.
enum class Name : std::uint8_t {
  realm,
  nonce,
  opaque,
  algorithm,
  qop,
  stale,
  userhash,
  scope,
  authz_server,
  error,
};
constexpr std::array<std::string_view, 10> parameter_names = {
    "realm", "nonce",    "opaque", "algorithm",    "qop",
    "stale", "userhash", "scope",  "authz_server", "error",
};

Scheme parse_scheme(std::string_view name) {
  if (equals_ignoring_case(name, "Digest")) return Scheme::digest;
  if (equals_ignoring_case(name, "Bearer")) return Scheme::bearer;
  return Scheme::unknown;
}

bool is_true(std::string_view value) {
  return equals_ignoring_case(value, "true");
}

// Options that are not understood are skipped; a list without any is no offer
// (some servers send qop="" for none).
void take_qop(std::string_view list, Challenge& out) {
  std::string_view option;
  while (message::next_element(list, option)) {
    out.offers_qop = true;
    out.offers_auth |= equals_ignoring_case(option, "auth");
    out.offers_auth_int |= equals_ignoring_case(option, "auth-int");
  }
}

void take(Name name, std::string_view value, Challenge& out) {
  switch (name) {
    case Name::realm:
      out.realm = value;
      out.has_realm = true;
      break;
    case Name::nonce:
      out.nonce = value;
      break;
    case Name::opaque:
      out.opaque = value;
      out.has_opaque = true;
      break;
    case Name::algorithm:
      out.algorithm_text = value;
      if (!value.empty()) out.algorithm = parse_algorithm(value);
      break;
    case Name::qop:
      take_qop(value, out);
      break;
    case Name::stale:
      out.stale = is_true(value);
      break;
    case Name::userhash:
      out.userhash = is_true(value);
      break;
    case Name::scope:
      out.scope = value;
      break;
    case Name::authz_server:
      out.authz_server = value;
      break;
    case Name::error:
      out.error = value;
      break;
  }
}

// One challenge in the making.
class Builder {
 public:
  Builder(bool proxy, ChallengeList& out) : proxy_(proxy), out_(out) {}
  ~Builder() { close(); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  void open(Scheme scheme) {
    close();
    scheme_ = scheme;
    seen_ = 0;
    if (is_open()) {
      Challenge& challenge = out_.items[out_.count];
      challenge = Challenge{};
      challenge.scheme = scheme;
      challenge.proxy = proxy_;
    }
  }

  void add(std::string_view name, std::string_view value) {
    if (!is_open()) return;
    for (std::size_t i = 0; i < parameter_names.size(); ++i) {
      if (!equals_ignoring_case(name, parameter_names[i])) continue;
      if ((seen_ >> i & 1) == 0) {
        take(static_cast<Name>(i), value, out_.items[out_.count]);
      }
      seen_ |= 1u << i;
      return;
    }
  }

 private:
  [[nodiscard]] bool is_open() const {
    return scheme_ != Scheme::unknown && out_.count < out_.items.size();
  }

  void close() {
    if (!is_open()) return;
    const Challenge& challenge = out_.items[out_.count];
    if (scheme_ == Scheme::bearer ||
        (challenge.has_realm && !challenge.nonce.empty())) {
      ++out_.count;
    }
    scheme_ = Scheme::unknown;
  }

  bool proxy_;
  ChallengeList& out_;
  Scheme scheme_ = Scheme::unknown;
  std::uint32_t seen_ = 0;
};

void parse_row(std::string_view row, bool proxy, ChallengeList& out) {
  Builder builder(proxy, out);
  Scanner scanner(row);
  bool first = true;
  for (;; first = false) {
    switch (scanner.next()) {
      case Scanner::Item::end:
        return;
      case Scanner::Item::scheme:
        builder.open(parse_scheme(scanner.name()));
        break;
      case Scanner::Item::word:
        // A word amid parameters that names no scheme of ours is damage, and
        // costs nothing but itself.
        if (const Scheme scheme = parse_scheme(scanner.name());
            first || scheme != Scheme::unknown) {
          builder.open(scheme);
        }
        break;
      case Scanner::Item::parameter:
        builder.add(scanner.name(), scanner.value());
        break;
    }
  }
}

}  // namespace

Algorithm parse_algorithm(std::string_view name) {
  for (std::size_t i = 0; i < algorithm_count; ++i) {
    if (equals_ignoring_case(name, algorithm_names[i])) {
      return static_cast<Algorithm>(i);
    }
  }
  return Algorithm::unknown;
}

std::string_view name_of(Algorithm algorithm) {
  if (algorithm == Algorithm::unknown) return {};
  return algorithm_names[static_cast<std::size_t>(algorithm)];
}

HashFunction hash_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::sha256:
    case Algorithm::sha256_sess:
      return HashFunction::sha256;
    case Algorithm::sha512_256:
    case Algorithm::sha512_256_sess:
      return HashFunction::sha512_256;
    case Algorithm::md5:
    case Algorithm::md5_sess:
    case Algorithm::unknown:
      break;
  }
  return HashFunction::md5;
}

bool is_session_variant(Algorithm algorithm) {
  return algorithm == Algorithm::md5_sess ||
         algorithm == Algorithm::sha256_sess ||
         algorithm == Algorithm::sha512_256_sess;
}

bool Challenge::answerable() const {
  if (scheme != Scheme::digest || !has_realm || nonce.empty() ||
      algorithm == Algorithm::unknown) {
    return false;
  }
  // The A1 of a -sess algorithm has a cnonce in it, which is only sent along
  // with a qop (RFC 7616 section 3.4).
  return offers_qop ? offers_auth || offers_auth_int
                    : !is_session_variant(algorithm);
}

bool same_space(const Challenge& a, const Challenge& b) {
  return a.proxy == b.proxy && a.realm == b.realm;
}

void parse_challenges(const message::Message& response, ChallengeList& out) {
  out.count = 0;
  for (const message::Header& header : response.headers()) {
    const bool proxy = header.id == message::HeaderName::proxy_authenticate;
    if (proxy || header.id == message::HeaderName::www_authenticate) {
      parse_row(header.value, proxy, out);
    }
  }
}

}  // namespace sipreg::auth
