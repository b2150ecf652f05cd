#include "traffic/default_answer.h"

#include <utility>

#include "message/scan.h"

namespace sipreg::traffic {
namespace {

// What a request may require of us (RFC 3261 section 8.2.2.3).
bool is_supported(std::string_view tag) {
  for (const std::string_view known : {"path", "gruu", "outbound"}) {
    if (message::equals_ignoring_case(tag, known)) return true;
  }
  return false;
}

// The row that a 420 names them in; empty when there is none.
Text unsupported_row(const message::Message& request) {
  Text row;
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

constexpr std::string_view no_dialog = "Call/Transaction Does Not Exist";

}  // namespace

Answer default_answer(const message::Message& request) {
  const std::string_view method = request.method;
  if (method == "ACK") return {};
  if (!request.to_tag.empty() || method == "CANCEL") {
    return {481, no_dialog, {}};
  }
  const bool is_known =
      method == "OPTIONS" || method == "INVITE" || method == "NOTIFY";
  if (!is_known) return {405, "Method Not Allowed", Text("Allow: OPTIONS\r\n")};
  Text unsupported = unsupported_row(request);
  if (!unsupported.empty()) {
    return {420, "Bad Extension", std::move(unsupported)};
  }
  if (method == "INVITE") return {480, "Temporarily Unavailable", {}};
  if (method == "NOTIFY") return {481, no_dialog, {}};
  return {200, "OK", Text("Allow: OPTIONS\r\nAccept: application/sdp\r\n")};
}

}  // namespace sipreg::traffic
