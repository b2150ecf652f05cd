// The invariants of a registration, checked from outside while something
// happens: at most one REGISTER in flight, a rising CSeq, ten automatic
// REGISTERs a minute, every call settled once and in bounded time, never
// registered without an unexpired 2xx, nobody stuck, nothing after removal.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "message/codec.h"
#include "simulation.h"

namespace sipreg::testing {

class Watch {
 public:
  Watch(Simulation& world, const ClientOptions& client)
      : world_(world), client_(client) {}

  // Every one of these is told here and not to the simulation.
  void created(RegistrationId id, std::uint32_t flows);
  void called(RegistrationId id, OperationId operation);
  void remove(RegistrationId id);
  void receive(const std::string& frame, FlowId flow);
  void close();

  // After every step.
  void check();

  // After Simulation::forget().
  void forget() { read_ = world_.outputs.size(); }

  // Lets time pass, with the server silent, until every call has settled; fails
  // when that takes longer than it may.
  void settle();

  // Requests that the server may still answer.
  struct Request {
    std::string text;
    FlowId flow = 0;
  };
  [[nodiscard]] const std::vector<Request>& unanswered() const {
    return unanswered_;
  }
  // The next REGISTER or OPTIONS that nobody has taken yet.
  [[nodiscard]] std::optional<Request> take();
  // Whether a REGISTER is among them.
  [[nodiscard]] bool has_sent() const {
    return std::any_of(sent_.begin(), sent_.end(), [](const Request& request) {
      return request.text.starts_with("REGISTER ");
    });
  }
  [[nodiscard]] bool is_alive(RegistrationId id) const;
  // Those that are alive.
  [[nodiscard]] std::vector<RegistrationId> registrations() const;
  [[nodiscard]] bool is_called(RegistrationId id) const;
  // A REGISTER was answered, and no other has followed yet.
  [[nodiscard]] bool may_wait_for_credentials(RegistrationId id) const;
  // Until when a Retry-After may keep everybody waiting; monotonic.
  [[nodiscard]] Millis held_until() const { return held_until_; }
  // What one REGISTER may take with all its repetitions.
  [[nodiscard]] Millis longest_operation() const;

 private:
  struct Flight {
    std::string call_id;
    std::uint32_t cseq = 0;
    bool registers = false;
    bool may_be_answered = false;
    Millis sent_at = 0;        // monotonic
    Millis sent_lifetime = 0;  // of the simulation's lifetime()
    std::uint32_t asked = 0;
    FlowId flow = 0;
  };
  // One flow of a registration: most have one.
  struct Member {
    RegistrationId host_id = 0;  // of the registration as the host knows it
    std::optional<Flight> in_flight;
    // By the simulation's lifetime(), and at the most: of the 2xx to the last
    // REGISTER, and of the last one that the agent took for a success.
    Millis offered_until = 0;
    Millis granted_until = 0;
    std::deque<Millis> automatic_sends;  // the last ten; monotonic
  };
  struct Pending {
    RegistrationId registration = 0;
    Millis ends_by = 0;  // monotonic, and late_ on top of that
  };

  void check_frame(const std::string& frame);
  void check_register(const std::string& frame);
  void check_rate(Member& member);
  void check_output(const Seen& seen);
  void check_properties(const Seen& seen);
  void check_bindings() const;
  void check_progress();
  void take_success(RegistrationId id);
  void forget_lost_flows();
  [[nodiscard]] bool is_open(FlowId flow) const;
  [[nodiscard]] bool has_several_flows(RegistrationId id) const;
  void answered(std::string frame, std::uint32_t dropped_before);
  void answered(const message::Message& response, bool certainly);
  [[nodiscard]] bool something_is_due() const;

  Simulation& world_;
  ClientOptions client_;
  std::map<RegistrationId, Member> members_;
  std::set<RegistrationId> removed_;            // that were members
  std::map<std::string, std::uint32_t> cseqs_;  // by Call-ID
  std::map<OperationId, Pending> pending_;
  std::vector<Request> unanswered_;
  std::deque<Request> sent_;  // and not taken
  // What the host was told last, and whether it is to be told why it is not
  // bound any more.
  struct Told {
    RegistrationState state = RegistrationState::unregistered;
    bool bound = false;
    bool owes_reason = false;
  };
  std::map<RegistrationId, Told> told_;
  Millis checked_at_ = 0;  // monotonic
  Millis late_ = 0;        // for so long nobody told the agent the time
  Millis held_until_ = 0;  // monotonic; by a Retry-After
  std::size_t read_ = 0;   // of the outputs
  bool closed_ = false;
  bool was_before_1970_ = false;
};

}  // namespace sipreg::testing
