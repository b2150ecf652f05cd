// One registration over several flows (RFC 5626 section 4.2).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "list.h"
#include "registration/registration.h"
#include "sipreg/output.h"

namespace sipreg::registration {

// Each flow has a Registration of its own: a reg-id, a server, its own calls
// and back-off. The account is what the host sees of them: it is the first
// one's id, its state is the best of theirs, and one lost flow unregisters
// nothing. It hands calls to the flows and turns their outputs into its own,
// one by one as they are polled.
class Account {
 public:
  explicit Account(List<Registration*> flows);

  [[nodiscard]] RegistrationId id() const { return first_id_; }
  [[nodiscard]] bool has(RegistrationId member) const {
    return member >= first_id_ && member - first_id_ < told_.size();
  }
  [[nodiscard]] const List<Registration*>& flows() const { return flows_; }
  // The flows are no more; their last outputs may still be waiting.
  void end() { flows_.clear(); }
  [[nodiscard]] bool has_ended() const { return flows_.empty(); }

  // Which flows take a call. The account answers once for all of them.
  [[nodiscard]] std::span<Registration* const> takers(CallKind kind) const;
  void expect(OperationId operation, CallKind kind, std::size_t takers);

  // The host answers a challenge: all flows that ask at the moment are meant.
  [[nodiscard]] List<std::pair<Registration*, std::uint32_t>> asking(
      std::uint32_t challenge);

  // The flows ask again, for other credentials.
  void forget_questions() { questions_.clear(); }

  // Turns a flow's output into the account's. False: there is nothing to tell.
  [[nodiscard]] bool translate(Output& output);
  // The account's properties, when they changed with what was translated last.
  [[nodiscard]] bool take_change(Output& output);

 private:
  struct Told {
    RegistrationState state = RegistrationState::unregistered;
    bool bound = false;
    Millis expires_at = 0;
    Millis refresh_at = 0;
    Millis retry_at = 0;

    friend bool operator==(const Told&, const Told&) = default;
  };
  struct Operation {
    OperationId id = 0;
    CallKind kind = CallKind::register_;
    std::size_t waiting = 0;
    bool settled = false;
    bool sent = false;
    bool confirmed = true;
  };
  struct Question {
    std::size_t flow = 0;
    std::uint32_t challenge = 0;
  };

  [[nodiscard]] Told best() const;
  [[nodiscard]] std::size_t best_flow() const;
  [[nodiscard]] bool properties_changed(Output& output, std::size_t flow);
  [[nodiscard]] bool unregistered(Output& output, std::size_t flow);
  [[nodiscard]] bool operation_done(Output& output);
  [[nodiscard]] bool operation_failed(Output& output);
  [[nodiscard]] bool credentials_wanted(Output& output, std::size_t flow);
  // False: there was none.
  bool drop_question(std::size_t flow);
  [[nodiscard]] Operation* find(OperationId id);
  void settle(Operation& operation);

  RegistrationId first_id_;
  List<Registration*> flows_;
  List<Told> told_;  // of each flow
  Told all_;         // of the account
  bool changed_ = false;
  bool was_bound_ = false;  // and no unregistered was told since
  // Flows, a bit each, whose binding was not removed at the registrar.
  std::uint32_t left_behind_ = 0;
  List<Operation> operations_;
  List<Question> questions_;
  std::uint32_t asked_ = 0;  // the host was asked for these, by this number
};

}  // namespace sipreg::registration
