// Registers over a byte pipe and stays registered for as long as that lasts.
//
//   SIPREG_PASSWORD=... register_over_pipe <address of record>
//
// Standard input and output stand for the WebSocket; a zero byte ends each
// message. What happens is told on standard error.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "sipreg/agent.h"

using namespace sipreg;
using namespace std::chrono;

Now now() {
  return {floor<milliseconds>(steady_clock::now().time_since_epoch()).count(),
          floor<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

int main(int argc, char** argv) {
  const char* const password = std::getenv("SIPREG_PASSWORD");
  std::array<std::uint8_t, 32> entropy;
  if (argc != 2 || password == nullptr) return 2;
  if (getentropy(entropy.data(), entropy.size()) != 0) return 2;
  std::setvbuf(stdin, nullptr, _IONBF, 0);  // a buffer would hide from poll()

  ClientOptions client;
  client.instance_id = "urn:uuid:6f6a0a0e-5d0f-4d3c-9a43-0a6f0b8f2c11";
  client.reconnect = ReconnectPolicy::off;  // there is no second pipe
  RegistrationOptions options;
  options.aor = argv[1];
  options.has_credentials = true;
  Credentials credentials;
  credentials.password = password;
  credentials.has_password = true;

  Agent agent;
  RegistrationId id = 0;
  Status status = agent.configure(client, entropy);
  if (status.ok()) status = agent.create(options, id);
  if (status.ok()) status = agent.call(now(), id, /*operation=*/1, {});

  FlowId flow = 0;
  std::string message;
  while (status.ok()) {
    // Do what the last call has led to, all of it.
    Output wanted;
    for (Output output; agent.poll(output);) {
      switch (output.kind) {
        case OutputKind::transmit:
          std::cout << output.bytes << '\0' << std::flush;
          break;
        case OutputKind::connect:
        case OutputKind::credentials_wanted:
          wanted = output;
          break;
        case OutputKind::registered:
        case OutputKind::refreshed:
          std::cerr << "held for " << output.success->expires << " s\n";
          break;
        case OutputKind::failed:
          std::cerr << output.failure.message << '\n';
          return 1;
        default:
          break;
      }
    }
    // Then make one call, for whatever comes next.
    const int left = static_cast<int>(
        std::clamp<Millis>(agent.deadline() - now().monotonic, 0, 60'000));
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (wanted.kind == OutputKind::connect) {
      flow = wanted.flow;
      agent.opened(now(), flow, /*secure=*/true, /*loopback=*/true,
                   /*subprotocol=*/true);
    } else if (wanted.kind == OutputKind::credentials_wanted) {
      status = agent.provide_credentials(now(), id, wanted.challenge,
                                         {&credentials, 1});
    } else if (poll(&input, 1, left) == 0) {
      agent.advance(now());
    } else if (std::getline(std::cin, message, '\0')) {
      agent.receive(now(), flow, message);
    } else {
      agent.lost(now(), flow, 1006);
    }
  }
  std::cerr << status.option << ' ' << status.message << '\n';
  return 2;
}
