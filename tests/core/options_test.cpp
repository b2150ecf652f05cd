// What the application gives is refused as a whole or sent as it is: no value
// can add a header, a parameter or a message.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "message/codec.h"
#include "message/contact.h"
#include "message/scan.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

// An option that takes text, and how a test sets it.
struct TextOption {
  std::string_view name;
  std::function<void(RegistrationOptions&, NameValue&, std::string_view)> set;
};

const TextOption text_options[] = {
    {"aor", [](auto& options, auto&, auto text) { options.aor = text; }},
    {"registrar",
     [](auto& options, auto&, auto text) { options.registrar = text; }},
    {"from", [](auto& options, auto&, auto text) { options.from = text; }},
    {"displayName",
     [](auto& options, auto&, auto text) { options.display_name = text; }},
    {"contact.user",
     [](auto& options, auto&, auto text) { options.contact.user = text; }},
    {"contact.displayName",
     [](auto& options, auto&, auto text) {
       options.contact.display_name = text;
     }},
    {"contact.uriParams",
     [](auto& options, auto& pair, auto text) {
       pair = {text, "v", false};
       options.contact.uri_parameters = {&pair, 1};
     }},
    {"contact.uriParams",
     [](auto& options, auto& pair, auto text) {
       pair = {"n", text, false};
       options.contact.uri_parameters = {&pair, 1};
     }},
    {"contact.params",
     [](auto& options, auto& pair, auto text) {
       pair = {text, "v", false};
       options.contact.parameters = {&pair, 1};
     }},
    {"contact.params",
     [](auto& options, auto& pair, auto text) {
       pair = {"n", text, false};
       options.contact.parameters = {&pair, 1};
     }},
    {"headers",
     [](auto& options, auto& pair, auto text) {
       pair = {text, "v", false};
       options.headers = {&pair, 1};
     }},
    {"headers",
     [](auto& options, auto& pair, auto text) {
       pair = {"X-N", text, false};
       options.headers = {&pair, 1};
     }},
    {"push.provider",
     [](auto& options, auto&, auto text) { options.push.provider = text; }},
    {"push.prid",
     [](auto& options, auto&, auto text) {
       options.push = {"fcm", text, {}};
     }},
    {"push.param",
     [](auto& options, auto&, auto text) {
       options.push = {"fcm", "id", text};
     }},
};

TEST(Options, REG_19_fault_84_control_characters_are_refused_everywhere) {
  Simulation world;
  for (const TextOption& option : text_options) {
    for (int octet = 0; octet < 0x80;
         octet = octet == 0x1f ? 0x7f : octet + 1) {
      const std::string text =
          std::string("sip:a") + static_cast<char>(octet) + "b@example.com";
      RegistrationOptions options = alice();
      NameValue pair;
      option.set(options, pair, text);
      RegistrationId id = 0;
      EXPECT_EQ(world.agent.create(options, id).option, option.name) << octet;
    }
  }
  EXPECT_TRUE(world.outputs.empty());
}

TEST(Options, REG_19_fault_86_the_librarys_own_headers_are_refused) {
  Simulation world;
  for (const std::string_view name : {"Via",
                                      "v",
                                      "V",
                                      "Max-Forwards",
                                      "Route",
                                      "From",
                                      "f",
                                      "To",
                                      "t",
                                      "Call-ID",
                                      "i",
                                      "CSeq",
                                      "Contact",
                                      "m",
                                      "Expires",
                                      "Supported",
                                      "k",
                                      "Require",
                                      "Proxy-Require",
                                      "User-Agent",
                                      "Authorization",
                                      "Proxy-Authorization",
                                      "Content-Length",
                                      "l",
                                      "Content-Type",
                                      "c",
                                      "cOnTaCt",
                                      "",
                                      "X Y",
                                      "X:",
                                      "X\r\nY"}) {
    const NameValue header{name, "value", false};
    RegistrationOptions options = alice();
    options.headers = {&header, 1};
    RegistrationId id = 0;
    EXPECT_EQ(world.agent.create(options, id).option, "headers") << name;
    const RegistrationId good = world.create();
    Call call;
    call.headers = {&header, 1};
    EXPECT_EQ(world.agent.call({}, good, 1, call).option, "headers") << name;
    UpdateOptions update;
    update.headers = std::span<const NameValue>{&header, 1};
    EXPECT_EQ(world.agent.update(good, update).option, "headers") << name;
  }
  EXPECT_TRUE(world.all_frames.empty());
}

TEST(Options, REG_19_what_has_an_option_of_its_own_is_no_parameter) {
  Simulation world;
  for (const std::string_view name :
       {"expires", "q", "+sip.instance", "reg-id", "EXPIRES", "+sip.pnsreg"}) {
    const NameValue parameter{name, "1", false};
    RegistrationOptions options = alice();
    options.contact.parameters = {&parameter, 1};
    RegistrationId id = 0;
    EXPECT_EQ(world.agent.create(options, id).option, "contact.params") << name;
  }
}

TEST(Options, REG_09_a_uri_parameters_name_has_no_escape_and_no_backtick) {
  Simulation world;
  for (const std::string_view name : {"a%41", "a%", "a`b"}) {
    const NameValue parameter{name, "1", false};
    RegistrationOptions options = alice();
    options.contact.uri_parameters = {&parameter, 1};
    RegistrationId id = 0;
    EXPECT_EQ(world.agent.create(options, id).option, "contact.uriParams")
        << name;
  }
}

// RFC 3261 sections 7.3.1 and 19.1.1
TEST(Options, REG_09_no_parameter_of_the_contact_is_there_twice) {
  Simulation world;
  RegistrationId id = 0;
  const NameValue twice[] = {{"x", "1", false}, {"X", "2", false}};
  RegistrationOptions options = alice();
  options.contact.uri_parameters = twice;
  EXPECT_EQ(world.agent.create(options, id).option, "contact.uriParams");
  options = alice();
  options.contact.parameters = twice;
  EXPECT_EQ(world.agent.create(options, id).option, "contact.params");
  const NameValue provider[] = {{"Pn-Provider", "fcm", false}};
  options = alice();
  options.contact.uri_parameters = provider;
  EXPECT_TRUE(world.agent.create(options, id).ok());
  options.push.provider = "webpush";
  EXPECT_EQ(world.agent.create(options, id).option, "contact.uriParams");
}

// RFC 3261 section 25.1: what is no character of a user part is escaped.
TEST(Options, REG_09_a_user_part_has_its_grammar) {
  Simulation world;
  RegistrationId id = 0;
  for (const std::string_view user :
       {"a%zz", "a%4", "1234#", "a%", "a[b]", "a b", "a^", "a`", "a|b"}) {
    RegistrationOptions options;
    const std::string uri = "sip:" + std::string(user) + "@example.com";
    options.aor = uri;
    EXPECT_EQ(world.agent.create(options, id).option, "aor") << user;
    options = alice();
    options.from = uri;
    EXPECT_EQ(world.agent.create(options, id).option, "from") << user;
    options = alice();
    options.contact.user = user;
    EXPECT_EQ(world.agent.create(options, id).option, "contact.user") << user;
  }
  for (const std::string_view user :
       {"1234%23", "a-_.!~*'()&=+$,;?/z", "%c3%a4", "+1-555"}) {
    RegistrationOptions options;
    const std::string uri = "sip:" + std::string(user) + "@example.com";
    options.aor = uri;
    EXPECT_TRUE(world.agent.create(options, id).ok()) << user;
  }
}

TEST(Options, REG_19_routes_and_tags_have_their_grammar) {
  Simulation world;
  RegistrationId id = 0;
  for (const std::string_view route :
       {"", "sip:edge.example.com", "<sip:edge.example.com>, <sip:b>",
        "<sip:edge.example.com", "<http://x>", "<sip:a>\r\nX: y",
        "<sip:\xc3\xa4.example>"}) {
    RegistrationOptions options = alice();
    options.route = {&route, 1};
    EXPECT_EQ(world.agent.create(options, id).option, "route") << route;
  }
  for (const std::string_view tag : {"", "a b", "a,b", "a\r\nX: y"}) {
    RegistrationOptions options = alice();
    options.supported = {&tag, 1};
    EXPECT_EQ(world.agent.create(options, id).option, "supported") << tag;
  }
}

TEST(Options, fault_89_addresses_that_are_defined_and_that_are_not) {
  Simulation world;
  RegistrationId id = 0;
  for (const std::string_view aor :
       {"sip:alice@[2001:db8::1]", "sips:alice@example.com:5061",
        "sip:alice;x=1@example.com", "sip:%61lice@example.com",
        "sip:alice@example.com:65535"}) {
    RegistrationOptions options = alice();
    options.aor = aor;
    EXPECT_TRUE(world.agent.create(options, id).ok()) << aor;
  }
  for (const std::string_view aor :
       {"", "alice@example.com", "tel:+4912345", "sip:example.com",
        "sip:alice@", "sip:alice@example.com:0", "sip:alice@example.com:65536",
        "sip:a%00b@example.com", "sip:a%0db@example.com",
        "sip:alice:pw@example.com", "sip:alice@example.com;lr",
        "sip:alice@example.com?x=y", "sip:alice@2001:db8::1",
        "<sip:alice@example.com>"}) {
    RegistrationOptions options = alice();
    options.aor = aor;
    EXPECT_EQ(world.agent.create(options, id).option, "aor") << aor;
  }
}

// Any text without control characters: quotes, backslashes, separators, and
// letters of two to four octets.
std::string random_text(std::mt19937& random) {
  static const std::string_view pieces[] = {"a",
                                            "Z",
                                            "0",
                                            "\"",
                                            "\\",
                                            "\\\"",
                                            ",",
                                            ";",
                                            "<",
                                            ">",
                                            "?",
                                            "=",
                                            "%",
                                            "%41",
                                            ":",
                                            "@",
                                            " ",
                                            "'",
                                            "\xc3\xa4",
                                            "\xe2\x82\xac",
                                            "\xf0\x9f\x98\x80",
                                            "\xd7\xa9",
                                            "SIP/2.0",
                                            "Via: "};
  std::string text;
  const std::size_t length = 1 + random() % 12;
  for (std::size_t i = 0; i < length; ++i) {
    text += pieces[random() % std::size(pieces)];
  }
  return text;
}

std::string unquoted(std::string_view value) {
  std::string plain;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\') ++i;
    plain += value[i];
  }
  return plain;
}

std::string unescaped(std::string_view value) {
  std::string plain;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '%') {
      plain += value[i];
      continue;
    }
    plain += static_cast<char>(
        std::stoi(std::string(value.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return plain;
}

std::string trimmed(std::string_view text) {
  return std::string(message::trim(text));
}

TEST(Options, REG_19_fault_85_written_and_read_again_nothing_has_changed) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    const std::string name = random_text(random);
    const std::string contact_name = random_text(random);
    const std::string inside = random_text(random);
    const std::string outside = random_text(random);
    const std::string value = random_text(random);
    const std::string push_id = random_text(random);
    const NameValue uri_parameter{"inside", inside, false};
    const NameValue parameter{"outside", outside, false};
    const NameValue extra{"X-Extra", value, false};
    RegistrationOptions options = alice();
    options.display_name = name;
    options.contact.display_name = contact_name;
    options.contact.uri_parameters = {&uri_parameter, 1};
    options.contact.parameters = {&parameter, 1};
    options.headers = {&extra, 1};
    options.push = {"fcm", push_id, {}};
    Simulation world;
    world.call(world.create(options), CallKind::register_);
    std::string frame = world.next_frame();

    message::Message request;
    ASSERT_EQ(message::parse({frame.data(), frame.size()}, request),
              message::ParseError::none);
    EXPECT_TRUE(request.rest.empty());
    std::vector<std::string> names;
    for (const message::Header& row : request.headers()) {
      names.emplace_back(row.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{
                         "Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq",
                         "Contact", "Expires", "Supported", "X-Extra",
                         "Content-Length"}));
    EXPECT_EQ(header(frame, "X-Extra"), trimmed(value));

    message::NameAddr from;
    ASSERT_TRUE(message::parse_name_addr(
        request.find(message::HeaderName::from)->value, from));
    EXPECT_EQ(unquoted(from.display_name), name);

    message::ContactList contacts(request);
    message::Contact contact;
    ASSERT_TRUE(contacts.next(contact));
    EXPECT_EQ(unquoted(contact.address.display_name), contact_name);
    const auto found =
        message::find_parameter(contact.address.parameters, "outside");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(unquoted(*found), outside);
    const std::string_view uri = contact.address.uri;
    const std::string_view uri_parameters = uri.substr(uri.find(';'));
    EXPECT_EQ(unescaped(*message::find_parameter(uri_parameters, "inside")),
              inside);
    EXPECT_EQ(unescaped(*message::find_parameter(uri_parameters, "pn-prid")),
              push_id);
    EXPECT_FALSE(contacts.next(contact));
  }
}

}  // namespace
}  // namespace sipreg::testing
