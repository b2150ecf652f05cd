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

// Where the first pn-prid's value stands; npos without one.
std::size_t find_push_id(std::string_view text) {
  static constexpr std::string_view name = "pn-prid";
  std::size_t equals = text.find('=');
  for (; equals != text.npos; equals = text.find('=', equals + 1)) {
    if (equals >= name.size() &&
        message::equals_ignoring_case(
            text.substr(equals - name.size(), name.size()), name)) {
      return equals + 1;
    }
  }
  return text.npos;
}

// Of a value at the beginning of `text`.
std::size_t length_of_push_id(std::string_view text) {
  return std::min(text.find_first_of(";>?, \t\r\n"), text.size());
}

void append_without_push_id(Text& out, std::string_view value) {
  for (;;) {
    const std::size_t at = find_push_id(value);
    if (at == value.npos) break;
    out += value.substr(0, at);
    out += blank;
    value.remove_prefix(at);
    value.remove_prefix(length_of_push_id(value));
  }
  out += value;
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
      append_without_push_id(out, row);
  }
}

}  // namespace

void overwrite_push_ids(std::string_view row) {
  for (;;) {
    const std::size_t at = find_push_id(row);
    if (at == row.npos) return;
    row.remove_prefix(at);
    const std::size_t length = length_of_push_id(row);
    std::fill_n(const_cast<char*>(row.data()), length, '*');
    row.remove_prefix(length);
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
  Output& output = outbox.push(OutputKind::trace, redacted);
  output.flow = flow;
  output.server = server;
  output.incoming = incoming;
}

}  // namespace sipreg::flow
