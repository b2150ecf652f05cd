// Appends JSON to a string: no tree, no allocation of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "text.h"

namespace sipreg::bridge {

// Commas come by themselves. Inside an object every value follows a key().
// Text is written as it is but for what RFC 8259 section 7 has escaped; octets
// that are not UTF-8 stay, and the host's decoder replaces them.
class JsonWriter {
 public:
  explicit JsonWriter(Text& out) : out_(out) {}

  // { or [. The first of a text goes out by start(), whatever is before it.
  JsonWriter& open(char bracket);
  JsonWriter& start(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  // The inside of a quoted string, without its quoted-pairs (RFC 3261 section
  // 25.1).
  JsonWriter& unescaped(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& thousandths(std::uint32_t value);  // 500 as 0.5
  JsonWriter& literal(std::string_view value);
  JsonWriter& boolean(bool value);
  // A key with a text, left out when that is empty.
  JsonWriter& present(std::string_view name, std::string_view value);

 private:
  void separate();
  void characters(std::string_view value);

  Text& out_;
};

}  // namespace sipreg::bridge
