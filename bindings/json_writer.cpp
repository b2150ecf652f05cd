#include "json_writer.h"

#include <array>

namespace sipreg::bridge {

JsonWriter& JsonWriter::start(char bracket) {
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  return start(bracket);
}

JsonWriter& JsonWriter::close(char bracket) { return start(bracket); }

JsonWriter& JsonWriter::key(std::string_view name) {
  text(name);
  out_ += ':';
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  out_ += '"';
  characters(value);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::unescaped(std::string_view value) {
  separate();
  out_ += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i + 1 < value.size(); ++i) {
    if (value[i] != '\\') continue;
    characters(value.substr(start, i - start));
    start = ++i;
  }
  characters(value.substr(start));
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  std::array<char, 20> digits;
  auto at = digits.end();
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  separate();
  out_.append({at, static_cast<std::size_t>(digits.end() - at)});
  return *this;
}

JsonWriter& JsonWriter::thousandths(std::uint32_t value) {
  const char fraction[] = {'.', static_cast<char>('0' + value / 100 % 10),
                           static_cast<char>('0' + value / 10 % 10),
                           static_cast<char>('0' + value % 10)};
  number(value / 1000);
  out_.append({fraction, sizeof fraction});
  return *this;
}

JsonWriter& JsonWriter::literal(std::string_view value) {
  separate();
  out_ += value;
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  return literal(value ? "true" : "false");
}

JsonWriter& JsonWriter::present(std::string_view name, std::string_view value) {
  if (!value.empty()) key(name).text(value);
  return *this;
}

// Nothing is before the first value of an object or an array, nor between a key
// and its value.
void JsonWriter::separate() {
  switch (std::string_view(out_).back()) {
    case '{':
    case '[':
    case ':':
      return;
    default:
      out_ += ',';
  }
}

// Plain runs go out in one piece: escapes are rare.
void JsonWriter::characters(std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  std::size_t start = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto octet = static_cast<unsigned char>(value[i]);
    if (octet >= 0x20 && octet != '"' && octet != '\\') continue;
    out_.append(value.substr(start, i - start));
    start = i + 1;
    if (octet < 0x20) {
      out_ += "\\u00";
      out_ += hex[octet >> 4];
      out_ += hex[octet & 15];
    } else {
      out_ += '\\';
      out_ += value[i];
    }
  }
  out_.append(value.substr(start));
}

}  // namespace sipreg::bridge
