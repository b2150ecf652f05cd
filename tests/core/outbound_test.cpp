// What a REGISTER says of its flow (RFC 7118, RFC 5626), and what the answer
// grants besides time (RFC 3327, RFC 5627).
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string host_of(const std::string& via) {
  const std::size_t begin = via.find(' ') + 1;
  return via.substr(begin, via.find(';') - begin);
}

TEST(Transport, WS_07_via_names_what_the_socket_is) {
  for (const bool secure : {false, true}) {
    Simulation world;
    world.secure = secure;
    world.call(world.create(), CallKind::register_);
    EXPECT_TRUE(header(world.next_frame(), "Via")
                    .starts_with(secure ? "SIP/2.0/WSS " : "SIP/2.0/WS "));
  }
}

TEST(Transport, WS_08_the_contact_says_ws_and_can_say_otherwise) {
  for (const bool secure : {false, true}) {
    Simulation world;
    world.secure = secure;
    world.call(world.create(), CallKind::register_);
    const std::string contact = header(world.next_frame(), "Contact");
    EXPECT_NE(contact.find(";transport=ws>"), contact.npos);
  }
  Simulation world;
  RegistrationOptions options = alice();
  const NameValue parameters[] = {{"Transport", "wss", false}};
  options.contact.uri_parameters = parameters;
  world.call(world.create(options), CallKind::register_);
  const std::string contact = header(world.next_frame(), "Contact");
  EXPECT_NE(contact.find(";Transport=wss>"), contact.npos);
  EXPECT_EQ(contact.find("transport=ws"), contact.npos);
}

TEST(Transport, WS_09_one_random_host_that_does_not_exist) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::refresh);
  world.receive(accept(world.next_frame()));
  world.advance(60'000);
  world.drop();
  world.receive(accept(world.await_frame()));
  const std::string host = host_of(header(world.all_frames.front(), "Via"));
  EXPECT_TRUE(host.ends_with(".invalid"));
  EXPECT_EQ(host.find_first_not_of("0123456789abcdef."), host.find("invalid"));
  EXPECT_GE(host.find('.'), 8u);
  for (const std::string& frame : world.all_frames) {
    EXPECT_EQ(host_of(header(frame, "Via")), host);
    const std::string contact = header(frame, "Contact");
    EXPECT_NE(contact.find("@" + host + ";"), contact.npos);
  }
  world.call(world.create(), CallKind::register_);
  EXPECT_NE(host_of(header(world.all_frames.back(), "Via")), host);
}

TEST(Transport, WS_03_every_frame_is_one_message_or_a_keep_alive) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.receive("\r\n\r\n");
  world.receive(
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS h;branch=z9hG4bKx\r\n"
      "From: <sip:s@h>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
      "CSeq: 1 OPTIONS\r\n\r\n");
  world.call(id, CallKind::refresh);
  world.call(id, CallKind::unregister_all);
  world.receive(accept(world.all_frames.back()));
  ASSERT_EQ(world.all_frames.size(), 6u);
  for (const std::string& frame : world.all_frames) {
    if (frame == "\r\n") continue;
    EXPECT_EQ(frame.find("\r\n\r\n"), frame.size() - 4);
    EXPECT_TRUE(frame.starts_with("REGISTER ") ||
                frame.starts_with("SIP/2.0 200 "));
  }
}

TEST(Outbound, OB_01_the_instance_is_quoted_and_the_same_for_all) {
  Simulation world;
  for (const std::string_view aor :
       {"sip:alice@example.com", "sip:bob@example.net"}) {
    RegistrationOptions options = alice();
    options.aor = aor;
    world.call(world.create(options), CallKind::register_);
    const std::string contact = header(world.next_frame(), "Contact");
    EXPECT_NE(contact.find(";+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-"
                           "000000000001>\";"),
              contact.npos);
  }
}

TEST(Outbound, OB_01_what_is_no_urn_is_refused) {
  const std::array<std::uint8_t, 32> entropy{};
  for (const std::string_view id :
       {"", "uuid:1", "urn:uuid:1\"", "urn:uuid:<1>", "urn:a b",
        "urn:uuid:1\r\n", "http://x"}) {
    ClientOptions options;
    options.instance_id = id;
    Agent agent;
    EXPECT_EQ(agent.configure(options, entropy).option, "instanceId") << id;
  }
}

TEST(Outbound, OB_02_reg_id_is_positive_and_stable) {
  Simulation world;
  RegistrationOptions options = alice();
  RegistrationId id = 0;
  for (const std::uint32_t reg_id : {0u, 0x80000000u, 0xffffffffu}) {
    options.reg_id = reg_id;
    EXPECT_EQ(world.agent.create(options, id).option, "outbound.regId");
  }
  options.reg_id = 0x7fffffff;
  id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  world.advance(60'000);
  world.drop();
  world.receive(accept(world.await_frame()));
  for (const std::string& frame : world.all_frames) {
    EXPECT_EQ(parameter(header(frame, "Contact"), "reg-id"), "2147483647");
  }
  world.call(id, CallKind::unregister_all);
  EXPECT_EQ(world.next_frame().find("reg-id"), std::string::npos);
}

TEST(Outbound, OB_03_supported_goes_with_reg_id) {
  for (const bool outbound : {true, false}) {
    Simulation world;
    RegistrationOptions options = alice();
    options.outbound = outbound;
    world.call(world.create(options), CallKind::register_);
    const std::string frame = world.next_frame();
    const std::string supported = header(frame, "Supported");
    EXPECT_EQ(supported.find("outbound") != supported.npos, outbound);
    EXPECT_NE(supported.find("path"), supported.npos);
    EXPECT_EQ(parameter(header(frame, "Contact"), "reg-id"),
              outbound ? "1" : "");
  }
}

TEST(Outbound, OB_04_in_force_where_the_2xx_requires_it_or_its_path_has_ob) {
  RegistrationOptions options = alice();
  const auto in_force = [&options](const std::string& rows) {
    Simulation world;
    world.call(world.create(options), CallKind::register_);
    const std::string frame = world.next_frame();
    world.receive(respond(
        frame, 200, rows + "Contact: " + header(frame, "Contact") + "\r\n"));
    return world.last(OutputKind::registered)->outbound;
  };
  EXPECT_TRUE(in_force("Require: outbound\r\n"));
  EXPECT_TRUE(in_force("Require: path, Outbound\r\n"));
  EXPECT_TRUE(in_force("Require: path\r\nRequire: outbound\r\n"));
  EXPECT_FALSE(in_force(""));
  EXPECT_FALSE(in_force("Require: path\r\n"));
  EXPECT_FALSE(in_force("Supported: outbound\r\n"));
  EXPECT_TRUE(in_force("Path: <sip:edge.example.com;lr;ob>\r\n"));
  EXPECT_TRUE(in_force("Path: <sip:a.example.com;lr>, <sip:b;OB>;x\r\n"));
  EXPECT_FALSE(in_force("Path: <sip:ob@ob.example.com;lr;oba>;ob\r\n"));
  options.outbound = false;
  EXPECT_FALSE(in_force("Path: <sip:edge.example.com;lr;ob>\r\n"));
}

TEST(Outbound, OB_05_five_new_flows_are_one_binding) {
  Simulation world;
  world.registered();
  for (int flow = 0; flow < 5; ++flow) {
    world.advance(60'000);
    world.drop();
    world.receive(accept(world.await_frame()));
  }
  const std::string contact = header(world.all_frames.front(), "Contact");
  for (const std::string& frame : world.all_frames) {
    EXPECT_EQ(header(frame, "Contact"), contact);
  }
  EXPECT_EQ(world.count(OutputKind::registered), 6u);
  EXPECT_EQ(world.count(OutputKind::unregistered), 0u);
}

TEST(Outbound, OB_06_a_registration_has_no_ob) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.receive(respond(
      frame, 200,
      "Require: outbound\r\nContact: " + header(frame, "Contact") + "\r\n"));
  world.call(id, CallKind::refresh);
  for (const std::string& sent : world.all_frames) {
    EXPECT_EQ(header(sent, "Contact").find(";ob"), std::string::npos);
  }
}

TEST(Outbound, OB_09_a_socket_that_opens_resets_nothing) {
  ClientOptions options;
  options.reconnect = ReconnectPolicy::rfc5626;
  Simulation world(options);
  world.call(world.create(), CallKind::register_);
  for (std::uint32_t failures = 1; failures <= 5; ++failures) {
    world.receive(respond(world.await_frame(), 503));
    EXPECT_EQ(world.last(OutputKind::retry)->attempt, failures);
    const Millis since = world.now();
    (void)world.await_frame();
    EXPECT_GE(world.frame_sent_at - since, (15'000 << failures));
    world.frames.push_back(world.all_frames.back());
  }
}

TEST(Outbound, OB_09_a_pong_proves_the_flow) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string request = world.next_frame();
  world.advance(32'000);  // silence: the flow is probed
  world.receive("\r\n");
  EXPECT_EQ(world.last(OutputKind::retry)->attempt, 1u);
  world.frames.clear();
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  world.advance(1'000);
  world.drop();
  const Millis lost_at = world.now();
  while (world.connects.size() < 2) world.advance(10);
  EXPECT_LE(world.connect_times.back() - lost_at, 2'000);
}

const std::string gruus =
    ";pub-gruu=\"sip:alice@example.com;gr=urn:uuid:1\""
    ";temp-gruu=\"sip:tgruu.7hs==jd+/@example.com;gr\"";

TEST(Gruu, GRU_01_learnt_from_our_contact_alone) {
  Simulation world;
  world.call(world.create(), CallKind::register_);
  const std::string frame = world.next_frame();
  world.receive(respond(
      frame, 200,
      "Contact: <sip:desk@192.0.2.9>;expires=60;pub-gruu=\"sip:thief;gr\", " +
          header(frame, "Contact") + gruus + "\r\n"));
  const Seen* registered = world.last(OutputKind::registered);
  EXPECT_EQ(registered->pub_gruu, "sip:alice@example.com;gr=urn:uuid:1");
  EXPECT_EQ(registered->temp_gruu, "sip:tgruu.7hs==jd+/@example.com;gr");
}

TEST(Gruu, GRU_02_never_registered) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  const std::string contact = header(first, "Contact");
  world.receive(respond(first, 200, "Contact: " + contact + gruus + "\r\n"));
  for (const CallKind kind : {CallKind::refresh, CallKind::unregister}) {
    world.call(id, kind);
    const std::string frame = world.next_frame();
    EXPECT_EQ(header(frame, "Contact").substr(0, contact.find(";expires=")),
              contact.substr(0, contact.find(";expires=")));
    EXPECT_EQ(frame.find(";gr"), frame.npos);
    world.receive(accept(frame));
  }
}

TEST(Path, PTH_01_supported_and_shown_and_not_acted_on) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  EXPECT_TRUE(header(first, "Supported").starts_with("path"));
  world.receive(respond(first, 200,
                        "Path: <sip:p1.example.com;lr;ob>, "
                        "<sip:p2.example.com;lr>\r\n"
                        "Path: <sip:p3.example.com;lr>\r\n"
                        "Contact: " +
                            header(first, "Contact") + "\r\n"));
  EXPECT_EQ(world.last(OutputKind::registered)->path,
            (std::vector<std::string>{"<sip:p1.example.com;lr;ob>",
                                      "<sip:p2.example.com;lr>",
                                      "<sip:p3.example.com;lr>"}));
  world.call(id, CallKind::refresh);
  const std::string second = world.next_frame();
  EXPECT_EQ(second.find("p1.example.com"), second.npos);
  EXPECT_EQ(header(second, "Route"), "");
}

// RFC 3608 section 6.1; what becomes of it when a refresh is refused is not
// shown here.
TEST(ServiceRoute, is_told_in_order_until_the_next_answer_and_not_followed) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  world.receive(respond(first, 200,
                        "Service-Route: <sip:b.example.com;lr>, "
                        "<sip:a.example.com;lr>\r\n"
                        "Service-Route: <sip:c.example.com;lr>\r\nContact: " +
                            header(first, "Contact") + "\r\n"));
  EXPECT_EQ(world.last(OutputKind::registered)->service_route,
            (std::vector<std::string>{"<sip:b.example.com;lr>",
                                      "<sip:a.example.com;lr>",
                                      "<sip:c.example.com;lr>"}));
  world.call(id, CallKind::refresh);
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Route"), "");
  world.receive(accept(second));
  EXPECT_TRUE(world.last(OutputKind::refreshed)->service_route.empty());
}

// RFC 8599 section 4.1.1: a pn-provider without a value asks for all services.
TEST(PushCapabilities, PN_06_are_asked_for_without_a_value_and_can_be_read) {
  Simulation world;
  RegistrationOptions options = alice();
  const NameValue provider{"pn-provider", {}, true};
  options.contact.uri_parameters = {&provider, 1};
  world.call(world.create(options), CallKind::register_);
  const std::string frame = world.next_frame();
  EXPECT_NE(header(frame, "Contact").find(";pn-provider>"), std::string::npos);
  const std::string caps =
      "Feature-Caps: *;+sip.pns=\"apns,fcm\";+sip.pnspurr=\"fgUVeAd\"";
  world.receive(respond(
      frame, 200, caps + "\r\nContact: " + header(frame, "Contact") + "\r\n"));
  const auto& rows = world.last(OutputKind::registered)->headers;
  EXPECT_NE(std::find(rows.begin(), rows.end(), caps), rows.end());
}

}  // namespace
}  // namespace sipreg::testing
