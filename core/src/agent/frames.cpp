#include <utility>

#include "agent/implementation.h"
#include "flow/redaction.h"
#include "message/scan.h"

namespace sipreg {
namespace {

using registration::Registration;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(std::string_view("\r\n \t\0", 5)) == text.npos;
}

// Whether what follows a message is another one, and not mere surplus, which is
// cut (RFC 3261 section 18.3).
bool is_message(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.starts_with("SIP/2.0 ") ||
         message::trim(line).ends_with(" SIP/2.0");
}

}  // namespace

void Agent::Implementation::receive_message(flow::Connection& connection,
                                            std::span<char> frame) {
  rest = {};
  if (message::parse(frame, message) != message::ParseError::none) {
    ++statistics.dropped;
    return;
  }
  message_text = {frame.data(), frame.size() - message.rest.size()};
  if (is_message(message.rest)) {
    rest = frame.last(message.rest.size());
    rest_flow = connection.flow();
    warn_of_several(connection);
  }
  if (message.is_request) return traffic.receive_request(connection);
  if (connection.takes_options_answer(message)) return;
  Registration* owner = registrations.find(owner_of(message.via.branch));
  if (owner == nullptr || &owner->connection() != &connection ||
      !owner->receive(message)) {
    if (!traffic.receive_response()) ++statistics.dropped;
    return;
  }
  set_timer(*owner);
  part_connections();
  if (owner->take_cleared_all()) clear_siblings(*owner);
}

void Agent::Implementation::warn_of_several(
    const flow::Connection& connection) {
  Registration* const user = user_of(connection);
  if (user == nullptr || std::exchange(warned_of_several, true)) return;
  user->warn("several-messages",
             "Several SIP messages came in one WebSocket message (RFC 7118 "
             "section 5); all were read.");
}

RegistrationId Agent::Implementation::owner_of(std::string_view branch) {
  constexpr std::size_t prefix = registration::branch_cookie.size() + 16;
  if (branch.size() <= prefix || branch.size() > prefix + 8 ||
      !branch.starts_with(registration::branch_cookie)) {
    return 0;
  }
  RegistrationId id = 0;
  for (const char c : branch.substr(prefix)) {
    if (c >= '0' && c <= '9') {
      id = id * 16 + static_cast<RegistrationId>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      id = id * 16 + static_cast<RegistrationId>(c - 'a' + 10);
    } else {
      return 0;
    }
  }
  return id;
}

void Agent::Implementation::receive_keep_alive(flow::Connection& connection,
                                               std::string_view text) {
  // RFC 5626 section 3.5.1: two CRLFs are a ping, one is a pong, which is
  // never answered.
  if (text == "\r\n\r\n") return connection.send("\r\n");
  if (text == "\r\n") connection.pong_received();
}

void Agent::receive(Now now, FlowId flow, std::span<char> frame) {
  Implementation& self = *implementation_;
  self.enter(now);
  flow::Connection* const connection = self.connection_of(flow);
  if (connection == nullptr || !connection->open()) return;
  connection->frame_received();
  // What was due before it came in, a Timer F above all, is done before.
  self.act(now, [&self] { self.advance_registrations(); });
  const std::string_view text(frame.data(), frame.size());
  ++self.statistics.frames_in;
  self.warned_of_several = false;
  if (connection->trace()) {
    flow::push_trace(self.outbox, flow, connection->server(), true, text);
  }
  if (is_blank(text)) return self.receive_keep_alive(*connection, text);
  self.receive_message(*connection, frame);
}

}  // namespace sipreg
