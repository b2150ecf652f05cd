// The agent's outputs in their order, until the host polls them.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "list.h"
#include "sipreg/output.h"
#include "text.h"
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

  // One with a question; several registrations may ask in one batch.
  Output& push(const ChallengeInfo& challenge) {
    Output& output = push(OutputKind::credentials_wanted);
    entries_.back().offset = challenges_.size();
    challenges_.push_back(challenge);
    return output;
  }

  // Keeps a response that outputs point into for as long as they do.
  [[nodiscard]] Response keep(Text&& text, const Response& response) {
    kept_.push_back(
        {std::move(text), {response.headers.begin(), response.headers.end()}});
    return {response.status, response.reason, kept_.back().headers};
  }

  [[nodiscard]] bool poll(Output& out) {
    if (next_ == entries_.size()) {
      entries_.clear();
      challenges_.clear();
      kept_.clear();
      bytes_.wipe();  // frames may carry a bearer token
      next_ = 0;
      return false;
    }
    const Entry& entry = entries_[next_++];
    out = entry.output;
    if (out.kind == OutputKind::credentials_wanted) {
      out.challenge_info = &challenges_[entry.offset];
    }
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

  // Moving one moves neither its text nor its list.
  struct Kept {
    Text text;
    List<HeaderField> headers;
  };

  List<Entry> entries_;
  List<ChallengeInfo> challenges_;
  List<Kept> kept_;
  Text bytes_;
  std::size_t next_ = 0;
};

}  // namespace sipreg
