// An agent, a clock that stands still until told, and the server's side of its
// flow: what every test of the agent needs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sipreg/agent.h"

namespace sipreg::testing {

// What a test wants to know of an output after its views have died.
struct Seen {
  OutputKind kind;
  RegistrationId registration;
  OperationId operation;
  RegistrationState state;
  bool bound;
  Millis expires_at;
  Millis refresh_at;
  Millis retry_at;
  UnregisteredReason reason;
  bool confirmed;
  bool sent;
  std::uint32_t attempt;
  std::string warning;
  std::string text;  // trace, warning: the message; failure: its message
  FailureCode code;
  int status;
  bool retryable;
  std::uint32_t expires;              // granted
  std::vector<std::string> bindings;  // "own <uri> <expires>"
  std::vector<std::string> headers;   // of the response: "name: value"
  std::vector<std::string> service_route;
  std::vector<std::string> path;
  std::string pub_gruu;
  std::string temp_gruu;
  std::string contact;
  std::string realm;
  DigestAlgorithm algorithm;
  bool authenticated;
  bool outbound;
  std::optional<Success::Push> push;  // its vapid is in `vapid`
  std::string vapid;
  std::vector<DigestAlgorithm> offered;
  ChallengeInfo::Previous previous;
  bool bearer;
  std::string scope;
  std::string authz_server;
  std::string error;
  ConnectionState connection;
  std::uint32_t challenge;
  FlowId flow;
  ChannelId channel;  // its properties and messages are in `text`
  RequestId request;  // its whole text is in `text`, its headers in `headers`
  std::string method;
  std::string uri;
  std::string body;
};

// alice, who has credentials.
[[nodiscard]] RegistrationOptions alice();

// The value of the first header of that name in a message, "" without one.
[[nodiscard]] std::string header(std::string_view message,
                                 std::string_view name);
// A parameter's value anywhere in a header's value, quotes removed.
[[nodiscard]] std::string parameter(std::string_view value,
                                    std::string_view name);

// A response to a request of ours: `rows` are whole header rows with CRLF.
[[nodiscard]] std::string respond(std::string_view request, int status,
                                  std::string_view rows = {});
// 200 that lists the request's own Contact, granted what it asked for or
// `expires`.
[[nodiscard]] std::string accept(std::string_view request, int expires = -1);
[[nodiscard]] std::string digest_challenge(std::string_view request,
                                           std::string_view nonce,
                                           std::string_view more = {},
                                           int status = 401);

class Simulation {
 public:
  explicit Simulation(ClientOptions options = {}, std::uint8_t seed = 1);

  // --- the host's side
  RegistrationId create(const RegistrationOptions& options);
  RegistrationId create();  // alice, with the password "secret"
  OperationId call(RegistrationId id, CallKind kind);
  OperationId call(RegistrationId id, const Call& call);
  // The same with a call that may be refused; 0 when it is.
  OperationId try_call(RegistrationId id, const Call& call);
  bool provide(RegistrationId id, std::uint32_t challenge,
               const Credentials& credentials);
  void remove(RegistrationId id);
  Status reply(RequestId request, const RequestAnswer& answer);
  ChannelId open_channel(RegistrationId id);  // 0 when refused
  void close_channel(ChannelId channel);
  Status send(ChannelId channel, std::string message);
  void advance(Millis ms);    // both clocks, stopping at every deadline
  std::string await_frame();  // advances until one is sent, within a day
  void sleep(Millis ms);      // the wall clock alone, then one late timer
  // The wall clock alone, or both clocks, and nobody is told yet.
  void leap(Millis ms);
  void oversleep(Millis ms);
  void wake();
  void offline();
  void close();
  void drain();  // after a call of `agent` itself
  // What happened, but for the properties told last: long runs need the room.
  void forget();

  // --- the server's side
  // Sockets open by themselves unless this is off.
  bool auto_open = true;
  // Pings are answered, and are no frames to look at, unless this is off.
  bool auto_pong = true;
  std::size_t pings = 0;
  bool subprotocol = true;
  bool secure = true;
  bool loopback = false;
  // On a flow, or on the latest that it can be done to.
  void open(FlowId flow = 0);
  void refuse(FlowId flow = 0);
  void drop(std::uint16_t code = 1006, FlowId flow = 0);
  void receive(std::string frame, FlowId flow = 0);

  // Credentials are given when asked unless this is off.
  bool auto_credentials = true;
  std::string username;
  std::string password = "secret";
  std::string token;  // given in the password's place, unless empty
  Millis token_expires_at = 0;
  // What no output may hold. The token may be in what is sent, nowhere else.
  std::vector<std::string> secrets;

  // --- what happened
  std::deque<std::string> frames;  // sent, not yet looked at
  std::vector<std::string> all_frames;
  std::vector<Millis> frame_times;  // of all_frames
  std::vector<FlowId> frame_flows;  // of all_frames
  std::vector<Seen> outputs;
  std::vector<std::uint32_t> connects;  // server indices asked for
  std::vector<Millis> connect_times;
  std::vector<std::uint16_t> disconnects;
  [[nodiscard]] std::string next_frame();  // fails the test without one
  Millis frame_sent_at = 0;                // of the frame taken last
  FlowId frame_sent_on = 0;
  [[nodiscard]] RegistrationState state(RegistrationId id) const;
  // What was told last of a registration's properties.
  [[nodiscard]] const Seen* properties(RegistrationId id) const;
  [[nodiscard]] const Seen* outcome(OperationId operation) const;
  [[nodiscard]] const Seen* last(OutputKind kind) const;
  [[nodiscard]] std::size_t count(OutputKind kind) const;
  [[nodiscard]] bool warned(std::string_view code) const;
  [[nodiscard]] bool bound(RegistrationId id) const;
  [[nodiscard]] bool socket_open() const { return latest(true) != 0; }
  [[nodiscard]] bool socket_wanted() const { return latest(false) != 0; }
  // All that are open or asked for, each with whether it is open.
  [[nodiscard]] const std::map<FlowId, bool>& sockets() const {
    return sockets_;
  }
  // The wall clock without its steps back.
  [[nodiscard]] Millis latest_wall() const { return now_.wall + stepped_back_; }
  [[nodiscard]] Millis now() const { return now_.monotonic; }
  [[nodiscard]] Millis wall() const { return now_.wall; }
  [[nodiscard]] Now clocks() const { return now_; }
  // What has run of a binding's lifetime: by whichever clock went further.
  [[nodiscard]] Millis lifetime() const { return lifetime_; }
  // The agent has been told the time, and to do what is due.
  [[nodiscard]] bool is_punctual() const { return !overdue_; }
  void jump_wall(Millis ms);
  [[nodiscard]] Millis deadline() const { return agent.deadline(); }

  // register, answer the challenge, accept: the usual beginning.
  RegistrationId registered(int expires = 600);

  Agent agent;

 private:
  void tell_time();
  void poll();  // after a call that tells no time
  [[nodiscard]] FlowId latest(bool is_open) const;
  void note(const Output& output);
  void check_order(const Output& output) const;
  void check_secrecy(const Output& output);

  std::map<RegistrationId, std::size_t> properties_;  // index in outputs
  Millis stepped_back_ = 0;
  Now now_{1'000, 1'700'000'000'000};
  Now told_ = now_;  // to the agent, last
  Millis lifetime_ = 0;
  bool overdue_ = false;         // time has passed since advance() was called
  std::string digest_response_;  // of the frame sent last
  FlowId last_flow_ = 0;
  std::map<FlowId, bool> sockets_;
  OperationId last_operation_ = 0;
  ChannelId last_channel_ = 0;
};

}  // namespace sipreg::testing
