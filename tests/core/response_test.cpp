// What every final response does.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "simulation.h"

namespace sipreg::testing {
namespace {

struct Verdict {
  FailureCode code;
  bool retryable;
};

constexpr Verdict is_final{FailureCode::rejected, false};
constexpr Verdict may_pass{FailureCode::rejected, true};

// A REGISTER gets this answer: the call is settled, the state follows, and
// nothing is hammered.
void expect_verdict(int status, Verdict verdict, std::string_view rows = {}) {
  SCOPED_TRACE(std::to_string(status) + " " + std::string(rows));
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), status, rows));
  const Seen* done = world.outcome(operation);
  ASSERT_NE(done, nullptr) << "left pending";
  EXPECT_EQ(done->kind, OutputKind::operation_failed);
  EXPECT_EQ(done->code, verdict.code);
  EXPECT_EQ(done->status, status);
  EXPECT_EQ(done->retryable, verdict.retryable);
  EXPECT_FALSE(done->text.empty()) << "an error says what to do";
  EXPECT_TRUE(world.frames.empty());
  EXPECT_EQ(world.state(id), verdict.retryable ? RegistrationState::waiting
                                               : RegistrationState::failed);
  EXPECT_EQ(world.count(OutputKind::failed), verdict.retryable ? 0u : 1u);
  EXPECT_EQ(world.deadline() != no_deadline, verdict.retryable);
  // At least half of RFC 5626's first 60 s pass.
  world.advance(29'000);
  EXPECT_TRUE(world.frames.empty());
  world.advance(31'000);
  EXPECT_EQ(world.frames.size(), verdict.retryable ? 1u : 0u);
}

TEST(FinalResponse, RSP_02_redirections_are_not_followed) {
  const std::string_view targets =
      "Contact: <sip:other.example.com>;q=0.5, <sip:third.example.com>\r\n";
  for (const int status : {300, 301, 302}) {
    expect_verdict(status, is_final, targets);
    expect_verdict(status, is_final);
  }
}

TEST(FinalResponse, RSP_02_RSP_03_the_error_says_where_to) {
  for (const int status : {302, 305}) {
    Simulation world;
    const OperationId operation =
        world.call(world.create(), CallKind::register_);
    world.receive(respond(world.next_frame(), status,
                          "Contact: <sip:other.example.com>;expires=60\r\n"));
    const auto& rows = world.outcome(operation)->headers;
    EXPECT_NE(std::find(rows.begin(), rows.end(),
                        "Contact: <sip:other.example.com>;expires=60"),
              rows.end());
  }
}

TEST(FinalResponse, RSP_03_other_redirections_are_not_followed_either) {
  for (const int status : {305, 380, 399}) {
    expect_verdict(status, is_final, "Contact: <sip:x@y>\r\n");
  }
}

TEST(FinalResponse, RSP_04_400_is_final_whatever_it_adds) {
  expect_verdict(400, is_final);
  expect_verdict(400, is_final, "Retry-After: 30\r\n");
}

TEST(FinalResponse, RSP_05_a_challenge_that_is_none_is_final) {
  for (const int status : {401, 407}) {
    expect_verdict(status, {FailureCode::auth_failed, false});
    expect_verdict(status, {FailureCode::auth_failed, false},
                   "WWW-Authenticate: Basic realm=\"x\"\r\n");
  }
}

TEST(FinalResponse, RSP_06_403_is_final) {
  expect_verdict(403, is_final);
  expect_verdict(403, is_final, "Retry-After: 30\r\n");
}

TEST(FinalResponse, RSP_07_who_is_not_there_is_final) {
  for (const int status : {404, 410, 484, 485, 604}) {
    expect_verdict(status, is_final);
  }
  expect_verdict(404, may_pass, "Retry-After: 30\r\n");
}

TEST(FinalResponse, RSP_08_no_registrar_is_final) {
  for (const int status : {405, 501}) {
    expect_verdict(status, is_final, "Allow: INVITE\r\n");
    expect_verdict(status, is_final, "Retry-After: 30\r\n");
  }
}

TEST(FinalResponse, RSP_09_what_may_pass_is_tried_again) {
  for (const int status : {408, 480, 500, 502, 503, 504, 600, 603}) {
    expect_verdict(status, may_pass);
    expect_verdict(status, may_pass, "Retry-After: 29\r\n");
  }
}

TEST(FinalResponse, RSP_10_too_much_is_final_where_nothing_can_be_left_out) {
  for (const int status : {413, 414, 415, 416, 513}) {
    expect_verdict(status, is_final);
  }
}

TEST(FinalResponse, RSP_11_420_is_final_for_what_was_not_sent) {
  expect_verdict(420, is_final);
  expect_verdict(420, is_final, "Unsupported: eventlist\r\n");
}

TEST(FinalResponse, API_04_the_message_says_what_to_do) {
  const std::pair<int, std::string_view> advice[] = {
      {302, "server or registrar"},
      {403, "Check the credentials"},
      {404, "Check aor"},
      {405, "Check server"},
      {413, "Leave out headers"},
      {416, "Check aor"},
      {420, "Unsupported"},
      {421, "Require"},
      {439, "outbound"},
      {488, "Warning"},
      {503, "Try again"},
      {513, "Leave out headers"},
      {555, "Change push"}};
  for (const auto& [status, words] : advice) {
    Simulation world;
    const OperationId operation =
        world.call(world.create(), CallKind::register_);
    while (!world.frames.empty()) {
      world.receive(respond(world.next_frame(), status));
    }
    const Seen* failed = world.outcome(operation);
    ASSERT_NE(failed, nullptr) << status;
    EXPECT_NE(failed->text.find(words), std::string::npos)
        << status << ": " << failed->text;
  }
}

TEST(FinalResponse, RSP_13_423_without_a_minimum_is_final) {
  const Verdict interval{FailureCode::interval, false};
  for (const std::string_view rows :
       {"", "Min-Expires: 600\r\n", "Min-Expires: 60\r\n",
        "Min-Expires: soon\r\n", "Min-Expires: 86401\r\n",
        "Min-Expires: 4294967296\r\n"}) {
    expect_verdict(423, interval, rows);
  }
}

TEST(FinalResponse, RSP_16_what_is_final_without_a_retry_after) {
  for (const int status : {481, 482, 483, 486, 488, 606, 607, 699}) {
    expect_verdict(status, is_final);
    expect_verdict(status, may_pass, "Retry-After: 30\r\n");
  }
}

TEST(FinalResponse, RSP_18_PAR_16_494_is_final_and_its_headers_can_be_read) {
  const std::string rows =
      "Security-Server: ipsec-3gpp;q=0.1\r\nWarning: 399 h \"no\"\r\n";
  expect_verdict(494, is_final, rows);
  Simulation world;
  const OperationId operation = world.call(world.create(), CallKind::register_);
  world.receive(respond(world.next_frame(), 494, rows));
  const auto& headers = world.outcome(operation)->headers;
  for (const char* row :
       {"Security-Server: ipsec-3gpp;q=0.1", "Warning: 399 h \"no\""}) {
    EXPECT_NE(std::find(headers.begin(), headers.end(), row), headers.end());
  }
}

TEST(FinalResponse, RSP_20_what_nobody_knows_is_as_400) {
  for (const int status : {402, 406, 411, 417, 422, 424, 428, 429, 431, 436,
                           437, 438, 440, 469, 470, 487, 489, 493, 499}) {
    expect_verdict(status, is_final);
  }
}

TEST(FinalResponse, others_have_their_verdict_too) {
  expect_verdict(421, is_final, "Require: sec-agree\r\n");
  expect_verdict(430, may_pass);
  expect_verdict(505, is_final);
  expect_verdict(555, is_final);
  expect_verdict(599, may_pass);
}

// No status leaves a call pending or a registration without a state.
TEST(FinalResponse, RSP_20_every_status_there_can_be_settles_the_call) {
  for (int status = 300; status < 700; ++status) {
    Simulation world;
    const RegistrationId id = world.create();
    const OperationId operation = world.call(id, CallKind::register_);
    world.receive(respond(world.next_frame(), status));
    for (int sent = 1; !world.frames.empty(); ++sent) {
      ASSERT_LE(sent, 8) << status;
      world.receive(respond(world.next_frame(), status));
    }
    const Seen* done = world.outcome(operation);
    ASSERT_NE(done, nullptr) << status;
    EXPECT_EQ(done->status, status);
    EXPECT_EQ(world.state(id), done->retryable ? RegistrationState::waiting
                                               : RegistrationState::failed);
  }
}

TEST(Retry, RSP_09_retry_after_is_never_undercut) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 503,
                        "Retry-After: 300 (busy);duration=9\r\n"));
  const OperationId impatient = world.call(id, CallKind::register_);
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  world.wake();
  world.drop();
  world.advance(299'999);
  EXPECT_TRUE(world.frames.empty());
  world.advance(1);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(impatient)->kind, OutputKind::operation_done);
}

TEST(Retry, API_06_a_call_cuts_a_plain_back_off_short) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 500));
  const OperationId again = world.call(id, CallKind::register_);
  world.receive(accept(world.next_frame()));
  EXPECT_EQ(world.outcome(again)->kind, OutputKind::operation_done);
}

TEST(Retry, RSP_09_endless_503_backs_off_to_half_an_hour) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  Millis previous = world.now();
  for (int n = 1; n < 12; ++n) {
    world.receive(respond(world.next_frame(), 503));
    previous = world.now();
    while (world.frames.empty()) world.advance(1'000);
    const Millis upper = std::min<Millis>(1'800'000, 30'000LL << n);
    const Millis waited = world.frame_times.back() - previous;
    EXPECT_GE(waited, upper / 2) << n;
    EXPECT_LE(waited, upper) << n;
  }
}

TEST(Retry, RSP_09_retry_after_beyond_an_hour_gives_up) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 503, "Retry-After: 1000000000\r\n"));
  EXPECT_FALSE(world.outcome(operation)->retryable);
  EXPECT_EQ(world.state(id), RegistrationState::failed);
}

TEST(Retry, RSP_17_491_comes_back_within_ten_seconds) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 491));
  world.advance(10'000);
  EXPECT_EQ(world.frames.size(), 1u);
}

TEST(Repair, RSP_11_420_goes_again_without_what_is_unsupported) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(
      respond(world.next_frame(), 420, "Unsupported: path, gruu\r\n"));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Supported"), "outbound");
  world.receive(respond(second, 420, "Unsupported: path\r\n"));
  EXPECT_TRUE(world.frames.empty()) << "nothing is left to leave out";
  EXPECT_EQ(world.outcome(operation)->status, 420);
}

TEST(Repair, RSP_15_439_registers_without_reg_id_and_keeps_path) {
  Simulation world;
  const RegistrationId id = world.create();
  const OperationId operation = world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 439));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Contact").find("reg-id"), std::string::npos);
  EXPECT_EQ(header(second, "Supported"), "path, gruu");
  world.receive(accept(second));
  EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_done);
  world.call(id, CallKind::refresh);
  EXPECT_EQ(header(world.next_frame(), "Contact").find("reg-id"),
            std::string::npos);
}

TEST(Repair, RSP_10_413_and_415_go_again_without_additional_headers) {
  for (const int status : {413, 415}) {
    Simulation world;
    const RegistrationId id = world.create();
    Call call;
    const NameValue rows[] = {{"X-Large", "value", false}};
    call.headers = rows;
    const OperationId operation = world.call(id, call);
    const std::string first = world.next_frame();
    EXPECT_EQ(header(first, "X-Large"), "value");
    world.receive(respond(first, status));
    const std::string second = world.next_frame();
    EXPECT_EQ(header(second, "X-Large"), "");
    world.receive(respond(second, status));
    EXPECT_TRUE(world.frames.empty()) << "nothing is left to leave out";
    EXPECT_EQ(world.outcome(operation)->status, status);
  }
}

TEST(Repair, RSP_10_416_goes_again_as_sip_but_never_for_sips) {
  RegistrationOptions options = alice();
  options.registrar = "sips:example.com";
  Simulation world;
  world.call(world.create(options), CallKind::register_);
  world.receive(respond(world.next_frame(), 416));
  EXPECT_TRUE(world.next_frame().starts_with("REGISTER sip:example.com SIP"));

  options.aor = "sips:alice@example.com";
  Simulation secure;
  const OperationId operation =
      secure.call(secure.create(options), CallKind::register_);
  secure.receive(respond(secure.next_frame(), 416));
  EXPECT_TRUE(secure.frames.empty());
  EXPECT_EQ(secure.outcome(operation)->status, 416);
}

TEST(Repair, RSP_11_420_takes_the_applications_tags_out_as_well) {
  Simulation world;
  RegistrationOptions options = alice();
  const std::string_view tags[] = {"100rel", "timer"};
  options.supported = tags;
  world.call(world.create(options), CallKind::register_);
  world.receive(respond(world.next_frame(), 420,
                        "Unsupported: 100REL\r\nUnsupported: outbound\r\n"));
  const std::string second = world.next_frame();
  EXPECT_EQ(header(second, "Supported"), "path, gruu, timer");
  EXPECT_EQ(header(second, "Contact").find("reg-id"), std::string::npos);
}

TEST(Repair, RSP_13_what_the_registrar_wants_is_remembered) {
  Simulation world;
  const RegistrationId id = world.create();
  world.call(id, CallKind::register_);
  world.receive(respond(world.next_frame(), 423, "Min-Expires: 1800\r\n"));
  world.receive(accept(world.next_frame()));
  const std::string refresh = world.await_frame();
  EXPECT_EQ(header(refresh, "Expires"), "1800");
  EXPECT_EQ(parameter(header(refresh, "Contact"), "expires"), "1800");
}

TEST(Repair, RSP_13_a_day_is_the_longest_minimum) {
  Simulation world;
  world.call(world.create(), CallKind::register_);
  world.receive(respond(world.next_frame(), 423, "Min-Expires: 86400\r\n"));
  EXPECT_EQ(header(world.next_frame(), "Expires"), "86400");
}

// A server that finds fault with everything gets eight requests, whatever it
// says last.
TEST(Repair, RSP_21_STM_08_eight_requests_are_the_end) {
  using Fault = std::function<std::string(const std::string&)>;
  std::vector<Fault> faults = {
      [](const auto& r) { return respond(r, 416); },
      [](const auto& r) { return respond(r, 413); },
      [](const auto& r) { return respond(r, 439); },
      [](const auto& r) { return respond(r, 420, "Unsupported: gruu\r\n"); },
      [](const auto& r) { return respond(r, 423, "Min-Expires: 700\r\n"); },
      [](const auto& r) { return digest_challenge(r, "n1"); },
      [](const auto& r) { return digest_challenge(r, "n2", ", stale=true"); },
      [](const auto& r) { return respond(r, 420, "Unsupported: path\r\n"); }};
  for (std::size_t turn = 0; turn < faults.size(); ++turn) {
    std::rotate(faults.begin(), faults.begin() + 1, faults.end());
    Simulation world;
    RegistrationOptions options = alice();
    options.registrar = "sips:example.com";
    const NameValue rows[] = {{"X-Large", "value", false}};
    options.headers = rows;
    const RegistrationId id = world.create(options);
    const OperationId operation = world.call(id, CallKind::register_);
    for (const Fault& fault : faults) {
      EXPECT_EQ(world.outcome(operation), nullptr);
      EXPECT_EQ(world.state(id), RegistrationState::registering);
      world.receive(fault(world.next_frame()));
    }
    EXPECT_TRUE(world.frames.empty());
    ASSERT_NE(world.outcome(operation), nullptr);
    EXPECT_EQ(world.outcome(operation)->kind, OutputKind::operation_failed);
  }
}

TEST(Repair, RSP_21_one_repair_a_cause) {
  const std::pair<int, std::string_view> causes[] = {
      {413, ""}, {439, ""}, {420, "Unsupported: gruu\r\n"}};
  for (const auto& [status, rows] : causes) {
    Simulation world;
    RegistrationOptions options = alice();
    const NameValue extra[] = {{"X-Large", "value", false}};
    options.headers = extra;
    const RegistrationId id = world.create(options);
    world.call(id, CallKind::register_);
    world.receive(respond(world.next_frame(), status, rows));
    world.receive(respond(world.next_frame(), status, rows));
    EXPECT_TRUE(world.frames.empty()) << status;
    EXPECT_EQ(world.state(id), RegistrationState::failed) << status;
  }
}

TEST(Bound, RSP_06_403_on_a_refresh_ends_the_binding) {
  Simulation world;
  const RegistrationId id = world.registered();
  const OperationId operation = world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 403));
  EXPECT_EQ(world.state(id), RegistrationState::failed);
  EXPECT_FALSE(world.bound(id));
  EXPECT_EQ(world.last(OutputKind::unregistered)->reason,
            UnregisteredReason::rejected);
  // The next attempt is the user's, and starts without the refused credentials.
  EXPECT_EQ(world.outcome(operation)->status, 403);
  world.call(id, CallKind::register_);
  EXPECT_EQ(header(world.next_frame(), "Authorization"), "");
}

TEST(Bound, RSP_09_failed_refresh_is_tried_twice_before_the_end) {
  Simulation world;
  const RegistrationId id = world.registered(120);
  world.call(id, CallKind::refresh);
  world.receive(respond(world.next_frame(), 500));
  EXPECT_TRUE(world.bound(id));
  EXPECT_EQ(world.state(id), RegistrationState::waiting);
  int tries = 0;
  while (world.bound(id)) {
    world.advance(1'000);
    while (!world.frames.empty()) {
      world.receive(respond(world.next_frame(), 500));
      tries += world.bound(id) ? 1 : 0;
    }
  }
  EXPECT_GE(tries, 2);
  EXPECT_LE(tries, 10);
}

}  // namespace
}  // namespace sipreg::testing
