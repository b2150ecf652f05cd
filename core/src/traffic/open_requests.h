// Requests of the server that wait for the host's answer: server transactions
// over a reliable transport (RFC 3261 section 17.2).
#pragma once

#include <cstdint>
#include <span>

#include "context.h"
#include "flow/connection.h"
#include "list.h"
#include "message/codec.h"
#include "sipreg/options.h"
#include "sipreg/status.h"
#include "text.h"
#include "traffic/default_answer.h"

namespace sipreg::traffic {

class OpenRequests {
 public:
  OpenRequests(Context& context, const flow::Connections& connections)
      : context_(context), connections_(connections) {}

  // True for what belongs to a request that is here already: its repetition,
  // and the ACK to a final answer other than 2xx. There is nothing to do then.
  [[nodiscard]] bool absorb(const message::Message& request);

  // Keeps the request open for the host, and says its number. 0: it was
  // answered by default, because the host takes none or as many as may be are
  // open.
  RequestId take(const message::Message& request, flow::Connection& connection,
                 bool is_wanted);

  // See Agent::respond().
  Status respond(RequestId id, const RequestAnswer& answer);

  // Answers by default what the host has left open for too long.
  void advance();
  // Answers all of them by default.
  void end();
  // Forgets those whose flow is lost.
  void forget_lost();
  [[nodiscard]] Millis deadline() const;

 private:
  enum class Method : std::uint8_t { other, invite, cancel };

  struct Request {
    RequestId id = 0;
    FlowId flow = 0;
    std::uint64_t transaction = 0;
    Method method = Method::other;
    // An INVITE that waits for its ACK.
    bool is_answered = false;
    RequestId cancels = 0;  // the INVITE that a CANCEL is for
    Millis deadline = no_deadline;
    Text copied_rows;
    Text route_rows;  // Record-Route, for answers that make a dialog
    Answer answer;    // by default
  };

  [[nodiscard]] Request read(const message::Message& request,
                             const flow::Connection& connection);
  [[nodiscard]] Request* find(RequestId id);
  [[nodiscard]] bool has_room();
  void answer_by_default(Request& request);
  void send(Request& request, int status, std::string_view reason,
            std::string_view rows, std::string_view body);
  void settle(RequestId id);

  Context& context_;
  const flow::Connections& connections_;
  List<Request> requests_;  // oldest first
  RequestId last_id_ = 0;
};

}  // namespace sipreg::traffic
