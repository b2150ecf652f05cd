// A registration's identity at the registrar, as text that a host keeps over a
// restart.
#pragma once

#include <cstdint>
#include <string_view>

#include "text.h"

namespace sipreg::registration {

// With the same Call-ID, a higher CSeq, the same Contact, instance and reg-id
// the registrar replaces the old binding in place of adding one (RFC 3261
// section 10.2, RFC 5626 section 4.2). No secret is in it.
struct Snapshot {
  std::uint32_t reg_id = 0;
  std::uint32_t cseq = 0;  // nothing above it was sent
  std::string_view call_id;
  std::string_view contact_user;  // empty: the option's
  std::string_view contact_host;  // without .invalid
  std::string_view instance_id;
};

[[nodiscard]] Text write_snapshot(const Snapshot& snapshot);

// False for text that write_snapshot() did not make: whoever can write to the
// host's storage must not be able to write into requests. Views point into it.
[[nodiscard]] bool read_snapshot(std::string_view text, Snapshot& out);

}  // namespace sipreg::registration
