#include "traffic/traffic.h"

#include "traffic/addressee.h"

namespace sipreg::traffic {

// The message without what a sender may put around it (RFC 3261 sections 7.5
// and 18.3).
std::string_view Traffic::text() const {
  const std::string_view frame = context_.message_text;
  const std::string_view body = context_.message.body;
  const std::size_t begin = frame.find_first_not_of("\r\n");
  const auto end =
      static_cast<std::size_t>(body.data() + body.size() - frame.data());
  return frame.substr(begin, end - begin);
}

void Traffic::receive_request(flow::Connection& connection) {
  const message::Message& request = context_.message;
  if (requests.absorb(request)) {
    ++context_.statistics.dropped;
    return;
  }
  RegistrationId account = 0;
  if (wants_requests || !channels.empty()) {
    account = find_addressee(registrations_, connection, request.request_uri);
  }
  if (channels.take_request(request, connection, account, text())) return;
  if (request.method == "ACK") {
    if (wants_requests) tell(account, 0);
    return;
  }
  const RequestId id = requests.take(request, connection, wants_requests);
  if (id != 0) tell(account, id);
}

bool Traffic::receive_response() {
  return channels.take_response(context_.message, text());
}

void Traffic::tell(RegistrationId registration, RequestId id) {
  const message::Message& request = context_.message;
  headers_.clear();
  for (const message::Header& header : request.headers()) {
    headers_.push_back({header.name, header.value});
  }
  incoming_ = {id,       request.method, request.request_uri,
               headers_, request.body,   text()};
  Output& output = context_.outbox.push(OutputKind::request);
  output.registration = registration;
  output.request = &incoming_;
}

}  // namespace sipreg::traffic
