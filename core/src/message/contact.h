// name-addr and addr-spec (RFC 3261 section 20.10) and the Contact list of a
// REGISTER response.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "message/codec.h"

namespace sipreg::message {

struct NameAddr {
  std::string_view display_name;  // inside its quotes, escapes kept
  std::string_view uri;
  std::string_view parameters;  // header parameters, from the first ';'
};

// scheme ":" something, without what no URI can hold, so that it can stand in
// angle brackets as it is. What a sip: URI must look like is not asked here:
// any scheme may stand in a Contact.
[[nodiscard]] bool is_uri_text(std::string_view text);

// One element: `"A" <sip:a@b;x>;p`, `A B <sip:a@b>;p` or `sip:a@b;p`, where in
// the last form the parameters belong to the header.
[[nodiscard]] bool parse_name_addr(std::string_view element, NameAddr& out);

// A parameter's value without its quotes, escapes kept; nullopt when it is not
// there, "" for a flag. Names compare case-insensitively.
[[nodiscard]] std::optional<std::string_view> find_parameter(
    std::string_view parameters, std::string_view name);

struct Contact {
  NameAddr address;
  std::optional<std::uint32_t> expires;        // absent or malformed: nullopt
  std::optional<std::uint32_t> q_thousandths;  // 0 ... 1000
  std::string_view instance;  // of +sip.instance, inside quotes and brackets
  std::uint32_t reg_id = 0;   // 0: none
};

// Walks every Contact element of a message, rows and commas alike; elements
// that cannot be parsed are skipped (RFC 3261 section 10.2.4 lists everybody's
// bindings, and another device's damaged one must not cost us ours).
class ContactList {
 public:
  explicit ContactList(const Message& message);
  [[nodiscard]] bool next(Contact& out);

 private:
  const Message& message_;
  std::size_t row_ = 0;
  std::string_view rest_;
};

}  // namespace sipreg::message
