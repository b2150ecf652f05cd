// One of the client's connections: which server, when to try again, whether it
// lives.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "clock.h"
#include "entropy.h"
#include "flow/back_off.h"
#include "flow/keep_alive.h"
#include "flow/options_request.h"
#include "flow/servers.h"
#include "list.h"
#include "message/codec.h"
#include "outbox.h"
#include "sipreg/agent.h"
#include "sipreg/options.h"
#include "sipreg/output.h"
#include "text.h"

namespace sipreg::flow {

struct ConnectionSettings {
  Millis connect_timeout = 10'000;
  bool reconnect = true;
  BackOff back_off = interactive_back_off;
  KeepAliveOptions keep_alive;
};

// What an input did to the connection; the registrations are told.
enum class Change : std::uint8_t {
  none,
  up,            // a new flow is open
  down,          // the open flow is lost
  round_failed,  // every server was tried once, none could be had
};

class Connection;
using Connections = List<std::unique_ptr<Connection>>;

// What an agent's connections share.
struct Environment {
  const Clock& clock;
  Entropy& entropy;
  Outbox& outbox;
  Agent::Statistics& statistics;
  ConnectionSettings settings;
  Servers servers;
  FlowId last_flow = 0;
  bool trace = false;
  bool online = true;  // what the host knows of it
  // The first serves all; the others only registrations with several flows.
  Connections connections;
  bool has_single_flows = false;  // a registration of one flow was created
};

class Connection {
 public:
  Connection(Environment& environment, std::uint32_t index)
      : environment_(environment), index_(index) {}

  // Servers that it may use, in order of preference.
  void use_servers(List<std::uint32_t> candidates) {
    candidates_ = std::move(candidates);
  }

  [[nodiscard]] bool open() const {
    return state_ == ConnectionState::connected && !given_up_;
  }
  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] FlowId flow() const { return flow_; }
  [[nodiscard]] std::uint32_t server() const { return server_; }
  [[nodiscard]] bool secure() const { return secure_; }
  [[nodiscard]] bool loopback() const { return loopback_; }
  [[nodiscard]] bool reconnects() const {
    return environment_.settings.reconnect;
  }
  // When the next flow is tried; steady.
  [[nodiscard]] Millis retry_at() const {
    return given_up_ ? planned_at_ : retry_at_;
  }
  // When the last frame came in on the open flow; steady.
  [[nodiscard]] Millis last_frame_at() const { return last_frame_at_; }
  // Attempts that failed since a flow proved itself.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }
  // Why the last round failed.
  [[nodiscard]] FailureCode cause() const { return cause_; }
  // Another server than this flow's could take over now.
  [[nodiscard]] bool has_alternative() const;
  [[nodiscard]] std::size_t server_count() const { return candidates_.size(); }

  // A registration begins or ceases to need a flow; keep-alives are sent for
  // those that do.
  void add_user() { ++users_; }
  void remove_user();
  [[nodiscard]] bool is_used() const { return users_ > 0; }
  // The same for bindings that are held over the open flow.
  void add_holder() { ++holders_; }
  void remove_holder() { --holders_; }
  [[nodiscard]] std::uint32_t holders() const { return holders_; }

  // Somebody needs a flow now. `urgent`: a user's call, which cuts the wait
  // before the next attempt short.
  void want(bool urgent);
  // After Change::down or round_failed, when a flow is still needed. `alone`:
  // no other connection is open (RFC 5626 section 4.5).
  void schedule_next(bool alone);

  // The host went offline: the next attempt comes at the back-off's cap at
  // the latest. And it came online: not later than at `at`.
  void delay();
  void hasten(Millis at);

  [[nodiscard]] Change opened(FlowId flow, bool secure, bool loopback,
                              bool subprotocol);
  [[nodiscard]] Change lost(FlowId flow, std::uint16_t code);
  // `probe` is whose account an OPTIONS is sent for.
  [[nodiscard]] Change advance(const OptionsRequest& probe);
  [[nodiscard]] Millis deadline() const;

  // Bookkeeping of the open flow.
  void frame_received();
  void pong_received();
  // True when the response answers an OPTIONS of ours.
  [[nodiscard]] bool takes_options_answer(const message::Message& response);
  // `flow_timer` in seconds, 0: none (RFC 5626 section 4.4.1).
  void registration_succeeded(std::uint32_t flow_timer, bool outbound);
  // Asks the other end for a sign of life; silence for 5 s ends the flow.
  // `by_options`: not by a ping, unless the host wants it so.
  void probe(const OptionsRequest& request, bool by_options = false);
  // A request that just went out is that question.
  void expect_answer();
  [[nodiscard]] bool answers_pings();
  // The open flow is of no use any more; the next advance() replaces it.
  void give_up();
  // The same where nothing is wrong with it, but another is to have the server.
  void make_way();
  [[nodiscard]] bool is_given_up() const { return given_up_; }
  // Nothing goes to this flow's server for that long (RFC 3261 section 21.5.4).
  void hold_server(Millis duration);
  // True once after it was learnt that idle flows are cut.
  [[nodiscard]] bool take_idle_close() {
    return std::exchange(idle_close_, false);
  }

  // Puts a message on the open flow (RFC 7118 section 4.2: text when it is
  // valid UTF-8, binary else).
  void send(std::string_view message);
  [[nodiscard]] bool trace() const { return environment_.trace; }

  void close();

 private:
  [[nodiscard]] bool is_taken(std::uint32_t server) const;
  [[nodiscard]] bool shares_servers() const;
  [[nodiscard]] List<std::uint32_t> usable_servers() const;
  void start_round();
  void try_server();
  [[nodiscard]] Change attempt_failed(FailureCode cause);
  [[nodiscard]] Change flow_lost(std::uint16_t code);
  [[nodiscard]] Change drop_flow();
  void judge_close(std::uint16_t code);
  [[nodiscard]] BackOff back_off(bool alone) const;
  [[nodiscard]] Millis next_at(bool alone) const;
  void wait_until(Millis at);
  void enter(ConnectionState state, std::uint16_t code = 0);
  void drop_socket(std::uint16_t code);
  void perform(KeepAlive::Action action, const OptionsRequest& request);
  [[nodiscard]] Server& current_server() {
    return environment_.servers[server_];
  }
  [[nodiscard]] Millis now() const { return environment_.clock.steady(); }

  Environment& environment_;
  const std::uint32_t index_;
  List<std::uint32_t> candidates_;
  List<std::uint32_t> round_;  // servers left to try in this round
  KeepAlive keep_alive_;
  Text options_branch_;  // of the OPTIONS that waits for its answer

  ConnectionState state_ = ConnectionState::disconnected;
  std::uint32_t users_ = 0;
  std::uint32_t holders_ = 0;
  FlowId flow_ = 0;
  std::uint32_t server_ = 0;
  std::uint32_t attempts_ = 0;           // in this round
  std::uint32_t protocol_failures_ = 0;  // in this round
  std::uint32_t failures_ = 0;           // attempts since a flow proved itself
  FailureCode cause_ = FailureCode::transport;
  Millis connect_deadline_ = no_deadline;
  Millis retry_at_ = no_deadline;
  Millis planned_at_ = no_deadline;  // the next attempt after giving up
  Millis last_frame_at_ = 0;
  Millis last_sent_at_ = 0;
  Millis success_at_ = no_deadline;  // first 2xx on this flow
  bool proven_ = false;              // a pong came on this flow
  bool secure_ = false;
  bool loopback_ = false;
  bool given_up_ = false;
  bool made_way_ = false;
  bool idle_close_ = false;
  bool refused_ = false;  // the server closed in a way that asks for patience
};

// The one with that flow, nullptr when it is lost.
[[nodiscard]] Connection* connection_of(const Connections& connections,
                                        FlowId flow);

}  // namespace sipreg::flow
