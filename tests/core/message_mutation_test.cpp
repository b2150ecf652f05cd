// Damaged frames: whatever comes in, nothing outside the frame is read, every
// view points into it, and parsing ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "message/contact.h"
#include "message/describe.h"
#include "message/uri.h"

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

void expect_inside(const std::vector<char>& frame, std::string_view view) {
  if (view.empty()) return;
  const bool inside = view.data() >= frame.data() &&
                      view.data() + view.size() <= frame.data() + frame.size();
  ASSERT_TRUE(inside);
}

// Parses an exact heap copy, so that a sanitizer sees any over-read, and looks
// at everything that came out.
void parse_damaged(std::string_view text) {
  std::vector<char> frame(text.begin(), text.end());
  static Message message;
  if (parse(frame, message) != ParseError::none) return;
  for (const Header& row : message.headers()) {
    expect_inside(frame, row.name);
    expect_inside(frame, row.value);
    ASSERT_FALSE(row.name.empty());
    ASSERT_EQ(row.value.find_first_of("\r\n"), std::string_view::npos);
  }
  for (const std::string_view view :
       {message.reason, message.method, message.request_uri,
        message.via.protocol, message.via.sent_by, message.via.branch,
        message.call_id, message.cseq_method, message.from_tag, message.to_tag,
        message.body, message.rest}) {
    expect_inside(frame, view);
  }
  ASSERT_FALSE(message.call_id.empty());
  ASSERT_LE(message.cseq, 0x7fffffffu);
  ContactList list(message);
  for (Contact contact; list.next(contact);) {
    expect_inside(frame, contact.address.display_name);
    expect_inside(frame, contact.address.uri);
    expect_inside(frame, contact.address.parameters);
    expect_inside(frame, contact.instance);
    ASSERT_LE(contact.q_thousandths.value_or(0), 1000u);
    ASSERT_TRUE(equal_uris(contact.address.uri, contact.address.uri));
  }
  std::vector<char> again(text.begin(), text.end());
  std::string words;
  describe(again, words);
  ASSERT_FALSE(words.empty());
}

TEST(MessageMutation, PAR_09_truncation_at_every_offset) {
  for (const std::string& frame : {ok, unauthorized}) {
    for (std::size_t size = 0; size <= frame.size(); ++size) {
      SCOPED_TRACE(size);
      parse_damaged(std::string_view(frame).substr(0, size));
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
        parse_damaged(damaged);
      }
      for (const char octet : telling) {
        damaged[at] = octet;
        parse_damaged(damaged);
      }
      damaged = frame;
      damaged.erase(at, 1);
      parse_damaged(damaged);
      damaged = frame;
      damaged.insert(at, 1, frame[at]);
      parse_damaged(damaged);
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
    parse_damaged(frame);
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
      parse_damaged(frame + ">\r\n\r\n");
    }
  }
}

// Printed, not asserted: the machine's load is not this test's business.
TEST(MessageSpeed, time_of_a_parse) {
  const auto measure = [](const char* what, const std::string& text,
                          bool contacts) {
    using Clock = std::chrono::steady_clock;
    constexpr int rounds = 20'000;
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
