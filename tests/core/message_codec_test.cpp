#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "message/codec.h"
#include "message/describe.h"

namespace sipreg::message {
namespace {

const std::string core_rows =
    "Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
    "From: <sip:alice@example.com>;tag=f1\r\n"
    "To: <sip:alice@example.com>;tag=t1\r\n"
    "Call-ID: c1\r\n"
    "CSeq: 1 REGISTER\r\n";

std::string ok_with(const std::string& rows, const std::string& body = "") {
  return "SIP/2.0 200 OK\r\n" + core_rows + rows + "\r\n" + body;
}

// Parses a text and keeps its bytes with the result.
struct Parsed {
  explicit Parsed(std::string bytes) : text(std::move(bytes)) {
    error = parse(text, message);
  }
  std::string text;
  Message message;
  ParseError error = ParseError::none;
};

TEST(MessageParser, a_response_taken_apart) {
  const Parsed parsed(ok_with("Content-Length: 4\r\n", "bodyjunk"));
  ASSERT_EQ(parsed.error, ParseError::none);
  const Message& message = parsed.message;
  EXPECT_FALSE(message.is_request);
  EXPECT_EQ(message.status, 200);
  EXPECT_EQ(message.reason, "OK");
  EXPECT_EQ(message.via.protocol, "WSS");
  EXPECT_EQ(message.via.sent_by, "a.invalid");
  EXPECT_EQ(message.via.branch, "z9hG4bK1");
  EXPECT_EQ(message.call_id, "c1");
  EXPECT_EQ(message.cseq, 1u);
  EXPECT_EQ(message.cseq_method, "REGISTER");
  EXPECT_TRUE(message.from_readable);
  EXPECT_EQ(message.from_tag, "f1");
  EXPECT_EQ(message.to_tag, "t1");
  EXPECT_EQ(message.body, "body");
  EXPECT_EQ(message.rest, "junk");
  EXPECT_EQ(message.headers().size(), 6u);
}

TEST(MessageParser, a_request_taken_apart) {
  const Parsed parsed(
      "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP c\r\n"
      "v: SIP/2.0/TCP d\r\ni: 1\r\nCSeq: 5 OPTIONS\r\n\r\nx");
  ASSERT_EQ(parsed.error, ParseError::none);
  EXPECT_TRUE(parsed.message.is_request);
  EXPECT_EQ(parsed.message.method, "OPTIONS");
  EXPECT_EQ(parsed.message.request_uri, "sip:a@b");
  EXPECT_EQ(parsed.message.via.sent_by, "c");
  EXPECT_EQ(parsed.message.cseq, 5u);
  EXPECT_EQ(parsed.message.body, "x");
}

TEST(MessageParser, find_gives_the_first_row_of_a_name) {
  const Parsed parsed(ok_with("Path: <sip:a>\r\nPath: <sip:b>\r\n"));
  ASSERT_EQ(parsed.error, ParseError::none);
  ASSERT_NE(parsed.message.find(HeaderName::path), nullptr);
  EXPECT_EQ(parsed.message.find(HeaderName::path)->value, "<sip:a>");
  EXPECT_EQ(parsed.message.find(HeaderName::expires), nullptr);
}

TEST(MessageParser, PAR_03_REG_13_every_row_is_kept_in_order) {
  const Parsed parsed(
      ok_with("WWW-Authenticate: Digest realm=\"a\", nonce=\"1\"\r\n"
              "Record-Route: <sip:x>\r\n"
              "www-authenticate: Digest realm=\"b\", nonce=\"2\"\r\n"));
  ASSERT_EQ(parsed.error, ParseError::none);
  const auto rows = parsed.message.headers();
  ASSERT_EQ(rows.size(), 8u);
  EXPECT_EQ(rows[5].id, HeaderName::www_authenticate);
  EXPECT_EQ(rows[5].value, "Digest realm=\"a\", nonce=\"1\"");
  EXPECT_EQ(rows[6].id, HeaderName::record_route);
  EXPECT_EQ(rows[7].name, "www-authenticate");
  EXPECT_EQ(rows[7].value, "Digest realm=\"b\", nonce=\"2\"");
}

TEST(MessageParser, PAR_16_other_headers_are_exposed_raw) {
  const Parsed parsed(
      ok_with("Warning: 399 a \"b, c\"\r\nReason: Q.850 ;cause=16\r\n"
              "Error-Info: <sip:x@y>\r\nP-Registrar-Error: no\r\n"
              "P-Associated-URI: <sip:a@b>, <sip:c@d>\r\n"));
  ASSERT_EQ(parsed.error, ParseError::none);
  const auto rows = parsed.message.headers();
  EXPECT_EQ(rows[5].value, "399 a \"b, c\"");
  EXPECT_EQ(rows[6].name, "Reason");
  EXPECT_EQ(rows[6].value, "Q.850 ;cause=16");
  EXPECT_EQ(rows[8].name, "P-Registrar-Error");
  EXPECT_EQ(rows[9].id, HeaderName::p_associated_uri);
  EXPECT_EQ(rows[9].value, "<sip:a@b>, <sip:c@d>");
}

TEST(MessageParser, PAR_02_folded_values_are_contiguous) {
  const Parsed parsed(
      ok_with("WWW-Authenticate: Digest\r\n realm=\"a\",\r\n\t nonce=\"b\" \r\n"
              "   ,qop=\"auth\"\r\nServer:\r\n \r\n\t\r\n x\r\n"));
  ASSERT_EQ(parsed.error, ParseError::none);
  EXPECT_EQ(parsed.message.find(HeaderName::www_authenticate)->value,
            "Digest realm=\"a\", nonce=\"b\" ,qop=\"auth\"");
  EXPECT_EQ(parsed.message.headers().back().value, "x");

  // The frame, unfolded, says the same when it is read once more.
  const Parsed again(parsed.text);
  ASSERT_EQ(again.error, ParseError::none);
  ASSERT_EQ(again.message.headers().size(), parsed.message.headers().size());
  for (std::size_t i = 0; i < again.message.headers().size(); ++i) {
    EXPECT_EQ(again.message.headers()[i].value,
              parsed.message.headers()[i].value);
  }
}

TEST(MessageParser, a_message_is_reused_without_traces_of_the_last_one) {
  std::string first =
      "OPTIONS sip:a@b SIP/2.0\r\n" +
      ok_with("Subject: x\r\nContact: <sip:a@b>\r\n", "body").substr(16);
  first.replace(first.find("1 REGISTER"), 10, "1 OPTIONS ");
  std::string second =
      "SIP/2.0 100\r\nv: SIP/2.0/WS x\r\ni: y\r\nCSeq: 2 REGISTER\r\n\r\n";
  Message message;
  ASSERT_EQ(parse(first, message), ParseError::none);
  ASSERT_EQ(message.headers().size(), 7u);
  ASSERT_EQ(parse(second, message), ParseError::none);
  EXPECT_FALSE(message.is_request);
  EXPECT_EQ(message.status, 100);
  EXPECT_EQ(message.reason, "");
  EXPECT_EQ(message.method, "");
  EXPECT_EQ(message.request_uri, "");
  EXPECT_EQ(message.via.branch, "");
  EXPECT_EQ(message.from_tag, "");
  EXPECT_EQ(message.to_tag, "");
  EXPECT_FALSE(message.from_readable);
  EXPECT_EQ(message.body, "");
  EXPECT_EQ(message.rest, "");
  EXPECT_EQ(message.headers().size(), 3u);
  EXPECT_EQ(message.find(HeaderName::contact), nullptr);
}

TEST(MessageParser, PAR_19_frames_beyond_64_KiB_are_refused) {
  const std::string head = ok_with("");
  EXPECT_EQ(Parsed(head + std::string(max_frame_size - head.size(), 'x')).error,
            ParseError::none);
  EXPECT_EQ(
      Parsed(head + std::string(max_frame_size - head.size() + 1, 'x')).error,
      ParseError::too_large);
}

TEST(MessageParser, PAR_19_more_than_256_headers_are_refused) {
  std::string rows;
  for (std::size_t i = 5; i < max_headers; ++i) rows += "a:\r\n";
  const Parsed parsed(ok_with(rows));
  EXPECT_EQ(parsed.error, ParseError::none);
  EXPECT_EQ(parsed.message.headers().size(), max_headers);
  EXPECT_EQ(Parsed(ok_with(rows + "a:\r\n")).error,
            ParseError::too_many_headers);
}

TEST(MessageParser, PAR_19_what_is_beyond_the_bounds_says_so) {
  const auto described = [](std::string frame) {
    Text text;
    describe(frame, text);
    return text;
  };
  EXPECT_EQ(described(std::string(max_frame_size + 1, 'x')),
            "dropped: too_large\n");
  std::string rows;
  for (std::size_t i = 0; i <= max_headers; ++i) rows += "X: y\r\n";
  EXPECT_EQ(described(ok_with(rows)), "dropped: too_many_headers\n");
}

TEST(MessageParser, PAR_04_nothing_but_line_ends) {
  for (const char* frame : {"", "\r", "\n", "\r\n", "\r\n\r\n"}) {
    EXPECT_EQ(Parsed(frame).error, ParseError::start_line);
  }
  EXPECT_EQ(Parsed("\r\n\n\r\n" + ok_with("")).error, ParseError::none);
}

TEST(MessageParser, PAR_05_status_codes) {
  const auto error_of = [](const std::string& start_line) {
    return Parsed(start_line + "\r\n" + core_rows + "\r\n").error;
  };
  for (const char* good :
       {"SIP/2.0 100 Trying", "SIP/2.0 699 x", "SIP/2.0 200", "SIP/2.0 200 ",
        "sip/2.0 200 OK", "Sip/2.0 299 \xfc", "SIP/2.0 200 a  b "}) {
    EXPECT_EQ(error_of(good), ParseError::none) << good;
  }
  for (const char* bad :
       {"SIP/2.0", "SIP/2.0 ", "SIP/2.0 20", "SIP/2.0 20x", "SIP/2.0 2000",
        "SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 4294967301 x",
        "SIP/2.0 2 00", "SIP/2.0  200 OK", "SIP/2.0\t200 OK", "SIP/7.0 200 OK",
        "SIP/2 200 OK", "SIP/2.00 200 OK", " SIP/2.0 200 OK", "HTTP/1.1 200 OK",
        "SIP/2.0 -20 x", "SIP/2.0 +20 x", "SIP/2.0 200\tOK"}) {
    EXPECT_EQ(error_of(bad), ParseError::start_line) << bad;
  }
}

TEST(MessageParser, PAR_13_TSX_06_singletons) {
  const auto error_of = [](const std::string& rows) {
    return Parsed("SIP/2.0 200 OK\r\n" + rows + "\r\n").error;
  };
  const std::string via = "Via: SIP/2.0/WSS a;branch=1\r\n";
  const std::string call_id = "Call-ID: c\r\n";
  const std::string cseq = "CSeq: 1 REGISTER\r\n";
  EXPECT_EQ(error_of(cseq + call_id + via), ParseError::none);
  EXPECT_EQ(error_of(call_id + cseq), ParseError::via);
  EXPECT_EQ(error_of(via + cseq), ParseError::call_id);
  EXPECT_EQ(error_of(via + call_id), ParseError::cseq);
  EXPECT_EQ(error_of(via + call_id + cseq + via), ParseError::via);
  EXPECT_EQ(error_of(via + call_id + cseq + call_id), ParseError::call_id);
  EXPECT_EQ(error_of(via + call_id + cseq + cseq), ParseError::cseq);
  EXPECT_EQ(error_of("Via: SIP/2.0/WSS a, SIP/2.0/WSS b\r\n" + call_id + cseq),
            ParseError::via);
}

TEST(MessageParser, PAR_17_from_and_to_may_be_damaged_or_missing) {
  const auto parsed_with = [](const std::string& rows) {
    return Parsed(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS a\r\nCall-ID: c\r\n"
        "CSeq: 1 REGISTER\r\n" +
        rows + "\r\n");
  };
  for (const char* rows :
       {"", "From: \r\nTo: /\r\n", "f: \"x <sip:a@b>;tag=1\r\n",
        "From: <sip:a@b\r\nFrom: <sip:a@b>;tag=1\r\n"}) {
    const Parsed parsed = parsed_with(rows);
    EXPECT_EQ(parsed.error, ParseError::none) << rows;
    EXPECT_FALSE(parsed.message.from_readable) << rows;
    EXPECT_EQ(parsed.message.from_tag, "") << rows;
  }
  const Parsed damaged = parsed_with("From: <sip:769@>;tag=f\r\nTo: <\r\n");
  EXPECT_EQ(damaged.error, ParseError::none);
  EXPECT_TRUE(damaged.message.from_readable);
  EXPECT_EQ(damaged.message.from_tag, "f");
  EXPECT_EQ(damaged.message.to_tag, "");
}

TEST(MessageParser, PAR_12_cseq_is_bounded) {
  const auto parsed_with = [](const std::string& value) {
    return Parsed(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS a\r\nCall-ID: c\r\n"
        "CSeq: " +
        value + "\r\n\r\n");
  };
  EXPECT_EQ(parsed_with("0 A").message.cseq, 0u);
  EXPECT_EQ(parsed_with("2147483647\tA").message.cseq, 2147483647u);
  for (const char* bad : {"", "1", "A", "1 ", "2147483648 A", "4294967297 A",
                          "-1 A", "1 A B", "1A", "1 A/B", "1.0 A"}) {
    EXPECT_EQ(parsed_with(bad).error, ParseError::cseq) << bad;
  }
}

TEST(MessageParser, PAR_06_content_length) {
  const auto error_of = [](const std::string& value) {
    return Parsed(ok_with("Content-Length: " + value + "\r\n", "hello")).error;
  };
  for (const char* good : {"0", "5", "005", " 5 ", "4"}) {
    EXPECT_EQ(error_of(good), ParseError::none) << good;
  }
  for (const char* bad : {"6", "-1", "+5", "", "x", "5;x", "5, 5", "5.0",
                          "4294967296", "4294967301", "99999999999999999999"}) {
    EXPECT_EQ(error_of(bad), ParseError::content_length) << bad;
  }
}

TEST(MessageParser, WS_06_the_rest_of_a_frame_can_be_parsed_again) {
  Parsed parsed(ok_with("Content-Length: 2\r\n", "hi\r\n") +
                "SIP/2.0 100 Trying\r\n" + core_rows + "\r\n");
  ASSERT_EQ(parsed.error, ParseError::none);
  EXPECT_EQ(parsed.message.body, "hi");
  std::string rest(parsed.message.rest);
  Message second;
  ASSERT_EQ(parse(rest, second), ParseError::none);
  EXPECT_EQ(second.status, 100);
}

TEST(MessageParser, DIG_25_octets_that_an_answer_echoes_are_not_changed) {
  const Parsed parsed(
      ok_with("WWW-Authenticate: Digest realm=\"a\\\"  b\\\\\xff\"\r\n"));
  ASSERT_EQ(parsed.error, ParseError::none);
  EXPECT_EQ(parsed.message.headers().back().value,
            "Digest realm=\"a\\\"  b\\\\\xff\"");
}

}  // namespace
}  // namespace sipreg::message
