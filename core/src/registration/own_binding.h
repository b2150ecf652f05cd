// Finding our binding among everybody's in a 2xx (RFC 3261 section 10.2.4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "message/contact.h"
#include "registration/settings.h"

namespace sipreg::registration {

struct OwnContact {
  std::string_view uri;   // as we send it
  std::string_view user;  // only where it is a random token
  std::string_view host;
  std::string_view instance;
  std::uint32_t reg_id = 0;  // 0: not sent
  std::uint32_t asked = 0;   // seconds asked for
  // The reg-ids of the account's flows, which follow each other.
  std::uint32_t first_reg_id = 0;
  std::uint32_t flows = 0;
  std::uint32_t flow_number = 0;  // of this one among them
  // The Contact URIs of the account's other flows: some registrars give no
  // reg-id back.
  std::span<const std::string_view> sibling_uris;

  // Whether another flow of the account has made that binding.
  [[nodiscard]] bool is_of_sibling(const message::Contact& contact) const;
};

// How a Contact of the response was told to be ours, strongest last.
enum class Match : std::uint8_t {
  none,
  only_contact,      // the sole one, and it looks like ours after a rewrite
  token,             // our random host, or our user part
  uri,               // RFC 3261 section 19.1.4
  instance,          // +sip.instance; some registrars give no reg-id back
  instance_and_uri,  // two registrations of one device without reg-id
  instance_and_reg_id,
};

[[nodiscard]] Match match_contact(const message::Contact& contact,
                                  const OwnContact& own);

// What a response says of our binding; made by taking its Contacts one by one.
//
// The strongest kind of match wins. Where several Contacts match alike (an old
// flow's binding beside the new one's), the smallest positive lifetime counts,
// but one below 7 s only if there is no larger.
struct OwnBinding {
  Match match = Match::none;
  std::optional<std::uint32_t> expires;  // of the Contact, in seconds
  bool expires_damaged = false;          // there, but no number
  std::string_view pub_gruu;
  std::string_view temp_gruu;
  std::uint32_t contacts = 0;  // readable ones in the response

  void take(const message::Contact& contact, Match how);
  // After the last Contact: the last resort counts for a sole one only.
  void complete();
};

}  // namespace sipreg::registration
