// Defects in what a response does, each with the run that showed it.
#include <gtest/gtest.h>

#include <string>

#include "simulation.h"

namespace sipreg::testing {
namespace {

// Without what stands behind its URI's angle bracket.
std::string bare_contact(const std::string& frame) {
  const std::string contact = header(frame, "Contact");
  return contact.substr(0, contact.find('>') + 1);
}

TEST(RegressionResponse, PAR_17_a_from_that_lost_its_tag_is_no_other_one) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  std::string response = accept(frame);
  const std::string tag = ";tag=" + parameter(header(frame, "From"), "tag");
  response.erase(response.find(tag), tag.size());
  world.receive(response);
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionResponse, BND_06_a_damaged_expires_header_buys_an_hour) {
  Simulation world;
  RegistrationOptions options = alice();
  options.expires = 86'400;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.receive(respond(
      frame, 200, "Contact: " + bare_contact(frame) + "\r\nExpires: foo\r\n"));
  EXPECT_EQ(world.last(OutputKind::registered)->expires, 3'600u);
}

TEST(RegressionResponse, RSP_10_a_413_to_a_query_drops_the_querys_own_rows) {
  Simulation world;
  RegistrationOptions options = alice();
  const NameValue own{"X-App", "1"};
  options.headers = {&own, 1};
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  Call query;
  query.kind = CallKind::query;
  const NameValue big{"X-Big", "2"};
  query.headers = {&big, 1};
  world.call(id, query);
  world.receive(respond(world.next_frame(), 413));
  std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "X-Big"), "");
  EXPECT_EQ(header(frame, "X-App"), "1");
  world.receive(respond(frame, 413));
  frame = world.next_frame();
  EXPECT_EQ(header(frame, "X-App"), "");
  world.receive(respond(frame, 413));
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(header(world.await_frame(), "X-App"), "1")
      << "left out of the registration's own requests";
}

TEST(RegressionResponse, BND_07_a_removal_confirmed_without_a_list_loses_none) {
  Simulation world;
  const RegistrationId id = world.registered();
  Call removal;
  removal.kind = CallKind::remove_binding;
  removal.uri = "sip:old@192.0.2.4:5060";
  const OperationId operation = world.call(id, removal);
  world.receive(respond(world.next_frame(), 200));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_TRUE(world.bound(id));
  EXPECT_EQ(world.count(OutputKind::unregistered), 0u);
  EXPECT_TRUE(world.frames.empty());
}

TEST(RegressionResponse, UNR_05_a_query_that_finds_nothing_recovers_ours) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::query);
  world.receive(respond(world.next_frame(), 200));
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::cleared);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionResponse, fault_78_a_200_after_timer_f_does_not_count) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.oversleep(100'000);
  world.receive(accept(frame));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::timeout);
  EXPECT_FALSE(world.bound(id));
  EXPECT_TRUE(world.disconnects.empty()) << "the frame shows that it lives";
}

TEST(RegressionResponse, fault_73_the_end_is_told_before_a_late_200) {
  Simulation world;
  const RegistrationId id = world.registered(60);
  const std::string frame = world.await_frame();
  const std::size_t before = world.outputs.size();
  world.oversleep(25'000);  // the binding is over, Timer F is not
  world.receive(accept(frame));
  std::vector<OutputKind> told;
  for (std::size_t i = before; i < world.outputs.size(); ++i) {
    const OutputKind kind = world.outputs[i].kind;
    if (kind == OutputKind::unregistered || kind == OutputKind::registered ||
        kind == OutputKind::refreshed) {
      told.push_back(kind);
    }
  }
  EXPECT_EQ(told, (std::vector<OutputKind>{OutputKind::unregistered,
                                           OutputKind::registered}));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionResponse, fault_73_a_grant_that_was_slept_over_is_asked_again) {
  Simulation world;
  const RegistrationId id = world.registered(600);
  const std::string frame = world.await_frame();
  world.leap(7'200'000);
  world.receive(accept(frame));
  const Millis woke_at = world.now();
  const std::string again = world.await_frame();
  EXPECT_LE(world.frame_sent_at - woke_at, 5'000);
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::expired);
  world.receive(accept(again));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionResponse,
     TSX_11_two_430s_for_one_account_cost_no_other_its_flow) {
  Simulation world;
  const RegistrationId id = world.registered(3'600);
  RegistrationOptions bob = alice();
  bob.aor = "sip:bob@example.org";
  const RegistrationId other = world.create(bob);
  world.call(other, CallKind::register_);
  world.receive(respond(world.next_frame(), 430));
  world.receive(respond(world.await_frame(), 430));
  world.advance(1'000);
  EXPECT_TRUE(world.disconnects.empty());
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

TEST(RegressionResponse, Q_02_a_response_behind_a_request_is_warned_of) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.receive(
      "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS h;branch=z9hG4bK1\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
      "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n" +
      accept(frame));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  EXPECT_TRUE(world.warned("several-messages"));
  EXPECT_EQ(world.count(OutputKind::warning), 1u);
}

TEST(RegressionResponse, BND_08_the_other_flows_binding_is_our_own) {
  ClientOptions client;
  client.servers = 2;
  Simulation world(client);
  RegistrationOptions options = alice();
  options.flows = 2;
  const RegistrationId id = world.create(options);
  world.call(id, CallKind::register_);
  std::string rows = "Contact: <sip:other@192.0.2.7>;expires=60\r\n";
  while (!world.frames.empty()) {
    const std::string frame = world.next_frame();
    rows += "Contact: " + header(frame, "Contact") + "\r\n";
    world.receive(accept(frame), world.frame_sent_on);
  }
  const OperationId query = world.call(id, CallKind::query);
  const std::string frame = world.next_frame();
  world.receive(respond(frame, 200, rows), world.frame_sent_on);
  const std::vector<std::string>& bindings = world.outcome(query)->bindings;
  ASSERT_EQ(bindings.size(), 3u);
  EXPECT_FALSE(bindings[0].starts_with("own "));
  EXPECT_TRUE(bindings[1].starts_with("own ")) << bindings[1];
  EXPECT_TRUE(bindings[2].starts_with("own ")) << bindings[2];
}

}  // namespace
}  // namespace sipreg::testing
