#include "message/codec.h"

#include <algorithm>
#include <cstring>

#include "message/chars.h"
#include "message/contact.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::uint32_t max_cseq = 0x7fffffff;  // RFC 3261 section 8.1.1.5

// What of the frame has not been read yet.
struct Cursor {
  char* at;
  char* end;
};

// One line without its line end.
struct Line {
  char* begin;
  char* end;
  [[nodiscard]] std::string_view text() const {
    return {begin, static_cast<std::size_t>(end - begin)};
  }
};

// A CR that is not part of a line end: whoever takes it for one would read
// other rows than we do. In a row a blank takes its place, so that one
// damaged row does not cost the response (Kamailio ends a Flow-Timer of three
// digits with CR NUL).
enum class BareCr : std::uint8_t { blanked, refused };

// False when the line does not end, or holds what is refused.
bool take_line(Cursor& cursor, Line& line, BareCr bare_cr) {
  char* at = cursor.at;
  line.begin = at;
  for (;; ++at) {
    while (at < cursor.end && static_cast<unsigned char>(*at) >= ' ') ++at;
    if (at == cursor.end) return false;
    line.end = at;
    if (*at == '\n') break;
    if (*at != '\r') continue;
    if (at + 1 < cursor.end && at[1] == '\n') {
      ++at;
      break;
    }
    if (bare_cr == BareCr::refused) return false;
    *at = ' ';
  }
  cursor.at = at + 1;
  return true;
}

// RFC 3261 section 7.3.1: a line end and the white space around it count as
// one space. The line is moved up to close the gap, and blanks take the place
// where it was, so that the frame still says the same.
void append_folded(Line& value, Line more) {
  char* const row_end = more.end;
  while (more.begin < more.end && is_blank(*more.begin)) ++more.begin;
  while (more.begin < more.end && is_blank(more.end[-1])) --more.end;
  if (more.begin < more.end) {
    if (value.begin < value.end) *value.end++ = ' ';
    const std::size_t size = more.text().size();
    std::memmove(value.end, more.begin, size);
    value.end += size;
  }
  std::fill(value.end, row_end, ' ');
}

// Splits "Name : value". Nothing but SP and HTAB may stand before the colon:
// who tolerates more there can be made to read other headers than a proxy did.
bool split_row(const Line& line, Header& row, Line& value) {
  char* at = line.begin;
  while (at < line.end && is_token_char(*at)) ++at;
  row.name = Line{line.begin, at}.text();
  while (at < line.end && is_blank(*at)) ++at;
  if (row.name.empty() || at == line.end || *at != ':') return false;
  ++at;
  while (at < line.end && is_blank(*at)) ++at;
  value = {at, line.end};
  while (at < value.end && is_blank(value.end[-1])) --value.end;
  return true;
}

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

// The topmost Via of a message, and in a response its only one: a response
// with more was meant for another element (RFC 3261 section 8.1.3.3).
ParseError take_via(std::string_view value, Message& out) {
  const bool is_first = out.via.sent_by.empty();
  if (!is_first) {
    return out.is_request ? ParseError::none : ParseError::via;
  }
  std::string_view element;
  if (!next_element(value, element) || !parse_via(element, out.via)) {
    return ParseError::via;
  }
  const bool has_more = !out.is_request && next_element(value, element);
  return has_more ? ParseError::via : ParseError::none;
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

// What the rows say about the message's own shape.
struct Framing {
  bool has_length = false;
  std::uint32_t length = 0;
  bool has_from = false;
  bool has_to = false;
};

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
      return take_via(row.value, out);
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
    Line line;
    if (!take_line(cursor, line, BareCr::blanked)) return ParseError::header;
    if (line.begin == line.end) return ParseError::none;
    if (out.row_count_ == max_headers) return ParseError::too_many_headers;
    Header& row = out.rows_[out.row_count_];
    Line value;
    if (!split_row(line, row, value)) return ParseError::header;
    while (cursor.at < cursor.end && is_blank(*cursor.at)) {
      Line more;
      if (!take_line(cursor, more, BareCr::blanked)) return ParseError::header;
      append_folded(value, more);
    }
    row.id = header_name(row.name);
    row.value = value.text();
    ++out.row_count_;
    const ParseError error = take_row(row, out, framing);
    if (error != ParseError::none) return error;
  }
}

// Everything but the rows, which are 256 and need no clearing.
void reset(Message& out) {
  out.is_request = false;
  out.status = 0;
  out.reason = out.method = out.request_uri = {};
  out.via = {};
  out.call_id = out.cseq_method = out.from_tag = out.to_tag = {};
  out.cseq = 0;
  out.from_readable = false;
  out.body = out.rest = {};
  out.row_count_ = 0;
}

void skip_line_ends(Cursor& cursor) {
  while (cursor.at < cursor.end && (*cursor.at == '\r' || *cursor.at == '\n')) {
    ++cursor.at;
  }
}

ParseError take_body(Cursor& cursor, const Framing& framing, Message& out) {
  std::size_t length = static_cast<std::size_t>(cursor.end - cursor.at);
  if (framing.has_length) {
    if (framing.length > length) return ParseError::content_length;
    length = framing.length;
  }
  out.body = {cursor.at, length};
  cursor.at += length;
  skip_line_ends(cursor);
  out.rest = Line{cursor.at, cursor.end}.text();
  return ParseError::none;
}

}  // namespace

const Header* Message::find(HeaderName id) const {
  for (const Header& row : headers()) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

ParseError parse(std::span<char> frame, Message& out) {
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
  const ParseError error = take_rows(cursor, out, framing);
  if (error != ParseError::none) return error;
  if (out.via.sent_by.empty()) return ParseError::via;
  if (out.call_id.empty()) return ParseError::call_id;
  if (out.cseq_method.empty()) return ParseError::cseq;
  if (out.is_request && out.method != out.cseq_method) return ParseError::cseq;
  return take_body(cursor, framing, out);
}

}  // namespace sipreg::message
