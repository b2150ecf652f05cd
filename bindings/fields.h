// Names of the values that cross between the bridge and its host. The host has
// the same numbers (js/src/fields.ts); a test compares the two files.
#pragma once

#include <cstdint>

namespace sipreg::bridge {

// Options, host to bridge: entries of {u32 field, u32 byte length, bytes padded
// to a multiple of 4}. Text is UTF-8; numbers and booleans are one double.
enum class Field : std::uint32_t {
  // client
  servers = 1,
  user_agent = 2,
  instance_id = 3,
  connect_timeout = 4,
  transaction_timeout = 5,
  credentials_timeout = 6,
  reconnect_policy = 7,
  reconnect_base = 8,
  reconnect_max = 9,
  entropy = 10,
  // registration
  aor = 11,
  registrar = 12,
  from = 13,
  display_name = 14,
  expires = 15,
  contact_user = 16,
  contact_display_name = 17,
  contact_q = 18,
  contact_uri_parameter = 19,  // a name; `value` may follow
  contact_parameter = 20,      // a name; `value` may follow
  header = 21,                 // a name; `value` follows
  value = 22,                  // of the name before it; without it a flag
  supported = 23,
  route = 24,
  outbound = 25,
  reg_id = 26,
  gruu = 27,
  push_provider = 28,
  push_prid = 29,
  push_param = 30,
  digest_policy = 31,
  digest_algorithms = 32,
  digest_require_mutual = 33,
  refresh_policy = 34,
  refresh_value = 35,
  retry = 36,
  has_credentials = 37,
  // update: the list is replaced, its elements follow
  replace_headers = 38,
  replace_supported = 39,
  // call
  force = 40,
  uri = 41,
  // credentials: the first one begins an element
  credentials = 42,
  username = 43,
  password = 44,
  ha1_md5 = 45,
  ha1_sha256 = 46,
  ha1_sha512_256 = 47,
  token = 48,
  token_expires_at = 49,
  realm = 50,
};

// Results, bridge to host: text rows, each a tag, the value and LF. No value
// holds an LF (the bridge makes it a space), so a split by lines is enough.
enum class Row : char {
  contact = 'c',
  pub_gruu = 'g',
  temp_gruu = 't',
  service_route = 's',
  path = 'p',
  associated_uri = 'u',
  realm = 'R',
  binding = 'b',  // its URI; the rows down to `parameter` belong to it
  binding_display_name = 'd',
  binding_expires = 'e',
  binding_q = 'q',  // thousandths
  binding_instance_id = 'i',
  binding_reg_id = 'n',
  binding_own = 'o',
  parameter = 'k',  // a name; `value` follows unless it is a flag
  value = 'v',      // of the parameter or header before it
  reason = 'r',
  header = 'h',  // a name; `value` follows
  message = 'm',
  code = 'w',  // of a warning
  scope = 'S',
  authz_server = 'Z',
  error = 'E',
};

// Bits of Record::flags.
enum class Flag : std::uint32_t {
  text = 1,           // transmit
  incoming = 1,       // trace
  bound = 1,          // registration
  confirmed = 1,      // unregistered, operation_done of an unregister
  sent = 2,           // operation_done of an unregister
  outbound = 1,       // registered, refreshed, operation_done
  authenticated = 2,  // the same
  bearer = 4,         // the same, and credentials_wanted
  mutual = 8,         // registered, refreshed, operation_done
  retryable = 1,      // failed, retry, operation_failed
  retry_after = 2,    // the same: z holds it
  proxy = 1,          // credentials_wanted
  has_realm = 2,      // credentials_wanted
};

// What credentials_wanted and a success keep above the bits of Record::flags:
// ChallengeInfo::Previous, and auth::Algorithm.
inline constexpr std::uint32_t flags_shift = 8;

}  // namespace sipreg::bridge
