// The registrations of one agent.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>

#include "list.h"
#include "registration/registration.h"

namespace sipreg::registration {

// Ascending by id, which is how they are added. One that is removed leaves a
// hole until half of the places are holes: removing one of 100 000 moves no
// others. The ids stand in the list itself, so that finding one touches no
// registration's memory but its own.
class Registry {
  struct Place {
    RegistrationId id;
    Registration* entry;  // owned; none: a hole
  };

 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() { clear(); }

  class Iterator {
   public:
    Iterator(const Place* at, const Place* end) : at_(at), end_(end) { skip(); }
    Registration& operator*() const { return *at_->entry; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return at_ == end_; }

   private:
    // Holes.
    void skip();
    const Place* at_;
    const Place* end_;
  };

  [[nodiscard]] Iterator begin() const {
    return {places_.begin(), places_.end()};
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  void add(std::unique_ptr<Registration> entry);
  [[nodiscard]] Registration* find(RegistrationId id) const;
  void remove(RegistrationId id);
  void clear();

 private:
  // None: nobody has this id.
  [[nodiscard]] const Place* place_of(RegistrationId id) const;

  List<Place> places_;
  std::size_t holes_ = 0;
};

}  // namespace sipreg::registration
