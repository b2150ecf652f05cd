#include "traffic/addressee.h"

#include "message/scan.h"
#include "message/uri.h"

namespace sipreg::traffic {
namespace {

using registration::Registration;

// How sure it is, surest last.
enum class Match : std::uint8_t { none, user, address_of_record, own };

// Compared as they are written: what a peer has from us it gives back so.
bool has_user(std::string_view uri, std::string_view user) {
  uri.remove_prefix(uri.find(':') + 1);
  return uri.starts_with(user) && uri.substr(user.size()).starts_with('@');
}

Match match(const Registration& registration, const message::Uri& uri,
            std::string_view text) {
  const registration::Settings& settings = registration.settings();
  if (message::equals_ignoring_case(uri.host, settings.contact_host()) ||
      registration.is_temporary_gruu(text)) {
    return Match::own;
  }
  if (has_user(settings.contact_uri(), uri.user)) {
    return settings.contact_token().empty() ? Match::user : Match::own;
  }
  if (!has_user(settings.aor, uri.user)) return Match::none;
  message::Uri aor;
  const bool is_same_host = message::parse_uri(settings.aor, aor) &&
                            message::equals_ignoring_case(aor.host, uri.host);
  return is_same_host ? Match::address_of_record : Match::user;
}

}  // namespace

RegistrationId find_addressee(const registration::Registry& registrations,
                              const flow::Connection& connection,
                              std::string_view request_uri) {
  message::Uri uri;
  if (!message::parse_uri(request_uri, uri)) return 0;
  const Registration* found = nullptr;
  Match best = Match::none;
  for (const Registration& each : registrations) {
    if (&each.connection() != &connection) continue;
    const Match how = match(each, uri, request_uri);
    if (how <= best) continue;
    best = how;
    found = &each;
    if (how == Match::own) break;
  }
  return found == nullptr ? 0 : found->account();
}

}  // namespace sipreg::traffic
