// Thirty days of one registration at a registrar that keeps a table: sockets
// are lost, the server restarts and forgets, nonces change.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>

#include "allocations.h"
#include "simulation.h"
#include "watch.h"

namespace sipreg::testing {
namespace {

constexpr Millis second = 1'000;
constexpr Millis minute = 60 * second;
constexpr Millis hour = 60 * minute;
constexpr Millis day = 24 * hour;
constexpr int lifetime = 600;  // s, refreshed at half of it
// Beyond what the faults force: the first attempt to reconnect, and the
// exchange itself.
constexpr Millis slack = 3 * second;

class Soak {
 public:
  Soak() : watch_(world_, client_) {
    world_.auto_open = false;
    RegistrationOptions options = alice();
    options.refresh.policy = RefreshPolicy::percent;
    options.refresh.value = 50;
    id_ = world_.create(options);
    watch_.created(id_, 1);
    watch_.called(id_, world_.call(id_, CallKind::register_));
    next_loss_ = random_wait(2 * hour);
    next_restart_ = random_wait(day);
    next_nonce_ = random_wait(hour);
  }

  void go() {
    const Millis start = world_.now();
    std::int64_t most = 0;
    std::int64_t fewest = INT64_MAX;
    for (int days = 1; days <= 30; ++days) {
      while (world_.now() < start + days * day) {
        step();
        ASSERT_FALSE(HasFailure()) << "on day " << days;
      }
      world_.forget();
      watch_.forget();
      if (days < 3) continue;
      most = std::max(most, live_allocations());
      fewest = std::min(fewest, live_allocations());
    }
    std::cout << "  30 days: " << world_.agent.statistics().registers
              << " REGISTERs, " << losses_ << " lost sockets, " << restarts_
              << " restarts, " << nonces_ << " nonces, " << lapses_
              << " times without a binding, " << longest_gap_
              << " ms at the longest; live allocations " << fewest << " to "
              << most << std::endl;
    EXPECT_GT(world_.agent.statistics().registers, 8'000u);
    EXPECT_GT(losses_, 200);
    EXPECT_GT(restarts_, 15);
    // A socket or a question may be open at the end of a day, or not.
    EXPECT_LE(most - fewest, 64);
  }

 private:
  static bool HasFailure() { return ::testing::Test::HasFailure(); }

  Millis random_wait(Millis mean) {
    return world_.now() + mean / 2 +
           static_cast<Millis>(random_() % static_cast<std::uint32_t>(mean));
  }

  void step() {
    Millis next = std::min({next_loss_, next_restart_, next_nonce_});
    if (up_at_ > world_.now()) next = std::min(next, up_at_);
    const Millis due = world_.deadline();
    if (due != no_deadline) next = std::min(next, due);
    if (bound_until_ > world_.now()) next = std::min(next, bound_until_);
    world_.advance(std::max<Millis>(next - world_.now(), 0));
    watch_.check();
    note_gap();
    happen();
    serve();
    note_gap();
  }

  void happen() {
    const Millis now = world_.now();
    if (now >= next_nonce_) {
      ++nonces_;
      next_nonce_ = random_wait(hour);
    }
    if (now >= next_loss_) {
      ++losses_;
      next_loss_ = random_wait(2 * hour);
      lose_socket(random_() % 3 == 0 ? static_cast<Millis>(random_() % 60'000)
                                     : 0);
    }
    if (now >= next_restart_) {
      ++restarts_;
      ++nonces_;
      next_restart_ = random_wait(day);
      bound_until_ = 0;
      lose_socket(5'000 + static_cast<Millis>(random_() % 60'000));
    }
  }

  void lose_socket(Millis outage) {
    up_at_ = std::max(up_at_, world_.now() + outage);
    if (world_.socket_open()) world_.drop();
    watch_.check();
  }

  void serve() {
    for (;;) {
      watch_.check();
      if (world_.socket_wanted()) {
        world_.now() < up_at_ ? world_.refuse() : world_.open();
      } else if (const auto request = watch_.take()) {
        answer(request->text, request->flow);
      } else {
        return;
      }
    }
  }

  void answer(const std::string& request, FlowId flow) {
    if (!request.starts_with("REGISTER ")) {
      return watch_.receive(respond(request, 200), flow);
    }
    const std::string nonce = "nonce" + std::to_string(nonces_);
    const std::string given =
        parameter(header(request, "Authorization"), "nonce");
    if (given != nonce) {
      return watch_.receive(
          digest_challenge(request, nonce, given.empty() ? "" : ", stale=true"),
          flow);
    }
    bound_until_ = world_.now() + lifetime * second;
    watch_.receive(accept(request, lifetime), flow);
  }

  // The table has no binding of ours: since when, and may that be?
  void note_gap() {
    const Millis now = world_.now();
    if (bound_until_ > now) {
      if (gap_began_ == no_deadline) return;
      longest_gap_ = std::max(longest_gap_, now - gap_began_);
      gap_began_ = no_deadline;
      return;
    }
    if (gap_began_ == no_deadline) {
      gap_began_ = now;
      forced_until_ = now;
      if (now > 2'000) ++lapses_;
    }
    // A wait that began while nobody could be reached is in force.
    if (now <= up_at_) forced_until_ = std::max(forced_until_, up_at_);
    const Seen* const told = world_.properties(id_);
    if (now <= forced_until_ && told != nullptr && told->retry_at != 0) {
      forced_until_ =
          std::max(forced_until_, now + told->retry_at - world_.wall());
    }
    EXPECT_LE(now, forced_until_ + slack) << "no binding, and no reason why";
  }

  ClientOptions client_;
  Simulation world_;
  Watch watch_;
  RegistrationId id_ = 0;
  std::mt19937 random_{20'240'229};
  Millis next_loss_ = 0;
  Millis next_restart_ = 0;
  Millis next_nonce_ = 0;
  Millis up_at_ = 0;        // nobody can be reached before
  Millis bound_until_ = 0;  // in the registrar's table
  Millis gap_began_ = no_deadline;
  Millis forced_until_ = 0;
  Millis longest_gap_ = 0;
  int losses_ = 0;
  int restarts_ = 0;
  int nonces_ = 0;
  int lapses_ = 0;
};

TEST(Chaos, fault_82_thirty_days_lapse_for_the_faults_alone) { Soak().go(); }

}  // namespace
}  // namespace sipreg::testing
