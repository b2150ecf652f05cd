// When a flow is asked for a sign of life, and what silence means (RFC 5626
// sections 3.5.1 and 4.4.1).
#pragma once

#include <cstdint>

#include "entropy.h"
#include "flow/servers.h"
#include "sipreg/options.h"
#include "sipreg/time.h"

namespace sipreg::flow {

class KeepAlive {
 public:
  enum class Action : std::uint8_t {
    none,
    ping,     // send CRLF CRLF
    options,  // send OPTIONS: pings are not answered there
    give_up,  // the flow is dead
  };

  void configure(const KeepAliveOptions& options) { options_ = options; }

  // A flow opened, or is no more.
  void start();
  void stop() { start(); }

  // The registrar took a registration over this flow: pings begin. `flow_timer`
  // in seconds, 0: none; `outbound`: it promised to answer them.
  void registered(std::uint32_t flow_timer, bool outbound, const Server& server,
                  Millis now, Entropy& entropy);
  // A frame came in: whatever it is, the flow lives.
  void received(const Server& server, Millis now, Entropy& entropy);
  // And it was a pong, or the answer to our OPTIONS. True when it was asked
  // for.
  bool ponged(Server& server);
  bool options_answered(Server& server);

  // Asks at once; silence until `timeout` has passed ends the flow.
  // `by_options`: not by a ping where the method is left to us.
  // Then silence has the consequences of any keep-alive's where the server has
  // not answered an OPTIONS before.
  [[nodiscard]] Action probe(const Server& server, Millis now, Millis timeout,
                             bool by_options);
  // The host itself asks, by a request of its own.
  void expect_answer(Millis now, Millis timeout);
  [[nodiscard]] bool probing() const { return answer_by_ != no_deadline; }

  [[nodiscard]] Action advance(Server& server, Millis now, Entropy& entropy);
  [[nodiscard]] Millis deadline() const;

 private:
  enum class Asked : std::uint8_t { nothing, ping, options, request };

  [[nodiscard]] Action ask(bool ignores_pings, Millis now, Millis timeout);
  void schedule(const Server& server, Millis now, Entropy& entropy);
  [[nodiscard]] bool must_answer(const Server& server) const;

  KeepAliveOptions options_;
  bool running_ = false;
  bool outbound_ = false;
  bool demanded_ =
      false;  // silence ends the flow whatever the server did so far
  Asked asked_ = Asked::nothing;
  Asked answered_ = Asked::nothing;  // what was asked when the last frame came
  std::uint32_t flow_timer_ = 0;
  Millis ask_at_ = no_deadline;  // steady, as the next
  Millis answer_by_ = no_deadline;
};

}  // namespace sipreg::flow
