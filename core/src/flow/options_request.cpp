#include "flow/options_request.h"

#include "message/writer.h"

namespace sipreg::flow {
namespace {

constexpr std::size_t token_length = 16;

}  // namespace

void write_options(const OptionsRequest& options, bool secure, Entropy& entropy,
                   Text& out, Text& branch) {
  branch = "z9hG4bKo";  // no registration's: theirs go on in hexadecimal
  entropy.append_token(branch, token_length);
  Text token;
  entropy.append_token(token, token_length);
  message::Writer writer(out);
  writer.text("OPTIONS ").text(options.request_uri).text(" SIP/2.0\r\n");
  writer.text(secure ? "Via: SIP/2.0/WSS " : "Via: SIP/2.0/WS ");
  writer.text(options.sent_by).text(";branch=").text(branch).end_of_row();
  writer.text("Max-Forwards: 0\r\nFrom: <").text(options.address_of_record);
  writer.text(">;tag=").text(token).text("\r\nTo: <");
  writer.text(options.request_uri).text(">\r\nCall-ID: ").text(branch);
  writer.text("\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace sipreg::flow
