// Challenges out of real 401 and 407 responses, and answers to them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "auth/challenge.h"
#include "auth/digest.h"
#include "message/codec.h"
#include "message/writer.h"

namespace sipreg::auth {

inline constexpr std::string_view test_cnonce = "0a4f113b";

// The challenges of a response with these header rows, parsed by the codec.
class Challenges {
 public:
  explicit Challenges(std::initializer_list<std::string_view> rows) {
    frame_ =
        "SIP/2.0 401 Unauthorized\r\n"
        "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
        "From: <sip:alice@example.com>;tag=f\r\n"
        "To: <sip:alice@example.com>;tag=t\r\n"
        "Call-ID: c\r\nCSeq: 1 REGISTER\r\n";
    for (const std::string_view row : rows) frame_.append(row).append("\r\n");
    frame_ += "Content-Length: 0\r\n\r\n";
    EXPECT_EQ(message::parse(frame_, message_), message::ParseError::none);
    parse_challenges(message_, list_);
  }
  Challenges(const Challenges&) = delete;
  Challenges& operator=(const Challenges&) = delete;

  [[nodiscard]] std::size_t count() const { return list_.count; }
  [[nodiscard]] const Challenge& operator[](std::size_t i) const {
    EXPECT_LT(i, list_.count);
    return list_.items[i];
  }

 private:
  std::string frame_;
  message::Message message_;
  ChallengeList list_;
};

// One WWW-Authenticate row.
class OneChallenge : public Challenges {
 public:
  explicit OneChallenge(std::string_view value)
      : Challenges({"WWW-Authenticate: " + std::string(value)}) {}
};

struct Account {
  std::string_view username = "alice";
  std::string_view password = "secret";
};

inline DigestSession start_session(const Challenge& challenge,
                                   const Account& account = {},
                                   std::string_view cnonce = test_cnonce) {
  DigestSession session;
  session.start(challenge, account.username,
                make_ha1(hash_of(challenge.algorithm), account.username,
                         challenge.realm, account.password),
                cnonce);
  return session;
}

// The next Authorization row, with its CRLF.
inline std::string next_row(DigestSession& session,
                            std::string_view method = "REGISTER",
                            std::string_view uri = "sip:example.com",
                            std::string_view body = "") {
  Text text;
  message::Writer writer(text);
  EXPECT_TRUE(session.write_authorization(writer, method, uri, body));
  return std::string(text);
}

// A parameter of a row as it stands there, quotes included; "" without it.
inline std::string parameter_of(const std::string& row, std::string_view name) {
  std::string key(name);
  key += '=';
  std::size_t start = row.find(" " + key);
  if (start == std::string::npos) return {};
  start += 1 + key.size();
  std::size_t end = start;
  if (row[start] == '"') {
    for (++end; row[end] != '"'; ++end) {
      if (row[end] == '\\') ++end;
    }
    ++end;
  } else {
    end = row.find_first_of(",\r", start);
  }
  return row.substr(start, end - start);
}

inline std::string response_of(const std::string& row) {
  const std::string quoted = parameter_of(row, "response");
  return quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2);
}

}  // namespace sipreg::auth
