// What must hold of every REGISTER that the agent writes, whatever the
// application asked for.
#pragma once

#include <string_view>

#include "sipreg/options.h"

namespace sipreg::testing {

// It can be parsed, and no row that the library writes itself is there twice:
// nobody has smuggled one in.
void check_register_shape(std::string_view frame);

// The first REGISTER of a registration says exactly what its options say.
void check_first_register(std::string_view frame, const ClientOptions& client,
                          const RegistrationOptions& options);

}  // namespace sipreg::testing
