// What goes wrong with the registrar's decisions: faults 25, 26 and 39 to 54 of
// tests/faults.md.
#include <gtest/gtest.h>

#include <algorithm>

#include "fault_case.h"

namespace sipreg::testing {
namespace {

constexpr Millis hour = 3'600'000;
constexpr Millis day = 24 * hour;

// 200 whose Contact is the request's own with other parameters.
std::string grant_with(const std::string& request, std::string_view parameters,
                       std::string_view rows = {}) {
  const std::string contact = header(request, "Contact");
  const std::string bare = contact.substr(0, contact.find(";expires="));
  return respond(request, 200,
                 "Contact: " + bare + std::string(parameters) + "\r\n" +
                     std::string(rows));
}

TEST(AnswerFaults, fault_25_silence_ends_after_timer_f) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.pass(31'999);
  EXPECT_EQ(it.world.outcome(operation), nullptr);
  it.pass(1);
  EXPECT_EQ(it.code(operation), FailureCode::timeout);
  EXPECT_TRUE(it.outcome(operation).retryable);
}

TEST(AnswerFaults, fault_26_provisional_answers_put_nothing_off) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  const std::string request = it.request();
  for (int second = 0; second < 32; ++second) {
    it.answer(respond(request, second % 2 == 0 ? 100 : 183));
    it.pass(1'000);
  }
  EXPECT_EQ(it.code(operation), FailureCode::timeout);
}

TEST(AnswerFaults, fault_39_the_same_min_expires_for_ever_ends) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.answer(respond(it.request(), 423, "Min-Expires: 1800\r\n"));
  const std::string again = it.request();
  EXPECT_EQ(header(again, "Expires"), "1800");
  it.answer(respond(again, 423, "Min-Expires: 1800\r\n"));
  EXPECT_EQ(it.code(operation), FailureCode::interval);
  EXPECT_EQ(it.outcome(operation).status, 423);
  EXPECT_EQ(it.registers(), 2u);
}

TEST(AnswerFaults, fault_40_a_min_expires_that_makes_no_sense_is_final) {
  for (const std::string_view row :
       {"", "Min-Expires: abc\r\n", "Min-Expires: 4294967296\r\n",
        "Min-Expires: 10\r\n", "Min-Expires: 600\r\n", "Min-Expires: -1\r\n",
        "Min-Expires:\r\n"}) {
    SCOPED_TRACE(row);
    FaultCase it;
    const RegistrationId id = it.create();
    const OperationId operation = it.call(id);
    it.answer(respond(it.request(), 423, row));
    EXPECT_EQ(it.code(operation), FailureCode::interval);
    it.pass(hour);
    EXPECT_EQ(it.registers(), 1u);
  }
}

TEST(AnswerFaults, fault_41_a_redirection_is_told_and_not_followed) {
  for (const int status : {300, 301, 302, 305, 380}) {
    FaultCase it;
    const RegistrationId id = it.create();
    const OperationId operation = it.call(id);
    it.answer(respond(it.request(), status,
                      "Contact: <sip:elsewhere.example.com>\r\n"));
    EXPECT_EQ(it.code(operation), FailureCode::rejected);
    const auto& headers = it.outcome(operation).headers;
    EXPECT_NE(std::find(headers.begin(), headers.end(),
                        "Contact: <sip:elsewhere.example.com>"),
              headers.end());
    it.pass(hour);
    EXPECT_EQ(it.registers(), 1u);
    EXPECT_EQ(it.state(id), RegistrationState::failed);
  }
}

TEST(AnswerFaults, fault_42_refusals_reject_and_some_are_final) {
  for (const int status : {403, 404, 405, 480, 486, 600, 603, 604, 606}) {
    SCOPED_TRACE(status);
    FaultCase it;
    const RegistrationId id = it.create();
    const OperationId operation = it.call(id);
    it.answer(respond(it.request(), status));
    EXPECT_EQ(it.code(operation), FailureCode::rejected);
    EXPECT_EQ(it.outcome(operation).status, status);
    const bool is_final = !it.outcome(operation).retryable;
    EXPECT_EQ(is_final, status != 480 && status != 600 && status != 603);
    it.pass(hour);
    if (is_final) {
      EXPECT_EQ(it.registers(), 1u);
    } else {
      EXPECT_GT(it.registers(), 1u);
    }
  }
}

TEST(AnswerFaults, fault_43_retry_after_is_kept_to_where_it_is_a_number) {
  struct Row {
    std::string_view value;
    Millis at_least;  // ms
  };
  for (const Row& row :
       {Row{"120", 120'000}, Row{"0", 1'000}, Row{"-1", 1'000},
        Row{"Thu, 01 Jan 2099 00:00:00 GMT", 1'000},
        Row{"90 (maintenance);duration=5", 90'000}, Row{"3600", hour}}) {
    for (const int status : {500, 503}) {
      SCOPED_TRACE(row.value);
      FaultCase it;
      const RegistrationId id = it.create();
      it.call(id);
      it.answer(respond(it.request(), status,
                        "Retry-After: " + std::string(row.value) + "\r\n"));
      const Millis from = it.world.now();
      EXPECT_EQ(it.state(id), RegistrationState::waiting);
      while (it.is_quiet() && it.world.now() - from < 2 * hour) it.pass(500);
      EXPECT_GE(it.world.now() - from, row.at_least);
      EXPECT_LE(it.world.now() - from, row.at_least + hour / 2);
      it.request();
    }
  }
}

TEST(AnswerFaults, fault_43_a_retry_after_of_30_years_is_a_refusal) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  it.answer(respond(it.request(), 503, "Retry-After: 1000000000\r\n"));
  EXPECT_FALSE(it.outcome(operation).retryable);
  EXPECT_EQ(it.state(id), RegistrationState::failed);
  const OperationId again = it.call(id);
  it.grant();
  EXPECT_TRUE(it.is_done(again)) << "the application may ask again at once";
}

TEST(AnswerFaults, fault_44_extensions_that_no_repair_gives_reject) {
  for (const int status : {420, 421, 430, 439, 494}) {
    SCOPED_TRACE(status);
    FaultCase it;
    RegistrationOptions options = alice();
    options.outbound = options.gruu = false;
    const OperationId operation = it.call(it.create(options));
    it.answer(respond(it.request(), status,
                      "Unsupported: x\r\nRequire: sec-agree\r\n"));
    EXPECT_EQ(it.code(operation), FailureCode::rejected);
    EXPECT_EQ(it.outcome(operation).status, status);
  }
}

TEST(AnswerFaults, fault_45_a_grant_without_a_contact_counts_with_a_warning) {
  for (const std::string_view row : {"", "Contact: *\r\n"}) {
    FaultCase it;
    const RegistrationId id = it.create();
    const OperationId operation = it.call(id);
    it.answer(respond(it.request(), 200, row));
    EXPECT_TRUE(it.is_done(operation));
    EXPECT_TRUE(it.world.warned("no-own-contact"));
    const OperationId again = it.call(id);
    it.grant();
    EXPECT_TRUE(it.is_done(again));
  }
}

TEST(AnswerFaults, fault_46_others_bindings_alone_are_a_failure) {
  FaultCase it;
  const RegistrationId id = it.create();
  const OperationId operation = it.call(id);
  it.answer(respond(it.request(), 200,
                    "Contact: <sip:bob@192.0.2.1>;expires=60, "
                    "<sip:bob@192.0.2.2>;expires=60\r\n"));
  EXPECT_EQ(it.code(operation), FailureCode::protocol);
  EXPECT_TRUE(it.outcome(operation).retryable);
  EXPECT_EQ(it.state(id), RegistrationState::waiting);
}

TEST(AnswerFaults,
     fault_47_without_a_lifetime_of_ours_the_headers_or_as_asked) {
  FaultCase it;
  const RegistrationId id = it.create();
  it.call(id);
  it.answer(grant_with(it.request(), "", "Expires: 90\r\n"));
  EXPECT_EQ(it.world.last(OutputKind::registered)->expires, 90u);
  it.call(id, CallKind::refresh);
  it.answer(grant_with(it.request(), ""));
  EXPECT_EQ(it.world.last(OutputKind::refreshed)->expires, 600u);
}

TEST(AnswerFaults, fault_48_lifetimes_beyond_32_bits_are_bounded) {
  for (const std::string_view expires :
       {";expires=4294967295", ";expires=100000000000000000000"}) {
    FaultCase it;
    const RegistrationId id = it.create();
    it.call(id);
    it.answer(grant_with(it.request(), expires));
    EXPECT_EQ(it.state(id), RegistrationState::registered);
    EXPECT_EQ(it.world.last(OutputKind::registered)->expires, 4'294'967'295u);
    it.pass(hour);
    EXPECT_EQ(it.registers(), 1u);
    it.call(id, CallKind::refresh);
    it.grant(600);
  }
}

TEST(AnswerFaults, fault_49_thirty_days_are_refreshed_once) {
  FaultCase it;
  it.registered(30 * 86'400);
  it.pass(26 * day);
  EXPECT_EQ(it.registers(), 1u);
  it.pass(4 * day - 1);
  EXPECT_GE(it.registers(), 2u);
  it.grant();
}

TEST(AnswerFaults, fault_50_a_grant_of_no_time_is_a_failure) {
  FaultCase it;
  const OperationId operation = it.call(it.create());
  it.answer(grant_with(it.request(), ";expires=0"));
  EXPECT_EQ(it.code(operation), FailureCode::protocol);
  EXPECT_TRUE(it.outcome(operation).retryable);
}

TEST(AnswerFaults, fault_51_grants_of_seconds_are_refreshed_within_the_bound) {
  for (int expires = 1; expires <= 10; ++expires) {
    SCOPED_TRACE(expires);
    FaultCase it;
    it.registered(expires);
    EXPECT_TRUE(it.world.warned("short-grant"));
    const Millis end = it.world.now() + 300'000;
    while (it.world.now() < end) {
      it.pass(100);
      while (!it.is_quiet()) it.grant(expires);
    }
    EXPECT_LE(it.registers(), 1u + 5 * 10 + 10);
    EXPECT_GE(it.registers(), 40u);
  }
}

TEST(AnswerFaults, fault_52_damaged_lifetimes_have_a_defined_meaning) {
  struct Row {
    std::string_view parameters;
    std::uint32_t granted;
  };
  for (const Row& row : {Row{";expires=-5", 600}, Row{";expires=abc", 600},
                         Row{";expires=\"60\"", 600}, Row{";expires", 600},
                         Row{";expires=60;expires=90", 60}}) {
    SCOPED_TRACE(row.parameters);
    FaultCase it;
    it.call(it.create());
    it.answer(grant_with(it.request(), row.parameters));
    const Seen* const seen = it.world.last(OutputKind::registered);
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->expires, row.granted);
  }
}

TEST(AnswerFaults, fault_53_what_is_asked_for_does_not_shrink_with_the_grants) {
  FaultCase it;
  it.registered(599);
  for (int n = 2; n < 12; ++n) {
    const std::string refresh = it.await_request();
    EXPECT_EQ(header(refresh, "Expires"), "600");
    it.answer(accept(refresh, 600 - n));
  }
}

TEST(AnswerFaults, fault_54_ten_thousand_contacts_take_no_time) {
  for (const std::string_view separator : {", ", "\r\nContact: "}) {
    for (const int contacts : {1'000, 10'000}) {
      FaultCase it;
      const RegistrationId id = it.create();
      it.call(id);
      const std::string request = it.request();
      std::string rows = "Contact: " + header(request, "Contact");
      for (int n = 0; n < contacts; ++n) {
        rows.append(separator).append("<sip:b@c.example>;expires=9");
      }
      const std::string frame = respond(request, 200, rows + "\r\n");
      it.answer(frame);
      const bool is_read = it.state(id) == RegistrationState::registered;
      EXPECT_NE(is_read, it.dropped() == 1);
    }
  }
}

}  // namespace
}  // namespace sipreg::testing
