#include "registration/own_binding.h"

#include <algorithm>

#include "message/scan.h"
#include "message/uri.h"

namespace sipreg::registration {
namespace {

constexpr std::uint32_t short_lifetime = 7;
constexpr std::uint32_t rewrite_tolerance = 10;

bool is_our_token(const message::Uri& uri, const OwnContact& own) {
  return message::equals_ignoring_case(uri.host, own.host) ||
         (!own.user.empty() && uri.user == own.user);
}

// The last resort for registrars that rewrite a Contact beyond recognition.
bool looks_like_ours(const message::Contact& contact, const message::Uri& uri,
                     const OwnContact& own) {
  const auto transport = message::find_parameter(uri.parameters, "transport");
  const bool websocket =
      transport && (message::equals_ignoring_case(*transport, "ws") ||
                    message::equals_ignoring_case(*transport, "wss"));
  return websocket && contact.expires && *contact.expires <= own.asked &&
         own.asked - *contact.expires <= rewrite_tolerance;
}

Match weaker_match(const message::Contact& contact, const OwnContact& own) {
  if (!contact.instance.empty()) return Match::none;  // another device
  message::Uri uri;
  if (!message::parse_uri(contact.address.uri, uri)) return Match::none;
  if (is_our_token(uri, own)) return Match::token;
  return looks_like_ours(contact, uri, own) ? Match::only_contact : Match::none;
}

// The lifetime of two Contacts that are both ours.
std::optional<std::uint32_t> joint_lifetime(std::optional<std::uint32_t> a,
                                            std::optional<std::uint32_t> b) {
  if (!a || !b) return a ? a : b;
  const std::uint32_t smaller = *a < *b ? *a : *b;
  const std::uint32_t larger = *a < *b ? *b : *a;
  return smaller < short_lifetime ? larger : smaller;
}

}  // namespace

Match match_contact(const message::Contact& contact, const OwnContact& own) {
  if (own.is_of_sibling(contact)) return Match::none;
  if (!own.instance.empty() &&
      message::equals_ignoring_case(contact.instance, own.instance)) {
    if (own.reg_id != 0 && contact.reg_id == own.reg_id) {
      return Match::instance_and_reg_id;
    }
    if (own.reg_id != 0 && contact.reg_id != 0) {
      return Match::none;  // another flow of this device
    }
    return message::equal_uris(contact.address.uri, own.uri)
               ? Match::instance_and_uri
               : Match::instance;
  }
  if (message::equal_uris(contact.address.uri, own.uri)) return Match::uri;
  return weaker_match(contact, own);
}

bool OwnContact::is_of_sibling(const message::Contact& contact) const {
  if (contact.reg_id - first_reg_id < flows &&
      contact.reg_id != first_reg_id + flow_number &&
      message::equals_ignoring_case(contact.instance, instance)) {
    return true;
  }
  return std::any_of(sibling_uris.begin(), sibling_uris.end(),
                     [&contact](std::string_view uri) {
                       return message::equal_uris(contact.address.uri, uri);
                     });
}

void OwnBinding::take(const message::Contact& contact, Match how) {
  ++contacts;
  if (how == Match::none || how < match) return;
  expires =
      how > match ? contact.expires : joint_lifetime(expires, contact.expires);
  if (how > match) pub_gruu = temp_gruu = {};
  match = how;
  const std::string_view parameters = contact.address.parameters;
  expires_damaged =
      !contact.expires && message::find_parameter(parameters, "expires");
  if (const auto gruu = message::find_parameter(parameters, "pub-gruu")) {
    pub_gruu = *gruu;
  }
  if (const auto gruu = message::find_parameter(parameters, "temp-gruu")) {
    temp_gruu = *gruu;
  }
}

void OwnBinding::complete() {
  if (match != Match::only_contact || contacts == 1) return;
  const std::uint32_t seen = contacts;
  *this = OwnBinding{};
  contacts = seen;
}

}  // namespace sipreg::registration
