// What the agent gives back: frames to send, sockets to open and close, and
// what became of calls and registrations.
//
// All views and spans live as Output says. Points in time are ms on the wall
// clock as the host gave it last, 0 when there is none.
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
  connecting,     // waiting for a flow: a socket to one of the servers
  registering,    // first or recovery REGISTER in flight
  registered,     // a binding is held and its flow is up
  refreshing,     // the same, and a REGISTER is in flight
  unregistering,  // the removal is in flight
  waiting,        // a retry is scheduled, see Output::retry_at
  failed,         // given up; a register_ call starts again
  removed,        // the id is dead
};

enum class ConnectionState : std::uint8_t {
  disconnected,  // nobody needs a socket
  connecting,
  connected,
  waiting,  // the next attempt is scheduled
  closed,   // after Agent::close()
};

// How a call failed.
enum class FailureCode : std::uint8_t {
  rejected,     // a final response other than 2xx that no repair helped
  auth_failed,  // no credentials, none that fit, or they were refused
  interval,     // 423 without a Min-Expires that can be met
  timeout,      // no final response (Timer F), no socket, or no credentials
  transport,    // the socket could not be had or was lost
  protocol,     // no subprotocol "sip", a 2xx without our binding, a wrong
                // rspauth, or a server that never has enough
  removed,      // by Agent::remove()
  closed,       // by Agent::close()
  cancelled,    // by an unregister before anything was sent
};

// As received, the value without line folds and the space around it.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

struct Response {
  int status = 0;  // 200 ... 699
  std::string_view reason;
  std::span<const HeaderField> headers;  // in the response's order
};

// A Contact of a 2xx, whose ever it is (RFC 3261 section 10.2.1).
struct Binding {
  std::string_view uri;
  std::string_view display_name;         // without quotes; escapes kept
  std::optional<std::uint32_t> expires;  // seconds left
  std::optional<std::uint32_t> q_thousandths;
  std::string_view instance_id;  // empty: none
  std::uint32_t reg_id = 0;      // 0: none
  std::string_view parameters;   // header parameters, from the first ';'
  bool own = false;              // this registration's
};

// A 2xx to a REGISTER (RFC 3261 section 10.2.4).
struct Success {
  std::uint32_t expires = 0;  // seconds granted
  // Counted from the request's sending: not later than the registrar thinks.
  Millis expires_at = 0;
  std::string_view contact;  // the Contact URI that is registered
  std::span<const Binding> bindings;
  std::string_view pub_gruu;                          // RFC 5627; empty: none
  std::string_view temp_gruu;                         // RFC 5627; empty: none
  std::span<const std::string_view> service_route;    // RFC 3608
  std::span<const std::string_view> path;             // RFC 3327
  std::span<const std::string_view> associated_uris;  // RFC 7315
  bool outbound = false;  // Require: outbound (RFC 5626 section 6)
  // What Feature-Caps says to the push options (RFC 8599 section 4.1).
  struct Push {
    bool accepted = false;                // +sip.pns names our provider
    std::string_view vapid;               // escaped; empty: none
    std::optional<std::uint32_t> pnsreg;  // s before the end, at the latest
  };
  std::optional<Push> push;    // absent: no push was asked for
  bool authenticated = false;  // the request carried credentials
  bool bearer = false;         // ... a token; otherwise a digest:
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
  std::string_view realm;
  bool mutual = false;  // rspauth was right (RFC 7616 section 3.5)
  Response response;
  // The response's bytes within the frame in hand, and which of its bindings
  // are ours (bit i: bindings[i]), for a ResponseReader later on.
  std::string_view text;
  std::uint64_t own_bindings = 0;
};

struct Failure {
  FailureCode code = FailureCode::rejected;
  bool retryable = false;  // the same request may succeed later
  Millis retry_at = 0;     // when it is sent again by itself; 0: it is not
  std::optional<std::uint32_t> retry_after;  // the server's, in seconds
  // What happened and what to do about it; English, static text.
  std::string_view message;
  // status 0: no response led to this.
  Response response;
};

// What a 401 or 407 asks for (RFC 3261 section 22, RFC 7616, RFC 8898).
struct ChallengeInfo {
  bool bearer = false;
  bool proxy = false;  // 407
  std::string_view realm;
  bool has_realm = false;
  // Digest: offered and allowed, in the order in which they would be answered;
  // the first algorithm_count are set.
  std::array<DigestAlgorithm, 6> algorithms{};
  std::uint8_t algorithm_count = 0;
  // Why it is asked again.
  enum class Previous : std::uint8_t { none, rejected, stale, expired };
  Previous previous = Previous::none;
  std::string_view scope;         // bearer
  std::string_view authz_server;  // bearer: where tokens are had
  std::string_view error;
};

enum class OutputKind : std::uint8_t {
  none,
  // To be done by the host:
  connect,  // open a socket to `server` for `flow`: opened() or lost() follow
  disconnect,  // close the socket of `flow`; nothing more is sent on it
  transmit,    // send `bytes` on `flow` as one message, as text when `text`
  // To be told:
  trace,         // `bytes` went out or came in on `flow`; secrets are blanked
  connection,    // the connection's state
  registration,  // the registration's properties, before the event they cause
  flow,          // one flow of a registration with several, or with
                 // registration 0 the flow of all that have one
  snapshot,      // `bytes` are to be kept for RegistrationOptions::snapshots,
                 // before what follows is sent; `flow_number` says whose
  // `channel` is open on `flow`, to `server`, or with flow 0 not open. `bytes`
  // are its properties, a line each: the sent-by of its Via, the Contact URI of
  // its dialogs, and the Service-Route's name-addrs.
  channel,
  channel_message,  // `bytes` came in for `channel`: one message, nothing blank
  credentials_settled,  // nobody waits for an answer to credentials_wanted
  registered,           // the first success, also on a new flow or after a loss
  refreshed,            // every other success
  unregistered,         // the binding ended, for `reason`
  failed,               // given up, for `failure`
  retry,                // failed, and tried again at `retry_at`
  warning,              // `warning` is its code, `bytes` its text
  // To be answered, with Agent::provide_credentials():
  credentials_wanted,
  // Ends of calls, behind the events that go with them:
  operation_done,
  operation_failed,
  // To be answered, with Agent::respond():
  request,
};

// A request from the server (RFC 3261 section 8.2).
struct IncomingRequest {
  RequestId id = 0;  // 0: an ACK, which has no answer
  std::string_view method;
  std::string_view uri;
  std::span<const HeaderField> headers;  // in the request's order
  std::string_view body;
  std::string_view text;  // all of it
};

enum class UnregisteredReason : std::uint8_t {
  user,      // an unregister call
  expired,   // it was not refreshed in time
  rejected,  // the registrar refused for good (403, 404)
  cleared,   // the registrar does not list it any more, or all were removed
};

// One output. Which members mean something follows from `kind`. Views, spans
// and pointers live until the next poll() or the next call that changes the
// agent.
struct Output {
  OutputKind kind = OutputKind::none;
  FlowId flow = 0;                      // connect, disconnect, transmit, trace
  std::uint32_t server = 0;             // connect, connection: index
  RegistrationId registration = 0;      // everything about one registration
  OperationId operation = 0;            // operation_*
  CallKind call = CallKind::register_;  // operation_*
  std::string_view bytes;               // transmit, trace; warning: its text
  bool text = true;              // transmit: valid UTF-8 (RFC 7118 section 4.2)
  bool incoming = false;         // trace
  std::uint16_t close_code = 0;  // disconnect; connection: why it was lost
  ConnectionState connection = ConnectionState::disconnected;
  std::uint32_t connection_index = 0;  // connection: for the agent's own use
  // registration
  RegistrationState state = RegistrationState::unregistered;
  bool bound = false;             // the registrar holds an unexpired binding
  std::uint32_t reg_id = 0;       // also: flow; 0: RFC 5626 is not used
  std::uint32_t flow_number = 0;  // snapshot: 0 for the first flow
  bool connected = false;         // flow: it is open, to `server`
  Millis expires_at = 0;          // also: flow
  Millis refresh_at = 0;
  Millis retry_at = 0;  // also: connection, retry
  UnregisteredReason reason = UnregisteredReason::user;
  bool confirmed = false;  // unregistered, operation_done of an unregister
  // operation_done of an unregister; operation_failed: the registrar may have
  // done what was asked, as it said so or as no answer came.
  bool sent = false;
  std::uint32_t attempt = 0;    // retry: failures in a row
  std::string_view warning;     // warning: its code
  std::uint32_t challenge = 0;  // credentials_wanted: pass it back
  const ChallengeInfo* challenge_info = nullptr;
  ChannelId channel = 0;  // channel, channel_message
  // request; `registration` is then whose Contact or address of record it is
  // for, 0: nobody's.
  const IncomingRequest* request = nullptr;
  // registered, refreshed; operation_done of register, refresh, query and
  // remove_binding (query: only `bindings` and `response` mean something).
  const Success* success = nullptr;
  Failure failure;  // failed, retry, operation_failed
};

}  // namespace sipreg
