// The client's connection: which server, when to try again, whether it lives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "clock.h"
#include "entropy.h"
#include "flow/back_off.h"
#include "outbox.h"
#include "sipreg/agent.h"
#include "sipreg/options.h"
#include "sipreg/output.h"

namespace sipreg::flow {

struct ConnectionSettings {
  std::uint32_t servers = 1;
  Millis connect_timeout = 10'000;
  bool reconnect = true;
  BackOff back_off = interactive_back_off;
};

// What an input did to the connection; the registrations are told.
enum class Change : std::uint8_t {
  none,
  up,            // a new flow is open
  down,          // the open flow is lost
  round_failed,  // every server was tried once, none could be had
};

class Connection {
 public:
  Connection(const Clock& clock, Entropy& entropy, Outbox& outbox,
             Agent::Statistics& statistics)
      : clock_(clock),
        entropy_(entropy),
        outbox_(outbox),
        statistics_(statistics) {}

  void configure(const ConnectionSettings& settings) { settings_ = settings; }

  [[nodiscard]] bool open() const {
    return state_ == ConnectionState::connected;
  }
  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] FlowId flow() const { return flow_; }
  [[nodiscard]] std::uint32_t server() const { return server_; }
  [[nodiscard]] bool secure() const { return secure_; }
  [[nodiscard]] bool loopback() const { return loopback_; }
  [[nodiscard]] bool reconnects() const { return settings_.reconnect; }
  [[nodiscard]] Millis retry_at() const { return retry_at_; }  // steady
  // When the last frame came in on the open flow; steady.
  [[nodiscard]] Millis last_frame_at() const { return last_frame_at_; }
  // Attempts that failed since a flow proved itself.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }
  // Why the last round failed.
  [[nodiscard]] FailureCode cause() const { return cause_; }

  // Somebody needs a flow. `urgent`: a user's call, which cuts the wait before
  // the next attempt short.
  void want(bool urgent);
  // After Change::down or round_failed, when a flow is still needed.
  void schedule_next();

  // Nobody needs a flow any more: the scheduled attempt is dropped.
  void stand_down();

  [[nodiscard]] Change opened(FlowId flow, bool secure, bool loopback,
                              bool subprotocol);
  [[nodiscard]] Change lost(FlowId flow, std::uint16_t code);
  [[nodiscard]] Change advance();
  [[nodiscard]] Millis deadline() const;

  // Bookkeeping of the open flow.
  void frame_received();
  void pong_received() { proven_ = ping_sent_; }
  void registration_succeeded();
  // Asks the other end for a sign of life; silence for 5 s ends the flow.
  void probe();
  // The open flow is of no use any more; the next advance() replaces it.
  void give_up();

  // Puts a message on the open flow (RFC 7118 section 4.2: text when it is
  // valid UTF-8, binary else).
  void send(std::string_view message);

  void set_trace(bool on) { trace_ = on; }
  [[nodiscard]] bool trace() const { return trace_; }

  void close();

 private:
  void start_round();
  void try_server();
  [[nodiscard]] Change attempt_failed(FailureCode cause);
  [[nodiscard]] Change flow_lost();
  void enter(ConnectionState state, std::uint16_t code = 0);
  void drop_socket(std::uint16_t code);

  const Clock& clock_;
  Entropy& entropy_;
  Outbox& outbox_;
  Agent::Statistics& statistics_;
  ConnectionSettings settings_;

  ConnectionState state_ = ConnectionState::disconnected;
  FlowId flow_ = 0;
  FlowId last_flow_ = 0;
  std::uint32_t server_ = 0;
  std::uint32_t protocol_failures_ = 0;  // in this round
  std::uint32_t failures_ = 0;           // attempts since a flow proved itself
  FailureCode cause_ = FailureCode::transport;
  Millis connect_deadline_ = no_deadline;
  Millis retry_at_ = no_deadline;
  Millis probe_deadline_ = no_deadline;
  Millis last_frame_at_ = 0;
  Millis success_at_ = no_deadline;  // first 2xx on this flow
  bool proven_ = false;              // a pong came on this flow
  bool ping_sent_ = false;
  bool secure_ = false;
  bool loopback_ = false;
  bool trace_ = false;
  bool given_up_ = false;
};

}  // namespace sipreg::flow
