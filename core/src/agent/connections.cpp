#include <algorithm>
#include <utility>

#include "agent/implementation.h"

namespace sipreg {
namespace {

using registration::Registration;

// Events of the host come in storms; one attempt answers them.
constexpr Millis shortest_wake_interval = 10'000;
// And within it a flow is asked only after that long without a frame.
constexpr Millis shortest_silence = 1'000;

}  // namespace

bool Agent::Implementation::translate_connection(Output& output) {
  if (connections.size() < 2) return true;
  static constexpr std::uint8_t rank[] = {1, 3, 4, 2, 0};
  told_connections.resize(connections.size());
  told_connections[output.connection_index] = output.connection;
  const auto best = *std::max_element(
      told_connections.begin(), told_connections.end(),
      [](ConnectionState a, ConnectionState b) {
        return rank[static_cast<int>(a)] < rank[static_cast<int>(b)];
      });
  const bool is_news = best != told_connection || best == output.connection;
  const bool is_same =
      best == told_connection && best == ConnectionState::connected;
  told_connection = best;
  output.connection = best;
  return is_news && !is_same;
}

void Agent::Implementation::use_connections(std::uint32_t wanted) {
  while (connections.size() < wanted) {
    connections.push_back(std::make_unique<flow::Connection>(
        environment, static_cast<std::uint32_t>(connections.size())));
  }
  const auto used = static_cast<std::uint32_t>(connections.size());
  const std::uint32_t count = environment.servers.count();
  for (std::uint32_t i = 0; i < used; ++i) {
    List<std::uint32_t> servers{i};
    for (std::uint32_t step = 0; step < count; ++step) {
      const std::uint32_t other = (used + step) % count;
      if (other != i) servers.push_back(other);
    }
    connections[i]->use_servers(std::move(servers));
  }
}

void Agent::Implementation::part_connections() {
  const flow::Connection& first = *connections.front();
  if (first.holders() == 0) return;
  for (const auto& other : connections) {
    if (other.get() != &first && other->server() == first.server()) {
      other->make_way();
    }
  }
}

Registration* Agent::Implementation::user_of(
    const flow::Connection& connection) {
  if (!connection.is_used()) return nullptr;
  for (Registration& entry : registrations) {
    if (entry.wants_flow() && &entry.connection() == &connection) {
      return &entry;
    }
  }
  return nullptr;
}

bool Agent::Implementation::is_alone(const flow::Connection& connection) const {
  return std::none_of(connections.begin(), connections.end(),
                      [&connection](const auto& other) {
                        return other.get() != &connection && other->open();
                      });
}

void Agent::Implementation::for_each_on(const flow::Connection& connection,
                                        void (Registration::*action)()) {
  for (Registration& entry : registrations) {
    if (&entry.connection() != &connection) continue;
    (entry.*action)();
    set_timer(entry);
  }
}

void Agent::Implementation::handle(flow::Connection& connection,
                                   flow::Change change) {
  switch (change) {
    case flow::Change::none:
      return;
    case flow::Change::up:
      return for_each_on(connection, &Registration::flow_up);
    case flow::Change::down:
      if (connection.reconnects() && connection.is_used()) {
        connection.schedule_next(is_alone(connection));
      }
      for_each_on(connection, &Registration::flow_down);
      if (connection.take_idle_close()) {
        for_each_on(connection, &Registration::warn_of_idle_close);
      }
      return;
    case flow::Change::round_failed:
      if (connection.reconnects() && connection.is_used() &&
          connection.cause() != FailureCode::protocol) {
        connection.schedule_next(is_alone(connection));
      }
      return for_each_on(connection, &Registration::round_failed);
  }
}

void Agent::Implementation::advance_connections() {
  for (const auto& connection : connections) {
    const Millis at = connection->deadline();
    if (at == no_deadline || at > clock.steady()) continue;
    const Registration* const user = user_of(*connection);
    flow::OptionsRequest probe;
    if (user != nullptr) probe = user->options_request();
    handle(*connection, connection->advance(probe));
  }
}

bool Agent::Implementation::wake_connection(flow::Connection& connection,
                                            bool refreshes) {
  const Registration* const user = user_of(connection);
  if (user == nullptr) return false;
  if (connection.state() == ConnectionState::waiting) {
    connection.want(true);
    return true;
  }
  if (!connection.open()) return false;
  if (connection.answers_pings()) {
    connection.probe(user->options_request());
    return true;
  }
  for (Registration& entry : registrations) {
    if (&entry.connection() != &connection) continue;
    const bool is_asking =
        entry.awaits_answer() || (refreshes && entry.refresh_early());
    set_timer(entry);  // it may wait for the end of a Retry-After now
    if (!is_asking) continue;
    connection.expect_answer();
    return true;
  }
  if (connection.holders() == 0) return false;
  connection.probe(user->options_request(), true);
  return true;
}

void Agent::opened(Now now, FlowId flow, bool secure, bool loopback,
                   bool subprotocol) {
  Implementation& self = *implementation_;
  self.act(now, [&] {
    flow::Connection* const connection = self.connection_of(flow);
    if (connection == nullptr) return;
    self.handle(*connection,
                connection->opened(flow, secure, loopback, subprotocol));
  });
}

void Agent::lost(Now now, FlowId flow, std::uint16_t code) {
  Implementation& self = *implementation_;
  self.act(now, [&] {
    flow::Connection* const connection = self.connection_of(flow);
    if (connection == nullptr) return;
    self.handle(*connection, connection->lost(flow, code));
  });
}

void Agent::advance(Now now) {
  Implementation& self = *implementation_;
  self.act(now, [&self] {
    self.advance_connections();
    self.advance_registrations();
    self.traffic.requests.advance();
    if (!std::exchange(self.slept, false)) return;
    for (const auto& connection : self.connections) {
      if (connection->open()) self.wake_connection(*connection, true);
    }
  });
}

void Agent::wake(Now now) {
  Implementation& self = *implementation_;
  advance(now);
  self.act(now, [&self] {
    const Millis steady = self.clock.steady();
    const bool was_online = std::exchange(self.environment.online, true);
    const bool is_soon = steady < self.next_wake_at;
    for (const auto& connection : self.connections) {
      if (!is_soon) {
        if (!self.wake_connection(*connection, true)) continue;
        self.next_wake_at = steady + shortest_wake_interval;
        continue;
      }
      if (!was_online) connection->hasten(self.next_wake_at);
      if (connection->open() &&
          steady - connection->last_frame_at() >= shortest_silence) {
        self.wake_connection(*connection, false);
      }
    }
  });
}

void Agent::offline(Now now) {
  Implementation& self = *implementation_;
  self.act(now, [&self] {
    self.environment.online = false;
    for (const auto& connection : self.connections) connection->delay();
  });
}

}  // namespace sipreg
