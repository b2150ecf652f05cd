#include "registration/aor_index.h"

#include <utility>

namespace sipreg::registration {
namespace {

constexpr std::size_t first_size = 8;

}  // namespace

void AorIndex::add(Registration& entry) {
  if (count_ == buckets_.size()) grow();
  ++count_;
  link(entry);
}

void AorIndex::remove(const Registration& entry) {
  Registration** at = &buckets_[place(entry.aor_hash())];
  while (*at != &entry) at = &(*at)->next_alike;
  *at = entry.next_alike;
  --count_;
}

void AorIndex::link(Registration& entry) {
  Registration*& head = buckets_[place(entry.aor_hash())];
  entry.next_alike = std::exchange(head, &entry);
}

void AorIndex::grow() {
  const std::size_t size = buckets_.empty() ? first_size : 2 * buckets_.size();
  const std::vector<Registration*> old =
      std::exchange(buckets_, std::vector<Registration*>(size));
  for (Registration* entry : old) {
    while (entry != nullptr) {
      Registration* const next = entry->next_alike;
      link(*entry);
      entry = next;
    }
  }
}

}  // namespace sipreg::registration
