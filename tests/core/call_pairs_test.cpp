// Every pair of calls in every state (API-05): both settle, one REGISTER is in
// flight at a time, and the state that the later of register and unregister
// asked for is the one that is reached.
#include <gtest/gtest.h>

#include <functional>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Start {
  std::string_view name;
  // Brings a fresh registration there; leaves unanswered requests in `frames`.
  std::function<RegistrationId(Simulation&)> go;
};

RegistrationId registering(Simulation& world) {
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  return id;
}

const Start starts[] = {
    {"unregistered", [](Simulation& world) { return world.create(); }},
    {"connecting",
     [](Simulation& world) {
       world.auto_open = false;
       return registering(world);
     }},
    {"registering", registering},
    {"challenged",
     [](Simulation& world) {
       world.auto_credentials = false;
       const RegistrationId id = registering(world);
       world.receive(digest_challenge(world.next_frame(), "n"));
       return id;
     }},
    {"registered", [](Simulation& world) { return world.registered(); }},
    {"refreshing",
     [](Simulation& world) {
       const RegistrationId id = world.registered();
       world.call(id, CallKind::refresh);
       return id;
     }},
    {"querying",
     [](Simulation& world) {
       const RegistrationId id = world.registered();
       world.call(id, CallKind::query);
       return id;
     }},
    {"unregistering",
     [](Simulation& world) {
       const RegistrationId id = world.registered();
       world.call(id, CallKind::unregister);
       return id;
     }},
    {"waiting",
     [](Simulation& world) {
       const RegistrationId id = registering(world);
       world.receive(respond(world.next_frame(), 500));
       return id;
     }},
    {"retry_after",
     [](Simulation& world) {
       const RegistrationId id = registering(world);
       world.receive(respond(world.next_frame(), 503, "Retry-After: 60\r\n"));
       return id;
     }},
    {"flow_lost",
     [](Simulation& world) {
       const RegistrationId id = world.registered();
       world.drop();
       return id;
     }},
    {"failed",
     [](Simulation& world) {
       const RegistrationId id = registering(world);
       world.receive(respond(world.next_frame(), 403));
       return id;
     }},
};

constexpr CallKind kinds[] = {CallKind::register_, CallKind::refresh,
                              CallKind::unregister, CallKind::unregister_all,
                              CallKind::query};
constexpr std::string_view kind_names[] = {"register", "refresh", "unregister",
                                           "unregister_all", "query"};

bool asks_for_binding(CallKind kind) {
  return kind == CallKind::register_ || kind == CallKind::refresh;
}

// The registrar's memory is one binding; it answers whatever is asked.
class Registrar {
 public:
  explicit Registrar(Simulation& world) : world_(world) {}

  void answer_all() {
    int in_flight = 0;
    while (!world_.frames.empty()) {
      EXPECT_LE(++in_flight, 20) << "an endless exchange";
      EXPECT_EQ(world_.frames.size(), 1u) << "two REGISTERs in flight";
      const std::string frame = world_.next_frame();
      const std::string contact = header(frame, "Contact");
      if (header(frame, "Expires") == "0") {
        contact_.clear();
      } else if (!contact.empty()) {
        contact_ = contact;
      }
      world_.receive(respond(
          frame, 200, contact_.empty() ? "" : "Contact: " + contact_ + "\r\n"));
    }
  }

  [[nodiscard]] bool holds() const { return !contact_.empty(); }
  void knows(const std::string& contact) { contact_ = contact; }

 private:
  Simulation& world_;
  std::string contact_;
};

class CallPairs : public ::testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(CallPairs, API_05_settle_and_end_where_the_last_one_asked) {
  const auto [start, first, second] = GetParam();
  Simulation world;
  const RegistrationId id = starts[static_cast<std::size_t>(start)].go(world);
  Registrar registrar(world);
  if (world.bound(id)) {
    registrar.knows(header(world.all_frames.front(), "Contact"));
  }
  const CallKind calls[] = {kinds[first], kinds[second]};
  const OperationId operations[] = {world.call(id, calls[0]),
                                    world.call(id, calls[1])};
  // The world turns kind: sockets open, credentials come, the registrar
  // answers.
  world.auto_credentials = world.auto_open = true;
  if (world.socket_wanted()) world.open();
  if (const Seen* asked = world.last(OutputKind::credentials_wanted)) {
    Credentials credentials;
    credentials.password = "secret";
    credentials.has_password = true;
    EXPECT_TRUE(world.provide(id, asked->challenge, credentials));
  }
  for (int second = 0; second < 150; ++second) {
    registrar.answer_all();
    world.advance(1'000);
  }
  registrar.answer_all();

  for (const OperationId operation : operations) {
    ASSERT_NE(world.outcome(operation), nullptr) << "left pending";
  }
  for (const int last : {1, 0}) {
    if (calls[last] == CallKind::query) continue;
    const bool bound = asks_for_binding(calls[last]);
    EXPECT_EQ(world.bound(id), bound);
    EXPECT_EQ(world.state(id), bound ? RegistrationState::registered
                                     : RegistrationState::unregistered);
    // Without a socket a binding is left to expire (UNR-07).
    if (bound || world.outcome(operations[last])->sent) {
      EXPECT_EQ(registrar.holds(), bound);
    }
    return;
  }
}

std::string cell_name(
    const ::testing::TestParamInfo<std::tuple<int, int, int>>& test) {
  const auto& [start, first, second] = test.param;
  return std::string(starts[static_cast<std::size_t>(start)].name) + "_" +
         std::string(kind_names[first]) + "_" + std::string(kind_names[second]);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CallPairs,
    ::testing::Combine(::testing::Range(0, static_cast<int>(std::size(starts))),
                       ::testing::Range(0, 5), ::testing::Range(0, 5)),
    cell_name);

}  // namespace
}  // namespace sipreg::testing
