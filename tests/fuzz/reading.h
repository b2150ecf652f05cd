// What a parser says of a message, in words that two of them can be compared
// by: "Contact[0].expires" is "600". What stands before the first '.' or '['
// is the rule of sip.abnf that the value is of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "message/codec.h"

namespace sipreg::fuzzing {

using Reading = std::map<std::string, std::string>;

[[nodiscard]] Reading read_own(const message::Message& message);
// Nothing when libosip2 refuses the frame.
[[nodiscard]] std::optional<Reading> read_osip2(std::string_view frame);

// Headers of which both are asked for a number, and for a list.
inline constexpr std::string_view numbers[] = {"Expires", "Min-Expires",
                                               "Flow-Timer"};
inline constexpr std::string_view lists[] = {
    "Supported", "Require", "Unsupported", "Path", "Service-Route"};

// --- how values are made alike
// Digits, 2^32-1 at most (RFC 3261 section 20.19).
[[nodiscard]] std::string seconds(std::string_view digits);
// Any white space is worth one blank (RFC 3261 section 7.3.1).
[[nodiscard]] std::string plain(std::string_view text);
// Without white space, brackets and quotes.
[[nodiscard]] std::string bare(std::string_view text);
// Without its escapes (RFC 3261 section 19.1.2).
[[nodiscard]] std::string unescaped(std::string_view text);
[[nodiscard]] std::string index(std::string_view name, std::size_t place);

}  // namespace sipreg::fuzzing
