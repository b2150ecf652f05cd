#include "random_traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "message/codec.h"

namespace sipreg::testing {
namespace {

constexpr Millis longest_wait = 10'000;  // of a request for the host
constexpr Millis longest_ringing = 180'000;
constexpr Millis transaction_time = 32'000;  // of a channel's request
constexpr std::size_t most_dialogs = 64;     // that a channel keeps in mind
constexpr std::size_t most_requests = 64;    // that are open at a time

std::string key_of(std::string_view text) {
  return parameter(header(text, "Via"), "branch") + ' ' +
         header(text, "Call-ID") + ' ' + header(text, "CSeq");
}

std::string method_of(std::string_view text) {
  return std::string(text.substr(0, text.find(' ')));
}

}  // namespace

void RandomTraffic::step(RegistrationId account, FlowId socket) {
  switch (choices_.pick(12)) {
    case 0:
      wants_requests_ = choices_.once_in(2);
      return world_.agent.set_requests(wants_requests_);
    case 1:
    case 2:
      return open_channel(account);
    case 3:
      return close_channel();
    case 4:
      return ask_again(socket);
    case 5:
      return ask_in_dialog(socket);
    case 6:
    case 7:
      return reply();
    case 8:
      return send_request();
    case 9:
      return send_answer();
    case 10:
      return answer_channel(socket);
    default: {
      const Seen* const properties = world_.properties(account);
      std::string uri = "sip:alice@example.com";
      if (properties != nullptr && !properties->contact.empty()) {
        if (choices_.once_in(2)) uri = properties->contact;
      } else if (choices_.once_in(4)) {
        uri = "sip:nobody@elsewhere.invalid";
      }
      const std::string call_id = "theirs" + std::to_string(messages_);
      return ask(request(method(), uri, "<sip:alice@example.com>", call_id),
                 socket, 0);
    }
  }
}

// --- the server

std::string_view RandomTraffic::method() {
  static constexpr std::string_view methods[] = {"INVITE",  "NOTIFY", "MESSAGE",
                                                 "OPTIONS", "BYE",    "X"};
  return choices_.one_of(methods);
}

std::string RandomTraffic::request(std::string_view method,
                                   std::string_view uri, const std::string& to,
                                   const std::string& call_id) {
  const std::string number = std::to_string(++messages_);
  std::string text(method);
  text.append(" ").append(uri).append(" SIP/2.0\r\n");
  text += "Via: SIP/2.0/WSS far.invalid;branch=z9hG4bKt" + number + "\r\n";
  text += "From: <sip:bob@example.com>;tag=t" + number + "\r\nTo: " + to;
  text += "\r\nCall-ID: " + call_id + "\r\nCSeq: 7 ";
  text.append(method).append("\r\n");
  if (choices_.once_in(6)) text += "Require: x\r\n";
  if (choices_.once_in(6)) text += "Record-Route: <sip:edge.example;lr>\r\n";
  return text + "Content-Length: 0\r\n\r\n";
}

// `expected`: the channel that must be given it, 0: nobody knows.
void RandomTraffic::ask(const std::string& text, FlowId socket,
                        ChannelId expected) {
  check();
  const bool is_heard = is_open(socket) && !is_late();
  Asked& asked = asked_[key_of(text)];
  const bool is_new = asked.times == 0;
  if (is_open(socket)) ++asked.times;
  asked.flows.insert(socket);
  if (is_new) {
    asked.text = text;
    asked.at = world_.now();
    asked.is_doubtful = !is_heard;
  }
  watch_.receive(text, socket);
  check();
  if (!is_heard || !is_new) return;
  const bool is_answered = asked.finals > 0;
  if (method_of(text) != "ACK") {
    EXPECT_EQ(int{is_answered} + int{asked.told != 0} + int{asked.channel != 0},
              1)
        << "nobody's, or twice\n"
        << text;
  }
  if (expected != 0) {
    EXPECT_EQ(asked.channel, expected) << text;
  }
}

// Once more, or what ends an INVITE.
void RandomTraffic::ask_again(FlowId socket) {
  if (asked_.empty()) return;
  const auto place = choices_.pick(static_cast<std::uint32_t>(asked_.size()));
  std::string text = std::next(asked_.begin(), place)->second.text;
  if (text.starts_with("INVITE ") && choices_.once_in(2)) {
    const std::string method = choices_.once_in(2) ? "ACK" : "CANCEL";
    text.replace(0, 6, method);
    text.replace(text.find("7 INVITE"), 8, "7 " + method);
  }
  ask(text, socket, 0);
}

void RandomTraffic::ask_in_dialog(FlowId socket) {
  if (sent_.empty()) return;
  const Sent& sent = choices_.one_of(sent_);
  const Channel& channel = channels_[sent.channel];
  const bool is_its = is_alive(channel) && channel.dialogs < most_dialogs;
  ask(request(method(), "sip:a@b.invalid", header(sent.text, "From"),
              header(sent.text, "Call-ID")),
      socket, is_its ? sent.channel : 0);
}

void RandomTraffic::answer_channel(FlowId socket) {
  if (sent_.empty()) return;
  Sent& sent = choices_.one_of(sent_);
  static constexpr int statuses[] = {100, 180, 200, 401, 486, 503};
  const int status = choices_.one_of(statuses);
  const std::string text = respond(sent.text, status);
  const bool is_alive = this->is_alive(channels_[sent.channel]);
  const bool is_due = is_alive && !sent.is_over && is_open(socket) &&
                      !is_late() && world_.now() - sent.at < transaction_time;
  sent.is_over |= status >= 200 && !sent.text.starts_with("INVITE ");
  const std::size_t before = world_.outputs.size();
  watch_.receive(text, socket);
  const auto times = std::count_if(
      world_.outputs.begin() + static_cast<std::ptrdiff_t>(before),
      world_.outputs.end(), [&](const Seen& seen) {
        return seen.kind == OutputKind::channel_message && seen.text == text &&
               seen.channel == sent.channel;
      });
  EXPECT_LE(times, is_alive && is_open(socket) ? 1 : 0) << text;
  EXPECT_GE(times, is_due ? 1 : 0) << text;
  check();
}

// --- the host

void RandomTraffic::reply() {
  if (told_.empty()) return;
  const auto place = choices_.pick(static_cast<std::uint32_t>(told_.size()));
  auto& [id, told] = *std::next(told_.begin(), place);
  const auto found = asked_.find(told.key);
  if (found == asked_.end()) return;  // by somebody else's hand
  Asked& asked = found->second;
  static constexpr int statuses[] = {0, 100, 180, 200, 404, 603};
  static constexpr NameValue rows[] = {{"Content-Type", "text/plain", false}};
  RequestAnswer answer;
  answer.status = choices_.one_of(statuses);
  if (choices_.once_in(3)) answer.headers = rows;
  if (!answer.headers.empty()) answer.body = "body";
  const bool is_gone =
      told.is_answered ||
      std::none_of(asked.flows.begin(), asked.flows.end(),
                   [this](FlowId flow) { return is_open(flow); });
  const std::size_t finals = asked.finals;
  const Status status = world_.reply(id, answer);
  watch_.check();
  check();
  const bool is_final = answer.status == 0 || answer.status >= 200;
  EXPECT_EQ(asked.finals, finals + (status.ok() && is_final ? 1 : 0));
  if (is_gone) {
    EXPECT_EQ(status.error, Error::closed) << "answered twice, or nowhere";
  }
  told.is_answered |= status.ok() && is_final;
}

void RandomTraffic::open_channel(RegistrationId account) {
  constexpr std::size_t most_channels = 8;
  if (channels_.size() == most_channels) return;
  const auto next = static_cast<ChannelId>(channels_.size() + 1);
  channels_[next].account = account;
  const ChannelId id = world_.open_channel(account);
  EXPECT_EQ(id, watch_.is_alive(account) ? next : 0);
  // Its number is used up when it was refused.
  channels_[next].is_closed = id == 0;
  watch_.check();
  check();
}

void RandomTraffic::close_channel() {
  if (channels_.empty()) return;
  const auto place =
      choices_.pick(static_cast<std::uint32_t>(channels_.size()));
  auto& [id, channel] = *std::next(channels_.begin(), place);
  world_.close_channel(id);
  channel.is_closed = true;
  watch_.check();
  check();
}

void RandomTraffic::send_request() {
  if (channels_.empty()) return;
  const auto place =
      choices_.pick(static_cast<std::uint32_t>(channels_.size()));
  const ChannelId id = std::next(channels_.begin(), place)->first;
  static constexpr std::string_view methods[] = {"INVITE", "MESSAGE",
                                                 "SUBSCRIBE"};
  const std::string text =
      request(choices_.one_of(methods), "sip:c@d.invalid", "<sip:c@d.invalid>",
              "ours" + std::to_string(messages_));
  send(id, text);
}

// To what it was asked, or to nothing it has heard of.
void RandomTraffic::send_answer() {
  if (asked_.empty()) return;
  const auto place = choices_.pick(static_cast<std::uint32_t>(asked_.size()));
  const Asked& asked = std::next(asked_.begin(), place)->second;
  if (asked.channel != 0 && !asked.text.starts_with("ACK ")) {
    send(asked.channel, respond(asked.text, choices_.once_in(3) ? 180 : 200));
  }
}

void RandomTraffic::send(ChannelId id, const std::string& text) {
  Channel& channel = channels_[id];
  const bool is_open = is_alive(channel) && channel.flow != 0;
  const bool is_certain = !is_late();
  const std::size_t before = world_.all_frames.size();
  const bool is_sent = world_.send(id, text).ok();
  EXPECT_TRUE(!is_certain || is_sent == is_open);
  EXPECT_TRUE(is_open || !is_sent);
  const auto first =
      world_.all_frames.begin() + static_cast<std::ptrdiff_t>(before);
  EXPECT_EQ(std::count(first, world_.all_frames.end(), text), is_sent ? 1 : 0);
  if (is_sent && !text.starts_with("SIP/2.0 ")) {
    EXPECT_EQ(world_.frame_flows[before], channel.flow);
    sent_.push_back({id, text, world_.now()});
  }
  ++channel.dialogs;
  watch_.check();
  check();
}

// --- what came of it

bool RandomTraffic::is_open(FlowId flow) const {
  const auto found = world_.sockets().find(flow);
  return found != world_.sockets().end() && found->second;
}

// A flow that is to be closed at once may hear nothing any more.
bool RandomTraffic::is_late() const {
  const Millis at = world_.deadline();
  return !world_.is_punctual() || (at != no_deadline && at <= world_.now());
}

bool RandomTraffic::is_alive(const Channel& channel) const {
  return !channel.is_closed && watch_.is_alive(channel.account);
}

void RandomTraffic::check() {
  for (; outputs_read_ < world_.outputs.size(); ++outputs_read_) {
    read_output(world_.outputs[outputs_read_]);
  }
  for (; frames_read_ < world_.all_frames.size(); ++frames_read_) {
    read_frame(world_.all_frames[frames_read_],
               world_.frame_flows[frames_read_]);
  }
  const bool is_late =
      !world_.is_punctual() ||
      (world_.deadline() != no_deadline && world_.deadline() <= world_.now());
  std::size_t open = 0;
  for (auto& [key, asked] : asked_) {
    asked.is_lost |=
        !std::all_of(asked.flows.begin(), asked.flows.end(),
                     [this](FlowId flow) { return is_open(flow); });
    if (asked.told == 0 || asked.finals > 0 || asked.is_lost) continue;
    ++open;
    const bool is_invite = asked.text.starts_with("INVITE ");
    EXPECT_TRUE(is_late || world_.now() - asked.at <=
                               (is_invite ? longest_ringing : longest_wait))
        << "open for too long\n"
        << asked.text;
  }
  EXPECT_LE(open, most_requests);
}

void RandomTraffic::read_output(const Seen& seen) {
  switch (seen.kind) {
    case OutputKind::channel:
    case OutputKind::channel_message: {
      ASSERT_TRUE(channels_.contains(seen.channel));
      Channel& channel = channels_[seen.channel];
      EXPECT_TRUE(is_alive(channel)) << "something of a channel that has ended";
      if (seen.kind == OutputKind::channel) {
        channel.flow = seen.flow;
        break;
      }
      ++channel.dialogs;
      const auto asked = asked_.find(key_of(seen.text));
      if (asked != asked_.end() && !seen.text.starts_with("SIP/2.0 ")) {
        asked->second.channel = seen.channel;
      }
      break;
    }
    case OutputKind::request: {
      EXPECT_TRUE(wants_requests_);
      if (seen.request == 0) break;  // an ACK
      const std::string key = key_of(seen.text);
      EXPECT_TRUE(told_.emplace(seen.request, Told{key, false}).second)
          << "told twice";
      const auto asked = asked_.find(key);
      if (asked != asked_.end()) {
        asked->second.told = seen.request;
        asked->second.at = world_.now();  // what was not heard came again
      }
      break;
    }
    default:
      break;
  }
}

void RandomTraffic::read_frame(const std::string& frame, FlowId flow) {
  if (!frame.starts_with("SIP/2.0 ")) return;
  const auto found = asked_.find(key_of(frame));
  if (found == asked_.end()) return;
  Asked& asked = found->second;
  EXPECT_TRUE(asked.channel != 0 || asked.flows.contains(flow))
      << "answered over another flow";
  if (frame.compare(8, 1, "1") != 0) ++asked.finals;
  if (asked.channel == 0) {
    EXPECT_LE(asked.finals, asked.times) << "answered twice\n" << frame;
  }
}

// What was open is answered when the agent closes.
void RandomTraffic::finish() {
  for (; frames_read_ < world_.all_frames.size(); ++frames_read_) {
    read_frame(world_.all_frames[frames_read_],
               world_.frame_flows[frames_read_]);
  }
  for (const auto& [key, asked] : asked_) {
    if (asked.is_lost || asked.is_doubtful || asked.channel != 0 ||
        asked.text.starts_with("ACK ")) {
      continue;
    }
    EXPECT_EQ(asked.finals > 0, asked.times > 0) << "not answered\n"
                                                 << asked.text;
  }
}

}  // namespace sipreg::testing
