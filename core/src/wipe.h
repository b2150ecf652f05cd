// Overwrites secrets in a way that the optimiser keeps.
#pragma once

#include <cstddef>
#include <string>

namespace sipreg {

void wipe(void* memory, std::size_t size);

// Overwrites what stands in `text` and empties it; its memory stays for the
// next use.
void wipe(std::string& text);

}  // namespace sipreg
