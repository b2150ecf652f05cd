// What the agent gives back: frames to send, sockets to open and close, and
// what became of calls and registrations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sipreg/options.h"
#include "sipreg/time.h"

namespace sipreg {

enum class RegistrationState : std::uint8_t {
  unregistered,   // nothing wanted, no timers
  connecting,     // waiting for a flow
  registering,    // first or recovery REGISTER in flight
  registered,     // a binding is held and its flow is up
  refreshing,     // the same, and a REGISTER is in flight
  unregistering,  // the removal is in flight
  waiting,        // a retry is scheduled
  failed,         // given up
  removed,        // the handle is dead
};

enum class ConnectionState : std::uint8_t {
  disconnected,
  connecting,
  connected,
  waiting,  // the next attempt is scheduled
  closed,
};

enum class FailureCode : std::uint8_t {
  rejected,
  auth_failed,
  interval,
  timeout,
  transport,
  protocol,
  removed,
  closed,
  cancelled,
};

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

struct Response {
  int status = 0;
  std::string_view reason;
  std::span<const HeaderField> headers;
};

struct Binding {
  std::string_view uri;
  std::string_view display_name;  // plain, without quotes; escapes kept
  std::optional<std::uint32_t> expires;
  std::optional<std::uint32_t> q_thousandths;
  std::string_view instance_id;  // empty: none
  std::uint32_t reg_id = 0;      // 0: none
  std::string_view parameters;   // header parameters, from the first ';'
  bool own = false;
};

// A 2xx to a REGISTER that registered or refreshed.
struct Success {
  std::uint32_t expires = 0;  // seconds granted
  Millis expires_at = 0;      // wall clock, counted from the request's sending
  std::string_view contact;   // the Contact URI that is registered
  std::span<const Binding> bindings;
  std::string_view pub_gruu;   // empty: none
  std::string_view temp_gruu;  // empty: none
  std::span<const std::string_view> service_route;
  std::span<const std::string_view> path;
  std::span<const std::string_view> associated_uris;
  bool outbound = false;  // Require: outbound (RFC 5626 section 6)
  // What Feature-Caps says to the push options (RFC 8599 section 4.1).
  struct Push {
    bool accepted = false;               // +sip.pns names our provider
    std::string_view vapid;              // escaped; empty: none
    std::optional<std::uint32_t> pnsreg;  // s before the end, at the latest
  };
  std::optional<Push> push;  // absent: no push was asked for
  bool authenticated = false;
  bool bearer = false;
  std::uint8_t algorithm = 0;  // auth::Algorithm, when digest
  std::string_view realm;
  bool mutual = false;  // rspauth was right
  Response response;
  // The response's bytes within the frame in hand, and which of its bindings
  // are ours (bit i: bindings[i]), for a ResponseReader later on.
  std::string_view text;
  std::uint64_t own_bindings = 0;
};

struct Failure {
  FailureCode code = FailureCode::rejected;
  bool retryable = false;
  Millis retry_at = 0;  // wall clock; 0: no retry is scheduled
  std::optional<std::uint32_t> retry_after;  // seconds
  // What happened and what to do about it; static text.
  std::string_view message;
  // status 0: no response led to this.
  Response response;
};

struct ChallengeInfo {
  bool bearer = false;
  bool proxy = false;
  std::string_view realm;
  bool has_realm = false;
  // Digest: auth::Algorithm numbers, offered and allowed, in the order in which
  // they would be answered.
  std::array<std::uint8_t, 6> algorithms{};
  std::uint8_t algorithm_count = 0;
  enum class Previous : std::uint8_t { none, rejected, stale, expired };
  Previous previous = Previous::none;
  std::string_view scope;
  std::string_view authz_server;
  std::string_view error;
};

enum class OutputKind : std::uint8_t {
  none,
  connect,       // open a socket to `server` for `flow`
  disconnect,    // close the socket of `flow`; nothing more is sent on it
  transmit,      // send `bytes` on `flow`, as text when `text`
  trace,         // `bytes` went out or came in on `flow`; secrets redacted
  connection,    // the connection's state
  registration,  // the registration's properties, before the event they cause
  registered,
  refreshed,
  unregistered,
  failed,
  retry,
  warning,
  credentials_wanted,  // answer with Agent::provide_credentials()
  operation_done,      // the call succeeded
  operation_failed,
};

enum class UnregisteredReason : std::uint8_t {
  user,
  expired,
  rejected,
  cleared
};

// One output. Which members mean something follows from `kind`; views live
// until the next call that changes the agent, or the next poll().
struct Output {
  OutputKind kind = OutputKind::none;
  FlowId flow = 0;                      // connect, disconnect, transmit, trace
  std::uint32_t server = 0;             // connect, connection: index
  RegistrationId registration = 0;      // everything about one registration
  OperationId operation = 0;            // operation_*
  CallKind call = CallKind::register_;  // operation_*
  std::string_view bytes;               // transmit, trace; warning: its message
  bool text = true;                     // transmit: valid UTF-8 (RFC 7118 4.2)
  bool incoming = false;                // trace
  std::uint16_t close_code = 0;  // disconnect; connection: why it was lost
  ConnectionState connection = ConnectionState::disconnected;
  // registration
  RegistrationState state = RegistrationState::unregistered;
  bool bound = false;
  Millis expires_at = 0;  // wall clock, 0: none; also of the two below
  Millis refresh_at = 0;
  Millis retry_at = 0;  // also: connection, retry
  UnregisteredReason reason = UnregisteredReason::user;
  bool confirmed = false;       // unregistered, operation_done of an unregister
  bool sent = false;            // operation_done of an unregister
  std::uint32_t attempt = 0;    // retry
  std::string_view warning;     // warning: its code
  std::uint32_t challenge = 0;  // credentials_wanted: pass it back
  const ChallengeInfo* challenge_info = nullptr;
  // registered, refreshed; operation_done of register, refresh, query and
  // remove_binding (query: only `bindings` and `response` mean something).
  const Success* success = nullptr;
  Failure failure;  // failed, retry, operation_failed
};

}  // namespace sipreg
