// What a registration makes of the answers of real servers (tests/servers).
#include <gtest/gtest.h>

#include "recording.h"
#include "simulation.h"

namespace sipreg::testing {
namespace {

using State = RegistrationState;

// A registration that has asked, and the server's answers.
struct Exchange {
  explicit Exchange(const std::string& server,
                    const RegistrationOptions& options = alice())
      : recording(server) {
    id = world.create(options);
    call(CallKind::register_);
  }

  void call(CallKind kind) { operation = world.call(id, kind); }

  // Takes the next request and gives this answer.
  std::string answer(const std::string& heading, const Values& values = {}) {
    const std::string request = world.next_frame();
    world.receive(recording.answer(heading, request, values));
    return request;
  }

  // A request of the server's own.
  void request(const std::string& heading) {
    world.receive(recording.answer(heading, world.all_frames.front()));
  }

  [[nodiscard]] const Seen& outcome() const {
    static const Seen pending{};
    const Seen* seen = world.outcome(operation);
    EXPECT_NE(seen, nullptr) << "left pending";
    return seen == nullptr ? pending : *seen;
  }

  Recording recording;
  Simulation world;
  RegistrationId id = 0;
  OperationId operation = 0;
};

// A client that shows neither instance nor reg-id.
RegistrationOptions plain() {
  RegistrationOptions options = alice();
  options.outbound = false;
  options.gruu = false;
  return options;
}

TEST(Kamailio, Q_01_all_bindings_in_one_row) {
  Exchange run("kamailio");
  run.answer("200, all bindings in one row");
  EXPECT_EQ(run.world.state(run.id), State::registered);
  EXPECT_EQ(run.outcome().expires, 540u);
  EXPECT_TRUE(run.outcome().outbound);
  ASSERT_EQ(run.outcome().bindings.size(), 2u);
  EXPECT_EQ(run.outcome().bindings[0], "other sip:alice@192.0.2.4:5060 3321");
  EXPECT_TRUE(run.outcome().bindings[1].starts_with("own "));
  EXPECT_EQ(run.outcome().pub_gruu,
            "sip:alice@example.com;gr=urn:uuid:00000000-0000-4000-8000-"
            "000000000001");
  EXPECT_EQ(run.outcome().temp_gruu, "sip:uloc-6-2@example.com;gr");
}

TEST(Kamailio, Q_02_an_alias_in_our_contact) {
  Exchange run("kamailio", plain());
  run.answer("200, with an alias");
  EXPECT_EQ(run.outcome().expires, 600u);
  EXPECT_FALSE(run.world.warned("no-own-contact"));
  const std::string contact = header(run.world.all_frames.back(), "Contact");
  run.call(CallKind::refresh);
  EXPECT_EQ(header(run.answer("200, with an alias"), "Contact"), contact)
      << "the alias is the server's, not ours";
  EXPECT_EQ(run.world.state(run.id), State::registered);
}

TEST(Kamailio, Q_03_423_is_answered_with_what_it_wants) {
  Exchange run("kamailio");
  run.answer("423");
  EXPECT_EQ(header(run.answer("200, all bindings in one row"), "Expires"),
            "900");
  EXPECT_EQ(run.world.state(run.id), State::registered);
}

TEST(Kamailio, Q_03_420_and_439_end_outbound_for_good) {
  for (const char* heading : {"420 outbound", "439"}) {
    Exchange run("kamailio");
    run.answer(heading);
    const std::string second = run.answer("200, with an alias");
    EXPECT_EQ(header(second, "Supported"), "path, gruu") << heading;
    EXPECT_EQ(header(second, "Contact").find("reg-id"), std::string::npos);
    EXPECT_EQ(run.world.state(run.id), State::registered);
    run.call(CallKind::refresh);
    EXPECT_EQ(header(run.world.next_frame(), "Supported"), "path, gruu");
  }
}

TEST(Kamailio, Q_03_421_is_final_for_who_has_outbound_switched_off) {
  Exchange run("kamailio", plain());
  run.answer("421 outbound");
  EXPECT_EQ(run.outcome().status, 421);
  EXPECT_EQ(run.world.state(run.id), State::failed);
}

TEST(Kamailio, Q_03_503_is_waited_for) {
  Exchange run("kamailio");
  run.answer("503 too many contacts");
  EXPECT_TRUE(run.outcome().retryable);
  const auto& headers = run.outcome().headers;
  EXPECT_NE(std::find(headers.begin(), headers.end(),
                      "P-Registrar-Error: Too many registered contacts"),
            headers.end());
  const Millis since = run.world.now();
  (void)run.world.await_frame();
  EXPECT_GE(run.world.frame_sent_at - since, 120'000);
}

TEST(Kamailio, Q_03_400_is_final_and_leaves_nothing_here) {
  Exchange run("kamailio");
  run.answer("200, all bindings in one row");
  run.call(CallKind::unregister_all);
  run.answer("400 star");
  EXPECT_EQ(run.outcome().status, 400);
  EXPECT_EQ(run.world.state(run.id), State::unregistered);
}

TEST(Kamailio, Q_03_a_cseq_out_of_order_is_200_with_the_time_left) {
  Exchange run("kamailio");
  run.answer("200, CSeq out of order");
  EXPECT_EQ(run.outcome().expires, 431u);
  EXPECT_EQ(run.world.state(run.id), State::registered);
  EXPECT_LE(run.world.properties(run.id)->expires_at,
            run.world.wall() + 431'000);
}

TEST(Kamailio, Q_04_answers_to_pings_and_to_pongs_make_no_loop) {
  Exchange run("kamailio");
  run.answer("200, all bindings in one row");
  for (int i = 0; i < 1'000; ++i) run.world.receive("\r\n");
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.agent.statistics().dropped, 0u);
  EXPECT_TRUE(run.world.socket_open());
}

TEST(Kamailio, Q_05_options_with_another_transport_in_its_via) {
  Exchange run("kamailio");
  run.answer("200, all bindings in one row");
  run.request("OPTIONS of nathelper");
  const std::string answer = run.world.next_frame();
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200 OK\r\n"));
  EXPECT_EQ(header(answer, "Via"),
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK3214.0a1b2c3d000000000000"
            "000000000000.0");
}

TEST(Kamailio, Q_06_nonces_for_one_use_cost_two_round_trips) {
  Exchange run("kamailio");
  int nonce = 0;
  const auto answer_401 = [&] {
    run.answer("401 stale", {{"nonce", "Zm9v" + std::to_string(++nonce)}});
  };
  answer_401();
  run.answer("200, all bindings in one row");
  for (int i = 0; i < 20; ++i) {
    run.call(CallKind::refresh);
    answer_401();
    run.answer("200, all bindings in one row");
    EXPECT_EQ(run.outcome().kind, OutputKind::operation_done);
    EXPECT_TRUE(run.world.frames.empty());
  }
  EXPECT_EQ(run.world.all_frames.size(), 42u);
  EXPECT_EQ(run.world.count(OutputKind::credentials_wanted), 1u);
}

TEST(Asterisk, Q_07_static_contacts_and_other_devices) {
  Exchange run("asterisk");
  run.answer("200, static contacts and other devices");
  EXPECT_EQ(run.outcome().expires, 599u);
  EXPECT_FALSE(run.outcome().outbound);
  EXPECT_FALSE(run.world.warned("no-own-contact"));
  ASSERT_EQ(run.outcome().bindings.size(), 3u);
  EXPECT_EQ(run.outcome().bindings[0], "other sip:trunk@192.0.2.9:5060 none");
  EXPECT_TRUE(run.outcome().bindings[2].starts_with("own "));
  // A lifetime a second short is none to ask for.
  EXPECT_EQ(header(run.world.await_frame(), "Expires"), "600");
}

TEST(Asterisk, Q_08_our_host_rewritten) {
  Exchange run("asterisk");
  run.answer("200, our host rewritten");
  EXPECT_EQ(run.outcome().expires, 599u);
  EXPECT_EQ(run.world.state(run.id), State::registered);
  EXPECT_FALSE(run.world.warned("no-own-contact"));
}

TEST(Asterisk, Q_08_nothing_of_ours_left) {
  Exchange run("asterisk");
  run.answer("200, nothing of ours left");
  EXPECT_EQ(run.outcome().expires, 599u);
  EXPECT_EQ(run.world.state(run.id), State::registered);
  EXPECT_TRUE(run.world.warned("no-own-contact"));
  const std::string contact = header(run.world.all_frames.back(), "Contact");
  run.call(CallKind::refresh);
  EXPECT_EQ(header(run.world.next_frame(), "Contact"), contact);
}

TEST(Asterisk, Q_09_lifetimes_raised_and_cut_without_423) {
  for (const auto& [heading, granted] :
       {std::pair{"200, lifetime raised", 3'599u},
        {"200, lifetime cut", 119u}}) {
    Exchange run("asterisk");
    run.answer(heading);
    EXPECT_EQ(run.outcome().expires, granted);
    const std::string refresh = run.world.await_frame();
    EXPECT_EQ(header(refresh, "Expires"), "600") << "what the user wants";
    EXPECT_TRUE(run.world.bound(run.id)) << "refreshed in time";
  }
}

TEST(Asterisk, Q_09_403_and_404_are_final) {
  for (const char* heading : {"403", "404"}) {
    Exchange run("asterisk");
    run.answer(heading);
    EXPECT_EQ(run.world.state(run.id), State::failed);
    EXPECT_EQ(run.outcome().status, heading[2] - '0' + 400);
    run.world.advance(10'000'000);
    EXPECT_TRUE(run.world.frames.empty());
  }
}

TEST(Asterisk, Q_09_420_goes_again_without_path) {
  Exchange run("asterisk");
  run.answer("420 path");
  const std::string second =
      run.answer("200, static contacts and other devices");
  EXPECT_EQ(header(second, "Supported"), "gruu, outbound");
  EXPECT_EQ(run.world.state(run.id), State::registered);
}

TEST(Asterisk, Q_10_two_algorithms_and_stale_on_the_first_answer) {
  Exchange run("asterisk");
  run.answer("401");
  std::string row =
      header(run.answer("401 stale on the first answer"), "Authorization");
  EXPECT_EQ(parameter(row, "nonce"), "1732270272/6d9f0a1b");
  EXPECT_EQ(parameter(row, "opaque"), "2d6cf2bd76b7b4d3");
  EXPECT_EQ(parameter(row, "algorithm"), "SHA-256");
  row = header(run.answer("200, static contacts and other devices"),
               "Authorization");
  EXPECT_EQ(parameter(row, "nonce"), "1732270273/11aa22bb");
  EXPECT_EQ(parameter(row, "opaque"), "0f1e2d3c4b5a6978");
  EXPECT_EQ(parameter(row, "nc"), "00000001");
  EXPECT_EQ(run.world.state(run.id), State::registered);
  EXPECT_EQ(run.world.count(OutputKind::credentials_wanted), 1u);
}

TEST(Asterisk, Q_11_pings_are_answered_and_blank_frames_are_nothing) {
  Exchange run("asterisk");
  run.answer("200, static contacts and other devices");
  run.world.receive("\r\n\r\n");
  EXPECT_EQ(run.world.next_frame(), "\r\n");
  for (const std::string& frame : {std::string(), std::string("  "),
                                   std::string(3, '\0'), std::string("\t")}) {
    run.world.receive(frame);
  }
  EXPECT_TRUE(run.world.frames.empty());
  EXPECT_EQ(run.world.agent.statistics().dropped, 0u);
  run.request("OPTIONS of qualify");
  EXPECT_TRUE(run.world.next_frame().starts_with("SIP/2.0 200 OK\r\n"));
}

TEST(FreeSwitch, Q_12_its_own_lifetime_each_time) {
  Exchange run("freeswitch");
  const auto answer = [&run](std::uint32_t granted) {
    run.answer("200", {{"granted", std::to_string(granted)}});
    EXPECT_EQ(run.outcome().expires, granted);
  };
  answer(617);
  for (const std::uint32_t granted : {575u, 640u, 301u}) {
    run.call(CallKind::refresh);
    answer(granted);
    EXPECT_EQ(header(run.world.all_frames.back(), "Expires"), "600");
  }
  EXPECT_EQ(run.world.count(OutputKind::registered), 1u);
  EXPECT_EQ(run.world.count(OutputKind::unregistered), 0u);
}

TEST(FreeSwitch, Q_12_a_removal_is_answered_without_a_contact) {
  Exchange run("freeswitch");
  run.answer("200", {{"granted", "600"}});
  run.call(CallKind::unregister);
  run.answer("200 to a removal");
  EXPECT_TRUE(run.outcome().confirmed);
  EXPECT_EQ(run.world.state(run.id), State::unregistered);
}

TEST(FreeSwitch, Q_13_a_wrong_password_is_403_or_401_without_a_challenge) {
  for (const char* heading : {"403", "401 without a challenge"}) {
    Exchange run("freeswitch");
    run.answer("401");
    run.answer(heading);
    EXPECT_EQ(run.world.state(run.id), State::failed);
    EXPECT_EQ(run.outcome().code, heading[2] == '3' ? FailureCode::rejected
                                                    : FailureCode::auth_failed);
    EXPECT_TRUE(run.world.frames.empty());
  }
}

TEST(FreeSwitch, Q_13_503_with_a_damaged_from_is_waited_for) {
  Exchange run("freeswitch");
  run.answer("503 while starting");
  EXPECT_EQ(run.outcome().status, 503);
  const Millis since = run.world.now();
  (void)run.world.await_frame();
  EXPECT_GE(run.world.frame_sent_at - since, 300'000);
}

TEST(FreeSwitch, Q_14_seven_challenges_notify_and_options) {
  Exchange run("freeswitch");
  run.answer("401");
  const std::string row =
      header(run.answer("200", {{"granted", "600"}}), "Authorization");
  EXPECT_EQ(parameter(row, "algorithm"), "SHA-512-256-sess");
  EXPECT_EQ(parameter(row, "nonce"), "a0000000-0000-4000-8000-000000000001");
  run.request("NOTIFY of waiting messages");
  EXPECT_TRUE(run.world.next_frame().starts_with("SIP/2.0 481 "));
  run.request("OPTIONS");
  EXPECT_TRUE(run.world.next_frame().starts_with("SIP/2.0 200 "));
  EXPECT_EQ(run.world.state(run.id), State::registered);
}

TEST(OpenSips, Q_15_pings_without_an_answer_end_no_flow) {
  Exchange run("opensips");
  run.world.auto_pong = false;
  run.answer("200 with GRUUs");
  const auto next_probe = [&run] {
    for (;;) {
      const std::string frame = run.world.await_frame();
      if (!frame.starts_with("REGISTER ")) return frame;
      run.world.receive(run.recording.answer("200 with GRUUs", frame));
    }
  };
  EXPECT_EQ(next_probe(), "\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    const std::string options = next_probe();
    EXPECT_TRUE(options.starts_with("OPTIONS "));
    run.world.receive(run.recording.answer("483", options));
  }
  EXPECT_TRUE(run.world.disconnects.empty());
  EXPECT_EQ(run.world.connects.size(), 1u);
  EXPECT_EQ(run.world.state(run.id), State::registered);
}

TEST(OpenSips, Q_16_instance_without_reg_id_and_gruus_in_base64) {
  Exchange run("opensips");
  run.answer("200 with GRUUs");
  EXPECT_EQ(run.outcome().expires, 600u);
  EXPECT_FALSE(run.outcome().outbound);
  EXPECT_EQ(run.outcome().temp_gruu,
            "sip:tgruu.bVRN+0tX/H4=@example.com:4443;gr");
  run.call(CallKind::refresh);
  run.answer("200 without GRUUs");
  EXPECT_EQ(run.outcome().expires, 600u);
  EXPECT_FALSE(run.world.warned("no-own-contact"));
}

RegistrationOptions pushed() {
  RegistrationOptions options = alice();
  options.push = {"fcm", "token", "project"};
  return options;
}

TEST(OpenSips, Q_17_feature_caps_without_a_star) {
  Exchange run("opensips", pushed());
  run.answer("200 with Feature-Caps");
  EXPECT_EQ(run.world.state(run.id), State::registered);
  // 130 s before the end at the latest.
  const Millis since = run.world.now();
  (void)run.world.await_frame();
  EXPECT_LE(run.world.frame_sent_at - since, 470'000);
}

TEST(OpenSips, Q_17_555_is_final) {
  Exchange run("opensips", pushed());
  run.answer("555");
  EXPECT_EQ(run.outcome().status, 555);
  EXPECT_EQ(run.world.state(run.id), State::failed);
  run.world.advance(10'000'000);
  EXPECT_TRUE(run.world.frames.empty());
}

TEST(AudioCodes, Q_18_names_in_lower_case_and_the_lifetime_in_expires) {
  Exchange run("audiocodes");
  run.answer("401");
  run.answer("200");
  EXPECT_EQ(run.outcome().expires, 300u);
  EXPECT_EQ(run.world.state(run.id), State::registered);
  // 205 to 235 s of 300.
  const Millis since = run.world.now();
  (void)run.world.await_frame();
  EXPECT_LE(run.world.frame_sent_at - since, 235'000);
}

TEST(Flexisip, Q_19_two_algorithms_share_a_nonce) {
  for (const bool md5_only : {false, true}) {
    RegistrationOptions options = alice();
    if (md5_only) options.digest.algorithms = 1;
    Exchange run("flexisip", options);
    run.answer("401");
    const std::string answer = run.world.next_frame();
    const std::string row = header(answer, "Authorization");
    EXPECT_EQ(parameter(row, "algorithm"), md5_only ? "MD5" : "SHA-256");
    EXPECT_EQ(parameter(row, "response").size(), md5_only ? 32u : 64u);
    EXPECT_EQ(parameter(row, "opaque"), "+GNywA==");
    EXPECT_EQ(answer.find("Authorization", answer.find(row)), answer.npos);
  }
}

TEST(FritzOs, Q_20_no_qop_and_a_new_nonce_at_each_refresh) {
  Exchange run("fritzos");
  run.answer("401", {{"nonce", "0"}});
  const std::string row = header(run.answer("200"), "Authorization");
  EXPECT_EQ(parameter(row, "qop"), "");
  EXPECT_EQ(parameter(row, "nc"), "");
  EXPECT_EQ(parameter(row, "cnonce"), "");
  for (int i = 1; i < 10; ++i) {
    run.call(CallKind::refresh);
    run.answer("401", {{"nonce", std::to_string(i)}});
    run.answer("200");
    EXPECT_EQ(run.outcome().kind, OutputKind::operation_done);
  }
  EXPECT_EQ(run.world.count(OutputKind::credentials_wanted), 1u);
  EXPECT_EQ(run.world.all_frames.size(), 20u);
}

TEST(BorderController, Q_22_trying_then_silence_then_a_late_200) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  const std::string request = world.next_frame();
  world.advance(100);
  world.receive(respond(request, 100));
  world.advance(31'900);
  EXPECT_EQ(world.outcome(operation)->code, FailureCode::timeout);
  world.advance(1'000);
  const std::size_t before = world.outputs.size();
  world.receive(accept(request));
  EXPECT_EQ(world.state(id), State::waiting) << "a stray flips no state";
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.outputs.size(), before);
  EXPECT_EQ(world.agent.statistics().dropped, 1u);
  // The next attempt puts it right.
  world.receive(accept(world.await_frame()));
  EXPECT_EQ(world.state(id), State::registered);
}

// A balancer that drains, or that cuts what is idle, loses all of them at once.
TEST(LoadBalancer, Q_23_those_that_it_lets_go_come_back_spread_out) {
  for (const std::uint16_t code : {1013, 1006}) {
    Millis first = 2'000;
    Millis last = 0;
    for (std::uint8_t seed = 1; seed <= 50; ++seed) {
      Simulation world({}, seed);
      world.registered();
      world.advance(60'000);
      world.drop(code);
      const Millis lost_at = world.now();
      while (world.connects.size() < 2) world.advance(1);
      const Millis waited = world.connect_times.back() - lost_at;
      EXPECT_LE(waited, 2'000);
      first = std::min(first, waited);
      last = std::max(last, waited);
    }
    EXPECT_LT(first, 200) << code;
    EXPECT_GT(last, 1'800) << code;
  }
}

TEST(LoadBalancer, Q_23_html_in_place_of_an_answer_is_dropped) {
  Simulation world;
  const OperationId operation = world.call(world.create(), CallKind::register_);
  world.receive(
      "<html><body><h1>503 Service Unavailable</h1></body></html>\r\n");
  world.receive("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(world.outcome(operation), nullptr);
  EXPECT_EQ(world.agent.statistics().dropped, 2u);
}

TEST(Restart, Q_24_others_have_gone_from_the_list_and_we_stay) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  const std::string first = world.next_frame();
  const std::string contact = header(first, "Contact");
  world.receive(respond(first, 200,
                        "Contact: <sip:desk@192.0.2.4>, " + contact + "\r\n"));
  world.call(id, CallKind::refresh);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.state(id), State::registered);
  EXPECT_EQ(world.count(OutputKind::unregistered), 0u);
}

}  // namespace
}  // namespace sipreg::testing
