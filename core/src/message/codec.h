// The message codec: the only door between SIP text and the rest of the core.
//
// Two implementations stand behind this header, our own (codec.cpp) and one on
// libosip2 (osip2/codec.cpp); CMake's SIPREG_CODEC chooses. Nothing outside
// core/src/message knows how a message is taken apart.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "message/header_name.h"

namespace sipreg::message {

// Bounds that no peer can exceed; a message past any of them is refused whole.
inline constexpr std::size_t max_frame_size = 65'536;
inline constexpr std::size_t max_headers = 256;
inline constexpr std::size_t max_contacts = 64;
inline constexpr std::size_t max_challenges = 16;
inline constexpr std::uint32_t max_cseq = 0x7fffffff;  // RFC 3261 8.1.1.5

// Why a frame was refused. Every value but `none` means: drop it and count it.
enum class ParseError : std::uint8_t {
  none,
  too_large,         // longer than max_frame_size
  too_many_headers,  // more rows than max_headers
  start_line,        // neither a SIP/2.0 status line nor a request line
  header,            // a row without a colon, or with other octets before it
  content_length,    // not a number, two different ones, or past the frame
  via,               // missing, unreadable, or (in a response) more than one
  call_id,           // missing, empty or repeated
  cseq,              // missing, unreadable, repeated or past 2^31-1
};

// One header row, or one repetition of it. Views point into the frame.
struct Header {
  HeaderName id = HeaderName::other;
  std::string_view name;   // as received
  std::string_view value;  // unfolded, without surrounding white space
};

// The topmost Via.
struct Via {
  std::string_view protocol;  // "WSS" of "SIP / 2.0 / WSS"
  std::string_view sent_by;   // host and port as received
  std::string_view branch;
};

// A message taken apart. All views point into the frame that was parsed and
// live as long as its bytes.
struct Message {
  bool is_request = false;
  int status = 0;                // responses: 100 ... 699
  std::string_view reason;       // responses; may be empty
  std::string_view method;       // requests
  std::string_view request_uri;  // requests
  Via via;
  std::string_view call_id;
  std::uint32_t cseq = 0;
  std::string_view cseq_method;
  std::string_view from_tag;  // empty when From is missing or damaged
  std::string_view to_tag;
  bool from_readable = false;
  std::string_view body;
  // What follows this message in the same frame: RFC 7118 section 5 allows one
  // message a frame; servers that send two are met by parsing `rest` again.
  std::string_view rest;

  [[nodiscard]] std::span<const Header> headers() const {
    return {rows_.data(), row_count_};
  }
  // The first row of that name, nullptr when there is none.
  [[nodiscard]] const Header* find(HeaderName id) const;

  std::array<Header, max_headers> rows_;
  std::size_t row_count_ = 0;
};

// A response that comes in has one Via (RFC 3261 section 8.1.3.3), one that
// goes out has those of its request.
enum class Direction : std::uint8_t { in, out };

// Parses one message at the start of `frame` into `out`. Folded header lines
// are unfolded in place (RFC 3261 section 7.3.1), hence the mutable span; what
// the frame says stays the same. Leading CRLFs are skipped (section 7.5). Bare
// LF line ends are tolerated. After an error `out` holds nothing of use.
namespace own {
[[nodiscard]] ParseError parse(std::span<char> frame, Message& out,
                               Direction direction = Direction::in);
}

// The same on libosip2. It allocates, and sets libosip2 up for the whole
// process at the first call: parser_init(), and its traces go nowhere, which
// would else go to the standard output. Only with SIPREG_CODEC=osip2.
namespace osip2 {
[[nodiscard]] ParseError parse(std::span<char> frame, Message& out,
                               Direction direction = Direction::in);
}

#ifdef SIPREG_CODEC_OSIP2
using osip2::parse;
#else
using own::parse;
#endif

}  // namespace sipreg::message
