#include "bridge.h"

#include <algorithm>
#include <utility>

#include "message/describe.h"
#include "wipe.h"

namespace sipreg::bridge {
namespace {

// Out of line: ten copies would be half a kilobyte of WebAssembly.
[[gnu::noinline]] Now now(double monotonic, double wall) {
  return {to_millis(monotonic), to_millis(wall)};
}

}  // namespace

std::uintptr_t Bridge::input(std::uint32_t size) {
  if (size > input_.size()) {
    List<char> larger(std::max<std::size_t>(size, 2048));
    std::copy(input_.begin(), input_.end(), larger.begin());
    wipe(input_.data(), input_.size());
    input_ = std::move(larger);
  }
  return reinterpret_cast<std::uintptr_t>(input_.data());
}

std::uintptr_t Bridge::outbox() const {
  return reinterpret_cast<std::uintptr_t>(&outbox_);
}

std::span<char> Bridge::bytes(std::uint32_t size) {
  return {input_.data(), std::min<std::size_t>(size, input_.size())};
}

std::uint32_t Bridge::configure(std::uint32_t size) {
  const ClientOptions options = reader_.client(bytes(size));
  const std::string_view entropy = reader_.entropy();
  const Status status = agent_.configure(
      options,
      {reinterpret_cast<const std::uint8_t*>(entropy.data()), entropy.size()});
  wipe(input_.data(), bytes(size).size());
  return finish(status);
}

std::uint32_t Bridge::create(std::uint32_t size) {
  RegistrationId id = 0;
  const Status status = agent_.create(reader_.registration(bytes(size)), id);
  finish(status);
  return status.ok() ? id : 0;
}

std::uint32_t Bridge::reg_id(std::uint32_t registration) const {
  return agent_.reg_id(registration);
}

std::uint32_t Bridge::call(std::uint32_t size, double monotonic, double wall,
                           std::uint32_t registration, std::uint32_t operation,
                           std::uint32_t kind) {
  Call call = reader_.call(bytes(size));
  call.kind = static_cast<CallKind>(kind);
  return finish(
      agent_.call(now(monotonic, wall), registration, operation, call));
}

std::uint32_t Bridge::remove(double monotonic, double wall,
                             std::uint32_t registration) {
  return finish(agent_.remove(now(monotonic, wall), registration));
}

std::uint32_t Bridge::update(std::uint32_t size, std::uint32_t registration) {
  return finish(agent_.update(registration, reader_.update(bytes(size))));
}

std::uint32_t Bridge::reset_credentials(double monotonic, double wall,
                                        std::uint32_t registration,
                                        std::uint32_t available) {
  return finish(agent_.reset_credentials(now(monotonic, wall), registration,
                                         available != 0));
}

std::uint32_t Bridge::provide_credentials(std::uint32_t size, double monotonic,
                                          double wall,
                                          std::uint32_t registration,
                                          std::uint32_t challenge) {
  const Status status =
      agent_.provide_credentials(now(monotonic, wall), registration, challenge,
                                 reader_.credentials(bytes(size)));
  wipe(input_.data(), bytes(size).size());
  return finish(status);
}

std::uint32_t Bridge::check_credentials(std::uint32_t size) {
  Status status;
  for (const Credentials& each : reader_.credentials(bytes(size))) {
    status = Agent::check(each);
    if (!status.ok()) break;
  }
  wipe(input_.data(), bytes(size).size());
  return finish(status);
}

std::uint32_t Bridge::respond(std::uint32_t size, double monotonic, double wall,
                              std::uint32_t request) {
  return finish(agent_.respond(now(monotonic, wall), request,
                               reader_.answer(bytes(size))));
}

std::uint32_t Bridge::open_channel(std::uint32_t registration,
                                   std::uint32_t channel) {
  return finish(agent_.open_channel(registration, channel));
}

void Bridge::close_channel(std::uint32_t channel) {
  agent_.close_channel(channel);
  drain();
}

std::uint32_t Bridge::send(std::uint32_t size, double monotonic, double wall,
                           std::uint32_t channel) {
  return finish(
      agent_.send_on_channel(now(monotonic, wall), channel, bytes(size)));
}

void Bridge::opened(double monotonic, double wall, std::uint32_t flow,
                    std::uint32_t secure, std::uint32_t loopback,
                    std::uint32_t subprotocol) {
  agent_.opened(now(monotonic, wall), flow, secure != 0, loopback != 0,
                subprotocol != 0);
  drain();
}

void Bridge::lost(double monotonic, double wall, std::uint32_t flow,
                  std::uint32_t code) {
  agent_.lost(now(monotonic, wall), flow, static_cast<std::uint16_t>(code));
  drain();
}

void Bridge::receive(std::uint32_t size, double monotonic, double wall,
                     std::uint32_t flow) {
  frame_ = bytes(size);
  agent_.receive(now(monotonic, wall), flow, frame_);
  drain();
  frame_ = {};
}

void Bridge::advance(double monotonic, double wall) {
  agent_.advance(now(monotonic, wall));
  drain();
}

void Bridge::wake(double monotonic, double wall) {
  agent_.wake(now(monotonic, wall));
  drain();
}

void Bridge::offline(double monotonic, double wall) {
  agent_.offline(now(monotonic, wall));
  drain();
}

void Bridge::close(double monotonic, double wall) {
  agent_.close(now(monotonic, wall));
  drain();
}

void Bridge::set_trace(std::uint32_t on) {
  agent_.set_trace(on != 0);
  drain();
}

void Bridge::set_requests(std::uint32_t on) {
  agent_.set_requests(on != 0);
  drain();
}

std::uint32_t Bridge::read_response(std::uint32_t size) {
  ResponseReader reader;
  const bool read = reader.read(bytes(size));
  writer_.clear();
  if (read) writer_.append_details(reader);
  publish();
  return read ? 1 : 0;
}

void Bridge::describe(std::uint32_t size) {
  writer_.clear();
  message::describe(bytes(size), writer_.blob());
  publish();
}

std::uint32_t Bridge::finish(Status status) {
  drain();
  outbox_.error = static_cast<std::uint32_t>(status.error);
  outbox_.option = status.option.data();
  outbox_.option_length = status.option.size();
  outbox_.message = status.message.data();
  outbox_.message_length = status.message.size();
  return outbox_.error;
}

void Bridge::drain() {
  writer_.clear({frame_.data(), frame_.size()});
  Output output;
  while (agent_.poll(output)) writer_.append(output);
  publish();
}

void Bridge::publish() {
  outbox_.deadline = static_cast<double>(agent_.deadline());
  outbox_.count = static_cast<std::uint32_t>(writer_.records().size());
  outbox_.error = 0;
  outbox_.statistics = agent_.statistics();
  outbox_.records = writer_.records().data();
  outbox_.blob = writer_.blob().data();
  outbox_.blob_length = static_cast<std::uint32_t>(writer_.blob().size());
}

}  // namespace sipreg::bridge
