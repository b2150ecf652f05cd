#include "flow/server_request.h"

#include "message/writer.h"

namespace sipreg::flow {
namespace {

constexpr std::size_t tag_length = 16;

struct Answer {
  int status;
  std::string_view reason;
  std::string_view rows;
};

Answer answer_to(const message::Message& request) {
  static constexpr std::string_view allow = "Allow: OPTIONS\r\n";
  if (!request.to_tag.empty()) {
    return {481, "Call/Transaction Does Not Exist", {}};
  }
  if (request.method == "OPTIONS") {
    return {200, "OK", "Allow: OPTIONS\r\nAccept: application/sdp\r\n"};
  }
  if (request.method == "INVITE") return {480, "Temporarily Unavailable", {}};
  if (request.method == "NOTIFY" || request.method == "CANCEL") {
    return {481, "Call/Transaction Does Not Exist", {}};
  }
  return {405, "Method Not Allowed", allow};
}

}  // namespace

void answer_request(const message::Message& request, Entropy& entropy,
                    std::string& out) {
  out.clear();
  if (request.method == "ACK") return;
  const Answer answer = answer_to(request);
  std::string tag;
  entropy.append_token(tag, tag_length);
  message::write_response(request, answer.status, answer.reason, tag,
                          answer.rows, {}, out);
}

}  // namespace sipreg::flow
