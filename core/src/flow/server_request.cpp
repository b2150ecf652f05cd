#include "flow/server_request.h"

#include "message/scan.h"
#include "message/writer.h"

namespace sipreg::flow {
namespace {

constexpr std::size_t tag_length = 16;

struct Answer {
  int status;
  std::string_view reason;
  std::string_view rows;
};

// What a request may require of us (RFC 3261 section 8.2.2.3).
bool is_supported(std::string_view tag) {
  for (const std::string_view known : {"path", "gruu", "outbound"}) {
    if (message::equals_ignoring_case(tag, known)) return true;
  }
  return false;
}

// The row that a 420 names them in; empty when there is none.
std::string unsupported_row(const message::Message& request) {
  std::string row;
  for (const message::Header& header : request.headers()) {
    if (header.id != message::HeaderName::require) continue;
    std::string_view rest = header.value;
    std::string_view tag;
    while (message::next_element(rest, tag)) {
      if (is_supported(tag) || !message::is_token(tag)) continue;
      row += row.empty() ? "Unsupported: " : ", ";
      row += tag;
    }
  }
  if (!row.empty()) row += "\r\n";
  return row;
}

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
  Answer answer = answer_to(request);
  std::string unsupported;
  if (answer.status != 405 && request.to_tag.empty() &&
      request.method != "CANCEL") {
    unsupported = unsupported_row(request);
  }
  if (!unsupported.empty()) answer = {420, "Bad Extension", unsupported};
  std::string tag;
  entropy.append_token(tag, tag_length);
  message::write_response(request, answer.status, answer.reason, tag,
                          answer.rows, {}, out);
}

}  // namespace sipreg::flow
