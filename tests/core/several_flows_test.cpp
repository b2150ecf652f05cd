// One account over several flows (RFC 5626 section 4.2), each to a server of
// its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Told {
  OutputKind kind;
  RegistrationState state;
  bool bound;
  bool confirmed;
  std::uint32_t reg_id;
  std::uint32_t server;
  bool connected;
  OperationId operation;
  UnregisteredReason reason;
  ConnectionState connection;
  FailureCode code;
  std::uint32_t challenge;
};

// The host with as many sockets as are asked for; frames by server.
struct World {
  explicit World(std::uint32_t servers = 2, std::uint32_t flows = 2) {
    ClientOptions client;
    client.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
    client.servers = servers;
    client.keep_alive.on = false;  // nobody here answers pings
    std::array<std::uint8_t, 32> seed{7};
    EXPECT_TRUE(agent.configure(client, seed).ok());
    options.aor = "sip:alice@example.com";
    options.flows = flows;
    options.has_credentials = true;
    EXPECT_TRUE(agent.create(options, id).ok());
  }

  Agent agent;
  RegistrationOptions options;
  RegistrationId id = 0;
  Now now{1'000, 1'700'000'000'000};
  std::map<std::uint32_t, FlowId> flows;  // by server, those that are open
  std::vector<std::pair<FlowId, std::uint32_t>> wanted;
  std::map<std::uint32_t, std::vector<std::string>> frames;
  std::vector<Told> told;
  RegistrationState state = RegistrationState::unregistered;
  bool bound = false;
  Millis expires_at = 0;
  OperationId last_operation = 0;
  bool gives_credentials = true;
  std::vector<bool> own;  // of the bindings that a call listed last

  void poll() {
    Output output;
    std::vector<std::uint32_t> questions;
    while (agent.poll(output)) {
      told.push_back({output.kind, output.state, output.bound, output.confirmed,
                      output.reg_id, output.server, output.connected,
                      output.operation, output.reason, output.connection,
                      output.failure.code, output.challenge});
      EXPECT_TRUE(output.registration == 0 || output.registration == id);
      switch (output.kind) {
        case OutputKind::connect:
          wanted.emplace_back(output.flow, output.server);
          break;
        case OutputKind::disconnect:
          std::erase_if(flows, [&](const auto& each) {
            return each.second == output.flow;
          });
          break;
        case OutputKind::transmit:
          for (const auto& [server, flow] : flows) {
            if (flow == output.flow && output.bytes.starts_with("REGISTER ")) {
              frames[server].emplace_back(output.bytes);
            }
          }
          break;
        case OutputKind::registration:
          state = output.state;
          bound = output.bound;
          expires_at = output.expires_at;
          break;
        case OutputKind::credentials_wanted:
          questions.push_back(output.challenge);
          break;
        case OutputKind::operation_done:
          if (output.success == nullptr) break;
          own.clear();
          for (const Binding& binding : output.success->bindings) {
            own.push_back(binding.own);
          }
          break;
        default:
          break;
      }
    }
    for (const std::uint32_t question : questions) {
      if (gives_credentials) give(question);
    }
  }
  void give(std::uint32_t question) {
    Credentials credentials;
    credentials.password = "secret";
    credentials.has_password = true;
    EXPECT_TRUE(
        agent.provide_credentials(now, id, question, {&credentials, 1}).ok());
    poll();
  }
  OperationId call(CallKind kind) {
    Call call;
    call.kind = kind;
    return this->call(call);
  }
  OperationId call(const Call& call) {
    EXPECT_TRUE(agent.call(now, id, ++last_operation, call).ok());
    poll();
    return last_operation;
  }
  void open(std::uint32_t server) {
    const auto it =
        std::find_if(wanted.begin(), wanted.end(),
                     [&](const auto& each) { return each.second == server; });
    ASSERT_NE(it, wanted.end()) << "no socket to " << server << " is wanted";
    flows[server] = it->first;
    wanted.erase(it);
    agent.opened(now, flows[server], true, false, true);
    poll();
  }
  void refuse(std::uint32_t server) {
    const auto it =
        std::find_if(wanted.begin(), wanted.end(),
                     [&](const auto& each) { return each.second == server; });
    ASSERT_NE(it, wanted.end());
    const FlowId flow = it->first;
    wanted.erase(it);
    agent.lost(now, flow, 1006);
    poll();
  }
  void drop(std::uint32_t server) {
    const FlowId flow = flows[server];
    flows.erase(server);
    agent.lost(now, flow, 1006);
    poll();
  }
  std::string frame(std::uint32_t server) {
    std::vector<std::string>& list = frames[server];
    if (list.empty()) {
      ADD_FAILURE() << "no frame to server " << server;
      return {};
    }
    std::string first = list.front();
    list.erase(list.begin());
    return first;
  }
  void answer(std::uint32_t server, std::string text) {
    agent.receive(now, flows[server], {text.data(), text.size()});
    poll();
  }
  void advance(Millis ms) {
    const Millis end = now.monotonic + ms;
    while (agent.deadline() != no_deadline && agent.deadline() <= end) {
      const Millis step = std::max<Millis>(agent.deadline() - now.monotonic, 0);
      now.monotonic += step;
      now.wall += step;
      agent.advance(now);
      poll();
    }
    now.wall += end - now.monotonic;
    now.monotonic = end;
  }
  std::size_t count(OutputKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(told.begin(), told.end(),
                      [kind](const Told& each) { return each.kind == kind; }));
  }
  const Told* outcome(OperationId operation) const {
    const Told* found = nullptr;
    for (const Told& each : told) {
      if (each.operation != operation) continue;
      EXPECT_EQ(found, nullptr) << "settled twice";
      found = &each;
    }
    return found;
  }
  void registered() {
    call(CallKind::register_);
    for (const std::uint32_t server : {0u, 1u}) {
      open(server);
      answer(server, accept(frame(server)));
    }
    EXPECT_EQ(state, RegistrationState::registered);
  }
};

TEST(SeveralFlows, OB_07_two_bindings_over_two_servers) {
  World world;
  const OperationId operation = world.call(CallKind::register_);
  EXPECT_EQ(world.wanted.size(), 2u);
  world.open(0);
  world.open(1);
  const std::string first = world.frame(0);
  const std::string second = world.frame(1);
  EXPECT_NE(header(first, "Contact").find(";reg-id=1"), std::string::npos);
  EXPECT_NE(header(second, "Contact").find(";reg-id=2"), std::string::npos);
  EXPECT_EQ(parameter(header(first, "Contact"), "+sip.instance"),
            parameter(header(second, "Contact"), "+sip.instance"));
  EXPECT_NE(header(first, "Call-ID"), header(second, "Call-ID"));
  world.answer(1, accept(second));
  ASSERT_NE(world.outcome(operation), nullptr) << "the first one makes it true";
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  EXPECT_EQ(world.state, RegistrationState::registered);
  world.answer(0, accept(first));
  EXPECT_EQ(world.count(OutputKind::registered), 2u);
  EXPECT_EQ(world.count(OutputKind::operation_done), 1u);
}

TEST(SeveralFlows, OB_07_one_lost_flow_does_not_unregister_the_account) {
  World world;
  world.registered();
  world.advance(60'000);
  world.told.clear();
  world.drop(1);
  EXPECT_EQ(world.state, RegistrationState::registered);
  EXPECT_TRUE(world.bound);
  EXPECT_EQ(world.count(OutputKind::unregistered), 0u);
  EXPECT_EQ(world.count(OutputKind::connection), 0u) << "the best one is up";
  ASSERT_GE(world.count(OutputKind::flow), 1u);
  for (const Told& each : world.told) {
    if (each.kind != OutputKind::flow) continue;
    EXPECT_EQ(each.reg_id, 2u);
    EXPECT_FALSE(each.connected);
  }
  world.advance(2'000);
  world.open(1);
  const std::string again = world.frame(1);
  EXPECT_NE(header(again, "Contact").find(";reg-id=2"), std::string::npos);
  EXPECT_TRUE(world.frames[0].empty()) << "the other flow is left alone";
  world.answer(1, accept(again));
  EXPECT_TRUE(world.told.back().connected ||
              world.told.back().kind != OutputKind::flow);
}

TEST(SeveralFlows, OB_07_the_account_is_down_when_both_are) {
  World world;
  world.registered();
  world.advance(60'000);
  world.drop(0);
  world.drop(1);
  EXPECT_EQ(world.state, RegistrationState::waiting);
  EXPECT_TRUE(world.bound);
  world.advance(600'000);
  EXPECT_FALSE(world.bound);
  EXPECT_EQ(world.count(OutputKind::unregistered), 1u) << "told once";
}

TEST(SeveralFlows, OB_07_a_register_fails_when_every_flow_has) {
  World world;
  const OperationId operation = world.call(CallKind::register_);
  world.open(0);
  world.open(1);
  world.answer(0, respond(world.frame(0), 403));
  EXPECT_EQ(world.outcome(operation), nullptr);
  EXPECT_EQ(world.count(OutputKind::failed), 0u);
  world.answer(1, respond(world.frame(1), 403));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_failed);
  EXPECT_EQ(world.count(OutputKind::failed), 1u);
  EXPECT_EQ(world.state, RegistrationState::failed);
}

TEST(SeveralFlows, OB_07_unregister_removes_every_binding) {
  World world;
  world.registered();
  const OperationId operation = world.call(CallKind::unregister);
  const std::string first = world.frame(0);
  const std::string second = world.frame(1);
  EXPECT_EQ(header(first, "Expires"), "0");
  EXPECT_EQ(header(second, "Expires"), "0");
  world.answer(0, accept(first));
  EXPECT_EQ(world.outcome(operation), nullptr);
  world.answer(1, accept(second));
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_TRUE(world.outcome(operation)->confirmed);
  EXPECT_EQ(world.count(OutputKind::unregistered), 1u);
  EXPECT_EQ(world.state, RegistrationState::unregistered);
  EXPECT_EQ(world.agent.deadline(), no_deadline);
}

// The registrar keeps the lost flow's binding until it expires.
TEST(SeveralFlows, UNR_07_a_flow_that_cannot_unregister_is_not_confirmed) {
  for (const std::uint32_t lost : {0u, 1u}) {
    World world;
    world.registered();
    world.drop(lost);
    const OperationId operation = world.call(CallKind::unregister);
    const std::uint32_t other = 1 - lost;
    world.answer(other, accept(world.frame(other)));
    ASSERT_NE(world.outcome(operation), nullptr);
    EXPECT_FALSE(world.outcome(operation)->confirmed);
    const auto event = std::find_if(
        world.told.begin(), world.told.end(),
        [](const Told& told) { return told.kind == OutputKind::unregistered; });
    ASSERT_NE(event, world.told.end());
    EXPECT_FALSE(event->confirmed);

    // Registered anew, nothing is left behind.
    world.told.clear();
    world.call(CallKind::register_);
    world.open(lost);
    for (const std::uint32_t flow : {0u, 1u}) {
      world.answer(flow, accept(world.frame(flow)));
    }
    const OperationId again = world.call(CallKind::unregister);
    for (const std::uint32_t flow : {0u, 1u}) {
      world.answer(flow, accept(world.frame(flow)));
    }
    EXPECT_TRUE(world.outcome(again)->confirmed);
  }
}

TEST(SeveralFlows, UNR_06_a_removal_that_is_forced_later_is_confirmed) {
  for (const CallKind kind : {CallKind::unregister, CallKind::unregister_all}) {
    World world;
    world.registered();
    world.drop(1);
    const OperationId first = world.call(CallKind::unregister);
    world.answer(0, accept(world.frame(0)));
    EXPECT_FALSE(world.outcome(first)->confirmed);
    Call call;
    call.kind = kind;
    call.force = true;
    const OperationId again = world.call(call);
    if (kind == CallKind::unregister) world.open(1);
    for (auto& [server, frames] : world.frames) {
      while (!frames.empty()) world.answer(server, accept(world.frame(server)));
    }
    ASSERT_NE(world.outcome(again), nullptr);
    EXPECT_TRUE(world.outcome(again)->confirmed) << static_cast<int>(kind);
  }
}

// Its REGISTER has no reg-id any more, and the registrar still lists the old
// one.
TEST(SeveralFlows, RSP_15_BND_01_a_flow_that_dropped_outbound_finds_itself) {
  World world;
  world.registered();
  world.call(CallKind::refresh);
  const std::string before = world.frame(0);
  world.answer(1, accept(world.frame(1)));
  world.answer(0, respond(before, 439));
  const std::string plain = world.frame(0);
  EXPECT_EQ(header(plain, "Contact").find("reg-id"), std::string::npos);
  world.answer(
      0, respond(plain, 200,
                 "Contact: " + header(before, "Contact") + ";expires=600\r\n"));
  EXPECT_EQ(world.state, RegistrationState::registered);
  EXPECT_EQ(world.count(OutputKind::unregistered), 0u);
  EXPECT_TRUE(world.frames[0].empty());
}

// As from a request, without the reg-id, or without the instance as well.
std::string listed(std::string contact, bool has_instance) {
  contact.resize(contact.find(";reg-id="));
  if (!has_instance) contact.resize(contact.find(";+sip.instance="));
  return contact + ";expires=600";
}

TEST(SeveralFlows, BND_01_Q_07_Q_16_flows_are_told_apart_without_a_reg_id) {
  for (const bool has_instance : {true, false}) {
    World world;
    world.call(CallKind::register_);
    world.open(0);
    world.open(1);
    std::string contacts[2];
    std::string all;
    for (const std::uint32_t flow : {0u, 1u}) {
      const std::string request = world.frame(flow);
      contacts[flow] = listed(header(request, "Contact"), has_instance);
      all += "Contact: " + contacts[flow] + "\r\n";
      world.answer(flow, respond(request, 200, all));
    }
    world.own.clear();
    world.call(CallKind::query);
    const std::uint32_t asked = world.frames[0].empty() ? 1 : 0;
    world.answer(asked, respond(world.frame(asked), 200, all));
    EXPECT_EQ(world.own, (std::vector<bool>{true, true})) << has_instance;

    const OperationId removal = world.call(CallKind::unregister);
    const std::string first = world.frame(0);
    const std::string second = world.frame(1);
    world.answer(0, respond(first, 200, "Contact: " + contacts[1] + "\r\n"));
    world.answer(1, respond(second, 200));
    EXPECT_TRUE(world.outcome(removal)->confirmed) << has_instance;
    EXPECT_EQ(world.count(OutputKind::warning), 0u) << has_instance;
  }
}

TEST(SeveralFlows, OB_07_a_query_asks_once) {
  World world;
  world.registered();
  const OperationId operation = world.call(CallKind::query);
  EXPECT_EQ(world.frames[0].size() + world.frames[1].size(), 1u);
  const std::uint32_t asked = world.frames[0].empty() ? 1 : 0;
  world.answer(asked, respond(world.frame(asked), 200));
  EXPECT_NE(world.outcome(operation), nullptr);
}

TEST(SeveralFlows, OB_07_credentials_are_asked_for_once_and_serve_both) {
  World world;
  world.gives_credentials = false;
  world.call(CallKind::register_);
  world.open(0);
  world.open(1);
  world.answer(0, digest_challenge(world.frame(0), "a"));
  world.answer(1, digest_challenge(world.frame(1), "b"));
  ASSERT_EQ(world.count(OutputKind::credentials_wanted), 1u);
  const auto wanted =
      std::find_if(world.told.begin(), world.told.end(), [](const Told& each) {
        return each.kind == OutputKind::credentials_wanted;
      });
  world.give(wanted->challenge);
  EXPECT_EQ(parameter(header(world.frame(0), "Authorization"), "nonce"), "a");
  EXPECT_EQ(parameter(header(world.frame(1), "Authorization"), "nonce"), "b");
}

TEST(SeveralFlows, RSP_15_a_further_flow_without_outbound_is_given_up) {
  World world;
  world.call(CallKind::register_);
  world.open(0);
  world.open(1);
  world.answer(0, respond(world.frame(0), 439));
  const std::string plain = world.frame(0);
  EXPECT_EQ(header(plain, "Contact").find("reg-id"), std::string::npos);
  world.answer(0, accept(plain));
  world.answer(1, respond(world.frame(1), 439));
  EXPECT_TRUE(world.frames[1].empty());
  EXPECT_EQ(world.state, RegistrationState::registered);
  EXPECT_EQ(world.count(OutputKind::failed), 0u);
}

TEST(SeveralFlows, RSP_14_430_replaces_the_flow_that_it_came_over) {
  World world;
  world.registered();
  for (int i = 0; i < 2; ++i) {
    world.call(CallKind::refresh);
    world.answer(0, accept(world.frame(0)));
    world.answer(1, respond(world.frame(1), 430));
  }
  world.advance(0);
  EXPECT_EQ(world.flows.count(0), 1u);
  EXPECT_EQ(world.flows.count(1), 0u);
  EXPECT_EQ(world.state, RegistrationState::registered);
}

TEST(SeveralFlows, OB_08_a_flow_beside_another_waits_longer) {
  World world;
  world.registered();
  world.call(CallKind::refresh);
  world.answer(0, accept(world.frame(0), 86'400));
  world.answer(1, respond(world.frame(1), 500));
  // base 90 s, n = 1: 90 to 180 s, hastened by the binding's remaining 600 s
  world.advance(89'999);
  EXPECT_TRUE(world.frames[1].empty());
  world.advance(90'001);
  EXPECT_EQ(world.frames[1].size(), 1u);
}

TEST(SeveralFlows, WS_19_a_spare_server_stands_in) {
  World world(3, 2);
  world.call(CallKind::register_);
  world.open(0);
  world.refuse(1);
  world.open(2);
  world.answer(0, accept(world.frame(0)));
  const std::string second = world.frame(2);
  EXPECT_NE(header(second, "Contact").find(";reg-id=2"), std::string::npos);
  world.answer(2, accept(second));
  EXPECT_EQ(world.count(OutputKind::registered), 2u);
}

TEST(SeveralFlows, OB_07_a_spare_server_stands_in_for_one_flow_only) {
  World world(3, 2);
  world.registered();
  world.advance(60'000);
  world.drop(0);
  world.drop(1);
  world.advance(2'000);
  world.refuse(0);
  world.refuse(1);
  std::set<std::uint32_t> servers;
  for (const auto& [flow, server] : world.wanted) servers.insert(server);
  EXPECT_TRUE(servers.contains(2));
  EXPECT_EQ(servers.size(), world.wanted.size());
}

// Alice with two flows, and bob who shares the first connection and has no
// other. Some of the servers may be down.
struct SharedConnection {
  explicit SharedConnection(std::uint32_t servers) : world(client(servers)) {
    world.auto_open = false;
    RegistrationOptions options = testing::alice();
    options.flows = 2;
    alice = world.create(options);
    options.aor = "sip:bob@example.com";
    options.flows = 1;
    bob = world.create(options);
    world.call(alice, CallKind::register_);
    world.call(bob, CallKind::register_);
  }
  static ClientOptions client(std::uint32_t servers) {
    ClientOptions client;
    client.servers = servers;
    client.keep_alive.on = false;
    return client;
  }

  [[nodiscard]] std::uint32_t server_of(FlowId flow) const {
    return world.connects[flow - 1];
  }
  // Sockets open and REGISTERs are accepted, second by second.
  void run(int seconds) {
    for (; seconds > 0; --seconds) {
      for (const auto& [flow, is_open] : std::map(world.sockets())) {
        const bool is_up = !down.contains(server_of(flow));
        if (is_open && !is_up) world.drop(1006, flow);
        if (!is_open) is_up ? world.open(flow) : world.refuse(flow);
      }
      while (!world.frames.empty()) {
        const std::string frame = world.next_frame();
        if (world.sockets().contains(world.frame_sent_on)) {
          world.receive(accept(frame), world.frame_sent_on);
        }
      }
      world.advance(1'000);
    }
  }
  // Of the open sockets.
  [[nodiscard]] std::multiset<std::uint32_t> servers() const {
    std::multiset<std::uint32_t> servers;
    for (const auto& [flow, is_open] : world.sockets()) {
      if (is_open) servers.insert(server_of(flow));
    }
    return servers;
  }

  Simulation world;
  RegistrationId alice = 0;
  RegistrationId bob = 0;
  std::set<std::uint32_t> down;
};

using Servers = std::multiset<std::uint32_t>;

TEST(SeveralFlows, OB_07_flows_part_again_after_a_server_was_away) {
  SharedConnection host(2);
  Simulation& world = host.world;
  host.run(60);
  EXPECT_EQ(host.servers(), (Servers{0, 1}));
  host.down = {0};
  host.run(60);
  EXPECT_EQ(host.servers(), (Servers{1}));
  EXPECT_EQ(world.state(host.alice), RegistrationState::registered);
  EXPECT_EQ(world.state(host.bob), RegistrationState::registered);
  host.down.clear();
  host.run(120);
  EXPECT_EQ(host.servers(), (Servers{0, 1}));
  EXPECT_EQ(world.state(host.bob), RegistrationState::registered);
  std::map<std::string, std::uint32_t> last;  // server, by Contact
  for (std::size_t i = 0; i < world.all_frames.size(); ++i) {
    const std::string& frame = world.all_frames[i];
    if (header(frame, "To") != "<sip:alice@example.com>") continue;
    last[parameter(header(frame, "Contact"), "reg-id")] =
        host.server_of(world.frame_flows[i]);
  }
  EXPECT_EQ(last.size(), 2u);
  EXPECT_NE(last["1"], last["2"]);
}

TEST(SeveralFlows, OB_07_a_shared_connection_leaves_the_others_theirs) {
  SharedConnection host(3);
  host.run(60);
  host.down = {1};
  host.run(60);
  host.down.clear();
  host.run(600);  // server 1 has cooled down
  ASSERT_EQ(host.servers(), (Servers{0, 2}));
  host.down = {0};
  const auto before = host.world.connects.size();
  host.run(60);
  EXPECT_EQ(host.servers(), (Servers{1, 2}));
  EXPECT_EQ(std::count(host.world.connects.begin() + before,
                       host.world.connects.end(), 2u),
            0)
      << "the other flow had to make way";
}

TEST(SeveralFlows, OB_07_to_make_way_is_no_failure) {
  SharedConnection host(2);
  Simulation& world = host.world;
  host.down = {0};
  host.run(2);  // both were given to server 1, and the other made way
  ASSERT_EQ(host.servers(), (Servers{1}));
  ASSERT_EQ(world.state(host.bob), RegistrationState::registered);
  ASSERT_TRUE(world.socket_wanted());
  world.refuse();
  const Millis refused_at = world.now();
  world.advance(3'000);
  EXPECT_EQ(world.connects.back(), 0u);
  EXPECT_LE(world.connect_times.back() - refused_at, 2'000);  // its first
  EXPECT_GT(world.connect_times.back(), refused_at);
}

TEST(SeveralFlows, OB_02_reg_ids_do_not_collide_within_an_agent) {
  World world;
  RegistrationId other = 0;
  RegistrationOptions options = world.options;
  options.flows = 1;
  EXPECT_TRUE(world.agent.create(options, other).ok());
  EXPECT_EQ(world.agent.reg_id(world.id), 1u);
  EXPECT_EQ(world.agent.reg_id(other), 3u);
  options.aor = "sip:bob@example.com";
  EXPECT_TRUE(world.agent.create(options, other).ok());
  EXPECT_EQ(world.agent.reg_id(other), 1u);
  EXPECT_TRUE(world.agent.remove(world.now, world.id).ok());
  options.aor = "sip:alice@EXAMPLE.com";
  EXPECT_TRUE(world.agent.create(options, other).ok());
  EXPECT_EQ(world.agent.reg_id(other), 1u);
}

TEST(SeveralFlows, API_07_remove_ends_every_flow_at_once) {
  World world;
  const OperationId operation = world.call(CallKind::register_);
  world.open(0);
  EXPECT_TRUE(world.agent.remove(world.now, world.id).ok());
  world.poll();
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::removed);
  EXPECT_EQ(world.state, RegistrationState::removed);
  Call call;
  EXPECT_EQ(world.agent.call(world.now, world.id, 99, call).error,
            Error::unknown_registration);
  EXPECT_EQ(world.agent.call(world.now, world.id + 1, 99, call).error,
            Error::unknown_registration);
}

TEST(SeveralFlows, API_07_close_settles_every_call) {
  World world;
  const OperationId operation = world.call(CallKind::register_);
  world.open(1);
  world.agent.close(world.now);
  world.poll();
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::closed);
}

TEST(SeveralFlows, OB_07_more_flows_than_servers_are_refused) {
  World world;
  RegistrationOptions options = world.options;
  RegistrationId id = 0;
  options.flows = 3;
  EXPECT_EQ(world.agent.create(options, id).option, "outbound.flows");
  options.outbound = false;
  EXPECT_TRUE(world.agent.create(options, id).ok());
}

// The properties that a host sees on the way from registered to removed.
TEST(SeveralFlows, API_07_the_flows_end_together) {
  for (const bool closes : {false, true}) {
    World world;
    world.registered();
    const std::size_t before = world.told.size();
    if (closes) {
      world.agent.close(world.now);
    } else {
      EXPECT_TRUE(world.agent.remove(world.now, world.id).ok());
    }
    world.poll();
    for (std::size_t i = before; i < world.told.size(); ++i) {
      if (world.told[i].kind != OutputKind::registration) continue;
      EXPECT_EQ(world.told[i].state, RegistrationState::removed);
    }
    EXPECT_EQ(world.state, RegistrationState::removed);
  }
}

TEST(SeveralFlows, API_02_a_retry_is_told_when_nobody_has_another_turn) {
  World world;
  world.call(CallKind::register_);
  world.refuse(0);
  EXPECT_EQ(world.state, RegistrationState::connecting);
  EXPECT_EQ(world.count(OutputKind::retry), 0u);
  world.refuse(1);
  EXPECT_EQ(world.state, RegistrationState::waiting);
  EXPECT_EQ(world.count(OutputKind::retry), 1u);
}

// It waits for a socket while another flow has registered again.
TEST(SeveralFlows,
     UNR_02_a_removal_of_all_that_fails_late_leaves_nobody_stuck) {
  World world;
  world.call(CallKind::register_);
  world.open(1);  // the other flow's socket stays shut
  world.answer(1, respond(world.frame(1), 403));
  const OperationId removal = world.call(CallKind::unregister_all);
  world.call(CallKind::register_);
  for (int second = 0; second < 60; ++second) {
    while (!world.frames[1].empty()) {
      const std::string frame = world.frame(1);
      world.answer(1, header(frame, "Expires") == "0" ? respond(frame, 503)
                                                      : accept(frame));
    }
    world.advance(1'000);
  }
  EXPECT_NE(world.outcome(removal), nullptr);
  EXPECT_TRUE(world.bound);
  EXPECT_EQ(world.state, RegistrationState::registered);
}

}  // namespace
}  // namespace sipreg::testing
