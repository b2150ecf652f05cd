#include <utility>

#include "agent/implementation.h"
#include "message/contact.h"
#include "message/uri.h"

namespace sipreg {
namespace {

using registration::Account;
using registration::Exchange;
using registration::Registration;

constexpr std::size_t token_length = 12;
constexpr Status fine{};
constexpr Status no_such_registration{
    Error::unknown_registration, {}, "The registration was removed."};

}  // namespace

void Agent::Implementation::start_call(RegistrationId id, OperationId operation,
                                       std::unique_ptr<Exchange> exchange) {
  std::span<Registration* const> takers = all_of(id);
  if (Account* const account = account_of(id)) {
    takers = account->takers(exchange->kind);
    account->expect(operation, exchange->kind, takers.size());
  }
  for (Registration* const taker : takers) {
    std::unique_ptr<Exchange> own = std::move(exchange);
    if (taker != takers.back()) {
      exchange = exchanges.take();
      exchange->copy_call(*own);
    }
    taker->call(std::move(own), operation);
    set_timer(*taker);
  }
}

std::uint32_t Agent::Implementation::free_reg_id(std::string_view aor,
                                                 std::uint32_t count) const {
  std::uint32_t first = 1;
  for (bool is_free = false; !is_free;) {
    is_free = true;
    siblings.for_each(aor, [&](const Registration& sibling) {
      const std::uint32_t taken = sibling.settings().reg_id;
      if (taken < first || taken >= first + count) return;
      first = taken + 1;
      is_free = false;
    });
  }
  return first;
}

void Agent::Implementation::clear_siblings(const Registration& owner) {
  siblings.for_each(owner.settings().aor, [&](Registration& sibling) {
    if (&sibling == &owner) return;
    sibling.cleared();
    set_timer(sibling);
  });
}

Status Agent::create(const RegistrationOptions& options, RegistrationId& id) {
  Implementation& self = *implementation_;
  if (self.closed) return {Error::closed, {}, "The client was closed."};
  if (!self.configured) return {Error::not_ready, {}, "configure() first"};
  const std::uint32_t flows = options.outbound ? options.flows : 1;
  if (flows == 0 || flows > self.environment.servers.count()) {
    return {Error::invalid_argument, "outbound.flows",
            "must be at least 1 and not more than there are servers"};
  }
  List<std::unique_ptr<Registration>> made;
  RegistrationOptions each = options;
  const std::uint32_t first_reg_id =
      options.reg_id ? *options.reg_id : self.free_reg_id(options.aor, flows);
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    each.reg_id = first_reg_id + flow;
    if (flow == 1) self.use_connections(flows);
    Text user;
    Text host;
    self.entropy.append_token(user, token_length);
    self.entropy.append_token(host, token_length);
    registration::Settings settings;
    Status status = registration::make_settings(each, user, host, settings);
    registration::Snapshot snapshot;
    const bool is_restored =
        status.ok() && flow < options.snapshots.size() &&
        registration::read_snapshot(options.snapshots[flow], snapshot) &&
        snapshot.instance_id == self.instance_id &&
        snapshot.reg_id == settings.reg_id;
    if (is_restored) {
      if (!snapshot.contact_user.empty()) user = snapshot.contact_user;
      settings = {};
      status = registration::make_settings(each, user, snapshot.contact_host,
                                           settings);
    }
    if (!status.ok()) return status;
    made.push_back(std::make_unique<Registration>(self, *self.connections[flow],
                                                  self.last_id + flow + 1, flow,
                                                  std::move(settings)));
    if (is_restored) made.back()->restore(snapshot);
  }
  if (flows == 1) self.environment.has_single_flows = true;
  id = self.last_id + 1;
  self.last_id += flows;
  List<Registration*> members;
  for (auto& registration : made) {
    members.push_back(registration.get());
    self.siblings.add(*registration);
    self.registrations.add(std::move(registration));
  }
  if (flows > 1) {
    self.accounts.push_back(std::make_unique<Account>(std::move(members)));
    const auto& joined = self.accounts.back()->flows();
    for (Registration* const member : joined) member->join(joined);
  }
  return fine;
}

std::uint32_t Agent::reg_id(RegistrationId id) const {
  const Registration* const first = implementation_->registrations.find(id);
  return first == nullptr ? 0 : first->settings().reg_id;
}

Status Agent::call(Now now, RegistrationId id, OperationId operation,
                   const Call& call) {
  Implementation& self = *implementation_;
  if (self.all_of(id).empty()) return no_such_registration;
  if (call.expires == 0u) {
    return {Error::invalid_argument, "expires",
            "must be 1 to 4294967295 seconds; unregister() ends a binding"};
  }
  if (call.kind == CallKind::remove_binding) {
    if (!message::is_uri_text(call.uri)) {
      return {Error::invalid_argument, "uri",
              "must be a URI as query() lists it"};
    }
    for (const Registration* const member : self.all_of(id)) {
      if (!message::equal_uris(member->settings().contact_uri(), call.uri)) {
        continue;
      }
      return {Error::invalid_argument, "uri",
              "is this registration's own Contact; unregister() removes it"};
    }
  }
  std::unique_ptr<Exchange> exchange = self.exchanges.take();
  Status status =
      registration::render_headers(call.headers, exchange->header_rows);
  if (status.ok()) {
    status =
        registration::render_supported(call.supported, exchange->supported);
  }
  if (!status.ok()) {
    self.exchanges.give_back(std::move(exchange));
    return status;
  }
  exchange->kind = call.kind;
  exchange->expires = call.expires;
  exchange->force = call.force;
  exchange->uri = call.uri;
  self.act(now, [&] {
    self.advance_registrations();  // a binding that ended meanwhile, above all
    self.start_call(id, operation, std::move(exchange));
  });
  return fine;
}

Status Agent::remove(Now now, RegistrationId id) {
  Implementation& self = *implementation_;
  const auto members = self.all_of(id);
  if (members.empty()) return no_such_registration;
  self.enter(now);
  for (Registration* const member : members) {
    member->end(FailureCode::removed);
    self.timers.clear(member->timer);
    self.siblings.remove(*member);
    member->join({});
  }
  self.traffic.channels.close_all(id);
  for (std::size_t flow = members.size(); flow > 0; --flow) {
    self.registrations.remove(id + static_cast<RegistrationId>(flow) - 1);
  }
  if (Account* const account = self.account_of(id)) {
    account->end();
    self.has_ended_accounts = true;
  }
  return fine;
}

Status Agent::update(RegistrationId id, const UpdateOptions& options) {
  Status status = no_such_registration;
  for (Registration* const member : implementation_->all_of(id)) {
    status = member->update(options);
    if (!status.ok()) break;  // the first: all are alike
  }
  return status;
}

Status Agent::reset_credentials(Now now, RegistrationId id, bool available) {
  Implementation& self = *implementation_;
  const auto members = self.all_of(id);
  if (members.empty()) return no_such_registration;
  self.act(now, [&] {
    if (Account* const account = self.account_of(id)) {
      account->forget_questions();
    }
    for (Registration* const member : members) {
      member->reset_credentials(available);
      self.set_timer(*member);
    }
  });
  return fine;
}

Status Agent::provide_credentials(Now now, RegistrationId id,
                                  std::uint32_t challenge,
                                  std::span<const Credentials> credentials) {
  Implementation& self = *implementation_;
  if (self.all_of(id).empty()) return no_such_registration;
  for (const Credentials& item : credentials) {
    const Status status = check(item);
    if (!status.ok()) return status;
  }
  self.act(now, [&] {
    List<std::pair<Registration*, std::uint32_t>> asking;
    if (Account* const account = self.account_of(id)) {
      asking = account->asking(challenge);
    } else {
      asking.emplace_back(self.registrations.find(id), challenge);
    }
    for (const auto& [owner, question] : asking) {
      owner->provide_credentials(question, credentials);
      self.set_timer(*owner);
    }
  });
  return fine;
}

}  // namespace sipreg
