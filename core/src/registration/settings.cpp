#include "registration/settings.h"

#include <algorithm>
#include <cmath>

#include "message/contact.h"
#include "message/header_name.h"
#include "message/scan.h"
#include "message/uri.h"

namespace sipreg::registration {
namespace {

using message::HeaderName;

constexpr Status fine{};

Status refuse(std::string_view option, std::string_view message) {
  return {Error::invalid_argument, option, message};
}

bool is_plain_text(std::string_view text) {
  return message::is_header_text(text) && message::is_valid_utf8(text);
}

void append_quoted(Text& out, std::string_view plain) {
  out += '"';
  for (const char c : plain) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

// paramchar of RFC 3261 section 25.1, without the escape.
bool is_parameter_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("-_.!~*'()[]/:&+$").find(c) != std::string_view::npos;
}

void append_escaped(Text& out, std::string_view value) {
  static constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : value) {
    if (is_parameter_character(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Text unescape_user(std::string_view user) {
  Text plain;
  for (std::size_t i = 0; i < user.size(); ++i) {
    if (user[i] == '%' && i + 2 < user.size()) {
      const int high = hex_value(user[i + 1]);
      const int low = hex_value(user[i + 2]);
      if (high >= 0 && low >= 0) {
        plain += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    plain += user[i];
  }
  return plain;
}

// user of RFC 3261 section 25.1.
bool is_user(std::string_view user) {
  for (std::size_t i = 0; i < user.size(); ++i) {
    if (user[i] == '%') {
      if (i + 2 >= user.size() || hex_value(user[i + 1]) < 0 ||
          hex_value(user[i + 2]) < 0) {
        return false;
      }
      i += 2;
    } else if (!is_alphanumeric(user[i]) &&
               std::string_view("-_.!~*'()&=+$,;?/").find(user[i]) ==
                   std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// A URI that can stand in quotes and in angle brackets as it is; other octets
// than ASCII have no grammar in one and are to be escaped.
bool parse_option_uri(std::string_view text, message::Uri& uri) {
  const auto is_foreign = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || c == '"' || c == '\\' ||
           c == '<' || c == '>';
  };
  return std::none_of(text.begin(), text.end(), is_foreign) &&
         message::parse_uri(text, uri) && is_user(uri.user);
}

bool is_bare_address(const message::Uri& uri) {
  return uri.parameters.empty() && uri.headers.empty() && uri.password.empty();
}

Status take_address_of_record(std::string_view aor, Settings& out) {
  message::Uri uri;
  if (!parse_option_uri(aor, uri) || uri.user.empty() ||
      !is_bare_address(uri)) {
    return refuse(
        "aor",
        "must be a SIP address such as sip:alice@example.com and no more; "
        "escape other characters as %HH");
  }
  out.aor = aor;
  out.username = unescape_user(uri.user);
  if (!is_plain_text(out.username)) {
    return refuse("aor", "has an escaped control character in its user part");
  }
  out.secure = uri.secure;
  return fine;
}

// RFC 3261 section 10.2: the Request-URI names the domain; user and "@" must
// not be there.
Status take_registrar(std::string_view registrar, Settings& out) {
  message::Uri uri;
  if (registrar.empty()) {
    (void)message::parse_uri(out.aor, uri);
    out.request_uri = uri.secure ? "sips:" : "sip:";
    out.request_uri += out.aor.substr(std::string_view(out.aor).rfind('@') + 1);
    return fine;
  }
  if (!parse_option_uri(registrar, uri) || !uri.headers.empty() ||
      registrar.find('@') != std::string_view::npos) {
    return refuse("registrar",
                  "must be a SIP URI without a user, such as sip:example.com");
  }
  out.request_uri = registrar;
  return fine;
}

Status take_from(std::string_view from, Settings& out) {
  if (from.empty()) return fine;
  message::Uri uri;
  if (!parse_option_uri(from, uri) || !uri.headers.empty()) {
    return refuse("from", "must be a SIP URI such as sip:admin@example.com");
  }
  out.third_party = from;
  return fine;
}

// RFC 3261 sections 7.3.1 and 19.1.1: no name may stand there twice.
bool is_repeated(const NameValue& parameter,
                 std::span<const NameValue> parameters) {
  return std::any_of(
      parameters.data(), &parameter, [&parameter](const NameValue& before) {
        return message::equals_ignoring_case(before.name, parameter.name);
      });
}

// The name of a parameter among those of its place.
bool is_name(const NameValue& parameter,
             std::span<const NameValue> parameters) {
  return message::is_token(parameter.name) &&
         !is_repeated(parameter, parameters);
}

constexpr std::string_view naming =
    "a parameter's name must be a SIP token, and be there once";

Status append_uri_parameters(std::span<const NameValue> parameters,
                             bool has_push, Text& uri, bool& has_transport) {
  for (const NameValue& parameter : parameters) {
    // A pname has no escapes here, and no backtick (RFC 3261 section 25.1).
    if (!is_name(parameter, parameters) ||
        parameter.name.find_first_of("%`") != parameter.name.npos) {
      return refuse("contact.uriParams", naming);
    }
    if (has_push &&
        message::equals_ignoring_case(parameter.name.substr(0, 3), "pn-")) {
      return refuse("contact.uriParams", "pn-... is what push has set already");
    }
    if (!is_plain_text(parameter.value)) {
      return refuse("contact.uriParams",
                    "a parameter's value must not hold control characters");
    }
    if (!parameter.flag && parameter.value.empty()) {
      return refuse("contact.uriParams",
                    "a parameter's value must not be empty; give true for a "
                    "parameter without one");
    }
    has_transport |= message::equals_ignoring_case(parameter.name, "transport");
    uri += ';';
    uri += parameter.name;
    if (parameter.flag) continue;
    uri += '=';
    append_escaped(uri, parameter.value);
  }
  return fine;
}

Status append_header_parameters(std::span<const NameValue> parameters,
                                Text& contact) {
  static constexpr std::string_view reserved[] = {
      "expires", "q", "+sip.instance", "reg-id", "+sip.pnsreg"};
  for (const NameValue& parameter : parameters) {
    if (!is_name(parameter, parameters)) {
      return refuse("contact.params", naming);
    }
    for (const std::string_view name : reserved) {
      if (message::equals_ignoring_case(parameter.name, name)) {
        return refuse("contact.params",
                      "expires, q, +sip.instance, reg-id and +sip.pnsreg have "
                      "options of their own");
      }
    }
    if (!is_plain_text(parameter.value)) {
      return refuse("contact.params",
                    "a parameter's value must not hold control characters");
    }
    contact += ';';
    contact += parameter.name;
    if (parameter.flag) continue;
    contact += '=';
    if (message::is_token(parameter.value)) {
      contact += parameter.value;
    } else {
      append_quoted(contact, parameter.value);
    }
  }
  return fine;
}

// qvalue of RFC 3261 section 25.1: 0 to 1 with at most three decimals.
Status append_q(std::optional<double> q, Text& contact) {
  if (!q) return fine;
  const double thousandths = *q * 1000;
  const bool in_range = *q >= 0 && *q <= 1;
  auto rest = in_range ? static_cast<std::uint32_t>(thousandths + 0.5) : 0;
  if (!in_range || std::fabs(thousandths - rest) > 1e-6) {
    return refuse("contact.q", "must be 0 to 1 with at most three decimals");
  }
  contact += ";q=";
  contact += static_cast<char>('0' + rest / 1000);
  rest %= 1000;
  if (rest != 0) contact += '.';
  for (std::uint32_t unit = 100; rest != 0; unit /= 10) {
    contact += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  return fine;
}

Status take_contact(const RegistrationOptions& options,
                    std::string_view random_user, std::string_view random_host,
                    Settings& out) {
  const ContactOptions& contact = options.contact;
  out.random_user = contact.user.empty();
  const std::string_view user = out.random_user ? random_user : contact.user;
  Text uri(out.secure ? "sips:" : "sip:");
  out.contact_user_offset = static_cast<std::uint32_t>(uri.size());
  uri += user;
  uri += '@';
  out.contact_host_offset = static_cast<std::uint32_t>(uri.size());
  uri += random_host;
  uri += ".invalid";
  out.contact_host_length =
      static_cast<std::uint32_t>(uri.size()) - out.contact_host_offset;
  message::Uri parsed;
  if (!parse_option_uri(uri, parsed) || parsed.user != user) {
    return refuse("contact.user",
                  "must be the user part of a SIP URI; escape other characters "
                  "as %HH");
  }
  bool has_transport = false;
  Text parameters;
  Status status = append_uri_parameters(contact.uri_parameters,
                                        !options.push.provider.empty(),
                                        parameters, has_transport);
  if (!status.ok()) return status;
  // RFC 7118 section 5.2.2: "ws", over TLS as well.
  if (!has_transport) uri += ";transport=ws";
  uri += parameters;
  if (!is_plain_text(contact.display_name)) {
    return refuse("contact.displayName", "must not hold control characters");
  }
  out.contact.clear();
  if (!contact.display_name.empty()) {
    append_quoted(out.contact, contact.display_name);
    out.contact += ' ';
  }
  out.contact += '<';
  out.contact_uri_offset = static_cast<std::uint32_t>(out.contact.size());
  out.contact_uri_length = static_cast<std::uint32_t>(uri.size());
  out.contact += uri;
  out.contact += '>';
  status = append_header_parameters(contact.parameters, out.contact);
  if (status.ok()) status = append_q(contact.q, out.contact);
  Text push;
  if (status.ok()) status = render_push(options.push, push);
  if (status.ok()) replace_push(push, out);
  return status;
}

Status take_routes(std::span<const std::string_view> routes, Text& rows) {
  for (const std::string_view route : routes) {
    message::NameAddr address;
    message::Uri uri;
    std::string_view rest = route;
    std::string_view element;
    if (!is_plain_text(route) || !message::next_element(rest, element) ||
        !message::trim(rest).empty() || element.find('<') == element.npos ||
        !message::parse_name_addr(element, address) ||
        !parse_option_uri(address.uri, uri)) {
      return refuse("route",
                    "every element must be a name-addr such as "
                    "<sip:edge.example.com;lr>");
    }
    rows += "Route: ";
    rows += element;
    rows += "\r\n";
  }
  return fine;
}

bool is_reserved(HeaderName name) {
  switch (name) {
    case HeaderName::via:
    case HeaderName::max_forwards:
    case HeaderName::route:
    case HeaderName::from:
    case HeaderName::to:
    case HeaderName::call_id:
    case HeaderName::cseq:
    case HeaderName::contact:
    case HeaderName::expires:
    case HeaderName::supported:
    case HeaderName::require:
    case HeaderName::proxy_require:
    case HeaderName::user_agent:
    case HeaderName::authorization:
    case HeaderName::proxy_authorization:
    case HeaderName::content_length:
    case HeaderName::content_type:
      return true;
    default:
      return false;
  }
}

}  // namespace

Status render_headers(std::span<const NameValue> headers, Text& rows) {
  return render_headers(headers, is_reserved, rows);
}

Status render_headers(std::span<const NameValue> headers,
                      bool (*is_reserved)(message::HeaderName), Text& rows) {
  for (const NameValue& header : headers) {
    if (!message::is_token(header.name)) {
      return refuse("headers", "a header's name must be a SIP token");
    }
    if (is_reserved(message::header_name(header.name))) {
      return refuse("headers",
                    "a header that the library writes itself cannot be set; "
                    "use its option, if there is one");
    }
    if (!is_plain_text(header.value)) {
      return refuse("headers",
                    "a header's value must be one line without control "
                    "characters");
    }
    rows += header.name;
    rows += ": ";
    rows += message::trim(header.value);
    rows += "\r\n";
  }
  return fine;
}

Status render_supported(std::span<const std::string_view> tags, Text& list) {
  for (const std::string_view tag : tags) {
    if (!message::is_token(tag)) {
      return refuse("supported", "an option tag must be a SIP token");
    }
    list += ", ";
    list += tag;
  }
  return fine;
}

Status check_refresh(const RefreshOptions& refresh) {
  const double value = refresh.value;
  if (refresh.policy == RefreshPolicy::percent &&
      !(value >= 1 && value <= 99)) {
    return refuse("refresh.value", "must be 1 to 99 with the policy percent");
  }
  if (refresh.policy == RefreshPolicy::margin &&
      !(value >= 1 && value <= 4294967295.0)) {
    return refuse("refresh.value",
                  "must be at least 1 second with the policy margin");
  }
  return fine;
}

Status check_display_name(std::string_view name) {
  if (is_plain_text(name)) return fine;
  return refuse("displayName", "must not hold control characters");
}

Status render_push(const PushOptions& push, Text& parameters) {
  if (push.provider.empty()) {
    if (push.prid.empty() && push.param.empty()) return fine;
    return refuse("push.provider", "is needed with push.prid and push.param");
  }
  if (!is_plain_text(push.provider)) {
    return refuse("push.provider", "must not hold control characters");
  }
  if (!is_plain_text(push.prid)) {
    return refuse("push.prid", "must not hold control characters");
  }
  if (!is_plain_text(push.param)) {
    return refuse("push.param", "must not hold control characters");
  }
  // RFC 8599 section 12
  if (message::equals_ignoring_case(push.provider, "webpush") &&
      !push.param.empty()) {
    return refuse("push.param", "must be left out with the provider webpush");
  }
  parameters += ";pn-provider=";
  append_escaped(parameters, push.provider);
  if (!push.prid.empty()) {
    parameters += ";pn-prid=";
    append_escaped(parameters, push.prid);
  }
  if (!push.param.empty()) {
    parameters += ";pn-param=";
    append_escaped(parameters, push.param);
  }
  return fine;
}

std::string_view Settings::push_provider() const {
  const std::string_view parameters =
      contact_uri().substr(contact_uri_length - push_length);
  return message::find_parameter(parameters, "pn-provider").value_or("");
}

void replace_push(std::string_view parameters, Settings& settings) {
  const std::size_t uri_end =
      settings.contact_uri_offset + settings.contact_uri_length;
  const Text behind(settings.contact.substr(uri_end));
  settings.contact.erase(uri_end - settings.push_length);
  settings.contact.append(parameters).append(behind);
  settings.contact_uri_length = static_cast<std::uint32_t>(
      settings.contact_uri_length - settings.push_length + parameters.size());
  settings.push_length = static_cast<std::uint32_t>(parameters.size());
}

Status make_settings(const RegistrationOptions& options,
                     std::string_view random_user, std::string_view random_host,
                     Settings& out) {
  Status status = take_address_of_record(options.aor, out);
  if (status.ok()) status = take_registrar(options.registrar, out);
  if (status.ok()) status = take_from(options.from, out);
  if (status.ok()) status = check_display_name(options.display_name);
  if (status.ok()) status = check_refresh(options.refresh);
  if (status.ok()) status = render_headers(options.headers, out.header_rows);
  if (status.ok()) status = render_supported(options.supported, out.supported);
  if (status.ok()) status = take_routes(options.route, out.route_rows);
  if (status.ok()) {
    status = take_contact(options, random_user, random_host, out);
  }
  if (!status.ok()) return status;
  if (options.expires == 0) {
    return refuse("expires", "must be 1 to 4294967295 seconds");
  }
  const std::uint32_t reg_id = options.reg_id.value_or(1);
  if (reg_id == 0 || reg_id > 0x7fffffffu) {
    return refuse("outbound.regId", "must be 1 to 2147483647");
  }
  out.display_name = options.display_name;
  out.expires = options.expires;
  // A third party's registration says nothing of our flow
  // (RFC 5626 section 4.2).
  const bool third_party = !message::equal_uris(out.from_uri(), out.aor);
  out.reg_id = options.outbound && !third_party ? reg_id : 0;
  out.gruu = options.gruu;
  out.retry = options.retry;
  out.has_credentials = options.has_credentials;
  out.digest = options.digest;
  out.refresh = options.refresh;
  return fine;
}

}  // namespace sipreg::registration
