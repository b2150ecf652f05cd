// How an application uses it wrongly, or in an unlucky order: faults 87 and 92
// to 102 of tests/faults.md.
#include <gtest/gtest.h>

#include "auth/digest.h"
#include "auth/hash.h"
#include "fault_case.h"

namespace sipreg::testing {
namespace {

TEST(UseFaults, fault_87_passwords_of_any_octets_make_the_right_digest) {
  for (const std::string& password :
       {std::string(), std::string("a:b:c"), std::string("\"quoted\" \\"),
        std::string("p\xc3\xa4ss\xe2\x82\xac"), std::string(10'000, 'x')}) {
    FaultCase it;
    it.world.password = password;
    it.world.secrets.clear();
    it.call(it.create());
    it.challenge("n1");
    const std::string row = header(it.request(), "Authorization");
    // RFC 2617 section 3.2.2.1, step by step.
    const auto md5 = [](const std::string& text) {
      auth::Hash hash(auth::HashFunction::md5);
      hash.add(text);
      return std::string(hash.finish().view());
    };
    const std::string a1 = md5("alice:example.com:" + password);
    const std::string a2 = md5("REGISTER:sip:example.com");
    EXPECT_EQ(parameter(row, "response"),
              md5(a1 + ":n1:" + parameter(row, "nc") + ":" +
                  parameter(row, "cnonce") + ":auth:" + a2));
  }
}

TEST(UseFaults, fault_92_register_twice_is_one_register) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId first = it.call(id);
  const OperationId second = it.call(id);
  it.grant();
  EXPECT_TRUE(it.is_done(first));
  EXPECT_TRUE(it.is_done(second));
  EXPECT_EQ(it.registers(), 1u);
}

TEST(UseFaults, fault_93_unregister_during_register_goes_out_after_it) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId registers = it.call(id);
  const OperationId leaves = it.call(id, CallKind::unregister);
  const std::string request = it.request();
  EXPECT_TRUE(it.is_quiet());
  it.answer(accept(request));
  EXPECT_TRUE(it.is_done(registers));
  const std::string removal = it.request();
  EXPECT_EQ(header(removal, "Expires"), "0");
  it.answer(respond(removal, 200));
  EXPECT_TRUE(it.is_done(leaves));
  EXPECT_EQ(it.state(id), RegistrationState::unregistered);
}

// Each leaves a registration in the state that it is named by.
struct Stage {
  std::string_view name;
  void (*reach)(FaultCase& it, RegistrationId id);
};
const Stage stages[] = {
    {"unregistered", [](FaultCase&, RegistrationId) {}},
    {"connecting",
     [](FaultCase& it, RegistrationId id) {
       it.world.auto_open = false;
       it.call(id);
     }},
    {"registering", [](FaultCase& it, RegistrationId id) { it.call(id); }},
    {"asking for credentials",
     [](FaultCase& it, RegistrationId id) {
       it.world.auto_credentials = false;
       it.call(id);
       it.challenge("n1");
     }},
    {"registered",
     [](FaultCase& it, RegistrationId id) {
       it.call(id);
       it.grant();
     }},
    {"refreshing",
     [](FaultCase& it, RegistrationId id) {
       it.call(id);
       it.grant();
       it.call(id, CallKind::refresh);
     }},
    {"unregistering",
     [](FaultCase& it, RegistrationId id) {
       it.call(id);
       it.grant();
       it.call(id, CallKind::unregister);
     }},
    {"waiting for a retry",
     [](FaultCase& it, RegistrationId id) {
       it.call(id);
       it.answer(respond(it.request(), 500));
     }},
    {"waiting for a socket",
     [](FaultCase& it, RegistrationId id) {
       it.world.auto_open = false;
       it.call(id);
       it.refuse();
     }},
    {"failed",
     [](FaultCase& it, RegistrationId id) {
       it.call(id);
       it.answer(respond(it.request(), 403));
     }},
};

TEST(UseFaults, fault_94_removed_in_any_state_what_is_pending_ends) {
  for (const Stage& stage : stages) {
    SCOPED_TRACE(stage.name);
    FaultCase it;
    const RegistrationId id = it.create();
    stage.reach(it, id);
    const OperationId waiting = it.call(id, CallKind::query);
    const std::uint32_t sent = it.registers();
    it.remove(id);
    EXPECT_EQ(it.code(waiting), FailureCode::removed);
    EXPECT_EQ(it.state(id), RegistrationState::removed);
    EXPECT_EQ(it.registers(), sent) << "remove() sends nothing";
  }
}

TEST(UseFaults, fault_95_nothing_can_be_done_with_a_removed_registration) {
  FaultCase it;
  const RegistrationId id = it.registered();
  it.remove(id);
  for (const CallKind kind :
       {CallKind::register_, CallKind::refresh, CallKind::unregister,
        CallKind::unregister_all, CallKind::query}) {
    Call call;
    call.kind = kind;
    EXPECT_EQ(it.world.try_call(id, call), 0u);
  }
  Agent& agent = it.world.agent;
  EXPECT_EQ(agent.update(id, {}).error, Error::unknown_registration);
  EXPECT_EQ(agent.reset_credentials(it.world.clocks(), id, true).error,
            Error::unknown_registration);
  EXPECT_EQ(agent.remove(it.world.clocks(), id).error,
            Error::unknown_registration);
}

TEST(UseFaults, fault_96_a_refresh_before_anything_registers) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId refresh = it.call(id, CallKind::refresh);
  it.grant();
  EXPECT_TRUE(it.is_done(refresh));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
}

TEST(UseFaults,
     fault_97_unregister_with_nothing_bound_or_no_socket_ends_at_once) {
  for (const bool was_registered : {false, true}) {
    FaultCase it;
    const RegistrationId id = was_registered ? it.registered() : it.create();
    if (was_registered) {
      it.world.auto_open = false;
      it.drop();
    }
    const std::uint32_t sent = it.registers();
    const OperationId operation = it.call(id, CallKind::unregister);
    EXPECT_TRUE(it.is_done(operation));
    EXPECT_FALSE(it.outcome(operation).sent);
    EXPECT_FALSE(it.outcome(operation).confirmed);
    EXPECT_EQ(it.registers(), sent);
    EXPECT_EQ(it.state(id), RegistrationState::unregistered);
  }
}

TEST(UseFaults, fault_101_a_thousand_registrations_come_and_go) {
  FaultCase it;
  for (int n = 0; n < 1'000; ++n) {
    const RegistrationId id = it.registered();
    if (n % 3 == 0) it.call(id, CallKind::refresh);
    it.remove(id);
    while (!it.is_quiet()) it.request();
  }
  EXPECT_TRUE(it.watch.registrations().empty());
}

TEST(UseFaults, fault_101_a_thousand_clients_leave_nothing_on_the_heap) {
  const HeapCheck heap;
  for (int n = 0; n < 1'000; ++n) {
    Simulation world;
    const RegistrationId id = world.create();
    world.call(id, CallKind::register_);
    world.receive(digest_challenge(world.next_frame(), "n"));
    world.receive(accept(world.next_frame()));
    ASSERT_EQ(world.state(id), RegistrationState::registered);
    if (n % 2 == 0) world.remove(id);
    world.close();
  }
}

// Two clients of one account differ in what the registrar tells bindings by.
TEST(UseFaults, fault_102_two_clients_are_two_bindings) {
  ClientOptions other;
  other.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000002";
  FaultCase one;
  Simulation two(other, 2);
  one.call(one.create());
  two.call(two.create(), CallKind::register_);
  const std::string first = header(one.request(), "Contact");
  const std::string second = header(two.next_frame(), "Contact");
  EXPECT_NE(parameter(first, "+sip.instance"),
            parameter(second, "+sip.instance"));
  EXPECT_NE(first.substr(0, first.find('>')),
            second.substr(0, second.find('>')));
}

TEST(UseFaults, fault_102_the_others_binding_is_left_alone) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  const std::string others =
      "<sip:x@y.invalid>;expires=600;reg-id=1;"
      "+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000002>\"";
  std::string request = it.request();
  it.answer(respond(
      request, 200,
      "Contact: " + others + ", " + header(request, "Contact") + "\r\n"));
  EXPECT_EQ(it.state(id), RegistrationState::registered);
  const OperationId leaves = it.call(id, CallKind::unregister);
  request = it.request();
  EXPECT_EQ(header(request, "Contact").find("y.invalid"), std::string::npos);
  it.answer(respond(request, 200, "Contact: " + others + "\r\n"));
  EXPECT_TRUE(it.outcome(leaves).confirmed);
}

}  // namespace
}  // namespace sipreg::testing
