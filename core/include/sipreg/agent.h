// The registration agent: many registrations over one client's connections.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sipreg/options.h"
#include "sipreg/output.h"
#include "sipreg/status.h"
#include "sipreg/time.h"

namespace sipreg {

// Registers addresses of record over WebSocket flows (RFC 3261 section 10,
// RFC 7118, RFC 5626). Sans-I/O: time, frames and random bytes come in as
// arguments; frames, events and one deadline come out. Order of calls, always:
//
//   1. one call that changes something
//   2. poll() until it returns false, doing what each output says; whatever
//      that leads to (a socket that opened, credentials) waits for its turn
//      as 1
//   3. wait for deadline() or news from outside, and begin again
//
// The same calls with the same arguments give the same outputs on every
// platform. Errors are values, nothing throws; memory that runs out is not
// recovered from. No call blocks or calls back. An agent is for one thread at a
// time; two agents share nothing.
class Agent {
 public:
  Agent();
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Once, before anything else. `entropy` is at least 32 bytes from a
  // cryptographic source, for this agent alone: branches, tags, client nonces
  // and jitter are made of it. Refuses with invalid_argument or not_ready.
  Status configure(const ClientOptions& options,
                   std::span<const std::uint8_t> entropy);

  // ------------------------------------------------------------ commands

  // Builds a registration and sends nothing. On success `id` is set. Refuses
  // with invalid_argument, not_ready or closed.
  Status create(const RegistrationOptions& options, RegistrationId& id);

  // The reg-id of the registration's first flow (RFC 5626 section 4.2); those
  // of its other flows follow it. 0: it uses none, or there is no such
  // registration.
  [[nodiscard]] std::uint32_t reg_id(RegistrationId id) const;

  // Starts a call. Its end is an operation_done or operation_failed output with
  // the same operation id, exactly once and in bounded time; the host chooses
  // the id and does not use it again while the call runs. One REGISTER is in
  // flight per registration (RFC 3261 section 10.2): calls wait for their turn,
  // join one that does what they ask for already, or merge. Refuses with
  // invalid_argument or unknown_registration; then no output follows.
  Status call(Now now, RegistrationId id, OperationId operation,
              const Call& call);

  // Drops the registration and sends nothing: the binding stays at the
  // registrar until it expires. Calls under way fail `removed`. Refuses with
  // unknown_registration.
  Status remove(Now now, RegistrationId id);

  // Changes options; takes effect with the next REGISTER. Refuses with
  // invalid_argument or unknown_registration.
  Status update(RegistrationId id, const UpdateOptions& options);

  // Forgets and wipes what was learnt from earlier credentials: HA1 and nonces,
  // pinned realms, rejections. `available` is what has_credentials is from now
  // on. A challenge that is open is asked about again. Refuses with
  // unknown_registration.
  Status reset_credentials(Now now, RegistrationId id, bool available);

  // Answers a credentials_wanted output, `challenge` being the output's: all
  // that the host has (the agent picks by realm and algorithm), or an empty
  // span for "none". An answer to a challenge that is not open any more changes
  // nothing. Refuses with invalid_argument or unknown_registration; the
  // challenge then stays open.
  Status provide_credentials(Now now, RegistrationId id,
                             std::uint32_t challenge,
                             std::span<const Credentials> credentials);

  // Whether provide_credentials() would take them; keeps nothing of them.
  static Status check(const Credentials& credentials);

  // ------------------------------------------------------- other SIP traffic

  // Whether request outputs are wanted. Off at first: what the server asks is
  // answered by default, at once.
  void set_requests(bool on);

  // Answers a request output; one that is left open for 10 s (INVITE: 180 s)
  // gets the default answer, and one whose flow is lost ends without. Refuses
  // with invalid_argument, or closed when it is not open any more.
  Status respond(Now now, RequestId request, const RequestAnswer& answer);

  // Opens a channel for other SIP traffic of this registration's account: what
  // is sent goes over its flow, the best of several. Responses to what a
  // channel sent and requests of its dialogs come in there, and so do, on the
  // channel opened last, requests for the registration's Contact or address of
  // record, but for the OPTIONS that servers ping with. It ends with the
  // registration. The host chooses the channel's id, and never uses it again.
  // Refuses with unknown_registration.
  Status open_channel(RegistrationId id, ChannelId channel);
  void close_channel(ChannelId channel);
  // `message` is one SIP message, unfolded in place. Refuses with
  // invalid_argument, or not_open when no flow is open.
  Status send_on_channel(Now now, ChannelId channel, std::span<char> message);

  // Ends everything: calls under way fail `closed`, requests get their default
  // answers, sockets are closed. Only poll() may follow.
  void close(Now now);

  // ------------------------------------------------------- what happened

  // The socket asked for by a connect output is open. `secure`: wss;
  // `loopback`: to this very machine; `subprotocol`: the server agreed to "sip"
  // (RFC 7118 section 4.1), without which the flow is given up. News of a flow
  // that the agent has given up is ignored, here and below.
  void opened(Now now, FlowId flow, bool secure, bool loopback,
              bool subprotocol);
  // It could not be opened, or was lost; `code` is the WebSocket close code
  // (RFC 6455 section 7.4), 1006 when there is none. Not after a disconnect
  // output.
  void lost(Now now, FlowId flow, std::uint16_t code);

  // One WebSocket message, text or binary alike. Ones that are malformed, match
  // no transaction or are longer than 65 536 octets are dropped and counted.
  // Header lines are unfolded in place: the bytes belong to the agent until
  // poll() has returned false. Requests are answered (RFC 3261 section 8.2)
  // unless the host wants them, pings as well (RFC 5626 section 3.5.1).
  void receive(Now now, FlowId flow, std::span<char> frame);

  // deadline() has come. Early and late calls do no harm; all that is overdue
  // is done in its order.
  void advance(Now now);

  // The host woke up, came online or became visible: does what is overdue,
  // pulls the next attempt to connect forward, and asks an open flow for a sign
  // of life, which must come within 5 s.
  void wake(Now now);

  // The host knows that it is offline: attempts that fail are not counted and
  // the next one waits for the back-off's cap, for the host may be wrong; none
  // is given up. wake() says that it is back.
  void offline(Now now);

  // ------------------------------------------------------------- results

  // The next output; false when there is none, and `out` is as it was.
  [[nodiscard]] bool poll(Output& out);

  // On the monotonic clock; no_deadline when nothing will ever be due by
  // itself.
  [[nodiscard]] Millis deadline() const;

  // Whether trace outputs are wanted. Off at first: they cost a copy each.
  void set_trace(bool on);

  // Counts since the agent was made.
  struct Statistics {
    std::uint32_t frames_in = 0;
    std::uint32_t frames_out = 0;
    std::uint32_t dropped = 0;    // frames and responses that changed nothing
    std::uint32_t connects = 0;   // sockets that opened
    std::uint32_t registers = 0;  // REGISTERs sent
  };
  [[nodiscard]] const Statistics& statistics() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sipreg
