#include "message_checks.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "message/contact.h"
#include "message/describe.h"
#include "message/uri.h"
#include "message/writer.h"

namespace sipreg::message {
namespace {

bool is_inside(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> not_behind;
  return part.empty() ||
         (not_behind(whole.data(), part.data()) &&
          not_behind(part.data() + part.size(), whole.data() + whole.size()));
}

std::string describe_copy(std::string_view text) {
  std::vector<char> frame(text.begin(), text.end());
  Text words;
  describe(frame, words);
  return std::string(words);
}

void check_views(const Message& message, std::string_view frame) {
  for (const Header& row : message.headers()) {
    ASSERT_TRUE(is_inside(row.name, frame));
    ASSERT_TRUE(is_inside(row.value, frame));
    ASSERT_TRUE(is_token(row.name));
    ASSERT_EQ(row.value.find_first_of("\r\n"), std::string_view::npos);
    ASSERT_EQ(row.value, trim(row.value));
    ASSERT_EQ(row.id, header_name(row.name));
  }
  for (const std::string_view view :
       {message.reason, message.method, message.request_uri,
        message.via.protocol, message.via.sent_by, message.via.branch,
        message.call_id, message.cseq_method, message.from_tag, message.to_tag,
        message.body, message.rest}) {
    ASSERT_TRUE(is_inside(view, frame));
  }
  ASSERT_EQ(message.is_request, message.status == 0);
  ASSERT_FALSE(message.call_id.empty());
  ASSERT_LE(message.cseq, 0x7fffffffu);
}

// A URI comes back from its parts, and is equal to itself.
void check_uri(std::string_view text) {
  ASSERT_TRUE(equal_uris(text, text));
  Uri uri;
  if (!parse_uri(text, uri)) return;
  std::string again = uri.secure ? "sips:" : "sip:";
  if (!uri.user.empty()) {
    again.append(uri.user);
    if (!uri.password.empty()) again.append(":").append(uri.password);
    again += '@';
  }
  again.append(uri.host);
  if (uri.port != 0) again += ":" + std::to_string(uri.port);
  again.append(uri.parameters);
  if (!uri.headers.empty()) again.append("?").append(uri.headers);
  Uri parts;
  ASSERT_TRUE(parse_uri(again, parts)) << again;
  ASSERT_EQ(parts.user, uri.user);
  ASSERT_EQ(parts.password, uri.password);
  ASSERT_EQ(parts.host, uri.host);
  ASSERT_EQ(parts.port, uri.port);
  ASSERT_EQ(parts.parameters, uri.parameters);
  ASSERT_EQ(parts.headers, uri.headers);
}

// A name-addr comes back from its parts, whatever form it had.
void check_name_addr(const NameAddr& address) {
  std::string again = "\"";
  again.append(address.display_name) += '"';
  // A name without quotes may end in a backslash, which would hide ours.
  if (closing_quote(again, 0) + 1 != again.size()) return;
  again.append(" <").append(address.uri).append(">");
  again.append(address.parameters);
  NameAddr parts;
  ASSERT_TRUE(parse_name_addr(again, parts)) << again;
  ASSERT_EQ(parts.display_name, address.display_name);
  ASSERT_EQ(parts.uri, address.uri);
  ASSERT_EQ(parts.parameters, address.parameters);
}

void check_contacts(const Message& message, std::string_view frame) {
  std::size_t count = 0;
  std::string_view previous;
  ContactList list(message);
  for (Contact contact; list.next(contact); ++count) {
    ASSERT_TRUE(is_inside(contact.address.display_name, frame));
    ASSERT_TRUE(is_inside(contact.address.uri, frame));
    ASSERT_TRUE(is_inside(contact.address.parameters, frame));
    ASSERT_TRUE(is_inside(contact.instance, frame));
    ASSERT_LE(contact.q_thousandths.value_or(0), 1000u);
    ASSERT_LE(contact.reg_id, 0x7fffffffu);
    check_name_addr(contact.address);
    check_uri(contact.address.uri);
    ASSERT_EQ(equal_uris(previous, contact.address.uri),
              equal_uris(contact.address.uri, previous));
    previous = contact.address.uri;
  }
}

// RFC 3261 section 8.2.6.2. A response with several Vias is no answer to us,
// so only that of a request with one can be read back.
void check_answer(const Message& request) {
  Text copied;
  Text text;
  write_copied_rows(request, "tag", copied);
  write_response(486, "Busy Here", {copied, "X: y\r\n"}, "body", text);
  static Message answer;
  const ParseError error = parse({text.data(), text.size()}, answer);
  if (error == ParseError::via || error == ParseError::too_many_headers) return;
  ASSERT_EQ(error, ParseError::none) << std::string_view(text);
  ASSERT_EQ(answer.status, 486);
  ASSERT_EQ(answer.via.sent_by, request.via.sent_by);
  ASSERT_EQ(answer.via.branch, request.via.branch);
  ASSERT_EQ(answer.call_id, request.call_id);
  ASSERT_EQ(answer.cseq, request.cseq);
  ASSERT_EQ(answer.cseq_method, request.method);
  ASSERT_EQ(answer.from_tag, request.from_tag);
  ASSERT_EQ(answer.body, "body");
  ASSERT_TRUE(answer.rest.empty());
}

// Parsing again what parsing has unfolded changes nothing and finds the same.
void check_unfolded(const std::vector<char>& unfolded, std::string_view facts) {
  std::vector<char> frame = unfolded;
  Text again;
  describe(frame, again);
  ASSERT_EQ(again, facts);
  ASSERT_EQ(frame, unfolded);
}

}  // namespace

void check_frame(std::string_view text) {
  std::vector<char> frame(text.begin(), text.end());
  const std::string facts = describe_copy(text);
  ASSERT_FALSE(facts.empty());
  static Message message;
  const ParseError error = parse(frame, message);
  ASSERT_EQ(facts.starts_with("dropped: "), error != ParseError::none);
  if (error != ParseError::none) return;
  check_unfolded(frame, facts);
  const std::string_view whole(frame.data(), frame.size());
  check_views(message, whole);
  check_contacts(message, whole);
  if (message.is_request) {
    check_uri(message.request_uri);
    check_answer(message);
  }
}

}  // namespace sipreg::message
