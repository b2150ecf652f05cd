#include "agent/siblings.h"

#include <algorithm>
#include <utility>

#include "message/uri.h"

namespace sipreg {

void Siblings::add(Registration& entry) {
  if (count_ == chains_.size()) grow();
  append(entry);
  ++count_;
}

void Siblings::remove(const Registration& entry) {
  Registration** link = &chains_[chain_of(entry.settings().aor)];
  while (*link != &entry) link = &(*link)->next_sibling;
  *link = entry.next_sibling;
  --count_;
}

void Siblings::clear() {
  chains_.clear();
  count_ = 0;
}

std::size_t Siblings::chain_of(std::string_view aor) const {
  return message::hash_of_user(aor) & (chains_.size() - 1);
}

bool Siblings::is_sibling(const Registration& entry, std::string_view aor) {
  return message::equal_uris(entry.settings().aor, aor);
}

void Siblings::append(Registration& entry) {
  Registration** end = &chains_[chain_of(entry.settings().aor)];
  while (*end != nullptr) end = &(*end)->next_sibling;
  *end = &entry;
  entry.next_sibling = nullptr;
}

void Siblings::grow() {
  const std::size_t size = std::max<std::size_t>(8, 2 * chains_.size());
  const auto chains = std::exchange(chains_, List<Registration*>(size));
  for (Registration* each : chains) {
    while (each != nullptr) append(*std::exchange(each, each->next_sibling));
  }
}

}  // namespace sipreg
