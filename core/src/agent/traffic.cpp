#include "agent/implementation.h"

namespace sipreg {

void Agent::set_requests(bool on) {
  implementation_->traffic.wants_requests = on;
}

Status Agent::respond(Now now, RequestId request, const RequestAnswer& answer) {
  implementation_->enter(now);
  return implementation_->traffic.requests.respond(request, answer);
}

Status Agent::open_channel(RegistrationId id, ChannelId channel) {
  const auto members = implementation_->all_of(id);
  if (members.empty()) {
    return {Error::unknown_registration, {}, "The registration was removed."};
  }
  implementation_->traffic.channels.open(channel, id,
                                         {members.begin(), members.end()});
  return {};
}

void Agent::close_channel(ChannelId channel) {
  implementation_->traffic.channels.close(channel);
}

Status Agent::send_on_channel(Now now, ChannelId channel,
                              std::span<char> message) {
  implementation_->enter(now);
  return implementation_->traffic.channels.send(channel, message);
}

}  // namespace sipreg
