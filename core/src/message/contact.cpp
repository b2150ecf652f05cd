#include "message/contact.h"

#include "message/chars.h"
#include "message/scan.h"

namespace sipreg::message {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::uint32_t max_reg_id = 0x7fffffff;  // RFC 5626 section 4.2

// Empty, or from a ';' on with every quote closed.
bool are_parameters(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ';') return false;
  for (std::size_t at = text.find('"'); at != npos; at = text.find('"', at)) {
    at = closing_quote(text, at);
    if (at == npos) return false;
    ++at;
  }
  return true;
}

// Like next_parameter(), but goes on behind what is no parameter, and takes a
// value of several words for none: "expires=6 0" says nothing.
bool next_header_parameter(std::string_view& parameters, Parameter& out) {
  while (!next_parameter(parameters, ';', out)) {
    const std::size_t next = parameters.find(';');
    if (next == npos) return false;
    parameters.remove_prefix(next);
  }
  const std::string_view rest = trim(parameters);
  if (!rest.empty() && rest.front() != ';' && !out.value.empty() &&
      out.value.front() != '"') {
    out.value = {};
  }
  return true;
}

// qvalue of RFC 3261 section 25: 0 to 1 with three decimals at most.
std::optional<std::uint32_t> parse_q(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  std::uint32_t thousandths = 0;
  for (std::size_t place = 0; place < 5; ++place) {
    if (place == 1) continue;
    const char digit = place < text.size() ? text[place] : '0';
    if (!is_digit(digit)) return std::nullopt;
    thousandths = thousandths * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (thousandths > 1000) return std::nullopt;
  return thousandths;
}

std::string_view strip_angles(std::string_view text) {
  if (text.size() < 2 || text.front() != '<' || text.back() != '>') return text;
  return text.substr(1, text.size() - 2);
}

bool read_contact(std::string_view element, Contact& out) {
  out = Contact{};
  if (!parse_name_addr(element, out.address)) return false;
  enum : unsigned { expires = 1, q = 2, instance = 4, reg_id = 8 };
  unsigned seen = 0;  // of a repeated parameter the first one counts
  const auto first = [&seen](unsigned bit) {
    const bool is_first = (seen & bit) == 0;
    seen |= bit;
    return is_first;
  };
  std::string_view rest = out.address.parameters;
  for (Parameter p; next_header_parameter(rest, p);) {
    if (equals_ignoring_case(p.name, "expires")) {
      if (first(expires)) out.expires = parse_delta_seconds(p.value);
    } else if (equals_ignoring_case(p.name, "q")) {
      if (first(q)) out.q_thousandths = parse_q(p.value);
    } else if (equals_ignoring_case(p.name, "+sip.instance")) {
      if (first(instance)) out.instance = strip_angles(strip_quotes(p.value));
    } else if (equals_ignoring_case(p.name, "reg-id")) {
      const std::uint32_t id = parse_delta_seconds(p.value).value_or(0);
      if (first(reg_id)) out.reg_id = id <= max_reg_id ? id : 0;
    }
  }
  return true;
}

}  // namespace

bool is_uri_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == npos || colon + 1 == text.size() ||
      !is_token(text.substr(0, colon))) {
    return false;
  }
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '<' || c == '>' || is_control(c)) {
      return false;
    }
  }
  return true;
}

bool parse_name_addr(std::string_view element, NameAddr& out) {
  out = NameAddr{};
  element = trim(element);
  std::size_t angle = element.find('<');
  if (!element.empty() && element.front() == '"') {
    const std::size_t close = closing_quote(element, 0);
    if (close == npos) return false;
    out.display_name = element.substr(1, close - 1);
    angle = element.find('<', close);
    if (angle == npos ||
        !trim(element.substr(close + 1, angle - close - 1)).empty()) {
      return false;
    }
  } else if (element.find('"') < angle) {
    angle = npos;  // the quote, and any '<', is in a header parameter
  } else if (angle != npos) {
    out.display_name = trim(element.substr(0, angle));
  }

  if (angle != npos) {
    const std::size_t close = element.find('>', angle);
    if (close == npos) return false;
    out.uri = trim(element.substr(angle + 1, close - angle - 1));
    out.parameters = trim(element.substr(close + 1));
  } else {
    // RFC 3261 section 20.10: without brackets a ';' begins the header's
    // parameters, and a '?' may not occur.
    const std::size_t semicolon = element.find(';');
    out.uri = trim(element.substr(0, semicolon));
    if (out.uri.find('?') != npos) return false;
    if (semicolon != npos) out.parameters = element.substr(semicolon);
  }
  return is_uri_text(out.uri) && are_parameters(out.parameters);
}

std::optional<std::string_view> find_parameter(std::string_view parameters,
                                               std::string_view name) {
  for (Parameter p; next_header_parameter(parameters, p);) {
    if (equals_ignoring_case(p.name, name)) return strip_quotes(p.value);
  }
  return std::nullopt;
}

ContactList::ContactList(const Message& message) : message_(message) {}

bool ContactList::next(Contact& out) {
  const auto rows = message_.headers();
  std::string_view element;
  for (;;) {
    if (next_element(rest_, element)) {
      if (read_contact(element, out)) return true;
    } else if (row_ < rows.size()) {
      const Header& row = rows[row_++];
      if (row.id == HeaderName::contact) rest_ = row.value;
    } else {
      return false;
    }
  }
}

}  // namespace sipreg::message
