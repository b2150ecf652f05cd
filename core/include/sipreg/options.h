// What the host asks for: options, calls, credentials.
//
// Text is UTF-8. All views and spans are copied before a call returns. What is
// malformed is refused with Error::invalid_argument, and nothing in it can add
// a header or a parameter that was not asked for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "sipreg/time.h"

namespace sipreg {

using RegistrationId = std::uint32_t;  // 1 ...; never used twice by an agent
using OperationId = std::uint32_t;     // the host's name for a call; not 0
using FlowId = std::uint32_t;          // names one socket; never used twice
using RequestId = std::uint32_t;       // a request of the server; 0: none
using ChannelId = std::uint32_t;       // the host's name for a channel; not 0

// A name and a value: an extra header or a Contact parameter. A parameter
// without a value has `flag` set.
struct NameValue {
  std::string_view name;  // a token (RFC 3261 section 25.1)
  std::string_view value;
  bool flag = false;
};

enum class ReconnectPolicy : std::uint8_t {
  interactive,  // base 1 s, at most 30 s
  rfc5626,  // RFC 5626 section 4.5 for sockets too: base 30 s, at most 30 min
  off,      // a lost or refused socket is final
};

enum class KeepAliveMethod : std::uint8_t {
  auto_,  // CRLF CRLF, and OPTIONS where that stays unanswered
  crlf,
  options,
};

// RFC 5626 section 4.4.1. Sent while a registration is to be kept up.
struct KeepAliveOptions {
  bool on = true;
  // Idle time before a ping, ms; 0: 95 to 120 s. The server's Flow-Timer goes
  // before it.
  Millis interval = 0;
  // Silence after which the flow is lost, ms; enforced once the server has
  // answered, or has promised to (Require: outbound).
  Millis pong_timeout = 10'000;
  KeepAliveMethod method = KeepAliveMethod::auto_;
};

struct ClientOptions {
  // How many there are, in order of preference; at least 1. The library knows
  // them by index alone: addresses are the host's business.
  std::uint32_t servers = 1;
  std::string_view user_agent;  // empty: no User-Agent header
  // A URN, best "urn:uuid:...", that this device keeps for ever: the registrar
  // recognises the device's own earlier binding by it (RFC 5626 section 4.1).
  // Required.
  std::string_view instance_id;
  // Timeouts in ms, from 1.
  Millis connect_timeout = 10'000;       // from connect to opened()
  Millis transaction_timeout = 32'000;   // Timer F, 64 * T1 (RFC 3261 17.1.2)
  Millis credentials_timeout = 120'000;  // until provide_credentials()
  // Of sockets that fail to open: the n-th wait is drawn from the upper half of
  // min(max, base * 2^n). REGISTERs that fail are retried after RFC 5626
  // section 4.5 and Retry-After whatever stands here.
  ReconnectPolicy reconnect = ReconnectPolicy::interactive;
  Millis reconnect_base = 0;  // ms; 0: the policy's own
  Millis reconnect_max = 0;   // ms; 0: the policy's own
  KeepAliveOptions keep_alive;
  // Whether snapshot outputs are wanted.
  bool snapshots = false;
};

// When a binding is refreshed. None sends more than ten REGISTERs a minute.
enum class RefreshPolicy : std::uint8_t {
  adaptive,  // a tenth of the lifetime before its end or earlier, with jitter
  percent,   // at `value` percent of the granted lifetime
  margin,    // `value` seconds before its end, half-way at the earliest
  off,       // never by itself; at its end the registration is unregistered
};

struct RefreshOptions {
  RefreshPolicy policy = RefreshPolicy::adaptive;
  double value = 0;  // percent: 1 to 99; margin: seconds, from 1
};

struct ContactOptions {
  // User part of the Contact URI. Empty: a random token that stays for the life
  // of the registration.
  std::string_view user;
  std::string_view display_name;
  std::optional<double> q;  // 0 to 1, three decimals at most
  // Inside the angle brackets. transport=ws is there unless given.
  std::span<const NameValue> uri_parameters;
  // Outside. expires, q, +sip.instance, reg-id and +sip.pnsreg have options of
  // their own.
  std::span<const NameValue> parameters;
};

// RFC 8599: pn-provider, pn-prid and pn-param of the Contact URI.
struct PushOptions {
  std::string_view provider;  // empty: no push
  std::string_view prid;
  std::string_view param;
};

// RFC 7616 and RFC 8760, in rising strength.
enum class DigestAlgorithm : std::uint8_t {
  md5,
  md5_sess,
  sha256,
  sha256_sess,
  sha512_256,
  sha512_256_sess,
};

// One bit for each: 1 << DigestAlgorithm.
using AlgorithmSet = std::uint8_t;
inline constexpr AlgorithmSet all_algorithms = 0x3f;

[[nodiscard]] constexpr AlgorithmSet algorithm_set(
    std::initializer_list<DigestAlgorithm> algorithms) {
  unsigned set = 0;
  for (const DigestAlgorithm each : algorithms) {
    set |= 1u << static_cast<unsigned>(each);
  }
  return static_cast<AlgorithmSet>(set);
}

enum class ChallengePolicy : std::uint8_t {
  server_order,  // RFC 8760 section 2.4: the topmost that can be answered
  strongest,
};

struct DigestOptions {
  ChallengePolicy policy = ChallengePolicy::server_order;
  AlgorithmSet algorithms = all_algorithms;  // that may be answered at all
  // A wrong rspauth (RFC 7616 section 3.5) fails the call; otherwise it is a
  // warning.
  bool require_mutual = false;
};

struct RegistrationOptions {
  // Address of record, a sip: or sips: URI with a user and without parameters:
  // "sip:alice@example.com". Required.
  std::string_view aor;
  std::string_view registrar;  // Request-URI; empty: the AOR's host
  // Empty: the AOR; another one makes it a third-party registration (RFC 3261
  // section 10.2).
  std::string_view from;
  std::string_view display_name;  // of From
  std::uint32_t expires = 600;    // seconds asked for, 1 ... 2^32-1
  ContactOptions contact;
  // Extra headers in their order. Those that the library writes itself are
  // refused (RFC 3261 section 10.2 has most of them).
  std::span<const NameValue> headers;
  std::span<const std::string_view> supported;  // option tags besides our own
  std::span<const std::string_view> route;      // name-addrs, pre-loaded Routes
  bool outbound = true;  // RFC 5626: +sip.instance, reg-id, the option tag
  // How many flows, each to a server of its own, so not more than those. Their
  // reg-ids rise from `reg_id`.
  std::uint32_t flows = 1;
  // 1 ... 2^31-1; absent: the first that no other registration of this address
  // of record has.
  std::optional<std::uint32_t> reg_id;
  // What snapshot outputs of an earlier agent gave for this address of record
  // and registrar, one for each flow; empty where there is none. What does not
  // fit is ignored.
  std::span<const std::string_view> snapshots;
  bool gruu = true;  // RFC 5627: asks for public and temporary GRUUs
  PushOptions push;
  DigestOptions digest;
  RefreshOptions refresh;
  // Whether a REGISTER that failed in a retryable way is sent again by itself.
  bool retry = true;
  // True: challenges become credentials_wanted outputs. False: they fail the
  // call at once.
  bool has_credentials = false;
};

// What may change later; takes effect with the next REGISTER. Absent members
// stay as they are, present ones replace the old value whole.
struct UpdateOptions {
  std::optional<PushOptions> push;
  std::optional<std::span<const NameValue>> headers;
  std::optional<std::span<const std::string_view>> supported;
  std::optional<std::string_view> display_name;
  std::optional<RefreshOptions> refresh;
  std::optional<bool> retry;
};

enum class CallKind : std::uint8_t {
  register_,       // bound already: as refresh
  refresh,         // RFC 3261 section 10.2.4; not bound: as register_
  unregister,      // this binding (section 10.2.2)
  unregister_all,  // Contact: * with Expires: 0 (section 10.2.2)
  query,           // no Contact at all (section 10.2.3)
  remove_binding,  // somebody else's, or one left over
};

struct Call {
  CallKind kind = CallKind::register_;
  // register_ and refresh: seconds, 1 ... 2^32-1, kept for the refreshes after
  // it.
  std::optional<std::uint32_t> expires;
  // For this call's requests only, besides the registration's own.
  std::span<const NameValue> headers;
  std::span<const std::string_view> supported;
  bool force = false;    // unregister: send although nothing is bound
  std::string_view uri;  // remove_binding: the Contact's, as query lists it
};

// What a request of the server is answered with.
struct RequestAnswer {
  // 100 ... 699; below 200 the request stays open. 0: the default answer, and
  // nothing else here counts.
  int status = 0;
  std::string_view reason;  // empty: the usual one
  // Besides those that are copied from the request (Via, From, To, Call-ID,
  // CSeq, Record-Route) and Content-Length, which are refused.
  std::span<const NameValue> headers;
  std::string_view body;  // needs a Content-Type among the headers
};

// One account's secret, given when a challenge asks for it and not kept: the
// library makes HA1 of it (RFC 7616 section 3.4.2), keeps that for the next
// challenges and wipes it at the end. Needs a password, an HA1 or a token.
struct Credentials {
  std::string_view username;  // empty: the user part of the AOR
  // Hashed as it is: UTF-8 in normalization form C (RFC 7616 section 4).
  std::string_view password;
  bool has_password = false;  // an empty password is one
  // H(username:realm:password), lower-case hex: 32 characters for MD5, 64 for
  // the others. Each needs `realm`.
  std::string_view ha1_md5;
  std::string_view ha1_sha256;
  std::string_view ha1_sha512_256;
  std::string_view token;  // bearer token (RFC 8898)
  Millis expires_at = 0;   // the token's end on the wall clock; 0: unknown
  // Meaningful with has_realm; "*": any realm. Without one: the first realm
  // that challenges, and no other one until reset_credentials().
  std::string_view realm;
  bool has_realm = false;
};

}  // namespace sipreg
