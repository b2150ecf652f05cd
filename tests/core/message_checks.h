// What must hold of the codec whatever the bytes are; for the tests that damage
// messages and for the fuzzer.
#pragma once

#include <string_view>

namespace sipreg::message {

// Parses an exact copy on the heap, so that a sanitizer sees any over-read, and
// checks all that came out: views point into the frame, values are one line,
// the frame that parsing unfolded says the same again, Contacts and URIs come
// back from their parts, a request's answer names what it answers.
void check_frame(std::string_view text);

}  // namespace sipreg::message
