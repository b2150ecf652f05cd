#include "registration/account.h"

#include <algorithm>

namespace sipreg::registration {
namespace {

// The account is as well off as its best flow.
int rank(RegistrationState state) {
  switch (state) {
    case RegistrationState::registered:
      return 8;
    case RegistrationState::refreshing:
      return 7;
    case RegistrationState::registering:
      return 6;
    case RegistrationState::unregistering:
      return 5;
    case RegistrationState::connecting:
      return 4;
    case RegistrationState::waiting:
      return 3;
    case RegistrationState::failed:
      return 2;
    case RegistrationState::unregistered:
      return 1;
    case RegistrationState::removed:
      return 0;
  }
  return 0;
}

Millis earlier(Millis a, Millis b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

// More flows than bits share them: too many are taken for left behind.
std::uint32_t bit_of(std::size_t flow) { return 1u << flow % 32; }

}  // namespace

Account::Account(List<Registration*> flows)
    : first_id_(flows.front()->id()),
      flows_(std::move(flows)),
      told_(flows_.size()) {}

// ------------------------------------------------------------------- calls

// Every flow has a binding of its own to make and to remove; what all bindings
// of the address of record are asked about is asked once.
std::span<Registration* const> Account::takers(CallKind kind) const {
  switch (kind) {
    case CallKind::register_:
    case CallKind::refresh:
    case CallKind::unregister:
      return flows_;
    case CallKind::unregister_all:
    case CallKind::query:
    case CallKind::remove_binding:
      break;
  }
  return {&flows_[best_flow()], 1};
}

std::size_t Account::best_flow() const {
  const auto best = std::max_element(told_.begin(), told_.end(),
                                     [](const Told& a, const Told& b) {
                                       return rank(a.state) < rank(b.state);
                                     });
  return static_cast<std::size_t>(best - told_.begin());
}

void Account::expect(OperationId operation, CallKind kind, std::size_t takers) {
  Operation expected;
  expected.id = operation;
  expected.kind = kind;
  expected.waiting = takers;
  operations_.push_back(expected);
}

List<std::pair<Registration*, std::uint32_t>> Account::asking(
    std::uint32_t challenge) {
  List<std::pair<Registration*, std::uint32_t>> asking;
  if (challenge != asked_) return asking;
  for (const Question& question : questions_) {
    asking.emplace_back(flows_[question.flow], question.challenge);
  }
  questions_.clear();
  return asking;
}

// ----------------------------------------------------------------- outputs

bool Account::translate(Output& output) {
  const std::size_t flow = output.registration - first_id_;
  output.registration = first_id_;
  switch (output.kind) {
    case OutputKind::registration:
      return properties_changed(output, flow);
    case OutputKind::unregistered:
      return unregistered(output, flow);
    case OutputKind::failed:
      return all_.state == RegistrationState::failed;
    case OutputKind::retry:
      // Another flow has its turn: nobody waits yet.
      if (all_.state != RegistrationState::waiting) return false;
      output.retry_at = output.failure.retry_at = all_.retry_at;
      return true;
    case OutputKind::credentials_wanted:
      return credentials_wanted(output, flow);
    case OutputKind::credentials_settled:
      return drop_question(flow) && questions_.empty();
    case OutputKind::operation_done:
      if (output.confirmed && output.call == CallKind::unregister) {
        left_behind_ &= ~bit_of(flow);
      } else if (output.confirmed) {
        left_behind_ = 0;  // unregister_all
      }
      return operation_done(output);
    case OutputKind::operation_failed:
      return operation_failed(output);
    default:
      return true;
  }
}

bool Account::properties_changed(Output& output, std::size_t flow) {
  Told& told = told_[flow];
  told = {output.state, output.bound, output.expires_at, output.refresh_at,
          output.retry_at};
  if (told.bound) left_behind_ &= ~bit_of(flow);
  output.kind = OutputKind::flow;
  output.connected = told.state == RegistrationState::registered ||
                     told.state == RegistrationState::refreshing ||
                     output.connected;
  const Told now = best();
  // The flows end together, one after the other.
  if (told.state == RegistrationState::removed && now.state != told.state) {
    return true;
  }
  changed_ = !(now == all_);
  all_ = now;
  was_bound_ |= all_.bound;
  return true;
}

bool Account::unregistered(Output& output, std::size_t flow) {
  if (output.reason == UnregisteredReason::user && !output.confirmed) {
    left_behind_ |= bit_of(flow);
  }
  output.confirmed &= left_behind_ == 0;
  return !all_.bound && std::exchange(was_bound_, false);
}

Account::Told Account::best() const {
  Told all = told_[best_flow()];
  all.expires_at = all.refresh_at = all.retry_at = 0;
  for (const Told& each : told_) {
    all.bound |= each.bound;
    all.expires_at = std::max(all.expires_at, each.expires_at);
    all.refresh_at = earlier(all.refresh_at, each.refresh_at);
    if (all.state == RegistrationState::waiting) {
      all.retry_at = earlier(all.retry_at, each.retry_at);
    }
  }
  return all;
}

bool Account::take_change(Output& output) {
  if (!changed_) return false;
  changed_ = false;
  output = Output{};
  output.kind = OutputKind::registration;
  output.registration = first_id_;
  output.state = all_.state;
  output.bound = all_.bound;
  output.expires_at = all_.expires_at;
  output.refresh_at = all_.refresh_at;
  output.retry_at = all_.retry_at;
  return true;
}

// One question at a time: the flows' registrars are one, and so is the answer.
bool Account::credentials_wanted(Output& output, std::size_t flow) {
  const bool is_first = questions_.empty();
  questions_.push_back({flow, output.challenge});
  if (!is_first) return false;
  output.challenge = ++asked_;
  return true;
}

bool Account::drop_question(std::size_t flow) {
  return questions_.erase_if([flow](const Question& question) {
    return question.flow == flow;
  }) > 0;
}

// The first flow that is registered makes a register() true; an unregister()
// is true when no flow is registered any more.
bool Account::operation_done(Output& output) {
  Operation* const operation = find(output.operation);
  if (operation == nullptr) return false;
  operation->sent |= output.sent;
  if (output.sent) operation->confirmed &= output.confirmed;
  const bool is_last = operation->waiting == 1;
  const bool tells = !operation->settled &&
                     (is_last || operation->kind != CallKind::unregister);
  if (tells) {
    output.sent = operation->sent;
    output.confirmed =
        operation->sent && operation->confirmed && left_behind_ == 0;
    operation->settled = true;
  }
  settle(*operation);
  return tells;
}

bool Account::operation_failed(Output& output) {
  Operation* const operation = find(output.operation);
  if (operation == nullptr) return false;
  const bool is_last = operation->waiting == 1;
  const bool tells = !operation->settled &&
                     (is_last || operation->kind == CallKind::unregister);
  if (tells) operation->settled = true;
  output.sent = operation->sent |= output.sent;
  settle(*operation);
  return tells;
}

Account::Operation* Account::find(OperationId id) {
  const auto found = std::find_if(
      operations_.begin(), operations_.end(),
      [id](const Operation& operation) { return operation.id == id; });
  return found == operations_.end() ? nullptr : &*found;
}

void Account::settle(Operation& operation) {
  if (--operation.waiting > 0) return;
  operations_.erase(operations_.begin() + (&operation - operations_.data()));
}

}  // namespace sipreg::registration
