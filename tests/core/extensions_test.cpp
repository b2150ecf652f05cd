// Extensions: what is left out when a server refuses it, push (RFC 8599), GRUU
// (RFC 5627), and what an edge proxy says of a flow.
#include <gtest/gtest.h>

#include "simulation.h"

namespace sipreg::testing {
namespace {

std::string refuse(Simulation& world, int status, std::string_view rows) {
  const std::string request = world.next_frame();
  world.receive(respond(request, status, rows));
  return request;
}

TEST(Extensions, RSP_12_what_was_left_out_and_is_required_comes_back_once) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  refuse(world, 420, "Unsupported: outbound\r\n");
  const std::string without = refuse(world, 421, "Require: outbound\r\n");
  EXPECT_EQ(header(without, "Supported"), "path, gruu");
  const std::string with = refuse(world, 420, "Unsupported: outbound\r\n");
  EXPECT_EQ(header(with, "Supported"), "path, gruu, outbound");
  EXPECT_NE(header(with, "Contact").find(";reg-id=1"), std::string::npos);
  refuse(world, 421, "Require: outbound\r\n");
  ASSERT_NE(world.outcome(operation), nullptr);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::rejected);
  EXPECT_EQ(world.outcome(operation)->status, 421);
  EXPECT_EQ(world.state(id), RegistrationState::failed);
}

TEST(Extensions, RSP_12_what_is_switched_off_stays_off) {
  for (const std::string_view tag : {"outbound", "gruu", "100rel"}) {
    Simulation world;
    RegistrationOptions options;
    options.aor = "sip:alice@example.com";
    options.outbound = options.gruu = false;
    const RegistrationId id = world.create(options);
    const OperationId operation = world.call(id, CallKind::register_);
    refuse(world, 421, "Require: " + std::string(tag) + "\r\n");
    ASSERT_NE(world.outcome(operation), nullptr) << tag;
    EXPECT_EQ(world.outcome(operation)->status, 421);
    EXPECT_FALSE(world.outcome(operation)->retryable);
    EXPECT_EQ(world.all_frames.size(), 1u);
  }
}

TEST(Extensions, RSP_15_what_one_server_refused_another_is_offered) {
  ClientOptions options;
  options.servers = 2;
  Simulation world(options);
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  refuse(world, 439, {});
  const std::string repaired = world.next_frame();
  EXPECT_EQ(header(repaired, "Supported"), "path, gruu");
  EXPECT_EQ(header(repaired, "Contact").find("reg-id"), std::string::npos);
  world.receive(accept(repaired));
  const OperationId refresh = world.call(id, CallKind::refresh);
  const std::string same = world.next_frame();
  EXPECT_EQ(header(same, "Supported"), "path, gruu");
  world.receive(accept(same));
  ASSERT_NE(world.outcome(refresh), nullptr);
  world.auto_open = false;
  world.drop();
  world.advance(3'000);
  world.open();
  EXPECT_EQ(world.connects.back(), 1u);
  EXPECT_EQ(header(world.next_frame(), "Supported"), "path, gruu, outbound");
}

TEST(Extensions, RSP_14_the_second_430_in_a_row_replaces_the_flow) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.call(id, CallKind::refresh);
  refuse(world, 430, {});
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  EXPECT_TRUE(world.socket_open());
  EXPECT_TRUE(world.last(OutputKind::retry)->retryable);
  const std::size_t connects = world.connects.size();
  world.call(id, CallKind::refresh);
  refuse(world, 430, {});
  world.advance(5'000);
  EXPECT_EQ(world.connects.size(), connects + 1);
}

TEST(Extensions, RSP_14_another_answer_between_two_430s_keeps_the_flow) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::size_t connects = world.connects.size();
  for (const int status : {430, 500, 430}) {
    world.call(id, CallKind::refresh);
    refuse(world, status, {});
  }
  world.advance(5'000);
  EXPECT_EQ(world.connects.size(), connects);
}

TEST(Requests, UAS_02_what_requires_the_unknown_is_420) {
  struct Case {
    std::string_view method;
    std::string_view require;
    std::string_view status_line;
    std::string_view unsupported;
  };
  constexpr Case cases[] = {
      {"OPTIONS", "foo, path, bar", "SIP/2.0 420 Bad Extension", "foo, bar"},
      {"INVITE", "100rel", "SIP/2.0 420 Bad Extension", "100rel"},
      {"OPTIONS", "outbound", "SIP/2.0 200 OK", ""},
      {"MESSAGE", "foo", "SIP/2.0 405 Method Not Allowed", ""},
      {"CANCEL", "foo", "SIP/2.0 481 Call/Transaction Does Not Exist", ""},
  };
  for (const Case& each : cases) {
    Simulation world;
    world.registered();
    const std::string method(each.method);
    world.receive(method +
                  " sip:alice@a.invalid SIP/2.0\r\n"
                  "Via: SIP/2.0/WSS edge.example.com;branch=z9hG4bK1\r\n"
                  "From: <sip:edge@example.com>;tag=1\r\n"
                  "To: <sip:alice@example.com>\r\nCall-ID: 1\r\n"
                  "CSeq: 1 " +
                  method + "\r\nRequire: " + std::string(each.require) +
                  "\r\n\r\n");
    const std::string answer = world.next_frame();
    EXPECT_EQ(answer.substr(0, answer.find('\r')), each.status_line);
    EXPECT_EQ(header(answer, "Unsupported"), each.unsupported) << each.method;
  }
}

// ------------------------------------------------------------------- push

RegistrationOptions with_push() {
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  options.push.provider = "webpush";
  options.push.prid = "https://push.example.net/1?a=b";
  return options;
}

Seen register_with(std::string_view feature_caps,
                   const RegistrationOptions& options, int expires = 3600) {
  Simulation world;
  const RegistrationId id = world.create(options);
  const OperationId operation = world.call(id, CallKind::register_);
  std::string answer = accept(world.next_frame(), expires);
  answer.insert(answer.find("\r\n") + 2, feature_caps);
  world.receive(answer);
  Seen seen = *world.outcome(operation);
  seen.refresh_at = world.properties(id)->refresh_at - world.wall();
  return seen;
}

TEST(Push, FC_01_feature_caps_with_and_without_the_star) {
  for (const std::string_view row :
       {"Feature-Caps: *;+sip.pns=\"webpush\";+sip.vapid=\"BAbc\"\r\n",
        "Feature-Caps: +sip.pns=\"WebPush\";+sip.vapid=\"BAbc\"\r\n",
        "Feature-Caps: *;+sip.other, *;+sip.pns=\"webpush\"\r\n"
        "feature-caps: *;+sip.vapid=\"BAbc\"\r\n"}) {
    const Seen seen = register_with(row, with_push());
    ASSERT_TRUE(seen.push) << row;
    EXPECT_TRUE(seen.push->accepted) << row;
    EXPECT_EQ(seen.vapid, "BAbc") << row;
  }
}

TEST(Push, PN_03_without_a_matching_provider_no_push_is_expected) {
  for (const std::string_view row :
       {"", "Feature-Caps: *;+sip.pns=\"fcm\"\r\n", "Feature-Caps: *\r\n",
        "Feature-Caps: *;+sip.pns\r\n", "Feature-Caps: ;;=\"\r\n"}) {
    const Seen seen = register_with(row, with_push());
    ASSERT_TRUE(seen.push) << row;
    EXPECT_FALSE(seen.push->accepted) << row;
  }
}

TEST(Push, PN_03_nothing_is_said_of_push_that_was_not_asked_for) {
  RegistrationOptions options;
  options.aor = "sip:alice@example.com";
  EXPECT_FALSE(
      register_with("Feature-Caps: *;+sip.pns=\"webpush\"\r\n", options).push);
}

TEST(Push, PN_04_the_refresh_leaves_the_registrar_the_time_it_wants) {
  const std::string_view row =
      "Feature-Caps: *;+sip.pns=\"webpush\";+sip.pnsreg=\"1200\"\r\n";
  for (const RefreshPolicy policy :
       {RefreshPolicy::adaptive, RefreshPolicy::percent,
        RefreshPolicy::margin}) {
    RegistrationOptions options = with_push();
    options.refresh = {policy, 90};
    const Seen seen = register_with(row, options);
    EXPECT_EQ(seen.push->pnsreg, 1200u);
    EXPECT_LE(seen.refresh_at, (3600 - 1200) * 1000);
    EXPECT_GE(seen.refresh_at, 1800 * 1000);
  }
}

TEST(Push, PN_04_more_time_than_half_the_lifetime_is_granted) {
  const Seen seen = register_with(
      "Feature-Caps: *;+sip.pns=\"webpush\";+sip.pnsreg=\"200\"\r\n",
      with_push(), 300);
  EXPECT_EQ(seen.refresh_at, 100'000);
}

TEST(Push, PN_04_more_time_than_there_is_is_half_of_the_lifetime) {
  const Seen seen = register_with(
      "Feature-Caps: *;+sip.pns=\"webpush\";+sip.pnsreg=\"9999\"\r\n",
      with_push(), 600);
  EXPECT_EQ(seen.refresh_at, 300'000);
}

TEST(Push, PN_04_whoever_refreshes_by_itself_says_so) {
  for (const RefreshPolicy policy :
       {RefreshPolicy::adaptive, RefreshPolicy::off}) {
    Simulation world;
    RegistrationOptions options = with_push();
    options.refresh.policy = policy;
    world.call(world.create(options), CallKind::register_);
    const std::string contact = header(world.next_frame(), "Contact");
    EXPECT_EQ(contact.find(";+sip.pnsreg") != std::string::npos,
              policy != RefreshPolicy::off);
    EXPECT_LT(contact.find("pn-prid="), contact.find('>'));
  }
}

TEST(Push, PN_01_the_parameters_are_escaped_inside_the_brackets) {
  Simulation world;
  world.call(world.create(with_push()), CallKind::register_);
  EXPECT_NE(header(world.next_frame(), "Contact")
                .find(";pn-provider=webpush;pn-prid=https://push.example.net/"
                      "1%3Fa%3Db>"),
            std::string::npos);
}

TEST(Push, PN_02_webpush_takes_no_param) {
  Simulation world;
  RegistrationOptions options = with_push();
  options.push.param = "x";
  RegistrationId id = 0;
  EXPECT_EQ(world.agent.create(options, id).option, "push.param");
  options.push.provider = "apns";
  EXPECT_TRUE(world.agent.create(options, id).ok());
}

TEST(Push, PN_05_a_push_is_answered_with_a_refresh_over_a_new_flow) {
  Simulation world;
  const RegistrationId id = world.registered();
  world.auto_open = false;
  world.drop();
  const OperationId refresh = world.call(id, CallKind::refresh);
  EXPECT_TRUE(world.frames.empty());
  world.open();  // connect first
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(refresh)->kind, OutputKind::operation_done);
}

TEST(Push, RSP_19_a_push_service_that_is_refused_is_final) {
  Simulation world;
  const RegistrationId id = world.create(with_push());
  const OperationId operation = world.call(id, CallKind::register_);
  refuse(world, 555, "Retry-After: 5\r\n");
  EXPECT_EQ(world.outcome(operation)->status, 555);
  EXPECT_FALSE(world.outcome(operation)->retryable);
  world.advance(3'600'000);
  EXPECT_EQ(world.all_frames.size(), 1u);
}

// What is told of a 2xx outlives the options that the next request changes.
TEST(Push, PN_01_a_success_names_the_contact_that_it_is_of) {
  Simulation world;
  const RegistrationId id = world.registered();
  const std::string contact = world.last(OutputKind::registered)->contact;
  world.call(id, CallKind::refresh);
  const std::string request = world.next_frame();
  UpdateOptions update;
  update.push = PushOptions{"webpush", "https://push.example.net/1", {}};
  ASSERT_TRUE(world.agent.update(id, update).ok());
  Call other;
  other.expires = 60;  // another lifetime: it waits for the end of the first
  world.call(id, other);
  world.receive(accept(request));
  EXPECT_EQ(world.last(OutputKind::refreshed)->contact, contact);
  EXPECT_NE(header(world.next_frame(), "Contact").find(";pn-provider=webpush"),
            std::string::npos);
}

// Registered at one that goes by the URI, and its next REGISTER has another.
struct Moving {
  Moving() {
    RegistrationOptions options = with_push();
    options.outbound = options.gruu = false;
    options.has_credentials = true;
    id = world.create(options);
    world.call(id, CallKind::register_);
    const std::string frame = world.next_frame();
    bound = contacts(frame).front();
    world.receive(accept(frame));
    push("https://push.example.net/2");
    world.call(id, CallKind::refresh);
  }
  void push(std::string_view prid) {
    UpdateOptions update;
    update.push = PushOptions{"webpush", prid, {}};
    EXPECT_TRUE(world.agent.update(id, update).ok());
  }
  // "<URI>;expires=…" of each.
  static std::vector<std::string> contacts(const std::string& frame) {
    std::vector<std::string> rows;
    constexpr std::string_view name = "\r\nContact: ";
    for (std::size_t at = frame.find(name); at != frame.npos;
         at = frame.find(name, at + 1)) {
      const std::size_t begin = at + name.size();
      const std::string row =
          frame.substr(begin, frame.find('\r', begin) - begin);
      rows.push_back(row.substr(0, row.find('>') + 1) +
                     row.substr(row.find(";expires=")));
    }
    return rows;
  }

  // The old one, removed.
  [[nodiscard]] std::string gone() const {
    return bound.substr(0, bound.find('>') + 1) + ";expires=0";
  }

  Simulation world;
  RegistrationId id = 0;
  std::string bound;
};

TEST(Push, PN_01_UNR_01_another_contact_takes_the_place_of_the_old) {
  Moving moving;
  Simulation& world = moving.world;
  const std::string frame = world.next_frame();
  const std::vector<std::string> both = Moving::contacts(frame);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_NE(both[0].find("net/2>;expires=600"), std::string::npos) << both[0];
  EXPECT_EQ(both[1], moving.gone());
  world.receive(digest_challenge(frame, "n"));
  const std::string again = world.next_frame();
  EXPECT_EQ(Moving::contacts(again), both);
  world.receive(accept(again));
  world.call(moving.id, CallKind::refresh);
  EXPECT_EQ(Moving::contacts(world.next_frame()).size(), 1u);
}

TEST(Push, PN_01_OB_05_with_outbound_in_force_nothing_else_is_named) {
  Simulation world;
  const RegistrationId id = world.create(with_push());
  world.call(id, CallKind::register_);
  const std::string frame = world.next_frame();
  world.receive(respond(
      frame, 200,
      "Require: outbound\r\nContact: " + header(frame, "Contact") + "\r\n"));
  UpdateOptions update;
  update.push = PushOptions{"webpush", "https://push.example.net/2", {}};
  ASSERT_TRUE(world.agent.update(id, update).ok());
  world.call(id, CallKind::refresh);
  EXPECT_EQ(Moving::contacts(world.next_frame()).size(), 1u);
}

TEST(Push, PN_01_UNR_03_until_then_a_removal_is_of_both) {
  Moving moving;
  Simulation& world = moving.world;
  world.receive(respond(world.next_frame(), 500));
  world.call(moving.id, CallKind::unregister);
  const std::vector<std::string> both = Moving::contacts(world.next_frame());
  ASSERT_EQ(both.size(), 2u);
  EXPECT_NE(both[0].find("net/2>;expires=0"), std::string::npos) << both[0];
  EXPECT_EQ(both[1], moving.gone());
}

TEST(Push, PN_01_back_at_the_old_contact_it_is_not_removed) {
  Moving moving;
  moving.world.receive(respond(moving.world.next_frame(), 500));
  moving.push("https://push.example.net/1?a=b");
  moving.world.call(moving.id, CallKind::refresh);
  EXPECT_EQ(Moving::contacts(moving.world.next_frame()),
            std::vector<std::string>{moving.bound});
}

// -------------------------------------------------------------------- GRUU

TEST(Gruu, GRU_03_a_failed_refresh_leaves_the_gruu_and_a_new_one_replaces_it) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const auto grant = [&world](std::string_view gruu) {
    std::string answer = accept(world.next_frame());
    const std::string contact = header(answer, "Contact");
    answer.insert(answer.find(contact) + contact.size(), gruu);
    world.receive(answer);
  };
  grant(";pub-gruu=\"sip:alice@example.com;gr=1\"");
  EXPECT_EQ(world.last(OutputKind::registered)->pub_gruu,
            "sip:alice@example.com;gr=1");
  world.call(id, CallKind::refresh);
  refuse(world, 500, {});
  EXPECT_TRUE(world.bound(id));
  world.call(id, CallKind::refresh);
  const std::string again = world.all_frames.back();
  EXPECT_EQ(header(again, "Contact").find("gr=1"), std::string::npos);
  grant(";pub-gruu=\"sip:alice@example.com;gr=2\"");
  EXPECT_EQ(world.last(OutputKind::refreshed)->pub_gruu,
            "sip:alice@example.com;gr=2");
}

// ---------------------------------------------------------------- weak digest

TEST(WeakDigest, SEC_04_md5_is_warned_of_once) {
  Simulation world;
  const RegistrationId id = world.registered();
  const auto warnings = [&world] {
    return std::count_if(world.outputs.begin(), world.outputs.end(),
                         [](const Seen& seen) {
                           return seen.kind == OutputKind::warning &&
                                  seen.warning == "weak-digest";
                         });
  };
  EXPECT_EQ(warnings(), 1);
  world.call(id, CallKind::refresh);
  refuse(world, 401,
         "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n2\", "
         "stale=true\r\n");
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(warnings(), 1);
}

TEST(WeakDigest, SEC_04_sha_256_is_not) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  refuse(world, 401,
         "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n1\", "
         "algorithm=SHA-256, qop=\"auth\"\r\n");
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), RegistrationState::registered);
  EXPECT_EQ(world.count(OutputKind::warning), 0u);
}

}  // namespace
}  // namespace sipreg::testing
