// What a request from the server gets when nobody else answers it.
#pragma once

#include <string_view>

#include "message/codec.h"
#include "text.h"

namespace sipreg::traffic {

struct Answer {
  int status = 0;  // 0: none
  std::string_view reason;
  Text rows;  // whole ones
};

// The answer of a user agent that takes registrations' side traffic only:
// OPTIONS 200 (servers drop bindings that do not answer their pings), INVITE
// 480, NOTIFY and whatever belongs to a dialog 481, what requires an unknown
// extension 420, other methods 405 (RFC 3261 sections 8.2, 11.2 and 12.2.2).
// None for ACK, which is never answered.
[[nodiscard]] Answer default_answer(const message::Message& request);

}  // namespace sipreg::traffic
