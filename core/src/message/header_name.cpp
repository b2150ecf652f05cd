#include "message/header_name.h"

#include <array>
#include <cstddef>

#include "message/chars.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

struct Entry {
  std::string_view name;
  HeaderName id;
};

// Ordered by length, which together with the first letter leaves two
// candidates at most.
constexpr Entry entries[] = {
    {"to", HeaderName::to},
    {"via", HeaderName::via},
    {"from", HeaderName::from},
    {"cseq", HeaderName::cseq},
    {"path", HeaderName::path},
    {"date", HeaderName::date},
    {"route", HeaderName::route},
    {"contact", HeaderName::contact},
    {"call-id", HeaderName::call_id},
    {"expires", HeaderName::expires},
    {"require", HeaderName::require},
    {"warning", HeaderName::warning},
    {"supported", HeaderName::supported},
    {"flow-timer", HeaderName::flow_timer},
    {"user-agent", HeaderName::user_agent},
    {"min-expires", HeaderName::min_expires},
    {"retry-after", HeaderName::retry_after},
    {"unsupported", HeaderName::unsupported},
    {"max-forwards", HeaderName::max_forwards},
    {"content-type", HeaderName::content_type},
    {"record-route", HeaderName::record_route},
    {"feature-caps", HeaderName::feature_caps},
    {"authorization", HeaderName::authorization},
    {"proxy-require", HeaderName::proxy_require},
    {"service-route", HeaderName::service_route},
    {"content-length", HeaderName::content_length},
    {"www-authenticate", HeaderName::www_authenticate},
    {"p-associated-uri", HeaderName::p_associated_uri},
    {"proxy-authenticate", HeaderName::proxy_authenticate},
    {"authentication-info", HeaderName::authentication_info},
    {"proxy-authorization", HeaderName::proxy_authorization},
    {"proxy-authentication-info", HeaderName::proxy_authentication_info},
};
constexpr std::size_t entry_count = std::size(entries);
constexpr std::size_t longest = entries[entry_count - 1].name.size();

// starts[n] is the first entry of at least n octets.
constexpr auto make_starts() {
  std::array<std::uint8_t, longest + 2> starts{};
  std::size_t at = 0;
  for (std::size_t length = 0; length < starts.size(); ++length) {
    while (at < entry_count && entries[at].name.size() < length) ++at;
    starts[length] = static_cast<std::uint8_t>(at);
  }
  return starts;
}
constexpr auto starts = make_starts();

HeaderName compact_form(char letter) {
  switch (to_lower(letter)) {
    case 'v':
      return HeaderName::via;
    case 'f':
      return HeaderName::from;
    case 't':
      return HeaderName::to;
    case 'i':
      return HeaderName::call_id;
    case 'm':
      return HeaderName::contact;
    case 'l':
      return HeaderName::content_length;
    case 'c':
      return HeaderName::content_type;
    case 'k':
      return HeaderName::supported;
    default:
      return HeaderName::other;
  }
}

}  // namespace

HeaderName header_name(std::string_view name) {
  if (name.size() == 1) return compact_form(name.front());
  if (name.empty() || name.size() > longest) return HeaderName::other;
  const char first = to_lower(name.front());
  for (std::size_t i = starts[name.size()]; i < starts[name.size() + 1]; ++i) {
    if (entries[i].name.front() == first &&
        equals_ignoring_case(entries[i].name, name)) {
      return entries[i].id;
    }
  }
  return HeaderName::other;
}

std::string_view name_of(HeaderName id) {
  for (const Entry& entry : entries) {
    if (entry.id == id) return entry.name;
  }
  return "other";
}

}  // namespace sipreg::message
