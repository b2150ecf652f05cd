#include "registrar.h"

namespace {

// The header line of that name, from the line break before it.
std::string_view line(std::string_view request, std::string_view name) {
  const std::size_t begin = request.find(name);
  if (begin == request.npos) return {};
  const std::size_t end = request.find("\r\n", begin + name.size());
  return request.substr(begin, end - begin);
}

}  // namespace

void respond(std::string_view request, std::string& answer) {
  const bool authorized = request.find("\r\nAuthorization: ") != request.npos;
  answer = authorized ? "SIP/2.0 200 OK" : "SIP/2.0 401 Unauthorized";
  answer += line(request, "\r\nVia: ");
  answer += line(request, "\r\nFrom: ");
  answer += line(request, "\r\nTo: ");
  answer += ";tag=37GkEhwl6";
  answer += line(request, "\r\nCall-ID: ");
  answer += line(request, "\r\nCSeq: ");
  if (authorized) {
    const std::string_view contact = line(request, "\r\nContact: ");
    answer += contact;
    if (contact.find(";expires=") == contact.npos) answer += ";expires=600";
  } else {
    answer +=
        "\r\nWWW-Authenticate: Digest realm=\"example.com\", "
        "nonce=\"00000000000000000000000000000001\", algorithm=MD5, "
        "qop=\"auth\"";
  }
  answer += "\r\nContent-Length: 0\r\n\r\n";
}
