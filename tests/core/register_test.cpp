// What stands in a REGISTER (RFC 3261 section 10.2), and what stays the same
// from one to the next.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string first_line(const std::string& message) {
  return message.substr(0, message.find("\r\n"));
}

// The REGISTER that these options lead to.
std::string register_with(const RegistrationOptions& options) {
  Simulation world;
  world.call(world.create(options), CallKind::register_);
  return world.next_frame();
}

Status refusal_of(const RegistrationOptions& options) {
  Simulation world;
  RegistrationId id = 0;
  return world.agent.create(options, id);
}

TEST(RegisterRequest, REG_01_the_request_uri_is_a_domain) {
  for (const std::string_view registrar :
       {"sip:alice@example.net", "sip:alice:pw@example.net", "sip:@example.net",
        "sip:example.net;x=@"}) {
    RegistrationOptions options = alice();
    options.registrar = registrar;
    EXPECT_EQ(refusal_of(options).option, "registrar") << registrar;
  }
  RegistrationOptions options = alice();
  options.registrar = "sip:example.net:5070;lr";
  EXPECT_EQ(first_line(register_with(options)),
            "REGISTER sip:example.net:5070;lr SIP/2.0");
}

TEST(RegisterRequest, REG_02_to_has_no_tag_and_from_has_one) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::refresh);
  world.receive(accept(world.next_frame()));
  world.call(id, CallKind::query);
  world.receive(accept(world.all_frames.back()));
  world.call(id, CallKind::unregister);
  world.frames.clear();
  const std::string from = header(world.all_frames.front(), "From");
  EXPECT_TRUE(from.starts_with("<sip:alice@example.com>;tag="));
  ASSERT_EQ(world.all_frames.size(), 5u);
  for (const std::string& frame : world.all_frames) {
    EXPECT_EQ(header(frame, "To"), "<sip:alice@example.com>");
    EXPECT_EQ(header(frame, "From"), from);
  }
}

TEST(RegisterRequest, REG_02_OB_02_a_third_party_is_from_and_has_no_flow) {
  RegistrationOptions options = alice();
  options.from = "sip:secretary@example.com";
  const std::string frame = register_with(options);
  EXPECT_TRUE(
      header(frame, "From").starts_with("<sip:secretary@example.com>;tag="));
  EXPECT_EQ(header(frame, "To"), "<sip:alice@example.com>");
  EXPECT_EQ(header(frame, "Contact").find("reg-id"), std::string::npos);
}

TEST(RegisterRequest, REG_03_the_from_tag_is_made_of_the_hosts_entropy) {
  const auto tag_of = [](std::uint8_t seed) {
    Simulation world({}, seed);
    world.call(world.create(), CallKind::register_);
    return parameter(header(world.next_frame(), "From"), "tag");
  };
  EXPECT_GE(tag_of(1).size(), 8u) << "32 bits need eight characters in hex";
  EXPECT_EQ(tag_of(1), tag_of(1));
  EXPECT_NE(tag_of(1), tag_of(2));
  Simulation world;
  world.call(world.create(), CallKind::register_);
  world.call(world.create(), CallKind::register_);
  EXPECT_NE(parameter(header(world.next_frame(), "From"), "tag"),
            parameter(header(world.next_frame(), "From"), "tag"));
}

// Everything that a registration sends in its life: 27 requests, failures and
// new flows among them.
std::vector<std::string> life() {
  Simulation world;
  const RegistrationId id = world.registered();
  for (int round = 0; round < 4; ++round) {
    world.call(id, CallKind::refresh);
    world.receive(
        respond(world.next_frame(), 423,
                "Min-Expires: " + std::to_string(700 + round) + "\r\n"));
    world.receive(
        digest_challenge(world.next_frame(), "fresh" + std::to_string(round)));
    world.receive(accept(world.next_frame()));
    world.call(id, CallKind::refresh);
    world.receive(respond(world.next_frame(), 503));
    world.receive(accept(world.await_frame()));
    world.drop();
    world.receive(accept(world.await_frame()));
  }
  world.call(id, CallKind::unregister);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  EXPECT_EQ(world.all_frames.size(), 27u);
  return world.all_frames;
}

TEST(RegisterRequest, REG_04_one_call_id_for_life) {
  std::set<std::string> call_ids;
  for (const std::string& frame : life()) {
    call_ids.insert(header(frame, "Call-ID"));
  }
  EXPECT_EQ(call_ids.size(), 1u);
  EXPECT_FALSE(call_ids.contains(""));
}

TEST(RegisterRequest, REG_05_cseq_rises_by_one) {
  int expected = 0;
  for (const std::string& frame : life()) {
    EXPECT_EQ(header(frame, "CSeq"), std::to_string(++expected) + " REGISTER");
  }
}

TEST(RegisterRequest, REG_07_REG_18_max_forwards_and_content_length) {
  for (const std::string& frame : life()) {
    EXPECT_EQ(header(frame, "Max-Forwards"), "70");
    EXPECT_TRUE(frame.ends_with("\r\nContent-Length: 0\r\n\r\n"));
  }
}

TEST(RegisterRequest, REG_08_ten_thousand_branches) {
  Simulation world;
  const RegistrationId first = world.create();
  const RegistrationId second = world.create();
  std::set<std::string> branches;
  for (int i = 0; i < 5'000; ++i) {
    for (const RegistrationId id : {first, second}) {
      world.call(id, CallKind::query);
      const std::string frame = world.next_frame();
      const std::string branch = parameter(header(frame, "Via"), "branch");
      EXPECT_TRUE(branch.starts_with("z9hG4bK"));
      branches.insert(branch);
      world.receive(respond(frame, 200));
    }
    world.outputs.clear();
    world.all_frames.clear();
    world.frame_times.clear();
  }
  EXPECT_EQ(branches.size(), 10'000u);
}

TEST(RegisterRequest, REG_09_what_stands_inside_and_outside_the_brackets) {
  RegistrationOptions options = alice();
  options.contact.user = "a;b?c,d";
  options.contact.display_name = "A \"B\" \\";
  options.contact.q = 0.25;
  const NameValue inside[] = {{"x-path", "a?b=c", false}, {"ob", {}, true}};
  const NameValue outside[] = {{"+sip.ice", {}, true},
                               {"mobility", "fixed", false},
                               {"note", "a, b; c", false}};
  options.contact.uri_parameters = inside;
  options.contact.parameters = outside;
  const std::string frame = register_with(options);
  const std::string via = header(frame, "Via");
  const std::string host = via.substr(12, via.find(';') - 12);
  EXPECT_EQ(header(frame, "Contact"),
            "\"A \\\"B\\\" \\\\\" <sip:a;b?c,d@" + host +
                ";transport=ws;x-path=a%3Fb%3Dc;ob>;+sip.ice;mobility=fixed;"
                "note=\"a, b; c\";q=0.25;+sip.instance=\"<urn:uuid:00000000-"
                "0000-4000-8000-000000000001>\";reg-id=1;expires=600");
}

TEST(RegisterRequest, REG_10_both_forms_of_the_lifetime_are_equal) {
  Simulation world;
  const RegistrationId id = world.create();
  Call call;
  call.expires = 1'234;
  for (const std::string_view wanted : {"600", "1234", "1234"}) {
    if (wanted == "600") {
      world.call(id, CallKind::register_);
    } else {
      world.call(id, call);
    }
    const std::string frame = world.next_frame();
    EXPECT_EQ(header(frame, "Expires"), wanted);
    EXPECT_EQ(parameter(header(frame, "Contact"), "expires"), wanted);
    world.receive(accept(frame));
  }
}

TEST(RegisterRequest, REG_11_q_has_three_decimals_at_most) {
  const std::pair<double, std::string_view> good[] = {
      {0, "0"},       {1, "1"},         {0.5, "0.5"},
      {0.25, "0.25"}, {0.007, "0.007"}, {0.1 + 0.2, "0.3"}};
  for (const auto& [value, text] : good) {
    RegistrationOptions options = alice();
    options.contact.q = value;
    EXPECT_EQ(parameter(header(register_with(options), "Contact"), "q"), text);
  }
  for (const double value :
       {1.001, 1.5, -0.1, 0.0001, std::nan(""), 1e300, -1e300}) {
    RegistrationOptions options = alice();
    options.contact.q = value;
    EXPECT_EQ(refusal_of(options).option, "contact.q") << value;
  }
}

TEST(RegisterRequest, REG_12_supported_follows_the_options) {
  for (const bool outbound : {false, true}) {
    for (const bool gruu : {false, true}) {
      RegistrationOptions options = alice();
      options.outbound = outbound;
      options.gruu = gruu;
      const std::string_view tags[] = {"100rel", "timer"};
      options.supported = tags;
      const std::string frame = register_with(options);
      EXPECT_EQ(header(frame, "Supported"),
                std::string("path, ") + (gruu ? "gruu, " : "") +
                    (outbound ? "outbound, " : "") + "100rel, timer");
      EXPECT_EQ(header(frame, "Require"), "");
      EXPECT_EQ(header(frame, "Proxy-Require"), "");
    }
  }
}

TEST(RegisterRequest, REG_13_record_route_means_nothing_and_route_is_sent) {
  Simulation world;
  RegistrationOptions options = alice();
  const std::string_view route[] = {"<sip:edge.example.com;lr>",
                                    "Core <sip:core.example.com;lr>;x=1"};
  options.route = route;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  std::string frame = world.next_frame();
  const std::string routes =
      "\r\nRoute: <sip:edge.example.com;lr>\r\n"
      "Route: Core <sip:core.example.com;lr>;x=1\r\n";
  EXPECT_NE(frame.find(routes), frame.npos);
  world.receive(respond(frame, 200,
                        "Record-Route: <sip:thief.example.net;lr>\r\n"
                        "Contact: " +
                            header(frame, "Contact") + "\r\n"));
  world.call(id, CallKind::refresh);
  frame = world.next_frame();
  EXPECT_NE(frame.find(routes), frame.npos);
  EXPECT_EQ(frame.find("thief"), frame.npos);
}

TEST(RegisterRequest, REG_14_a_refresh_is_for_our_binding_alone) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  const std::string contact = header(first, "Contact");
  world.receive(respond(first, 200,
                        "Contact: <sip:desk@192.0.2.9>;expires=60, " + contact +
                            ", <sip:alice@192.0.2.8>;expires=9\r\n"));
  world.call(id, CallKind::refresh);
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Contact"), contact);
  EXPECT_EQ(first_line(second), first_line(first));
  EXPECT_EQ(second.find("192.0.2."), second.npos);
}

TEST(RegisterRequest, REG_15_without_a_registrar_the_host_of_the_address) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"sip:alice@b.org", "REGISTER sip:b.org SIP/2.0"},
      {"sip:alice@b.org:5070", "REGISTER sip:b.org:5070 SIP/2.0"},
      {"sip:alice@[2001:db8::1]", "REGISTER sip:[2001:db8::1] SIP/2.0"},
      {"sips:alice@b.org", "REGISTER sips:b.org SIP/2.0"}};
  for (const auto& [aor, line] : cases) {
    RegistrationOptions options = alice();
    options.aor = aor;
    EXPECT_EQ(first_line(register_with(options)), line);
  }
}

TEST(RegisterRequest, REG_16_a_sips_address_has_a_sips_contact) {
  RegistrationOptions options = alice();
  options.aor = "sips:alice@example.com";
  EXPECT_TRUE(header(register_with(options), "Contact").starts_with("<sips:"));
}

TEST(RegisterRequest, REG_20_user_agent_is_there_when_it_is_given) {
  const auto user_agent = [](std::string_view name) {
    ClientOptions options;
    options.user_agent = name;
    Simulation world(options);
    world.call(world.create(), CallKind::register_);
    return header(world.next_frame(), "User-Agent");
  };
  EXPECT_EQ(user_agent(""), "");
  EXPECT_EQ(user_agent("Phone/1.0 (web)"), "Phone/1.0 (web)");
}

TEST(RegisterRequest, REG_21_no_lifetime_of_0) {
  RegistrationOptions options = alice();
  options.expires = 0;
  EXPECT_EQ(refusal_of(options).option, "expires");
  options.expires = 4'294'967'295;
  EXPECT_EQ(header(register_with(options), "Expires"), "4294967295");

  Simulation world;
  const RegistrationId id = world.registered();
  Call call;
  call.kind = CallKind::refresh;
  call.expires = 0;
  EXPECT_EQ(world.agent.call({}, id, 99, call).option, "expires");
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

}  // namespace
}  // namespace sipreg::testing
