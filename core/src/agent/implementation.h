// What an agent is made of; each file beside this one defines one concern of
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "agent/siblings.h"
#include "context.h"
#include "list.h"
#include "registration/account.h"
#include "registration/registration.h"
#include "registration/registry.h"
#include "sipreg/agent.h"
#include "timer_heap.h"
#include "traffic/traffic.h"

namespace sipreg {

class Agent::Implementation : public Context {
 public:
  using Account = registration::Account;
  using Exchange = registration::Exchange;
  using Registration = registration::Registration;

  registration::Registry registrations;
  Siblings siblings;
  TimerHeap<Registration> timers;
  RegistrationId last_id = 0;
  Millis next_wake_at = 0;
  flow::Connections& connections = environment.connections;
  traffic::Traffic traffic{*this, registrations, connections};
  bool slept = false;  // the wall clock leapt ahead, and no flow was probed yet
  bool configured = false;
  bool closed = false;
  // A second message in the frame in hand waits until the outputs of the first
  // are polled (RFC 7118 section 5 allows one; some servers send two).
  std::span<char> rest;
  FlowId rest_flow = 0;
  bool warned_of_several = false;  // in this frame
  // Those with several flows, ascending by id.
  List<std::unique_ptr<Account>> accounts;
  bool has_ended_accounts = false;
  Registration* only = nullptr;  // of an account of one flow, asked for last
  Account* changed_account = nullptr;  // of the output polled last
  // What the host was told of each connection, and of the best of them.
  List<ConnectionState> told_connections;
  ConnectionState told_connection = ConnectionState::disconnected;

  // --- its registrations and its outputs (agent.cpp)
  [[nodiscard]] Account* account_of(RegistrationId id) const;
  // The registrations that the host's one id stands for, until the next
  // question.
  [[nodiscard]] std::span<Registration* const> all_of(RegistrationId id);
  // For inputs that may change the connection's state, which shows in every
  // registration's: after `action` it is passed on.
  template <typename Action>
  void act(Now now, Action action) {
    enter(now);
    const std::uint64_t before = connection_states();
    action();
    if (connection_states() != before) {
      for_each(&Registration::publish);
      traffic.requests.forget_lost();
    }
  }
  // Changes with any connection's state or wait.
  [[nodiscard]] std::uint64_t connection_states() const;
  void enter(Now now);
  void set_timer(Registration& entry);
  void for_each(void (Registration::*action)());
  void advance_registrations();
  // False: the output stays here.
  [[nodiscard]] bool translate(Output& output);

  // --- sockets and time (connections.cpp)
  // The host sees the best of the connections; the others' changes show in the
  // flows of registrations. False: nothing is to be told.
  [[nodiscard]] bool translate_connection(Output& output);
  [[nodiscard]] flow::Connection* connection_of(FlowId flow) {
    return flow::connection_of(connections, flow);
  }
  // Each has a server of its own; spare ones, and then the others', stand in
  // for one that fails.
  void use_connections(std::uint32_t wanted);
  // Where the first connection went to another's server, the other one leaves
  // as soon as something is registered there.
  void part_connections();
  // The first registration that needs this connection.
  [[nodiscard]] Registration* user_of(const flow::Connection& connection);
  [[nodiscard]] bool is_alone(const flow::Connection& connection) const;
  void for_each_on(const flow::Connection& connection,
                   void (Registration::*action)());
  void handle(flow::Connection& connection, flow::Change change);
  void advance_connections();
  // An open socket proves nothing after a sleep: a ping does where the server
  // is known to answer, an early refresh does elsewhere, or, where `refreshes`
  // is false or there is nothing to refresh, an OPTIONS.
  // False: there was nothing to do.
  bool wake_connection(flow::Connection& connection, bool refreshes);

  // --- what the host asks for (commands.cpp)
  void start_call(RegistrationId id, OperationId operation,
                  std::unique_ptr<Exchange> exchange);
  // RFC 5626 section 4.2: two registrations of one device that shared a reg-id
  // would take each other's place at the registrar.
  [[nodiscard]] std::uint32_t free_reg_id(std::string_view aor,
                                          std::uint32_t count) const;
  // Contact: * removed every binding of the address of record.
  void clear_siblings(const Registration& owner);

  // --- what comes in on a flow (frames.cpp)
  void receive_message(flow::Connection& connection, std::span<char> frame);
  void warn_of_several(const flow::Connection& connection);
  // The registration's number stands behind the branch's random part.
  [[nodiscard]] static RegistrationId owner_of(std::string_view branch);
  static void receive_keep_alive(flow::Connection& connection,
                                 std::string_view text);
};

}  // namespace sipreg
