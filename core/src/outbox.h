// The agent's outputs in their order, until the host polls them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sipreg/output.h"
#include "wipe.h"

namespace sipreg {

// Memory is kept from one use to the next: nothing is allocated in the steady
// state.
class Outbox {
 public:
  // The reference lives until the next push.
  Output& push(OutputKind kind) {
    entries_.emplace_back();
    entries_.back().output.kind = kind;
    return entries_.back().output;
  }

  // The same with a copy of `bytes`.
  Output& push(OutputKind kind, std::string_view bytes) {
    Output& output = push(kind);
    entries_.back().offset = bytes_.size();
    entries_.back().length = bytes.size();
    bytes_.append(bytes);
    return output;
  }

  [[nodiscard]] bool poll(Output& out) {
    if (next_ == entries_.size()) {
      entries_.clear();
      wipe(bytes_);  // frames may carry a bearer token
      next_ = 0;
      return false;
    }
    const Entry& entry = entries_[next_++];
    out = entry.output;
    if (entry.length > 0) {
      out.bytes = std::string_view(bytes_).substr(entry.offset, entry.length);
    }
    return true;
  }

 private:
  struct Entry {
    Output output;
    std::size_t offset = 0;
    std::size_t length = 0;
  };

  std::vector<Entry> entries_;
  std::string bytes_;
  std::size_t next_ = 0;
};

}  // namespace sipreg
