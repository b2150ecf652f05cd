#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/implementation.h"
#include "message/scan.h"

namespace sipreg {
namespace {

using registration::Account;
using registration::Registration;

// A leap of the wall clock that says that the machine slept.
constexpr Millis noticeable_sleep = 15'000;

flow::BackOff back_off_of(const ClientOptions& options) {
  flow::BackOff back_off = options.reconnect == ReconnectPolicy::rfc5626
                               ? flow::rfc5626_back_off
                               : flow::interactive_back_off;
  if (options.reconnect_base > 0) back_off.base = options.reconnect_base;
  if (options.reconnect_max > 0) back_off.max = options.reconnect_max;
  return back_off;
}

}  // namespace

Account* Agent::Implementation::account_of(RegistrationId id) const {
  const auto behind =
      std::upper_bound(accounts.begin(), accounts.end(), id,
                       [](RegistrationId wanted, const auto& account) {
                         return wanted < account->id();
                       });
  if (behind == accounts.begin()) return nullptr;
  Account* const account = std::prev(behind)->get();
  return account->has(id) ? account : nullptr;
}

std::span<Registration* const> Agent::Implementation::all_of(
    RegistrationId id) {
  if (Account* const account = account_of(id)) {
    if (account->id() == id) return account->flows();
    return {};
  }
  only = registrations.find(id);
  return {&only, only == nullptr ? 0u : 1u};
}

std::uint64_t Agent::Implementation::connection_states() const {
  std::uint64_t states = 0;
  for (const auto& connection : connections) {
    states = states * 5 + static_cast<std::uint64_t>(connection->state()) +
             5 * static_cast<std::uint64_t>(connection->retry_at());
  }
  return states;
}

void Agent::Implementation::enter(Now now) {
  const Millis skew = clock.lifetime() - clock.steady();
  if (!clock.update(now)) return;
  slept |= clock.lifetime() - clock.steady() - skew >= noticeable_sleep;
  for_each(&Registration::publish);
}

void Agent::Implementation::set_timer(Registration& entry) {
  timers.set(entry.timer, entry.deadline());
  // What one flow does may concern the others: a removal of all bindings.
  for (Registration* const flow : entry.flows()) {
    timers.set(flow->timer, flow->deadline());
  }
}

void Agent::Implementation::for_each(void (Registration::*action)()) {
  for (Registration& entry : registrations) {
    (entry.*action)();
    set_timer(entry);
  }
}

void Agent::Implementation::advance_registrations() {
  for (auto* timer = timers.first();
       timer != nullptr && timer->at <= clock.steady();
       timer = timers.first()) {
    Registration& owner = timer->owner;
    owner.advance();
    set_timer(owner);
  }
}

bool Agent::Implementation::translate(Output& output) {
  changed_account = nullptr;
  if (output.kind == OutputKind::connection) {
    return translate_connection(output);
  }
  if (accounts.empty() || output.registration == 0) return true;
  Account* const account = account_of(output.registration);
  if (account == nullptr) return true;
  if (output.kind == OutputKind::registration) changed_account = account;
  return account->translate(output);
}

Agent::Agent() : implementation_(std::make_unique<Implementation>()) {}
Agent::~Agent() = default;

Status Agent::configure(const ClientOptions& options,
                        std::span<const std::uint8_t> entropy) {
  Implementation& self = *implementation_;
  if (!message::is_header_text(options.user_agent) ||
      !message::is_valid_utf8(options.user_agent)) {
    return {Error::invalid_argument, "userAgent",
            "must be one line without control characters"};
  }
  if (!message::is_header_text(options.instance_id) ||
      options.instance_id.find_first_of("<>\" ") != std::string_view::npos ||
      !options.instance_id.starts_with("urn:")) {
    return {Error::invalid_argument, "instanceId",
            "must be a URN such as urn:uuid:… (RFC 5626 section 4.1)"};
  }
  if (options.servers == 0) {
    return {Error::invalid_argument, "server", "must name a server"};
  }
  struct Timeout {
    std::string_view name;
    Millis value;
  };
  for (const auto& [name, value] :
       {Timeout{"connectTimeoutMs", options.connect_timeout},
        Timeout{"transactionTimeoutMs", options.transaction_timeout},
        Timeout{"credentialsTimeoutMs", options.credentials_timeout}}) {
    if (value < 1) {
      return {Error::invalid_argument, name, "must be at least 1 ms"};
    }
  }
  if (!self.entropy.seed(entropy)) {
    return {Error::not_ready, {}, "at least 32 random bytes are needed"};
  }
  if (!options.user_agent.empty()) {
    self.user_agent_row = "User-Agent: ";
    self.user_agent_row += options.user_agent;
    self.user_agent_row += "\r\n";
  }
  self.instance_id = options.instance_id;
  self.transaction_timeout = options.transaction_timeout;
  self.credentials_timeout = options.credentials_timeout;
  self.snapshots = options.snapshots;
  self.environment.settings = {options.connect_timeout,
                               options.reconnect != ReconnectPolicy::off,
                               back_off_of(options), options.keep_alive};
  self.environment.servers.configure(options.servers);
  self.use_connections(1);
  self.configured = true;
  return {};
}

void Agent::close(Now now) {
  Implementation& self = *implementation_;
  if (self.closed) return;
  self.enter(now);
  self.closed = true;
  self.traffic.requests.end();
  for (Registration& entry : self.registrations) {
    entry.end(FailureCode::closed);
    self.timers.clear(entry.timer);
  }
  for (const auto& account : self.accounts) account->end();
  self.has_ended_accounts = true;
  for (Registration& entry : self.registrations) {
    self.traffic.channels.close_all(entry.id());
  }
  self.siblings.clear();
  self.registrations.clear();
  for (const auto& connection : self.connections) connection->close();
}

void Agent::set_trace(bool on) { implementation_->environment.trace = on; }

bool Agent::poll(Output& out) {
  Implementation& self = *implementation_;
  if (self.changed_account != nullptr &&
      std::exchange(self.changed_account, nullptr)->take_change(out)) {
    return true;
  }
  for (;;) {
    if (self.outbox.poll(out)) {
      if (self.translate(out)) return true;
      continue;
    }
    if (self.traffic.channels.publish()) continue;
    flow::Connection* const connection = self.connection_of(self.rest_flow);
    if (self.rest.empty() || connection == nullptr) break;
    self.receive_message(*connection, self.rest);
  }
  if (std::exchange(self.has_ended_accounts, false)) {
    self.accounts.erase_if(
        [](const auto& account) { return account->has_ended(); });
  }
  return false;
}

Millis Agent::deadline() const {
  const Implementation& self = *implementation_;
  const auto* timer = self.timers.first();
  Millis first = timer == nullptr ? no_deadline : timer->at;
  const auto consider = [&first](Millis at) {
    if (at != no_deadline && (first == no_deadline || at < first)) first = at;
  };
  for (const auto& connection : self.connections) {
    consider(connection->deadline());
  }
  consider(self.traffic.requests.deadline());
  return first;
}

const Agent::Statistics& Agent::statistics() const {
  return implementation_->statistics;
}

}  // namespace sipreg
