// Registrations by their address of record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "registration/registration.h"

namespace sipreg::registration {

// A hash table whose entries are linked through the registrations themselves,
// so that a client of thousands creates the next one as fast as the first.
class AorIndex {
 public:
  void add(Registration& entry);
  void remove(const Registration& entry);

  // Those that may have an address with this message::hash_uri(), linked by
  // Registration::next_alike; others may be among them.
  [[nodiscard]] Registration* first(std::uint32_t hash) const {
    return buckets_.empty() ? nullptr : buckets_[place(hash)];
  }

 private:
  [[nodiscard]] std::size_t place(std::uint32_t hash) const {
    return hash & (buckets_.size() - 1);
  }
  void link(Registration& entry);
  void grow();

  std::vector<Registration*> buckets_;  // a power of two of them
  std::size_t count_ = 0;
};

}  // namespace sipreg::registration
