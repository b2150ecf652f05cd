// One fault of tests/faults.md: a client, what goes wrong with it, and what has
// to hold of every case whatever it is about.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "allocations.h"
#include "recovery.h"
#include "simulation.h"
#include "watch.h"

namespace sipreg::testing {

// Every step is watched, see tests/core/watch.h. At the end the server works
// again: whoever wants to be registered is. Then all is removed, and nothing
// may be left, in memory either: what a test makes of the case's strings has to
// end before the case does.
class FaultCase {
 public:
  explicit FaultCase(const ClientOptions& client = {});
  ~FaultCase();
  FaultCase(const FaultCase&) = delete;
  FaultCase& operator=(const FaultCase&) = delete;

  // --- the application
  RegistrationId create(const RegistrationOptions& options = alice());
  OperationId call(RegistrationId id, CallKind kind = CallKind::register_);
  OperationId call(RegistrationId id, const Call& call);
  void remove(RegistrationId id) { watch.remove(id); }
  // create() and a register() that is granted.
  RegistrationId registered(int expires = 600,
                            const RegistrationOptions& options = alice());

  // --- the server
  // The REGISTER that was sent next; fails without one.
  std::string request();
  // The same when one has to be waited for, an hour at most.
  std::string await_request();
  // No request was sent that nobody has taken.
  [[nodiscard]] bool is_quiet();
  // On the flow of that request, in less than 50 ms of CPU time.
  void answer(const std::string& frame);
  void challenge(std::string_view nonce, std::string_view more = {});
  void grant(int expires = -1);
  void drop(std::uint16_t code = 1006);
  void refuse();  // the socket that is asked for

  // --- time, stopping at each deadline
  void pass(Millis ms);
  void check() { watch.check(); }

  // --- what came of it
  [[nodiscard]] RegistrationState state(RegistrationId id) const {
    return world.state(id);
  }
  [[nodiscard]] bool is_done(OperationId operation) const;
  // The failure of a call; an unlikely one when there is none.
  [[nodiscard]] FailureCode code(OperationId operation) const;
  [[nodiscard]] const Seen& outcome(OperationId operation) const;
  [[nodiscard]] std::uint32_t registers() const {
    return world.agent.statistics().registers;
  }
  [[nodiscard]] std::uint32_t dropped() const {
    return world.agent.statistics().dropped;
  }

 private:
  HeapCheck heap_;  // until all the others have ended
  ClientOptions client_;
  std::set<RegistrationId> unrefreshed_;
  Watch::Request request_;

 public:
  Simulation world;
  Watch watch;
};

}  // namespace sipreg::testing
