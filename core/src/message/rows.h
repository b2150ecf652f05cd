// The lines of a message and the header rows in them, for the codecs behind
// codec.h. Inline, because each has a single caller in a build.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "message/chars.h"
#include "message/codec.h"

namespace sipreg::message {

// What of the frame has not been read yet.
struct Cursor {
  char* at;
  char* end;
  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(end - at);
  }
};

// One line without its line end.
struct Line {
  char* begin;
  char* end;
  [[nodiscard]] std::string_view text() const {
    return {begin, static_cast<std::size_t>(end - begin)};
  }
};

// Everything but the rows, which are 256 and need no clearing.
inline void reset(Message& out) {
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

inline void skip_line_ends(Cursor& cursor) {
  while (cursor.at < cursor.end && (*cursor.at == '\r' || *cursor.at == '\n')) {
    ++cursor.at;
  }
}

// A CR that is not part of a line end: whoever takes it for one would read
// other rows than we do. In a row a blank takes its place, so that one
// damaged row does not cost the response (Kamailio ends a Flow-Timer of three
// digits with CR NUL).
enum class BareCr : std::uint8_t { blanked, refused };

// False when the line does not end, or holds what is refused.
inline bool take_line(Cursor& cursor, Line& line, BareCr bare_cr) {
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
// where it was, so that the frame still says the same. Those of the lines
// before it are there already, up to their CRLF.
inline void append_folded(Line& value, Line more) {
  char* const row_begin = more.begin - 2;
  char* const row_end = more.end;
  while (more.begin < more.end && is_blank(*more.begin)) ++more.begin;
  while (more.begin < more.end && is_blank(more.end[-1])) --more.end;
  if (more.begin < more.end) {
    if (value.begin < value.end) *value.end++ = ' ';
    const std::size_t size = more.text().size();
    std::memmove(value.end, more.begin, size);
    value.end += size;
  }
  std::fill(std::max(value.end, row_begin), row_end, ' ');
}

// Splits "Name : value". Nothing but SP and HTAB may stand before the colon:
// who tolerates more there can be made to read other headers than a proxy did.
inline bool split_row(const Line& line, Header& row, Line& value) {
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

// Adds the next row to the message. `row` stays null at the empty line that
// ends the rows, and after an error.
inline ParseError next_row(Cursor& cursor, Message& out, const Header*& row) {
  row = nullptr;
  Line line;
  if (!take_line(cursor, line, BareCr::blanked)) return ParseError::header;
  if (line.begin == line.end) return ParseError::none;
  if (out.row_count_ == max_headers) return ParseError::too_many_headers;
  Header& next = out.rows_[out.row_count_];
  Line value;
  if (!split_row(line, next, value)) return ParseError::header;
  while (cursor.at < cursor.end && is_blank(*cursor.at)) {
    Line more;
    if (!take_line(cursor, more, BareCr::blanked)) return ParseError::header;
    append_folded(value, more);
  }
  next.id = header_name(next.name);
  next.value = value.text();
  ++out.row_count_;
  row = &next;
  return ParseError::none;
}

// Takes the body, which is `length` octets of what is left, and what follows.
inline void take_body(Cursor& cursor, std::size_t length, Message& out) {
  out.body = {cursor.at, length};
  cursor.at += length;
  skip_line_ends(cursor);
  out.rest = {cursor.at, cursor.left()};
}

}  // namespace sipreg::message
