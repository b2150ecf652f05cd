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

// Sans-I/O: time, frames and random bytes come in as arguments; frames, events
// and one deadline come out. Order of calls, always:
//
//   1. mutate: any call that takes `now`
//   2. poll() until it returns false, doing what each output says
//   3. read deadline(), and call advance() when it has come (late is fine)
//
// An output's views die with the next poll() or mutation. The same calls with
// the same arguments give the same outputs on every platform.
//
// Not thread-safe; never calls back.
class Agent {
 public:
  Agent();
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Once, before anything else. `entropy` is at least 32 bytes from a
  // cryptographic source; branches, tags, nonces and jitter are made of it.
  Status configure(const ClientOptions& options,
                   std::span<const std::uint8_t> entropy);

  // Builds a registration and sends nothing. On success `id` is set.
  Status create(const RegistrationOptions& options, RegistrationId& id);

  // Starts a call; its end is an operation_done or operation_failed output
  // with the same operation id, exactly once, in bounded time.
  Status call(Now now, RegistrationId id, OperationId operation,
              const Call& call);

  // Drops the registration and sends nothing. Calls under way fail `removed`.
  Status remove(Now now, RegistrationId id);

  // Takes effect with the next REGISTER.
  Status update(RegistrationId id, const UpdateOptions& options);

  // Forgets what was learnt from earlier credentials (sessions, pinned realm,
  // rejections). `available` false: challenges fail at once from now on.
  Status reset_credentials(RegistrationId id, bool available);

  // Answers a credentials_wanted output: all that the host has (the agent picks
  // by realm and algorithm), or an empty span for "none". A late answer, to a
  // challenge that is not open any more, changes nothing.
  Status provide_credentials(Now now, RegistrationId id,
                             std::uint32_t challenge,
                             std::span<const Credentials> credentials);

  // Says whether credentials are well-formed; uses nothing of them.
  static Status check(const Credentials& credentials);

  // What became of the socket asked for by a connect output. `secure`: wss.
  // `subprotocol`: the server agreed to "sip" (RFC 7118 section 4.1).
  void opened(Now now, FlowId flow, bool secure, bool loopback,
              bool subprotocol);
  // It could not be opened, or was lost; `code` is the WebSocket close code,
  // 1006 when there is none.
  void lost(Now now, FlowId flow, std::uint16_t code);

  // One WebSocket message. The agent may rewrite the bytes (header lines are
  // unfolded in place); they must stay until poll() has returned false.
  void receive(Now now, FlowId flow, std::span<char> frame);

  // Does what is due.
  void advance(Now now);

  // The host woke up, came online or became visible.
  void wake(Now now);

  // Ends everything: calls under way fail `closed`, sockets are closed.
  void close(Now now);

  // Whether trace outputs are wanted. Off at first: they cost a copy each.
  void set_trace(bool on);

  [[nodiscard]] bool poll(Output& out);

  // Monotonic ms of the next thing due, no_deadline when there is none.
  [[nodiscard]] Millis deadline() const;

  struct Statistics {
    std::uint32_t frames_in = 0;
    std::uint32_t frames_out = 0;
    std::uint32_t dropped = 0;
    std::uint32_t connects = 0;
    std::uint32_t registers = 0;
  };
  [[nodiscard]] const Statistics& statistics() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sipreg
