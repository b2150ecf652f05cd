// Channels: other SIP traffic of a registration's account over its flows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "context.h"
#include "flow/connection.h"
#include "list.h"
#include "message/codec.h"
#include "registration/registration.h"
#include "sipreg/options.h"
#include "sipreg/status.h"
#include "text.h"

namespace sipreg::traffic {

// The flows of one account as its registrations hold them.
using Members = List<const registration::Registration*>;

class Channels {
 public:
  Channels(Context& context, const flow::Connections& connections)
      : context_(context), connections_(connections) {}

  [[nodiscard]] bool empty() const { return channels_.empty(); }
  // `members` outlive the channel.
  void open(ChannelId id, RegistrationId account, Members members);
  void close(ChannelId id);
  void close_all(RegistrationId account);

  // See Agent::send_on_channel().
  Status send(ChannelId id, std::span<char> frame);

  // True when the message is a channel's, which has it then. `account` is whom
  // a request is for, 0: nobody known. `text` is the message alone.
  [[nodiscard]] bool take_request(const message::Message& request,
                                  const flow::Connection& connection,
                                  RegistrationId account,
                                  std::string_view text);
  [[nodiscard]] bool take_response(const message::Message& response,
                                   std::string_view text);

  // Tells the host what changed. False: nothing did.
  [[nodiscard]] bool publish();

 private:
  struct Channel {
    ChannelId id = 0;
    RegistrationId account = 0;
    Members members;
    FlowId flow = 0;  // 0: not open
    Text told;        // of its properties
    // Dialogs that it takes part in, by Call-ID and its own tag, and what asks
    // for new ones, without a tag (RFC 3261 section 12). The oldest gives way.
    std::array<std::uint64_t, 64> dialogs{};
    std::uint32_t next_dialog = 0;
  };
  // Of a request that a channel sent, or has to answer on another flow.
  struct Transaction {
    std::uint64_t key = 0;
    ChannelId channel = 0;
    FlowId flow = 0;
    Millis end = 0;
  };

  [[nodiscard]] Channel* find(ChannelId id);
  [[nodiscard]] Channel* addressee(const message::Message& request,
                                   RegistrationId account);
  [[nodiscard]] Transaction* find(std::uint64_t key);
  void note(std::uint64_t key, const Channel& channel, FlowId flow,
            bool is_invite);
  static void note_dialog(Channel& channel, std::string_view call_id,
                          std::string_view tag);
  [[nodiscard]] static const registration::Registration* best_of(
      const Channel& channel);
  void deliver(const Channel& channel, std::string_view text);
  bool publish(Channel& channel);
  void tell(const Channel& channel, const registration::Registration& member);

  Context& context_;
  const flow::Connections& connections_;
  List<Channel> channels_;  // oldest first
  List<Transaction> transactions_;
};

}  // namespace sipreg::traffic
