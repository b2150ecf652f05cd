// Deadlines of many owners, the earliest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "list.h"
#include "sipreg/time.h"

namespace sipreg {

// A heap whose owners know their place in it, so that one of 100 000
// registrations moves its deadline without a search. The deadlines stand in the
// heap itself: comparing them touches no owner's memory. Moving an entry does,
// so there are four children to each, and half as many levels as with two.
template <typename Owner>
class TimerHeap {
 public:
  // A part of the owner; in the heap while its deadline is set.
  struct Timer {
    explicit Timer(Owner& owner_of_timer) : owner(owner_of_timer) {}
    Owner& owner;
    Millis at = no_deadline;
    std::size_t place = 0;
  };

  void set(Timer& timer, Millis at) {
    if (timer.at == at) return;
    if (at == no_deadline) return clear(timer);
    const bool is_new = timer.at == no_deadline;
    const bool sooner = is_new || at < timer.at;
    timer.at = at;
    if (is_new) {
      timer.place = heap_.size();
      heap_.push_back({at, &timer});
    }
    heap_[timer.place].at = at;
    if (sooner) {
      rise(timer.place);
    } else {
      sink(timer.place);
    }
  }

  void clear(Timer& timer) {
    if (timer.at == no_deadline) return;
    const std::size_t hole = timer.place;
    const Entry last = heap_.back();
    heap_.pop_back();
    timer.at = no_deadline;
    if (last.timer == &timer) return;
    put(hole, last);
    rise(hole);
    sink(last.timer->place);
  }

  [[nodiscard]] Timer* first() const {
    return heap_.empty() ? nullptr : heap_.front().timer;
  }

 private:
  static constexpr std::size_t arity = 4;
  struct Entry {
    Millis at;
    Timer* timer;
  };

  void put(std::size_t place, Entry entry) {
    heap_[place] = entry;
    entry.timer->place = place;
  }

  void rise(std::size_t place) {
    const Entry entry = heap_[place];
    while (place > 0) {
      const std::size_t parent = (place - 1) / arity;
      if (heap_[parent].at <= entry.at) break;
      put(place, heap_[parent]);
      place = parent;
    }
    put(place, entry);
  }

  void sink(std::size_t place) {
    const Entry entry = heap_[place];
    for (;;) {
      std::size_t child = arity * place + 1;
      if (child >= heap_.size()) break;
      const std::size_t end = std::min(child + arity, heap_.size());
      for (std::size_t other = child + 1; other < end; ++other) {
        if (heap_[other].at < heap_[child].at) child = other;
      }
      if (entry.at <= heap_[child].at) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, entry);
  }

  List<Entry> heap_;
};

}  // namespace sipreg
