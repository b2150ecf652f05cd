// Rejections that a changed request can mend (RFC 3261 section 8.1.3.5,
// RFC 5626 section 4.2.1). Every repair takes something out of the request for
// good, so none can be done twice.
#include "message/scan.h"
#include "registration/registration.h"

namespace sipreg::registration {
namespace {

// Takes `tag` out of ", tag, tag".
bool drop_tag(std::string& list, std::string_view tag) {
  std::size_t begin = 0;
  while (begin < list.size()) {
    std::size_t end = list.find(',', begin + 1);
    if (end == list.npos) end = list.size();
    const std::string_view listed =
        std::string_view(list).substr(begin + 2, end - begin - 2);
    if (message::equals_ignoring_case(listed, tag)) {
      list.erase(begin, end - begin);
      return true;
    }
    begin = end;
  }
  return false;
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
    case 439:
      return drop_extension("outbound");
    default:
      return false;
  }
}

bool Registration::drop_additional_headers() {
  if (settings_.header_rows.empty() && current_->header_rows.empty()) {
    return false;
  }
  settings_.header_rows.clear();
  current_->header_rows.clear();
  return true;
}

// Never for a sips address of record, which asked for TLS all the way.
bool Registration::fall_back_to_sip() {
  static constexpr std::string_view sips = "sips:";
  if (settings_.secure || !settings_.request_uri.starts_with(sips)) {
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
  if (message::equals_ignoring_case(tag, "outbound") && settings_.reg_id != 0) {
    settings_.reg_id = 0;
    return true;
  }
  if (message::equals_ignoring_case(tag, "gruu") && settings_.gruu) {
    settings_.gruu = false;
    return true;
  }
  if (message::equals_ignoring_case(tag, "path") && settings_.path) {
    settings_.path = false;
    return true;
  }
  const bool dropped = drop_tag(settings_.supported, tag);
  return drop_tag(current_->supported, tag) || dropped;
}

}  // namespace sipreg::registration
