#include "auth/digest.h"

#include <array>

#include "auth/scanner.h"
#include "message/scan.h"

namespace sipreg::auth {
namespace {

std::string_view name_of(Qop qop) {
  return qop == Qop::auth_int ? "auth-int" : "auth";
}

// Eight lower-case hexadecimal digits (RFC 7616 section 3.4).
class HexCount {
 public:
  explicit HexCount(std::uint32_t count) {
    for (std::size_t i = digits_.size(); i > 0; count >>= 4) {
      digits_[--i] = "0123456789abcdef"[count & 15];
    }
  }
  [[nodiscard]] std::string_view view() const {
    return {digits_.data(), digits_.size()};
  }

 private:
  std::array<char, 8> digits_;
};

// Out of line: five copies would be half a kilobyte of WebAssembly.
[[gnu::noinline]] void write_quoted(message::Writer& out, std::string_view name,
                                    std::string_view value) {
  out.text(", ").text(name).text("=\"").text(value).text("\"");
}

}  // namespace

HexDigest make_ha1(HashFunction function, std::string_view username,
                   std::string_view realm_escaped, std::string_view password) {
  return Hash(function)
      .add(username)
      .add(":")
      .add_unescaped(realm_escaped)
      .add(":")
      .add(password)
      .finish();
}

std::string_view DigestSession::part(Part part) const {
  const std::size_t start = part == username_part ? 0 : ends_[part - 1];
  return {text_.data() + start, ends_[part] - start};
}

void DigestSession::append(Part part, std::string_view value) {
  text_.append(value);
  ends_[part] = static_cast<std::uint32_t>(text_.size());
}

void DigestSession::start(const Challenge& challenge, std::string_view username,
                          const HexDigest& ha1, std::string_view cnonce) {
  active_ = true;
  proxy_ = challenge.proxy;
  userhash_ = challenge.userhash;
  algorithm_ = challenge.algorithm;
  qop_ = !challenge.offers_qop   ? Qop::none
         : challenge.offers_auth ? Qop::auth
                                 : Qop::auth_int;
  nonce_count_ = 0;
  text_.clear();
  append(username_part, username);
  append(realm_part, challenge.realm);
  if (challenge.has_opaque) {
    text_.append(", opaque=\"").append(challenge.opaque).append("\"");
  }
  append(opaque_part, "");
  append(algorithm_part, challenge.algorithm_text);
  append(cnonce_part, cnonce);
  append(first_nonce_part,
         is_session_variant(algorithm_) ? challenge.nonce : "");
  append(nonce_part, challenge.nonce);
  ha1_ = ha1;
}

HexDigest DigestSession::session_ha1() const {
  return Hash(hash_of(algorithm_))
      .add(ha1_.view())
      .add(":")
      .add_unescaped(part(first_nonce_part))
      .add(":")
      .add(part(cnonce_part))
      .finish();
}

HexDigest DigestSession::digest(Qop qop, std::string_view method,
                                std::string_view request_uri,
                                std::string_view body) const {
  const HashFunction function = hash_of(algorithm_);
  Hash a2(function);
  a2.add(method).add(":").add(request_uri);
  if (qop == Qop::auth_int) {
    a2.add(":").add(Hash(function).add(body).finish().view());
  }
  Hash response(function);
  response.add((is_session_variant(algorithm_) ? session_ha1() : ha1_).view());
  response.add(":").add_unescaped(nonce()).add(":");
  if (qop != Qop::none) {
    response.add(HexCount(nonce_count_).view()).add(":").add(part(cnonce_part));
    response.add(":").add(name_of(qop)).add(":");
  }
  return response.add(a2.finish().view()).finish();
}

bool DigestSession::write_authorization(message::Writer& out,
                                        std::string_view method,
                                        std::string_view request_uri,
                                        std::string_view body) {
  if (!active_ || nonce_count_ == UINT32_MAX) return false;
  ++nonce_count_;
  out.text(proxy_ ? "Proxy-Authorization: " : "Authorization: ");
  out.text("Digest username=");
  if (userhash_) {
    // RFC 7616 section 3.4.4
    out.quoted(Hash(hash_of(algorithm_))
                   .add(username())
                   .add(":")
                   .add_unescaped(realm())
                   .finish()
                   .view());
    out.text(", userhash=true");
  } else {
    out.quoted(username());
  }
  write_quoted(out, "realm", realm());
  write_quoted(out, "nonce", nonce());
  write_quoted(out, "uri", request_uri);
  if (!part(algorithm_part).empty()) {
    out.text(", algorithm=").text(part(algorithm_part));
  }
  if (qop_ != Qop::none) {
    out.text(", qop=").text(name_of(qop_));
    out.text(", nc=").text(HexCount(nonce_count_).view());
    write_quoted(out, "cnonce", part(cnonce_part));
  }
  write_quoted(out, "response", digest(qop_, method, request_uri, body).view());
  out.text(part(opaque_part)).end_of_row();
  return true;
}

DigestSession::Mutual DigestSession::take_authentication_info(
    std::string_view header_value, std::string_view request_uri,
    std::string_view body) {
  std::string_view next_nonce;
  std::string_view response;
  Qop qop = qop_;
  Scanner scanner(header_value);
  for (auto item = scanner.next(); item != Scanner::Item::end;
       item = scanner.next()) {
    if (item != Scanner::Item::parameter) continue;
    const auto is = [&scanner](std::string_view name) {
      return message::equals_ignoring_case(scanner.name(), name);
    };
    if (next_nonce.empty() && is("nextnonce")) next_nonce = scanner.value();
    if (response.empty() && is("rspauth")) response = scanner.value();
    // The server may protect its answer in another way than we our request.
    if (qop != Qop::none && is("qop")) {
      qop = message::equals_ignoring_case(scanner.value(), "auth-int")
                ? Qop::auth_int
                : Qop::auth;
    }
  }
  Mutual mutual = Mutual::absent;
  if (!active_) return mutual;
  if (!response.empty()) {
    if (!digest(qop, "", request_uri, body).equals(response)) {
      return Mutual::mismatch;
    }
    mutual = Mutual::verified;
  }
  if (!next_nonce.empty() && next_nonce != nonce()) {
    text_.erase(ends_[first_nonce_part]);
    append(nonce_part, next_nonce);
    nonce_count_ = 0;
  }
  return mutual;
}

void DigestSession::wipe() { *this = DigestSession(); }

}  // namespace sipreg::auth
