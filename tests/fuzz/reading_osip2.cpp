#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include <cmath>
#include <cstdlib>
#include <memory>

#include "message/scan.h"
#include "message_maker.h"
#include "reading.h"

namespace sipreg::fuzzing {
namespace {

using message::equals_ignoring_case;

struct Free {
  void operator()(osip_message_t* message) const { osip_message_free(message); }
};

void drop_trace(const char* /*file*/, int /*line*/,
                osip_trace_level_t /*level*/, const char* /*format*/,
                va_list /*arguments*/) {}

std::string text_of(const char* copy) { return copy == nullptr ? "" : copy; }

// Each item of a list.
template <typename Item, typename Take>
void each(const osip_list_t& list, Take take) {
  for (int place = 0; place < osip_list_size(&list); ++place) {
    take(*static_cast<Item*>(osip_list_get(&list, place)));
  }
}

std::string parameters(const osip_list_t& list) {
  std::string text;
  each<osip_uri_param_t>(list, [&text](const osip_uri_param_t& parameter) {
    text += ";" + bare(text_of(parameter.gname));
    if (parameter.gvalue != nullptr) text += "=" + bare(parameter.gvalue);
  });
  return text;
}

// The first one counts.
const char* find(const osip_list_t& list, std::string_view name) {
  const char* value = nullptr;
  bool is_found = false;
  each<osip_uri_param_t>(list, [&](const osip_uri_param_t& parameter) {
    if (is_found || !equals_ignoring_case(parameter.gname, name)) return;
    is_found = true;
    value = parameter.gvalue;
  });
  return value;
}

std::string uri(const osip_uri_t* parts) {
  if (parts == nullptr) return {};
  std::string all = text_of(parts->scheme) + ":";
  if (parts->string != nullptr) return all + parts->string;
  if (parts->username != nullptr) {
    all += parts->username;
    if (parts->password != nullptr) all += ":" + text_of(parts->password);
    all += '@';
  }
  all += text_of(parts->host);
  if (parts->port != nullptr) all += ":" + text_of(parts->port);
  all += parameters(parts->url_params);
  char separator = '?';
  each<osip_uri_param_t>(parts->url_headers, [&](const osip_uri_param_t& row) {
    all +=
        separator + bare(text_of(row.gname)) + "=" + bare(text_of(row.gvalue));
    separator = '&';
  });
  return all;
}

void read_address(const std::string& name, const osip_from_t& address,
                  Reading& out) {
  const std::string words = plain(text_of(address.displayname));
  out[name + ".name"] = plain(message::strip_quotes(words));
  out[name + ".uri"] = uri(address.url);
  out[name + ".parameters"] = parameters(address.gen_params);
}

void read_party(const osip_from_t* address, const std::string& name,
                Reading& out) {
  if (address == nullptr) return;
  read_address(name, *address, out);
  const char* tag = find(address->gen_params, "tag");
  if (tag != nullptr) out[name + ".tag"] = tag;
}

bool is(std::string_view rule, const char* text) {
  return text != nullptr && tight_grammar().matches(rule, text);
}

void read_contacts(const osip_message_t& message, Reading& out) {
  std::size_t place = 0;
  each<osip_contact_t>(message.contacts, [&](const osip_contact_t& contact) {
    const std::string name = index("Contact", place++);
    read_address(name, contact, out);
    const osip_list_t& list = contact.gen_params;
    const char* const expires = find(list, "expires");
    if (is("delta-seconds", expires)) out[name + ".expires"] = seconds(expires);
    const char* const q = find(list, "q");
    if (is("qvalue", q)) {
      out[name + ".q"] = std::to_string(std::lround(std::atof(q) * 1'000));
    }
    std::string instance = bare(text_of(find(list, "+sip.instance")));
    std::erase_if(instance, [](char c) { return c == '<' || c == '>'; });
    out[name + ".instance"] = instance;
    const char* const reg_id = find(list, "reg-id");
    out[name + ".reg-id"] = is("reg-id", reg_id) ? reg_id : "0";
  });
}

std::string quoted(const char* text) {
  const std::string words = plain(text_of(text));
  return plain(message::strip_quotes(words));
}

// As many as can be answered.
void read_challenges(const osip_list_t& list, std::string_view header,
                     Reading& out) {
  std::size_t place = 0;
  each<osip_www_authenticate_t>(list, [&](const auto& challenge) {
    if (!equals_ignoring_case(text_of(challenge.auth_type), "Digest") ||
        challenge.realm == nullptr || challenge.nonce == nullptr) {
      return;
    }
    const std::string name = index(header, place++);
    out[name + ".realm"] = quoted(challenge.realm);
    out[name + ".nonce"] = quoted(challenge.nonce);
    out[name + ".opaque"] = quoted(challenge.opaque);
    out[name + ".algorithm"] = quoted(challenge.algorithm);
    out[name + ".stale"] =
        equals_ignoring_case(quoted(challenge.stale), "true") ? "true" : "";
    const std::string options = quoted(challenge.qop_options);
    bool auth = false;
    bool auth_int = false;
    std::string_view rest = options;
    for (std::string_view option; message::next_element(rest, option);) {
      auth |= equals_ignoring_case(option, "auth");
      auth_int |= equals_ignoring_case(option, "auth-int");
    }
    out[name + ".qop"] =
        std::string(auth ? "auth," : "") + (auth_int ? "auth-int," : "");
  });
}

bool is_named(const osip_header_t& row, std::string_view name) {
  return equals_ignoring_case(row.hname, name) ||
         (name == "Supported" && equals_ignoring_case(row.hname, "k"));
}

// Lists have been taken apart by libosip2.
void read_rows(const osip_message_t& message, Reading& out) {
  const auto each_row = [&message](std::string_view name, auto take) {
    each<osip_header_t>(message.headers, [&](const osip_header_t& row) {
      if (is_named(row, name)) take(text_of(row.hvalue));
    });
  };
  for (const std::string_view name : numbers) {
    each_row(name, [&](const std::string& value) {
      out.emplace(name, seconds(value));
    });
  }
  for (const std::string_view name : lists) {
    std::size_t place = 0;
    each_row(name, [&](const std::string& value) {
      if (!value.empty()) out[index(name, place++)] = bare(value);
    });
  }
}

}  // namespace

std::optional<Reading> read_osip2(std::string_view frame) {
  [[maybe_unused]] static const int set_up = [] {
    osip_trace_initialize_func(OSIP_FATAL, drop_trace);
    return parser_init();
  }();
  osip_message_t* parsed = nullptr;
  if (osip_message_init(&parsed) != OSIP_SUCCESS) return std::nullopt;
  const std::unique_ptr<osip_message_t, Free> owner(parsed);
  const std::string text(frame);
  if (osip_message_parse(parsed, text.data(), text.size()) != OSIP_SUCCESS) {
    return std::nullopt;
  }
  const auto* via = static_cast<osip_via_t*>(osip_list_get(&parsed->vias, 0));
  if (via == nullptr || parsed->call_id == nullptr || parsed->cseq == nullptr) {
    return std::nullopt;
  }
  Reading out;
  if (parsed->status_code == 0) {
    out["method"] = text_of(parsed->sip_method);
    out["request-uri"] = uri(parsed->req_uri);
  } else {
    out["status-code"] = std::to_string(parsed->status_code);
    out["reason"] = plain(text_of(parsed->reason_phrase));
    out["Via.count"] = std::to_string(osip_list_size(&parsed->vias));
  }
  out["Via.transport"] = text_of(via->protocol);
  out["Via.sent-by"] = text_of(via->host) +
                       (via->port == nullptr ? "" : ":" + text_of(via->port));
  out["Via.branch"] = text_of(find(via->via_params, "branch"));
  const osip_call_id_t& call_id = *parsed->call_id;
  out["Call-ID"] = text_of(call_id.number) +
                   (call_id.host == nullptr ? "" : "@" + text_of(call_id.host));
  out["CSeq.number"] = seconds(text_of(parsed->cseq->number));
  out["CSeq.method"] = text_of(parsed->cseq->method);
  read_party(parsed->from, "From", out);
  read_party(parsed->to, "To", out);
  read_contacts(*parsed, out);
  read_challenges(parsed->www_authenticates, "WWW-Authenticate", out);
  read_challenges(parsed->proxy_authenticates, "Proxy-Authenticate", out);
  read_rows(*parsed, out);
  const auto* body =
      static_cast<osip_body_t*>(osip_list_get(&parsed->bodies, 0));
  out["body"] = body == nullptr ? "" : std::string(body->body, body->length);
  return out;
}

}  // namespace sipreg::fuzzing
