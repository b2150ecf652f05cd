#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "message/contact.h"

namespace sipreg::message {
namespace {

// A 200 with these rows; keeps the bytes that the message points into.
class Response {
 public:
  explicit Response(const std::string& rows)
      : text_(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
            "Call-ID: c\r\nCSeq: 1 REGISTER\r\n" +
            rows + "\r\n") {
    EXPECT_EQ(parse(text_, message_), ParseError::none) << rows;
  }
  [[nodiscard]] std::vector<Contact> contacts() const {
    std::vector<Contact> all;
    ContactList list(message_);
    for (Contact contact; list.next(contact);) all.push_back(contact);
    return all;
  }

 private:
  std::string text_;
  Message message_;
};

TEST(MessageContact, PAR_08_name_addr_forms) {
  struct {
    const char* element;
    const char* display_name;
    const char* uri;
    const char* parameters;
  } const cases[] = {
      {"<sip:a@b>", "", "sip:a@b", ""},
      {"<sip:a@b;x?y=z>;p", "", "sip:a@b;x?y=z", ";p"},
      {"\"A \\\"B\\\" \\\\\" <sip:a@b>;p=1", "A \\\"B\\\" \\\\", "sip:a@b",
       ";p=1"},
      {"\"\"<sip:a@b>", "", "sip:a@b", ""},
      {"\"<x>\" <sip:a@b>", "<x>", "sip:a@b", ""},
      {"A B <sip:a@b> ; p", "A B", "sip:a@b", "; p"},
      {"A<sip:a@b>", "A", "sip:a@b", ""},
      {"Bell, Alexander <sip:a@b>", "Bell, Alexander", "sip:a@b", ""},
      {"< sip:a@b >", "", "sip:a@b", ""},
      {"sip:a@b", "", "sip:a@b", ""},
      {"sip:a@b;p;q=\"<r>\"", "", "sip:a@b", ";p;q=\"<r>\""},
      {"sip:a@b ;p", "", "sip:a@b", ";p"},
      {"  sip:a@b  ", "", "sip:a@b", ""},
      {"<tel:+1>", "", "tel:+1", ""},
      {"<sip:769@>;tag=1", "", "sip:769@", ";tag=1"},
  };
  for (const auto& each : cases) {
    NameAddr out;
    ASSERT_TRUE(parse_name_addr(each.element, out)) << each.element;
    EXPECT_EQ(out.display_name, each.display_name) << each.element;
    EXPECT_EQ(out.uri, each.uri) << each.element;
    EXPECT_EQ(out.parameters, each.parameters) << each.element;
  }
}

TEST(MessageContact, PAR_09_damaged_name_addrs_are_refused) {
  for (const char* element : {"",
                              " ",
                              "*",
                              "/",
                              "<>",
                              "< >",
                              "<sip:>",
                              "<:a>",
                              "<sip>",
                              "sip:",
                              "a@b",
                              "<sip:a@b",
                              "sip:a@b>",
                              "\"A <sip:a@b>",
                              "\"A\\",
                              "\"A\" sip:a@b",
                              "\"A\" x <sip:a@b>",
                              "\"A\"",
                              "A \"B\" <sip:a@b>",
                              "<sip:a <sip:b>",
                              "<sip:a b@c>",
                              "<sip:a@b> junk",
                              "<sip:a@b>p",
                              "<sip:a@b>;p=\"x",
                              "<sip:a@b>;p=\"x\\\"",
                              "sip:a@b?x=y",
                              "sip:a b@c",
                              "<si p:a@b>",
                              "<sip:\"a\"@b>",
                              "<sip:a\x01@b>"}) {
    NameAddr out;
    EXPECT_FALSE(parse_name_addr(element, out)) << element;
  }
}

TEST(MessageContact, PAR_15_parameters_are_found_by_name) {
  constexpr std::string_view parameters =
      "; a ; B = \"x;y\" ;c=1;two words;c=2;d= ;e=5 6;\"f\";g";
  EXPECT_EQ(find_parameter(parameters, "A"), "");
  EXPECT_EQ(find_parameter(parameters, "b"), "x;y");
  EXPECT_EQ(find_parameter(parameters, "c"), "1");
  EXPECT_EQ(find_parameter(parameters, "d"), "");
  EXPECT_EQ(find_parameter(parameters, "e"), "");
  EXPECT_EQ(find_parameter(parameters, "g"), "");
  EXPECT_EQ(find_parameter(parameters, "f"), std::nullopt);
  EXPECT_EQ(find_parameter(parameters, "two"), std::nullopt);
  EXPECT_EQ(find_parameter("", "a"), std::nullopt);
  EXPECT_EQ(find_parameter(";a=\"open;b=1", "a"), std::nullopt);
}

TEST(MessageContact, BND_08_all_fields_of_a_binding) {
  const Response response(
      "Contact: \"Alice\" <sip:a@b;transport=ws>;q=0.7;expires=3600"
      ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\""
      ";reg-id=2;x=y\r\n");
  const auto contacts = response.contacts();
  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_EQ(contacts[0].address.display_name, "Alice");
  EXPECT_EQ(contacts[0].address.uri, "sip:a@b;transport=ws");
  EXPECT_EQ(contacts[0].expires, 3600u);
  EXPECT_EQ(contacts[0].q_thousandths, 700u);
  EXPECT_EQ(contacts[0].instance,
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(contacts[0].reg_id, 2u);
}

TEST(MessageContact, PAR_03_rows_equal_comma_list) {
  const Response rows(
      "Contact: <sip:a@b>;expires=1\r\nX: y\r\nm: <sip:c@d>;expires=2\r\n");
  const Response list("Contact: <sip:a@b>;expires=1, <sip:c@d>;expires=2\r\n");
  const auto one = rows.contacts();
  const auto other = list.contacts();
  ASSERT_EQ(one.size(), 2u);
  ASSERT_EQ(other.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(one[i].address.uri, other[i].address.uri);
    EXPECT_EQ(one[i].expires, other[i].expires);
  }
}

TEST(MessageContact, BND_06_malformed_lifetimes_are_absent) {
  for (const char* value :
       {"foo", "1e3", "\"60\"", "-1", "", "6 0", "60s", "0x10", "1.5"}) {
    const Response response("Contact: <sip:a@b>;expires=" + std::string(value) +
                            ";reg-id=1\r\n");
    const auto contacts = response.contacts();
    ASSERT_EQ(contacts.size(), 1u) << value;
    EXPECT_EQ(contacts[0].expires, std::nullopt) << value;
    EXPECT_EQ(contacts[0].reg_id, 1u) << value;
  }
  const Response large("Contact: <sip:a@b>;expires=4294967296\r\n");
  EXPECT_EQ(large.contacts().at(0).expires, 4294967295u);
}

TEST(MessageContact, BND_09_one_damaged_element_costs_no_other) {
  for (const char* damaged :
       {"<sip:x@y;expires=1", "\"X <sip:x@y>", "<sip:x@y>;p=\"q", "X", "<>",
        "\"X", "<", "\"", "*", "x@y", "<sip:x@y> z", "\\", "<sip:x,y@z"}) {
    const std::string d = damaged;
    const std::string ours = "<sip:a@b>;expires=60";
    for (const std::string& rows :
         {d + ", " + ours, ours + ", " + d, d + "\r\nm: " + ours + "," + d}) {
      const Response response("Contact: " + rows + "\r\n");
      bool found = false;
      for (const Contact& contact : response.contacts()) {
        found = found ||
                (contact.address.uri == "sip:a@b" && contact.expires == 60u);
      }
      EXPECT_TRUE(found) << rows;
    }
  }
}

TEST(MessageContact, PAR_19_all_that_a_frame_holds_are_walked) {
  std::string row = "Contact: ";
  for (int i = 0; i < 10'000; ++i) row += "<a:b>,";
  EXPECT_EQ(Response(row + "\r\n").contacts().size(), 10'000u);
  std::string rows;
  for (int i = 0; i < 70; ++i) rows += "m: <sip:a@b>\r\n";
  EXPECT_EQ(Response(rows).contacts().size(), 70u);
  std::string junk = "Contact: ";
  for (int i = 0; i < 70; ++i) junk += "x,";
  EXPECT_EQ(Response(junk + "<sip:a@b>\r\n").contacts().size(), 1u);
}

}  // namespace
}  // namespace sipreg::message
