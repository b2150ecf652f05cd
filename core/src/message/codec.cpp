#include "message/codec.h"

#include "message/chars.h"
#include "message/contact.h"
#include "message/rows.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_sip_version(std::string_view text) {
  return equals_ignoring_case(text, "SIP/2.0");
}

// SIP-Version SP Status-Code SP Reason-Phrase (RFC 3261 section 7.2); the
// second space may be missing when there is no reason.
bool parse_status_line(std::string_view line, Message& out) {
  constexpr std::size_t code_at = 8;
  constexpr std::size_t code_end = code_at + 3;
  if (line.size() < code_end || line[code_at - 1] != ' ') return false;
  if (line.size() > code_end && line[code_end] != ' ') return false;
  const auto code = parse_delta_seconds(line.substr(code_at, 3)).value_or(0);
  if (code < 100 || code > 699) return false;
  out.status = static_cast<int>(code);
  out.reason = trim(line.substr(code_end));
  return true;
}

// Method SP Request-URI SP SIP-Version (RFC 3261 section 7.1).
bool parse_request_line(std::string_view line, Message& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == npos || first == last) return false;
  out.is_request = true;
  out.method = line.substr(0, first);
  out.request_uri = line.substr(first + 1, last - first - 1);
  return is_token(out.method) && is_sip_version(line.substr(last + 1)) &&
         !out.request_uri.empty() &&
         out.request_uri.find_first_of(" \t<>\"") == npos;
}

// sent-protocol LWS sent-by *( SEMI via-params ), with LWS around the slashes
// and the semicolons (RFC 3261 section 25).
bool parse_via(std::string_view element, Via& out) {
  const std::size_t first = element.find('/');
  const std::size_t second = element.find('/', first + 1);
  if (first == npos || second == npos ||
      !equals_ignoring_case(trim(element.substr(0, first)), "SIP") ||
      trim(element.substr(first + 1, second - first - 1)) != "2.0") {
    return false;
  }
  element = trim(element.substr(second + 1));
  std::size_t end = 0;
  while (end < element.size() && is_token_char(element[end])) ++end;
  out.protocol = element.substr(0, end);
  if (end == 0 || end == element.size() || !is_space(element[end])) {
    return false;
  }
  const std::size_t semicolon = element.find(';');
  out.sent_by = trim(element.substr(end, semicolon - end));
  if (semicolon != npos) {
    out.branch = find_parameter(element.substr(semicolon), "branch")
                     .value_or(std::string_view{});
  }
  return !out.sent_by.empty();
}

// What the rows say about the message's own shape.
struct Framing {
  Direction direction = Direction::in;
  bool has_length = false;
  std::uint32_t length = 0;
  bool has_from = false;
  bool has_to = false;
};

// The topmost Via of a message, and in a response its only one: a response
// with more was meant for another element (RFC 3261 section 8.1.3.3).
ParseError take_via(std::string_view value, Message& out,
                    const Framing& framing) {
  const bool may_be_several =
      out.is_request || framing.direction == Direction::out;
  if (!out.via.sent_by.empty()) {
    return may_be_several ? ParseError::none : ParseError::via;
  }
  std::string_view element;
  if (!next_element(value, element) || !parse_via(element, out.via)) {
    return ParseError::via;
  }
  const bool has_more = next_element(value, element);
  return has_more && !may_be_several ? ParseError::via : ParseError::none;
}

ParseError take_call_id(std::string_view value, Message& out) {
  if (value.empty() || !out.call_id.empty()) return ParseError::call_id;
  out.call_id = value;
  return ParseError::none;
}

ParseError take_cseq(std::string_view value, Message& out) {
  if (!out.cseq_method.empty()) return ParseError::cseq;
  std::size_t end = 0;
  while (end < value.size() && !is_blank(value[end])) ++end;
  const auto number = parse_delta_seconds(value.substr(0, end));
  out.cseq_method = trim(value.substr(end));
  if (!number || *number > max_cseq || !is_token(out.cseq_method)) {
    return ParseError::cseq;
  }
  out.cseq = *number;
  return ParseError::none;
}

// Damage here is no reason to lose a message: what a From or To is for, its
// tag, is compared only when it can be read.
bool read_tag(std::string_view value, std::string_view& tag) {
  NameAddr address;
  if (!parse_name_addr(value, address)) return false;
  tag = find_parameter(address.parameters, "tag").value_or(std::string_view{});
  return true;
}

ParseError take_content_length(std::string_view value, Framing& framing) {
  const auto length = parse_delta_seconds(value);
  if (!length || (framing.has_length && framing.length != *length)) {
    return ParseError::content_length;
  }
  framing.has_length = true;
  framing.length = *length;
  return ParseError::none;
}

ParseError take_row(const Header& row, Message& out, Framing& framing) {
  switch (row.id) {
    case HeaderName::via:
      return take_via(row.value, out, framing);
    case HeaderName::call_id:
      return take_call_id(row.value, out);
    case HeaderName::cseq:
      return take_cseq(row.value, out);
    case HeaderName::content_length:
      return take_content_length(row.value, framing);
    case HeaderName::from:
      if (!framing.has_from) {
        framing.has_from = true;
        out.from_readable = read_tag(row.value, out.from_tag);
      }
      return ParseError::none;
    case HeaderName::to:
      if (!framing.has_to) {
        framing.has_to = true;
        (void)read_tag(row.value, out.to_tag);
      }
      return ParseError::none;
    default:
      return ParseError::none;
  }
}

ParseError take_rows(Cursor& cursor, Message& out, Framing& framing) {
  for (;;) {
    const Header* row;
    ParseError error = next_row(cursor, out, row);
    if (row == nullptr) return error;
    error = take_row(*row, out, framing);
    if (error != ParseError::none) return error;
  }
}

}  // namespace

ParseError own::parse(std::span<char> frame, Message& out,
                      Direction direction) {
  reset(out);
  if (frame.size() > max_frame_size) return ParseError::too_large;
  Cursor cursor{frame.data(), frame.data() + frame.size()};
  skip_line_ends(cursor);

  Line start;
  if (!take_line(cursor, start, BareCr::refused)) {
    return ParseError::start_line;
  }
  const std::string_view line = start.text();
  const bool is_start_line = is_sip_version(line.substr(0, 7))
                                 ? parse_status_line(line, out)
                                 : parse_request_line(line, out);
  if (!is_start_line) return ParseError::start_line;

  Framing framing;
  framing.direction = direction;
  const ParseError error = take_rows(cursor, out, framing);
  if (error != ParseError::none) return error;
  if (out.via.sent_by.empty()) return ParseError::via;
  if (out.call_id.empty()) return ParseError::call_id;
  if (out.cseq_method.empty()) return ParseError::cseq;
  if (out.is_request && out.method != out.cseq_method) return ParseError::cseq;
  std::size_t length = cursor.left();
  if (framing.has_length) {
    if (framing.length > length) return ParseError::content_length;
    length = framing.length;
  }
  take_body(cursor, length, out);
  return ParseError::none;
}

}  // namespace sipreg::message
