// What every final response does.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Verdict {
  int status;
  std::string_view rows;
  FailureCode code;
  bool retryable;
};

class FinalResponse : public ::testing::TestWithParam<Verdict> {};

TEST_P(FinalResponse, RSP_20_settles_the_call_and_has_one_outcome) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), GetParam().status, GetParam().rows));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr) << "left pending";
  EXPECT_EQ(done->kind, OutputKind::operation_failed);
  EXPECT_EQ(done->code, GetParam().code);
  EXPECT_EQ(done->status, GetParam().status);
  EXPECT_EQ(done->retryable, GetParam().retryable);
  EXPECT_FALSE(done->text.empty()) << "an error says what to do";
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), GetParam().retryable ? RegistrationState::waiting
                                                  : RegistrationState::failed);
  EXPECT_EQ(world.deadline() != no_deadline, GetParam().retryable);
  // Nothing is hammered: at least half of RFC 5626's first 60 s pass.
  world.advance(29'000);
  EXPECT_TRUE(world.frames.empty());
  world.advance(31'000);
  EXPECT_EQ(world.frames.size(), GetParam().retryable ? 1u : 0u);
}

constexpr FailureCode rejected = FailureCode::rejected;

INSTANTIATE_TEST_SUITE_P(
    All, FinalResponse,
    ::testing::Values(
        Verdict{300, "Contact: <sip:x@y>\r\n", rejected, false},
        Verdict{301, "", rejected, false}, Verdict{302, "", rejected, false},
        Verdict{305, "", rejected, false}, Verdict{380, "", rejected, false},
        Verdict{400, "", rejected, false}, Verdict{402, "", rejected, false},
        Verdict{403, "", rejected, false}, Verdict{404, "", rejected, false},
        Verdict{405, "", rejected, false}, Verdict{406, "", rejected, false},
        Verdict{408, "", rejected, true}, Verdict{410, "", rejected, false},
        Verdict{413, "", rejected, false}, Verdict{414, "", rejected, false},
        Verdict{416, "", rejected, false}, Verdict{420, "", rejected, false},
        Verdict{420, "Unsupported: eventlist\r\n", rejected, false},
        Verdict{421, "Require: sec-agree\r\n", rejected, false},
        Verdict{423, "", FailureCode::interval, false},
        Verdict{429, "", rejected, false}, Verdict{430, "", rejected, true},
        Verdict{480, "", rejected, true}, Verdict{481, "", rejected, false},
        Verdict{484, "", rejected, false}, Verdict{486, "", rejected, false},
        Verdict{486, "Retry-After: 30\r\n", rejected, true},
        Verdict{494, "", rejected, false}, Verdict{499, "", rejected, false},
        Verdict{500, "", rejected, true}, Verdict{501, "", rejected, false},
        Verdict{502, "", rejected, true}, Verdict{503, "", rejected, true},
        Verdict{504, "", rejected, true}, Verdict{505, "", rejected, false},
        Verdict{513, "", rejected, false}, Verdict{555, "", rejected, false},
        Verdict{599, "", rejected, true}, Verdict{600, "", rejected, true},
        Verdict{603, "", rejected, true}, Verdict{604, "", rejected, false},
        Verdict{606, "", rejected, false}, Verdict{699, "", rejected, false},
        Verdict{401, "", FailureCode::auth_failed, false},
        Verdict{407, "", FailureCode::auth_failed, false}),
    [](const auto& test) {
      return "status_" + std::to_string(test.param.status) + "_" +
             std::to_string(test.index);
    });

TEST(Retry, RSP_09_retry_after_is_never_undercut) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503,
                        "Retry-After: 300 (busy);duration=9\r\n"));
  const OperationId impatient = world.call(id, CallKind::register_);
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  world.wake();
  world.drop();
  world.advance(299'999);
  EXPECT_TRUE(world.frames.empty());
  world.advance(1);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(impatient)->kind, OutputKind::operation_done);
}

TEST(Retry, API_06_a_call_cuts_a_plain_back_off_short) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 500));
  const OperationId again = world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(again)->kind, OutputKind::operation_done);
}

TEST(Retry, RSP_09_endless_503_backs_off_to_half_an_hour) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  Millis previous = world.now();
  for (int n = 1; n < 12; ++n) {
    world.receive(respond(world.next_frame(), 503));
    previous = world.now();
    while (world.frames.empty()) world.advance(1'000);
    const Millis upper = std::min<Millis>(1'800'000, 30'000LL << n);
    const Millis waited = world.frame_times.back() - previous;
    EXPECT_GE(waited, upper / 2) << n;
    EXPECT_LE(waited, upper) << n;
  }
}

TEST(Retry, RSP_09_retry_after_beyond_an_hour_gives_up) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 503, "Retry-After: 1000000000\r\n"));
  EXPECT_FALSE(world.outcome(operation)->retryable);
  EXPECT_EQ(world.state(id), RegistrationState::failed);
}

TEST(Retry, RSP_17_491_comes_back_within_ten_seconds) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 491));
  world.advance(10'000);
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Repair, RSP_11_420_goes_again_without_what_is_unsupported) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 420, "Unsupported: path, gruu\r\n"));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Supported"), "outbound");
  world.receive(respond(second, 420, "Unsupported: path\r\n"));
  EXPECT_TRUE(world.frames.empty()) << "nothing is left to leave out";
  EXPECT_EQ(world.outcome(operation)->status, 420);
}

TEST(Repair, RSP_15_439_registers_without_reg_id_and_keeps_path) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 439));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Contact").find("reg-id"), std::string::npos);
  EXPECT_EQ(header(second, "Supported"), "path, gruu");
  world.receive(accept(second));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  world.call(id, CallKind::refresh);
  EXPECT_EQ(header(world.next_frame(), "Contact").find("reg-id"),
            std::string::npos);
}

TEST(Repair, RSP_10_413_goes_again_without_additional_headers) {
  Simulation world;
  const RegistrationId id = world.create();
  Call call;
  const NameValue rows[] = {{"X-Large", "value", false}};
  call.headers = rows;
  world.call(id, call);
  const std::string first = world.next_frame();
  EXPECT_EQ(header(first, "X-Large"), "value");
  world.receive(respond(first, 413));
  EXPECT_EQ(header(world.next_frame(), "X-Large"), "");
}

TEST(Bound, RSP_06_403_on_a_refresh_ends_the_binding) {
  Simulation world;
  const RegistrationId id = world.registered();
  const OperationId operation = world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 403));
  EXPECT_EQ(world.state(id), RegistrationState::failed);
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::rejected);
  // The next attempt is the user's, and starts without the refused credentials.
  EXPECT_EQ(world.outcome(operation)->status, 403);
  world.call(id, CallKind::register_);
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "");
}

TEST(Bound, RSP_09_failed_refresh_is_tried_twice_before_the_end) {
  Simulation world;
  const RegistrationId id = world.registered(120);
  world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 500));
  EXPECT_TRUE(world.bound(id));
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  int tries = 0;
  while (world.bound(id)) {
    world.advance(1'000);
    while (!world.frames.empty()) {
      world.receive(respond(world.next_frame(), 500));
      tries += world.bound(id) ? 1 : 0;
    }
  }
  EXPECT_GE(tries, 2);
  EXPECT_LE(tries, 10);
}

}  // namespace
}  // namespace sipreg::testing
