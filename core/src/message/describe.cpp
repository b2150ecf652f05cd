#include "message/describe.h"

#include <array>

#include "message/chars.h"
#include "message/contact.h"
#include "message/scan.h"
#include "message/uri.h"
#include "message/writer.h"

namespace sipreg::message {
namespace {

std::string_view name_of(ParseError error) {
  switch (error) {
    case ParseError::none:
      return "none";
    case ParseError::too_large:
      return "too_large";
    case ParseError::too_many_headers:
      return "too_many_headers";
    case ParseError::start_line:
      return "start_line";
    case ParseError::header:
      return "header";
    case ParseError::content_length:
      return "content_length";
    case ParseError::via:
      return "via";
    case ParseError::call_id:
      return "call_id";
    case ParseError::cseq:
      return "cseq";
  }
  return "";
}

// Octets that a Markdown file cannot show, as \xHH.
[[gnu::noinline]] void write_visible(Writer& writer, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool is_utf8 = is_valid_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if (is_control(text[i]) || (octet >= 0x80 && !is_utf8)) {
      writer.text("\\x").text(digits.substr(octet >> 4, 1));
      writer.text(digits.substr(octet & 15, 1));
    } else {
      writer.text(text.substr(i, 1));
    }
  }
}

[[gnu::noinline]] void write_fact(Writer& writer, std::string_view name,
                                  std::string_view value) {
  writer.text(name).text(":");
  if (!value.empty()) write_visible(writer.text(" "), value);
  writer.text("\n");
}

[[gnu::noinline]] void write_fact(Writer& writer, std::string_view name,
                                  std::uint64_t value) {
  writer.text(name).text(": ").number(value).text("\n");
}

void write_uri_verdict(Writer& writer, std::string_view text) {
  Uri uri;
  if (!parse_uri(text, uri)) writer.text("  not a valid sip or sips URI\n");
}

void write_core_fields(Writer& writer, const Message& message) {
  if (message.is_request) {
    write_visible(writer.text("request: "), message.method);
    write_visible(writer.text(" "), message.request_uri);
    write_uri_verdict(writer.text("\n"), message.request_uri);
  } else {
    writer.text("response: ").number(static_cast<unsigned>(message.status));
    if (!message.reason.empty()) writer.text(" ");
    write_visible(writer, message.reason);
    writer.text("\n");
  }
  write_visible(writer.text("via: "), message.via.protocol);
  write_visible(writer.text(" "), message.via.sent_by);
  write_fact(writer, " branch", message.via.branch);
  write_fact(writer, "call-id", message.call_id);
  writer.text("cseq: ").number(message.cseq);
  write_visible(writer.text(" "), message.cseq_method);
  if (!message.from_readable) writer.text("\nfrom: unreadable");
  writer.text("\n");
  if (!message.from_tag.empty()) {
    write_fact(writer, "from-tag", message.from_tag);
  }
  if (!message.to_tag.empty()) write_fact(writer, "to-tag", message.to_tag);
}

void write_rows(Writer& writer, const Message& message) {
  for (const Header& row : message.headers()) {
    writer.text("row ").text(name_of(row.id)).text(" ");
    write_fact(writer, row.name, row.value);
  }
}

void write_contact(Writer& writer, const Contact& contact) {
  write_fact(writer, "contact", contact.address.uri);
  if (!contact.address.display_name.empty()) {
    write_fact(writer, "  display", contact.address.display_name);
  }
  if (contact.expires) write_fact(writer, "  expires", *contact.expires);
  if (contact.q_thousandths) {
    write_fact(writer, "  q", *contact.q_thousandths);
  }
  if (!contact.instance.empty()) {
    write_fact(writer, "  instance", contact.instance);
  }
  if (contact.reg_id != 0) write_fact(writer, "  reg-id", contact.reg_id);
  write_uri_verdict(writer, contact.address.uri);
}

// Every Contact, and which earlier one its URI is equal to.
void write_contacts(Writer& writer, const Message& message) {
  std::array<std::string_view, max_contacts> uris;
  std::size_t count = 0;
  ContactList list(message);
  for (Contact contact; count < max_contacts && list.next(contact); ++count) {
    write_contact(writer, contact);
    uris[count] = contact.address.uri;
    for (std::size_t i = 0; i < count; ++i) {
      if (equal_uris(uris[i], uris[count])) {
        write_fact(writer, "  equal to contact", i + 1);
        break;
      }
    }
  }
}

}  // namespace

void describe(std::span<char> frame, Text& out) {
  Writer writer(out);
  Message message;
  const ParseError error = parse(frame, message);
  if (error != ParseError::none) {
    write_fact(writer, "dropped", name_of(error));
    return;
  }
  write_core_fields(writer, message);
  write_rows(writer, message);
  write_fact(writer, "body", message.body.size());
  if (!message.rest.empty()) write_fact(writer, "rest", message.rest.size());
  write_contacts(writer, message);
}

}  // namespace sipreg::message
