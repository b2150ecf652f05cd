#include "registration/result.h"

#include <algorithm>

#include "flow/redaction.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"

namespace sipreg::registration {
namespace {

using message::HeaderName;

// What a server may make us keep of one list.
constexpr std::size_t max_list = 32;

bool has_element(const message::Message& message, HeaderName name,
                 std::string_view wanted) {
  for (const message::Header& header : message.headers()) {
    if (header.id != name) continue;
    std::string_view rest = header.value;
    std::string_view element;
    while (message::next_element(rest, element)) {
      if (message::equals_ignoring_case(element, wanted)) return true;
    }
  }
  return false;
}

// An edge proxy says so that it keeps flows (RFC 5626 section 5.1).
bool has_ob(std::string_view path) {
  message::NameAddr address;
  message::Uri uri;
  return message::parse_name_addr(path, address) &&
         message::parse_uri(address.uri, uri) &&
         message::find_parameter(uri.parameters, "ob");
}

}  // namespace

Failure make_failure(FailureCode code, std::string_view message) {
  Failure failure;
  failure.code = code;
  failure.message = message;
  return failure;
}

Response ResultBuilder::response(const message::Message& message) {
  headers_.clear();
  for (const message::Header& header : message.headers()) {
    // A server that echoes our credentials does not get them into an error.
    if (header.id == HeaderName::authorization ||
        header.id == HeaderName::proxy_authorization) {
      continue;
    }
    headers_.push_back({header.name, header.value});
  }
  return {message.status, message.reason, headers_};
}

Response ResultBuilder::failed_response(const message::Message& message) {
  for (const message::Header& header : message.headers()) {
    flow::overwrite_push_ids(header.value);
  }
  return response(message);
}

void ResultBuilder::read_bindings(const message::Message& message,
                                  const OwnContact& own, OwnBinding& found) {
  bindings_.clear();
  matches_.clear();
  message::ContactList contacts(message);
  message::Contact contact;
  while (contacts.next(contact)) {
    const Match match = match_contact(contact, own);
    found.take(contact, match);
    // Ours may come after more than are kept.
    if (bindings_.size() == message::max_contacts) continue;
    matches_.push_back(match);
    Binding binding;
    binding.uri = contact.address.uri;
    binding.display_name = contact.address.display_name;
    binding.expires = contact.expires;
    binding.q_thousandths = contact.q_thousandths;
    binding.instance_id = contact.instance;
    binding.reg_id = contact.reg_id;
    binding.parameters = contact.address.parameters;
    binding.own = own.is_of_sibling(contact);
    bindings_.push_back(binding);
  }
  found.complete();
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    bindings_[i].own |=
        found.match != Match::none && matches_[i] == found.match;
    if (bindings_[i].own) success_.own_bindings |= 1ull << i;
  }
}

std::string_view ResultBuilder::keep(std::string_view contact) {
  return contact_ = contact;
}

Success& ResultBuilder::success(const message::Message& message,
                                const OwnContact& own, OwnBinding& found) {
  success_ = Success{};
  read_bindings(message, own, found);
  collect(message, HeaderName::service_route, service_route_);
  collect(message, HeaderName::path, path_);
  collect(message, HeaderName::p_associated_uri, associated_uris_);
  success_.bindings = bindings_;
  success_.service_route = service_route_;
  success_.path = path_;
  success_.associated_uris = associated_uris_;
  // Some registrars give the Path back and leave Require out.
  success_.outbound =
      has_element(message, HeaderName::require, "outbound") ||
      (own.reg_id != 0 && std::any_of(path_.begin(), path_.end(), has_ob));
  success_.response = response(message);
  return success_;
}

// RFC 6809 section 4: "*;+sip.pns=\"webpush\"". Some registrars leave the
// star out.
Success::Push ResultBuilder::push(const message::Message& message,
                                  std::string_view provider) {
  Success::Push push;
  for (const message::Header& header : message.headers()) {
    if (header.id != HeaderName::feature_caps) continue;
    std::string_view rest = header.value;
    std::string_view element;
    while (message::next_element(rest, element)) {
      message::Parameter parameter;
      while (message::next_parameter(element, ';', parameter)) {
        const auto is = [&parameter](std::string_view name) {
          return message::equals_ignoring_case(parameter.name, name);
        };
        const std::string_view value = message::strip_quotes(parameter.value);
        if (is("+sip.pns")) {
          push.accepted |= message::equals_ignoring_case(value, provider);
        } else if (is("+sip.vapid")) {
          push.vapid = value;
        } else if (is("+sip.pnsreg")) {
          push.pnsreg = message::parse_delta_seconds(value);
        }
      }
    }
  }
  return push;
}

void ResultBuilder::collect(const message::Message& message, HeaderName name,
                            List<std::string_view>& list) {
  list.clear();
  for (const message::Header& header : message.headers()) {
    if (header.id != name) continue;
    std::string_view rest = header.value;
    std::string_view element;
    while (list.size() < max_list && message::next_element(rest, element)) {
      list.push_back(element);
    }
  }
}

}  // namespace sipreg::registration
