// Where libosip2 is known to be wrong: libosip2.md gives the reasons.
#pragma once

#include <string_view>

#include "message/codec.h"

namespace sipreg::fuzzing {

// Whether a known deviation covers the rows of that name, "request-uri" among
// them; with no name, any row of the message.
[[nodiscard]] bool is_known_deviation(const message::Message& message,
                                      std::string_view name = {});

// Whether a frame can be given to libosip2 as it is.
[[nodiscard]] bool is_fit_for_osip2(std::string_view frame);

// Each known deviation is in libosip2.md, with an example, which both accept
// and read differently, or which libosip2 refuses.
void check_deviations();

}  // namespace sipreg::fuzzing
