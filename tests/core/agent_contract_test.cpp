// What the public headers promise of the commands themselves.
#include <gtest/gtest.h>

#include <array>

#include "simulation.h"

namespace sipreg::testing {
namespace {

constexpr std::array<std::uint8_t, 32> entropy{1, 2, 3};
constexpr Now start{0, 1'700'000'000'000};

ClientOptions client_options() {
  ClientOptions options;
  options.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
  return options;
}

RegistrationOptions alice() {
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  return options;
}

// A status that is refused tells why.
void expect_refusal(const Status& status, Error error,
                    std::string_view option = {}) {
  EXPECT_EQ(status.error, error);
  EXPECT_EQ(status.option, option);
  EXPECT_NE(status.message, "");
}

TEST(Contract, SEC_03_nothing_begins_without_entropy) {
  Agent agent;
  RegistrationId id = 7;
  expect_refusal(agent.create(alice(), id), Error::not_ready);
  EXPECT_EQ(id, 7u);
  expect_refusal(
      agent.configure(client_options(), std::span(entropy).first(31)),
      Error::not_ready);
  expect_refusal(agent.create(alice(), id), Error::not_ready);
  EXPECT_TRUE(agent.configure(client_options(), entropy).ok());
  EXPECT_TRUE(agent.create(alice(), id).ok());
  EXPECT_EQ(id, 1u);
}

TEST(Contract, client_options_that_are_malformed_are_named) {
  const auto refused = [](std::string_view option, auto change) {
    ClientOptions options = client_options();
    change(options);
    Agent agent;
    expect_refusal(agent.configure(options, entropy), Error::invalid_argument,
                   option);
  };
  refused("server", [](ClientOptions& options) { options.servers = 0; });
  refused("userAgent",
          [](ClientOptions& options) { options.user_agent = "a\r\nb"; });
  refused("instanceId",
          [](ClientOptions& options) { options.instance_id = {}; });
  refused("connectTimeoutMs",
          [](ClientOptions& options) { options.connect_timeout = 0; });
  refused("transactionTimeoutMs",
          [](ClientOptions& options) { options.transaction_timeout = -1; });
  refused("credentialsTimeoutMs",
          [](ClientOptions& options) { options.credentials_timeout = 0; });
}

TEST(Contract, an_id_that_is_none_is_refused_by_every_command) {
  Agent agent;
  ASSERT_TRUE(agent.configure(client_options(), entropy).ok());
  constexpr Error unknown = Error::unknown_registration;
  for (const RegistrationId id : {0u, 1u, 99u}) {
    expect_refusal(agent.call(start, id, 1, {}), unknown);
    expect_refusal(agent.remove(start, id), unknown);
    expect_refusal(agent.update(id, {}), unknown);
    expect_refusal(agent.reset_credentials(start, id, true), unknown);
    expect_refusal(agent.provide_credentials(start, id, 1, {}), unknown);
  }
  Output output;
  output.attempt = 42;
  EXPECT_FALSE(agent.poll(output));
  EXPECT_EQ(output.attempt, 42u) << "left as it was";
}

TEST(Contract, a_refused_command_changes_nothing) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::size_t outputs = world.outputs.size();
  const Millis deadline = world.deadline();
  const Now now{world.now(), world.wall()};
  Call call;
  call.expires = 0;
  expect_refusal(world.agent.call(now, id, 99, call), Error::invalid_argument,
                 "expires");
  const NameValue header{"Via", "x"};
  call = {};
  call.headers = {&header, 1};
  expect_refusal(world.agent.call(now, id, 99, call), Error::invalid_argument,
                 "headers");
  UpdateOptions update;
  update.refresh = RefreshOptions{RefreshPolicy::percent, 100};
  expect_refusal(world.agent.update(id, update), Error::invalid_argument,
                 "refresh.value");
  Output output;
  EXPECT_FALSE(world.agent.poll(output));
  EXPECT_EQ(world.outputs.size(), outputs);
  EXPECT_EQ(world.deadline(), deadline);
}

TEST(Contract, malformed_credentials_leave_the_challenge_open) {
  Simulation world;
  world.auto_credentials = false;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n"));
  const std::uint32_t challenge =
      world.last(OutputKind::credentials_wanted)->challenge;
  Credentials credentials;
  EXPECT_FALSE(world.provide(id, challenge, credentials));
  EXPECT_EQ(world.outcome(operation), nullptr);
  credentials.password = "secret";
  credentials.has_password = true;
  EXPECT_TRUE(world.provide(id, challenge, credentials));
  world.receive(accept(world.next_frame()));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
}

TEST(Contract, API_02_early_and_late_advances_do_no_harm) {
  Simulation world;
  const RegistrationId id = world.registered();
  const Millis deadline = world.deadline();
  for (int i = 0; i < 10; ++i) {
    world.agent.advance({world.now(), world.wall()});
  }
  Output output;
  EXPECT_FALSE(world.agent.poll(output));
  EXPECT_EQ(world.deadline(), deadline);
  world.sleep(10'000'000);
  EXPECT_FALSE(world.bound(id));
  EXPECT_NE(world.next_frame(), "") << "asks again";
}

TEST(Contract, news_of_flows_that_are_gone_is_ignored) {
  Simulation world;
  world.registered();
  const Now now{world.now(), world.wall()};
  const std::size_t outputs = world.outputs.size();
  for (const FlowId flow : {0u, 2u, 77u}) {
    world.agent.opened(now, flow, true, false, true);
    world.agent.lost(now, flow, 1006);
    std::string frame = "\r\n\r\n";
    world.agent.receive(now, flow, frame);
  }
  Output output;
  EXPECT_FALSE(world.agent.poll(output));
  EXPECT_EQ(world.outputs.size(), outputs);
  EXPECT_EQ(world.agent.statistics().frames_in, 2u) << "the 401 and the 200";
}

TEST(Contract, after_close_there_is_nothing_but_refusals) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.close();
  const Now now{world.now(), world.wall()};
  RegistrationId another = 0;
  expect_refusal(world.agent.create(alice(), another), Error::closed);
  expect_refusal(world.agent.call(now, id, 9, {}), Error::unknown_registration);
  world.agent.advance({world.now() + 10'000'000, world.wall() + 10'000'000});
  world.agent.wake(now);
  world.agent.close(now);
  Output output;
  EXPECT_FALSE(world.agent.poll(output));
  EXPECT_EQ(world.deadline(), no_deadline);
}

TEST(Contract, algorithms_are_a_set_of_bits) {
  EXPECT_EQ(algorithm_set({}), 0);
  EXPECT_EQ(algorithm_set({DigestAlgorithm::md5}), 1);
  EXPECT_EQ(
      algorithm_set({DigestAlgorithm::md5, DigestAlgorithm::md5_sess,
                     DigestAlgorithm::sha256, DigestAlgorithm::sha256_sess,
                     DigestAlgorithm::sha512_256,
                     DigestAlgorithm::sha512_256_sess}),
      all_algorithms);
  // Only what is in the set is answered.
  Simulation world;
  RegistrationOptions options = alice();
  options.has_credentials = true;
  options.digest.algorithms = algorithm_set({DigestAlgorithm::sha256});
  const RegistrationId id = world.create(options);
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(digest_challenge(world.next_frame(), "n", ", algorithm=MD5"));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::auth_failed);
  EXPECT_EQ(world.all_frames.size(), 1u);
}

}  // namespace
}  // namespace sipreg::testing
