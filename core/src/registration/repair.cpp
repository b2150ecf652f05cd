// Rejections that a changed request can mend (RFC 3261 section 8.1.3.5,
// RFC 5626 section 4.2.1). A repair takes something out of the request, and at
// most once puts it back, so none goes on for ever.
#include <algorithm>

#include "message/scan.h"
#include "registration/registration.h"

namespace sipreg::registration {
namespace {

// Takes `tag` out of ", tag, tag".
bool drop_tag(Text& list, std::string_view tag) {
  std::size_t begin = 0;
  while (begin < list.size()) {
    const std::size_t next = std::string_view(list).find(',', begin + 1);
    const std::size_t end = std::min(next, list.size());
    const std::string_view listed = list.substr(begin + 2, end - begin - 2);
    if (message::equals_ignoring_case(listed, tag)) {
      list.erase(begin, end - begin);
      return true;
    }
    begin = end;
  }
  return false;
}

struct ExtensionTag {
  std::string_view tag;
  Extension extension;
};
constexpr ExtensionTag extension_tags[] = {
    {"path", Extension::path},
    {"gruu", Extension::gruu},
    {"outbound", Extension::outbound},
};

const ExtensionTag* find_extension(std::string_view tag) {
  for (const ExtensionTag& each : extension_tags) {
    if (message::equals_ignoring_case(tag, each.tag)) return &each;
  }
  return nullptr;
}

}  // namespace

bool Registration::repair(const message::Message& response) {
  switch (response.status) {
    case 413:
    case 415:
      return drop_additional_headers();
    case 416:
      return fall_back_to_sip();
    case 420:
      return drop_unsupported(response);
    case 421:
      return restore_required(response);
    case 439:
      return drop_extension("outbound");
    default:
      return false;
  }
}

// RFC 3261 section 21.5.4: nothing else goes to a server that is out of service
// for that long, and another one is tried first. Not at the cost of accounts
// that it serves well.
bool Registration::fails_over(const Failure& failure) {
  if (failure.response.status != 503 || !failure.retry_after ||
      others_hold_on_flow() || !connection_.reconnects() ||
      !connection_.has_alternative()) {
    return false;
  }
  // Once round, and none of them serves: from now on it is RFC 5626 section 4.5
  // that says when, or servers whose Retry-After is short are asked for ever.
  if (++failovers_ >= connection_.server_count()) return false;
  const Millis seconds = std::min(*failure.retry_after, longest_retry_after);
  connection_.hold_server(seconds * 1000);
  return true;
}

bool Registration::drop_additional_headers() {
  if (!current_->header_rows.empty()) {
    current_->header_rows.clear();
    return true;
  }
  if (settings_.header_rows.empty() || current_->without_headers) return false;
  current_->without_headers = true;
  return true;
}

// Never for a sips address of record, which asked for TLS all the way.
bool Registration::fall_back_to_sip() {
  static constexpr std::string_view sips = "sips:";
  if (settings_.secure ||
      !std::string_view(settings_.request_uri).starts_with(sips)) {
    return false;
  }
  settings_.request_uri.erase(sips.size() - 2, 1);
  return true;
}

bool Registration::drop_unsupported(const message::Message& response) {
  bool dropped = false;
  for (const message::Header& header : response.headers()) {
    if (header.id != message::HeaderName::unsupported) continue;
    std::string_view rest = header.value;
    std::string_view tag;
    while (message::next_element(rest, tag)) dropped |= drop_extension(tag);
  }
  return dropped;
}

bool Registration::drop_extension(std::string_view tag) {
  if (const ExtensionTag* const known = find_extension(tag);
      known != nullptr && uses(known->extension)) {
    // Without a reg-id a second binding would take the first one's place.
    if (known->extension == Extension::outbound && flow_number_ > 0) {
      return false;
    }
    dropped_ |= static_cast<std::uint8_t>(known->extension);
    dropped_by_ = connection_.server();
    return true;
  }
  const bool dropped = drop_tag(settings_.supported, tag);
  return drop_tag(current_->supported, tag) || dropped;
}

// RFC 3261 section 21.4.16: what is required and was left out for a 420 comes
// back, once; what is switched off stays so.
bool Registration::restore_required(const message::Message& response) {
  if (current_->restored_extensions) return false;
  for (const message::Header& header : response.headers()) {
    if (header.id != message::HeaderName::require) continue;
    std::string_view rest = header.value;
    std::string_view tag;
    while (message::next_element(rest, tag)) {
      const ExtensionTag* const known = find_extension(tag);
      if (known == nullptr || !is_configured(known->extension)) return false;
      if (uses(known->extension)) continue;
      dropped_ &=
          static_cast<std::uint8_t>(~static_cast<unsigned>(known->extension));
      current_->restored_extensions = true;
    }
  }
  return current_->restored_extensions;
}

bool Registration::is_configured(Extension extension) const {
  switch (extension) {
    case Extension::path:
      return true;
    case Extension::gruu:
      return settings_.gruu;
    case Extension::outbound:
      return settings_.reg_id != 0;
  }
  return false;
}

}  // namespace sipreg::registration
