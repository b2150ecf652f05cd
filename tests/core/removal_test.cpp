// Ending a binding (RFC 3261 section 10.2.2), whatever becomes of the attempt.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Leaving {
  Simulation world;
  RegistrationId id = world.registered();
  OperationId operation = world.call(id, CallKind::unregister);
  std::string request = world.next_frame();

  void expect_unregistered() {
    EXPECT_EQ(world.state(id), RegistrationState::unregistered);
    EXPECT_FALSE(world.bound(id));
    EXPECT_EQ(world.count(OutputKind::unregistered), 1u);
    EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
              UnregisteredReason::user);
    world.advance(100'000'000);
    EXPECT_TRUE(world.frames.empty());
  }
};

TEST(Removal, UNR_03_it_names_what_is_removed) {
  Leaving run;
  const std::string registered = run.world.all_frames[1];
  const std::string contact = header(registered, "Contact");
  EXPECT_EQ(header(run.request, "Contact"),
            contact.substr(0, contact.find(";expires=")) + ";expires=0");
  EXPECT_EQ(parameter(header(run.request, "Contact"), "reg-id"), "1");
  EXPECT_EQ(header(run.request, "Call-ID"), header(registered, "Call-ID"));
  EXPECT_EQ(header(registered, "CSeq"), "2 REGISTER");
  EXPECT_EQ(header(run.request, "CSeq"), "3 REGISTER");
}

TEST(Removal, UNR_08_STM_19_a_challenge_is_answered) {
  Leaving run;
  run.world.receive(digest_challenge(run.request, "n2", ", stale=true"));
  const std::string second = run.world.next_frame();
  EXPECT_EQ(header(second, "Expires"), "0");
  EXPECT_EQ(parameter(header(second, "Authorization"), "nonce"), "n2");
  run.world.receive(accept(second));
  const Seen* done = run.world.outcome(run.operation);
  ASSERT_NE(done, nullptr);
  EXPECT_TRUE(done->confirmed);
  run.expect_unregistered();
}

TEST(Removal, UNR_08_STM_19_refused_credentials_end_it) {
  Leaving run;
  run.world.password = "wrong now";
  run.world.receive(digest_challenge(run.request, "n2"));
  run.world.receive(digest_challenge(run.world.next_frame(), "n3"));
  while (!run.world.frames.empty()) {
    run.world.receive(digest_challenge(run.world.next_frame(), "n4"));
  }
  EXPECT_EQ(run.world.outcome(run.operation)->code, FailureCode::auth_failed);
  run.expect_unregistered();
}

TEST(Removal, UNR_08_STM_20_silence_rejects) {
  Leaving run;
  run.world.advance(32'000);
  EXPECT_EQ(run.world.outcome(run.operation)->code, FailureCode::timeout);
  run.world.frames.clear();  // a probe of the silent flow
  run.expect_unregistered();
}

TEST(Removal, UNR_08_STM_20_a_refusal_rejects) {
  for (const int status : {403, 404, 423, 481, 500, 503}) {
    Leaving run;
    run.world.receive(respond(run.request, status));
    EXPECT_EQ(run.world.outcome(run.operation)->code, FailureCode::rejected);
    EXPECT_EQ(run.world.outcome(run.operation)->status, status);
    run.expect_unregistered();
  }
}

TEST(Removal, UNR_08_STM_20_a_lost_socket_leaves_it_sent_and_unconfirmed) {
  Leaving run;
  run.world.drop();
  const Seen* done = run.world.outcome(run.operation);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->kind, OutputKind::operation_done);
  EXPECT_TRUE(done->sent);
  EXPECT_FALSE(done->confirmed);
  run.expect_unregistered();
}

TEST(Removal, BND_01_a_contact_that_stays_listed_is_warned_of) {
  Leaving run;
  const std::string contact = header(run.world.all_frames[1], "Contact");
  run.world.receive(respond(run.request, 200, "Contact: " + contact + "\r\n"));
  EXPECT_FALSE(run.world.outcome(run.operation)->confirmed);
  EXPECT_TRUE(run.world.warned("still-bound"));
  run.expect_unregistered();
}

TEST(Removal, UNR_07_without_a_socket_nothing_is_sent) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.auto_open = false;
  world.drop();
  const std::size_t connects = world.connects.size();
  const OperationId operation = world.call(id, CallKind::unregister);
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr);
  EXPECT_FALSE(done->sent);
  EXPECT_FALSE(done->confirmed);
  EXPECT_EQ(world.state(id), RegistrationState::unregistered);
  world.advance(100'000'000);
  EXPECT_EQ(world.connects.size(), connects);
}

TEST(Removal, UNR_06_force_sends_where_nothing_is_bound) {
  Simulation world;
  const RegistrationId id = world.create();
  Call call;
  call.kind = CallKind::unregister;
  call.force = true;
  const OperationId operation = world.call(id, call);
  const std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "Expires"), "0");
  world.receive(accept(frame));
  EXPECT_TRUE(world.outcome(operation)->sent);
}

TEST(Removal, UNR_05_a_query_that_misses_our_binding_recovers_it) {
  Simulation world;
  const RegistrationId id = world.registered();
  const OperationId operation = world.call(id, CallKind::query);
  world.receive(respond(world.next_frame(), 200,
                        "Contact: <sip:desk@192.0.2.9>;expires=60\r\n"));
  EXPECT_EQ(world.outcome(operation)->bindings,
            (std::vector<std::string>{"other sip:desk@192.0.2.9 60"}));
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::cleared);
  const std::string recovery = world.await_frame();
  EXPECT_EQ(header(recovery, "Expires"), "600");
  world.receive(accept(recovery));
  EXPECT_TRUE(world.bound(id));
}

TEST(Removal, UNR_05_a_query_that_fails_changes_nothing) {
  for (const int status : {403, 404, 500}) {
    Simulation world;
    const RegistrationId id = world.registered();
    const OperationId operation = world.call(id, CallKind::query);
    world.receive(respond(world.next_frame(), status));
    EXPECT_EQ(world.outcome(operation)->code, FailureCode::rejected);
    EXPECT_TRUE(world.bound(id));
    EXPECT_EQ(world.state(id), RegistrationState::registered);
  }
}

TEST(Removal, BND_08_another_binding_is_removed_by_its_uri) {
  Simulation world;
  const RegistrationId id = world.registered();
  Call call;
  call.kind = CallKind::remove_binding;
  call.uri = "sip:desk@192.0.2.9;transport=udp";
  const OperationId operation = world.call(id, call);
  const std::string frame = world.next_frame();
  EXPECT_EQ(header(frame, "Contact"),
            "<sip:desk@192.0.2.9;transport=udp>;expires=0");
  const std::string own = header(world.all_frames[1], "Contact");
  world.receive(respond(frame, 200, "Contact: " + own + "\r\n"));
  EXPECT_EQ(world.outcome(operation)->bindings.size(), 1u);
  EXPECT_TRUE(world.bound(id));
  for (const std::string_view uri :
       {"", "desk", "sip:", "*", ":x", "sip:a@b\r\nX: y", "sip:a@b ",
        "sip:a@b>,<sip:c@d", "tel:1\"", "tel:1\x7f", "tel:1\n"}) {
    call.uri = uri;
    EXPECT_EQ(world.agent.call({}, id, 99, call).option, "uri") << uri;
  }
}

TEST(Removal, BND_08_whatever_a_registrar_may_list_can_be_removed) {
  Simulation world;
  const RegistrationId id = world.registered();
  Call call;
  call.kind = CallKind::remove_binding;
  for (const std::string_view uri :
       {"tel:+15551234", "mailto:alice@example.com",
        "https://example.com/call?a=b,c;d", "sip:b@c:99999"}) {
    call.uri = uri;
    world.call(id, call);
    const std::string frame = world.next_frame();
    EXPECT_EQ(header(frame, "Contact"), "<" + std::string(uri) + ">;expires=0");
    world.receive(respond(frame, 200));
  }
}

TEST(Removal, BND_08_our_own_binding_is_not_another_one) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::string contact = header(world.all_frames.back(), "Contact");
  const std::size_t begin = contact.find('<') + 1;
  std::string own = contact.substr(begin, contact.find('>') - begin);
  const std::size_t host = own.find('@');
  std::transform(own.begin() + static_cast<std::ptrdiff_t>(host), own.end(),
                 own.begin() + static_cast<std::ptrdiff_t>(host), ::toupper);
  Call call;
  call.kind = CallKind::remove_binding;
  call.uri = own;
  const Status status = world.agent.call(world.clocks(), id, 99, call);
  EXPECT_EQ(status.error, Error::invalid_argument);
  EXPECT_EQ(status.option, "uri");
  EXPECT_NE(status.message.find("unregister()"), std::string::npos);
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), RegistrationState::registered);
}

}  // namespace
}  // namespace sipreg::testing
