// OPTIONS as a keep-alive, for servers that leave pings unanswered.
#pragma once

#include <string_view>

#include "entropy.h"
#include "text.h"

namespace sipreg::flow {

// Whose account it is sent for.
struct OptionsRequest {
  std::string_view request_uri;
  std::string_view address_of_record;
  std::string_view sent_by;
};

// Writes the request and says its branch. Max-Forwards 0: the next hop answers,
// with 200 or 483, and no registrar is bothered (RFC 3261 section 11).
void write_options(const OptionsRequest& options, bool secure, Entropy& entropy,
                   Text& out, Text& branch);

}  // namespace sipreg::flow
