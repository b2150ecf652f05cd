#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "message/chars.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

std::vector<std::string> elements_of(std::string_view list) {
  std::vector<std::string> elements;
  for (std::string_view element; next_element(list, element);) {
    elements.emplace_back(element);
  }
  return elements;
}

using Strings = std::vector<std::string>;

TEST(MessageScan, token_characters_are_those_of_RFC_3261_section_25) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const bool expected =
        octet != 0 && std::string_view(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789-.!%*_+`'~")
                              .find(c) != std::string_view::npos;
    EXPECT_EQ(is_token_char(c), expected) << octet;
    EXPECT_EQ(is_token(std::string_view(&c, 1)), expected) << octet;
  }
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
}

TEST(MessageScan, PAR_01_case_is_ignored_in_ascii_letters_only) {
  EXPECT_TRUE(equals_ignoring_case("Call-ID", "cALL-id"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("Call-ID", "Call-I"));
  EXPECT_FALSE(equals_ignoring_case("a[", "a{"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("\xc3\x84", "\xc3\xa4"));
}

TEST(MessageScan, trim_takes_white_space_off_both_ends) {
  EXPECT_EQ(trim(" \t\r\n a b \r\n\t"), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(MessageScan, PAR_12_BND_06_delta_seconds_saturate_and_never_wrap) {
  EXPECT_EQ(parse_delta_seconds("0"), 0u);
  EXPECT_EQ(parse_delta_seconds("007"), 7u);
  EXPECT_EQ(parse_delta_seconds("4294967294"), 4294967294u);
  EXPECT_EQ(parse_delta_seconds("4294967295"), 4294967295u);
  EXPECT_EQ(parse_delta_seconds("4294967296"), 4294967295u);
  EXPECT_EQ(parse_delta_seconds("18446744073709551617"), 4294967295u);
  EXPECT_EQ(parse_delta_seconds(std::string(5000, '9')), 4294967295u);
  for (const char* bad :
       {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x1", "\"60\"", "foo"}) {
    EXPECT_EQ(parse_delta_seconds(bad), std::nullopt) << bad;
  }
}

TEST(MessageScan, PAR_14_retry_after_with_comment_and_parameters) {
  EXPECT_EQ(parse_leading_delta_seconds("18000;duration=3600"), 18000u);
  EXPECT_EQ(parse_leading_delta_seconds("120 (I'm in a meeting)"), 120u);
  EXPECT_EQ(parse_leading_delta_seconds("120(meeting)"), 120u);
  EXPECT_EQ(parse_leading_delta_seconds(" 5 "), 5u);
  EXPECT_EQ(parse_leading_delta_seconds("60\t;x"), 60u);
  EXPECT_EQ(parse_leading_delta_seconds("9999999999;x"), 4294967295u);
  for (const char* bad : {"", ";duration=5", "(5)", "-1", "5s", "5,6", "5.5",
                          "Sat, 13 Nov 2010 23:29:00 GMT"}) {
    EXPECT_EQ(parse_leading_delta_seconds(bad), std::nullopt) << bad;
  }
}

TEST(MessageScan, PAR_03_PAR_15_list_elements) {
  EXPECT_EQ(elements_of("a,b ,\tc"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(elements_of(" , ,a,,b, "), (Strings{"a", "b"}));
  EXPECT_EQ(elements_of(""), Strings{});
  EXPECT_EQ(elements_of(" \t,,"), Strings{});
  EXPECT_EQ(elements_of("\"a,b\" <c,d>;e=\"f,\\\"g\", h"),
            (Strings{"\"a,b\" <c,d>;e=\"f,\\\"g\"", "h"}));
  EXPECT_EQ(elements_of("\"<\" <a>, b"), (Strings{"\"<\" <a>", "b"}));
}

TEST(MessageScan, BND_09_PAR_09_damaged_elements_do_not_swallow_others) {
  EXPECT_EQ(elements_of("<a, <b>, c"), (Strings{"<a", "<b>", "c"}));
  EXPECT_EQ(elements_of("<a;b<c>, d"), (Strings{"<a;b<c>", "d"}));
  EXPECT_EQ(elements_of("<a,b,c"), (Strings{"<a", "b", "c"}));
  EXPECT_EQ(elements_of("<a;x=\"b,c\", <d>"), (Strings{"<a;x=\"b,c\"", "<d>"}));
  EXPECT_EQ(elements_of("\"a, b, c"), (Strings{"\"a", "b", "c"}));
  EXPECT_EQ(elements_of("a;x=\"b, \"c\" <d>, e"),
            (Strings{"a;x=\"b", "\"c\" <d>", "e"}));
  EXPECT_EQ(elements_of("a\\"), Strings{"a\\"});
  EXPECT_EQ(elements_of("\"a\\"), Strings{"\"a\\"});
  EXPECT_EQ(elements_of("a\\\"b, c"), (Strings{"a\\\"b", "c"}));
  EXPECT_EQ(elements_of("<\\"), Strings{"<\\"});
}

// Patterns that make a walk quadratic, and last for seconds, where each quote
// or bracket that is not closed is looked for to the end of the list again.
TEST(MessageScan, PAR_19_any_list_is_walked_in_linear_time) {
  for (const std::string_view pattern :
       {"\"", "\\\",", "\"\\\",", "\"a,<\">", "<", "<,", "<a", "\"a,\\\\\"",
        "\\\\\",", "<\",", "\",", "a,\"", "\\", "<a,b>\"c", "\"<,\">"}) {
    for (const std::string_view tail : {"", "\"", "<"}) {
      std::string list;
      while (list.size() < 32 * 1024) list += pattern;
      list += tail;
      list.resize(64 * 1024, 'x');
      std::size_t total = 0;
      const std::clock_t start = std::clock();
      std::string_view rest = list;
      for (std::string_view element; next_element(rest, element);) {
        total += element.size();
      }
      const double seconds =
          static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      EXPECT_LT(seconds, 0.05) << pattern << " " << tail;
      EXPECT_LE(total, list.size());
      EXPECT_GE(total, list.size() / 2);
    }
  }
}

Strings parameters_of(std::string_view text, char separator) {
  Strings all;
  for (Parameter p; next_parameter(text, separator, p);) {
    all.push_back(std::string(p.name) + (p.has_value ? "=" : "") +
                  std::string(p.value));
  }
  if (!text.empty()) all.push_back("left: " + std::string(text));
  return all;
}

TEST(MessageScan, PAR_15_parameters_with_white_space) {
  EXPECT_EQ(parameters_of(";a=1;b ; c = \"x;y\" ;; d=", ';'),
            (Strings{"a=1", "b", "c=\"x;y\"", "d="}));
  EXPECT_EQ(parameters_of("", ';'), Strings{});
  EXPECT_EQ(parameters_of(" ; ", ';'), Strings{});
  EXPECT_EQ(parameters_of(";received=[2001:db8::1]:5060;lr", ';'),
            (Strings{"received=[2001:db8::1]:5060", "lr"}));
  EXPECT_EQ(parameters_of(", , realm=\"a, b\" ,nonce=\"c\\\"d\",qop=auth", ','),
            (Strings{"realm=\"a, b\"", "nonce=\"c\\\"d\"", "qop=auth"}));
  EXPECT_EQ(parameters_of("opaque=ab==,x", ','), (Strings{"opaque=ab==", "x"}));
}

TEST(MessageScan, PAR_09_what_is_no_parameter_is_left) {
  EXPECT_EQ(parameters_of("a=1, Digest realm=\"b\"", ','),
            (Strings{"a=1", "left: Digest realm=\"b\""}));
  EXPECT_EQ(parameters_of(";a;b=\"open", ';'),
            (Strings{"a", "left: b=\"open"}));
  EXPECT_EQ(parameters_of(";=x", ';'), (Strings{"left: =x"}));
  EXPECT_EQ(parameters_of(";\"x\"", ';'), (Strings{"left: \"x\""}));
  EXPECT_EQ(parameters_of(";a=\"\\", ';'), (Strings{"left: a=\"\\"}));
}

TEST(MessageScan, DIG_25_quoted_strings_compare_unescaped) {
  EXPECT_EQ(strip_quotes("\"a\\\"b\""), "a\\\"b");
  EXPECT_EQ(strip_quotes("\"\""), "");
  EXPECT_EQ(strip_quotes("a"), "a");
  EXPECT_EQ(strip_quotes("\""), "\"");
  EXPECT_EQ(strip_quotes("\"a"), "\"a");
  EXPECT_TRUE(unescaped_equals("a\\\"b\\\\", "a\"b\\"));
  EXPECT_TRUE(unescaped_equals("\\a", "a"));
  EXPECT_TRUE(unescaped_equals("", ""));
  EXPECT_TRUE(unescaped_equals("a\\", "a\\"));
  EXPECT_FALSE(unescaped_equals("a", "ab"));
  EXPECT_FALSE(unescaped_equals("ab", "a"));
  EXPECT_FALSE(unescaped_equals("a", "A"));
}

TEST(MessageScan, WS_05_utf8_is_told_from_other_octets) {
  for (const char* good :
       {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xff", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3",
        "\xe2\x82", "\xf0\x9f\x98", "\xc3z", "\xe2\x82z", "a\xfc z"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
}

TEST(MessageScan, REG_19_header_text_has_no_control_characters) {
  EXPECT_TRUE(is_header_text("Alice \xc3\xa4 \"<>\\"));
  EXPECT_TRUE(is_header_text(""));
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    EXPECT_EQ(is_header_text(std::string_view(&c, 1)),
              octet >= 0x20 && octet != 0x7f)
        << octet;
  }
}

}  // namespace
}  // namespace sipreg::message
