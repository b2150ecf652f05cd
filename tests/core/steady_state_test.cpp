// Once everything has its size, neither a frame nor a call asks for memory.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "allocations.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

// A host that counts what is allocated while the agent is at work, and nothing
// of its own.
class CountingHost {
 public:
  CountingHost() {
    ClientOptions client;
    client.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
    const std::array<std::uint8_t, 32> seed{7};
    EXPECT_TRUE(agent.configure(client, seed).ok());
    RegistrationOptions options = alice();
    EXPECT_TRUE(agent.create(options, id).ok());
    sent.reserve(4'096);
  }

  template <typename Work>
  void work(Work work) {
    const std::int64_t before = all_allocations();
    work();
    Output output;
    while (agent.poll(output)) {
      switch (output.kind) {
        case OutputKind::connect:
          flow = output.flow;
          break;
        case OutputKind::transmit:
          sent = output.bytes;
          break;
        case OutputKind::credentials_wanted:
          challenge = output.challenge;
          break;
        case OutputKind::operation_done:
          ++successes;
          break;
        default:
          break;
      }
    }
    allocations += all_allocations() - before;
  }
  void call(CallKind kind) {
    Call call;
    call.kind = kind;
    work([&] { EXPECT_TRUE(agent.call(now, id, ++operation, call).ok()); });
  }
  void receive(std::string frame) {
    work([&] { agent.receive(now, flow, frame); });
  }
  void answer_challenge() {
    Credentials credentials;
    credentials.password = "secret";
    credentials.has_password = true;
    work([&] {
      EXPECT_TRUE(
          agent.provide_credentials(now, id, challenge, {&credentials, 1})
              .ok());
    });
  }
  void register_first() {
    call(CallKind::register_);
    work([&] { agent.opened(now, flow, true, false, true); });
    receive(digest_challenge(sent, "n1"));
    answer_challenge();
    receive(accept(sent));
  }

  Agent agent;
  RegistrationId id = 0;
  OperationId operation = 0;
  FlowId flow = 0;
  std::uint32_t challenge = 0;
  std::uint32_t successes = 0;
  std::string sent;
  std::int64_t allocations = 0;
  Now now{1'000, 1'700'000'000'000};
};

TEST(SteadyState, PAR_19_refreshes_and_their_frames_allocate_nothing) {
  CountingHost host;
  host.register_first();
  EXPECT_GT(host.allocations, 0);
  const auto rounds = [&host](int count) {
    host.allocations = 0;
    const std::uint32_t before = host.successes;
    for (int i = 0; i < count; ++i) {
      host.now = {host.now.monotonic + 300'000, host.now.wall + 300'000};
      host.work([&host] { host.agent.advance(host.now); });
      host.call(CallKind::refresh);
      host.receive(accept(host.sent));
      host.receive("\r\n");
      host.receive("SIP/2.0 200 OK\r\n\r\n");
    }
    EXPECT_EQ(host.successes - before, static_cast<std::uint32_t>(count));
  };
  rounds(5);
  rounds(100);
  EXPECT_EQ(host.allocations, 0);
}

}  // namespace
}  // namespace sipreg::testing
