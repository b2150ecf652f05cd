// The agent as numbers and bytes, for hosts that can pass nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "list.h"
#include "option_reader.h"
#include "record_writer.h"
#include "sipreg/agent.h"

namespace sipreg::bridge {

// What the last call left. It stays at one address for the bridge's life; the
// addresses in it change from call to call.
struct Outbox {
  double deadline = -1;  // monotonic ms; negative: none
  std::uint32_t count = 0;
  std::uint32_t error = 0;  // Error of the last command
  Agent::Statistics statistics;
  std::uint32_t blob_length = 0;
  const Record* records = nullptr;
  const char* blob = nullptr;
  // Of a refused command: which option is wrong, and what to do about it.
  const char* option = nullptr;
  std::size_t option_length = 0;
  const char* message = nullptr;
  std::size_t message_length = 0;
};

// Order of calls: write at input(), call, read the outbox, all of it before the
// next call. Every call that moves the agent drains it into the outbox, so one
// frame costs one call. Times are ms: `monotonic` and `wall` (see Now).
//
// `size` is the number of bytes that were written at input(). Commands return
// an Error as a number, 0 for success; the outbox then says what was wrong.
class Bridge {
 public:
  // Makes room for `size` bytes and returns their address. What was written
  // before stays; what an abandoned buffer held is wiped.
  std::uintptr_t input(std::uint32_t size);
  [[nodiscard]] std::uintptr_t outbox() const;

  // Client options; the entropy among them is wiped.
  std::uint32_t configure(std::uint32_t size);
  // Registration options. Returns the new registration's id, 0 when refused.
  std::uint32_t create(std::uint32_t size);
  [[nodiscard]] std::uint32_t reg_id(std::uint32_t registration) const;
  // `kind` is a CallKind.
  std::uint32_t call(std::uint32_t size, double monotonic, double wall,
                     std::uint32_t registration, std::uint32_t operation,
                     std::uint32_t kind);
  std::uint32_t remove(double monotonic, double wall,
                       std::uint32_t registration);
  std::uint32_t update(std::uint32_t size, std::uint32_t registration);
  std::uint32_t reset_credentials(double monotonic, double wall,
                                  std::uint32_t registration,
                                  std::uint32_t available);
  // The credentials are wiped from the input; no bytes mean "none".
  std::uint32_t provide_credentials(std::uint32_t size, double monotonic,
                                    double wall, std::uint32_t registration,
                                    std::uint32_t challenge);
  // Says whether credentials are well-formed, and wipes them.
  std::uint32_t check_credentials(std::uint32_t size);

  // The answer to a request; no bytes mean the default one.
  std::uint32_t respond(std::uint32_t size, double monotonic, double wall,
                        std::uint32_t request);
  std::uint32_t open_channel(std::uint32_t registration, std::uint32_t channel);
  void close_channel(std::uint32_t channel);
  // One SIP message of `size` bytes.
  std::uint32_t send(std::uint32_t size, double monotonic, double wall,
                     std::uint32_t channel);

  void opened(double monotonic, double wall, std::uint32_t flow,
              std::uint32_t secure, std::uint32_t loopback,
              std::uint32_t subprotocol);
  void lost(double monotonic, double wall, std::uint32_t flow,
            std::uint32_t code);
  // One WebSocket message of `size` bytes.
  void receive(std::uint32_t size, double monotonic, double wall,
               std::uint32_t flow);
  void advance(double monotonic, double wall);
  void wake(double monotonic, double wall);
  void offline(double monotonic, double wall);
  void close(double monotonic, double wall);
  void set_trace(std::uint32_t on);
  void set_requests(std::uint32_t on);

  // Reads a response again that a success came from: JSON of its `bindings` and
  // `response` in the blob. Belongs to no registration. False as 0: none there.
  std::uint32_t read_response(std::uint32_t size);

  // What the codec makes of the message in the input, as text in the blob: the
  // conformance cases compare it with what the native codec says.
  void describe(std::uint32_t size);

 private:
  [[nodiscard]] std::span<char> bytes(std::uint32_t size);
  std::uint32_t finish(Status status);
  void drain();
  void publish();

  Agent agent_;
  List<char> input_;
  OptionReader reader_;
  RecordWriter writer_;
  std::span<char> frame_;  // being received
  Outbox outbox_;
};

}  // namespace sipreg::bridge
