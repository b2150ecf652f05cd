// A frame in words, for the conformance cases.
#pragma once

#include <span>

#include "text.h"

namespace sipreg::message {

// Parses `frame` (which may be rewritten, see codec.h) and writes what came of
// it into `out`, a line for each fact; tests/conformance/README.md says how to
// read it. The native tests and the WASM ones both compare this text, so a
// difference between the two builds cannot hide.
void describe(std::span<char> frame, Text& out);

}  // namespace sipreg::message
