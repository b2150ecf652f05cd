// Damaged frames: whatever comes in, nothing outside the frame is read, every
// view points into it, and parsing ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "message/contact.h"
#include "message_checks.h"

namespace sipreg::message {
namespace {

const std::string ok =
    "SIP/2.0 200 OK\r\n"
    "Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKnashds7;rport=5062\r\n"
    "From: \"Alice\" <sip:alice@example.com>;tag=456248\r\n"
    "To: <sip:alice@example.com>;tag=37GkEhwl6\r\n"
    "Call-ID: 843817637684230@998sdasdh09\r\n"
    "CSeq: 1826 REGISTER\r\n"
    "Contact: <sip:alice@df7jal23ls0d.invalid;transport=ws>;expires=600"
    ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\""
    ";reg-id=1, \"Desk, \\\"2\\\"\" <sip:alice@[2001:db8::1]:5070>;q=0.5\r\n"
    "Content-Length: 0\r\n\r\n";

const std::string unauthorized =
    "SIP/2.0 401 Unauthorized\r\n"
    "v: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKnashds7\r\n"
    "f: <sip:alice@example.com>;tag=456248\r\n"
    "t: <sip:alice@example.com>;tag=37GkEhwl6\r\n"
    "i: 843817637684230@998sdasdh09\r\n"
    "CSeq: 1826 REGISTER\r\n"
    "WWW-Authenticate: Digest realm=\"example.com\",\r\n"
    " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", qop=\"auth,auth-int\",\r\n"
    "\topaque=\"5ccc069c403ebaf9f0171e9517f40e41\", algorithm=SHA-256\r\n"
    "l: 5\r\n\r\nhello";

TEST(MessageMutation, PAR_09_truncation_at_every_offset) {
  for (const std::string& frame : {ok, unauthorized}) {
    for (std::size_t size = 0; size <= frame.size(); ++size) {
      SCOPED_TRACE(size);
      check_frame(std::string_view(frame).substr(0, size));
    }
  }
}

TEST(MessageMutation,
     PAR_09_every_bit_and_every_telling_octet_at_every_offset) {
  constexpr std::string_view telling("\0\t\n\r \"%,/:;<=>?@[\\]0A\x7f\x80\xff",
                                     24);
  for (const std::string& frame : {ok, unauthorized}) {
    for (std::size_t at = 0; at < frame.size(); ++at) {
      SCOPED_TRACE(at);
      std::string damaged = frame;
      for (int bit = 0; bit < 8; ++bit) {
        damaged[at] = static_cast<char>(frame[at] ^ (1 << bit));
        check_frame(damaged);
      }
      for (const char octet : telling) {
        damaged[at] = octet;
        check_frame(damaged);
      }
      damaged = frame;
      damaged.erase(at, 1);
      check_frame(damaged);
      damaged = frame;
      damaged.insert(at, 1, frame[at]);
      check_frame(damaged);
    }
  }
}

TEST(MessageMutation, PAR_19_random_splices) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  constexpr std::string_view pieces[] = {
      "\r\n",   "\r\n ", "\n",   "\"",         "\\",       "<",
      ">",      ",",     ";",    "=",          "Via: ",    "m: ",
      "l: ",    "%",     "[::",  ";expires=",  "*",        "\r\n\r\n",
      "tag=",   "sip:",  "\x80", ";reg-id=",   "SIP/2.0 ", "i:x\r\n",
      "CSeq: ", "\t",    "@",    ";branch=\"", "?",        "4294967296"};
  for (int round = 0; round < 20'000; ++round) {
    std::string frame = below(2) == 0 ? ok : unauthorized;
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(frame.size() + 1);
      switch (below(3)) {
        case 0:
          frame.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 1:
          frame.erase(at, below(20));
          break;
        default:
          frame.insert(below(frame.size() + 1), frame, at, below(60));
      }
    }
    check_frame(frame);
    if (HasFatalFailure()) {
      FAIL() << "round " << round << ": " << frame;
    }
  }
}

TEST(MessageMutation, PAR_19_hostile_shapes_of_full_size) {
  const std::string head = ok.substr(0, ok.find("Contact:"));
  constexpr std::string_view fillers[] = {
      "<sip:a@b>,", "<",         "\"",          "\\\",", "\"a,\\\\\"",
      "\"a,<\">",   "<sip:a@b;", ";a=\"\\\";",  "a=b&",  "%",
      ",",          "\r\n ",     "\r\n \r\n\t", "x",     ";"};
  for (const std::string_view start :
       {"Contact: ", "Contact: <sip:a@b>", "Contact: <sip:a@b;c>, <sip:a@b;",
        "Contact: <sip:a@b?c>, <sip:a@b?", "From: ", "X: "}) {
    for (const std::string_view filler : fillers) {
      std::string frame = head + std::string(start);
      while (frame.size() + filler.size() + 8 < max_frame_size) frame += filler;
      check_frame(frame + ">\r\n\r\n");
    }
  }
}

// A frame of nothing but folded lines; and what they unfold to stays right.
TEST(MessageParser, PAR_02_PAR_19_folded_lines_take_linear_time) {
  for (const std::string_view fold : {"\n ", "\r\n ", "\n a", "\r\n\ta "}) {
    std::string frame = ok.substr(0, ok.find("Contact:")) + "X: b";
    while (frame.size() < 64 * 1024) frame += fold;
    frame.resize(64 * 1024 - 4);
    frame += "\r\n\r\n";
    static Message message;
    const std::clock_t start = std::clock();
    ASSERT_EQ(parse(frame, message), ParseError::none);
    const double seconds =
        static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds, 0.05);
    EXPECT_TRUE(message.headers().back().value.starts_with("b"));
    ASSERT_EQ(parse(frame, message), ParseError::none) << "once more";
  }
}

// Printed, not asserted: the machine's load is not this test's business.
TEST(MessageSpeed, time_of_a_parse) {
  const auto measure = [](const char* what, const std::string& text,
                          bool contacts) {
    using Clock = std::chrono::steady_clock;
    const int rounds = 10'000'000 / static_cast<int>(text.size());
    std::string frame = text;
    static Message message;
    std::size_t found = 0;
    double best = 1e9;
    for (int repetition = 0; repetition < 5; ++repetition) {
      const auto start = Clock::now();
      for (int i = 0; i < rounds; ++i) {
        ASSERT_EQ(parse(frame, message), ParseError::none);
        ContactList list(message);
        for (Contact contact; contacts && list.next(contact);) ++found;
      }
      const std::chrono::duration<double, std::nano> elapsed =
          Clock::now() - start;
      best = std::min(best, elapsed.count() / rounds);
    }
    std::printf("[   SPEED  ] %s, %zu bytes: %.0f ns\n", what, text.size(),
                best);
    EXPECT_EQ(found > 0, contacts);
  };
  measure("200", ok, false);
  measure("200 with its Contacts", ok, true);
  measure("401, folded at first", unauthorized, false);
  std::string many = ok.substr(0, ok.find("Contact:")) + "Contact: ";
  for (int i = 0; i < 8'000; ++i) many += "<a:b>,";
  measure("200 with 8000 Contacts", many + "\r\n\r\n", true);
}

}  // namespace
}  // namespace sipreg::message
