#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "message/contact.h"
#include "message/scan.h"
#include "message/writer.h"

namespace sipreg::message {
namespace {

TEST(MessageWriter, rows_numbers_and_text) {
  Text out("old");
  Writer writer(out);
  writer.text("a").number(0).text(" ").number(10).text(" ");
  writer.number(UINT64_MAX).end_of_row().header("Name", "value");
  EXPECT_EQ(out, "a0 10 18446744073709551615\r\nName: value\r\n");
}

TEST(MessageWriter, REG_19_quoted_strings_come_back_as_they_were_set) {
  for (const std::string& plain :
       {std::string(), std::string("Alice"), std::string("\"\\\\\"\\"),
        std::string("a;b,<c>"),
        std::string("J\xc3\xa4s\xc3\xb8n \xf0\x9f\x98\x80"),
        std::string(4096, '"')}) {
    Text out;
    Writer(out).quoted(plain).text(" <sip:a@b>;p");
    NameAddr address;
    ASSERT_TRUE(parse_name_addr(out, address)) << plain;
    EXPECT_TRUE(unescaped_equals(address.display_name, plain)) << plain;
    EXPECT_EQ(address.parameters, ";p");
  }
}

TEST(MessageWriter, the_buffer_is_reused) {
  Text out;
  Writer(out).text(std::string(1000, 'x'));
  const char* const before = out.data();
  for (int i = 0; i < 10; ++i) Writer(out).header("Name", "value");
  EXPECT_EQ(out.data(), before);
  EXPECT_EQ(out, "Name: value\r\n");
}

// UAS-01: RFC 3261 section 8.2.6.2.
TEST(MessageWriter, UAS_01_WS_17_a_response_copies_what_it_must) {
  std::string request =
      "OPTIONS sip:alice@a.invalid SIP/2.0\r\n"
      "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx, SIP/2.0/TCP 192.0.2.2\r\n"
      "Via: SIP/2.0/WSS 192.0.2.3\r\n"
      "f: <sip:ping@example.com>;tag=p\r\n"
      "t: <sip:alice@a.invalid>\r\n"
      "i: 1@x\r\n"
      "CSeq: 0007  OPTIONS\r\n"
      "Record-Route: <sip:x>\r\n"
      "Content-Length: 0\r\n\r\n";
  Message message;
  ASSERT_EQ(parse(request, message), ParseError::none);
  Text copied("old");
  Text out("old");
  write_copied_rows(message, "t9", copied);
  write_response(200, "OK", {copied, "Accept: text/plain\r\n"}, "body", out);
  EXPECT_EQ(
      out,
      "SIP/2.0 200 OK\r\n"
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx, SIP/2.0/TCP 192.0.2.2\r\n"
      "Via: SIP/2.0/WSS 192.0.2.3\r\n"
      "From: <sip:ping@example.com>;tag=p\r\n"
      "To: <sip:alice@a.invalid>;tag=t9\r\n"
      "Call-ID: 1@x\r\n"
      "CSeq: 0007  OPTIONS\r\n"
      "Accept: text/plain\r\n"
      "Content-Length: 4\r\n\r\nbody");
}

TEST(MessageWriter, UAS_02_a_tag_that_is_there_stays) {
  std::string request =
      "NOTIFY sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS c\r\n"
      "From: <sip:x@y>;tag=p\r\nTo: <sip:a@b>;tag=own\r\nCall-ID: 1\r\n"
      "CSeq: 1 NOTIFY\r\n\r\n";
  Message message;
  ASSERT_EQ(parse(request, message), ParseError::none);
  Text out;
  write_copied_rows(message, "t9", out);
  const std::string_view rows = out;
  EXPECT_NE(rows.find("\r\nTo: <sip:a@b>;tag=own\r\n"), rows.npos);
  EXPECT_EQ(rows.find("t9"), rows.npos);
}

TEST(MessageWriter, a_request_without_from_and_to_is_answered) {
  std::string request =
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS c\r\nCall-ID: 1\r\n"
      "CSeq: 1 OPTIONS\r\n\r\n";
  Message message;
  ASSERT_EQ(parse(request, message), ParseError::none);
  Text copied;
  Text out;
  write_copied_rows(message, "t9", copied);
  write_response(200, "OK", {copied}, "", out);
  EXPECT_EQ(out,
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS c\r\nCall-ID: 1\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace sipreg::message
