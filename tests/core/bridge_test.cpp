// The bridge as its host sees it: field lists in, records and JSON out.
#include "bridge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "message/describe.h"
#include "simulation.h"

namespace sipreg::bridge {
namespace {

using sipreg::testing::accept;
using sipreg::testing::digest_challenge;
using sipreg::testing::header;
using sipreg::testing::parameter;
using sipreg::testing::respond;

// A field list as a host writes it.
class Fields {
 public:
  Fields& text(Field field, std::string_view value) {
    word(static_cast<std::uint32_t>(field));
    word(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    return *this;
  }
  Fields& number(Field field, double value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    return text(field, {bytes, sizeof value});
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void word(std::uint32_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof value);
  }
  std::string bytes_;
};

// A host with a clock that stands still.
class Host {
 public:
  Host() {
    Fields options;
    options.number(Field::servers, 1)
        .text(Field::user_agent, "test/1")
        .text(Field::instance_id,
              "urn:uuid:00000000-0000-4000-8000-000000000001")
        .text(Field::entropy, std::string(32, 'e'));
    EXPECT_EQ(bridge.configure(write(options.bytes())), 0u);
  }

  std::uint32_t write(std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(reinterpret_cast<char*>(bridge.input(size)), bytes.data(),
                size);
    return size;
  }

  std::uint32_t create(std::string_view aor = "sip:alice@example.com") {
    Fields options;
    options.text(Field::aor, aor).number(Field::has_credentials, 1);
    return bridge.create(write(options.bytes()));
  }

  std::uint32_t call(std::uint32_t registration, std::uint32_t operation,
                     CallKind kind, const Fields& fields = {}) {
    return bridge.call(write(fields.bytes()), monotonic, wall, registration,
                       operation, static_cast<std::uint32_t>(kind));
  }

  void receive(std::string_view frame) {
    bridge.receive(write(frame), monotonic, wall, flow);
  }

  void give_password() {
    const Record* wanted = find(OutputKind::credentials_wanted);
    ASSERT_NE(wanted, nullptr);
    Fields fields;
    fields.text(Field::credentials, "").text(Field::password, "secret");
    const auto [registration, challenge] =
        std::pair(wanted->registration, wanted->reference);
    EXPECT_EQ(bridge.provide_credentials(write(fields.bytes()), monotonic, wall,
                                         registration, challenge),
              0u);
  }

  void open() {
    const Record* connect = find(OutputKind::connect);
    ASSERT_NE(connect, nullptr);
    flow = connect->flow;
    bridge.opened(monotonic, wall, flow, true, false, true);
  }

  // register, answer the challenge, accept. Leaves the last outputs.
  std::uint32_t registered() {
    const std::uint32_t id = create();
    call(id, 1, CallKind::register_);
    open();
    receive(digest_challenge(frame(), "n1"));
    give_password();
    receive(accept(frame()));
    return id;
  }

  [[nodiscard]] const Outbox& outbox() const {
    return *reinterpret_cast<const Outbox*>(bridge.outbox());
  }
  [[nodiscard]] std::vector<Record> records() const {
    return {outbox().records, outbox().records + outbox().count};
  }
  [[nodiscard]] const Record* find(OutputKind kind) const {
    for (std::uint32_t i = 0; i < outbox().count; ++i) {
      const Record& each = outbox().records[i];
      if (each.kind == static_cast<std::uint32_t>(kind)) return &each;
    }
    return nullptr;
  }
  [[nodiscard]] std::string bytes(const Record& record) const {
    return {outbox().blob + record.offset, record.length};
  }
  [[nodiscard]] std::string frame() const {
    const Record* record = find(OutputKind::transmit);
    EXPECT_NE(record, nullptr);
    return record == nullptr ? "" : bytes(*record);
  }
  [[nodiscard]] std::string json(OutputKind kind) const {
    const Record* record = find(kind);
    EXPECT_NE(record, nullptr);
    return record == nullptr ? "" : bytes(*record);
  }

  Bridge bridge;
  std::uint32_t flow = 0;
  double monotonic = 1000.75;
  double wall = 1.7e12;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

bool is_wiped(Host& host, std::uint32_t size) {
  const char* at = reinterpret_cast<const char*>(host.bridge.input(size));
  return std::string_view(at, size) == std::string(size, '\0');
}

TEST(Bridge, one_call_a_frame_gives_everything_that_came_of_it) {
  Host host;
  const std::uint32_t id = host.create();
  EXPECT_EQ(id, 1u);
  EXPECT_EQ(host.outbox().count, 0u);
  EXPECT_EQ(host.outbox().deadline, -1);
  EXPECT_EQ(host.call(id, 7, CallKind::register_), 0u);
  ASSERT_NE(host.find(OutputKind::connection), nullptr);
  EXPECT_EQ(host.find(OutputKind::connection)->code,
            static_cast<std::uint32_t>(ConnectionState::connecting));
  const Record* state = host.find(OutputKind::registration);
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->code,
            static_cast<std::uint32_t>(RegistrationState::connecting));
  EXPECT_EQ(host.outbox().deadline, 1000 + 10'000);
  host.open();
  const std::string frame = host.frame();
  EXPECT_EQ(frame.substr(0, 33), "REGISTER sip:example.com SIP/2.0\r");
  EXPECT_EQ(host.find(OutputKind::transmit)->flag, 1u);
  EXPECT_EQ(header(frame, "User-Agent"), "test/1");
  EXPECT_EQ(host.outbox().deadline, 1000 + 32'000);
  EXPECT_EQ(host.outbox().statistics.registers, 1u);
  EXPECT_EQ(host.outbox().statistics.frames_out, 1u);

  host.receive(digest_challenge(frame, "n1"));
  host.give_password();
  const std::string second = host.frame();
  EXPECT_EQ(parameter(header(second, "Authorization"), "username"), "alice");
  host.receive(accept(second, 300));
  std::vector<OutputKind> kinds;
  for (const Record& each : host.records()) {
    kinds.push_back(static_cast<OutputKind>(each.kind));
  }
  EXPECT_EQ(kinds,
            (std::vector{OutputKind::registration, OutputKind::registered,
                         OutputKind::operation_done, OutputKind::warning}));
  const Record* done = host.find(OutputKind::operation_done);
  EXPECT_EQ(done->reference, 7u);
  EXPECT_EQ(host.bytes(*done).rfind("[300,1700000300000,\"sip:", 0), 0u);
  EXPECT_EQ(host.find(OutputKind::registration)->x, 1.7e12 + 300'000);
}

TEST(Bridge, an_event_and_its_call_share_their_json) {
  Host host;
  host.registered();
  const Record* event = host.find(OutputKind::registered);
  const Record* done = host.find(OutputKind::operation_done);
  ASSERT_NE(event, nullptr);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(event->offset, done->offset);
  EXPECT_EQ(event->length, done->length);
  EXPECT_EQ(event->offset + event->length,
            host.find(OutputKind::warning)->offset);
  EXPECT_EQ(event->x, 1);  // the first binding is ours
  EXPECT_EQ(event->y, 0);
  EXPECT_EQ(event->z, 0);  // the response is the whole frame
  EXPECT_EQ(done->x, 1);
}

TEST(Bridge, json_says_what_the_registrar_granted) {
  Host host;
  const std::uint32_t id = host.create();
  host.call(id, 1, CallKind::register_);
  host.open();
  const std::string frame = host.frame();
  const std::string contact = header(frame, "Contact");
  const std::string uri = contact.substr(1, contact.find('>') - 1);
  const std::string answer = respond(
      frame, 200,
      "Contact: \"A \\\"B\\\"\" <sip:other@192.0.2.1>;q=0.5"
      ";note=\"x \\\"y\\\", z\";flag;expires=60\r\n"
      "Contact: " +
          contact +
          ";pub-gruu=\"sip:alice@example.com;gr=urn:uuid:1\"\r\n"
          "Service-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
          "P-Associated-URI: <sip:alice@example.com>\r\n"
          "X-Tab: a\tb\r\n");
  host.receive(answer);
  const Record* event = host.find(OutputKind::registered);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(
      host.bytes(*event),
      "[600,1700000600000,\"" + uri +
          "\",[\"<sip:p1.example.com;lr>\",\"<sip:p2.example.com;lr>\"],[],"
          "[\"<sip:alice@example.com>\"],false,null,"
          "\"sip:alice@example.com;gr=urn:uuid:1\",null]");
  EXPECT_EQ(event->x, 2);  // the second binding is ours

  EXPECT_EQ(host.bridge.read_response(host.write(answer)), 1u);
  EXPECT_EQ(host.outbox().count, 0u);
  const std::string json(host.outbox().blob, host.outbox().blob_length);
  const std::string instance = "urn:uuid:00000000-0000-4000-8000-000000000001";
  const std::string expected =
      "{\"bindings\":[{\"uri\":\"sip:other@192.0.2.1\","
      "\"displayName\":\"A \\\"B\\\"\",\"expires\":60,\"q\":0.500,"
      "\"params\":{\"q\":\"0.5\",\"note\":\"x \\\"y\\\", z\",\"flag\":true,"
      "\"expires\":\"60\"},\"own\":false},{\"uri\":\"" +
      uri + "\",\"expires\":600,\"q\":null,\"instanceId\":\"" + instance +
      "\",\"regId\":1,\"params\":{\"+sip.instance\":\"<" + instance +
      ">\",\"reg-id\":\"1\",\"expires\":\"600\","
      "\"pub-gruu\":\"sip:alice@example.com;gr=urn:uuid:1\"},\"own\":false}],"
      "\"response\":{\"status\":200,\"reason\":\"Reason\",\"headers\":[["
      "\"Via\",";
  EXPECT_EQ(json.substr(0, expected.size()), expected);
  EXPECT_TRUE(contains(json, "[\"X-Tab\",\"a\\u0009b\"]")) << json;
  EXPECT_TRUE(json.ends_with("]]}}")) << json;
  EXPECT_EQ(host.bridge.read_response(host.write("no response")), 0u);
  EXPECT_EQ(host.outbox().blob_length, 0u);
}

TEST(Bridge, WS_06_a_response_that_shares_its_frame_is_copied) {
  Host host;
  const std::uint32_t id = host.create();
  host.call(id, 1, CallKind::register_);
  host.open();
  const std::string frame = host.frame();
  const std::string answer = accept(frame);
  host.receive(respond(frame, 100) + answer);
  const Record* event = host.find(OutputKind::registered);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->z, static_cast<double>(answer.size()));
  EXPECT_EQ(std::string(host.outbox().blob + event->offset + event->length,
                        answer.size()),
            answer);
  const Record* done = host.find(OutputKind::operation_done);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->offset, event->offset);
  EXPECT_EQ(done->z, event->z);
}

TEST(Bridge, details_of_events_and_removals) {
  Host host;
  const std::uint32_t id = host.registered();
  host.call(id, 5, CallKind::unregister);
  host.receive(respond(host.frame(), 200));
  EXPECT_EQ(host.json(OutputKind::unregistered),
            "{\"reason\":\"user\",\"confirmed\":true}");
  EXPECT_EQ(host.json(OutputKind::operation_done),
            "{\"sent\":true,\"confirmed\":true}");
  host.call(id, 6, CallKind::register_);
  host.receive(respond(host.frame(), 200));
  EXPECT_TRUE(contains(host.json(OutputKind::warning),
                       "{\"code\":\"no-own-contact\",\"message\":\""));
  EXPECT_TRUE(contains(host.json(OutputKind::registered),
                       "{\"scheme\":\"Digest\",\"algorithm\":\"MD5\","
                       "\"realm\":\"example.com\",\"mutual\":false}"));
}

TEST(Bridge, a_failure_comes_with_its_response) {
  Host host;
  const std::uint32_t id = host.create();
  host.call(id, 3, CallKind::register_);
  host.open();
  host.receive(respond(host.frame(), 503, "Retry-After: 120 (later)\r\n"));
  const Record* failed = host.find(OutputKind::operation_failed);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->reference, 3u);
  EXPECT_EQ(failed->code, static_cast<std::uint32_t>(FailureCode::rejected));
  const std::string json = host.bytes(*failed);
  EXPECT_TRUE(contains(json, "\"code\":\"rejected\",\"retryable\":true,"));
  EXPECT_TRUE(contains(json, ",\"retryAt\":17000"));
  EXPECT_TRUE(contains(
      json, ",\"retryAfter\":120,\"response\":{\"status\":503,\"reason\":"));
  EXPECT_EQ(json.rfind("{\"message\":\"", 0), 0u);
  const Record* retry = host.find(OutputKind::retry);
  ASSERT_NE(retry, nullptr);
  EXPECT_EQ(retry->reference, 1u);
  EXPECT_EQ(retry->offset, failed->offset);
}

TEST(Bridge, DIG_06_challenges_keep_the_order_in_which_they_would_be_answered) {
  Host host;
  const std::uint32_t id = host.create();
  host.call(id, 1, CallKind::register_);
  host.open();
  host.receive(respond(host.frame(), 407,
                       "Proxy-Authenticate: Digest realm=\"a \\\"b\\\"\", "
                       "nonce=\"1\", algorithm=SHA-256, qop=\"auth\"\r\n"
                       "Proxy-Authenticate: Digest realm=\"a \\\"b\\\"\", "
                       "nonce=\"2\", algorithm=MD5, qop=\"auth\"\r\n"));
  const Record* wanted = host.find(OutputKind::credentials_wanted);
  ASSERT_NE(wanted, nullptr);
  EXPECT_EQ(wanted->registration, id);
  const std::string json = host.bytes(*wanted);
  EXPECT_EQ(json.rfind("{\"scheme\":\"Digest\",\"realm\":\"a ", 0), 0u) << json;
  EXPECT_TRUE(
      contains(json, "\"proxy\":true,\"algorithms\":[\"SHA-256\",\"MD5\"]}"))
      << json;
}

TEST(Bridge, a_refused_option_is_named_and_changes_nothing) {
  Host host;
  EXPECT_EQ(host.create("alice"), 0u);
  const Outbox& outbox = host.outbox();
  EXPECT_EQ(outbox.error, static_cast<std::uint32_t>(Error::invalid_argument));
  EXPECT_EQ(std::string_view(outbox.option, outbox.option_length), "aor");
  EXPECT_GT(outbox.message_length, 10u);
  EXPECT_EQ(host.create(), 1u);
  EXPECT_EQ(outbox.error, 0u);
  EXPECT_EQ(host.call(9, 1, CallKind::register_),
            static_cast<std::uint32_t>(Error::unknown_registration));
  Fields update;
  update.text(Field::replace_headers, "")
      .text(Field::header, "Via")
      .text(Field::value, "x");
  EXPECT_EQ(host.bridge.update(host.write(update.bytes()), 1),
            static_cast<std::uint32_t>(Error::invalid_argument));
  EXPECT_EQ(std::string_view(outbox.option, outbox.option_length), "headers");
}

TEST(Bridge, every_option_reaches_the_wire) {
  Host host;
  Fields options;
  options.text(Field::aor, "sip:alice@example.com")
      .text(Field::registrar, "sip:registrar.example.com")
      .text(Field::from, "sip:boss@example.com")
      .text(Field::display_name, "Alice")
      .number(Field::expires, 1800)
      .text(Field::contact_user, "desk")
      .text(Field::contact_display_name, "Desk")
      .number(Field::contact_q, 0.25)
      .text(Field::contact_uri_parameter, "line")
      .text(Field::value, "7")
      .text(Field::contact_uri_parameter, "ob2")
      .text(Field::contact_parameter, "+sip.ice")
      .text(Field::header, "X-One")
      .text(Field::value, "1")
      .text(Field::header, "X-Two")
      .text(Field::value, "2")
      .text(Field::supported, "100rel")
      .text(Field::route, "<sip:edge.example.com;lr>")
      .number(Field::outbound, 0)
      .number(Field::gruu, 0)
      .text(Field::push_provider, "webpush")
      .text(Field::push_prid, "https://push.example/1");
  const std::uint32_t id = host.bridge.create(host.write(options.bytes()));
  ASSERT_EQ(id, 1u);
  Fields call;
  call.text(Field::header, "X-Three")
      .text(Field::value, "3")
      .text(Field::supported, "timer")
      .number(Field::expires, 900);
  host.call(id, 1, CallKind::register_, call);
  host.open();
  const std::string frame = host.frame();
  EXPECT_EQ(frame.rfind("REGISTER sip:registrar.example.com SIP/2.0\r\n", 0),
            0u);
  EXPECT_EQ(header(frame, "From").rfind("\"Alice\" <sip:boss@example.com>", 0),
            0u);
  EXPECT_EQ(header(frame, "To"), "<sip:alice@example.com>");
  EXPECT_EQ(header(frame, "Expires"), "900");
  EXPECT_EQ(header(frame, "Route"), "<sip:edge.example.com;lr>");
  EXPECT_EQ(header(frame, "X-One"), "1");
  EXPECT_EQ(header(frame, "X-Two"), "2");
  EXPECT_EQ(header(frame, "X-Three"), "3");
  EXPECT_EQ(header(frame, "Supported"), "path, 100rel, timer");
  const std::string contact = header(frame, "Contact");
  EXPECT_EQ(contact.rfind("\"Desk\" <sip:desk@", 0), 0u) << contact;
  for (const char* part : {";line=7", ";ob2", ";+sip.ice", ";q=0.25",
                           "pn-provider=webpush", "pn-prid="}) {
    EXPECT_NE(contact.find(part), contact.npos) << part;
  }
  EXPECT_EQ(contact.find("reg-id"), contact.npos);
}

TEST(Bridge, T14_secrets_are_wiped_from_the_input) {
  Host host;
  Fields fields;
  fields.text(Field::credentials, "").text(Field::password, "top secret");
  const std::uint32_t size = host.write(fields.bytes());
  EXPECT_EQ(host.bridge.check_credentials(size), 0u);
  EXPECT_TRUE(is_wiped(host, size));

  const std::uint32_t id = host.create();
  host.call(id, 1, CallKind::register_);
  host.open();
  host.receive(digest_challenge(host.frame(), "n1"));
  const std::uint32_t challenge =
      host.find(OutputKind::credentials_wanted)->reference;
  EXPECT_EQ(
      host.bridge.provide_credentials(host.write(fields.bytes()),
                                      host.monotonic, host.wall, id, challenge),
      0u);
  EXPECT_TRUE(is_wiped(host, size));

  Bridge other;
  Fields client;
  client.text(Field::entropy, std::string(32, 's'))
      .text(Field::instance_id,
            "urn:uuid:00000000-0000-4000-8000-000000000001");
  const auto length = static_cast<std::uint32_t>(client.bytes().size());
  char* at = reinterpret_cast<char*>(other.input(length));
  std::memcpy(at, client.bytes().data(), length);
  EXPECT_EQ(other.configure(length), 0u);
  EXPECT_EQ(std::string_view(at, length), std::string(length, '\0'));
}

TEST(Bridge, fault_88_malformed_hashes_are_refused) {
  Host host;
  Fields fields;
  fields.text(Field::credentials, "")
      .text(Field::ha1_md5, "12")
      .text(Field::realm, "example.com");
  EXPECT_EQ(host.bridge.check_credentials(host.write(fields.bytes())),
            static_cast<std::uint32_t>(Error::invalid_argument));
  EXPECT_EQ(std::string_view(host.outbox().option, host.outbox().option_length),
            "credentials.ha1");
}

TEST(Bridge, the_input_keeps_what_was_written_when_it_grows) {
  Host host;
  char* small = reinterpret_cast<char*>(host.bridge.input(16));
  std::memcpy(small, "0123456789abcdef", 16);
  const char* large = reinterpret_cast<const char*>(host.bridge.input(1 << 20));
  EXPECT_EQ(std::string_view(large, 16), "0123456789abcdef");
  EXPECT_EQ(reinterpret_cast<const char*>(host.bridge.input(8)), large);
}

TEST(Bridge, a_steady_state_keeps_the_records_where_they_are) {
  Host host;
  const std::uint32_t id = host.registered();
  const std::uintptr_t outbox = host.bridge.outbox();
  const Record* records = nullptr;
  const char* blob = nullptr;
  for (std::uint32_t round = 0; round < 100; ++round) {
    host.call(id, 10 + round, CallKind::refresh);
    host.receive(accept(host.frame()));
    ASSERT_NE(host.find(OutputKind::refreshed), nullptr);
    if (round == 1) {
      records = host.outbox().records;
      blob = host.outbox().blob;
    }
    if (round > 1) {
      EXPECT_EQ(host.outbox().records, records);
      EXPECT_EQ(host.outbox().blob, blob);
    }
  }
  EXPECT_EQ(host.bridge.outbox(), outbox);
}

TEST(Bridge, traces_come_when_asked_for) {
  Host host;
  const std::uint32_t id = host.registered();
  EXPECT_EQ(host.find(OutputKind::trace), nullptr);
  host.bridge.set_trace(true);
  host.call(id, 2, CallKind::refresh);
  const Record* out = host.find(OutputKind::trace);
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(out->flag, 0u);
  EXPECT_EQ(host.bytes(*out).substr(0, 8), "REGISTER");
  host.receive(accept(host.frame()));
  const Record* in = host.find(OutputKind::trace);
  ASSERT_NE(in, nullptr);
  EXPECT_EQ(in->flag, 1u);
  host.bridge.set_trace(false);
  host.call(id, 3, CallKind::refresh);
  EXPECT_EQ(host.find(OutputKind::trace), nullptr);
}

TEST(Bridge, API_07_remove_and_close_settle_what_is_pending) {
  Host host;
  const std::uint32_t alice = host.create();
  const std::uint32_t bob = host.create("sip:bob@example.com");
  host.call(alice, 1, CallKind::register_);
  host.open();
  host.call(bob, 2, CallKind::register_);
  EXPECT_EQ(host.bridge.remove(host.monotonic, host.wall, alice), 0u);
  const Record* removed = host.find(OutputKind::operation_failed);
  ASSERT_NE(removed, nullptr);
  EXPECT_EQ(removed->reference, 1u);
  EXPECT_EQ(removed->code, static_cast<std::uint32_t>(FailureCode::removed));
  EXPECT_EQ(host.bridge.remove(host.monotonic, host.wall, alice),
            static_cast<std::uint32_t>(Error::unknown_registration));
  host.bridge.close(host.monotonic, host.wall);
  const Record* closed = host.find(OutputKind::operation_failed);
  ASSERT_NE(closed, nullptr);
  EXPECT_EQ(closed->reference, 2u);
  EXPECT_EQ(closed->code, static_cast<std::uint32_t>(FailureCode::closed));
  EXPECT_NE(host.find(OutputKind::disconnect), nullptr);
  EXPECT_EQ(host.outbox().deadline, -1);
  EXPECT_EQ(host.create(), 0u);
  EXPECT_EQ(host.outbox().error, static_cast<std::uint32_t>(Error::closed));
}

TEST(Bridge, a_lost_socket_and_a_late_timer_are_passed_on) {
  Host host;
  const std::uint32_t id = host.create();
  host.call(id, 1, CallKind::register_);
  host.open();
  host.monotonic += 40'000;
  host.wall += 40'000;
  host.bridge.advance(host.monotonic, host.wall);
  const Record* failed = host.find(OutputKind::operation_failed);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->code, static_cast<std::uint32_t>(FailureCode::timeout));
  host.bridge.lost(host.monotonic, host.wall, host.flow, 1012);
  const Record* connection = host.find(OutputKind::connection);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->flow, 1012u);
}

TEST(Bridge, numbers_out_of_range_become_the_nearest) {
  EXPECT_EQ(to_u32(-1), 0u);
  EXPECT_EQ(to_u32(4294967296.0), 4294967295u);
  EXPECT_EQ(to_u32(std::nan("")), 0u);
  EXPECT_EQ(to_millis(std::numeric_limits<double>::infinity()),
            9007199254740991);
  EXPECT_EQ(to_millis(-1e300), -9007199254740991);
  EXPECT_EQ(to_millis(1234.9), 1234);
}

TEST(Bridge, describes_what_the_codec_parsed) {
  Host host;
  const std::string frame =
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\n"
      "Call-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n";
  host.bridge.describe(host.write(frame));
  std::string copy = frame;
  Text expected;
  message::describe(copy, expected);
  EXPECT_EQ(std::string(host.outbox().blob, host.outbox().blob_length),
            expected);
  EXPECT_EQ(host.outbox().count, 0u);
}

// Whatever is in the input, reading stays inside it; the sanitizers watch.
TEST(Bridge, random_field_lists_do_no_harm) {
  constexpr std::uint32_t seed = 20261123;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 3000; ++round) {
    Host host;
    Fields fields;
    const std::uint32_t entries = random() % 12;
    for (std::uint32_t i = 0; i < entries; ++i) {
      const auto field = static_cast<Field>(random() % 55);
      if (random() % 3 == 0) {
        fields.number(field, std::ldexp(static_cast<double>(random()) - 2e9,
                                        static_cast<int>(random() % 80) - 40));
      } else {
        std::string text;
        for (std::uint32_t n = random() % 20; n > 0; --n) {
          text += static_cast<char>(random());
        }
        fields.text(field, text);
      }
    }
    std::string bytes = fields.bytes();
    if (!bytes.empty() && random() % 2 == 0) {
      bytes.resize(random() % bytes.size());
    }
    if (bytes.size() > 8 && random() % 4 == 0) bytes[4 + random() % 4] = '\xff';
    const std::uint32_t id = host.create();
    switch (random() % 5) {
      case 0:
        host.bridge.create(host.write(bytes));
        break;
      case 1:
        host.bridge.update(host.write(bytes), id);
        break;
      case 2:
        host.bridge.check_credentials(host.write(bytes));
        break;
      case 3:
        host.bridge.configure(host.write(bytes));
        break;
      default:
        host.bridge.call(host.write(bytes), host.monotonic, host.wall, id, 1,
                         random() % 6);
    }
    EXPECT_LE(host.outbox().error, static_cast<std::uint32_t>(Error::closed));
  }
}

}  // namespace
}  // namespace sipreg::bridge
