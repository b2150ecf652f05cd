// Requests that the server sends over the flow (RFC 3261 sections 8.2 and 11).
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string request(const std::string& method, const std::string& rows = {},
                    const std::string& to = "<sip:alice@example.com>") {
  return method +
         " sip:alice@df7jal23ls0d.invalid;transport=ws SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtop\r\n"
         "Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKbelow, "
         "SIP/2.0/WSS h.invalid;branch=z9hG4bKlast\r\n"
         "From: \"S\" <sip:server@example.com>;tag=s1\r\n"
         "To: " +
         to +
         "\r\n"
         "Call-ID: call-1@192.0.2.1\r\n"
         "CSeq: 7 " +
         method + "\r\nMax-Forwards: 0\r\n" + rows +
         "Content-Length: 0\r\n\r\n";
}

std::string answer_to(const std::string& frame) {
  Simulation world;
  world.registered();
  world.receive(frame);
  EXPECT_LE(world.frames.size(), 1u);
  return world.frames.empty() ? "" : world.next_frame();
}

TEST(ServerRequest, UAS_01_WS_17_what_is_copied_into_the_answer) {
  const std::string answer = answer_to(request("OPTIONS"));
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200 OK\r\n"));
  const std::size_t top = answer.find("Via: SIP/2.0/UDP 192.0.2.1:5060");
  const std::size_t below = answer.find("SIP/2.0/TCP 192.0.2.2");
  const std::size_t last = answer.find("SIP/2.0/WSS h.invalid");
  EXPECT_LT(top, below);
  EXPECT_LT(below, last);
  EXPECT_NE(last, answer.npos);
  EXPECT_EQ(header(answer, "From"), "\"S\" <sip:server@example.com>;tag=s1");
  EXPECT_EQ(header(answer, "Call-ID"), "call-1@192.0.2.1");
  EXPECT_EQ(header(answer, "CSeq"), "7 OPTIONS");
  EXPECT_TRUE(header(answer, "To").starts_with("<sip:alice@example.com>;tag="));
  EXPECT_NE(header(answer, "Allow"), "");
  EXPECT_NE(header(answer, "Accept"), "");
  EXPECT_EQ(header(answer, "Content-Length"), "0");
}

TEST(ServerRequest, UAS_01_in_every_state_of_the_registration) {
  Simulation world;
  const RegistrationId id = world.create();
  const auto expect_200 = [&world] {
    world.frames.clear();
    world.receive(request("OPTIONS"));
    EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 200 OK\r\n"));
  };
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  expect_200();
  world.receive(respond(first, 503));
  expect_200();
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  expect_200();
  world.remove(id);
  expect_200();
}

TEST(ServerRequest, UAS_02_what_every_method_gets) {
  const std::string in_dialog = "<sip:alice@example.com>;tag=t1";
  struct Row {
    const char* method;
    const char* outside;  // of a dialog
    const char* inside;
  };
  for (const Row& row :
       {Row{"OPTIONS", "200", "481"}, Row{"INVITE", "480", "481"},
        Row{"NOTIFY", "481", "481"}, Row{"CANCEL", "481", "481"},
        Row{"BYE", "405", "481"}, Row{"MESSAGE", "405", "481"},
        Row{"SUBSCRIBE", "405", "481"}, Row{"REGISTER", "405", "481"},
        Row{"PUBLISH", "405", "481"}, Row{"X-UNHEARD-OF", "405", "481"}}) {
    const std::string outside = answer_to(request(row.method));
    EXPECT_EQ(outside.substr(8, 3), row.outside) << row.method;
    EXPECT_EQ(
        header(outside, "Allow").empty(),
        std::string(row.outside) != "405" && std::string(row.outside) != "200")
        << row.method;
    const std::string inside = answer_to(request(row.method, "", in_dialog));
    EXPECT_EQ(inside.substr(8, 3), row.inside) << row.method;
    EXPECT_EQ(header(inside, "To"), in_dialog) << "the tag stays";
  }
  EXPECT_EQ(answer_to(request("ACK")), "");
  EXPECT_EQ(answer_to(request("ACK", "", in_dialog)), "");
}

// A digest for somebody else's challenge would be one that can be cracked.
TEST(ServerRequest, UAS_02_DIG_27_no_request_gets_credentials) {
  const std::string challenge =
      "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\"\r\n"
      "Proxy-Authenticate: Digest realm=\"example.com\", nonce=\"n\"\r\n";
  for (const char* method : {"OPTIONS", "INVITE", "NOTIFY", "MESSAGE"}) {
    const std::string answer = answer_to(request(method, challenge));
    EXPECT_NE(answer, "");
    EXPECT_EQ(answer.find("Authorization"), answer.npos) << method;
  }
}

}  // namespace
}  // namespace sipreg::testing
