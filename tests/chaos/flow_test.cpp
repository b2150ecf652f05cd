// What goes wrong with the flow: faults 1 to 23 of tests/faults.md.
#include <gtest/gtest.h>

#include "fault_case.h"

namespace sipreg::testing {
namespace {

TEST(FlowFaults,
     fault_1_a_refused_connection_is_tried_again_after_growing_waits) {
  FaultCase it;
  it.world.auto_open = false;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  Millis shortest = 1'000;
  for (int n = 0; n < 8; ++n, shortest *= 2) {
    const Millis refused_at = it.world.now();
    it.refuse();
    EXPECT_EQ(it.state(id), RegistrationState::waiting);
    while (!it.world.socket_wanted()) it.pass(100);
    EXPECT_GE(it.world.now() - refused_at, std::min<Millis>(shortest, 15'000));
    EXPECT_LE(it.world.now() - refused_at, 30'100);
  }
  EXPECT_EQ(it.code(operation), FailureCode::transport);
  EXPECT_TRUE(it.outcome(operation).retryable);
}

TEST(FlowFaults, fault_5_a_handshake_that_hangs_ends_at_its_deadline) {
  FaultCase it;
  it.world.auto_open = false;
  const OperationId operation = it.call(it.create());
  it.pass(9'999);
  EXPECT_EQ(it.world.outcome(operation), nullptr);
  it.pass(1);
  EXPECT_EQ(it.code(operation), FailureCode::timeout);
  EXPECT_EQ(it.world.disconnects.size(), 1u);
}

TEST(FlowFaults, fault_6_without_the_subprotocol_nothing_is_sent) {
  FaultCase it;
  it.world.subprotocol = false;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  EXPECT_EQ(it.code(operation), FailureCode::protocol);
  EXPECT_EQ(it.state(id), RegistrationState::failed);
  EXPECT_EQ(it.registers(), 0u);
  EXPECT_FALSE(it.world.socket_open());
}

TEST(FlowFaults,
     fault_8_lost_before_the_answer_it_registers_once_on_the_next_flow) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  const std::string first = it.request();
  it.drop();
  EXPECT_EQ(it.code(operation), FailureCode::transport);
  EXPECT_TRUE(it.outcome(operation).retryable);
  const std::string second = it.await_request();
  EXPECT_EQ(header(second, "CSeq"), "2 REGISTER");
  EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
  it.pass(1'000);
  EXPECT_TRUE(it.is_quiet());
}

TEST(FlowFaults,
     fault_9_lost_behind_a_challenge_the_nonce_goes_on_in_a_new_request) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  it.challenge("n1");
  it.grant();
  const OperationId refresh = it.call(id, CallKind::refresh);
  const std::string lost = it.request();
  it.drop();
  EXPECT_EQ(it.world.outcome(refresh), nullptr) << "it rides on the next flow";
  const std::string next = it.await_request();
  EXPECT_NE(parameter(header(lost, "Via"), "branch"),
            parameter(header(next, "Via"), "branch"));
  it.answer(accept(next));
  EXPECT_TRUE(it.is_done(refresh));
}

TEST(FlowFaults, fault_10_whatever_the_close_code_it_comes_back) {
  for (const std::uint16_t code :
       {1000, 1001, 1006, 1008, 1011, 1012, 1013, 4001}) {
    SCOPED_TRACE(code);
    FaultCase it;
    const RegistrationId id = it.registered();
    it.pass(40'000);  // the flow has proved itself
    const Millis lost_at = it.world.now();
    it.drop(code);
    EXPECT_EQ(it.state(id), RegistrationState::waiting);
    EXPECT_TRUE(it.world.bound(id));
    it.answer(accept(it.await_request()));
    EXPECT_EQ(it.state(id), RegistrationState::registered);
    const bool asks_for_patience = code == 1008 || code >= 4000;
    const Millis waited = it.world.now() - lost_at;
    EXPECT_GE(waited, asks_for_patience ? 30'000 : 0);
    EXPECT_LE(waited, asks_for_patience ? 60'000 : 2'000);
  }
}

TEST(FlowFaults, fault_13_a_server_that_accepts_and_closes_sees_growing_waits) {
  FaultCase it;
  it.registered();
  it.drop();
  std::vector<Millis> waits;
  for (int n = 0; n < 8; ++n) {
    const Millis from = it.world.now();
    it.answer(accept(it.await_request()));
    waits.push_back(it.world.now() - from);
    it.drop();
  }
  EXPECT_GE(waits[3], 8'000);
  EXPECT_GE(waits.back(), 15'000);
  EXPECT_LE(waits.back(), 30'000);
}

TEST(FlowFaults, fault_16_news_of_a_flow_that_was_given_up_changes_nothing) {
  FaultCase it;
  const RegistrationId id = it.registered();
  const std::size_t outputs = it.world.outputs.size();
  const FlowId old = it.world.sockets().begin()->first;
  it.drop();
  it.await_request();
  const std::size_t before = it.world.outputs.size();
  EXPECT_GT(before, outputs);
  it.world.agent.opened(it.world.clocks(), old, true, false, true);
  it.world.agent.lost(it.world.clocks(), old, 1000);
  std::string frame = "\r\n\r\n";
  it.world.agent.receive(it.world.clocks(), old, frame);
  it.world.drain();
  EXPECT_EQ(it.world.outputs.size(), before);
  EXPECT_EQ(it.state(id), RegistrationState::registering);
}

// The core takes octets: text and binary are one to it.
TEST(FlowFaults, fault_17_fault_18_octets_that_are_no_utf8) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string request = it.request();
  it.answer("\xff\xfe\x80 not SIP \xc3");
  EXPECT_EQ(it.dropped(), 1u);
  std::string granted = accept(request);
  granted.replace(granted.find("Reason"), 6, "\xff\xfe\xc3");
  it.answer(granted);
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(FlowFaults, fault_19_a_message_in_two_frames_is_dropped) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string whole = accept(it.request());
  for (const std::size_t at :
       {whole.size() / 3, whole.find("CSeq"), whole.size() - 30}) {
    const std::uint32_t before = it.dropped();
    it.answer(whole.substr(0, at));
    it.answer(whole.substr(at));
    EXPECT_EQ(it.dropped(), before + 2);
    EXPECT_EQ(it.state(id), RegistrationState::registering);
  }
  it.answer(whole);
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(FlowFaults, fault_20_two_messages_in_a_frame_are_both_read) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string request = it.request();
  it.answer(respond(request, 100) + accept(request));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  EXPECT_TRUE(it.world.warned("several-messages"));
}

TEST(FlowFaults, fault_21_keep_alives_and_nothing_at_all) {
  FaultCase it;
  it.registered();
  const auto frames = it.world.agent.statistics().frames_out;
  it.answer("\r\n");
  it.answer("");
  it.answer(" ");
  EXPECT_EQ(it.world.agent.statistics().frames_out, frames);
  it.answer("\r\n\r\n");
  EXPECT_EQ(it.world.agent.statistics().frames_out, frames + 1);
  EXPECT_EQ(it.world.all_frames.back(), "\r\n");
}

TEST(FlowFaults, fault_22_a_message_of_5_megabytes_is_dropped_at_once) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string request = it.request();
  std::string huge = accept(request);
  huge.insert(huge.find("Content-Length"),
              "X: " + std::string(5'000'000, 'x') + "\r\n");
  it.answer(huge);
  EXPECT_EQ(it.dropped(), 1u);
  EXPECT_EQ(it.state(id), RegistrationState::registering);
}

TEST(FlowFaults, fault_23_an_answer_among_a_thousand_garbage_frames_counts) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string request = it.request();
  for (int n = 0; n < 1'000; ++n) {
    it.world.receive("garbage " + std::to_string(n) + "\r\n\r\n");
    if (n == 500) it.answer(accept(request));
  }
  it.check();
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  EXPECT_EQ(it.dropped(), 1'000u);
}

}  // namespace
}  // namespace sipreg::testing
