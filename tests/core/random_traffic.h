// Requests of the server and channels as choices have them, with what must
// hold: a request is answered once, back over its flow, by whom it is for; what
// belongs to a channel goes there, and goes out as it was given; nothing comes
// out for a channel that has ended.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "choices.h"
#include "simulation.h"
#include "watch.h"

namespace sipreg::testing {

class RandomTraffic {
 public:
  RandomTraffic(Choices& choices, Simulation& world, Watch& watch)
      : choices_(choices), world_(world), watch_(watch) {}

  // One thing, for that account or over that socket (0: there is none).
  void step(RegistrationId account, FlowId socket);
  // After every step of anybody.
  void check();
  // After the agent has closed.
  void finish();

 private:
  struct Channel {
    RegistrationId account = 0;
    FlowId flow = 0;  // as told last
    std::size_t dialogs = 0;
    bool is_closed = false;
  };
  // A request of the server, by what is the same in its answers.
  struct Asked {
    std::string text;
    std::set<FlowId> flows;  // that it came over
    Millis at = 0;
    std::size_t times = 0;
    std::size_t finals = 0;
    RequestId told = 0;        // to the host
    ChannelId channel = 0;     // that was given it
    bool is_lost = false;      // with a flow
    bool is_doubtful = false;  // it may not have been heard
  };
  struct Told {
    std::string key;  // of asked_
    bool is_answered = false;
  };
  // A request of a channel.
  struct Sent {
    ChannelId channel = 0;
    std::string text;
    Millis at = 0;
    bool is_over = false;
  };

  void ask(const std::string& text, FlowId socket, ChannelId expected);
  void ask_again(FlowId socket);
  void ask_in_dialog(FlowId socket);
  void reply();
  void open_channel(RegistrationId account);
  void close_channel();
  void send_request();
  void send_answer();
  void answer_channel(FlowId socket);
  void send(ChannelId id, const std::string& text);
  void read_output(const Seen& seen);
  void read_frame(const std::string& frame, FlowId flow);
  [[nodiscard]] std::string request(std::string_view method,
                                    std::string_view uri, const std::string& to,
                                    const std::string& call_id);
  [[nodiscard]] std::string_view method();
  [[nodiscard]] bool is_alive(const Channel& channel) const;
  [[nodiscard]] bool is_open(FlowId flow) const;
  [[nodiscard]] bool is_late() const;

  Choices& choices_;
  Simulation& world_;
  Watch& watch_;
  bool wants_requests_ = false;
  std::map<ChannelId, Channel> channels_;
  std::map<std::string, Asked> asked_;
  std::vector<Sent> sent_;
  std::map<RequestId, Told> told_;
  std::size_t messages_ = 0;  // made so far
  std::size_t outputs_read_ = 0;
  std::size_t frames_read_ = 0;
};

}  // namespace sipreg::testing
