// Overwrites secrets in a way that the optimiser keeps.
#pragma once

#include <cstddef>

namespace sipreg {

void wipe(void* memory, std::size_t size);

}  // namespace sipreg
