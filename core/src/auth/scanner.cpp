#include "auth/scanner.h"

#include <algorithm>

#include "message/chars.h"
#include "message/scan.h"

namespace sipreg::auth {

bool Scanner::take_value(std::string_view text) {
  const bool quoted = text.starts_with('"');
  value_ = quoted ? message::strip_quotes(text) : text;
  if (value_.size() > max_value_size) return false;
  for (const char c : value_) {
    if (message::is_control(c) && c != '\t') return false;
    // These would break out of the quotes that the answer puts around it.
    if (!quoted && (c == '"' || c == '\\')) return false;
  }
  return true;
}

Scanner::Item Scanner::next() {
  for (;;) {
    message::Parameter parameter;
    if (message::next_parameter(rest_, ',', parameter)) {
      name_ = parameter.name;
      if (!parameter.has_value) return Item::word;
      if (take_value(parameter.value)) return Item::parameter;
      continue;
    }
    // After a quote that never closes nothing can be told apart.
    if (parameter.has_value) rest_ = {};
    if (rest_.empty()) return Item::end;
    const std::size_t size = parameter.name.size();
    if (size > 0 && message::is_space(rest_[size])) {
      name_ = parameter.name;
      rest_.remove_prefix(size);
      return Item::scheme;
    }
    rest_.remove_prefix(std::min(rest_.find(','), rest_.size()));
  }
}

}  // namespace sipreg::auth
