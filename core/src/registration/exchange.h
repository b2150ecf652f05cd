// One call on its way to its outcome: a REGISTER and the ones that answer its
// challenges.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "auth/authenticator.h"
#include "list.h"
#include "sipreg/options.h"
#include "text.h"

namespace sipreg::registration {

struct Exchange {
  CallKind kind = CallKind::register_;
  // Those who wait for the outcome; empty: the library's own doing.
  List<OperationId> operations;
  std::optional<std::uint32_t> expires;
  Text header_rows;
  Text supported;
  Text uri;  // remove_binding
  bool force = false;

  // Progress.
  std::uint32_t transactions = 0;  // REGISTERs sent
  auth::Attempt authentication;
  std::uint32_t interval_rounds = 0;
  bool restored_extensions = false;
  bool without_headers = false;  // those that the registration adds to all
  // The 401 or 407 that waits for credentials.
  Text challenge_text;
  bool waiting_for_credentials = false;

  // Follows in the queue, or in the pool.
  std::unique_ptr<Exchange> next;

  [[nodiscard]] bool automatic() const { return operations.empty(); }
  [[nodiscard]] bool registers() const {
    return kind == CallKind::register_ || kind == CallKind::refresh;
  }
  [[nodiscard]] bool unregisters() const {
    return kind == CallKind::unregister || kind == CallKind::unregister_all;
  }
  // Takes over what is asked for, and from nobody.
  void copy_call(const Exchange& other);
  // Forgets the progress, for another flow.
  void restart();
  // Forgets everything.
  void reset();
};

// Whether `running` already does what `call` asks for. `expires`: what is asked
// for where an exchange says nothing.
[[nodiscard]] bool satisfies(const Exchange& running, const Exchange& call,
                             std::uint32_t expires);

// Whether two waiting calls can go out as one.
[[nodiscard]] bool can_merge(const Exchange& waiting, const Exchange& call);

// Used exchanges, so that a refresh allocates nothing.
class ExchangePool {
 public:
  [[nodiscard]] std::unique_ptr<Exchange> take();
  void give_back(std::unique_ptr<Exchange> exchange);

 private:
  std::unique_ptr<Exchange> free_;
  std::uint32_t count_ = 0;
};

}  // namespace sipreg::registration
