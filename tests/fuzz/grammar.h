// A grammar in ABNF (RFC 5234) that is read both ways: texts are made by it,
// and others are told whether they are of it.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "choices.h"

namespace sipreg::fuzzing {

class Grammar {
 public:
  // A rule names only those above it, so none can be without an end. A text in
  // quotes stands for itself in any case of letters.
  explicit Grammar(std::string_view rules);

  [[nodiscard]] std::string make(std::string_view rule,
                                 testing::Choices& choices) const;
  [[nodiscard]] bool matches(std::string_view rule,
                             std::string_view text) const;

 private:
  enum class Kind : std::uint8_t { octet, text, sequence, choice, repeat };
  struct Node {
    Kind kind = Kind::sequence;
    std::bitset<256> octets;
    std::string text;
    std::size_t least = 0;
    std::size_t most = 0;
    std::vector<Node> parts;
  };
  using Places = std::vector<std::size_t>;  // in a text, in rising order

  [[nodiscard]] Node take_choice(std::string_view& rest) const;
  [[nodiscard]] Node take_sequence(std::string_view& rest) const;
  [[nodiscard]] Node take_repeat(std::string_view& rest) const;
  [[nodiscard]] Node take_element(std::string_view& rest) const;
  static void make(const Node& node, testing::Choices& choices,
                   std::string& out);
  [[nodiscard]] static Places ends(const Node& node, std::string_view text,
                                   const Places& starts);
  [[nodiscard]] static Places ends_of_repeat(const Node& node,
                                             std::string_view text,
                                             const Places& starts);

  std::map<std::string, Node, std::less<>> rules_;
};

}  // namespace sipreg::fuzzing
