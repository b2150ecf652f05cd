#include "random_server.h"

#include <algorithm>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string quoted(std::string_view plain) {
  std::string text = "\"";
  for (const char c : plain) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string row_of(std::string_view name, std::string_view value) {
  std::string row(name);
  row.append(": ").append(value).append("\r\n");
  return row;
}

}  // namespace

std::string RandomServer::answer(std::string_view request) {
  switch (choices_.pick(14)) {
    case 0:
      return respond(request, 401, challenge("WWW-Authenticate"));
    case 1:
      return respond(request, 407, challenge("Proxy-Authenticate"));
    case 2:
      return respond(request, choices_.once_in(2) ? 407 : 401,
                     rows(request) + challenge("WWW-Authenticate") +
                         challenge("Proxy-Authenticate"));
    case 3:
      return respond(request, 423, row_of("Min-Expires", number()));
    case 4:
      return respond(request, 503, row_of("Retry-After", number()));
    case 5:
      return respond(request, 100 + static_cast<int>(choices_.pick(100)));
    case 6:
      return respond(request, 100 + static_cast<int>(choices_.pick(600)),
                     rows(request));
    case 7: {
      static constexpr int codes[] = {302, 400, 403, 404, 408, 413, 415, 416,
                                      420, 421, 439, 480, 491, 500, 600, 604};
      return respond(request, choices_.one_of(codes), rows(request));
    }
    case 8:
      return respond(request, 200, rows(request));
    case 9:
      return accept(request, static_cast<int>(choices_.pick(20)));
    case 10:
      return accept(request, static_cast<int>(choices_.pick(90'000)));
    default:
      return accept(request);
  }
}

std::string RandomServer::surprise() {
  switch (choices_.pick(6)) {
    case 0:
      return "\r\n\r\n";
    case 1:
      return "\r\n";
    case 2: {
      static constexpr std::string_view methods[] = {
          "OPTIONS", "NOTIFY", "INVITE", "ACK", "CANCEL", "REGISTER", "X"};
      const std::string method(choices_.one_of(methods));
      return method + " sip:a@b.invalid SIP/2.0\r\n" +
             "Via: SIP/2.0/WS c.invalid;branch=z9hG4bK1\r\n"
             "From: <sip:c@d>;tag=1\r\nTo: <sip:a@b>" +
             (choices_.once_in(2) ? ";tag=2" : "") +
             "\r\nCall-ID: 1\r\nCSeq: 1 " + method + "\r\n" + rows() +
             "Content-Length: 0\r\n\r\n";
    }
    default:
      return choices_.text(1'000);
  }
}

std::string RandomServer::damaged(std::string frame) {
  const auto place = [&] {
    return choices_.pick(static_cast<std::uint32_t>(frame.size()));
  };
  for (std::uint32_t n = 1 + choices_.pick(3); n > 0 && !frame.empty(); --n) {
    const std::size_t at = place();
    switch (choices_.pick(5)) {
      case 0:
        frame[at] = static_cast<char>(frame[at] ^ (1 << choices_.pick(8)));
        break;
      case 1:
        frame.insert(at, choices_.text(40));
        break;
      case 2:
        frame.erase(at, choices_.pick(60));
        break;
      case 3: {  // a row again
        const std::size_t end = frame.find('\n', at);
        const std::size_t begin = frame.rfind('\n', at);
        if (end == frame.npos || begin == frame.npos || begin == end) break;
        frame.insert(end + 1, frame.substr(begin + 1, end - begin));
        break;
      }
      default:
        frame += frame;
    }
  }
  return frame;
}

std::string RandomServer::rows(std::string_view request) {
  std::string text;
  for (std::uint32_t n = choices_.pick(4); n > 0; --n) text += row(request);
  return text;
}

std::string RandomServer::row(std::string_view request) {
  static constexpr std::string_view tags[] = {"outbound", "gruu", "path",
                                              "100rel", "x"};
  switch (choices_.pick(18)) {
    case 0:
      return row_of("Contact", "<sip:other@host>;expires=" + number());
    case 1:
      return row_of("Contact",
                    "<sip:x@192.0.2.1;transport=ws>;expires=" + number());
    case 2:
      return row_of("m", choices_.text(60));
    case 3:
      return row_of("Expires", number());
    case 4:
      return row_of("Min-Expires", number());
    case 5:
      return row_of("Retry-After", number());
    case 6:
      return challenge("WWW-Authenticate");
    case 7:
      return row_of("Authentication-Info",
                    "nextnonce=" + nonce() +
                        (choices_.once_in(3) ? ", rspauth=\"0\"" : ""));
    case 8:
      return row_of("Require", choices_.one_of(tags));
    case 9:
      return row_of("Unsupported", choices_.one_of(tags));
    case 10:
      return row_of("Service-Route", "<sip:a;lr>, <sip:b;lr>");
    case 11:
      return row_of("Flow-Timer", number());
    case 12:
      return row_of("P-Associated-URI", "<sip:alice@example.com>");
    case 13:
      return row_of("Contact",
                    header(request, "Contact") +
                        ";pub-gruu=\"sip:a@b;gr=c\";temp-gruu=\"sip:t@b;gr\"");
    case 14:
      return row_of("Contact", header(request, "Contact") + choices_.text(30));
    case 15:
      return row_of("Feature-Caps",
                    "*;+sip.pns=\"webpush\";+sip.pnsreg=\"" + number() + '"');
    default:
      return choices_.text(80) + "\r\n";
  }
}

std::string RandomServer::challenge(std::string_view name) {
  std::string text;
  do {
    text += row_of(name, choices_.pick(4) == 0 ? bearer() : digest());
  } while (choices_.once_in(4));
  return text;
}

std::string RandomServer::digest() {
  static constexpr std::string_view algorithms[] = {
      "",        "MD5",          "MD5-sess",    "SHA-256",
      "SHA-256", "SHA-256-sess", "SHA-512-256", "unknown"};
  static constexpr std::string_view qops[] = {
      ", qop=\"auth\"", ", qop=\"auth,auth-int\"", ", qop=\"auth-int\"", ""};
  std::string text = "Digest realm=" + quoted(choices_.one_of(realms));
  text += ", nonce=" + nonce();
  text += choices_.one_of(qops);
  const std::string_view algorithm = choices_.one_of(algorithms);
  if (!algorithm.empty()) text.append(", algorithm=").append(algorithm);
  if (choices_.once_in(4)) text += ", stale=true";
  if (choices_.once_in(8)) text += ", opaque=" + quoted(choices_.text(20));
  if (choices_.once_in(8)) text += ", userhash=true";
  return text;
}

std::string RandomServer::bearer() {
  std::string text = "Bearer realm=" + quoted(choices_.one_of(realms));
  if (choices_.once_in(3)) text += ", error=\"invalid_token\"";
  if (choices_.once_in(3)) text += ", authz_server=\"https://as.example\"";
  return text;
}

std::string RandomServer::number() {
  static constexpr std::string_view special[] = {
      "0",          "1",          "60",         "86400", "2147483648",
      "4294967295", "4294967296", "9999999999", "-1",    "x"};
  if (choices_.once_in(3)) return std::string(choices_.one_of(special));
  return std::to_string(choices_.pick(4'000));
}

// Mostly a new one.
std::string RandomServer::nonce() {
  if (!choices_.once_in(6)) ++nonces_;
  return "\"n" + std::to_string(nonces_) + "\"";
}

}  // namespace sipreg::testing
