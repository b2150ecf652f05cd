#include "flow/connection.h"

#include <algorithm>
#include <utility>

#include "flow/redaction.h"
#include "message/scan.h"

namespace sipreg::flow {
namespace {

constexpr std::uint16_t normal_closure = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t abnormal_closure = 1006;
// A flow that lived this long after its 2xx has proved itself, and losing it
// is no failed attempt (RFC 5626 section 4.5).
constexpr Millis proof_time = 30'000;
// The first reconnect after a loss is spread over this time: a server that
// restarts meets all its clients at once.
constexpr Millis first_reconnect_spread = 2'000;
constexpr Millis probe_timeout = 5'000;

// Whether the server closed for something that we did (RFC 6455 section 7.4.1):
// it will do so again until somebody mends that.
bool is_refusal(std::uint16_t code) {
  switch (code) {
    case 1002:  // protocol error
    case 1003:  // data that it does not take
    case 1007:  // invalid data
    case 1008:  // policy
    case 1009:  // too big
    case 1010:  // missing extension
    case 1015:  // TLS
      return true;
    default:
      return code >= 4000;
  }
}

}  // namespace

// ------------------------------------------------------------------ attempts

void Connection::remove_user() {
  if (--users_ > 0) return;
  keep_alive_.stop();
  if (state_ == ConnectionState::connecting) drop_socket(normal_closure);
  if (state_ == ConnectionState::connecting ||
      state_ == ConnectionState::waiting) {
    flow_ = 0;
    connect_deadline_ = no_deadline;
    enter(ConnectionState::disconnected);
  }
}

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

BackOff Connection::back_off(bool alone) const {
  BackOff back_off =
      refused_ ? rfc5626_back_off : environment_.settings.back_off;
  if (!alone && back_off.base == rfc5626_back_off.base) {
    back_off.base = base_beside_others;
  }
  return back_off;
}

Millis Connection::next_at(bool alone) const {
  if (!environment_.online) return now() + back_off(alone).max;
  if (failures_ == 0) {
    return now() + environment_.entropy.between(0, first_reconnect_spread);
  }
  return now() +
         back_off_delay(back_off(alone), failures_, environment_.entropy);
}

void Connection::schedule_next(bool alone) {
  const Millis planned = std::exchange(planned_at_, no_deadline);
  wait_until(planned == no_deadline ? next_at(alone)
                                    : std::max(planned, now()));
}

void Connection::wait_until(Millis at) {
  retry_at_ = at;
  enter(ConnectionState::waiting);
}

void Connection::delay() {
  if (state_ != ConnectionState::waiting) return;
  wait_until(std::max(retry_at_, now() + back_off(true).max));
}

void Connection::hasten(Millis at) {
  if (state_ == ConnectionState::waiting && at < retry_at_) wait_until(at);
}

bool Connection::is_taken(std::uint32_t server) const {
  return std::any_of(environment_.connections.begin(),
                     environment_.connections.end(),
                     [this, server](const auto& other) {
                       return other.get() != this && other->server_ == server &&
                              (other->state_ == ConnectionState::connecting ||
                               other->state_ == ConnectionState::connected);
                     });
}

// RFC 5626 section 4.2: each flow has a server of its own. Only the first
// connection may go to one that another has, where registrations of one flow,
// which have no other, depend on it.
bool Connection::shares_servers() const {
  return index_ == 0 && environment_.has_single_flows;
}

// Those that no other connection has come first.
List<std::uint32_t> Connection::usable_servers() const {
  List<std::uint32_t> usable;
  for (const bool taken : {false, true}) {
    for (const std::uint32_t each : candidates_) {
      if (is_taken(each) == taken) usable.push_back(each);
    }
    if (!shares_servers()) break;
  }
  return usable;
}

bool Connection::has_alternative() const {
  const auto order = environment_.servers.order(usable_servers(), now());
  return std::any_of(order.begin(), order.end(),
                     [this](std::uint32_t index) { return index != server_; });
}

void Connection::start_round() {
  retry_at_ = no_deadline;
  attempts_ = protocol_failures_ = 0;
  const List<std::uint32_t> usable = usable_servers();
  round_ = environment_.servers.order(usable, now());
  if (!round_.empty()) return try_server();
  retry_at_ = environment_.servers.first_free(usable);
  enter(ConnectionState::waiting);
}

void Connection::try_server() {
  server_ = round_.front();
  round_.erase(round_.begin());
  ++attempts_;
  flow_ = ++environment_.last_flow;
  connect_deadline_ = now() + environment_.settings.connect_timeout;
  enter(ConnectionState::connecting);
  Output& output = environment_.outbox.push(OutputKind::connect);
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
  ++environment_.statistics.connects;
  environment_.online = true;  // whatever the host says
  secure_ = secure;
  loopback_ = loopback;
  connect_deadline_ = no_deadline;
  success_at_ = planned_at_ = no_deadline;
  proven_ = refused_ = made_way_ = false;
  last_frame_at_ = last_sent_at_ = now();
  keep_alive_.configure(environment_.settings.keep_alive);
  keep_alive_.start();
  enter(ConnectionState::connected);
  return Change::up;
}

Change Connection::attempt_failed(FailureCode cause) {
  flow_ = 0;
  connect_deadline_ = no_deadline;
  cause_ = cause;
  environment_.servers.failed(server_, now());
  if (!shares_servers()) {
    round_.erase_if([this](std::uint32_t each) { return is_taken(each); });
  }
  if (!round_.empty()) {
    try_server();
    return Change::none;
  }
  // A server that speaks no SIP is a matter of configuration, but only when
  // none of them does.
  if (protocol_failures_ == attempts_) {
    cause_ = FailureCode::protocol;
  } else if (cause_ == FailureCode::protocol) {
    cause_ = FailureCode::transport;
  }
  if (environment_.online) ++failures_;
  enter(ConnectionState::disconnected, abnormal_closure);
  return Change::round_failed;
}

// ---------------------------------------------------------------- open flows

Change Connection::lost(FlowId flow, std::uint16_t code) {
  if (flow != flow_) return Change::none;
  switch (state_) {
    case ConnectionState::connecting:
      return attempt_failed(FailureCode::transport);
    case ConnectionState::connected:
      judge_close(code);
      return flow_lost(code);
    case ConnectionState::disconnected:
    case ConnectionState::waiting:
    case ConnectionState::closed:
      return Change::none;
  }
  return Change::none;
}

// Closes by the other end, or by something on the way.
void Connection::judge_close(std::uint16_t code) {
  refused_ = is_refusal(code);
  const Millis idle = now() - std::max(last_frame_at_, last_sent_at_);
  if (success_at_ != no_deadline &&
      (code == going_away || code == abnormal_closure)) {
    idle_close_ |= environment_.servers.closed_idle(server_, idle);
  }
  if (refused_) success_at_ = no_deadline;  // not a loss, but a failure
}

Change Connection::flow_lost(std::uint16_t code) {
  const bool held = success_at_ != no_deadline &&
                    (proven_ || now() - success_at_ >= proof_time);
  if (held) {
    failures_ = 0;
    environment_.servers.succeeded(server_);
  } else if (!made_way_) {
    if (environment_.online) ++failures_;
    environment_.servers.failed(server_, now());
  }
  flow_ = 0;
  given_up_ = false;
  keep_alive_.stop();
  cause_ = FailureCode::transport;
  enter(ConnectionState::disconnected, code);
  return Change::down;
}

Change Connection::drop_flow() {
  drop_socket(normal_closure);
  return flow_lost(abnormal_closure);
}

Change Connection::advance(const OptionsRequest& probe) {
  if (connect_deadline_ != no_deadline && now() >= connect_deadline_) {
    drop_socket(normal_closure);
    return attempt_failed(FailureCode::timeout);
  }
  if (given_up_) return drop_flow();
  if (open()) {
    const KeepAlive::Action action =
        keep_alive_.advance(current_server(), now(), environment_.entropy);
    if (action == KeepAlive::Action::give_up) return drop_flow();
    perform(action, probe);
  }
  if (retry_at_ != no_deadline && now() >= retry_at_) start_round();
  return Change::none;
}

Millis Connection::deadline() const {
  if (given_up_) return now();
  Millis first = no_deadline;
  for (const Millis at :
       {connect_deadline_, keep_alive_.deadline(), retry_at_}) {
    if (at != no_deadline && (first == no_deadline || at < first)) first = at;
  }
  return first;
}

void Connection::frame_received() {
  last_frame_at_ = now();
  keep_alive_.received(current_server(), now(), environment_.entropy);
}

void Connection::pong_received() {
  proven_ |= keep_alive_.ponged(current_server());
}

bool Connection::takes_options_answer(const message::Message& response) {
  if (options_branch_.empty() || response.via.branch != options_branch_) {
    return false;
  }
  if (response.status < 200) return true;
  options_branch_.clear();
  proven_ |= keep_alive_.options_answered(current_server());
  return true;
}

void Connection::registration_succeeded(std::uint32_t flow_timer,
                                        bool outbound) {
  if (success_at_ == no_deadline) success_at_ = now();
  environment_.servers.succeeded(server_);
  if (is_used()) {
    keep_alive_.registered(flow_timer, outbound, current_server(), now(),
                           environment_.entropy);
  }
}

void Connection::probe(const OptionsRequest& request, bool by_options) {
  if (!open()) return;
  perform(keep_alive_.probe(current_server(), now(), probe_timeout, by_options),
          request);
}

void Connection::expect_answer() {
  if (open()) keep_alive_.expect_answer(now(), probe_timeout);
}

bool Connection::answers_pings() { return current_server().answers_pings; }

void Connection::perform(KeepAlive::Action action,
                         const OptionsRequest& request) {
  switch (action) {
    case KeepAlive::Action::none:
    case KeepAlive::Action::give_up:
      return;
    case KeepAlive::Action::ping:
      return send("\r\n\r\n");
    case KeepAlive::Action::options: {
      Text text;
      write_options(request, secure_, environment_.entropy, text,
                    options_branch_);
      return send(text);
    }
  }
}

void Connection::give_up() {
  if (!open()) return;
  planned_at_ = next_at(true);
  given_up_ = true;
}

void Connection::make_way() {
  give_up();
  made_way_ = true;
}

void Connection::hold_server(Millis duration) {
  environment_.servers.hold(server_, now() + duration);
}

void Connection::send(std::string_view message) {
  ++environment_.statistics.frames_out;
  last_sent_at_ = now();
  Output& output = environment_.outbox.push(OutputKind::transmit, message);
  output.flow = flow_;
  output.text = message::is_valid_utf8(message);
  if (trace()) {
    push_trace(environment_.outbox, flow_, server_, false, message);
  }
}

void Connection::close() {
  if (flow_ != 0) drop_socket(normal_closure);
  flow_ = 0;
  connect_deadline_ = no_deadline;
  given_up_ = false;
  keep_alive_.stop();
  enter(ConnectionState::closed);
}

void Connection::drop_socket(std::uint16_t code) {
  Output& output = environment_.outbox.push(OutputKind::disconnect);
  output.flow = flow_;
  output.close_code = code;
}

void Connection::enter(ConnectionState state, std::uint16_t code) {
  if (state != ConnectionState::waiting) retry_at_ = no_deadline;
  // Another attempt, or another wait, is news.
  if (state_ == state && state != ConnectionState::connecting &&
      state != ConnectionState::waiting) {
    return;
  }
  state_ = state;
  if (index_ == 0) {  // registrations with one flow use this one
    Output& shared = environment_.outbox.push(OutputKind::flow);
    shared.server = server_;
    shared.connected = state == ConnectionState::connected;
  }
  Output& output = environment_.outbox.push(OutputKind::connection);
  output.connection = state;
  output.connection_index = index_;
  output.server = server_;
  output.close_code = code;
  if (retry_at_ != no_deadline) {
    output.retry_at = environment_.clock.wall_at(retry_at_);
  }
}

Connection* connection_of(const Connections& connections, FlowId flow) {
  for (const auto& connection : connections) {
    if (flow != 0 && connection->flow() == flow) return connection.get();
  }
  return nullptr;
}

}  // namespace sipreg::flow
