// The codec on libosip2.
//
// Rows are delimited by the code that both codecs share (rows.h), because the
// core wants them octet for octet and in their order, and libosip2 keeps
// neither. libosip2 is given the start line, the rows that Message's fields
// come from and the body, and its reading of them is what counts. The other
// rows are kept from it: it finds nothing there that a Message has, and would
// refuse a whole response for one damaged Contact of another device.
//
// libosip2 copies what it reads. Its copies are found again in the frame, so
// that all views point there, as codec.h says, and nothing outlives a call.
#include "message/codec.h"

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include <memory>
#include <string>

#include "message/rows.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

// libosip2 walks a list from its start to add an element: 8 KiB of ";a;a;a"
// take it 15 ms, a full frame would take a second.
constexpr std::size_t max_size = 8192;

struct Free {
  void operator()(osip_message_t* message) const { osip_message_free(message); }
};
using Parsed = std::unique_ptr<osip_message_t, Free>;

void drop_trace(const char* /*file*/, int /*line*/,
                osip_trace_level_t /*level*/, const char* /*format*/,
                va_list /*arguments*/) {}

// Null when there is no memory.
Parsed make_message() {
  [[maybe_unused]] static const int set_up = [] {
    osip_trace_initialize_func(OSIP_FATAL, drop_trace);
    return parser_init();
  }();
  osip_message_t* message = nullptr;
  if (osip_message_init(&message) != OSIP_SUCCESS) return nullptr;
  return Parsed(message);
}

// Finds what libosip2 has copied out of a text, from left to right.
class Finder {
 public:
  explicit Finder(std::string_view text) : rest_(text) {}

  // Empty when libosip2 has read nothing, or what does not stand there.
  std::string_view take(const char* copy) {
    const std::string_view wanted = copy == nullptr ? "" : copy;
    const std::size_t at = rest_.find(wanted);
    if (wanted.empty() || at == std::string_view::npos) return {};
    const std::string_view found = rest_.substr(at, wanted.size());
    rest_.remove_prefix(at + wanted.size());
    return found;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// From where one view begins to where another one behind it ends.
std::string_view join(std::string_view first, std::string_view last) {
  if (last.empty()) return first;
  const char* const end = last.data() + last.size();
  return {first.data(), static_cast<std::size_t>(end - first.data())};
}

std::size_t count(const Message& message, HeaderName id) {
  std::size_t rows = 0;
  for (const Header& row : message.headers()) {
    if (row.id == id) ++rows;
  }
  return rows;
}

bool is_version_2(const char* text) {
  return text != nullptr && equals_ignoring_case(text, "SIP/2.0");
}

ParseError read_start_line(const osip_message_t& parsed, std::string_view line,
                           Message& out) {
  if (!is_version_2(parsed.sip_version)) return ParseError::start_line;
  Finder finder(line);
  out.is_request = parsed.status_code == 0;
  if (out.is_request) {
    out.method = finder.take(parsed.sip_method);
    const std::string_view rest = finder.rest();
    out.request_uri = trim(rest.substr(0, rest.rfind(' ')));
    return out.method.empty() || out.request_uri.empty()
               ? ParseError::start_line
               : ParseError::none;
  }
  out.status = parsed.status_code;
  (void)finder.take(parsed.sip_version);
  out.reason = trim(finder.take(parsed.reason_phrase));
  return out.status < 100 || out.status > 699 ? ParseError::start_line
                                              : ParseError::none;
}

ParseError read_via(const osip_message_t& parsed, Message& out,
                    Direction direction) {
  auto* via = static_cast<osip_via_t*>(osip_list_get(&parsed.vias, 0));
  const Header* row = out.find(HeaderName::via);
  if (via == nullptr || row == nullptr) return ParseError::via;
  if (!out.is_request && direction == Direction::in &&
      osip_list_size(&parsed.vias) > 1) {
    return ParseError::via;
  }
  Finder finder(row->value);
  (void)finder.take(via->version);
  out.via.protocol = finder.take(via->protocol);
  const std::string_view rest = finder.rest();
  std::string_view host = finder.take(via->host);
  if (host.empty()) return ParseError::via;
  if (host.data() > rest.data() && host.data()[-1] == '[') {
    host = {host.data() - 1, host.size() + 2};  // libosip2 takes them off
  }
  out.via.sent_by = join(host, finder.take(via->port));
  char name[] = "branch";
  osip_generic_param_t* branch = nullptr;
  osip_via_param_get_byname(via, name, &branch);
  if (branch != nullptr) out.via.branch = finder.take(branch->gvalue);
  return ParseError::none;
}

ParseError read_call_id(const osip_message_t& parsed, Message& out) {
  if (parsed.call_id == nullptr) return ParseError::call_id;
  Finder finder(out.find(HeaderName::call_id)->value);
  const std::string_view number = finder.take(parsed.call_id->number);
  out.call_id = join(number, finder.take(parsed.call_id->host));
  return number.empty() ? ParseError::call_id : ParseError::none;
}

ParseError read_cseq(const osip_message_t& parsed, Message& out) {
  if (parsed.cseq == nullptr) return ParseError::cseq;
  Finder finder(out.find(HeaderName::cseq)->value);
  const auto number = parse_delta_seconds(finder.take(parsed.cseq->number));
  out.cseq_method = finder.take(parsed.cseq->method);
  if (!number || *number > max_cseq || out.cseq_method.empty() ||
      (out.is_request && out.cseq_method != out.method)) {
    return ParseError::cseq;
  }
  out.cseq = *number;
  return ParseError::none;
}

// libosip2 takes the digits that a length begins with, and wraps at 2^32: the
// row must say the same.
ParseError read_body(const osip_message_t& parsed, Cursor& cursor,
                     Message& out) {
  const auto* body =
      static_cast<osip_body_t*>(osip_list_get(&parsed.bodies, 0));
  const std::size_t length = body == nullptr ? 0 : body->length;
  const Header* row = out.find(HeaderName::content_length);
  if (length > cursor.left() ||
      (row != nullptr && parse_delta_seconds(row->value) != length)) {
    return ParseError::content_length;
  }
  take_body(cursor, length, out);
  return ParseError::none;
}

// Whether libosip2 can read the first From or To. Apart from the message, which
// damage here must not cost.
bool read_tag(const Message& message, HeaderName id, std::string_view& tag) {
  const Header* row = message.find(id);
  const Parsed parsed = make_message();
  if (!parsed || row == nullptr || row->value.size() > max_size ||
      osip_message_set_from(parsed.get(), std::string(row->value).c_str()) !=
          OSIP_SUCCESS ||
      parsed->from == nullptr) {
    return false;
  }
  osip_generic_param_t* found = nullptr;
  osip_from_get_tag(parsed->from, &found);
  if (found != nullptr) tag = Finder(row->value).take(found->gvalue);
  return true;
}

using Setter = int (*)(osip_message_t*, const char*);

// The rows that libosip2 is given with the message.
struct Part {
  HeaderName id;
  ParseError error;
  Setter set;
};
constexpr Part parts[] = {
    {HeaderName::via, ParseError::via, osip_message_set_via},
    {HeaderName::call_id, ParseError::call_id, osip_message_set_call_id},
    {HeaderName::cseq, ParseError::cseq, osip_message_set_cseq},
    {HeaderName::content_length, ParseError::content_length,
     osip_message_set_content_length},
};

// What libosip2 is given to parse. Its reader of multipart bodies has had a
// hole (CVE-2022-41550) and loses memory, and without any Content-Type it takes
// no body: so it is told that the body is plain octets, as it is to the core.
std::string write_parts(std::string_view start_line, const Message& message) {
  std::string text(start_line);
  text += "\r\nContent-Type: application/octet-stream\r\n";
  for (const Part& part : parts) {
    for (const Header& row : message.headers()) {
      if (row.id != part.id) continue;
      text.append(row.name).append(": ").append(row.value).append("\r\n");
    }
  }
  return text += "\r\n";
}

// Which of its parts libosip2 refuses the message for: they are set one by one.
ParseError find_fault(const Message& message) {
  const Parsed parsed = make_message();
  for (const Part& part : parts) {
    for (const Header& row : message.headers()) {
      if (row.id == part.id && parsed &&
          part.set(parsed.get(), std::string(row.value).c_str()) !=
              OSIP_SUCCESS) {
        return part.error;
      }
    }
  }
  return ParseError::start_line;
}

ParseError parse_parts(std::string_view start_line, Cursor& cursor,
                       Message& out, Direction direction) {
  if (count(out, HeaderName::via) == 0) return ParseError::via;
  if (count(out, HeaderName::call_id) != 1) return ParseError::call_id;
  if (count(out, HeaderName::cseq) != 1) return ParseError::cseq;
  std::string text = write_parts(start_line, out);
  if (text.size() > max_size) return ParseError::too_large;
  if (text.find('\0') != std::string::npos) return ParseError::header;
  text.append(cursor.at, cursor.left());

  const Parsed parsed = make_message();
  if (!parsed) return ParseError::too_large;
  if (osip_message_parse(parsed.get(), text.data(), text.size()) !=
      OSIP_SUCCESS) {
    return find_fault(out);
  }
  ParseError error = read_start_line(*parsed, start_line, out);
  if (error == ParseError::none) error = read_via(*parsed, out, direction);
  if (error == ParseError::none) error = read_call_id(*parsed, out);
  if (error == ParseError::none) error = read_cseq(*parsed, out);
  if (error == ParseError::none) error = read_body(*parsed, cursor, out);
  return error;
}

}  // namespace

ParseError osip2::parse(std::span<char> frame, Message& out,
                        Direction direction) {
  reset(out);
  if (frame.size() > max_frame_size) return ParseError::too_large;
  Cursor cursor{frame.data(), frame.data() + frame.size()};
  skip_line_ends(cursor);
  Line start;
  if (!take_line(cursor, start, BareCr::refused)) {
    return ParseError::start_line;
  }
  const Header* row;
  do {
    const ParseError error = next_row(cursor, out, row);
    if (error != ParseError::none) return error;
  } while (row != nullptr);

  const ParseError error = parse_parts(start.text(), cursor, out, direction);
  if (error != ParseError::none) return error;
  out.from_readable = read_tag(out, HeaderName::from, out.from_tag);
  (void)read_tag(out, HeaderName::to, out.to_tag);
  return ParseError::none;
}

}  // namespace sipreg::message
