#include "flow/connection.h"

#include <algorithm>

#include "flow/redaction.h"
#include "message/scan.h"

namespace sipreg::flow {
namespace {

constexpr std::uint16_t normal_closure = 1000;
constexpr std::uint16_t abnormal_closure = 1006;
// A flow that lived this long after its 2xx has proved itself, and losing it
// is no failed attempt (RFC 5626 section 4.5).
constexpr Millis proof_time = 30'000;
// The first reconnect after a loss is spread over this time: a server that
// restarts meets all its clients at once.
constexpr Millis first_reconnect_spread = 2'000;
constexpr Millis probe_timeout = 5'000;

}  // namespace

void Connection::want(bool urgent) {
  switch (state_) {
    case ConnectionState::disconnected:
      return start_round();
    case ConnectionState::waiting:
      if (urgent) start_round();
      return;
    case ConnectionState::connecting:
    case ConnectionState::connected:
    case ConnectionState::closed:
      return;
  }
}

void Connection::schedule_next() {
  const Millis delay =
      failures_ == 0 ? entropy_.between(0, first_reconnect_spread)
                     : back_off_delay(settings_.back_off, failures_, entropy_);
  retry_at_ = clock_.steady() + delay;
  enter(ConnectionState::waiting);
}

void Connection::stand_down() { enter(ConnectionState::disconnected); }

void Connection::start_round() {
  retry_at_ = no_deadline;
  server_ = 0;
  protocol_failures_ = 0;
  try_server();
}

void Connection::try_server() {
  flow_ = ++last_flow_;
  connect_deadline_ = clock_.steady() + settings_.connect_timeout;
  enter(ConnectionState::connecting);
  Output& output = outbox_.push(OutputKind::connect);
  output.flow = flow_;
  output.server = server_;
}

Change Connection::opened(FlowId flow, bool secure, bool loopback,
                          bool subprotocol) {
  if (flow != flow_ || state_ != ConnectionState::connecting) {
    return Change::none;
  }
  if (!subprotocol) {
    // RFC 7118 section 4.1: without the agreed subprotocol nothing may be sent.
    ++protocol_failures_;
    drop_socket(normal_closure);
    return attempt_failed(FailureCode::protocol);
  }
  ++statistics_.connects;
  secure_ = secure;
  loopback_ = loopback;
  connect_deadline_ = no_deadline;
  success_at_ = no_deadline;
  proven_ = false;
  ping_sent_ = false;
  last_frame_at_ = clock_.steady();
  enter(ConnectionState::connected);
  return Change::up;
}

Change Connection::lost(FlowId flow, std::uint16_t code) {
  if (flow != flow_) return Change::none;
  switch (state_) {
    case ConnectionState::connecting:
      return attempt_failed(FailureCode::transport);
    case ConnectionState::connected: {
      const Change change = flow_lost();
      enter(ConnectionState::disconnected, code);
      return change;
    }
    case ConnectionState::disconnected:
    case ConnectionState::waiting:
    case ConnectionState::closed:
      return Change::none;
  }
  return Change::none;
}

Change Connection::flow_lost() {
  const bool held = success_at_ != no_deadline &&
                    (proven_ || clock_.steady() - success_at_ >= proof_time);
  failures_ = held ? 0 : failures_ + 1;
  flow_ = 0;
  probe_deadline_ = no_deadline;
  given_up_ = false;
  cause_ = FailureCode::transport;
  return Change::down;
}

Change Connection::attempt_failed(FailureCode cause) {
  flow_ = 0;
  connect_deadline_ = no_deadline;
  cause_ = cause;
  if (++server_ < settings_.servers) {
    try_server();
    return Change::none;
  }
  // A server that speaks no SIP is a matter of configuration, but only when
  // none of them does.
  if (protocol_failures_ == settings_.servers) {
    cause_ = FailureCode::protocol;
  } else if (cause_ == FailureCode::protocol) {
    cause_ = FailureCode::transport;
  }
  ++failures_;
  server_ = 0;
  enter(ConnectionState::disconnected, abnormal_closure);
  return Change::round_failed;
}

Change Connection::advance() {
  const Millis now = clock_.steady();
  if (connect_deadline_ != no_deadline && now >= connect_deadline_) {
    drop_socket(normal_closure);
    return attempt_failed(FailureCode::timeout);
  }
  if (given_up_ || (probe_deadline_ != no_deadline && now >= probe_deadline_)) {
    drop_socket(normal_closure);
    const Change change = flow_lost();
    enter(ConnectionState::disconnected, abnormal_closure);
    return change;
  }
  if (retry_at_ != no_deadline && now >= retry_at_) start_round();
  return Change::none;
}

Millis Connection::deadline() const {
  if (given_up_) return clock_.steady();
  Millis first = no_deadline;
  for (const Millis at : {connect_deadline_, probe_deadline_, retry_at_}) {
    if (at != no_deadline && (first == no_deadline || at < first)) first = at;
  }
  return first;
}

void Connection::frame_received() {
  last_frame_at_ = clock_.steady();
  probe_deadline_ = no_deadline;
}

void Connection::registration_succeeded() {
  if (success_at_ == no_deadline) success_at_ = clock_.steady();
}

void Connection::probe() {
  if (!open() || probe_deadline_ != no_deadline) return;
  send("\r\n\r\n");
  ping_sent_ = true;
  probe_deadline_ = clock_.steady() + probe_timeout;
}

void Connection::give_up() { given_up_ = open(); }

void Connection::send(std::string_view message) {
  ++statistics_.frames_out;
  Output& output = outbox_.push(OutputKind::transmit, message);
  output.flow = flow_;
  output.text = message::is_valid_utf8(message);
  if (trace_) push_trace(outbox_, flow_, server_, false, message);
}

void Connection::close() {
  if (flow_ != 0) drop_socket(normal_closure);
  flow_ = 0;
  connect_deadline_ = no_deadline;
  probe_deadline_ = no_deadline;
  given_up_ = false;
  enter(ConnectionState::closed);
}

void Connection::drop_socket(std::uint16_t code) {
  Output& output = outbox_.push(OutputKind::disconnect);
  output.flow = flow_;
  output.close_code = code;
}

void Connection::enter(ConnectionState state, std::uint16_t code) {
  if (state != ConnectionState::waiting) retry_at_ = no_deadline;
  if (state_ == state && state != ConnectionState::connecting) return;
  state_ = state;
  Output& output = outbox_.push(OutputKind::connection);
  output.connection = state;
  output.server = server_;
  output.close_code = code;
  if (retry_at_ != no_deadline) output.retry_at = clock_.wall_at(retry_at_);
}

}  // namespace sipreg::flow
