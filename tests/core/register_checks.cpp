#include "register_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "message/chars.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"

namespace sipreg::testing {
namespace {

using message::HeaderName;
using message::Message;

std::string unescape_quoted(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

std::string unescape_uri(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(message::hex_value(text[i + 1]) * 16 +
                                 message::hex_value(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::ptrdiff_t count(const Message& message, HeaderName id) {
  const auto rows = message.headers();
  return std::count_if(rows.begin(), rows.end(),
                       [id](const auto& row) { return row.id == id; });
}

std::string_view value_of(const Message& message, HeaderName id) {
  const message::Header* row = message.find(id);
  return row == nullptr ? std::string_view{} : row->value;
}

std::vector<std::string_view> elements_of(const Message& message,
                                          HeaderName id) {
  std::vector<std::string_view> elements;
  for (const message::Header& row : message.headers()) {
    if (row.id != id) continue;
    std::string_view rest = row.value;
    std::string_view element;
    while (message::next_element(rest, element)) elements.push_back(element);
  }
  return elements;
}

void check_shape(const Message& message) {
  ASSERT_EQ(message.method, "REGISTER");
  for (const HeaderName once :
       {HeaderName::via, HeaderName::max_forwards, HeaderName::from,
        HeaderName::to, HeaderName::call_id, HeaderName::cseq,
        HeaderName::content_length}) {
    ASSERT_EQ(count(message, once), 1) << message::name_of(once);
  }
  for (const HeaderName at_most_once :
       {HeaderName::contact, HeaderName::expires, HeaderName::supported,
        HeaderName::user_agent}) {
    ASSERT_LE(count(message, at_most_once), 1)
        << message::name_of(at_most_once);
  }
  ASSERT_EQ(count(message, HeaderName::content_type), 0);
  ASSERT_TRUE(message.via.branch.starts_with("z9hG4bK"));
  ASSERT_TRUE(message.from_readable);
  ASSERT_FALSE(message.from_tag.empty());
  ASSERT_TRUE(message.to_tag.empty());
  ASSERT_GT(message.cseq, 0u);
  ASSERT_TRUE(message.body.empty());
  ASSERT_TRUE(message.rest.empty());
  ASSERT_EQ(message.headers().back().id, HeaderName::content_length);
}

void check_from_and_to(const Message& message,
                       const RegistrationOptions& options) {
  message::NameAddr from;
  ASSERT_TRUE(
      message::parse_name_addr(value_of(message, HeaderName::from), from));
  EXPECT_EQ(unescape_quoted(from.display_name), options.display_name);
  EXPECT_EQ(from.uri, options.from.empty() ? options.aor : options.from);
  message::NameAddr to;
  ASSERT_TRUE(message::parse_name_addr(value_of(message, HeaderName::to), to));
  EXPECT_EQ(to.uri, options.aor);
  EXPECT_TRUE(to.parameters.empty());
}

void check_uri_parameters(std::string_view uri,
                          std::span<const NameValue> wanted,
                          const PushOptions& push) {
  message::Uri parts;
  ASSERT_TRUE(message::parse_uri(uri, parts)) << uri;
  std::string_view rest = parts.parameters;
  message::Parameter parameter;
  const bool names_transport =
      std::any_of(wanted.begin(), wanted.end(), [](const NameValue& each) {
        return message::equals_ignoring_case(each.name, "transport");
      });
  if (!names_transport) {
    ASSERT_TRUE(message::next_parameter(rest, ';', parameter));
    EXPECT_EQ(parameter.name, "transport");
    EXPECT_EQ(parameter.value, "ws");
  }
  for (const NameValue& each : wanted) {
    ASSERT_TRUE(message::next_parameter(rest, ';', parameter)) << uri;
    EXPECT_EQ(parameter.name, each.name);
    EXPECT_EQ(parameter.has_value, !each.flag);
    if (!each.flag) {
      EXPECT_EQ(unescape_uri(parameter.value), each.value);
    }
  }
  for (const auto& [name, value] :
       {std::pair("pn-provider", push.provider),
        std::pair("pn-prid", push.prid), std::pair("pn-param", push.param)}) {
    if (value.empty()) continue;
    ASSERT_TRUE(message::next_parameter(rest, ';', parameter)) << uri;
    EXPECT_EQ(parameter.name, name);
    EXPECT_EQ(unescape_uri(parameter.value), value);
  }
  EXPECT_FALSE(message::next_parameter(rest, ';', parameter)) << uri;
}

// `rest` begins with the application's own; the library's follow.
void check_header_parameters(std::string_view rest,
                             const ContactOptions& options) {
  message::Parameter parameter;
  for (const NameValue& each : options.parameters) {
    ASSERT_TRUE(message::next_parameter(rest, ';', parameter)) << rest;
    EXPECT_EQ(parameter.name, each.name);
    EXPECT_EQ(parameter.has_value, !each.flag);
    if (each.flag) continue;
    EXPECT_EQ(unescape_quoted(message::strip_quotes(parameter.value)),
              each.value);
  }
  while (message::next_parameter(rest, ';', parameter)) {
    const std::string_view own[] = {"q", "+sip.instance", "reg-id",
                                    "+sip.pnsreg", "expires"};
    EXPECT_NE(std::find(std::begin(own), std::end(own), parameter.name),
              std::end(own))
        << parameter.name;
  }
}

void check_contact(const Message& message, const ClientOptions& client,
                   const RegistrationOptions& options) {
  message::ContactList list(message);
  message::Contact contact;
  ASSERT_TRUE(list.next(contact));
  const ContactOptions& wanted = options.contact;
  EXPECT_EQ(unescape_quoted(contact.address.display_name), wanted.display_name);
  message::Uri uri;
  ASSERT_TRUE(message::parse_uri(contact.address.uri, uri));
  if (!wanted.user.empty()) {
    EXPECT_EQ(uri.user, wanted.user);
  }
  EXPECT_TRUE(uri.host.ends_with(".invalid"));
  check_uri_parameters(contact.address.uri, wanted.uri_parameters,
                       options.push);
  check_header_parameters(contact.address.parameters, wanted);
  EXPECT_EQ(contact.expires, options.expires);
  if (!contact.instance.empty()) {
    EXPECT_EQ(contact.instance, client.instance_id);
  }
  EXPECT_TRUE(contact.reg_id == 0 ||
              contact.reg_id == options.reg_id.value_or(1));
  ASSERT_EQ(contact.q_thousandths.has_value(), wanted.q.has_value());
  if (wanted.q) {
    EXPECT_EQ(*contact.q_thousandths,
              static_cast<std::uint32_t>(std::lround(*wanted.q * 1000)));
  }
  EXPECT_FALSE(list.next(contact)) << "a second Contact";
}

void check_lists(const Message& message, const RegistrationOptions& options) {
  const auto routes = elements_of(message, HeaderName::route);
  ASSERT_EQ(routes.size(), options.route.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    std::string_view rest = options.route[i];
    std::string_view element;
    ASSERT_TRUE(message::next_element(rest, element));
    EXPECT_EQ(routes[i], element);
  }
  const auto supported = elements_of(message, HeaderName::supported);
  ASSERT_GE(supported.size(), options.supported.size());
  EXPECT_TRUE(std::equal(options.supported.rbegin(), options.supported.rend(),
                         supported.rbegin()));
}

// The application's rows are the last ones before Content-Length.
void check_headers(const Message& message, const RegistrationOptions& options) {
  const auto rows = message.headers();
  ASSERT_GT(rows.size(), options.headers.size());
  const auto first = rows.last(options.headers.size() + 1);
  for (std::size_t i = 0; i < options.headers.size(); ++i) {
    EXPECT_EQ(first[i].name, options.headers[i].name);
    EXPECT_EQ(first[i].value, message::trim(options.headers[i].value));
  }
}

void parse_register(std::vector<char>& frame, Message& message) {
  const std::string before(frame.begin(), frame.end());
  ASSERT_EQ(message::parse(frame, message), message::ParseError::none)
      << before;
  ASSERT_EQ(std::string(frame.begin(), frame.end()), before) << "a folded row";
}

}  // namespace

void check_register_shape(std::string_view frame) {
  std::vector<char> copy(frame.begin(), frame.end());
  static Message message;
  parse_register(copy, message);
  check_shape(message);
}

void check_first_register(std::string_view frame, const ClientOptions& client,
                          const RegistrationOptions& options) {
  SCOPED_TRACE(frame);
  std::vector<char> copy(frame.begin(), frame.end());
  static Message message;
  parse_register(copy, message);
  check_shape(message);
  EXPECT_EQ(count(message, HeaderName::authorization), 0);
  if (!options.registrar.empty()) {
    EXPECT_EQ(message.request_uri, options.registrar);
  }
  EXPECT_EQ(value_of(message, HeaderName::user_agent),
            message::trim(client.user_agent));
  EXPECT_EQ(
      message::parse_delta_seconds(value_of(message, HeaderName::expires)),
      options.expires);
  check_from_and_to(message, options);
  check_contact(message, client, options);
  check_lists(message, options);
  check_headers(message, options);
}

}  // namespace sipreg::testing
