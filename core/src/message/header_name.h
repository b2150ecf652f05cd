// Header names that the core acts on, with their compact forms.
#pragma once

#include <cstdint>
#include <string_view>

namespace sipreg::message {

enum class HeaderName : std::uint8_t {
  other,
  via,
  from,
  to,
  call_id,
  cseq,
  contact,
  expires,
  min_expires,
  max_forwards,
  content_length,
  content_type,
  www_authenticate,
  proxy_authenticate,
  authorization,
  proxy_authorization,
  authentication_info,
  proxy_authentication_info,
  retry_after,
  supported,
  unsupported,
  require,
  proxy_require,
  route,
  record_route,
  service_route,
  path,
  flow_timer,
  feature_caps,
  p_associated_uri,
  user_agent,
  date,
  warning,
};

// Case-insensitive; compact forms of RFC 3261 section 7.3.3 included.
[[nodiscard]] HeaderName header_name(std::string_view name);

// The long form in lower case; "other" for HeaderName::other.
[[nodiscard]] std::string_view name_of(HeaderName id);

}  // namespace sipreg::message
