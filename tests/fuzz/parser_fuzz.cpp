// One WebSocket message: parses it, and writes a REGISTER whose options are its
// parts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"
#include "message_checks.h"
#include "option_source.h"
#include "register_checks.h"
#include "sipreg/agent.h"

namespace sipreg::fuzzing {
namespace {

constexpr Now now{1'000, 1'700'000'000'000};

// The agent's first REGISTER with these options, "" when they are refused;
// `refused` then names the option.
std::string first_register(const ClientOptions& client,
                           const RegistrationOptions& options,
                           std::string_view& refused) {
  Agent agent;
  const std::vector<std::uint8_t> entropy(32, 7);
  Status status = agent.configure(client, entropy);
  RegistrationId id = 0;
  if (status.ok()) status = agent.create(options, id);
  if (!status.ok()) {
    refused = status.option;
    EXPECT_FALSE(refused.empty());
    return {};
  }
  EXPECT_TRUE(agent.call(now, id, 1, Call{}).ok());
  std::string frame;
  Output output;
  FlowId flow = 0;
  while (agent.poll(output)) {
    if (output.kind == OutputKind::connect) flow = output.flow;
  }
  agent.opened(now, flow, true, false, true);
  while (agent.poll(output)) {
    if (output.kind == OutputKind::transmit) frame = output.bytes;
  }
  EXPECT_FALSE(frame.empty());
  return frame;
}

// Parts that are refused give way to plain ones, until the rest is taken.
void check_options(OptionSource& source) {
  for (int refusals = 0; refusals < 10; ++refusals) {
    std::string_view refused;
    const std::string frame =
        first_register(source.client, source.options, refused);
    if (!frame.empty()) {
      return testing::check_first_register(frame, source.client,
                                           source.options);
    }
    ASSERT_TRUE(source.give_way(refused)) << refused;
  }
  FAIL() << "refused for ever";
}

}  // namespace
}  // namespace sipreg::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sipreg::message::check_frame(text);
  std::vector<char> frame(text.begin(), text.end());
  static sipreg::message::Message message;
  if (sipreg::message::parse(frame, message) ==
      sipreg::message::ParseError::none) {
    sipreg::fuzzing::OptionSource source(message);
    sipreg::fuzzing::check_options(source);
  }
  return 0;
}
