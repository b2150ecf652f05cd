// Traces of frames without their secrets.
#pragma once

#include <string_view>

#include "outbox.h"
#include "sipreg/options.h"

namespace sipreg::flow {

// Appends a trace output. In Authorization, Proxy-Authorization and
// (Proxy-)Authentication-Info the values of response, cnonce and rspauth are
// blanked, in the former two the whole of any scheme but Digest, and anywhere
// in a row the value of pn-prid (RFC 8599 section 14: it lets anybody wake the
// device).
void push_trace(Outbox& outbox, FlowId flow, std::uint32_t server,
                bool incoming, std::string_view frame);

// Overwrites the values of pn-prid with asterisks where `row` lies, which is a
// frame that belongs to the agent.
void overwrite_push_ids(std::string_view row);

}  // namespace sipreg::flow
