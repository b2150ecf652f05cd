// Makes the calls of the bridge that standard input lists, one a line, and says
// after each what is in the outbox. parity.test.mjs makes the same calls of the
// bridge in WebAssembly.
//
//   <method> <bytes of input in hex, or -> <number>...
//   new                            a bridge of its own for what follows
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bridge.h"

namespace {

using sipreg::bridge::Bridge;
using sipreg::bridge::Outbox;

struct Arguments {
  std::vector<double> numbers;
  std::uint32_t size = 0;  // of the input

  [[nodiscard]] double time(std::size_t at) const { return numbers.at(at); }
  [[nodiscard]] std::uint32_t word(std::size_t at) const {
    return static_cast<std::uint32_t>(numbers.at(at));
  }
};

using Method = std::uint32_t (*)(Bridge&, const Arguments&);

template <typename Call>
std::uint32_t without_result(Call call) {
  call();
  return 0;
}

const std::map<std::string_view, Method> methods = {
    {"configure", [](Bridge& bridge,
                     const Arguments& a) { return bridge.configure(a.size); }},
    {"create",
     [](Bridge& bridge, const Arguments& a) { return bridge.create(a.size); }},
    {"regId", [](Bridge& bridge,
                 const Arguments& a) { return bridge.reg_id(a.word(0)); }},
    {"call",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.call(a.size, a.time(0), a.time(1), a.word(2), a.word(3),
                          a.word(4));
     }},
    {"remove",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.remove(a.time(0), a.time(1), a.word(2));
     }},
    {"update",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.update(a.size, a.word(0));
     }},
    {"resetCredentials",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.reset_credentials(a.time(0), a.time(1), a.word(2),
                                       a.word(3));
     }},
    {"provideCredentials",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.provide_credentials(a.size, a.time(0), a.time(1),
                                         a.word(2), a.word(3));
     }},
    {"checkCredentials",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.check_credentials(a.size);
     }},
    {"opened",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] {
         bridge.opened(a.time(0), a.time(1), a.word(2), a.word(3), a.word(4),
                       a.word(5));
       });
     }},
    {"lost",
     [](Bridge& bridge, const Arguments& a) {
       return without_result(
           [&] { bridge.lost(a.time(0), a.time(1), a.word(2), a.word(3)); });
     }},
    {"receive",
     [](Bridge& bridge, const Arguments& a) {
       return without_result(
           [&] { bridge.receive(a.size, a.time(0), a.time(1), a.word(2)); });
     }},
    {"respond",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.respond(a.size, a.time(0), a.time(1), a.word(2));
     }},
    {"openChannel",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.open_channel(a.word(0), a.word(1));
     }},
    {"closeChannel",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.close_channel(a.word(0)); });
     }},
    {"send",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.send(a.size, a.time(0), a.time(1), a.word(2));
     }},
    {"setRequests",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.set_requests(a.word(0)); });
     }},
    {"readResponse",
     [](Bridge& bridge, const Arguments& a) {
       return bridge.read_response(a.size);
     }},
    {"advance",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.advance(a.time(0), a.time(1)); });
     }},
    {"wake",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.wake(a.time(0), a.time(1)); });
     }},
    {"offline",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.offline(a.time(0), a.time(1)); });
     }},
    {"close",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.close(a.time(0), a.time(1)); });
     }},
    {"setTrace",
     [](Bridge& bridge, const Arguments& a) {
       return without_result([&] { bridge.set_trace(a.word(0)); });
     }},
};

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

void write_hex(const void* bytes, std::size_t size) {
  const auto* const at = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) {
    std::cout << "0123456789abcdef"[at[i] >> 4]
              << "0123456789abcdef"[at[i] & 15];
  }
}

// The form that parity.test.mjs gives its own outbox.
void say(std::uint32_t result, const Outbox& outbox) {
  const auto& statistics = outbox.statistics;
  std::cout << result << ' ' << static_cast<std::int64_t>(outbox.deadline)
            << ' ' << outbox.error << ' ' << statistics.frames_in << ' '
            << statistics.frames_out << ' ' << statistics.dropped << ' '
            << statistics.connects << ' ' << statistics.registers << " \"";
  if (outbox.error != 0) {
    std::cout << std::string_view(outbox.option, outbox.option_length) << ": "
              << std::string_view(outbox.message, outbox.message_length);
  }
  std::cout << "\" ";
  write_hex(outbox.records, outbox.count * sizeof *outbox.records);
  std::cout << ' ';
  write_hex(outbox.blob, outbox.blob_length);
  std::cout << '\n';
}

}  // namespace

int main() {
  auto bridge = std::make_unique<Bridge>();
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string name;
    std::string hex;
    words >> name >> hex;
    if (name == "new") {
      bridge = std::make_unique<Bridge>();
      continue;
    }
    const auto method = methods.find(name);
    if (method == methods.end()) return 1;
    const std::string input = hex == "-" ? "" : from_hex(hex);
    Arguments arguments;
    for (std::string word; words >> word;) {
      arguments.numbers.push_back(std::strtod(word.c_str(), nullptr));
    }
    arguments.size = static_cast<std::uint32_t>(input.size());
    std::memcpy(reinterpret_cast<void*>(bridge->input(arguments.size)),
                input.data(), input.size());
    const std::uint32_t result = method->second(*bridge, arguments);
    say(result, *reinterpret_cast<const Outbox*>(bridge->outbox()));
  }
}
