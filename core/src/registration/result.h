// Turns a response into what the host is told of it.
#pragma once

#include <string_view>

#include "list.h"
#include "message/codec.h"
#include "registration/own_binding.h"
#include "sipreg/output.h"
#include "text.h"

namespace sipreg::registration {

// A failure that no response led to, yet. Out of line, since every failure
// passes here.
[[nodiscard, gnu::noinline]] Failure make_failure(FailureCode code,
                                                  std::string_view message);

// Owns the lists that a Success or a Failure of the frame in hand points to.
// One frame completes at most one exchange, so one set of lists is enough;
// their memory is kept.
class ResultBuilder {
 public:
  // The headers of a response, in their order, as they may stand in an error:
  // the frame has asterisks for the values of pn-prid then.
  [[nodiscard]] Response failed_response(const message::Message& message);

  // Fills bindings, the header lists and the response, and says in `found`
  // which binding is ours; the rest is the caller's to add. The reference lives
  // until the next frame.
  [[nodiscard]] Success& success(const message::Message& message,
                                 const OwnContact& own, OwnBinding& found);

  // A copy that lives as long as the Success: the next request, which may go
  // out before that is polled, may have another Contact.
  [[nodiscard]] std::string_view keep(std::string_view contact);

  // What the response's Feature-Caps say of that push service.
  [[nodiscard]] static Success::Push push(const message::Message& message,
                                          std::string_view provider);

 private:
  [[nodiscard]] Response response(const message::Message& message);
  void read_bindings(const message::Message& message, const OwnContact& own,
                     OwnBinding& found);
  void collect(const message::Message& message, message::HeaderName name,
               List<std::string_view>& list);

  List<HeaderField> headers_;
  List<Binding> bindings_;
  List<Match> matches_;  // of bindings_
  List<std::string_view> service_route_;
  List<std::string_view> path_;
  List<std::string_view> associated_uris_;
  Text contact_;
  Success success_;
};

}  // namespace sipreg::registration
