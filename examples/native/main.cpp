// SIPREG_PASSWORD=... register_over_pipe <address of record>
// Standard input and output are the socket; a zero byte ends each message.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "sipreg/agent.h"
using namespace sipreg;
using Kind = OutputKind;

Now now() {
  using namespace std::chrono;
  return {steady_clock::now().time_since_epoch() / 1ms,
          system_clock::now().time_since_epoch() / 1ms};
}

int main(int argc, char** argv) {
  const char* const password = std::getenv("SIPREG_PASSWORD");
  std::uint8_t entropy[32];
  if (argc != 2 || !password || getentropy(entropy, 32) != 0) return 2;
  std::setvbuf(stdin, nullptr, _IONBF, 0);  // a buffer would hide from poll()
  ClientOptions client;
  client.instance_id = "urn:uuid:6f6a0a0e-5d0f-4d3c-9a43-0a6f0b8f2c11";
  client.reconnect = ReconnectPolicy::off;  // there is no second pipe
  RegistrationOptions options;
  options.aor = argv[1];
  options.has_credentials = true;
  Credentials key;
  key.password = password;
  key.has_password = true;

  Agent agent;
  RegistrationId id = 0;
  FlowId flow = 0;
  Status status = agent.configure(client, entropy);
  if (status.ok()) status = agent.create(options, id);
  if (status.ok()) status = agent.call(now(), id, /*operation=*/1, {});
  for (std::string message; status.ok();) {
    Output next;  // do all that the last call has led to,
    for (Output out; agent.poll(out);) {
      if (out.kind == Kind::transmit)
        std::cout << out.bytes << '\0' << std::flush;
      if (out.kind == Kind::registered || out.kind == Kind::refreshed)
        std::cerr << "held for " << out.success->expires << " s\n";
      if (out.kind == Kind::failed) std::cerr << out.failure.message << '\n';
      if (out.kind == Kind::failed) return 1;
      if (out.kind == Kind::connect || out.kind == Kind::credentials_wanted)
        next = out;
    }
    pollfd input{STDIN_FILENO, POLLIN, 0};  // then make one call
    const Millis left = agent.deadline() - now().monotonic;
    if (next.kind == Kind::connect)
      agent.opened(now(), flow = next.flow, true, true, true);
    else if (next.kind == Kind::credentials_wanted)
      status = agent.provide_credentials(now(), id, next.challenge, {&key, 1});
    else if (poll(&input, 1, std::clamp<Millis>(left, 0, 60'000)) == 0)
      agent.advance(now());
    else if (std::getline(std::cin, message, '\0'))
      agent.receive(now(), flow, message);
    else
      agent.lost(now(), flow, 1006);
  }
  std::cerr << status.option << ' ' << status.message << '\n';
  return 2;
}
