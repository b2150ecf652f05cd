#include "registration/snapshot.h"

#include <algorithm>
#include <array>

#include "message/scan.h"
#include "message/writer.h"

namespace sipreg::registration {
namespace {

constexpr std::string_view version = "1";
constexpr std::uint32_t largest_cseq = 0x7fffffff;  // RFC 3261 8.1.1.5
constexpr std::size_t longest_token = 64;
constexpr std::size_t field_count = 7;

// What Entropy::append_token makes.
bool is_random_token(std::string_view text) {
  return !text.empty() && text.size() <= longest_token &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
         });
}

}  // namespace

Text write_snapshot(const Snapshot& snapshot) {
  Text text;
  message::Writer out(text);
  out.text(version).text(" ").number(snapshot.reg_id);
  out.text(" ").number(snapshot.cseq);
  out.text(" ").text(snapshot.call_id);
  out.text(" ").text(snapshot.contact_user.empty() ? "-"
                                                   : snapshot.contact_user);
  out.text(" ").text(snapshot.contact_host);
  out.text(" ").text(snapshot.instance_id);
  return text;
}

bool read_snapshot(std::string_view text, Snapshot& out) {
  std::array<std::string_view, field_count> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = text.find(' ');
    if ((end == text.npos) != (i + 1 == fields.size())) return false;
    fields[i] = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  const auto reg_id = message::parse_delta_seconds(fields[1]);
  const auto cseq = message::parse_delta_seconds(fields[2]);
  if (fields[0] != version || !reg_id || !cseq || *cseq > largest_cseq ||
      !is_random_token(fields[3]) || !is_random_token(fields[5])) {
    return false;
  }
  const bool has_user = fields[4] != "-";
  if (has_user && !is_random_token(fields[4])) return false;
  out = {*reg_id,   *cseq,
         fields[3], has_user ? fields[4] : std::string_view(),
         fields[5], fields[6]};
  return true;
}

}  // namespace sipreg::registration
