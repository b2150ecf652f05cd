// Text that grows.
#pragma once

#include <cstddef>
#include <string_view>

namespace sipreg {

// What the library keeps and writes: octets, of which some are secrets. Memory
// is overwritten before it is given back, and none of a text lies in the object
// itself, so that moving one leaves no copy. Three words and few members: as
// WebAssembly a std::string, which looks at every use where its characters
// are, weighed 3 KB more.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view text) { append(text); }
  Text(const Text& other) : Text(std::string_view(other)) {}
  Text(Text&& other) noexcept { swap(other); }
  ~Text();
  Text& operator=(const Text& other) { return *this = std::string_view(other); }
  Text& operator=(Text&& other) noexcept {
    swap(other);
    return *this;
  }
  // `text` may be a part of what is here.
  Text& operator=(std::string_view text);

  operator std::string_view() const { return {data_, size_}; }
  [[nodiscard]] char* data() { return data_; }
  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view substr(
      std::size_t from, std::size_t count = std::string_view::npos) const {
    return std::string_view(*this).substr(from, count);
  }

  // `text` must be no part of what is here.
  Text& append(std::string_view text);
  Text& operator+=(std::string_view text) { return append(text); }
  Text& operator+=(char octet);
  void erase(std::size_t from, std::size_t count = std::string_view::npos);
  // Keeps the memory for the next use.
  void clear() { size_ = 0; }
  // The same, and overwrites what stood there.
  void wipe();
  // Gives the memory back.
  void release() { Text().swap(*this); }

  void swap(Text& other) noexcept;

  friend bool operator==(const Text& text, const Text& other) {
    return text == std::string_view(other);
  }
  friend bool operator==(const Text& text, std::string_view other) {
    return std::string_view(text) == other;
  }

 private:
  // Makes room for so many more.
  void grow(std::size_t count);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sipreg
