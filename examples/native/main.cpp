// Registers over a byte pipe, stays registered for a while, unregisters.
//
//   SIPREG_PASSWORD=... register_over_pipe <address of record> <seconds>
//
// Standard input and output stand for the WebSocket; every message on them ends
// with a zero byte. What happens is told on standard error.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "sipreg/agent.h"

using namespace sipreg;

constexpr OperationId registering = 1;
constexpr OperationId unregistering = 2;

Now now() {
  const auto ms = [](auto time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               time.time_since_epoch())
        .count();
  };
  return {ms(std::chrono::steady_clock::now()),
          ms(std::chrono::system_clock::now())};
}

// Waits for bytes until then; false when the pipe has ended.
bool wait_for_input(std::string& bytes, Millis until) {
  const Millis left = std::clamp<Millis>(until - now().monotonic, 0, 60'000);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, static_cast<int>(left)) < 1) return true;
  std::array<char, 4096> chunk;
  const ssize_t count = read(STDIN_FILENO, chunk.data(), chunk.size());
  if (count > 0) bytes.append(chunk.data(), static_cast<std::size_t>(count));
  return count > 0;
}

int main(int argc, char** argv) {
  const char* const password = std::getenv("SIPREG_PASSWORD");
  std::array<std::uint8_t, 32> entropy;
  if (argc != 3 || password == nullptr ||
      getentropy(entropy.data(), entropy.size()) != 0) {
    return 2;
  }

  Agent agent;
  ClientOptions client;
  client.instance_id = "urn:uuid:6f6a0a0e-5d0f-4d3c-9a43-0a6f0b8f2c11";
  client.reconnect = ReconnectPolicy::off;  // there is no second pipe
  RegistrationOptions options;
  options.aor = argv[1];
  options.has_credentials = true;
  RegistrationId id = 0;
  Status status = agent.configure(client, entropy);
  if (status.ok()) status = agent.create(options, id);
  if (status.ok()) status = agent.call(now(), id, registering, {});

  const Millis end = now().monotonic + 1000 * std::atol(argv[2]);
  std::string bytes;    // that came in
  std::string message;  // the first one of them
  FlowId flow = 0;
  bool leaving = false;
  while (status.ok()) {
    // Do what the last call led to, all of it.
    bool connect = false;
    std::uint32_t challenge = 0;
    for (Output output; agent.poll(output);) {
      switch (output.kind) {
        case OutputKind::connect:
          connect = true;
          flow = output.flow;
          break;
        case OutputKind::transmit:
          std::cout << output.bytes << '\0' << std::flush;
          break;
        case OutputKind::credentials_wanted:
          challenge = output.challenge;
          break;
        case OutputKind::registered:
        case OutputKind::refreshed:
          std::cerr << "held for " << output.success->expires << " s\n";
          break;
        case OutputKind::operation_done:
          if (output.operation == registering) break;
          std::cerr << (output.confirmed ? "gone\n" : "perhaps gone\n");
          return 0;
        case OutputKind::failed:
        case OutputKind::operation_failed:
          std::cerr << output.failure.message << '\n';
          return 1;
        default:
          break;
      }
    }
    // Then make one call, for whatever comes next.
    const Millis due = agent.deadline() == no_deadline ? end : agent.deadline();
    const std::size_t zero = bytes.find('\0');
    if (connect) {
      agent.opened(now(), flow, /*secure=*/true, /*loopback=*/true,
                   /*subprotocol=*/true);
    } else if (challenge != 0) {
      Credentials credentials;
      credentials.password = password;
      credentials.has_password = true;
      status =
          agent.provide_credentials(now(), id, challenge, {&credentials, 1});
    } else if (zero != bytes.npos) {
      message = bytes.substr(0, zero);
      bytes.erase(0, zero + 1);
      agent.receive(now(), flow, message);
    } else if (!leaving && now().monotonic >= end) {
      leaving = true;
      Call leave;
      leave.kind = CallKind::unregister;
      status = agent.call(now(), id, unregistering, leave);
    } else if (now().monotonic >= due) {
      agent.advance(now());
    } else if (!wait_for_input(bytes, leaving ? due : std::min(due, end))) {
      agent.lost(now(), flow, 1006);
    }
  }
  std::cerr << status.option << ' ' << status.message << '\n';
  return 2;
}
