// What comes over the flows besides the answers to our own requests.
#pragma once

#include <string_view>

#include "context.h"
#include "flow/connection.h"
#include "list.h"
#include "message/codec.h"
#include "registration/registry.h"
#include "traffic/channels.h"
#include "traffic/open_requests.h"

namespace sipreg::traffic {

// Decides who gets a message: a channel, the host, or nobody, in which case the
// default answer goes out. Whatever it is answered with goes back over the same
// flow, whatever its Via says (RFC 7118 appendix B.2).
class Traffic {
 public:
  Traffic(Context& context, const registration::Registry& registrations,
          const flow::Connections& connections)
      : requests(context, connections),
        channels(context, connections),
        context_(context),
        registrations_(registrations) {}

  OpenRequests requests;
  Channels channels;
  bool wants_requests = false;  // the host does

  // Of the frame in hand; that it was answered counts as well.
  void receive_request(flow::Connection& connection);
  // False: it is nobody's.
  [[nodiscard]] bool receive_response();

 private:
  [[nodiscard]] std::string_view text() const;
  void tell(RegistrationId registration, RequestId id);

  Context& context_;
  const registration::Registry& registrations_;
  IncomingRequest incoming_;  // told last
  List<HeaderField> headers_;
};

}  // namespace sipreg::traffic
