// What the registrations of one agent share.
#pragma once

#include <string_view>

#include "clock.h"
#include "entropy.h"
#include "flow/connection.h"
#include "message/codec.h"
#include "outbox.h"
#include "registration/exchange.h"
#include "registration/result.h"
#include "sipreg/agent.h"
#include "text.h"

namespace sipreg {

struct Context {
  Clock clock;
  Entropy entropy;
  Outbox outbox;
  Agent::Statistics statistics;
  flow::Environment environment{clock, entropy, outbox, statistics, {},   {},
                                0,     false,   true,   {},         false};
  registration::ExchangePool exchanges;
  registration::ResultBuilder results;
  List<std::string_view> sibling_uris;  // of the account in hand

  Text user_agent_row;
  Text instance_id;
  bool snapshots = false;  // are wanted
  Millis transaction_timeout = 32'000;
  Millis credentials_timeout = 120'000;

  // The frame in hand, taken apart; outputs point into it.
  message::Message message;
  std::string_view message_text;
  Text request;  // scratch of the writer
};

}  // namespace sipreg
