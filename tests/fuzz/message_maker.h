// Messages out of sip.abnf.
#pragma once

#include <string>
#include <string_view>

#include "choices.h"
#include "grammar.h"

namespace sipreg::fuzzing {

// Headers that have a rule of their name.
inline constexpr std::string_view compared_headers[] = {"Via",
                                                        "From",
                                                        "To",
                                                        "Call-ID",
                                                        "CSeq",
                                                        "Contact",
                                                        "Expires",
                                                        "Min-Expires",
                                                        "Flow-Timer",
                                                        "Supported",
                                                        "Require",
                                                        "Unsupported",
                                                        "Path",
                                                        "Service-Route",
                                                        "WWW-Authenticate",
                                                        "Proxy-Authenticate"};

// White space only where it must be, or behind a comma.
[[nodiscard]] const Grammar& tight_grammar();

// The same message twice, right in everything: with white space and folded
// lines wherever they may be, and with as little as can be.
struct MadeMessage {
  std::string spread;
  std::string tight;
};
[[nodiscard]] MadeMessage make_message(testing::Choices& choices);

}  // namespace sipreg::fuzzing
