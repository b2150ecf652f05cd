// Random runs of calls, frames, losses and leaps of the clocks, on which the
// invariants of a registration are checked; watch.h lists them.
//
// A failing run prints its seed; SIPREG_SEED=<n> runs that one alone.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "random_choices.h"
#include "random_host.h"
#include "register_checks.h"
#include "scenario.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

// Every run is checked for all of the invariants; SIPREG_SEED repeats one.
void run_seeds(std::uint32_t first, std::uint32_t runs) {
  if (const char* seed = std::getenv("SIPREG_SEED")) {
    first = static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 10));
    runs = 1;
  }
  for (std::uint32_t seed = first; seed < first + runs; ++seed) {
    RandomChoices choices(seed);
    Scenario(choices).go();
    ASSERT_FALSE(::testing::Test::HasFailure())
        << "replay with SIPREG_SEED=" << seed;
  }
}

TEST(Property, INV_01_INV_02_INV_03_requests_and_calls_on_random_runs) {
  run_seeds(1, 1'000);
}

TEST(Property, INV_04_INV_05_INV_06_bindings_and_ends_on_random_runs) {
  run_seeds(1'001, 1'000);
}

TEST(Property, INV_07_API_05_REG_06_timers_and_queues_on_random_runs) {
  run_seeds(2'001, 1'000);
}

// Whatever the application asks for is refused, or said exactly.
TEST(Property, REG_19_a_register_says_what_its_options_say) {
  int written = 0;
  for (std::uint32_t seed = 1; seed <= 3'000; ++seed) {
    SCOPED_TRACE(seed);
    RandomChoices choices(seed);
    RandomHost host(choices);
    ClientOptions client;
    client.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000002";
    const RegistrationOptions options = host.registration();
    Simulation world(client);
    RegistrationId id = 0;
    if (!world.agent.create(options, id).ok()) continue;
    world.call(id, CallKind::register_);
    check_first_register(world.next_frame(), client, options);
    ASSERT_FALSE(HasFailure());
    ++written;
  }
  EXPECT_GT(written, 500) << "most options are refused";
}

// Ten automatic REGISTERs a minute at most, whatever the server says.
TEST(Property, RSP_21_automatic_registers_stay_within_ten_a_minute) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    Simulation world({}, static_cast<std::uint8_t>(seed));
    const RegistrationId id = world.registered(5);
    std::vector<Millis> sent;
    for (int step = 0; step < 400; ++step) {
      world.advance(static_cast<Millis>(random() % 1'000));
      while (!world.frames.empty()) {
        const std::string frame = world.next_frame();
        sent.push_back(world.frame_sent_at);
        if (sent.size() > 10) {
          ASSERT_GE(sent.back() - sent[sent.size() - 11], 60'000)
              << "seed " << seed;
        }
        switch (random() % 6) {
          case 0:
            world.receive(digest_challenge(frame, "n" + std::to_string(step),
                                           ", stale=true"));
            break;
          case 1:
            world.receive(respond(frame, 423, "Min-Expires: 2\r\n"));
            break;
          case 2:
            world.drop();
            break;
          default:
            world.receive(accept(frame, static_cast<int>(random() % 6)));
        }
      }
    }
    (void)id;
  }
}

}  // namespace
}  // namespace sipreg::testing
