// Requests that the server sends over a client's flow.
#pragma once

#include <string>

#include "entropy.h"
#include "message/codec.h"

namespace sipreg::flow {

// Writes the response that a user agent gives which takes registrations' side
// traffic only: OPTIONS 200 (servers drop bindings that do not answer their
// pings), INVITE 480, NOTIFY and whatever belongs to a dialog 481, what
// requires an unknown extension 420, other methods 405 (RFC 3261
// sections 8.2, 11.2 and 12.2.2). Empty for ACK, which is never answered. It
// goes back over the same flow whatever its Via says (RFC 7118 appendix B.2).
void answer_request(const message::Message& request, Entropy& entropy,
                    std::string& out);

}  // namespace sipreg::flow
