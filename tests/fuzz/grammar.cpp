#include "grammar.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "message/chars.h"
#include "message/scan.h"

namespace sipreg::fuzzing {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t endless = 64;  // no text of it repeats anything further

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && message::is_space(rest.front()))
    rest.remove_prefix(1);
}

bool take(std::string_view& rest, char wanted) {
  if (rest.empty() || rest.front() != wanted) return false;
  rest.remove_prefix(1);
  return true;
}

std::size_t take_number(std::string_view& rest, int base, std::size_t absent) {
  const std::string digits(rest.substr(0, 4));
  char* end = nullptr;
  const std::size_t number = std::strtoul(digits.c_str(), &end, base);
  rest.remove_prefix(static_cast<std::size_t>(end - digits.c_str()));
  return end == digits.c_str() ? absent : number;
}

std::string_view take_name(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() &&
         (message::is_alphanum(rest[end]) || rest[end] == '-')) {
    ++end;
  }
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end);
  return name;
}

}  // namespace

// A line that begins with a blank goes on with the rule above it, one with a
// semicolon is a comment.
Grammar::Grammar(std::string_view rules) {
  while (!rules.empty()) {
    std::size_t end = rules.find('\n');
    while (end + 1 < rules.size() && rules[end + 1] == ' ') {
      end = rules.find('\n', end + 1);
    }
    std::string_view rule = rules.substr(0, end);
    rules.remove_prefix(end == npos ? rules.size() : end + 1);
    const std::string_view name = take_name(rule);
    skip_blanks(rule);
    if (name.empty() || !take(rule, '=')) continue;
    rules_[std::string(name)] = take_choice(rule);
    skip_blanks(rule);
    if (!rule.empty()) std::abort();
  }
}

// What is a single octet in every case stays one, which makes it fast.
Grammar::Node Grammar::take_choice(std::string_view& rest) const {
  Node choice;
  choice.kind = Kind::choice;
  do {
    choice.parts.push_back(take_sequence(rest));
    skip_blanks(rest);
  } while (take(rest, '/'));
  if (choice.parts.size() == 1) return choice.parts.front();
  Node octet;
  octet.kind = Kind::octet;
  for (const Node& part : choice.parts) {
    if (part.kind != Kind::octet) return choice;
    octet.octets |= part.octets;
  }
  return octet;
}

Grammar::Node Grammar::take_sequence(std::string_view& rest) const {
  Node sequence;
  for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
    if (std::string_view("/)]").find(rest.front()) != npos) break;
    sequence.parts.push_back(take_repeat(rest));
  }
  return sequence.parts.size() == 1 ? sequence.parts.front() : sequence;
}

Grammar::Node Grammar::take_repeat(std::string_view& rest) const {
  Node repeat;
  repeat.kind = Kind::repeat;
  if (take(rest, '[')) {
    repeat.most = 1;
    repeat.parts.push_back(take_choice(rest));
    if (!take(rest, ']')) std::abort();
    return repeat;
  }
  const bool is_counted = !rest.empty() && message::is_digit(rest.front());
  repeat.least = take_number(rest, 10, 0);
  const bool has_range = take(rest, '*');
  if (!has_range && !is_counted) return take_element(rest);
  repeat.most = has_range ? take_number(rest, 10, endless) : repeat.least;
  repeat.parts.push_back(take_element(rest));
  return repeat;
}

Grammar::Node Grammar::take_element(std::string_view& rest) const {
  Node node;
  if (take(rest, '(')) {
    node = take_choice(rest);
    if (!take(rest, ')')) std::abort();
  } else if (take(rest, '"')) {
    node.text = rest.substr(0, rest.find('"'));
    rest.remove_prefix(node.text.size() + 1);
    const bool has_case =
        node.text.size() == 1 && !message::is_alphanum(node.text.front());
    node.kind = has_case ? Kind::octet : Kind::text;
    if (has_case) node.octets.set(static_cast<unsigned char>(node.text[0]));
  } else if (take(rest, '%')) {
    if (!take(rest, 'x')) std::abort();
    node.kind = Kind::octet;
    const std::size_t first = take_number(rest, 16, 0);
    const std::size_t last = take(rest, '-') ? take_number(rest, 16, 0) : first;
    for (std::size_t octet = first; octet <= last; ++octet) {
      node.octets.set(octet);
    }
  } else {
    const auto rule = rules_.find(take_name(rest));
    if (rule == rules_.end()) std::abort();
    node = rule->second;
  }
  return node;
}

std::string Grammar::make(std::string_view rule,
                          testing::Choices& choices) const {
  std::string text;
  make(rules_.find(rule)->second, choices, text);
  return text;
}

void Grammar::make(const Node& node, testing::Choices& choices,
                   std::string& out) {
  switch (node.kind) {
    case Kind::octet: {
      auto place =
          choices.pick(static_cast<std::uint32_t>(node.octets.count()));
      std::size_t octet = 0;
      while (!node.octets[octet] || place-- != 0) ++octet;
      out += static_cast<char>(octet);
      break;
    }
    case Kind::text: {
      const auto in_case = choices.pick(4);
      for (const char c : node.text) {
        out += in_case == 1 ? message::to_lower(c) : c;
      }
      break;
    }
    case Kind::sequence:
      for (const Node& part : node.parts) make(part, choices, out);
      break;
    case Kind::choice:
      make(choices.one_of(node.parts), choices, out);
      break;
    case Kind::repeat: {
      const auto more = std::min<std::size_t>(node.most - node.least, 4);
      std::size_t count =
          node.least + choices.pick(static_cast<std::uint32_t>(more + 1));
      for (; count > 0; --count) make(node.parts.front(), choices, out);
      break;
    }
  }
}

bool Grammar::matches(std::string_view rule, std::string_view text) const {
  const Places found = ends(rules_.find(rule)->second, text, {0});
  return !found.empty() && found.back() == text.size();
}

// All places where a text of that node may end, for all where it may begin.
Grammar::Places Grammar::ends(const Node& node, std::string_view text,
                              const Places& starts) {
  Places found;
  switch (node.kind) {
    case Kind::octet:
      for (const std::size_t at : starts) {
        if (at < text.size() &&
            node.octets[static_cast<unsigned char>(text[at])]) {
          found.push_back(at + 1);
        }
      }
      break;
    case Kind::text:
      for (const std::size_t at : starts) {
        if (message::equals_ignoring_case(text.substr(at, node.text.size()),
                                          node.text)) {
          found.push_back(at + node.text.size());
        }
      }
      break;
    case Kind::sequence:
      found = starts;
      for (const Node& part : node.parts) {
        if (found.empty()) break;
        found = ends(part, text, found);
      }
      break;
    case Kind::choice:
      for (const Node& part : node.parts) {
        const Places more = ends(part, text, starts);
        Places both;
        std::set_union(found.begin(), found.end(), more.begin(), more.end(),
                       std::back_inserter(both));
        found.swap(both);
      }
      break;
    case Kind::repeat:
      found = ends_of_repeat(node, text, starts);
      break;
  }
  return found;
}

Grammar::Places Grammar::ends_of_repeat(const Node& node, std::string_view text,
                                        const Places& starts) {
  Places found = node.least == 0 ? starts : Places{};
  Places last = starts;
  for (std::size_t count = 1; !last.empty(); ++count) {
    if (node.most != endless && count > node.most) break;
    Places next = ends(node.parts.front(), text, last);
    last.clear();
    // Only what is new can lead anywhere new.
    std::set_difference(next.begin(), next.end(), found.begin(), found.end(),
                        std::back_inserter(last));
    if (count < node.least) {
      last.swap(next);
      continue;
    }
    Places both;
    std::set_union(found.begin(), found.end(), last.begin(), last.end(),
                   std::back_inserter(both));
    found.swap(both);
  }
  return found;
}

}  // namespace sipreg::fuzzing
