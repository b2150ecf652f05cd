#include "text.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "wipe.h"

namespace sipreg {

Text::~Text() {
  if (data_ == nullptr) return;
  sipreg::wipe(data_, capacity_);
  ::operator delete(data_);
}

Text& Text::operator=(std::string_view text) {
  if (text.size() > capacity_) {
    Text(text).swap(*this);
  } else if (!text.empty()) {
    std::memmove(data_, text.data(), text.size());
  }
  size_ = text.size();
  return *this;
}

Text& Text::append(std::string_view text) {
  if (text.empty()) return *this;
  if (text.size() > capacity_ - size_) grow(text.size());
  std::memcpy(data_ + size_, text.data(), text.size());
  size_ += text.size();
  return *this;
}

Text& Text::operator+=(char octet) {
  if (size_ == capacity_) grow(1);
  data_[size_++] = octet;
  return *this;
}

void Text::erase(std::size_t from, std::size_t count) {
  const std::string_view behind = substr(from + std::min(count, size_ - from));
  if (!behind.empty()) std::memmove(data_ + from, behind.data(), behind.size());
  size_ = from + behind.size();
}

void Text::wipe() {
  sipreg::wipe(data_, size_);
  clear();
}

[[gnu::noinline]] void Text::swap(Text& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

void Text::grow(std::size_t count) {
  constexpr std::size_t unit = 8;
  const std::size_t wanted = std::max(size_ + count, 2 * capacity_);
  Text larger;
  larger.capacity_ = (wanted + unit - 1) / unit * unit;
  larger.data_ = static_cast<char*>(::operator new(larger.capacity_));
  if (size_ != 0) std::memcpy(larger.data_, data_, size_);
  larger.size_ = size_;
  swap(larger);
}

}  // namespace sipreg
