#include "traffic/open_requests.h"

#include <algorithm>
#include <utility>

#include "message/header_name.h"
#include "message/scan.h"
#include "message/writer.h"
#include "registration/settings.h"
#include "traffic/transaction_key.h"

namespace sipreg::traffic {
namespace {

using message::HeaderName;

constexpr std::size_t most_requests = 64;
constexpr std::size_t tag_length = 16;
// Non-INVITE transactions of the other end live for 32 s; somebody who is
// called may take longer to answer, but not longer than a proxy's Timer C
// (RFC 3261 section 16.6).
constexpr Millis longest_wait = 10'000;
constexpr Millis longest_ringing = 180'000;
constexpr Millis timer_h = 32'000;

// RFC 3261 section 17.2.3. CANCEL and the ACK to a rejection have the branch of
// their INVITE.
std::uint64_t transaction_of(const message::Message& request) {
  const message::Header* const cseq = request.find(HeaderName::cseq);
  const std::string_view number =
      cseq->value.substr(0, cseq->value.find_first_of(" \t"));
  return key_of(
      {request.via.branch, request.via.sent_by, request.call_id, number});
}

// RFC 3261 section 21, for answers that give no reason of their own.
std::string_view reason_of(int status) {
  struct Reason {
    int status;
    std::string_view text;
  };
  static constexpr Reason known[] = {{100, "Trying"},
                                     {180, "Ringing"},
                                     {183, "Session Progress"},
                                     {200, "OK"},
                                     {202, "Accepted"},
                                     {302, "Moved Temporarily"},
                                     {400, "Bad Request"},
                                     {403, "Forbidden"},
                                     {404, "Not Found"},
                                     {405, "Method Not Allowed"},
                                     {415, "Unsupported Media Type"},
                                     {480, "Temporarily Unavailable"},
                                     {481, "Call/Transaction Does Not Exist"},
                                     {486, "Busy Here"},
                                     {487, "Request Terminated"},
                                     {488, "Not Acceptable Here"},
                                     {489, "Bad Event"},
                                     {500, "Server Internal Error"},
                                     {501, "Not Implemented"},
                                     {600, "Busy Everywhere"},
                                     {603, "Decline"}};
  for (const Reason& each : known) {
    if (each.status == status) return each.text;
  }
  static constexpr std::string_view classes[] = {
      "Progress",        "Success",        "Redirection",
      "Request Failure", "Server Failure", "Global Failure"};
  return classes[status / 100 - 1];
}

// Copied from the request or made of the answer itself.
bool is_reserved(HeaderName name) {
  switch (name) {
    case HeaderName::via:
    case HeaderName::from:
    case HeaderName::to:
    case HeaderName::call_id:
    case HeaderName::cseq:
    case HeaderName::record_route:
    case HeaderName::content_length:
      return true;
    default:
      return false;
  }
}

Status refuse(std::string_view option, std::string_view message) {
  return {Error::invalid_argument, option, message};
}

Status check(const RequestAnswer& answer, Text& rows) {
  if (answer.status < 100 || answer.status > 699) {
    return refuse("status", "must be 100 to 699");
  }
  if (!message::is_header_text(answer.reason) ||
      !message::is_valid_utf8(answer.reason)) {
    return refuse("reason", "must be one line without control characters");
  }
  const Status status =
      registration::render_headers(answer.headers, is_reserved, rows);
  if (!status.ok() || answer.body.empty()) return status;
  // RFC 3261 section 7.4.1
  const bool has_type = std::any_of(
      answer.headers.begin(), answer.headers.end(), [](const NameValue& each) {
        return message::header_name(each.name) == HeaderName::content_type;
      });
  if (!has_type) {
    return refuse("headers", "must have a Content-Type where there is a body");
  }
  if (answer.body.size() > message::max_frame_size) {
    return refuse("body", "must not be longer than 65536 octets");
  }
  return {};
}

}  // namespace

// --------------------------------------------------------------- what comes in

bool OpenRequests::absorb(const message::Message& request) {
  if (requests_.empty()) return false;
  const bool is_ack = request.method == "ACK";
  const std::uint64_t transaction = transaction_of(request);
  for (const Request& each : requests_) {
    if (each.transaction != transaction) continue;
    if (is_ack) {
      if (each.method != Method::invite || !each.is_answered) continue;
      settle(each.id);
      return true;
    }
    const bool is_invite = request.method == "INVITE";
    const bool is_cancel = request.method == "CANCEL";
    if (is_invite == (each.method == Method::invite) &&
        is_cancel == (each.method == Method::cancel)) {
      return true;
    }
  }
  return false;
}

OpenRequests::Request OpenRequests::read(const message::Message& request,
                                         const flow::Connection& connection) {
  Request made;
  made.flow = connection.flow();
  made.answer = default_answer(request);
  Text tag;
  context_.entropy.append_token(tag, tag_length);
  message::write_copied_rows(request, tag, made.copied_rows);
  made.transaction = transaction_of(request);
  if (request.method == "INVITE") {
    made.method = Method::invite;
  } else if (request.method == "CANCEL") {
    made.method = Method::cancel;
    for (const Request& each : requests_) {
      if (each.method != Method::invite ||
          each.transaction != made.transaction) {
        continue;
      }
      made.cancels = each.id;
      made.answer = {200, "OK", {}};  // section 9.2
    }
  }
  return made;
}

RequestId OpenRequests::take(const message::Message& request,
                             flow::Connection& connection, bool is_wanted) {
  Request made = read(request, connection);
  if (!is_wanted || !has_room()) {
    answer_by_default(made);
    return 0;
  }
  made.id = ++last_id_;
  made.deadline =
      context_.clock.steady() +
      (made.method == Method::invite ? longest_ringing : longest_wait);
  for (const message::Header& row : request.headers()) {
    if (row.id != HeaderName::record_route) continue;
    made.route_rows.append("Record-Route: ").append(row.value).append("\r\n");
  }
  requests_.push_back(std::move(made));
  return last_id_;
}

// Those that wait for their ACK only are done with sooner.
bool OpenRequests::has_room() {
  if (requests_.size() < most_requests) return true;
  const auto answered =
      std::find_if(requests_.begin(), requests_.end(),
                   [](const Request& each) { return each.is_answered; });
  if (answered == requests_.end()) return false;
  requests_.erase(answered);
  return true;
}

// -------------------------------------------------------------- what goes out

OpenRequests::Request* OpenRequests::find(RequestId id) {
  for (Request& each : requests_) {
    if (id != 0 && each.id == id && !each.is_answered) return &each;
  }
  return nullptr;
}

Status OpenRequests::respond(RequestId id, const RequestAnswer& answer) {
  Text rows;
  if (answer.status != 0) {
    const Status status = check(answer, rows);
    if (!status.ok()) return status;
  }
  Request* const request = find(id);
  // A connection that is given up, and closed with the next timer, takes no
  // answer any more.
  const flow::Connection* const connection =
      request == nullptr ? nullptr
                         : flow::connection_of(connections_, request->flow);
  if (connection == nullptr || !connection->open()) {
    return {Error::closed,
            {},
            "The request is not open any more: it was answered, its time is "
            "over, or its connection was lost."};
  }
  if (answer.status == 0) {
    answer_by_default(*request);
  } else {
    send(*request, answer.status,
         answer.reason.empty() ? reason_of(answer.status) : answer.reason, rows,
         answer.body);
  }
  return {};
}

void OpenRequests::answer_by_default(Request& request) {
  const RequestId cancelled = request.cancels;
  const Answer answer = std::move(request.answer);
  send(request, answer.status, answer.reason, answer.rows, {});
  if (Request* const invite = find(cancelled)) {
    send(*invite, 487, reason_of(487), {}, {});
  }
}

void OpenRequests::send(Request& request, int status, std::string_view reason,
                        std::string_view rows, std::string_view body) {
  flow::Connection* const connection =
      flow::connection_of(connections_, request.flow);
  if (connection != nullptr && connection->open()) {
    // RFC 3261 section 12.1.1
    const bool makes_dialog = status > 100 && status < 300;
    const std::string_view routes =
        makes_dialog ? request.route_rows : std::string_view{};
    message::write_response(status, reason, {request.copied_rows, routes, rows},
                            body, context_.request);
    connection->send(context_.request);
  }
  if (status < 200) return;
  if (request.method != Method::invite || status < 300) {
    return settle(request.id);
  }
  request.is_answered = true;
  request.deadline = context_.clock.steady() + timer_h;
}

void OpenRequests::settle(RequestId id) {
  requests_.erase_if([id](const Request& each) { return each.id == id; });
}

// ----------------------------------------------------------------------- time

void OpenRequests::advance() {
  const Millis now = context_.clock.steady();
  for (std::size_t i = 0; i < requests_.size();) {
    Request& each = requests_[i];
    if (each.deadline > now) {
      ++i;
    } else if (each.is_answered) {
      settle(each.id);
    } else {
      answer_by_default(each);  // takes it out, or waits for its ACK
      i = 0;
    }
  }
}

void OpenRequests::end() {
  for (Request& each : requests_) each.deadline = context_.clock.steady();
  advance();
  requests_.clear();
}

void OpenRequests::forget_lost() {
  requests_.erase_if([this](const Request& each) {
    return flow::connection_of(connections_, each.flow) == nullptr;
  });
}

Millis OpenRequests::deadline() const {
  Millis first = no_deadline;
  for (const Request& each : requests_) {
    if (first == no_deadline || each.deadline < first) first = each.deadline;
  }
  return first;
}

}  // namespace sipreg::traffic
