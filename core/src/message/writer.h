// Writes requests and responses into one growing buffer that is reused.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "message/codec.h"
#include "text.h"

namespace sipreg::message {

// Appends to a caller's buffer. Nothing is validated here: values that come
// from the application are checked when they are taken (options), values that
// come from a peer were delimited by the parser.
class Writer {
 public:
  explicit Writer(Text& out) : out_(out) { out_.clear(); }

  Writer& text(std::string_view value);
  Writer& number(std::uint64_t value);
  Writer& quoted(std::string_view plain);  // "..." with \" and \\ escaped
  Writer& header(std::string_view name, std::string_view value);  // whole row
  Writer& end_of_row();

 private:
  Text& out_;
};

// What a response copies from its request, as whole rows: Via, From, To (with
// `to_tag` added when it has none), Call-ID and CSeq (RFC 3261 section
// 8.2.6.2).
void write_copied_rows(const Message& request, std::string_view to_tag,
                       Text& out);

// A response: `rows` are whole ones, each ending in CRLF; Content-Length and
// the body follow them.
void write_response(int status, std::string_view reason,
                    std::initializer_list<std::string_view> rows,
                    std::string_view body, Text& out);

}  // namespace sipreg::message
