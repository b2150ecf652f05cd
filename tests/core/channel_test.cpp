// Channels: other SIP traffic of a registration's account over its flows.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Message {
  std::string start;
  std::string branch = "c1";
  std::string cseq = "1 INVITE";
  std::string call_id = "call-1";
  std::string to = "<sip:bob@example.com>";
  std::string rows = {};
  std::string body = {};

  [[nodiscard]] std::string text() const {
    return start + "\r\nVia: SIP/2.0/WSS stack.invalid;branch=z9hG4bK" +
           branch + "\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: " + to +
           "\r\nCall-ID: " + call_id + "\r\nCSeq: " + cseq + "\r\n" + rows +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

std::string invite(const std::string& branch = "c1",
                   const std::string& call_id = "call-1") {
  return Message{"INVITE sip:bob@example.com SIP/2.0", branch, "1 INVITE",
                 call_id}
      .text();
}

std::string from_server(const std::string& method, const std::string& uri,
                        const std::string& branch = "s1",
                        const std::string& call_id = "their-call",
                        const std::string& to = "<sip:alice@example.com>") {
  return Message{method + " " + uri + " SIP/2.0", branch, "9 " + method,
                 call_id, to}
      .text();
}

std::string answer(int status, const std::string& branch = "c1",
                   const std::string& cseq = "1 INVITE") {
  return Message{"SIP/2.0 " + std::to_string(status) + " Reason", branch, cseq}
      .text();
}

struct World : Simulation {
  using Simulation::Simulation;
  World() {
    id = registered();
    channel = open_channel(id);
  }

  // What came in on it since the last time.
  std::vector<std::string> heard(ChannelId of = 0) {
    std::vector<std::string> texts;
    std::size_t& from = read_[of == 0 ? channel : of];
    for (; from < outputs.size(); ++from) {
      const Seen& seen = outputs[from];
      if (seen.kind == OutputKind::channel_message &&
          seen.channel == (of == 0 ? channel : of)) {
        texts.push_back(seen.text);
      }
    }
    return texts;
  }
  std::size_t heard_of(const std::string& frame, ChannelId of = 0) {
    receive(frame);
    return heard(of).size();
  }
  [[nodiscard]] std::vector<std::string> properties_of(ChannelId of = 0) const {
    std::vector<std::string> lines;
    for (const Seen& seen : outputs) {
      if (seen.kind != OutputKind::channel ||
          seen.channel != (of == 0 ? channel : of)) {
        continue;
      }
      lines = {""};
      for (const char c : seen.text) {
        if (c == '\n') {
          lines.emplace_back();
        } else {
          lines.back() += c;
        }
      }
    }
    return lines;
  }
  [[nodiscard]] FlowId flow_of(ChannelId of = 0) const {
    FlowId flow = 0;
    for (const Seen& seen : outputs) {
      if (seen.kind == OutputKind::channel &&
          seen.channel == (of == 0 ? channel : of)) {
        flow = seen.flow;
      }
    }
    return flow;
  }
  // Another REGISTER, granted with these rows and Contact parameters.
  void refresh(const std::string& rows, const std::string& parameters = {}) {
    call(id, CallKind::refresh);
    const std::string asked = next_frame();
    std::string granted = header(asked, "Contact") + parameters;
    receive(
        testing::respond(asked, 200, rows + "Contact: " + granted + "\r\n"));
  }
  [[nodiscard]] std::string contact() const {
    for (auto it = all_frames.rbegin(); it != all_frames.rend(); ++it) {
      if (!it->starts_with("REGISTER ")) continue;
      const std::string value = header(*it, "Contact");
      const std::size_t begin = value.find('<') + 1;
      return value.substr(begin, value.find('>') - begin);
    }
    return {};
  }

  RegistrationId id = 0;
  ChannelId channel = 0;

 private:
  std::map<ChannelId, std::size_t> read_;
};

TEST(Channel, OB_06_GRU_02_what_a_call_stack_must_know) {
  World world;
  const std::string sent_by =
      world.contact().substr(world.contact().find('@') + 1, 20);
  ASSERT_EQ(world.properties_of().size(), 2u);
  EXPECT_EQ(world.properties_of()[0], sent_by);
  EXPECT_EQ(world.properties_of()[1], world.contact());
  EXPECT_NE(world.flow_of(), 0u);

  world.refresh("Require: outbound\r\n");
  EXPECT_EQ(world.properties_of()[1], world.contact() + ";ob");
  EXPECT_EQ(world.contact().find(";ob"), std::string::npos)
      << "not in a REGISTER";
  world.refresh("Require: outbound\r\n",
                ";pub-gruu=\"sip:alice@example.com;gr=1\"");
  EXPECT_EQ(world.properties_of()[1], "sip:alice@example.com;gr=1");
  EXPECT_EQ(world.contact().find("gr=1"), std::string::npos);
  world.refresh("");
  EXPECT_EQ(world.properties_of()[1], world.contact());
}

TEST(Channel, SEC_02_the_push_id_is_no_business_of_those_who_are_called) {
  World world;
  UpdateOptions update;
  update.push = PushOptions{"webpush", "wake-me", {}};
  EXPECT_TRUE(world.agent.update(world.id, update).ok());
  world.refresh("Require: outbound\r\n");
  EXPECT_NE(world.contact().find("pn-prid=wake-me"), std::string::npos);
  const std::string contact = world.properties_of()[1];
  EXPECT_EQ(contact.find("pn-"), std::string::npos);
  EXPECT_TRUE(contact.ends_with(";transport=ws;ob"));
}

TEST(Channel, SRV_01_the_service_route_is_kept_in_order_until_the_next_answer) {
  World world;
  const auto routes = [&world] {
    std::vector<std::string> lines = world.properties_of();
    lines.erase(lines.begin(), lines.begin() + 2);
    return lines;
  };
  const std::vector<std::string> none;
  const std::vector<std::string> three = {"<sip:p1.example.com;lr>",
                                          "<sip:p2.example.com;lr>",
                                          "<sip:hsp.example.com;lr>;x=\"a,b\""};
  const std::string rows =
      "Service-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
      "Service-Route: <sip:hsp.example.com;lr>;x=\"a,b\"\r\n";
  // 1: stored.
  world.refresh(rows);
  EXPECT_EQ(routes(), three);
  // 2: absent, so cleared; and replaced as a whole.
  world.refresh("");
  EXPECT_EQ(routes(), none);
  world.refresh(rows);
  world.refresh("Service-Route: <sip:p3.example.com;lr>\r\n");
  EXPECT_EQ(routes(), std::vector<std::string>{"<sip:p3.example.com;lr>"});
  // A failure that passes leaves it, like the binding.
  world.refresh(rows);
  world.call(world.id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 503));
  EXPECT_TRUE(world.bound(world.id));
  EXPECT_EQ(routes(), three);
  // 3: refused, so discarded.
  world.call(world.id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 403));
  EXPECT_EQ(routes(), none);
  world.call(world.id, CallKind::register_);
  world.receive(respond(world.next_frame(), 200,
                        rows + "Contact: <" + world.contact() + ">\r\n"));
  EXPECT_EQ(routes(), three);
  world.call(world.id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 400));
  EXPECT_EQ(routes(), none);
  EXPECT_TRUE(world.bound(world.id));
  // 4: expired, so discarded.
  world.call(world.id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 200,
              rows + "Expires: 60\r\nContact: <" + world.contact() + ">\r\n"));
  EXPECT_EQ(routes(), three);
  world.sleep(61'000);
  EXPECT_FALSE(world.bound(world.id));
  EXPECT_EQ(routes(), none);

  for (const std::string& frame : world.all_frames) {
    EXPECT_EQ(frame.find("example.com;lr"), frame.npos)
        << "never used for REGISTER";
  }
}

TEST(Channel, what_it_sends_goes_out_as_it_is) {
  World world;
  const std::string message = Message{"MESSAGE sip:bob@example.com SIP/2.0",
                                      "c1",
                                      "1 MESSAGE",
                                      "call-1",
                                      "<sip:bob@example.com>",
                                      "Subject: folded\r\n here\r\n",
                                      "caf\xc3\xa9"}
                                  .text();
  world.agent.set_trace(true);
  EXPECT_TRUE(world.send(world.channel, message).ok());
  EXPECT_EQ(world.next_frame(), message);
  EXPECT_EQ(world.last(OutputKind::trace)->text, message);
}

// RFC 3261 section 8.2.6.2: those of all the proxies on the way.
TEST(Channel, TSX_06_an_answer_has_the_vias_of_its_request) {
  World world;
  std::string text = answer(180, "s1", "9 INVITE");
  text.insert(text.find("From:"),
              "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKp1, SIP/2.0/TCP "
              "192.0.2.2;branch=z9hG4bKp2\r\n");
  EXPECT_TRUE(world.send(world.channel, text).ok());
  EXPECT_EQ(world.next_frame(), text);
  const auto dropped = world.agent.statistics().dropped;
  EXPECT_EQ(world.heard_of(text), 0u) << "none of ours comes in so";
  EXPECT_EQ(world.agent.statistics().dropped, dropped + 1);
}

TEST(Channel, SEC_02_traces_stay_redacted) {
  World world;
  world.agent.set_trace(true);
  const std::string rows =
      "Proxy-Authorization: Digest username=\"alice\", "
      "response=\"0123abcd\"\r\n";
  const std::string message = Message{"INVITE sip:bob@example.com SIP/2.0",
                                      "c1",
                                      "1 INVITE",
                                      "call-1",
                                      "<sip:bob@example.com>",
                                      rows}
                                  .text();
  EXPECT_TRUE(world.send(world.channel, message).ok());
  EXPECT_EQ(world.next_frame(), message);
  EXPECT_EQ(world.last(OutputKind::trace)->text.find("0123abcd"),
            std::string::npos);
  const std::string info =
      Message{"SIP/2.0 200 OK",
              "c1",
              "1 INVITE",
              "call-1",
              "<sip:bob@example.com>",
              "Authentication-Info: rspauth=\"4567ef\"\r\n"}
          .text();
  world.receive(info);
  EXPECT_EQ(world.heard(), std::vector<std::string>{info});
  EXPECT_EQ(world.last(OutputKind::trace)->text.find("4567ef"),
            std::string::npos);
}

TEST(Channel, what_is_not_exactly_one_message_is_refused) {
  World world;
  const std::string good = invite();
  const auto refused = [&world](const std::string& text) {
    const Status status = world.send(world.channel, text);
    EXPECT_EQ(status.error, Error::invalid_argument) << text;
    EXPECT_EQ(status.option, "message");
    EXPECT_FALSE(status.message.empty());
    EXPECT_TRUE(world.frames.empty());
  };
  for (const std::string& bad :
       {std::string(), std::string("\r\n\r\n"), std::string("\r\n"),
        std::string("hello"), "\r\n" + good, good + good, good + "x",
        good.substr(0, good.size() - 2), good.substr(0, good.size() - 20),
        Message{"INVITE sip:bob@example.com SIP/3.0"}.text(),
        Message{"SIP/2.0 99 Low"}.text(),
        Message{"BYE sip:bob@example.com SIP/2.0"}.text() /* CSeq: INVITE */,
        Message{"INVITE sip:b@c SIP/2.0", "c1", "x INVITE"}.text(),
        Message{"INVITE sip:b@c SIP/2.0", "c1", "1 INVITE", ""}.text(),
        Message{"INVITE sip:b@c SIP/2.0", "c1", "1 INVITE", "i", "t",
                "no colon\r\n"}
            .text(),
        Message{"INVITE sip:b@c SIP/2.0", "c1", "1 INVITE", "i", "t", "",
                std::string(66'000, 'x')}
            .text(),
        Message{"REGISTER sip:example.com SIP/2.0", "c1", "1 REGISTER"}
            .text()}) {
    refused(bad);
  }
  EXPECT_EQ(world.send(world.channel + 1, good).error, Error::not_open);
  EXPECT_TRUE(world.send(world.channel, good).ok());
}

TEST(Channel, answers_go_to_whoever_asked) {
  World world;
  const auto dropped = [&world] { return world.agent.statistics().dropped; };
  const auto before = dropped();
  EXPECT_EQ(world.heard_of(answer(180)), 0u) << "nobody has asked yet";
  EXPECT_EQ(dropped(), before + 1);

  EXPECT_TRUE(world.send(world.channel, invite()).ok());
  world.frames.clear();
  world.receive("\r\n" + answer(180) + "\r\n");
  EXPECT_EQ(world.heard(), std::vector<std::string>{answer(180)})
      << "without what surrounds it";
  EXPECT_EQ(world.heard_of(answer(200)), 1u);
  EXPECT_EQ(world.heard_of(answer(200)), 1u) << "until it has its ACK";
  EXPECT_EQ(world.heard_of(answer(200, "c2")), 0u);
  EXPECT_EQ(world.heard_of(answer(200, "c1", "1 MESSAGE")), 0u);

  // Our own REGISTER is not theirs, and goes on beside it.
  world.call(world.id, CallKind::refresh);
  const std::string ours = world.next_frame();
  EXPECT_EQ(world.heard_of(respond(ours, 100)), 0u);
  EXPECT_EQ(world.heard_of(accept(ours)), 0u);
  EXPECT_EQ(world.heard_of(accept(ours)), 0u) << "repeated";
  EXPECT_NE(world.last(OutputKind::refreshed), nullptr);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Channel, a_transaction_ends_with_its_answer_or_its_time) {
  World world;
  const std::string message =
      Message{"MESSAGE sip:bob@example.com SIP/2.0", "m1", "1 MESSAGE"}.text();
  const auto send = [&world](const std::string& text) {
    EXPECT_TRUE(world.send(world.channel, text).ok());
  };
  send(message);
  EXPECT_EQ(world.heard_of(answer(200, "m1", "1 MESSAGE")), 1u);
  EXPECT_EQ(world.heard_of(answer(200, "m1", "1 MESSAGE")), 0u);
  send(message);
  world.advance(31'999);
  EXPECT_EQ(world.heard_of(answer(100, "m1", "1 MESSAGE")), 1u);
  world.advance(1);
  EXPECT_EQ(world.heard_of(answer(200, "m1", "1 MESSAGE")), 0u);
  // Somebody may let it ring, and says so now and then.
  send(invite("i1"));
  for (int minute = 0; minute < 10; ++minute) {
    world.advance(60'000);
    EXPECT_EQ(world.heard_of(answer(180, "i1")), 1u);
  }
  EXPECT_EQ(world.heard_of(answer(486, "i1")), 1u);
  world.advance(31'999);
  EXPECT_EQ(world.heard_of(answer(486, "i1")), 1u);
  world.advance(32'000);
  EXPECT_EQ(world.heard_of(answer(486, "i1")), 0u);
  // CANCEL shares the branch and ends for itself.
  send(invite("i2"));
  send(Message{"CANCEL sip:bob@example.com SIP/2.0", "i2", "1 CANCEL"}.text());
  EXPECT_EQ(world.heard_of(answer(200, "i2", "1 CANCEL")), 1u);
  EXPECT_EQ(world.heard_of(answer(487, "i2")), 1u);
}

TEST(Channel, as_many_transactions_as_are_kept) {
  World world;
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(
        world.send(world.channel, invite("n" + std::to_string(i))).ok());
    world.advance(1);
  }
  std::size_t known = 0;
  for (int i = 0; i < 300; ++i) {
    known += world.heard_of(answer(180, "n" + std::to_string(i)));
  }
  EXPECT_EQ(known, 256u);
  EXPECT_EQ(world.heard_of(answer(180, "n299")), 1u) << "the oldest gave way";
}

TEST(Channel, UAS_02_requests_for_the_account_come_in_unanswered) {
  World world;
  world.agent.set_requests(true);
  const std::string contact = world.contact();
  const std::string user = contact.substr(4, contact.find('@') - 4);
  int branch = 0;
  for (const std::string& uri :
       {contact, contact + ";ob", "sip:" + user + "@192.0.2.7:4711",
        std::string("sip:alice@example.com"),
        std::string("sip:alice@10.0.0.1")}) {
    const std::string number = std::to_string(++branch);
    const std::string frame =
        from_server("INVITE", uri, "b" + number, "c" + number);
    world.receive(frame);
    EXPECT_EQ(world.heard(), std::vector<std::string>{frame}) << uri;
  }
  world.refresh("", ";temp-gruu=\"sip:tgruu.7hs@example.com;gr\"");
  EXPECT_EQ(world.heard_of(
                from_server("INVITE", "sip:tgruu.7hs@example.com;gr", "g")),
            1u);
  EXPECT_EQ(world.heard_of(from_server("ACK", contact, "b1", "c1")), 1u);
  EXPECT_EQ(world.heard_of(from_server("CANCEL", contact, "b2", "c2")), 1u);
  EXPECT_EQ(world.heard_of(from_server("NOTIFY", contact, "n", "mwi")), 1u);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.count(OutputKind::request), 0u);
  // The stack answers over the channel.
  EXPECT_TRUE(
      world
          .send(world.channel,
                Message{"SIP/2.0 180 Ringing", "b1", "9 INVITE", "c1"}.text())
          .ok());
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 180 Ringing"));
}

TEST(Channel, UAS_01_pings_are_answered_once_and_not_by_it) {
  World world;
  EXPECT_EQ(world.heard_of(from_server("OPTIONS", world.contact())), 0u);
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 200 OK\r\n"));
  EXPECT_EQ(world.heard_of("\r\n\r\n"), 0u);
  EXPECT_EQ(world.next_frame(), "\r\n");
  EXPECT_TRUE(world.frames.empty());
  // Within a dialog it is the dialog's.
  EXPECT_EQ(world.heard_of(from_server("OPTIONS", world.contact(), "s2", "c",
                                       "<sip:alice@example.com>;tag=t")),
            1u);
  EXPECT_TRUE(world.frames.empty());
}

TEST(Channel, UAS_02_what_is_for_nobody_here_is_answered_by_default) {
  World world;
  EXPECT_EQ(world.heard_of(from_server("INVITE", "sip:carol@example.com")), 0u);
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 480 "));
  world.agent.set_requests(true);
  EXPECT_EQ(world.heard_of(from_server("INVITE", "sip:carol@example.com", "2")),
            0u);
  EXPECT_EQ(world.count(OutputKind::request), 1u);
}

TEST(Channel, requests_of_its_dialogs_find_it_whatever_their_uri) {
  World world;
  EXPECT_TRUE(world.send(world.channel, invite("c1", "dialog-1")).ok());
  world.frames.clear();
  const std::string elsewhere = "sip:x7@stack.invalid;transport=ws";
  const std::string to = "<sip:alice@example.com>;tag=a1";
  EXPECT_EQ(world.heard_of(from_server("BYE", elsewhere, "s1", "dialog-1", to)),
            1u);
  EXPECT_EQ(world.heard_of(from_server("BYE", elsewhere, "s2", "dialog-2", to)),
            0u);
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 481 "));
  // The dialog goes on over the next flow.
  world.drop();
  (void)world.await_frame();
  EXPECT_EQ(world.heard_of(from_server("BYE", elsewhere, "s3", "dialog-1", to)),
            1u);
}

TEST(Channel, UAS_02_two_accounts_do_not_meet) {
  World world;
  RegistrationOptions options = alice();
  options.aor = "sip:carol@example.com";
  const RegistrationId carol = world.create(options);
  world.call(carol, CallKind::register_);
  world.receive(accept(world.next_frame()));
  const ChannelId hers = world.open_channel(carol);
  EXPECT_TRUE(world.send(world.channel, invite("a", "alices")).ok());
  EXPECT_TRUE(world.send(hers, invite("b", "carols")).ok());
  world.frames.clear();
  world.receive(answer(180, "b"));
  EXPECT_EQ(world.heard().size(), 0u);
  EXPECT_EQ(world.heard(hers).size(), 1u);
  world.receive(answer(180, "a"));
  EXPECT_EQ(world.heard().size(), 1u);
  EXPECT_EQ(world.heard(hers).size(), 0u);
  world.receive(from_server("INVITE", "sip:carol@example.com", "i1", "x1"));
  world.receive(from_server("INVITE", "sip:alice@example.com", "i2", "x2"));
  EXPECT_EQ(world.heard().size(), 1u);
  EXPECT_EQ(world.heard(hers).size(), 1u);
  EXPECT_TRUE(world.frames.empty());
  // One of them leaves.
  world.remove(carol);
  world.receive(answer(180, "b"));
  EXPECT_EQ(world.send(hers, invite("c")).error, Error::not_open);
  EXPECT_EQ(world.heard(hers).size(), 0u);
  EXPECT_EQ(world.heard_of(answer(200, "a")), 1u);
}

// Their Call-ID is the same, and so may be the branches.
TEST(Channel, API_12_two_accounts_call_each_other_over_one_flow) {
  World world;
  RegistrationOptions options = alice();
  options.aor = "sip:bob@example.com";
  const RegistrationId bob = world.create(options);
  world.call(bob, CallKind::register_);
  world.receive(accept(world.next_frame()));
  const ChannelId his = world.open_channel(bob);
  EXPECT_TRUE(world.send(world.channel, invite("c1", "call")).ok());
  const auto heard = [&](const std::string& frame) {
    world.receive(frame);
    return std::pair(world.heard().size(), world.heard(his).size());
  };
  const auto alices = std::pair<std::size_t, std::size_t>(1, 0);
  const auto bobs = std::pair<std::size_t, std::size_t>(0, 1);
  const std::string to_bob = "sip:bob@example.com";
  const std::string bob_tag = "<sip:bob@example.com>;tag=b7";
  const std::string alice_tag = "<sip:alice@example.com>;tag=a1";
  EXPECT_EQ(heard(from_server("INVITE", to_bob, "p1", "call", "<sip:bob@x>")),
            bobs);
  EXPECT_TRUE(world
                  .send(his, Message{"SIP/2.0 200 OK", "p1", "9 INVITE", "call",
                                     bob_tag}
                                 .text())
                  .ok());
  EXPECT_EQ(heard(answer(200)), alices);
  // Whatever Contact the two stacks gave.
  const std::string any = "sip:x@stack.invalid";
  EXPECT_EQ(heard(from_server("ACK", any, "p2", "call", bob_tag)), bobs);
  EXPECT_EQ(heard(from_server("BYE", any, "p3", "call", alice_tag)), alices);
  EXPECT_EQ(heard(from_server("BYE", any, "p4", "call", bob_tag)), bobs);
}

TEST(Channel, of_several_the_last_gets_what_is_new) {
  World world;
  const ChannelId second = world.open_channel(world.id);
  EXPECT_TRUE(world.send(world.channel, invite("f", "first")).ok());
  EXPECT_TRUE(world.send(second, invite("s", "second")).ok());
  world.frames.clear();
  world.receive(answer(200, "f"));
  EXPECT_EQ(world.heard().size(), 1u);
  const std::string to = "<sip:alice@example.com>;tag=a1";
  world.receive(from_server("BYE", world.contact(), "b1", "first", to));
  EXPECT_EQ(world.heard().size(), 1u) << "its own dialog";
  world.receive(from_server("INVITE", world.contact(), "b2", "new"));
  EXPECT_EQ(world.heard().size(), 0u);
  EXPECT_EQ(world.heard(second).size(), 2u - 1u);
  world.agent.close_channel(second);
  world.receive(from_server("INVITE", world.contact(), "b3", "newer"));
  EXPECT_EQ(world.heard().size(), 1u);
  world.agent.close_channel(world.channel);
  world.receive(from_server("INVITE", world.contact(), "b4", "newest"));
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 480 "));
  EXPECT_TRUE(world.socket_open());
}

TEST(Channel, closes_with_its_flow_and_opens_on_the_next) {
  World world;
  const FlowId first = world.flow_of();
  world.auto_open = false;
  world.drop();
  EXPECT_EQ(world.flow_of(), 0u);
  const Status status = world.send(world.channel, invite());
  EXPECT_EQ(status.error, Error::not_open);
  EXPECT_FALSE(status.message.empty());
  while (!world.socket_wanted()) world.advance(1'000);
  EXPECT_EQ(world.flow_of(), 0u);
  world.open();
  EXPECT_GT(world.flow_of(), first);
  EXPECT_TRUE(world.send(world.channel, invite()).ok());
}

TEST(Channel, opened_before_there_is_a_flow) {
  Simulation world;
  const RegistrationId id = world.create();
  const ChannelId channel = world.open_channel(id);
  EXPECT_EQ(world.last(OutputKind::channel)->flow, 0u);
  EXPECT_FALSE(world.last(OutputKind::channel)->text.empty());
  EXPECT_EQ(world.send(channel, invite()).error, Error::not_open);
  EXPECT_TRUE(world.connects.empty()) << "that is the registration's business";
  world.call(id, CallKind::register_);
  EXPECT_NE(world.last(OutputKind::channel)->flow, 0u);
  EXPECT_EQ(world.open_channel(id + 1), 0u);
}

// RFC 5626 section 4.2: the account has a flow to each of two servers.
struct TwoFlows : World {
  TwoFlows() : World(two_servers()) {
    RegistrationOptions options = alice();
    options.flows = 2;
    id = create(options);
    call(id, CallKind::register_);
    for (int flow = 0; flow < 2; ++flow) {
      const std::string asked = next_frame();
      receive(accept(asked), frame_sent_on);
    }
    channel = open_channel(id);
  }
  static ClientOptions two_servers() {
    ClientOptions options;
    options.servers = 2;
    return options;
  }
};

TEST(Channel, of_two_flows_one_that_is_registered) {
  TwoFlows world;
  const FlowId first = world.flow_of();
  ASSERT_EQ(world.sockets().size(), 2u);
  const FlowId second = first == world.sockets().begin()->first
                            ? world.sockets().rbegin()->first
                            : world.sockets().begin()->first;
  // What comes over the other one is answered there.
  world.receive(from_server("INVITE", "sip:alice@example.com"), second);
  EXPECT_EQ(world.heard().size(), 1u);
  EXPECT_TRUE(world
                  .send(world.channel, Message{"SIP/2.0 180 Ringing", "s1",
                                               "9 INVITE", "their-call"}
                                           .text())
                  .ok());
  EXPECT_TRUE(world.next_frame().starts_with("SIP/2.0 180"));
  EXPECT_EQ(world.frame_sent_on, second);
  // Its flow is lost: closed, and open on the other one.
  const std::size_t before = world.count(OutputKind::channel);
  const std::string host = world.properties_of()[0];
  world.auto_open = false;
  world.drop(1006, first);
  EXPECT_EQ(world.count(OutputKind::channel), before + 2);
  EXPECT_EQ(world.flow_of(), second);
  EXPECT_NE(world.properties_of()[0], host);
  EXPECT_TRUE(world.send(world.channel, invite()).ok());
  EXPECT_TRUE(world.next_frame().starts_with("INVITE"));
  EXPECT_EQ(world.frame_sent_on, second);
  // It stays there when the first one is back: dialogs do not move.
  while (!world.socket_wanted()) world.advance(1'000);
  world.open();
  EXPECT_EQ(world.flow_of(), second);
}

}  // namespace
}  // namespace sipreg::testing
