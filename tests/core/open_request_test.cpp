// Requests of the server that the host answers itself (RFC 3261 sections 8.2,
// 9.2 and 17.2).
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

constexpr Millis default_time = 10'000;
constexpr Millis ringing_time = 180'000;

std::string request(const std::string& method, const std::string& branch = "1",
                    const std::string& rows = {},
                    const std::string& to = "<sip:alice@example.com>") {
  return method +
         " sip:alice@df7jal23ls0d.invalid;transport=ws SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" +
         branch +
         "\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKbelow\r\n"
         "From: <sip:bob@example.com>;tag=b1\r\nTo: " +
         to + "\r\nCall-ID: call-" + branch + "\r\nCSeq: 7 " + method + "\r\n" +
         rows + "Content-Length: 4\r\n\r\nbody";
}

struct World : Simulation {
  explicit World(const ClientOptions& options = {}) : Simulation(options) {
    id = registered();
    agent.set_requests(true);
  }
  // The request that comes of it; 0: none did.
  RequestId ask(const std::string& frame) {
    const std::size_t before = count(OutputKind::request);
    receive(frame);
    const bool is_told = count(OutputKind::request) > before;
    return is_told ? last(OutputKind::request)->request : 0;
  }
  std::string status_of_next() {
    return frames.empty() ? "none" : next_frame().substr(8, 3);
  }
  RegistrationId id = 0;
};

RequestAnswer answer(int status) {
  RequestAnswer answer;
  answer.status = status;
  return answer;
}

TEST(OpenRequest, UAS_03_is_told_as_it_is_and_waits_for_the_host) {
  World world;
  const std::string frame = request("MESSAGE", "1", "Subject: x\r\n");
  const RequestId id = world.ask("\r\n" + frame + "\r\n");
  ASSERT_NE(id, 0u);
  EXPECT_TRUE(world.frames.empty());
  const Seen seen = *world.last(OutputKind::request);
  EXPECT_EQ(seen.method, "MESSAGE");
  EXPECT_EQ(seen.uri, "sip:alice@df7jal23ls0d.invalid;transport=ws");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.text, frame);
  EXPECT_EQ(seen.headers.size(), 8u);
  EXPECT_EQ(seen.headers[6], "Subject: x");

  RequestAnswer ok = answer(202);
  const NameValue headers[] = {{"Content-Type", "text/plain", false},
                               {"X-One", " 1 ", false}};
  ok.headers = headers;
  ok.body = "thanks";
  EXPECT_TRUE(world.reply(id, ok).ok());
  const std::string sent = world.next_frame();
  const std::string tag = parameter(header(sent, "To"), "tag");
  EXPECT_EQ(tag.size(), 16u);
  EXPECT_EQ(sent,
            "SIP/2.0 202 Accepted\r\n"
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
            "Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKbelow\r\n"
            "From: <sip:bob@example.com>;tag=b1\r\n"
            "To: <sip:alice@example.com>;tag=" +
                tag +
                "\r\nCall-ID: call-1\r\nCSeq: 7 MESSAGE\r\n"
                "Content-Type: text/plain\r\nX-One: 1\r\n"
                "Content-Length: 6\r\n\r\nthanks");
  EXPECT_EQ(world.reply(id, ok).error, Error::closed) << "once";
  world.advance(ringing_time);
  EXPECT_EQ(world.status_of_next(), "none");
}

TEST(OpenRequest, UAS_03_who_does_not_want_it_leaves_the_default_answer) {
  struct Row {
    const char* method;
    const char* status;
    Millis time;
  };
  for (const Row& row :
       {Row{"OPTIONS", "200", default_time}, Row{"INVITE", "480", ringing_time},
        Row{"NOTIFY", "481", default_time}, Row{"CANCEL", "481", default_time},
        Row{"MESSAGE", "405", default_time}, Row{"BYE", "405", default_time}}) {
    World world;
    const RequestId declined = world.ask(request(row.method, "1"));
    EXPECT_TRUE(world.reply(declined, {}).ok());
    EXPECT_EQ(world.status_of_next(), row.status) << row.method;
    EXPECT_EQ(world.reply(declined, answer(200)).error, Error::closed);

    const RequestId forgotten = world.ask(request(row.method, "2"));
    world.advance(row.time - 1);
    EXPECT_TRUE(world.frames.empty()) << row.method;
    world.advance(1);
    EXPECT_EQ(world.status_of_next(), row.status) << row.method;
    EXPECT_EQ(world.reply(forgotten, answer(200)).error, Error::closed);
    world.advance(ringing_time);
    EXPECT_TRUE(world.frames.empty()) << row.method;
  }
}

TEST(OpenRequest, UAS_03_what_requires_an_unknown_extension_is_420_by_default) {
  World world;
  const std::string rows = "Require: x-new, path\r\n";
  const RequestId id = world.ask(request("INVITE", "1", rows));
  EXPECT_TRUE(world.reply(id, {}).ok());
  EXPECT_EQ(header(world.next_frame(), "Unsupported"), "x-new");
}

TEST(OpenRequest, UAS_03_provisional_answers_leave_it_open_and_the_tag_stays) {
  World world;
  const RequestId id = world.ask(
      request("INVITE", "1",
              "Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\n"));
  EXPECT_TRUE(world.reply(id, answer(100)).ok());
  EXPECT_EQ(header(world.next_frame(), "Record-Route"), "");
  EXPECT_TRUE(world.reply(id, answer(180)).ok());
  const std::string ringing = world.next_frame();
  EXPECT_TRUE(ringing.starts_with("SIP/2.0 180 Ringing\r\n"));
  RequestAnswer accepted = answer(200);
  const NameValue contact[] = {{"Contact", "<sip:alice@a.invalid>", false}};
  accepted.headers = contact;
  accepted.reason = "Yes";
  EXPECT_TRUE(world.reply(id, accepted).ok());
  const std::string ok = world.next_frame();
  EXPECT_TRUE(ok.starts_with("SIP/2.0 200 Yes\r\n"));
  EXPECT_EQ(header(ok, "To"), header(ringing, "To"));
  EXPECT_NE(ok.find("\r\nRecord-Route: <sip:p1;lr>\r\nRecord-Route: "
                    "<sip:p2;lr>\r\nContact: "),
            ok.npos)
      << "RFC 3261 section 12.1.1";
  EXPECT_EQ(world.reply(id, answer(486)).error, Error::closed);

  // The time runs from the request.
  const RequestId rings = world.ask(request("INVITE", "2"));
  world.advance(ringing_time - 1);
  EXPECT_TRUE(world.reply(rings, answer(180)).ok());
  EXPECT_EQ(world.status_of_next(), "180");
  world.advance(1);
  EXPECT_EQ(world.status_of_next(), "480");
}

TEST(OpenRequest, UAS_03_a_bad_answer_is_refused_and_changes_nothing) {
  World world;
  const RequestId id = world.ask(request("INVITE"));
  const auto refused = [&](const RequestAnswer& bad) {
    const Status status = world.reply(id, bad);
    EXPECT_EQ(status.error, Error::invalid_argument);
    EXPECT_TRUE(world.frames.empty());
    return std::string(status.option);
  };
  for (const int status : {-1, 1, 99, 700, 1000}) {
    EXPECT_EQ(refused(answer(status)), "status") << status;
  }
  for (const char* reason : {"a\r\nX: y", "a\nb", "\xff", "a\tb\x01"}) {
    RequestAnswer bad = answer(200);
    bad.reason = reason;
    EXPECT_EQ(refused(bad), "reason") << reason;
  }
  const std::string_view zero("a\0b", 3);
  for (const NameValue& header :
       {NameValue{"Via", "x"}, NameValue{"v", "x"}, NameValue{"FROM", "x"},
        NameValue{"To", "x"}, NameValue{"i", "x"}, NameValue{"CSeq", "1 X"},
        NameValue{"l", "3"}, NameValue{"Content-Length", "3"},
        NameValue{"Record-Route", "<sip:x>"}, NameValue{"X Y", "z"},
        NameValue{"", "z"}, NameValue{"X:", "z"}, NameValue{"X", "a\r\nY: z"},
        NameValue{"X", "a\nb"}, NameValue{"X", zero}}) {
    RequestAnswer bad = answer(200);
    bad.headers = {&header, 1};
    EXPECT_EQ(refused(bad), "headers") << header.name;
  }
  RequestAnswer untyped = answer(200);
  untyped.body = "v=0";
  EXPECT_EQ(refused(untyped), "headers");
  const std::string large(65'537, 'x');
  const NameValue type[] = {{"c", "text/plain", false}};
  untyped.headers = type;
  untyped.body = large;
  EXPECT_EQ(refused(untyped), "body");
  EXPECT_TRUE(world.reply(id, answer(486)).ok());
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 486 Busy Here\r\n"));
}

TEST(OpenRequest, UAS_03_every_status_has_a_reason) {
  World world;
  for (int status = 100; status <= 699; ++status) {
    const RequestId id = world.ask(request("MESSAGE", std::to_string(status)));
    EXPECT_TRUE(world.reply(id, answer(status)).ok());
    const std::string sent = world.next_frame();
    const std::string line = sent.substr(0, sent.find('\r'));
    EXPECT_TRUE(line.starts_with("SIP/2.0 " + std::to_string(status) + " "))
        << line;
    EXPECT_GT(line.size(), std::string("SIP/2.0 100 ").size());
    if (status < 200) (void)world.reply(id, answer(200));
    world.frames.clear();
  }
}

TEST(OpenRequest, UAS_03_the_ack_of_a_rejection_is_not_told_that_of_a_call_is) {
  World world;
  const RequestId rejected = world.ask(request("INVITE", "1"));
  EXPECT_TRUE(world.reply(rejected, answer(486)).ok());
  EXPECT_EQ(world.status_of_next(), "486");
  const std::size_t told = world.count(OutputKind::request);
  world.receive(request("INVITE", "1"));  // repeated
  world.receive(request("ACK", "1"));
  EXPECT_EQ(world.count(OutputKind::request), told);

  const RequestId taken = world.ask(request("INVITE", "2"));
  EXPECT_TRUE(world.reply(taken, answer(200)).ok());
  EXPECT_EQ(world.status_of_next(), "200");
  world.receive(request("ACK", "3", "", "<sip:alice@example.com>;tag=x"));
  EXPECT_EQ(world.last(OutputKind::request)->method, "ACK");
  EXPECT_EQ(world.last(OutputKind::request)->request, 0u);
  EXPECT_EQ(world.reply(0, {}).error, Error::closed);
  EXPECT_TRUE(world.frames.empty()) << "an ACK is never answered";
}

TEST(OpenRequest, UAS_03_a_call_that_is_cancelled_ends_by_itself) {
  World world;
  const RequestId invite = world.ask(request("INVITE", "1"));
  EXPECT_TRUE(world.reply(invite, answer(180)).ok());
  world.frames.clear();
  const RequestId cancel = world.ask(request("CANCEL", "1"));
  ASSERT_NE(cancel, 0u);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_TRUE(world.reply(cancel, {}).ok());
  EXPECT_EQ(world.status_of_next(), "200");
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 487 Request Terminated"));
  EXPECT_EQ(world.reply(invite, answer(200)).error, Error::closed);

  // Nobody listens any more: the same.
  (void)world.ask(request("INVITE", "2"));
  world.agent.set_requests(false);
  world.receive(request("CANCEL", "2"));
  EXPECT_EQ(world.status_of_next(), "200");
  EXPECT_EQ(world.status_of_next(), "487");
}

TEST(OpenRequest, UAS_03_repetitions_change_nothing) {
  World world;
  for (const char* method : {"INVITE", "MESSAGE"}) {
    const RequestId id = world.ask(request(method));
    const auto dropped = world.agent.statistics().dropped;
    EXPECT_EQ(world.ask(request(method)), 0u);
    EXPECT_EQ(world.agent.statistics().dropped, dropped + 1);
    EXPECT_TRUE(world.frames.empty());
    EXPECT_TRUE(world.reply(id, answer(200)).ok());
    EXPECT_EQ(world.status_of_next(), "200");
  }
}

TEST(OpenRequest, UAS_03_a_flood_gets_default_answers) {
  World world;
  std::vector<RequestId> open;
  for (int i = 0; i < 64; ++i) {
    open.push_back(world.ask(request("INVITE", std::to_string(i))));
    EXPECT_NE(open.back(), 0u);
  }
  EXPECT_TRUE(world.frames.empty());
  for (int i = 64; i < 1'000; ++i) {
    EXPECT_EQ(world.ask(request("INVITE", std::to_string(i))), 0u);
    EXPECT_EQ(world.status_of_next(), "480");
  }
  // Those that wait for an ACK alone make room.
  EXPECT_TRUE(world.reply(open[3], answer(486)).ok());
  EXPECT_EQ(world.status_of_next(), "486");
  EXPECT_NE(world.ask(request("INVITE", "again")), 0u);
  EXPECT_EQ(world.ask(request("MESSAGE", "more")), 0u);
  EXPECT_EQ(world.status_of_next(), "405");
  // All end by themselves.
  world.advance(ringing_time);
  EXPECT_EQ(world.frames.size(), 64u);
  world.frames.clear();
  world.advance(32'000);
  EXPECT_NE(world.ask(request("MESSAGE", "later")), 0u);
}

TEST(OpenRequest, UAS_03_ends_with_its_flow_and_answers_before_the_end) {
  World world;
  const RequestId lost = world.ask(request("INVITE", "1"));
  world.drop();
  EXPECT_EQ(world.reply(lost, answer(200)).error, Error::closed);
  (void)world.await_frame();  // the REGISTER on the next flow
  world.frames.clear();
  EXPECT_EQ(world.reply(lost, answer(200)).error, Error::closed);
  EXPECT_TRUE(world.frames.empty());

  const RequestId open = world.ask(request("INVITE", "2"));
  ASSERT_NE(open, 0u);
  world.close();
  EXPECT_EQ(world.status_of_next(), "480");
  EXPECT_EQ(world.reply(open, answer(200)).error, Error::closed);
  EXPECT_EQ(world.deadline(), no_deadline);
}

// A registrar that cannot serve is left, with the next timer.
TEST(OpenRequest, UAS_03_a_flow_that_is_given_up_takes_no_answer) {
  ClientOptions options;
  options.servers = 2;
  World world(options);
  const RequestId id = world.ask(request("MESSAGE"));
  world.call(world.id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 503, "Retry-After: 60\r\n"));
  ASSERT_TRUE(world.socket_open());
  EXPECT_EQ(world.reply(id, answer(200)).error, Error::closed);
  EXPECT_TRUE(world.frames.empty());
}

TEST(OpenRequest, UAS_03_is_told_only_to_those_who_listen) {
  World world;
  world.agent.set_requests(false);
  EXPECT_EQ(world.ask(request("INVITE")), 0u);
  EXPECT_EQ(world.status_of_next(), "480");
  world.receive(request("ACK"));
  EXPECT_EQ(world.count(OutputKind::request), 0u);
}

TEST(OpenRequest, UAS_03_whose_it_is) {
  World world;
  RegistrationOptions options = alice();
  options.aor = "sip:bob@example.com";
  const RegistrationId bob = world.create(options);
  world.call(bob, CallKind::register_);
  const std::string contact = header(world.next_frame(), "Contact");
  const std::string uri = contact.substr(1, contact.find('>') - 1);
  const std::string user = uri.substr(4, uri.find('@') - 4);
  const auto owner = [&world](const std::string& request_uri) {
    static int branch = 0;
    std::string frame = request("MESSAGE", "owner" + std::to_string(++branch));
    const std::string old = "sip:alice@df7jal23ls0d.invalid;transport=ws";
    frame.replace(frame.find(old), old.size(), request_uri);
    EXPECT_NE(world.ask(frame), 0u) << request_uri;
    return world.last(OutputKind::request)->registration;
  };
  EXPECT_EQ(owner(uri), bob);
  EXPECT_EQ(owner("sip:" + user + "@192.0.2.1:1234;transport=ws"), bob)
      << "an edge rewrote it";
  EXPECT_EQ(owner("sip:other@" + uri.substr(5 + user.size())), bob);
  EXPECT_EQ(owner("sip:bob@example.com"), bob);
  EXPECT_EQ(owner("sip:bob@EXAMPLE.com;transport=ws"), bob);
  EXPECT_EQ(owner("sips:bob@192.0.2.1"), bob);
  EXPECT_EQ(owner("sip:alice@example.com"), world.id);
  EXPECT_EQ(owner("sip:alice@192.0.2.1"), world.id);
  EXPECT_EQ(owner("sip:Bob@example.com"), 0u);
  EXPECT_EQ(owner("sip:bo@example.com"), 0u);
  EXPECT_EQ(owner("sip:example.com"), 0u);
  EXPECT_EQ(owner("tel:+15551234"), 0u);
  world.remove(bob);
  EXPECT_EQ(owner("sip:bob@example.com"), 0u);
}

}  // namespace
}  // namespace sipreg::testing
