#include "auth_checks.h"

#include <gtest/gtest.h>

#include <functional>

#include "auth/scanner.h"
#include "auth_fixture.h"
#include "message/scan.h"

namespace sipreg::auth {
namespace {

bool is_inside(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> not_behind;
  return part.empty() ||
         (not_behind(whole.data(), part.data()) &&
          not_behind(part.data() + part.size(), whole.data() + whole.size()));
}

// The first parameter of that name in our row: what a server's words look like
// stands in quotes, which the scanner heeds.
std::string value_of(std::string_view row, std::string_view name) {
  Scanner scanner(row.substr(row.find(' ')));
  for (auto item = scanner.next(); item != Scanner::Item::end;
       item = scanner.next()) {
    if (item == Scanner::Item::parameter && scanner.name() == name) {
      return std::string(scanner.value());
    }
  }
  return {};
}

// RFC 7616 section 3.4.1 anew, out of what the row says.
HexDigest expected_response(const Challenge& challenge, const Request& request,
                            const std::string& row, std::string_view method,
                            std::string_view body) {
  const HashFunction function = hash_of(challenge.algorithm);
  const std::string qop = value_of(row, "qop");
  HexDigest a1 =
      make_ha1(function, request.username, challenge.realm, request.password);
  const std::string cnonce = value_of(row, "cnonce");
  if (is_session_variant(challenge.algorithm)) {
    a1 = Hash(function)
             .add(a1.view())
             .add(":")
             .add_unescaped(challenge.nonce)
             .add(":")
             .add(cnonce)
             .finish();
  }
  Hash a2(function);
  a2.add(method).add(":").add(request.uri);
  if (qop == "auth-int") {
    a2.add(":").add(Hash(function).add(body).finish().view());
  }
  Hash response(function);
  response.add(a1.view()).add(":").add_unescaped(challenge.nonce).add(":");
  if (!qop.empty()) {
    response.add(value_of(row, "nc")).add(":").add(cnonce).add(":");
    response.add(qop).add(":");
  }
  return response.add(a2.finish().view()).finish();
}

std::string hex_count(std::uint32_t count) {
  std::string digits(8, '0');
  for (std::size_t i = digits.size(); i > 0; count >>= 4) {
    digits[--i] = "0123456789abcdef"[count & 15];
  }
  return digits;
}

void check_username(const Challenge& challenge, const Request& request,
                    const std::string& row) {
  const std::string username = value_of(row, "username");
  if (!challenge.userhash) {
    EXPECT_TRUE(message::unescaped_equals(username, request.username));
    return;
  }
  const HexDigest hash = Hash(hash_of(challenge.algorithm))
                             .add(request.username)
                             .add(":")
                             .add_unescaped(challenge.realm)
                             .finish();
  EXPECT_EQ(username, hash.view());
  EXPECT_EQ(value_of(row, "userhash"), "true");
}

}  // namespace

void check_challenge(const Challenge& challenge, std::string_view row) {
  for (const std::string_view view :
       {challenge.realm, challenge.nonce, challenge.opaque,
        challenge.algorithm_text, challenge.scope, challenge.authz_server,
        challenge.error}) {
    ASSERT_TRUE(is_inside(view, row));
    ASSERT_LE(view.size(), max_value_size);
  }
  ASSERT_NE(challenge.scheme, Scheme::unknown);
}

void check_answer(const Challenge& challenge, const Request& request,
                  std::uint32_t nonce_count, const std::string& row) {
  const std::string_view name =
      challenge.proxy ? "Proxy-Authorization: " : "Authorization: ";
  ASSERT_TRUE(row.starts_with(name));
  ASSERT_EQ(row.find('\r'), row.size() - 2);
  ASSERT_EQ(row.find('\n'), row.size() - 1);
  ASSERT_EQ(row.find('\0'), std::string::npos);
  const std::string_view value =
      message::trim(std::string_view(row).substr(name.size()));

  const Challenges again({"WWW-Authenticate: " + std::string(value)});
  ASSERT_EQ(again.count(), 1u);
  EXPECT_EQ(again[0].realm, challenge.realm);
  EXPECT_EQ(again[0].nonce, challenge.nonce);
  EXPECT_EQ(again[0].opaque, challenge.opaque);
  EXPECT_EQ(again[0].has_opaque, challenge.has_opaque);
  EXPECT_EQ(again[0].algorithm, challenge.algorithm);
  EXPECT_EQ(again[0].offers_qop, challenge.offers_qop);

  check_username(challenge, request, row);
  EXPECT_EQ(value_of(row, "uri"), request.uri);
  EXPECT_EQ(value_of(row, "nc"),
            challenge.offers_qop ? hex_count(nonce_count) : "");
  EXPECT_EQ(
      value_of(row, "response"),
      expected_response(challenge, request, row, request.method, request.body)
          .view());
}

std::string right_rspauth(const Challenge& challenge, const Request& request,
                          const std::string& row,
                          std::string_view response_body) {
  return std::string(
      expected_response(challenge, request, row, "", response_body).view());
}

}  // namespace sipreg::auth
