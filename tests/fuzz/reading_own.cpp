#include "auth/challenge.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"
#include "reading.h"

namespace sipreg::fuzzing {
namespace {

using message::HeaderName;
using message::Message;

using Change = std::string (*)(std::string_view);

std::string parameters(std::string_view text, Change change) {
  std::string list;
  for (message::Parameter p; message::next_parameter(text, ';', p);) {
    list += ";" + change(p.name);
    if (p.has_value) list += "=" + change(p.value);
  }
  return list;
}

std::string uri(std::string_view text) {
  message::Uri parts;
  if (!parse_uri(text, parts)) return std::string(text);
  std::string all = parts.secure ? "sips:" : "sip:";
  if (!parts.user.empty()) {
    all += unescaped(parts.user);
    if (!parts.password.empty()) all += ":" + unescaped(parts.password);
    all += '@';
  }
  all += bare(parts.host);
  if (parts.port != 0) all += ":" + std::to_string(parts.port);
  all += parameters(parts.parameters, [](std::string_view part) {
    return bare(unescaped(part));
  });
  if (!parts.headers.empty()) all += "?" + bare(unescaped(parts.headers));
  return all;
}

void read_address(const std::string& name, const message::NameAddr& address,
                  Reading& out) {
  out[name + ".name"] = plain(address.display_name);
  out[name + ".uri"] = uri(address.uri);
  out[name + ".parameters"] = parameters(address.parameters, bare);
}

void read_party(const Message& message, HeaderName id, const std::string& name,
                std::string_view tag, Reading& out) {
  message::NameAddr address;
  const message::Header* row = message.find(id);
  if (row != nullptr && parse_name_addr(row->value, address)) {
    read_address(name, address, out);
  }
  if (!tag.empty()) out[name + ".tag"] = tag;
}

void read_contacts(const Message& message, Reading& out) {
  std::size_t place = 0;
  message::ContactList list(message);
  for (message::Contact contact; list.next(contact);) {
    const std::string name = index("Contact", place++);
    read_address(name, contact.address, out);
    if (contact.expires) {
      out[name + ".expires"] = std::to_string(*contact.expires);
    }
    if (contact.q_thousandths) {
      out[name + ".q"] = std::to_string(*contact.q_thousandths);
    }
    out[name + ".instance"] = contact.instance;
    out[name + ".reg-id"] = std::to_string(contact.reg_id);
  }
}

void read_challenges(const Message& message, Reading& out) {
  static auth::ChallengeList list;
  auth::parse_challenges(message, list);
  std::size_t places[2] = {};
  for (const auth::Challenge& challenge : list.view()) {
    if (challenge.scheme != auth::Scheme::digest) continue;
    const std::string name =
        index(challenge.proxy ? "Proxy-Authenticate" : "WWW-Authenticate",
              places[challenge.proxy ? 1 : 0]++);
    out[name + ".realm"] = plain(challenge.realm);
    out[name + ".nonce"] = plain(challenge.nonce);
    out[name + ".opaque"] = plain(challenge.opaque);
    out[name + ".algorithm"] = challenge.algorithm_text;
    out[name + ".stale"] = challenge.stale ? "true" : "";
    out[name + ".qop"] = std::string(challenge.offers_auth ? "auth," : "") +
                         (challenge.offers_auth_int ? "auth-int," : "");
  }
}

void read_rows(const Message& message, Reading& out) {
  for (const std::string_view name : numbers) {
    const message::Header* row = message.find(message::header_name(name));
    const auto number = row != nullptr
                            ? message::parse_delta_seconds(row->value)
                            : std::nullopt;
    if (number) out[std::string(name)] = std::to_string(*number);
  }
  for (const std::string_view name : lists) {
    std::size_t place = 0;
    for (const message::Header& row : message.headers()) {
      if (row.id != message::header_name(name)) continue;
      std::string_view rest = row.value;
      for (std::string_view element; message::next_element(rest, element);) {
        out[index(name, place++)] = bare(element);
      }
    }
  }
}

}  // namespace

Reading read_own(const Message& message) {
  Reading out;
  if (message.is_request) {
    out["method"] = message.method;
    out["request-uri"] = uri(message.request_uri);
  } else {
    out["status-code"] = std::to_string(message.status);
    out["reason"] = plain(message.reason);
    out["Via.count"] = "1";
  }
  out["Via.transport"] = message.via.protocol;
  out["Via.sent-by"] = bare(message.via.sent_by);
  out["Via.branch"] = message.via.branch;
  out["Call-ID"] = message.call_id;
  out["CSeq.number"] = std::to_string(message.cseq);
  out["CSeq.method"] = message.cseq_method;
  read_party(message, HeaderName::from, "From", message.from_tag, out);
  read_party(message, HeaderName::to, "To", message.to_tag, out);
  read_contacts(message, out);
  read_challenges(message, out);
  read_rows(message, out);
  out["body"] = message.body;
  return out;
}

}  // namespace sipreg::fuzzing
