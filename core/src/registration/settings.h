// A registration's options, checked once and kept as the pieces of a REGISTER
// that they turn into.
#pragma once

#include <cstdint>
#include <string_view>

#include "message/header_name.h"
#include "sipreg/options.h"
#include "sipreg/status.h"
#include "text.h"

namespace sipreg::registration {

// Rendered rows end in CRLF. Nothing that an application passes reaches a
// request unless it was checked here: no value can end its row or start a
// second one.
struct Settings {
  Text aor;
  Text username;      // the AOR's user part, escapes undone
  Text request_uri;   // the registrar
  Text third_party;   // of From; empty: the address of record
  Text display_name;  // plain
  Text contact;       // display name, <URI> and parameters; no expires
  Text route_rows;
  Text header_rows;
  Text supported;  // ", tag, tag" after the ones of our own
  std::uint32_t expires = 600;
  std::uint32_t reg_id = 1;  // 0: RFC 5626 is not used
  bool secure = false;       // a sips address of record
  bool gruu = true;
  bool retry = true;
  bool has_credentials = false;
  DigestOptions digest;
  RefreshOptions refresh;
  bool random_user = false;  // in the Contact
  // Where the URI stands in `contact`, its user part and its host in the URI.
  std::uint32_t contact_uri_offset = 0;
  std::uint32_t contact_uri_length = 0;
  std::uint32_t contact_user_offset = 0;
  std::uint32_t contact_host_offset = 0;
  std::uint32_t contact_host_length = 0;
  // The URI's last parameters, those of RFC 8599.
  std::uint32_t push_length = 0;

  // Empty: no push.
  [[nodiscard]] std::string_view push_provider() const;

  [[nodiscard]] std::string_view contact_uri() const {
    return std::string_view(contact).substr(contact_uri_offset,
                                            contact_uri_length);
  }
  // The user part, when that is random.
  [[nodiscard]] std::string_view contact_token() const {
    if (!random_user) return {};
    return contact_uri().substr(contact_user_offset,
                                contact_host_offset - 1 - contact_user_offset);
  }
  // Random, under .invalid (RFC 7118 appendix B.1).
  [[nodiscard]] std::string_view contact_host() const {
    return contact_uri().substr(contact_host_offset, contact_host_length);
  }
  [[nodiscard]] std::string_view from_uri() const {
    return third_party.empty() ? aor : third_party;
  }
};

// Checks everything and fills `out`; on error `out` is of no use. `random_user`
// and `random_host` serve where the options leave the Contact's user open.
Status make_settings(const RegistrationOptions& options,
                     std::string_view random_user, std::string_view random_host,
                     Settings& out);

// Whole rows of headers, none of which is a reserved one.
Status render_headers(std::span<const NameValue> headers,
                      bool (*is_reserved)(message::HeaderName), Text& rows);

// The pieces that a call or an update brings along.
Status render_headers(std::span<const NameValue> headers, Text& rows);
Status render_supported(std::span<const std::string_view> tags, Text& list);
Status check_refresh(const RefreshOptions& refresh);
Status check_display_name(std::string_view name);

// The URI parameters of RFC 8599 section 4.1, and putting them into the Contact
// in place of the ones that are there.
Status render_push(const PushOptions& push, Text& parameters);
void replace_push(std::string_view parameters, Settings& settings);

}  // namespace sipreg::registration
