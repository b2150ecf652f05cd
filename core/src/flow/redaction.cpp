#include "flow/redaction.h"

#include <algorithm>

#include "message/header_name.h"
#include "message/scan.h"

namespace sipreg::flow {
namespace {

using message::HeaderName;

constexpr std::string_view blank = "***";

bool is_secret_parameter(std::string_view name) {
  for (const std::string_view secret : {"response", "cnonce", "rspauth"}) {
    if (message::equals_ignoring_case(name, secret)) return true;
  }
  return false;
}

// "Digest a=b, response=..." with the secret values blanked.
void append_parameters(Text& out, std::string_view parameters) {
  message::Parameter parameter;
  bool first = true;
  while (message::next_parameter(parameters, ',', parameter)) {
    if (!first) out += ", ";
    first = false;
    out += parameter.name;
    if (!parameter.has_value) continue;
    out += '=';
    out += is_secret_parameter(parameter.name) ? blank : parameter.value;
  }
  // What could not be read may be a secret as well.
  if (!message::trim(parameters).empty()) out += blank;
}

void append_authorization(Text& out, std::string_view value) {
  value = message::trim(value);
  const std::size_t end = value.find_first_of(" \t\r\n");
  const std::string_view scheme = value.substr(0, end);
  out += scheme;
  out += ' ';
  if (end == value.npos || !message::equals_ignoring_case(scheme, "digest")) {
    out += blank;
    return;
  }
  append_parameters(out, value.substr(end));
}

// One row with its line end, or a row and the folded lines that go on with it.
std::size_t row_end(std::string_view text) {
  std::size_t end = 0;
  do {
    end = text.find('\n', end);
    if (end == text.npos) return text.size();
    ++end;
  } while (end < text.size() && (text[end] == ' ' || text[end] == '\t'));
  return end;
}

void append_row(Text& out, std::string_view row) {
  const std::size_t colon = row.find(':');
  const HeaderName name =
      colon == row.npos
          ? HeaderName::other
          : message::header_name(message::trim(row.substr(0, colon)));
  switch (name) {
    case HeaderName::authorization:
    case HeaderName::proxy_authorization:
      out += row.substr(0, colon + 1);
      out += ' ';
      append_authorization(out, row.substr(colon + 1));
      out += "\r\n";
      return;
    case HeaderName::authentication_info:
    case HeaderName::proxy_authentication_info:
      out += row.substr(0, colon + 1);
      out += ' ';
      append_parameters(out, row.substr(colon + 1));
      out += "\r\n";
      return;
    default:
      out += row;
  }
}

}  // namespace

void overwrite_push_ids(std::string_view text) {
  static constexpr std::string_view name = "pn-prid";
  std::size_t at = text.find('=');
  for (; at != text.npos; at = text.find('=', at + 1)) {
    if (at < name.size() ||
        !message::equals_ignoring_case(
            text.substr(at - name.size(), name.size()), name)) {
      continue;
    }
    const std::size_t end =
        std::min(text.find_first_of(";>?, \t\r\n", at), text.size());
    char* const value = const_cast<char*>(text.data()) + at + 1;
    std::fill(value, const_cast<char*>(text.data()) + end, '*');
  }
}

void push_trace(Outbox& outbox, FlowId flow, std::uint32_t server,
                bool incoming, std::string_view frame) {
  Text redacted;
  while (!frame.empty()) {
    const std::size_t end = row_end(frame);
    append_row(redacted, frame.substr(0, end));
    frame.remove_prefix(end);
  }
  overwrite_push_ids(redacted);
  Output& output = outbox.push(OutputKind::trace, redacted);
  output.flow = flow;
  output.server = server;
  output.incoming = incoming;
}

}  // namespace sipreg::flow
