// A row of things that grows.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <utility>

namespace sipreg {

// What lists of all types share, so that growing one is compiled once: as
// WebAssembly, each std::vector's own growing weighed 3.9 KB in all.
class AnyList {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 protected:
  AnyList() = default;
  ~AnyList() { ::operator delete(memory_); }

  // Where one more element of `size` bytes begins.
  void* extend(std::size_t size);
  // Closes the gap that the elements from `at` on have left.
  void close_gap(void* at, std::size_t count, std::size_t size);
  static void move(void* to, const void* from, std::size_t size);
  // Those behind the first `count` are no more. Returns how many they were.
  std::size_t cut(std::size_t count, std::size_t size);
  void swap(AnyList& other) noexcept;

  void* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Of a std::vector what is used of it. Elements are moved as bytes, so no
// Element may hold an address within itself. Where one has been moved away from
// is overwritten: it may have held a secret.
template <typename Element>
class List : public AnyList {
 public:
  List() = default;
  explicit List(std::size_t count) { resize(count); }
  List(std::initializer_list<Element> elements)
      : List(elements.begin(), elements.end()) {}
  template <typename Iterator>
  List(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }
  List(const List& other) : List(other.begin(), other.end()) {}
  List(List&& other) noexcept { swap(other); }
  ~List() { clear(); }
  List& operator=(const List& other) {
    if (this != &other) *this = List(other);
    return *this;
  }
  List& operator=(List&& other) noexcept {
    swap(other);
    return *this;
  }

  [[nodiscard]] Element* data() { return static_cast<Element*>(memory_); }
  [[nodiscard]] const Element* data() const {
    return static_cast<const Element*>(memory_);
  }
  [[nodiscard]] Element* begin() { return data(); }
  [[nodiscard]] Element* end() { return data() + size_; }
  [[nodiscard]] const Element* begin() const { return data(); }
  [[nodiscard]] const Element* end() const { return data() + size_; }
  Element& operator[](std::size_t place) { return data()[place]; }
  const Element& operator[](std::size_t place) const { return data()[place]; }
  [[nodiscard]] Element& front() { return *begin(); }
  [[nodiscard]] const Element& front() const { return *begin(); }
  [[nodiscard]] Element& back() { return end()[-1]; }
  [[nodiscard]] const Element& back() const { return end()[-1]; }

  // The reference lives until the list grows.
  template <typename... Arguments>
  Element& emplace_back(Arguments&&... arguments) {
    return *::new (extend(sizeof(Element)))
        Element{std::forward<Arguments>(arguments)...};
  }
  // `element` must be none of the list.
  void push_back(const Element& element) { emplace_back(element); }
  void push_back(Element&& element) { emplace_back(std::move(element)); }
  void resize(std::size_t count) {
    if (count < size_) erase(begin() + count, end());
    while (size_ < count) emplace_back();
  }
  void pop_back() { erase(end() - 1); }
  void erase(Element* element) { erase(element, element + 1); }
  void erase(Element* first, Element* last) {
    std::destroy(first, last);
    close_gap(first, static_cast<std::size_t>(last - first), sizeof(Element));
  }
  // Keeps the memory for the next use.
  void clear() { erase(begin(), end()); }
  // How many were erased.
  template <typename Predicate>
  std::size_t erase_if(Predicate predicate) {
    Element* kept = begin();
    for (Element& each : *this) {
      predicate(each) ? std::destroy_at(&each)
                      : move(kept++, &each, sizeof(Element));
    }
    return cut(static_cast<std::size_t>(kept - begin()), sizeof(Element));
  }
};

}  // namespace sipreg
