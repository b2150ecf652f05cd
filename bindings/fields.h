// Names of the values that cross between the bridge and its host. The host has
// the same numbers (js/src/fields.ts); a test compares the two files.
#pragma once

#include <cstddef>
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
  // client
  keep_alive = 51,
  keep_alive_interval = 52,
  pong_timeout = 53,
  keep_alive_method = 54,
  // registration
  flows = 55,
  snapshot = 56,
  // client
  snapshots = 57,
  // answer to a request, with `header`
  status = 58,
  reason = 59,
  body = 60,
};
inline constexpr std::size_t field_count = 61;

}  // namespace sipreg::bridge
