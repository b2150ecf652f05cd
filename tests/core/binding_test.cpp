// What a 2xx grants (RFC 3261 section 10.2.4), and for how long.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "simulation.h"

namespace sipreg::testing {
namespace {

// A world in which a REGISTER was sent and waits for its answer.
struct Asked {
  explicit Asked(std::uint32_t expires = 600) {
    RegistrationOptions options = alice();
    options.expires = expires;
    id = world.create(options);
    operation = world.call(id, CallKind::register_);
    request = world.next_frame();
    contact = header(request, "Contact");
    contact = contact.substr(0, contact.find(";expires="));
  }

  void answer(const std::string& rows, int status = 200) {
    world.receive(respond(request, status, rows));
  }

  // The lifetime that was granted; nothing when the call did not succeed.
  [[nodiscard]] std::optional<std::uint32_t> granted() const {
    const Seen* done = world.outcome(operation);
    if (done == nullptr || done->kind != OutputKind::operation_done) return {};
    return done->expires;
  }

  Simulation world;
  RegistrationId id = 0;
  OperationId operation = 0;
  std::string request;
  std::string contact;  // our own without its lifetime
};

std::uint32_t granted_for(const std::string& parameter,
                          const std::string& rows = {},
                          std::uint32_t asked_for = 600) {
  Asked asked(asked_for);
  asked.answer("Contact: " + asked.contact + parameter + "\r\n" + rows);
  const auto granted = asked.granted();
  EXPECT_TRUE(granted.has_value()) << parameter;
  return granted.value_or(0);
}

TEST(Granted, BND_02_by_contact_then_expires_then_as_asked) {
  const std::string header = "Expires: 300\r\n";
  EXPECT_EQ(granted_for(";expires=200"), 200u);
  EXPECT_EQ(granted_for(";expires=200", header), 200u);
  EXPECT_EQ(granted_for("", header), 300u);
  EXPECT_EQ(granted_for(""), 600u);
  EXPECT_EQ(granted_for("", "Expires: soon\r\n"), 600u);
  EXPECT_EQ(granted_for(";expires=soon", header), 300u);
  EXPECT_EQ(granted_for(";expires=soon"), 600u);
  EXPECT_EQ(granted_for(";expires=soon", "Expires: soon\r\n"), 600u);
}

TEST(Granted, BND_06_a_damaged_lifetime_buys_an_hour_at_most) {
  for (const std::string value :
       {"foo", "1e3", "\"60\"", "-1", "", "60x", "0x10", "6 0"}) {
    EXPECT_EQ(granted_for(";expires=" + value, {}, 100'000), 3'600u) << value;
    EXPECT_EQ(granted_for(";expires=" + value, {}, 100), 100u) << value;
  }
}

TEST(Granted, BND_06_beyond_32_bits_is_the_largest_and_no_timer_wraps) {
  for (const std::string value :
       {"4294967295", "4294967296", "99999999999999999999999"}) {
    EXPECT_EQ(granted_for(";expires=" + value), 4'294'967'295u);
  }
  // 2^31 ms are 24.8 days: no deadline is in the past or within hours.
  for (const std::string value : {"3000000", "4294967295"}) {
    Asked asked;
    asked.answer("Contact: " + asked.contact + ";expires=" + value + "\r\n");
    asked.world.advance(2'000'000'000);
    for (const std::string& frame : asked.world.frames) {
      EXPECT_FALSE(frame.starts_with("REGISTER")) << value;
    }
    EXPECT_TRUE(asked.world.bound(asked.id));
  }
}

TEST(Granted, BND_03_of_several_of_ours_the_shortest_that_is_not_about_to_end) {
  const auto both = [](const std::string& first, const std::string& second) {
    Asked asked;
    asked.answer("Contact: " + asked.contact + ";expires=" + first +
                 "\r\nContact: " + asked.contact + ";expires=" + second +
                 "\r\n");
    return asked.granted();
  };
  EXPECT_EQ(both("3", "600"), 600u);
  EXPECT_EQ(both("600", "3"), 600u);
  EXPECT_EQ(both("300", "600"), 300u);
  EXPECT_EQ(both("7", "600"), 7u);
  EXPECT_EQ(both("3", "5"), 5u);
  EXPECT_EQ(both("0", "600"), 600u);
}

TEST(Granted, BND_04_more_or_less_than_asked_counts) {
  // Refreshes of 60 s come after 48 to 54 s, those of 300 s after 205 to 235.
  Asked asked(60);
  asked.answer("Contact: " + asked.contact + ";expires=300\r\n");
  asked.world.advance(204'000);
  EXPECT_TRUE(asked.world.frames.empty());
  asked.world.advance(31'000);
  // What was granted is not what is asked for next time.
  EXPECT_EQ(header(asked.world.next_frame(), "Expires"), "60");
  for (const std::uint32_t floored : {599u, 3'599u}) {
    Asked other(floored + 1);
    other.answer("Contact: " + other.contact +
                 ";expires=" + std::to_string(floored) + "\r\n");
    EXPECT_EQ(other.granted(), floored);
    EXPECT_EQ(other.world.count(OutputKind::warning), 0u);
  }
}

void expect_not_registered(Asked& asked) {
  EXPECT_EQ(asked.world.outcome(asked.operation)->code, FailureCode::protocol);
  EXPECT_TRUE(asked.world.outcome(asked.operation)->retryable);
  EXPECT_EQ(asked.world.state(asked.id), RegistrationState::waiting);
  EXPECT_FALSE(asked.world.bound(asked.id));
  asked.world.advance(29'999);
  EXPECT_TRUE(asked.world.frames.empty()) << "a REGISTER within the back-off";
  asked.world.advance(30'001);
  EXPECT_EQ(asked.world.frames.size(), 1u);
}

TEST(Granted, BND_05_nothing_granted_is_not_registered) {
  Asked asked;
  asked.answer("Contact: " + asked.contact + ";expires=0\r\n");
  expect_not_registered(asked);
}

TEST(Granted, BND_05_others_bindings_alone_are_not_registered) {
  Asked asked;
  asked.answer("Contact: <sip:desk@192.0.2.9>;expires=600\r\n");
  expect_not_registered(asked);
}

TEST(Granted, BND_07_without_a_contact_both_ways) {
  Asked asked;
  asked.answer("Expires: 120\r\n");
  EXPECT_EQ(asked.granted(), 120u);
  EXPECT_TRUE(asked.world.warned("no-own-contact"));
  EXPECT_NE(asked.world.deadline(), no_deadline) << "the next refresh";
  const OperationId removal = asked.world.call(asked.id, CallKind::unregister);
  asked.world.receive(respond(asked.world.next_frame(), 200));
  const Seen* done = asked.world.outcome(removal);
  ASSERT_NE(done, nullptr);
  EXPECT_TRUE(done->confirmed);
}

TEST(Granted, BND_10_a_date_costs_nothing_whatever_it_says) {
  for (const std::string date : {"Sat, 22 Nov 2025 10:11:12 GMT",
                                 "Fri, 01 Jan 2010 16:00:00 EST", "soon", ""}) {
    Asked asked;
    asked.answer("Date: " + date + "\r\nContact: " + asked.contact +
                 ";expires=300\r\n");
    EXPECT_EQ(asked.granted(), 300u) << date;
  }
}

TEST(Granted, PAR_11_unknown_parameters_are_kept_and_do_no_harm) {
  Asked asked;
  asked.contact.insert(asked.contact.find('>'), ";x-uri=1;alias=2~3");
  asked.answer("Contact: " + asked.contact +
               ";x-header=\"a,b;c\";flag;expires=300;x-last\r\n");
  EXPECT_EQ(asked.granted(), 300u);
  ASSERT_EQ(asked.world.last(OutputKind::registered)->bindings.size(), 1u);
  const auto& rows = asked.world.last(OutputKind::registered)->headers;
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return row.find("x-header=\"a,b;c\";flag") != row.npos;
  }));
}

TEST(Granted, BND_13_every_2xx_counts) {
  for (const int status : {200, 202, 204, 299}) {
    Asked asked;
    asked.answer("Contact: " + asked.contact + ";expires=300\r\n", status);
    EXPECT_EQ(asked.granted(), 300u) << status;
    EXPECT_EQ(asked.world.state(asked.id), RegistrationState::registered);
  }
}

// Ours stands first, in the middle, last, twice, and by each way of telling.
TEST(Granted, BND_01_ours_is_found_wherever_and_however_it_is_listed) {
  const std::string other =
      "<sip:desk@192.0.2.9;transport=ws>;expires=60;+sip.instance="
      "\"<urn:uuid:99999999-0000-4000-8000-000000000001>\";reg-id=1";
  Asked shape;
  const std::string uri = shape.contact.substr(1, shape.contact.find('>') - 1);
  const std::string user = uri.substr(4, uri.find('@') - 4);
  const std::string host =
      uri.substr(uri.find('@') + 1, uri.find(';') - uri.find('@') - 1);
  const std::string instance =
      ";+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000001>\"";
  const std::string ours = shape.contact + ";expires=300";
  const std::string lists[] = {
      ours + ", " + other,
      other + ", " + ours + ", " + other,
      other + ", " + ours,
      ours + ", " + ours,
      // instance and reg-id, though the URI is another
      "<sip:x@192.0.2.1>" + instance + ";reg-id=1;expires=300, " + other,
      // instance without reg-id
      "<sip:x@192.0.2.1>" + instance + ";expires=300, " + other,
      // the URI alone, in another spelling
      "<SIP:" + user + "@" + host + ";Transport=WS;alias=1~2~3>;expires=300, " +
          other,
      // our random host with another user, our random user with another host
      "<sip:alice@" + host + ">;expires=300, " + other,
      "<sip:" + user + "@192.0.2.1:58860>;expires=300, " + other,
      // the sole one, with hardly less time than asked for
      "<sip:90001@192.0.2.1:58860;transport=ws>;expires=595",
  };
  for (const std::string& list : lists) {
    Asked asked;
    asked.answer("Contact: " + list + "\r\n");
    ASSERT_TRUE(asked.granted().has_value()) << list;
    EXPECT_EQ(*asked.granted(), list.ends_with("595") ? 595u : 300u) << list;
  }
}

TEST(Granted, BND_01_PAR_19_ours_is_found_behind_more_than_are_kept) {
  Asked asked;
  std::string rows;
  for (int i = 0; i < 200; ++i) rows += "Contact: <sip:x@192.0.2.1>\r\n";
  asked.answer(rows + "Contact: " + asked.contact + ";expires=300\r\n");
  EXPECT_EQ(asked.granted(), 300u);
  EXPECT_EQ(asked.world.outcome(asked.operation)->bindings.size(), 64u);
  EXPECT_TRUE(asked.world.warned("many-contacts"));
}

TEST(Granted, BND_01_what_only_resembles_ours_is_not) {
  const std::string lists[] = {
      // another flow of this device
      "<sip:x@192.0.2.1>;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-"
      "000000000001>\";reg-id=2;expires=600",
      // another device
      "<sip:x@192.0.2.1;transport=ws>;+sip.instance=\"<urn:uuid:1>\";"
      "expires=600",
      // not over a WebSocket
      "<sip:x@192.0.2.1;transport=udp>;expires=600",
      "<sip:x@192.0.2.1>;expires=600",
      // made before
      "<sip:x@192.0.2.1;transport=ws>;expires=589",
      // longer than asked for
      "<sip:x@192.0.2.1;transport=ws>;expires=601",
      // not the sole one
      "<sip:x@192.0.2.1;transport=ws>;expires=600, <sip:y@192.0.2.2>",
  };
  for (const std::string& list : lists) {
    Asked asked;
    asked.answer("Contact: " + list + "\r\n");
    EXPECT_FALSE(asked.granted().has_value()) << list;
  }
}

TEST(Granted, TMR_02_BND_12_time_counts_from_the_sending) {
  Asked asked;
  asked.world.advance(20'000);
  asked.answer("Contact: " + asked.contact + ";expires=60\r\n");
  EXPECT_EQ(asked.world.last(OutputKind::registered)->expires_at,
            asked.world.wall() + 40'000);
  asked.world.auto_open = false;
  asked.world.drop();
  asked.world.advance(39'999);
  EXPECT_TRUE(asked.world.bound(asked.id));
  asked.world.advance(1);
  EXPECT_FALSE(asked.world.bound(asked.id));
}

TEST(Granted, TMR_02_what_ended_before_its_answer_came_is_not_held) {
  Asked asked;
  asked.world.advance(20'000);
  asked.answer("Contact: " + asked.contact + ";expires=20\r\n");
  EXPECT_FALSE(asked.granted().has_value());
  EXPECT_FALSE(asked.world.bound(asked.id));
}

}  // namespace
}  // namespace sipreg::testing
