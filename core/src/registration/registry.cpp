#include "registration/registry.h"

#include <algorithm>

namespace sipreg::registration {

void Registry::Iterator::skip() {
  while (at_ != end_ && at_->entry == nullptr) ++at_;
}

void Registry::add(std::unique_ptr<Registration> entry) {
  places_.push_back({entry->id(), entry.get()});
  (void)entry.release();
}

Registration* Registry::find(RegistrationId id) const {
  const Place* const place = place_of(id);
  return place == nullptr ? nullptr : place->entry;
}

void Registry::remove(RegistrationId id) {
  const Place* const place = place_of(id);
  if (place == nullptr || place->entry == nullptr) return;
  delete place->entry;
  places_[static_cast<std::size_t>(place - places_.begin())].entry = nullptr;
  if (2 * ++holes_ < places_.size()) return;
  places_.erase_if([](const Place& each) { return each.entry == nullptr; });
  holes_ = 0;
}

void Registry::clear() {
  for (const Place& each : places_) delete each.entry;
  places_.clear();
  holes_ = 0;
}

const Registry::Place* Registry::place_of(RegistrationId id) const {
  if (places_.empty() || id < places_.front().id) return nullptr;
  // Every id that is missing between the first one and this moved it down by
  // one place, so that few places are left to be searched.
  const std::size_t count = places_.size();
  const RegistrationId first = places_.front().id;
  const std::size_t missing = places_.back().id - first + 1 - count;
  const std::size_t offset = id - first;
  const Place* const lowest =
      places_.begin() + std::min(offset - std::min(missing, offset), count);
  const Place* const highest = places_.begin() + std::min(offset + 1, count);
  const Place* const found = std::lower_bound(
      lowest, highest, id, [](const Place& place, RegistrationId wanted) {
        return place.id < wanted;
      });
  return found != highest && found->id == id ? found : nullptr;
}

}  // namespace sipreg::registration
