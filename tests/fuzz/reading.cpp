#include "reading.h"

#include <algorithm>
#include <cstdlib>

#include "message/chars.h"

namespace sipreg::fuzzing {

std::string seconds(std::string_view digits) {
  constexpr unsigned long long most = 0xffffffff;
  const std::string text(digits);
  return std::to_string(
      std::min(std::strtoull(text.c_str(), nullptr, 10), most));
}

std::string plain(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (!message::is_space(c)) {
      words += c;
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

std::string bare(std::string_view text) {
  std::string rest(text);
  std::erase_if(rest, [](char c) {
    return message::is_space(c) || c == '[' || c == ']' || c == '"';
  });
  return rest;
}

std::string unescaped(std::string_view text) {
  std::string octets;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high =
        at + 2 < text.size() ? message::hex_value(text[at + 1]) : -1;
    const int low =
        at + 2 < text.size() ? message::hex_value(text[at + 2]) : -1;
    if (text[at] == '%' && high >= 0 && low >= 0) {
      octets += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      octets += text[at];
    }
  }
  return octets;
}

std::string index(std::string_view name, std::size_t place) {
  return std::string(name) + '[' + std::to_string(place) + ']';
}

}  // namespace sipreg::fuzzing
