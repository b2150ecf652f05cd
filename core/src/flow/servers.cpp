#include "flow/servers.h"

#include <algorithm>

namespace sipreg::flow {
namespace {

constexpr Millis first_cool_down = 30'000;
constexpr Millis longest_cool_down = 300'000;
// Closes that come sooner are no idle timer of a proxy's, and keep-alives that
// come sooner would be a burden.
constexpr Millis shortest_idle = 15'000;

}  // namespace

List<std::uint32_t> Servers::order(const List<std::uint32_t>& candidates,
                                   Millis now) const {
  List<std::uint32_t> order;
  for (const bool cooling : {false, true}) {
    for (const std::uint32_t index : candidates) {
      const Server& server = servers_[index];
      if (server.held_until > now) continue;
      if ((server.cools_until > now) == cooling) order.push_back(index);
    }
  }
  return order;
}

Millis Servers::first_free(const List<std::uint32_t>& candidates) const {
  Millis first = servers_[candidates.front()].held_until;
  for (const std::uint32_t index : candidates) {
    first = std::min(first, servers_[index].held_until);
  }
  return first;
}

void Servers::succeeded(std::uint32_t index) {
  servers_[index].failures = 0;
  servers_[index].cools_until = 0;
}

void Servers::failed(std::uint32_t index, Millis now) {
  Server& server = servers_[index];
  const std::uint32_t doublings = std::min(server.failures, 8u);
  server.cools_until =
      now + std::min(first_cool_down << doublings, longest_cool_down);
  ++server.failures;
}

void Servers::hold(std::uint32_t index, Millis until) {
  servers_[index].held_until = until;
}

bool Servers::closed_idle(std::uint32_t index, Millis idle) {
  Server& server = servers_[index];
  const Millis before = server.cut_after;
  server.cut_after = idle;
  const bool alike = before > 0 && idle > shortest_idle &&
                     std::max(before, idle) - std::min(before, idle) <=
                         std::min(before, idle) / 10;
  if (!alike) return false;
  const Millis learnt =
      std::max(std::min(before, idle) * 8 / 10, shortest_idle);
  const bool is_news = server.longest_idle == 0 || learnt < server.longest_idle;
  if (is_news) server.longest_idle = learnt;
  return is_news;
}

}  // namespace sipreg::flow
