// A registration's identity over a restart of its host.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "simulation.h"

namespace sipreg::testing {
namespace {

ClientOptions keeping() {
  ClientOptions options;
  options.snapshots = true;
  return options;
}

RegistrationId create(Simulation& world, std::string_view snapshot,
                      std::string_view user = {}) {
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  options.contact.user = user;
  options.snapshots = {&snapshot, 1};
  return world.create(options);
}

std::string snapshot_of(const Simulation& world) {
  const Seen* const seen = world.last(OutputKind::snapshot);
  return seen == nullptr ? std::string() : seen->text;
}

std::uint32_t cseq_of(std::string_view frame) {
  return static_cast<std::uint32_t>(
      std::strtoul(header(frame, "CSeq").c_str(), nullptr, 10));
}

TEST(Snapshot, API_10_a_restart_goes_on_with_the_same_identity) {
  Simulation first(keeping());
  const RegistrationId id = create(first, {});
  first.call(id, CallKind::register_);
  std::string last;
  for (int i = 0; i < 40; ++i) {
    last = first.next_frame();
    first.receive(accept(last));
    first.call(id, CallKind::refresh);
  }
  last = first.next_frame();
  EXPECT_LE(first.count(OutputKind::snapshot), 5u) << "not one a request";

  Simulation second(keeping(), 2);
  const RegistrationId again = create(second, snapshot_of(first));
  EXPECT_EQ(second.state(again), RegistrationState::unregistered);
  EXPECT_FALSE(second.bound(again));
  second.call(again, CallKind::register_);
  const std::string frame = second.next_frame();
  EXPECT_EQ(header(frame, "Call-ID"), header(last, "Call-ID"));
  EXPECT_EQ(header(frame, "Contact"), header(last, "Contact"));
  EXPECT_GT(cseq_of(frame), cseq_of(last));
  EXPECT_LE(cseq_of(frame), cseq_of(last) + 18);
}

TEST(Snapshot, API_10_it_is_there_before_the_request_it_stands_for) {
  Simulation world(keeping());
  const RegistrationId id = create(world, {});
  world.call(id, CallKind::register_);
  const auto of = [&world](OutputKind kind) {
    return std::find_if(world.outputs.begin(), world.outputs.end(),
                        [kind](const Seen& seen) { return seen.kind == kind; });
  };
  EXPECT_LT(of(OutputKind::snapshot), of(OutputKind::transmit));
}

// So that a write that takes its time is done before its numbers are used.
TEST(Snapshot, API_10_REG_05_numbers_are_set_aside_eight_requests_ahead) {
  Simulation first(keeping());
  first.registered();
  const std::string stored = snapshot_of(first);
  Simulation world(keeping(), 2);
  world.auto_open = false;
  const RegistrationId id = create(world, stored);
  world.call(id, CallKind::register_);
  EXPECT_EQ(world.count(OutputKind::snapshot), 1u) << "before the socket opens";
  world.open();
  std::map<std::string, std::size_t> kept;  // snapshot, at which request
  for (std::size_t sent = 1; sent <= 60; ++sent) {
    const std::string frame = world.next_frame();
    kept.emplace(snapshot_of(world), sent);
    // Of those stored eight requests ago, one reaches that far.
    bool is_covered = false;
    for (const auto& [text, when] : kept) {
      const std::string rest = text.substr(text.find(' ') + 1);
      const auto last = static_cast<std::uint32_t>(
          std::strtoul(rest.c_str() + rest.find(' '), nullptr, 10));
      is_covered |= last >= cseq_of(frame) && (when == 1 || when + 7 <= sent);
    }
    EXPECT_TRUE(is_covered) << sent;
    world.receive(accept(frame));
    world.call(id, CallKind::refresh);
  }
}

TEST(Snapshot, API_10_none_unless_they_are_wanted) {
  Simulation world;
  world.registered();
  EXPECT_EQ(world.count(OutputKind::snapshot), 0u);
}

TEST(Snapshot, SEC_02_no_secret_and_no_account_is_in_it) {
  Simulation world(keeping());
  world.password = "password-marker";
  world.registered();
  EXPECT_EQ(snapshot_of(world).find("password-marker"), std::string::npos);
  EXPECT_EQ(snapshot_of(world).find("alice"), std::string::npos);
}

TEST(Snapshot, API_10_a_contact_user_of_the_applications_stays) {
  Simulation first(keeping());
  first.call(create(first, {}, "desk"), CallKind::register_);
  const std::string contact = header(first.next_frame(), "Contact");
  Simulation second(keeping(), 2);
  second.call(create(second, snapshot_of(first), "desk"), CallKind::register_);
  EXPECT_EQ(header(second.next_frame(), "Contact"), contact);
}

// It has no reg-id, and neither has one without outbound.
TEST(Snapshot, API_10_a_third_partys_registration_goes_on_too) {
  for (const bool has_outbound : {true, false}) {
    const auto frame = [&](std::string_view snapshot, std::string* kept) {
      Simulation world(keeping(), kept != nullptr ? 1 : 2);
      RegistrationOptions options = alice();
      options.from = "sip:admin@example.com";
      options.outbound = has_outbound;
      options.snapshots = {&snapshot, 1};
      world.call(world.create(options), CallKind::register_);
      if (kept != nullptr) *kept = snapshot_of(world);
      return world.next_frame();
    };
    std::string kept;
    const std::string first = frame({}, &kept);
    const std::string second = frame(kept, nullptr);
    EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
    EXPECT_EQ(header(second, "Contact"), header(first, "Contact"));
    EXPECT_GT(cseq_of(second), cseq_of(first));
  }
}

// Whoever can write to the storage must not write into requests.
TEST(Snapshot, T5_what_does_not_fit_is_ignored) {
  Simulation first(keeping());
  first.call(create(first, {}), CallKind::register_);
  const std::string good = snapshot_of(first);
  const std::string call_id = header(first.next_frame(), "Call-ID");
  const auto is_taken = [&](const std::string& text) {
    Simulation world(keeping(), 2);
    world.call(create(world, text), CallKind::register_);
    return header(world.next_frame(), "Call-ID") == call_id;
  };
  EXPECT_TRUE(is_taken(good));
  EXPECT_FALSE(is_taken({}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(is_taken(good.substr(0, i))) << i;
    std::string damaged = good;
    for (const char c : {'\r', '\n', ' ', '"', ';', '\0', 'A'}) {
      damaged[i] = c;
      if (damaged == good) continue;
      EXPECT_FALSE(is_taken(damaged));
    }
  }
  EXPECT_FALSE(is_taken("1 2" + good.substr(3))) << "another reg-id";
  EXPECT_FALSE(is_taken("2" + good.substr(1))) << "a later version";
}

TEST(Snapshot, fault_83_a_cseq_that_is_used_up_takes_another_call_id) {
  Simulation first(keeping());
  first.call(create(first, {}), CallKind::register_);
  std::string text = snapshot_of(first);
  const std::string call_id = header(first.next_frame(), "Call-ID");
  const std::size_t at = text.find(' ', 2);
  text = "1 1 2147483647" + text.substr(text.find(' ', at + 1));
  Simulation second(keeping(), 2);
  second.call(create(second, text), CallKind::register_);
  const std::string frame = second.next_frame();
  EXPECT_NE(header(frame, "Call-ID"), call_id);
  EXPECT_EQ(cseq_of(frame), 1u);
}

}  // namespace
}  // namespace sipreg::testing
