#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "message/uri.h"

namespace sipreg::message {
namespace {

TEST(MessageUri, every_part_is_found) {
  Uri uri;
  ASSERT_TRUE(
      parse_uri("SIPS:al%69ce;x:pw@[2001:db8::1]:5061;lr;p=1?a=b&c=d", uri));
  EXPECT_TRUE(uri.secure);
  EXPECT_EQ(uri.user, "al%69ce;x");
  EXPECT_EQ(uri.password, "pw");
  EXPECT_EQ(uri.host, "[2001:db8::1]");
  EXPECT_EQ(uri.port, 5061u);
  EXPECT_EQ(uri.parameters, ";lr;p=1");
  EXPECT_EQ(uri.headers, "a=b&c=d");

  ASSERT_TRUE(parse_uri("sip:example.com", uri));
  EXPECT_FALSE(uri.secure);
  EXPECT_EQ(uri.user, "");
  EXPECT_EQ(uri.password, "");
  EXPECT_EQ(uri.host, "example.com");
  EXPECT_EQ(uri.port, 0u);
  EXPECT_EQ(uri.parameters, "");
  EXPECT_EQ(uri.headers, "");
}

TEST(MessageUri, PAR_10_escapes_and_separators_in_the_user_part_are_kept) {
  Uri uri;
  ASSERT_TRUE(parse_uri("sip:%00;par=u%40example.net?x@example.com", uri));
  EXPECT_EQ(uri.user, "%00;par=u%40example.net?x");
  ASSERT_TRUE(parse_uri("sip:100%@example.com", uri));
  EXPECT_EQ(uri.user, "100%");
  EXPECT_TRUE(equal_uris("sip:%@a", "sip:%@A"));
  EXPECT_TRUE(equal_uris("sip:a%6@a", "sip:%61%6@A"));
}

TEST(MessageUri, valid_hosts) {
  Uri uri;
  for (const char* host :
       {"a", "example.com", "example.com.", "a-b.c", "1and1.example", "my_pbx",
        "xn--bcher-kva.example", "192.0.2.4", "0.0.0.0", "255.255.255.255",
        "[::]", "[::1]", "[1::]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]",
        "[::2:3:4:5:6:7:8]", "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]",
        "[ABCD:ef01::]"}) {
    const std::string text = "sip:a@" + std::string(host);
    EXPECT_TRUE(parse_uri(text, uri)) << host;
    EXPECT_EQ(uri.host, host);
    EXPECT_TRUE(parse_uri(text + ":5060", uri)) << host;
    EXPECT_EQ(uri.port, 5060u);
  }
}

TEST(MessageUri, texts_that_are_no_sip_uri) {
  Uri uri;
  for (const char* text : {"",
                           "sip",
                           "sip:",
                           "sips:",
                           "/",
                           "tel:+12025550100",
                           "alice@example.com",
                           " sip:a@b",
                           "sip :a@b",
                           "sip:a@b ",
                           "sip:a b@c",
                           "sip:a@b\r\nX: y",
                           "sip:a\tb@c",
                           "sip:a@b;x=\"y\"",
                           "sip:<a@b>",
                           "sip:@b",
                           "sip::pw@b",
                           "sip:a@",
                           "sip:a@b@c",
                           "sip:a@;lr",
                           "sip:a@.",
                           "sip:a@.b",
                           "sip:a@b..c",
                           "sip:a@-b",
                           "sip:a@b-",
                           "sip:a@b-.c",
                           "sip:a@b/c",
                           "sip:a@b\x80",
                           "sip:a@1.2.3",
                           "sip:a@1.2.3.4.5",
                           "sip:a@256.1.1.1",
                           "sip:a@1.2.3.4.",
                           "sip:a@1..3.4",
                           "sip:a@1234.2.3.4",
                           "sip:a@[]",
                           "sip:a@[",
                           "sip:a@]",
                           "sip:a@[:]",
                           "sip:a@[:::]",
                           "sip:a@[1:2:3:4:5:6:7]",
                           "sip:a@[1:2:3:4:5:6:7:8:9]",
                           "sip:a@[1::2::3]",
                           "sip:a@[1:2:3:4:5:6:7:8::]",
                           "sip:a@[::12345]",
                           "sip:a@[::g]",
                           "sip:a@[1:]",
                           "sip:a@[:1]",
                           "sip:a@[::1.2.3]",
                           "sip:a@[1:2:3:4:5:6:7:1.2.3.4]",
                           "sip:a@[::1.2.3.4:5]",
                           "sip:a@[2001:db8:::192.0.2.1]",
                           "sip:a@[::1]x",
                           "sip:a@[::1",
                           "sip:a@2001:db8::1",
                           "sip:a@b:",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b:99999999999",
                           "sip:a@b:-1",
                           "sip:a@b:5060x",
                           "sip:a@b:;lr"}) {
    EXPECT_FALSE(parse_uri(text, uri)) << text;
  }
}

struct Pair {
  const char* a;
  const char* b;
};

// Both ways round: equality after section 19.1.4 is symmetric.
void expect_equal(const Pair& pair, bool equal) {
  EXPECT_EQ(equal_uris(pair.a, pair.b), equal) << pair.a << " " << pair.b;
  EXPECT_EQ(equal_uris(pair.b, pair.a), equal) << pair.b << " " << pair.a;
}

// The examples of RFC 3261 section 19.1.4.
TEST(MessageUri, URI_01_BND_01_equal_examples) {
  const Pair pairs[] = {
      {"sip:%61lice@atlanta.com;transport=TCP",
       "sip:alice@AtLanTa.CoM;Transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
      {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
  };
  for (const Pair& pair : pairs) expect_equal(pair, true);
}

TEST(MessageUri, URI_01_BND_01_different_examples) {
  const Pair pairs[] = {
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp",
       "sip:alice@AtLanTa.CoM;Transport=UDP"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
      {"sip:carol@chicago.com;security=on",
       "sip:carol@chicago.com;security=off"},
  };
  for (const Pair& pair : pairs) expect_equal(pair, false);
}

TEST(MessageUri, URI_01_rules_beyond_the_examples) {
  const Pair equal[] = {
      {"sip:a@b", "SIP:a@B"},
      {"sip:a@b;lr", "sip:a@b;lr="},
      {"sip:a@b;x=%41", "sip:a@b;X=a"},
      {"sip:a%3Bb@c", "sip:a%3bb@c"},
      {"sip:a%7e@c", "sip:a~@c"},
      {"sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0:0:0:0:0.0.0.1]"},
      {"sip:a@b?x=%41", "sip:a@b?X=A"},
      {"tel:+1", "tel:+1"},
      {"sip:769@", "sip:769@"},
  };
  for (const Pair& pair : equal) expect_equal(pair, true);
  const Pair different[] = {
      {"sip:a@b", "sips:a@b"},
      {"sip:a@b", "sip:b"},
      {"sip:a:p@b", "sip:a:P@b"},
      {"sip:a:p@b", "sip:a@b"},
      {"sip:a;b@c", "sip:a%3bb@c"},
      {"sip:a@b;user=phone", "sip:a@b"},
      {"sip:a@b;ttl=1", "sip:a@b"},
      {"sip:a@b;method=INVITE", "sip:a@b"},
      {"sip:a@b;maddr=1.2.3.4", "sip:a@b"},
      {"sip:a@b;transport=ws", "sip:a@b;transport=wss"},
      {"sip:a@b?x=a", "sip:a@b?x=A"},
      {"sip:a@b?x=1", "sip:a@b?x=1&y=2"},
      {"sip:a@[::1]", "sip:a@[::2]"},
      {"sip:a@[::1]", "sip:a@b"},
      {"tel:+1", "tel:+2"},
      {"tel:+1", "sip:+1@b"},
      {"sip:769@", "sip:770@"},
      {"sip:ab@c", "sip:a@c"},
  };
  for (const Pair& pair : different) expect_equal(pair, false);
}

TEST(MessageUri, Q_02_kamailio_alias_is_ignored) {
  expect_equal({"sip:a@x.invalid;transport=ws",
                "sip:a@x.invalid;transport=ws;alias=192.0.2.7~58860~6"},
               true);
}

}  // namespace
}  // namespace sipreg::message
