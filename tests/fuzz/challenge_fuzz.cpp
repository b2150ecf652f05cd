// The header rows of a 401: challenges are answered, Authentication-Info is
// taken. A row `User: name` sets the user name, a body is hashed for auth-int.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth_checks.h"
#include "auth_fixture.h"
#include "fuzzing.h"
#include "message/codec.h"
#include "message/scan.h"

namespace sipreg::fuzzing {
namespace {

using auth::Challenge;
using auth::DigestSession;
using auth::Request;
using message::HeaderName;

constexpr std::string_view head =
    "SIP/2.0 401 Unauthorized\r\n"
    "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
    "From: <sip:alice@example.com>;tag=f\r\n"
    "To: <sip:alice@example.com>;tag=t\r\n"
    "Call-ID: c\r\nCSeq: 1 REGISTER\r\n";

Request request_of(const message::Message& response) {
  Request request;
  request.body = response.body;
  for (const message::Header& row : response.headers()) {
    // Agent::check() refuses other names.
    if (row.name == "User" && message::is_header_text(row.value)) {
      request.username = row.value;
    }
  }
  return request;
}

std::string next_row(DigestSession& session, const Request& request) {
  return auth::next_row(session, request.method, request.uri, request.body);
}

// A server that knows the password is believed, and nobody else.
void check_mutual(const Challenge& challenge, const Request& request,
                  const DigestSession& before, const std::string& row) {
  const std::string right =
      auth::right_rspauth(challenge, request, row, "answer");
  const auto outcome = [&](const std::string& info) {
    DigestSession session = before;
    return session.take_authentication_info(info, request.uri, "answer");
  };
  EXPECT_EQ(outcome("rspauth=\"" + right + "\""),
            DigestSession::Mutual::verified);
  std::string wrong = right;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(outcome("rspauth=\"" + wrong + "\", nextnonce=\"x\""),
            DigestSession::Mutual::mismatch);
}

// What the response's own Authentication-Info does to a session: a wrong
// rspauth nothing, a new nonce starts the count again.
void check_info(const message::Message& response, const Challenge& challenge,
                const Request& request, const DigestSession& before) {
  for (const message::Header& row : response.headers()) {
    if (row.id != HeaderName::authentication_info) continue;
    DigestSession session = before;
    const auto mutual =
        session.take_authentication_info(row.value, request.uri, response.body);
    const bool changed = session.nonce() != challenge.nonce;
    EXPECT_EQ(session.nonce_count(), changed ? 0 : before.nonce_count());
    if (mutual == DigestSession::Mutual::mismatch) {
      EXPECT_FALSE(changed);
    }
    if (changed) {
      // The A1 of a -sess algorithm stays with the first nonce.
      if (auth::is_session_variant(challenge.algorithm)) continue;
      Challenge next = challenge;
      const std::string nonce(session.nonce());
      next.nonce = nonce;
      auth::check_answer(next, request, 1, next_row(session, request));
    }
  }
}

void check(const Challenge& challenge, const message::Message& response) {
  const Request request = request_of(response);
  DigestSession session =
      auth::start_session(challenge, {request.username, request.password});
  const std::string first = next_row(session, request);
  auth::check_answer(challenge, request, 1, first);
  const std::string second = next_row(session, request);
  auth::check_answer(challenge, request, 2, second);
  check_mutual(challenge, request, session, second);
  check_info(response, challenge, request, session);
}

}  // namespace
}  // namespace sipreg::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace sipreg;
  std::vector<char> frame(fuzzing::head.begin(), fuzzing::head.end());
  frame.insert(frame.end(), data, data + size);
  static message::Message response;
  if (message::parse(frame, response) != message::ParseError::none) return 0;
  static auth::ChallengeList challenges;
  auth::parse_challenges(response, challenges);
  for (const auth::Challenge& challenge : challenges.view()) {
    auth::check_challenge(challenge, {frame.data(), frame.size()});
    if (challenge.answerable()) fuzzing::check(challenge, response);
  }
  return 0;
}
