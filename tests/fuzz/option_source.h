// The options of an application that takes them out of a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message/codec.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"
#include "sipreg/options.h"

namespace sipreg::fuzzing {

class OptionSource {
 public:
  // The message's frame outlives this.
  explicit OptionSource(const message::Message& message) {
    client.instance_id = default_instance;
    options.aor = default_aor;
    for (const message::Header& row : message.headers()) take(row);
    message::ContactList contacts(message);
    if (message::Contact contact; contacts.next(contact)) take(contact);
    if (message.is_request) options.registrar = message.request_uri;
    options.headers = headers_;
    options.supported = supported_;
    options.route = route_;
    options.contact.uri_parameters = uri_parameters_;
    options.contact.parameters = parameters_;
  }

  ClientOptions client;
  RegistrationOptions options;

  // Puts a plain value where `option` was refused; false when it is one already
  // or no such option is known.
  [[nodiscard]] bool give_way(std::string_view option) {
    const auto reset = [](auto& value, auto plain) {
      const bool was_plain = value == plain;
      value = plain;
      return !was_plain;
    };
    const auto clear = [](auto& list) {
      const bool was_empty = list.empty();
      list = {};
      return !was_empty;
    };
    ContactOptions& contact = options.contact;
    if (option == "aor") return reset(options.aor, default_aor);
    if (option == "registrar") return clear(options.registrar);
    if (option == "from") return clear(options.from);
    if (option == "displayName") return clear(options.display_name);
    if (option == "headers") return clear(options.headers);
    if (option == "supported") return clear(options.supported);
    if (option == "route") return clear(options.route);
    if (option == "userAgent") return clear(client.user_agent);
    if (option == "instanceId") {
      return reset(client.instance_id, default_instance);
    }
    if (option == "expires") return reset(options.expires, 600u);
    if (option == "outbound.regId") return reset(options.reg_id, 1u);
    if (option == "contact.user") return clear(contact.user);
    if (option == "contact.displayName") return clear(contact.display_name);
    if (option == "contact.uriParams") return clear(contact.uri_parameters);
    if (option == "contact.params") return clear(contact.parameters);
    return false;
  }

 private:
  static constexpr std::string_view default_aor = "sip:alice@example.com";
  static constexpr std::string_view default_instance =
      "urn:uuid:00000000-0000-4000-8000-000000000001";

  void take(const message::Header& row) {
    using message::HeaderName;
    message::NameAddr address;
    switch (row.id) {
      case HeaderName::from:
        if (!message::parse_name_addr(row.value, address)) return;
        options.from = address.uri;
        options.display_name = address.display_name;
        return;
      case HeaderName::to:
        if (message::parse_name_addr(row.value, address)) {
          options.aor = address.uri;
        }
        return;
      case HeaderName::user_agent:
        client.user_agent = row.value;
        return;
      case HeaderName::supported: {
        std::string_view rest = row.value;
        std::string_view tag;
        while (message::next_element(rest, tag)) supported_.push_back(tag);
        return;
      }
      case HeaderName::route:
        route_.push_back(row.value);
        return;
      case HeaderName::via:
      case HeaderName::max_forwards:
      case HeaderName::call_id:
      case HeaderName::cseq:
      case HeaderName::contact:
      case HeaderName::expires:
      case HeaderName::content_length:
        return;
      default:
        // Among them names that an application may not use.
        headers_.push_back({row.name, row.value, false});
    }
  }

  void take(const message::Contact& contact) {
    if (!contact.instance.empty()) client.instance_id = contact.instance;
    if (contact.expires) options.expires = *contact.expires;
    if (contact.reg_id != 0) options.reg_id = contact.reg_id;
    if (contact.q_thousandths) {
      options.contact.q = *contact.q_thousandths / 1000.0;
    }
    options.contact.display_name = contact.address.display_name;
    take_parameters(contact.address.parameters, parameters_);
    message::Uri uri;
    if (!message::parse_uri(contact.address.uri, uri)) return;
    options.contact.user = uri.user;
    take_parameters(uri.parameters, uri_parameters_);
  }

  static void take_parameters(std::string_view rest,
                              std::vector<NameValue>& out) {
    static constexpr std::string_view own[] = {"expires", "q", "+sip.instance",
                                               "reg-id"};
    message::Parameter each;
    while (message::next_parameter(rest, ';', each)) {
      bool is_own = false;
      for (const std::string_view name : own) {
        is_own |= message::equals_ignoring_case(each.name, name);
      }
      if (is_own) continue;
      out.push_back(
          {each.name, message::strip_quotes(each.value), !each.has_value});
    }
  }

  std::vector<NameValue> headers_;
  std::vector<std::string_view> supported_;
  std::vector<std::string_view> route_;
  std::vector<NameValue> uri_parameters_;
  std::vector<NameValue> parameters_;
};

}  // namespace sipreg::fuzzing
