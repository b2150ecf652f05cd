// Writes requests and responses into one growing buffer that is reused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "message/codec.h"

namespace sipreg::message {

// Appends to a caller's buffer. Nothing is validated here: values that come
// from the application are checked when they are taken (options), values that
// come from a peer were delimited by the parser.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_.clear(); }

  Writer& text(std::string_view value);
  Writer& number(std::uint64_t value);
  Writer& quoted(std::string_view plain);  // "..." with \" and \\ escaped
  Writer& header(std::string_view name, std::string_view value);  // whole row
  Writer& end_of_row();

 private:
  std::string& out_;
};

// A response to `request`: its Via rows, From, To (with `to_tag` added when it
// has none), Call-ID and CSeq are copied (RFC 3261 section 8.2.6.2), then come
// `more_headers` (whole rows, each ending in CRLF), Content-Length and body.
void write_response(const Message& request, int status, std::string_view reason,
                    std::string_view to_tag, std::string_view more_headers,
                    std::string_view body, std::string& out);

}  // namespace sipreg::message
