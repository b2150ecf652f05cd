#include "simulation.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>

namespace sipreg::testing {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

// SIPREG_TALK=1 tells what a run does, for one that has failed.
bool talks() {
  static const bool wanted = std::getenv("SIPREG_TALK") != nullptr;
  return wanted;
}

void say(Now now, std::string_view what, std::string_view text = {}) {
  if (!talks()) return;
  std::cerr << now.monotonic << " ms, " << now.wall << ": " << what << ' '
            << text << '\n';
}

}  // namespace

RegistrationOptions alice() {
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  options.has_credentials = true;
  return options;
}

std::string header(std::string_view message, std::string_view name) {
  const std::string wanted = lower(name);
  std::size_t begin = 0;
  while (begin < message.size()) {
    std::size_t end = message.find("\r\n", begin);
    if (end == message.npos) end = message.size();
    const std::string_view row = message.substr(begin, end - begin);
    const std::size_t colon = row.find(':');
    if (colon != row.npos && lower(row.substr(0, colon)) == wanted) {
      const std::size_t value = row.find_first_not_of(' ', colon + 1);
      return value == row.npos ? "" : std::string(row.substr(value));
    }
    begin = end + 2;
  }
  return {};
}

std::string parameter(std::string_view value, std::string_view name) {
  const std::string key = std::string(name) + "=";
  std::size_t at = 0;
  for (;;) {
    at = value.find(key, at);
    if (at == value.npos) return {};
    const char before = at == 0 ? ' ' : value[at - 1];
    if (before == ' ' || before == ';' || before == ',') break;
    ++at;
  }
  at += key.size();
  if (at < value.size() && value[at] == '"') {
    const std::size_t end = value.find('"', at + 1);
    return std::string(value.substr(at + 1, end - at - 1));
  }
  return std::string(value.substr(at, value.find_first_of(",; ", at) - at));
}

std::string respond(std::string_view request, int status,
                    std::string_view rows) {
  std::string out = "SIP/2.0 " + std::to_string(status) + " Reason\r\n";
  out += "Via: " + header(request, "Via") + "\r\n";
  out += "From: " + header(request, "From") + "\r\n";
  out += "To: " + header(request, "To") + ";tag=server\r\n";
  out += "Call-ID: " + header(request, "Call-ID") + "\r\n";
  out += "CSeq: " + header(request, "CSeq") + "\r\n";
  out += rows;
  out += "Content-Length: 0\r\n\r\n";
  return out;
}

std::string accept(std::string_view request, int expires) {
  std::string contact = header(request, "Contact");
  if (expires >= 0) {
    const std::size_t at = contact.find(";expires=");
    contact = contact.substr(0, at) + ";expires=" + std::to_string(expires);
  }
  if (contact.empty() || contact == "*" ||
      contact.find(";expires=0") != contact.npos) {
    return respond(request, 200);
  }
  return respond(request, 200, "Contact: " + contact + "\r\n");
}

std::string digest_challenge(std::string_view request, std::string_view nonce,
                             std::string_view more, int status) {
  std::string row =
      status == 407 ? "Proxy-Authenticate: " : "WWW-Authenticate: ";
  row += "Digest realm=\"example.com\", qop=\"auth\", nonce=\"";
  row += nonce;
  row += '"';
  row += more;
  row += "\r\n";
  return respond(request, status, row);
}

Simulation::Simulation(ClientOptions options, std::uint8_t seed) {
  if (options.instance_id.empty()) {
    options.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
  }
  std::array<std::uint8_t, 32> entropy;
  entropy.fill(seed);
  EXPECT_TRUE(agent.configure(options, entropy).ok());
}

RegistrationId Simulation::create(const RegistrationOptions& options) {
  RegistrationId id = 0;
  const Status status = agent.create(options, id);
  EXPECT_TRUE(status.ok()) << status.option << ' ' << status.message;
  return id;
}

RegistrationId Simulation::create() { return create(alice()); }

OperationId Simulation::call(RegistrationId id, CallKind kind) {
  Call call;
  call.kind = kind;
  return this->call(id, call);
}

OperationId Simulation::call(RegistrationId id, const Call& call) {
  const OperationId operation = try_call(id, call);
  EXPECT_NE(operation, 0u);
  return operation;
}

OperationId Simulation::try_call(RegistrationId id, const Call& call) {
  say(now_, "call",
      "kind " + std::to_string(static_cast<int>(call.kind)) + " of " +
          std::to_string(id) + " as " + std::to_string(last_operation_ + 1));
  const Status status = agent.call(now_, id, last_operation_ + 1, call);
  if (!status
           .ok()) {  // as if it had never been made: not even the time is told
    EXPECT_FALSE(status.message.empty());
    return 0;
  }
  drain();
  return ++last_operation_;
}

bool Simulation::provide(RegistrationId id, std::uint32_t challenge,
                         const Credentials& credentials) {
  const Status status =
      agent.provide_credentials(now_, id, challenge, {&credentials, 1});
  if (status.ok()) drain();
  return status.ok();
}

void Simulation::remove(RegistrationId id) {
  EXPECT_TRUE(agent.remove(now_, id).ok());
  drain();
}

Status Simulation::reply(RequestId request, const RequestAnswer& answer) {
  const Status status = agent.respond(now_, request, answer);
  drain();
  return status;
}

ChannelId Simulation::open_channel(RegistrationId id) {
  const Status status = agent.open_channel(id, ++last_channel_);
  poll();
  return status.ok() ? last_channel_ : 0;
}

void Simulation::close_channel(ChannelId channel) {
  agent.close_channel(channel);
  poll();
}

Status Simulation::send(ChannelId channel, std::string message) {
  const Status status =
      agent.send_on_channel(now_, channel, {message.data(), message.size()});
  drain();
  return status;
}

void Simulation::advance(Millis ms) {
  const Millis end = now_.monotonic + ms;
  for (int steps = 0;; ++steps) {
    ASSERT_LT(steps, 1'000'000) << "the agent asks for ever more timers";
    const Millis at = agent.deadline();
    if (at == no_deadline || at > end) break;
    const Millis step = std::max<Millis>(at - now_.monotonic, 0);
    now_.monotonic += step;
    now_.wall += step;
    tell_time();
  }
  now_.wall += end - now_.monotonic;
  now_.monotonic = end;
}

std::string Simulation::await_frame() {
  static constexpr Millis day = 86'400'000;
  const Millis end = now_.monotonic + day;
  while (frames.empty() && deadline() != no_deadline && deadline() <= end) {
    advance(std::max<Millis>(deadline() - now_.monotonic, 0));
  }
  return next_frame();
}

void Simulation::tell_time() {
  say(now_, "advance");
  overdue_ = false;
  agent.advance(now_);
  drain();
}

void Simulation::sleep(Millis ms) {
  now_.wall += ms;
  tell_time();
}

void Simulation::leap(Millis ms) {
  now_.wall += ms;
  say(now_, "leap");
  overdue_ = true;
}

void Simulation::oversleep(Millis ms) {
  now_.monotonic += ms;
  leap(ms);
}

void Simulation::jump_wall(Millis ms) {
  now_.wall += ms;
  if (ms < 0) stepped_back_ -= ms;
  tell_time();
}

void Simulation::wake() {
  say(now_, "wake");
  overdue_ = false;
  agent.wake(now_);
  drain();
}

void Simulation::offline() {
  say(now_, "offline");
  agent.offline(now_);
  drain();
}

void Simulation::close() {
  say(now_, "close");
  agent.close(now_);
  drain();
}

FlowId Simulation::latest(bool is_open) const {
  for (auto it = sockets_.rbegin(); it != sockets_.rend(); ++it) {
    if (it->second == is_open) return it->first;
  }
  return 0;
}

void Simulation::open(FlowId flow) {
  if (flow == 0) flow = latest(false);
  ASSERT_TRUE(sockets_.contains(flow));
  say(now_, "open", std::to_string(flow));
  sockets_[flow] = true;
  agent.opened(now_, flow, secure, loopback, subprotocol);
  drain();
}

void Simulation::refuse(FlowId flow) {
  if (flow == 0) flow = latest(false);
  say(now_, "refuse", std::to_string(flow));
  ASSERT_EQ(sockets_.erase(flow), 1u);
  agent.lost(now_, flow, 1006);
  drain();
}

void Simulation::drop(std::uint16_t code, FlowId flow) {
  if (flow == 0) flow = latest(true);
  say(now_, "drop", std::to_string(flow));
  ASSERT_EQ(sockets_.erase(flow), 1u);
  agent.lost(now_, flow, code);
  drain();
}

void Simulation::receive(std::string frame, FlowId flow) {
  if (flow == 0) flow = last_flow_;
  say(now_, "receive", std::to_string(flow) + ' ' + frame);
  agent.receive(now_, flow, {frame.data(), frame.size()});
  drain();
}

std::string Simulation::next_frame() {
  if (frames.empty()) {
    ADD_FAILURE() << "no frame was sent";
    return {};
  }
  frame_sent_at = frame_times[all_frames.size() - frames.size()];
  frame_sent_on = frame_flows[all_frames.size() - frames.size()];
  std::string frame = std::move(frames.front());
  frames.pop_front();
  return frame;
}

const Seen* Simulation::properties(RegistrationId id) const {
  const auto found = properties_.find(id);
  return found == properties_.end() ? nullptr : &outputs[found->second];
}

RegistrationState Simulation::state(RegistrationId id) const {
  const Seen* told = properties(id);
  return told == nullptr ? RegistrationState::unregistered : told->state;
}

bool Simulation::bound(RegistrationId id) const {
  const Seen* told = properties(id);
  return told != nullptr && told->bound;
}

const Seen* Simulation::outcome(OperationId operation) const {
  const Seen* found = nullptr;
  for (const Seen& seen : outputs) {
    if (seen.operation != operation ||
        (seen.kind != OutputKind::operation_done &&
         seen.kind != OutputKind::operation_failed)) {
      continue;
    }
    EXPECT_EQ(found, nullptr) << "settled twice";
    found = &seen;
  }
  return found;
}

const Seen* Simulation::last(OutputKind kind) const {
  for (auto it = outputs.rbegin(); it != outputs.rend(); ++it) {
    if (it->kind == kind) return &*it;
  }
  return nullptr;
}

std::size_t Simulation::count(OutputKind kind) const {
  return static_cast<std::size_t>(
      std::count_if(outputs.begin(), outputs.end(),
                    [kind](const Seen& seen) { return seen.kind == kind; }));
}

bool Simulation::warned(std::string_view code) const {
  return std::any_of(outputs.begin(), outputs.end(), [code](const Seen& seen) {
    return seen.kind == OutputKind::warning && seen.warning == code;
  });
}

RegistrationId Simulation::registered(int expires) {
  const RegistrationId id = create();
  const OperationId operation = call(id, CallKind::register_);
  receive(digest_challenge(next_frame(), "nonce1"));
  receive(accept(next_frame(), expires));
  const Seen* done = outcome(operation);
  EXPECT_TRUE(done != nullptr && done->kind == OutputKind::operation_done);
  return id;
}

static std::vector<std::string> texts(std::span<const HeaderField> headers) {
  std::vector<std::string> rows;
  for (const HeaderField& header : headers) {
    rows.push_back(std::string(header.name) + ": " + std::string(header.value));
  }
  return rows;
}

static std::string describe(const Output& output) {
  static constexpr std::string_view kinds[] = {"none",
                                               "connect",
                                               "disconnect",
                                               "transmit",
                                               "trace",
                                               "connection",
                                               "registration",
                                               "flow",
                                               "snapshot",
                                               "channel",
                                               "channel_message",
                                               "credentials_settled",
                                               "registered",
                                               "refreshed",
                                               "unregistered",
                                               "failed",
                                               "retry",
                                               "warning",
                                               "credentials_wanted",
                                               "operation_done",
                                               "operation_failed",
                                               "request"};
  std::string words = "-> ";
  words += kinds[static_cast<std::size_t>(output.kind)];
  words += " registration " + std::to_string(output.registration);
  words += " operation " + std::to_string(output.operation);
  words += " state " + std::to_string(static_cast<int>(output.state));
  words += " connection " + std::to_string(static_cast<int>(output.connection));
  if (output.kind == OutputKind::flow) {
    words += " reg-id " + std::to_string(output.reg_id);
  }
  words += output.bound ? " bound" : "";
  words += " ";
  return words.append(output.failure.message);
}

// What is told of a registration follows its properties.
void Simulation::check_order(const Output& output) const {
  const Seen* const properties = this->properties(output.registration);
  switch (output.kind) {
    case OutputKind::unregistered:
      EXPECT_TRUE(properties == nullptr || !properties->bound);
      break;
    case OutputKind::registered:
    case OutputKind::refreshed:
      EXPECT_TRUE(properties != nullptr && properties->bound);
      break;
    case OutputKind::failed:
      EXPECT_TRUE(properties != nullptr &&
                  properties->state == RegistrationState::failed);
      break;
    case OutputKind::retry:
      // Without a wait the attempt is under way.
      if (properties != nullptr) {
        const Millis at = properties->state == RegistrationState::waiting
                              ? properties->retry_at
                              : now_.wall;
        EXPECT_NEAR(at, output.failure.retry_at, 1'000)
            << "in state " << static_cast<int>(properties->state) << ": "
            << output.failure.message;
      }
      break;
    default:
      break;
  }
}

template <typename Visit>
static void for_each_text(const Output& output, Visit visit) {
  const auto visit_response = [&visit](const Response& response) {
    visit(response.reason);
    for (const HeaderField& header : response.headers) {
      visit(header.name);
      visit(header.value);
    }
  };
  visit(output.bytes);
  if (output.request != nullptr) {
    for (const auto text : {output.request->method, output.request->uri,
                            output.request->body, output.request->text}) {
      visit(text);
    }
  }
  visit(output.warning);
  visit(output.failure.message);
  visit_response(output.failure.response);
  if (const ChallengeInfo* const info = output.challenge_info) {
    for (const auto text :
         {info->realm, info->scope, info->authz_server, info->error}) {
      visit(text);
    }
  }
  const Success* const success = output.success;
  if (success == nullptr) return;
  for (const auto text : {success->contact, success->pub_gruu,
                          success->temp_gruu, success->realm, success->text}) {
    visit(text);
  }
  for (const Binding& binding : success->bindings) {
    for (const auto text : {binding.uri, binding.display_name,
                            binding.instance_id, binding.parameters}) {
      visit(text);
    }
  }
  for (const auto list :
       {success->service_route, success->path, success->associated_uris}) {
    for (const std::string_view text : list) visit(text);
  }
  visit_response(success->response);
}

// Reads every text to its last octet, which shows a sanitizer those that died.
static void touch(std::string_view text) {
  static volatile char sink;
  char sum = 0;
  for (const char octet : text) sum ^= octet;
  sink = sum;
  (void)sink;
}

// A digest's response stands in the request alone.
void Simulation::check_secrecy(const Output& output) {
  const bool is_sent = output.kind == OutputKind::transmit;
  const auto holds = [](std::string_view text, std::string_view secret) {
    return !secret.empty() && text.find(secret) != text.npos;
  };
  for_each_text(output, [&](std::string_view text) {
    touch(text);
    for (const std::string& secret : secrets) {
      EXPECT_FALSE(holds(text, secret)) << text;
    }
    if (is_sent) return;
    EXPECT_FALSE(holds(text, token)) << text;
    EXPECT_FALSE(holds(text, digest_response_)) << text;
  });
  if (is_sent) {
    digest_response_ =
        parameter(header(output.bytes, "Authorization"), "response");
  }
}

void Simulation::note(const Output& output) {
  if (talks()) say(now_, describe(output), output.bytes);
  check_order(output);
  check_secrecy(output);
  Seen seen{};
  seen.kind = output.kind;
  seen.registration = output.registration;
  seen.operation = output.operation;
  seen.state = output.state;
  seen.bound = output.bound;
  seen.expires_at = output.expires_at;
  seen.refresh_at = output.refresh_at;
  seen.retry_at = output.retry_at;
  seen.reason = output.reason;
  seen.confirmed = output.confirmed;
  seen.sent = output.sent;
  seen.attempt = output.attempt;
  seen.warning = output.warning;
  seen.text = output.bytes;
  seen.connection = output.connection;
  seen.challenge = output.challenge;
  seen.flow = output.flow;
  seen.channel = output.channel;
  if (output.request != nullptr) {
    const IncomingRequest& request = *output.request;
    seen.request = request.id;
    seen.method = request.method;
    seen.uri = request.uri;
    seen.body = request.body;
    seen.text = request.text;
    seen.headers = texts(request.headers);
  }
  if (output.kind == OutputKind::failed || output.kind == OutputKind::retry ||
      output.kind == OutputKind::operation_failed) {
    seen.code = output.failure.code;
    seen.status = output.failure.response.status;
    seen.retryable = output.failure.retryable;
    seen.retry_at = output.failure.retry_at;
    seen.text = output.failure.message;
    seen.headers = texts(output.failure.response.headers);
  }
  if (output.success != nullptr) {
    const Success& success = *output.success;
    seen.expires = success.expires;
    seen.expires_at = success.expires_at;
    seen.headers = texts(success.response.headers);
    seen.service_route = {success.service_route.begin(),
                          success.service_route.end()};
    seen.path = {success.path.begin(), success.path.end()};
    seen.pub_gruu = success.pub_gruu;
    seen.temp_gruu = success.temp_gruu;
    seen.contact = success.contact;
    seen.realm = success.realm;
    seen.algorithm = success.algorithm;
    seen.authenticated = success.authenticated;
    seen.bearer = success.bearer;
    seen.outbound = success.outbound;
    seen.push = success.push;
    if (success.push) seen.vapid = success.push->vapid;
    for (const Binding& binding : success.bindings) {
      seen.bindings.push_back(
          std::string(binding.own ? "own " : "other ") +
          std::string(binding.uri) + " " +
          (binding.expires ? std::to_string(*binding.expires) : "none"));
    }
  }
  if (output.challenge_info != nullptr) {
    seen.realm = output.challenge_info->realm;
    const auto& offered = output.challenge_info->algorithms;
    seen.offered.assign(
        offered.begin(),
        offered.begin() + output.challenge_info->algorithm_count);
    seen.previous = output.challenge_info->previous;
    seen.bearer = output.challenge_info->bearer;
    seen.scope = output.challenge_info->scope;
    seen.authz_server = output.challenge_info->authz_server;
    seen.error = output.challenge_info->error;
  }
  if (seen.kind == OutputKind::registration) {
    properties_[seen.registration] = outputs.size();
  }
  outputs.push_back(std::move(seen));
}

void Simulation::forget() {
  std::vector<Seen> kept;
  for (auto& [id, place] : properties_) {
    kept.push_back(outputs[place]);
    place = kept.size() - 1;
  }
  outputs = std::move(kept);
  for (auto* list : {&frame_times, &connect_times}) {
    list->clear();
    list->shrink_to_fit();
  }
  all_frames = {};
  frame_flows = {};
  frames = {};
  connects = {};
  disconnects = {};
}

void Simulation::drain() {
  lifetime_ += std::max(
      {now_.monotonic - told_.monotonic, now_.wall - told_.wall, Millis{0}});
  told_ = now_;
  poll();
}

void Simulation::poll() {
  std::vector<FlowId> connects_now;
  std::vector<FlowId> pings_now;
  std::vector<std::pair<RegistrationId, std::uint32_t>> wanted;
  Output output;
  const auto is_open = [this](FlowId flow) {
    const auto found = sockets_.find(flow);
    return found != sockets_.end() && found->second;
  };
  while (agent.poll(output)) {
    note(output);
    switch (output.kind) {
      case OutputKind::transmit:
        EXPECT_TRUE(is_open(output.flow)) << "a frame without an open socket";
        if (auto_pong && output.bytes == "\r\n\r\n") {
          ++pings;
          pings_now.push_back(output.flow);
          break;
        }
        frames.emplace_back(output.bytes);
        all_frames.emplace_back(output.bytes);
        frame_times.push_back(now_.monotonic);
        frame_flows.push_back(output.flow);
        break;
      case OutputKind::connect:
        EXPECT_GT(output.flow, last_flow_);
        last_flow_ = output.flow;
        sockets_[output.flow] = false;
        connects_now.push_back(output.flow);
        connects.push_back(output.server);
        connect_times.push_back(now_.monotonic);
        break;
      case OutputKind::disconnect:
        disconnects.push_back(output.close_code);
        EXPECT_EQ(sockets_.erase(output.flow), 1u);
        break;
      case OutputKind::credentials_wanted:
        wanted.emplace_back(output.registration, output.challenge);
        break;
      default:
        break;
    }
  }
  const Millis at = agent.deadline();
  EXPECT_TRUE(overdue_ || at == no_deadline || at >= now_.monotonic)
      << "a timer armed for the past";
  for (const FlowId flow : connects_now) {
    if (auto_open && sockets_.contains(flow)) open(flow);
  }
  for (const FlowId flow : pings_now) {
    if (is_open(flow)) receive("\r\n", flow);
  }
  if (!auto_credentials) return;
  for (const auto& [id, challenge] : wanted) {
    Credentials credentials;
    credentials.username = username;
    credentials.password = password;
    credentials.has_password = token.empty();
    credentials.token = token;
    credentials.expires_at = token_expires_at;
    (void)provide(id, challenge, credentials);
  }
}

}  // namespace sipreg::testing
