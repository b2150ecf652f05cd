#include "sipreg/agent.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "context.h"
#include "flow/redaction.h"
#include "flow/server_request.h"
#include "message/scan.h"
#include "message/uri.h"
#include "registration/account.h"
#include "registration/registration.h"

namespace sipreg {
namespace {

using registration::Account;
using registration::Exchange;
using registration::Registration;

constexpr std::size_t token_length = 12;
// Events of the host come in storms; one attempt answers them.
constexpr Millis shortest_wake_interval = 10'000;
// A leap of the wall clock that says that the machine slept.
constexpr Millis noticeable_sleep = 15'000;
constexpr Status fine{};
constexpr Status no_such_registration{
    Error::unknown_registration, {}, "The registration was removed."};

flow::BackOff back_off_of(const ClientOptions& options) {
  flow::BackOff back_off = options.reconnect == ReconnectPolicy::rfc5626
                               ? flow::rfc5626_back_off
                               : flow::interactive_back_off;
  if (options.reconnect_base > 0) back_off.base = options.reconnect_base;
  if (options.reconnect_max > 0) back_off.max = options.reconnect_max;
  return back_off;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(std::string_view("\r\n \t\0", 5)) == text.npos;
}

// Whether what follows a message is another one, and not mere surplus, which is
// cut (RFC 3261 section 18.3).
bool is_message(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.starts_with("SIP/2.0 ") ||
         message::trim(line).ends_with(" SIP/2.0");
}

}  // namespace

class Agent::Implementation : public Context {
 public:
  // Ascending by id, so that a look-up is a binary search; removed ones leave
  // no hole.
  std::vector<std::unique_ptr<Registration>> registrations;
  TimerHeap<Registration> timers;
  RegistrationId last_id = 0;
  Millis next_wake_at = 0;
  // The first serves all; the others only registrations with several flows.
  std::vector<std::unique_ptr<flow::Connection>> connections;
  bool slept = false;  // the wall clock leapt ahead, and no flow was probed yet
  bool configured = false;
  bool closed = false;
  // A second message in the frame in hand waits until the outputs of the first
  // are polled (RFC 7118 section 5 allows one; some servers send two).
  std::span<char> rest;
  FlowId rest_flow = 0;
  // Those with several flows, ascending by id.
  std::vector<std::unique_ptr<Account>> accounts;
  Account* changed_account = nullptr;  // of the output polled last
  // What the host was told of each connection, and of the best of them.
  std::vector<ConnectionState> told_connections;
  ConnectionState told_connection = ConnectionState::disconnected;

  [[nodiscard]] Account* account_of(RegistrationId id) {
    for (const auto& account : accounts) {
      if (account->has(id)) return account.get();
    }
    return nullptr;
  }

  // The registrations that the host's one id stands for.
  [[nodiscard]] std::vector<Registration*> all_of(RegistrationId id) {
    Account* const account = account_of(id);
    if (account != nullptr) {
      if (account->id() == id) return account->flows();
      return {};
    }
    Registration* const only = find(id);
    if (only == nullptr) return {};
    return {only};
  }

  // The host sees the best of the connections; the others' changes show in the
  // flows of registrations. False: nothing is to be told.
  [[nodiscard]] bool translate_connection(Output& output) {
    if (connections.size() < 2) return true;
    static constexpr std::uint8_t rank[] = {1, 3, 4, 2, 0};
    told_connections.resize(connections.size());
    told_connections[output.connection_index] = output.connection;
    const auto best = *std::max_element(
        told_connections.begin(), told_connections.end(),
        [](ConnectionState a, ConnectionState b) {
          return rank[static_cast<int>(a)] < rank[static_cast<int>(b)];
        });
    const bool is_news = best != told_connection || best == output.connection;
    const bool is_same =
        best == told_connection && best == ConnectionState::connected;
    told_connection = best;
    output.connection = best;
    return is_news && !is_same;
  }

  // False: the output stays here.
  [[nodiscard]] bool translate(Output& output) {
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

  [[nodiscard]] Registration* find(RegistrationId id) {
    const auto at = position(id);
    return at != registrations.end() && (*at)->id() == id ? at->get() : nullptr;
  }

  [[nodiscard]] std::vector<std::unique_ptr<Registration>>::iterator position(
      RegistrationId id) {
    return std::lower_bound(registrations.begin(), registrations.end(), id,
                            [](const auto& entry, RegistrationId wanted) {
                              return entry->id() < wanted;
                            });
  }

  // For inputs that may change the connection's state, which shows in every
  // registration's: after `action` it is passed on.
  template <typename Action>
  void act(Now now, Action action) {
    enter(now);
    const std::uint64_t before = connection_states();
    action();
    if (connection_states() != before) {
      for_each(&Registration::publish);
    }
  }

  [[nodiscard]] std::uint64_t connection_states() const {
    std::uint64_t states = 0;
    for (const auto& connection : connections) {
      states = states * 5 + static_cast<std::uint64_t>(connection->state());
    }
    return states;
  }

  [[nodiscard]] flow::Connection* connection_of(FlowId flow) {
    for (const auto& connection : connections) {
      if (flow != 0 && connection->flow() == flow) return connection.get();
    }
    return nullptr;
  }

  // RFC 5626 section 4.2: each flow has a server of its own. Spare ones stand
  // in for those that fail; the first connection may use all.
  void use_connections(std::uint32_t wanted) {
    while (connections.size() < wanted) {
      connections.push_back(std::make_unique<flow::Connection>(
          environment, static_cast<std::uint32_t>(connections.size())));
    }
    for (std::uint32_t i = 0; i < connections.size(); ++i) {
      std::vector<std::uint32_t> servers{i};
      for (std::uint32_t other = 0; other < environment.servers.count();
           ++other) {
        const bool is_taken = other < connections.size();
        if (other != i && (i == 0 || !is_taken)) servers.push_back(other);
      }
      connections[i]->use_servers(std::move(servers));
    }
  }

  void enter(Now now) {
    const Millis skew = clock.lifetime() - clock.steady();
    if (!clock.update(now)) return;
    slept |= clock.lifetime() - clock.steady() - skew >= noticeable_sleep;
    for_each(&Registration::publish);
  }

  void set_timer(Registration& entry) {
    timers.set(entry.timer, entry.deadline());
  }

  // The first registration that needs this connection.
  [[nodiscard]] const Registration* user_of(
      const flow::Connection& connection) const {
    if (!connection.is_used()) return nullptr;
    for (const auto& entry : registrations) {
      if (entry->wants_flow() && &entry->connection() == &connection) {
        return entry.get();
      }
    }
    return nullptr;
  }

  void for_each(void (Registration::*action)()) {
    for (const auto& entry : registrations) {
      (entry.get()->*action)();
      set_timer(*entry);
    }
  }

  void for_each_on(const flow::Connection& connection,
                   void (Registration::*action)()) {
    for (const auto& entry : registrations) {
      if (&entry->connection() != &connection) continue;
      (entry.get()->*action)();
      set_timer(*entry);
    }
  }

  [[nodiscard]] bool is_alone(const flow::Connection& connection) const {
    return std::none_of(connections.begin(), connections.end(),
                        [&connection](const auto& other) {
                          return other.get() != &connection && other->open();
                        });
  }

  void handle(flow::Connection& connection, flow::Change change) {
    switch (change) {
      case flow::Change::none:
        return;
      case flow::Change::up:
        return for_each_on(connection, &Registration::flow_up);
      case flow::Change::down:
        if (connection.reconnects() && connection.is_used()) {
          connection.schedule_next(is_alone(connection));
        }
        for_each_on(connection, &Registration::flow_down);
        if (connection.take_idle_close()) {
          for_each_on(connection, &Registration::warn_of_idle_close);
        }
        return;
      case flow::Change::round_failed:
        if (connection.reconnects() && connection.is_used() &&
            connection.cause() != FailureCode::protocol) {
          connection.schedule_next(is_alone(connection));
        }
        return for_each_on(connection, &Registration::round_failed);
    }
  }

  void receive_message(flow::Connection& connection, std::span<char> frame) {
    rest = {};
    if (message::parse(frame, message) != message::ParseError::none) {
      ++statistics.dropped;
      return;
    }
    message_text = {frame.data(), frame.size() - message.rest.size()};
    if (is_message(message.rest)) {
      rest = frame.last(message.rest.size());
      rest_flow = connection.flow();
    }
    if (message.is_request) {
      flow::answer_request(message, entropy, request);
      if (!request.empty()) connection.send(request);
      return;
    }
    if (connection.takes_options_answer(message)) return;
    Registration* owner = find(owner_of(message.via.branch));
    if (owner == nullptr || &owner->connection() != &connection ||
        !owner->receive(message)) {
      ++statistics.dropped;
      return;
    }
    if (!rest.empty()) {
      owner->warn("several-messages",
                  "The server put several SIP messages into one WebSocket "
                  "message (RFC 7118 section 5 allows one); all were read.");
    }
    set_timer(*owner);
    if (owner->take_cleared_all()) clear_siblings(*owner);
  }

  // The registration's number stands behind the branch's random part.
  [[nodiscard]] static RegistrationId owner_of(std::string_view branch) {
    constexpr std::size_t prefix = registration::branch_cookie.size() + 16;
    if (branch.size() <= prefix || branch.size() > prefix + 8 ||
        !branch.starts_with(registration::branch_cookie)) {
      return 0;
    }
    RegistrationId id = 0;
    for (const char c : branch.substr(prefix)) {
      if (c >= '0' && c <= '9') {
        id = id * 16 + static_cast<RegistrationId>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        id = id * 16 + static_cast<RegistrationId>(c - 'a' + 10);
      } else {
        return 0;
      }
    }
    return id;
  }

  void advance_connections() {
    for (const auto& connection : connections) {
      const Millis at = connection->deadline();
      if (at == no_deadline || at > clock.steady()) continue;
      const Registration* const user = user_of(*connection);
      if (connection->retry_at() != no_deadline && user == nullptr) {
        connection->stand_down();
      }
      flow::OptionsRequest probe;
      if (user != nullptr) probe = user->options_request();
      handle(*connection, connection->advance(probe));
    }
  }

  // An open socket proves nothing after a sleep: a ping does where the server
  // is known to answer, an early refresh does elsewhere.
  // False: there was nothing to do.
  bool wake_connection(flow::Connection& connection) {
    const Registration* const user = user_of(connection);
    if (user == nullptr) return false;
    if (connection.state() == ConnectionState::waiting) {
      connection.want(true);
      return true;
    }
    if (!connection.open()) return false;
    if (connection.answers_pings()) {
      connection.probe(user->options_request());
      return true;
    }
    for (const auto& entry : registrations) {
      if (&entry->connection() != &connection) continue;
      if (!entry->awaits_answer() && !entry->refresh_early()) continue;
      connection.expect_answer();
      set_timer(*entry);
      return true;
    }
    return false;
  }

  void advance_registrations() {
    for (auto* timer = timers.first();
         timer != nullptr && timer->at <= clock.steady();
         timer = timers.first()) {
      Registration& owner = timer->owner;
      owner.advance();
      set_timer(owner);
    }
  }

  void start_call(RegistrationId id, OperationId operation,
                  std::unique_ptr<Exchange> exchange) {
    Account* const account = account_of(id);
    std::vector<Registration*> takers = all_of(id);
    if (account != nullptr) {
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

  // RFC 5626 section 4.2: two registrations of one device that shared a reg-id
  // would take each other's place at the registrar.
  [[nodiscard]] std::uint32_t free_reg_id(std::string_view aor,
                                          std::uint32_t count) const {
    std::uint32_t first = 1;
    for (bool is_free = false; !is_free;) {
      is_free = true;
      for (const auto& entry : registrations) {
        const std::uint32_t taken = entry->settings().reg_id;
        if (taken < first || taken >= first + count ||
            !message::equal_uris(entry->settings().aor, aor)) {
          continue;
        }
        first = taken + 1;
        is_free = false;
      }
    }
    return first;
  }

  // Contact: * removed every binding of the address of record.
  void clear_siblings(const Registration& owner) {
    for (const auto& entry : registrations) {
      if (entry.get() != &owner &&
          message::equal_uris(entry->settings().aor, owner.settings().aor)) {
        entry->cleared();
        set_timer(*entry);
      }
    }
  }

  static void receive_keep_alive(flow::Connection& connection,
                                 std::string_view text) {
    // RFC 5626 section 3.5.1: two CRLFs are a ping, one is a pong, which is
    // never answered.
    if (text == "\r\n\r\n") return connection.send("\r\n");
    if (text == "\r\n") connection.pong_received();
  }
};

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
  return fine;
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
  std::vector<std::unique_ptr<Registration>> made;
  RegistrationOptions each = options;
  const std::uint32_t first_reg_id =
      options.reg_id ? *options.reg_id : self.free_reg_id(options.aor, flows);
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    each.reg_id = first_reg_id + flow;
    if (flow == 1) self.use_connections(flows);
    std::string user;
    std::string host;
    self.entropy.append_token(user, token_length);
    self.entropy.append_token(host, token_length);
    registration::Snapshot snapshot;
    const bool is_restored =
        flow < options.snapshots.size() &&
        registration::read_snapshot(options.snapshots[flow], snapshot) &&
        snapshot.instance_id == self.instance_id &&
        snapshot.reg_id == (options.outbound ? each.reg_id : 0);
    if (is_restored) {
      if (!snapshot.contact_user.empty()) user = snapshot.contact_user;
      host = snapshot.contact_host;
    }
    registration::Settings settings;
    const Status status =
        registration::make_settings(each, user, host, settings);
    if (!status.ok()) return status;
    made.push_back(std::make_unique<Registration>(self, *self.connections[flow],
                                                  self.last_id + flow + 1, flow,
                                                  std::move(settings)));
    if (is_restored) made.back()->restore(snapshot);
  }
  id = self.last_id + 1;
  self.last_id += flows;
  std::vector<Registration*> members;
  for (auto& registration : made) {
    members.push_back(registration.get());
    self.registrations.push_back(std::move(registration));
  }
  if (flows > 1) {
    self.accounts.push_back(std::make_unique<Account>(std::move(members)));
    const auto& joined = self.accounts.back()->flows();
    for (Registration* const member : joined) member->join(joined);
  }
  return fine;
}

std::uint32_t Agent::reg_id(RegistrationId id) const {
  const Registration* const first = implementation_->find(id);
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
  message::Uri uri;
  if (call.kind == CallKind::remove_binding &&
      (!message::parse_uri(call.uri, uri) ||
       !message::is_header_text(call.uri))) {
    return {Error::invalid_argument, "uri",
            "must be a SIP URI as query() lists it"};
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
  const std::vector<Registration*> members = self.all_of(id);
  if (members.empty()) return no_such_registration;
  self.enter(now);
  for (Registration* const member : members) {
    member->end(FailureCode::removed);
    self.timers.clear(member->timer);
    member->join({});
  }
  if (Account* const account = self.account_of(id)) account->end();
  const auto first = self.position(id);
  self.registrations.erase(first,
                           first + static_cast<std::ptrdiff_t>(members.size()));
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

Status Agent::reset_credentials(RegistrationId id, bool available) {
  const std::vector<Registration*> members = implementation_->all_of(id);
  for (Registration* const member : members) {
    member->reset_credentials(available);
  }
  return members.empty() ? no_such_registration : fine;
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
    std::vector<std::pair<Registration*, std::uint32_t>> asking;
    if (Account* const account = self.account_of(id)) {
      asking = account->asking(challenge);
    } else {
      asking.emplace_back(self.find(id), challenge);
    }
    for (const auto& [owner, question] : asking) {
      owner->provide_credentials(question, credentials);
      self.set_timer(*owner);
    }
  });
  return fine;
}

Status Agent::check(const Credentials& credentials) {
  const auto refuse = [](std::string_view option, std::string_view message) {
    return Status{Error::invalid_argument, option, message};
  };
  const auto is_text = [](std::string_view text) {
    return message::is_header_text(text) && message::is_valid_utf8(text);
  };
  if (!is_text(credentials.username)) {
    return refuse("credentials.username", "must not hold control characters");
  }
  if (!is_text(credentials.realm)) {
    return refuse("credentials.realm", "must not hold control characters");
  }
  // RFC 6750 section 2.1: b64token.
  if (!std::all_of(credentials.token.begin(), credentials.token.end(),
                   [](char c) {
                     return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') ||
                            std::string_view("-._~+/=").find(c) !=
                                std::string_view::npos;
                   })) {
    return refuse("credentials.token", "must be a token of RFC 6750");
  }
  auth::HexDigest hex;
  const bool has_ha1 = !credentials.ha1_md5.empty() ||
                       !credentials.ha1_sha256.empty() ||
                       !credentials.ha1_sha512_256.empty();
  if ((!credentials.ha1_md5.empty() &&
       !hex.assign(auth::HashFunction::md5, credentials.ha1_md5)) ||
      (!credentials.ha1_sha256.empty() &&
       !hex.assign(auth::HashFunction::sha256, credentials.ha1_sha256)) ||
      (!credentials.ha1_sha512_256.empty() &&
       !hex.assign(auth::HashFunction::sha512_256,
                   credentials.ha1_sha512_256))) {
    return refuse("credentials.ha1",
                  "must be lower-case hex: 32 characters for MD5, 64 for "
                  "SHA-256 and SHA-512-256");
  }
  if (has_ha1 && !credentials.has_realm) {
    return refuse("credentials.realm",
                  "is needed with ha1, which is made for one realm");
  }
  if (has_ha1 && credentials.realm == "*") {
    return refuse("credentials.realm", "must name one realm with ha1");
  }
  if (!credentials.has_password && !has_ha1 && credentials.token.empty()) {
    return refuse("credentials", "needs a password, ha1 or token");
  }
  return fine;
}

void Agent::opened(Now now, FlowId flow, bool secure, bool loopback,
                   bool subprotocol) {
  Implementation& self = *implementation_;
  self.act(now, [&] {
    flow::Connection* const connection = self.connection_of(flow);
    if (connection == nullptr) return;
    self.handle(*connection,
                connection->opened(flow, secure, loopback, subprotocol));
  });
}

void Agent::lost(Now now, FlowId flow, std::uint16_t code) {
  Implementation& self = *implementation_;
  self.act(now, [&] {
    flow::Connection* const connection = self.connection_of(flow);
    if (connection == nullptr) return;
    self.handle(*connection, connection->lost(flow, code));
  });
}

void Agent::receive(Now now, FlowId flow, std::span<char> frame) {
  Implementation& self = *implementation_;
  self.enter(now);
  flow::Connection* const connection = self.connection_of(flow);
  if (connection == nullptr || !connection->open()) return;
  const std::string_view text(frame.data(), frame.size());
  ++self.statistics.frames_in;
  connection->frame_received();
  if (connection->trace()) {
    flow::push_trace(self.outbox, flow, connection->server(), true, text);
  }
  if (is_blank(text)) return self.receive_keep_alive(*connection, text);
  self.receive_message(*connection, frame);
}

void Agent::advance(Now now) {
  Implementation& self = *implementation_;
  self.act(now, [&self] {
    self.advance_connections();
    self.advance_registrations();
    if (!std::exchange(self.slept, false)) return;
    for (const auto& connection : self.connections) {
      if (connection->open()) self.wake_connection(*connection);
    }
  });
}

void Agent::wake(Now now) {
  Implementation& self = *implementation_;
  advance(now);
  self.act(now, [&self] {
    const Millis steady = self.clock.steady();
    self.environment.online = true;
    if (steady < self.next_wake_at) return;
    for (const auto& connection : self.connections) {
      if (!self.wake_connection(*connection)) continue;
      self.next_wake_at = steady + shortest_wake_interval;
    }
  });
}

void Agent::offline(Now now) {
  Implementation& self = *implementation_;
  self.act(now, [&self] {
    self.environment.online = false;
    for (const auto& connection : self.connections) connection->delay();
  });
}

void Agent::close(Now now) {
  Implementation& self = *implementation_;
  if (self.closed) return;
  self.enter(now);
  self.closed = true;
  for (const auto& entry : self.registrations) {
    entry->end(FailureCode::closed);
    self.timers.clear(entry->timer);
  }
  for (const auto& account : self.accounts) account->end();
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
    flow::Connection* const connection = self.connection_of(self.rest_flow);
    if (self.rest.empty() || connection == nullptr) break;
    self.receive_message(*connection, self.rest);
  }
  std::erase_if(self.accounts,
                [](const auto& account) { return account->has_ended(); });
  return false;
}

Millis Agent::deadline() const {
  const Implementation& self = *implementation_;
  const auto* timer = self.timers.first();
  Millis first = timer == nullptr ? no_deadline : timer->at;
  for (const auto& connection : self.connections) {
    const Millis at = connection->deadline();
    if (at != no_deadline && (first == no_deadline || at < first)) first = at;
  }
  return first;
}

const Agent::Statistics& Agent::statistics() const {
  return implementation_->statistics;
}

}  // namespace sipreg
