// Whom a request of the server is for.
#pragma once

#include <string_view>

#include "flow/connection.h"
#include "registration/registry.h"

namespace sipreg::traffic {

// The registration on this connection whose Contact, temporary GRUU or address
// of record the Request-URI is; 0 when there is none. Edges rewrite a Contact's
// host and parameters, so its user part counts as well, and so does that of the
// address of record.
[[nodiscard]] RegistrationId find_addressee(
    const registration::Registry& registrations,
    const flow::Connection& connection, std::string_view request_uri);

}  // namespace sipreg::traffic
