// Times the core without any host around it. Built natively and as WebAssembly
// from the same source; prints one line of JSON, nanoseconds an operation.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "registrar.h"
#include "sipreg/agent.h"

namespace {

constexpr int rounds = 100;
constexpr int batch = 500;

[[noreturn]] void stop(const char* why) {
  std::fprintf(stderr, "core_bench: %s\n", why);
  std::exit(1);
}

double now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::nano>(since).count();
}

// One agent, its registrar, and a clock that stands still.
class Exchange {
 public:
  Exchange() {
    sipreg::ClientOptions options;
    options.instance_id = "urn:uuid:00000000-0000-4000-8000-000000000001";
    options.user_agent = "sipreg/bench";
    std::array<std::uint8_t, 64> entropy{};
    if (!agent_.configure(options, entropy).ok()) stop("configure failed");
  }

  sipreg::RegistrationId create() {
    sipreg::RegistrationOptions options;
    const std::string aor =
        "sip:user" + std::to_string(++accounts_) + "@example.com";
    options.aor = aor;
    options.has_credentials = true;
    sipreg::RegistrationId id = 0;
    if (!agent_.create(options, id).ok()) stop("create failed");
    return id;
  }

  void call(sipreg::RegistrationId id, sipreg::CallKind kind) {
    sipreg::Call call;
    call.kind = kind;
    if (!agent_.call(now_, id, ++operation_, call).ok()) stop("call failed");
    done_ = false;
    drain();
    if (!done_) stop("the call did not end");
  }

  void remove(sipreg::RegistrationId id) {
    if (!agent_.remove(now_, id).ok()) stop("remove failed");
    drain();
  }

  [[nodiscard]] const std::string& last_request() const { return request_; }

 private:
  // Views in an output die with the next mutation, so the agent is polled
  // empty before what it asked for is done.
  void drain() {
    for (;;) {
      sipreg::FlowId connect = 0;
      sipreg::FlowId transmit = 0;
      sipreg::RegistrationId wants_credentials = 0;
      std::uint32_t challenge = 0;
      sipreg::Output output;
      while (agent_.poll(output)) {
        switch (output.kind) {
          case sipreg::OutputKind::connect:
            connect = output.flow;
            break;
          case sipreg::OutputKind::transmit:
            transmit = output.flow;
            request_.assign(output.bytes);
            break;
          case sipreg::OutputKind::credentials_wanted:
            wants_credentials = output.registration;
            challenge = output.challenge;
            break;
          case sipreg::OutputKind::operation_done:
            done_ = true;
            break;
          case sipreg::OutputKind::operation_failed:
            stop("the call failed");
          default:
            break;
        }
      }
      if (connect != 0) {
        agent_.opened(now_, connect, true, false, true);
      } else if (wants_credentials != 0) {
        provide(wants_credentials, challenge);
      } else if (transmit != 0) {
        respond(request_, answer_);
        agent_.receive(now_, transmit, answer_);
      } else {
        return;
      }
    }
  }

  void provide(sipreg::RegistrationId id, std::uint32_t challenge) {
    sipreg::Credentials credentials;
    credentials.password = "wonderland";
    credentials.has_password = true;
    if (!agent_.provide_credentials(now_, id, challenge, {&credentials, 1})
             .ok()) {
      stop("credentials were refused");
    }
  }

  sipreg::Agent agent_;
  sipreg::Now now_{1'000, 1'700'000'000'000};
  sipreg::OperationId operation_ = 0;
  int accounts_ = 0;
  bool done_ = false;
  std::string request_;
  std::string answer_;
};

// The best of many short rounds: what another process costs us is not the
// core's. `timed` does `batch` operations, `untimed` what must follow them.
template <typename Timed, typename Untimed>
double best_ns(Timed timed, Untimed untimed) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < rounds; ++round) {
    const double start = now_ns();
    timed();
    best = std::min(best, now_ns() - start);
    untimed();
  }
  return best / batch;
}

double registration_ns(Exchange& exchange) {
  std::vector<sipreg::RegistrationId> ids;
  ids.reserve(batch);
  return best_ns(
      [&] {
        for (int i = 0; i < batch; ++i) {
          ids.push_back(exchange.create());
          exchange.call(ids.back(), sipreg::CallKind::register_);
        }
      },
      [&] {
        for (const sipreg::RegistrationId id : ids) exchange.remove(id);
        ids.clear();
      });
}

double refresh_ns(Exchange& exchange) {
  const sipreg::RegistrationId id = exchange.create();
  exchange.call(id, sipreg::CallKind::register_);
  return best_ns(
      [&] {
        for (int i = 0; i < batch; ++i) {
          exchange.call(id, sipreg::CallKind::refresh);
        }
      },
      [] {});
}

double registrar_ns(const std::string& request) {
  std::string answer;
  std::size_t bytes = 0;
  const double ns = best_ns(
      [&] {
        for (int i = 0; i < batch; ++i) {
          respond(request, answer);
          bytes += answer.size();
        }
      },
      [] {});
  if (bytes == 0) stop("the registrar was silent");
  return ns;
}

}  // namespace

int main() {
  Exchange exchange;
  const double refresh = refresh_ns(exchange);
  const double registrar = registrar_ns(exchange.last_request());
  const double registration = registration_ns(exchange);
  std::printf(
      "{\"registrationNs\": %.1f, \"refreshNs\": %.1f, \"registrarNs\": "
      "%.1f}\n",
      registration - 2 * registrar, refresh - registrar, registrar);
}
