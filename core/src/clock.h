// The host's two clocks, joined into the ones the core reckons with.
#pragma once

#include <algorithm>

#include "sipreg/time.h"

namespace sipreg {

// steady(): transactions, retries, connect deadlines. lifetime(): a binding's
// end. The two run alike until the wall clock leaps ahead of the monotonic one,
// which is what a machine's sleep looks like from inside: then lifetime() leaps
// too, so a binding is given up early rather than believed in too long. A step
// back of the wall clock moves neither.
class Clock {
 public:
  // True when lifetime() leapt or the wall clock was set back: timers and the
  // times that the host was told must be set again.
  bool update(Now now) {
    if (!started_) {
      started_ = true;
      steady_ = now.monotonic;
      offset_ = now.wall - now.monotonic;
    }
    if (now.monotonic > steady_) steady_ = now.monotonic;
    wall_ = now.wall;
    const Millis offset = now.wall - steady_;
    const Millis leap = offset - offset_;
    if (leap <= 0) {
      offset_ = offset;
      return leap <= -smallest_leap;
    }
    if (leap < smallest_leap) return false;  // rounding of two clocks
    offset_ = offset;
    skew_ += leap;
    return true;
  }

  [[nodiscard]] Millis steady() const { return steady_; }
  [[nodiscard]] Millis lifetime() const { return steady_ + skew_; }
  [[nodiscard]] Millis wall() const { return wall_; }

  // What was due before the monotonic clock's origin is due at it: a leap may
  // be longer than that clock has run, and below zero stands "none".
  [[nodiscard]] Millis steady_at(Millis lifetime) const {
    return std::max<Millis>(lifetime - skew_, 0);
  }
  [[nodiscard]] Millis wall_at(Millis steady) const {
    return wall_ + (steady - steady_);
  }

 private:
  static constexpr Millis smallest_leap = 1000;

  bool started_ = false;
  Millis steady_ = 0;
  Millis wall_ = 0;
  Millis offset_ = 0;  // wall minus steady when they last agreed
  Millis skew_ = 0;    // sum of the leaps
};

}  // namespace sipreg
