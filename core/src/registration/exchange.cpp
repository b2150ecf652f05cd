#include "registration/exchange.h"

namespace sipreg::registration {
namespace {

constexpr std::uint32_t pool_size = 64;
constexpr std::size_t kept_capacity = 4'096;

bool same_additions(const Exchange& a, const Exchange& b) {
  return a.header_rows == b.header_rows && a.supported == b.supported;
}

}  // namespace

void Exchange::reset() {
  kind = CallKind::register_;
  operations.clear();
  expires.reset();
  header_rows.clear();
  supported.clear();
  uri.clear();
  force = false;
  restart();
}

void Exchange::copy_call(const Exchange& other) {
  kind = other.kind;
  expires = other.expires;
  header_rows = other.header_rows;
  supported = other.supported;
  uri = other.uri;
  force = other.force;
}

void Exchange::restart() {
  transactions = 0;
  authentication.reset();
  interval_rounds = 0;
  restored_extensions = false;
  without_headers = false;
  challenge_text.clear();
  // A pooled exchange keeps no hostile 401's 64 KB.
  if (challenge_text.capacity() > kept_capacity) challenge_text.release();
  waiting_for_credentials = false;
}

bool satisfies(const Exchange& running, const Exchange& call,
               std::uint32_t expires) {
  const bool has_additions =
      !call.header_rows.empty() || !call.supported.empty();
  if (has_additions && !same_additions(running, call)) return false;
  if (call.registers()) {
    return running.registers() &&
           (!call.expires || call.expires == running.expires.value_or(expires));
  }
  if (call.kind == CallKind::unregister) return running.unregisters();
  return running.kind == call.kind && running.uri == call.uri;
}

bool can_merge(const Exchange& waiting, const Exchange& call) {
  const bool same_kind =
      waiting.kind == call.kind || (waiting.registers() && call.registers());
  return same_kind && waiting.uri == call.uri && same_additions(waiting, call);
}

std::unique_ptr<Exchange> ExchangePool::take() {
  if (!free_) return std::make_unique<Exchange>();
  std::unique_ptr<Exchange> exchange = std::move(free_);
  free_ = std::move(exchange->next);
  --count_;
  return exchange;
}

void ExchangePool::give_back(std::unique_ptr<Exchange> exchange) {
  if (count_ == pool_size) return;
  exchange->reset();
  exchange->next = std::move(free_);
  free_ = std::move(exchange);
  ++count_;
}

}  // namespace sipreg::registration
