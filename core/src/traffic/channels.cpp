#include "traffic/channels.h"

#include <algorithm>
#include <utility>

#include "traffic/transaction_key.h"

namespace sipreg::traffic {
namespace {

constexpr std::size_t most_transactions = 256;
constexpr Millis transaction_time = 32'000;  // 64 * T1 (RFC 3261 section 17)
// Whoever is called says every minute that it still rings, and a proxy gives up
// after three (RFC 3261 sections 13.3.1.1 and 16.6).
constexpr Millis ringing_time = 300'000;

std::uint64_t sent_key(const message::Message& message) {
  return key_of({"sent", message.via.branch, message.cseq_method});
}

std::uint64_t received_key(const message::Message& message) {
  return key_of({"received", message.via.branch, message.via.sent_by,
                 message.cseq_method});
}

std::string_view describe(message::ParseError error) {
  switch (error) {
    case message::ParseError::none:
      return "must be one SIP message, with nothing behind its body";
    case message::ParseError::too_large:
      return "must not be longer than 65536 octets";
    case message::ParseError::too_many_headers:
      return "has more than 256 header rows";
    case message::ParseError::start_line:
      return "must begin with the start line of a SIP message";
    case message::ParseError::header:
      return "has a damaged header row, or no empty line after the last one";
    case message::ParseError::content_length:
      return "has a Content-Length that its body does not have";
    case message::ParseError::via:
      return "needs a readable Via";
    case message::ParseError::call_id:
      return "needs one Call-ID";
    case message::ParseError::cseq:
      return "needs one CSeq, with the request's method";
  }
  return {};
}

}  // namespace

void Channels::open(ChannelId id, RegistrationId account, Members members) {
  Channel& channel = channels_.emplace_back();
  channel.id = id;
  channel.account = account;
  channel.members = std::move(members);
}

void Channels::close(ChannelId id) {
  channels_.erase_if([id](const Channel& each) { return each.id == id; });
}

void Channels::close_all(RegistrationId account) {
  channels_.erase_if(
      [account](const Channel& each) { return each.account == account; });
}

Channels::Channel* Channels::find(ChannelId id) {
  for (Channel& each : channels_) {
    if (each.id == id) return &each;
  }
  return nullptr;
}

// ---------------------------------------------------------------- transactions

Channels::Transaction* Channels::find(std::uint64_t key) {
  for (Transaction& each : transactions_) {
    if (each.key == key && each.end > context_.clock.steady()) return &each;
  }
  return nullptr;
}

// What would end first gives way.
void Channels::note(std::uint64_t key, const Channel& channel, FlowId flow,
                    bool is_invite) {
  Transaction* place = find(key);
  if (place == nullptr && transactions_.size() < most_transactions) {
    place = &transactions_.emplace_back();
  } else if (place == nullptr) {
    place = &*std::min_element(transactions_.begin(), transactions_.end(),
                               [](const Transaction& a, const Transaction& b) {
                                 return a.end < b.end;
                               });
  }
  const Millis time = is_invite ? ringing_time : transaction_time;
  *place = {key, channel.id, flow, context_.clock.steady() + time};
}

void Channels::note_dialog(Channel& channel, std::string_view call_id,
                           std::string_view tag) {
  const std::uint64_t dialog = key_of({call_id, tag});
  auto& dialogs = channel.dialogs;
  if (std::find(dialogs.begin(), dialogs.end(), dialog) != dialogs.end()) {
    return;
  }
  dialogs[channel.next_dialog++ % dialogs.size()] = dialog;
}

// ------------------------------------------------------------------- messages

Status Channels::send(ChannelId id, std::span<char> frame) {
  const auto refuse = [](std::string_view why) {
    return Status{Error::invalid_argument, "message", why};
  };
  // Parsing unfolds.
  context_.request = std::string_view(frame.data(), frame.size());
  message::Message& message = context_.message;
  const message::ParseError error =
      message::parse(frame, message, message::Direction::out);
  if (error != message::ParseError::none || !message.rest.empty() ||
      frame.front() == '\r' || frame.front() == '\n') {
    return refuse(describe(error));
  }
  if (message.is_request && message.method == "REGISTER") {
    return refuse(
        "must not be a REGISTER, which is the registration's own; switch "
        "registration off in the call stack (register: false)");
  }
  Channel* const channel = find(id);
  FlowId flow = channel == nullptr ? 0 : channel->flow;
  if (channel != nullptr && !message.is_request) {
    // Back where the request came from.
    const Transaction* const asked = find(received_key(message));
    if (asked != nullptr && asked->channel == id) flow = asked->flow;
  }
  flow::Connection* const connection = flow::connection_of(connections_, flow);
  if (connection == nullptr || !connection->open()) {
    return {Error::not_open,
            {},
            "The channel has no connection at the moment; wait for onopen."};
  }
  note_dialog(*channel, message.call_id,
              message.is_request ? message.from_tag : message.to_tag);
  if (message.is_request && message.method != "ACK") {
    note(sent_key(message), *channel, flow, message.method == "INVITE");
  }
  connection->send(context_.request);
  return {};
}

// By its dialog, else by whom it is for: then to the channel opened last. Two
// accounts may call each other over one connection, with one Call-ID.
Channels::Channel* Channels::addressee(const message::Message& request,
                                       RegistrationId account) {
  const bool has_tag = !request.to_tag.empty();
  // Pings of the server are answered here, once for all.
  if (request.method == "OPTIONS" && !has_tag) return nullptr;
  const std::uint64_t dialog = key_of({request.call_id, request.to_tag});
  Channel* last = nullptr;
  for (Channel& each : channels_) {
    const bool is_its = each.account == account;
    const auto& dialogs = each.dialogs;
    if ((is_its || has_tag) &&
        std::find(dialogs.begin(), dialogs.end(), dialog) != dialogs.end()) {
      return &each;
    }
    if (is_its) last = &each;
  }
  return last;
}

bool Channels::take_request(const message::Message& request,
                            const flow::Connection& connection,
                            RegistrationId account, std::string_view text) {
  Channel* const channel = addressee(request, account);
  if (channel == nullptr) return false;
  if (connection.flow() != channel->flow) {
    note(received_key(request), *channel, connection.flow(),
         request.method == "INVITE");
  }
  note_dialog(*channel, request.call_id, request.to_tag);
  deliver(*channel, text);
  return true;
}

bool Channels::take_response(const message::Message& response,
                             std::string_view text) {
  if (channels_.empty()) return false;
  Transaction* const transaction = find(sent_key(response));
  if (transaction == nullptr) return false;
  Channel* const channel = find(transaction->channel);
  if (channel == nullptr) return false;
  const Millis now = context_.clock.steady();
  const bool is_invite = response.cseq_method == "INVITE";
  if (response.status < 200) {
    if (is_invite) transaction->end = now + ringing_time;
  } else {
    // Several 2xx may come, or one several times, until they have their ACK.
    transaction->end = is_invite ? now + transaction_time : now;
  }
  deliver(*channel, text);
  return true;
}

void Channels::deliver(const Channel& channel, std::string_view text) {
  context_.outbox.push(OutputKind::channel_message, text).channel = channel.id;
}

// ----------------------------------------------------------------- properties

const registration::Registration* Channels::best_of(const Channel& channel) {
  const registration::Registration* open = nullptr;
  for (const registration::Registration* const each : channel.members) {
    if (each->holds_on_flow()) return each;
    if (open == nullptr && each->connection().open()) open = each;
  }
  return open;
}

bool Channels::publish() {
  bool changed = false;
  for (Channel& each : channels_) changed |= publish(each);
  return changed;
}

// It stays on a flow for as long as that lives: dialogs do not follow it.
bool Channels::publish(Channel& channel) {
  const registration::Registration* member = nullptr;
  for (const registration::Registration* const each : channel.members) {
    const flow::Connection& connection = each->connection();
    if (connection.open() && connection.flow() == channel.flow) member = each;
  }
  bool changed = false;
  if (member == nullptr) {
    if (channel.flow != 0) {
      channel.flow = 0;
      tell(channel, *channel.members.front());
      changed = true;
    }
    member = best_of(channel);
  }
  const bool is_open = member != nullptr;
  if (!is_open) member = channel.members.front();
  Text& text = context_.request;
  member->describe_for_dialogs(text);
  const FlowId flow = is_open ? member->connection().flow() : 0;
  if (flow == channel.flow && text == channel.told) return changed;
  channel.flow = flow;
  channel.told = text;
  tell(channel, *member);
  return true;
}

void Channels::tell(const Channel& channel,
                    const registration::Registration& member) {
  Output& output = context_.outbox.push(OutputKind::channel, channel.told);
  output.channel = channel.id;
  output.flow = channel.flow;
  output.server = member.connection().server();
}

}  // namespace sipreg::traffic
