// What the host asks for. All views are copied before a call returns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sipreg/time.h"

namespace sipreg {

using RegistrationId = std::uint32_t;  // 1 ...; never used twice by an agent
using OperationId = std::uint32_t;     // the host's name for a call; not 0
using FlowId = std::uint32_t;          // names one socket; never used twice

// A name and a value: an extra header or a Contact parameter. A parameter
// without a value has `flag` set.
struct NameValue {
  std::string_view name;
  std::string_view value;
  bool flag = false;
};

enum class ReconnectPolicy : std::uint8_t {
  interactive,  // quick first retries of the socket
  rfc5626,      // RFC 5626 section 4.5 for sockets too
  off,          // a lost or refused socket is final
};

struct ClientOptions {
  std::uint32_t servers = 1;     // how many, in order of preference
  std::string_view user_agent;   // empty: no User-Agent header
  std::string_view instance_id;  // "urn:uuid:..."; RFC 5626 section 4.1
  Millis connect_timeout = 10'000;
  Millis transaction_timeout = 32'000;  // Timer F, 64 * T1
  Millis credentials_timeout = 120'000;
  ReconnectPolicy reconnect = ReconnectPolicy::interactive;
  Millis reconnect_base = 0;  // 0: the policy's own
  Millis reconnect_max = 0;   // 0: the policy's own
};

enum class RefreshPolicy : std::uint8_t {
  adaptive,  // the lead grows with the lifetime; see
             // registration/refresh_time.h
  percent,   // at `value` percent of the granted lifetime
  margin,    // `value` seconds before its end
  off,       // never by itself
};

struct RefreshOptions {
  RefreshPolicy policy = RefreshPolicy::adaptive;
  double value = 0;
};

struct ContactOptions {
  std::string_view user;  // empty: a random token
  std::string_view display_name;
  std::optional<double> q;
  std::span<const NameValue> uri_parameters;
  std::span<const NameValue> parameters;
};

// RFC 8599.
struct PushOptions {
  std::string_view provider;  // empty: no push
  std::string_view prid;
  std::string_view param;
};

// One bit for each auth::Algorithm in its order: MD5, MD5-sess, SHA-256,
// SHA-256-sess, SHA-512-256, SHA-512-256-sess.
using AlgorithmSet = std::uint8_t;
inline constexpr AlgorithmSet all_algorithms = 0x3f;

enum class ChallengePolicy : std::uint8_t {
  server_order,  // RFC 8760 section 2.4: the topmost that can be answered
  strongest,
};

struct DigestOptions {
  ChallengePolicy policy = ChallengePolicy::server_order;
  AlgorithmSet algorithms = all_algorithms;
  bool require_mutual = false;
};

struct RegistrationOptions {
  std::string_view aor;        // "sip:alice@example.com"
  std::string_view registrar;  // empty: the AOR's host
  std::string_view from;       // empty: the AOR
  std::string_view display_name;
  std::uint32_t expires = 600;  // seconds asked for, 1 ... 2^32-1
  ContactOptions contact;
  std::span<const NameValue> headers;
  std::span<const std::string_view> supported;
  std::span<const std::string_view> route;
  bool outbound = true;      // RFC 5626
  std::uint32_t reg_id = 1;  // 1 ... 2^31-1
  bool gruu = true;          // RFC 5627
  PushOptions push;
  DigestOptions digest;
  RefreshOptions refresh;
  bool retry = true;
  bool has_credentials = false;  // false: a challenge fails at once
};

// What may change later; takes effect with the next REGISTER. Absent members
// stay as they are.
struct UpdateOptions {
  std::optional<PushOptions> push;
  std::optional<std::span<const NameValue>> headers;
  std::optional<std::span<const std::string_view>> supported;
  std::optional<std::string_view> display_name;
  std::optional<RefreshOptions> refresh;
  std::optional<bool> retry;
};

enum class CallKind : std::uint8_t {
  register_,
  refresh,
  unregister,
  unregister_all,  // Contact: * with Expires: 0 (RFC 3261 section 10.2.2)
  query,           // no Contact at all (section 10.2.3)
  remove_binding,
};

struct Call {
  CallKind kind = CallKind::register_;
  std::optional<std::uint32_t> expires;  // register and refresh
  std::span<const NameValue> headers;
  std::span<const std::string_view> supported;
  bool force = false;    // unregister: send although nothing is bound
  std::string_view uri;  // remove_binding
};

// One account's secret, given when a challenge asks for it and not kept: the
// core makes HA1 of it and forgets it.
struct Credentials {
  std::string_view username;  // empty: the user part of the AOR
  std::string_view password;
  bool has_password = false;  // an empty password is one
  std::string_view ha1_md5;   // hex
  std::string_view ha1_sha256;
  std::string_view ha1_sha512_256;
  std::string_view token;  // RFC 8898
  Millis expires_at = 0;   // wall clock; 0: unknown
  std::string_view realm;  // meaningful when has_realm; "*": any realm
  bool has_realm = false;
};

}  // namespace sipreg
