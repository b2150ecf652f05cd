// A run of calls, frames, losses and leaps of the clocks as choices have it,
// with its invariants watched.
#pragma once

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "choices.h"
#include "random_host.h"
#include "random_server.h"
#include "random_traffic.h"
#include "simulation.h"
#include "watch.h"

namespace sipreg::testing {

class Scenario {
 public:
  explicit Scenario(Choices& choices);

  // To its end, when all has settled and the agent is closed.
  void go();

  // What was sent, of which the same choices make the same.
  [[nodiscard]] const std::vector<std::string>& frames() const {
    return world_.all_frames;
  }

 private:
  void step();
  void check();
  void recover();
  void fair_weather();
  void storm();
  void create();
  void call();
  void socket();
  void answer();
  void pass(Millis ms);
  void stay_quiet();
  void misread_clock();
  void change_registration();
  void provide_credentials(const Seen& wanted);
  void stray();
  [[nodiscard]] RegistrationId any_registration();
  [[nodiscard]] FlowId any_socket();  // open or asked for; 0: there is none

  Choices& choices_;
  RandomHost host_;
  RandomServer server_;
  ClientOptions client_;
  Simulation world_;
  Watch watch_;
  RandomTraffic traffic_;
  std::vector<RegistrationId> registrations_;
  bool has_swept_ = false;           // a removal of all bindings was asked for
  std::set<RegistrationId> secure_;  // they fail on a socket that is not
  std::set<FlowId> plain_;
  // Not refreshed, or not tried again, from some time on at least; or by a
  // token, whose successor may be for another realm.
  std::set<RegistrationId> may_end_;
  std::ptrdiff_t answered_ = 0;  // the outputs before credentials were given
};

}  // namespace sipreg::testing
