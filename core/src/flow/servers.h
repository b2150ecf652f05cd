// What is known of each of the client's servers, and which is tried next.
#pragma once

#include <cstdint>
#include <optional>

#include "list.h"
#include "sipreg/time.h"

namespace sipreg::flow {

struct Server {
  // An attempt failed: others are tried before it until then; steady.
  Millis cools_until = 0;
  // A Retry-After runs: it is not tried at all until then; steady.
  Millis held_until = 0;
  std::uint32_t failures = 0;  // in a row

  // RFC 5626 section 4.4.1: silence after a ping means something only where
  // pings are answered.
  bool answers_pings = false;
  bool ignores_pings = false;
  bool answers_options = false;
  // Neither was answered, and the flow was given up for it: once, as there are
  // servers that answer neither.
  bool was_silent = false;

  // A proxy on the way closes what is idle: after how long, at the last two
  // such closes, and how long a flow may be idle for that.
  Millis cut_after = 0;
  Millis longest_idle = 0;  // 0: not learnt
};

class Servers {
 public:
  void configure(std::uint32_t count) { servers_ = List<Server>(count); }

  [[nodiscard]] std::uint32_t count() const {
    return static_cast<std::uint32_t>(servers_.size());
  }
  [[nodiscard]] Server& operator[](std::uint32_t index) {
    return servers_[index];
  }

  // `candidates` in order of preference: those that do not cool down, then
  // those that do; never one that is held.
  [[nodiscard]] List<std::uint32_t> order(const List<std::uint32_t>& candidates,
                                          Millis now) const;
  // When the first of them is held no longer.
  [[nodiscard]] Millis first_free(const List<std::uint32_t>& candidates) const;

  void succeeded(std::uint32_t index);
  void failed(std::uint32_t index, Millis now);
  void hold(std::uint32_t index, Millis until);

  // A flow to it was closed by somebody after that long without a frame. True
  // when this happened twice alike: then keep-alives come sooner.
  [[nodiscard]] bool closed_idle(std::uint32_t index, Millis idle);

 private:
  List<Server> servers_;
};

}  // namespace sipreg::flow
