// Traces of frames without their secrets.
#pragma once

#include <string_view>

#include "outbox.h"
#include "sipreg/options.h"

namespace sipreg::flow {

// Appends a trace output. In Authorization, Proxy-Authorization and
// (Proxy-)Authentication-Info the values of response, cnonce and rspauth are
// blanked, in the former two the whole of any scheme but Digest, and the value
// of pn-prid wherever it is.
void push_trace(Outbox& outbox, FlowId flow, std::uint32_t server,
                bool incoming, std::string_view frame);

// Overwrites the values of pn-prid with asterisks where `text` lies, in memory
// of the agent's (RFC 8599 section 14: they let anybody wake the device).
void overwrite_push_ids(std::string_view text);

}  // namespace sipreg::flow
