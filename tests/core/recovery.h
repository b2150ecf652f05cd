// The end of all trouble: the network works and the server grants. Whoever
// wants to be registered is, within the wait then in force, and stays so.
#pragma once

#include <map>
#include <set>
#include <string>

#include "simulation.h"
#include "watch.h"

namespace sipreg::testing {

class Recovery {
 public:
  Recovery(Simulation& world, Watch& watch, const ClientOptions& client)
      : world_(world), watch_(watch), client_(client) {}

  // `lifetime` is what the server grants, in seconds. Those in `loose` may end
  // up without a binding: they are not refreshed, say.
  void run(int lifetime, const std::set<RegistrationId>& loose = {});

 private:
  void clear_the_air();
  void wait_for_all(Millis end);
  void stay(Millis end);
  void answer_all();
  void answer(const Watch::Request& request);
  [[nodiscard]] bool is_well(RegistrationId id) const;
  [[nodiscard]] Millis longest_wait() const;

  Simulation& world_;
  Watch& watch_;
  const ClientOptions& client_;
  int lifetime_ = 0;
  std::set<RegistrationId> wanted_;
  std::map<std::string, std::string> contacts_;  // by Call-ID, as bound
};

}  // namespace sipreg::testing
