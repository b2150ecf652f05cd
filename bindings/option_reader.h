// Takes the field lists apart that the host writes (see Field).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "fields.h"
#include "list.h"
#include "sipreg/options.h"

namespace sipreg::bridge {

// Conversions of a double that is out of range are undefined, and trap in
// WebAssembly: whatever the host passes becomes the nearest number, NaN the
// lowest one.
[[nodiscard]] Millis to_millis(double value);
[[nodiscard]] std::uint32_t to_u32(double value);

// Makes options of field lists. The views in them point into `bytes` and into
// the reader's own lists, and die with the next read.
class OptionReader {
 public:
  [[nodiscard]] ClientOptions client(std::span<const char> bytes);
  [[nodiscard]] std::string_view entropy() const {
    return text(Field::entropy);
  }
  [[nodiscard]] RegistrationOptions registration(std::span<const char> bytes);
  [[nodiscard]] UpdateOptions update(std::span<const char> bytes);
  // Everything but the kind.
  [[nodiscard]] Call call(std::span<const char> bytes);
  [[nodiscard]] RequestAnswer answer(std::span<const char> bytes);
  [[nodiscard]] std::span<const Credentials> credentials(
      std::span<const char> bytes);

 private:
  void read(std::span<const char> bytes);
  void read_list(Field field, std::string_view value);
  void complete_credentials();

  [[nodiscard]] bool has(Field field) const;
  [[nodiscard]] std::string_view text(Field field) const;
  [[nodiscard]] double number(Field field, double otherwise) const;
  [[nodiscard]] std::uint32_t count(Field field, std::uint32_t otherwise) const;
  [[nodiscard]] bool flag(Field field, bool otherwise) const;
  [[nodiscard]] PushOptions push() const;
  [[nodiscard]] RefreshOptions refresh() const;

  // The value of every field that was there, by its number.
  std::array<std::string_view, field_count> values_;
  List<NameValue> headers_;
  List<NameValue> uri_parameters_;
  List<NameValue> parameters_;
  List<std::string_view> supported_;
  List<std::string_view> route_;
  List<std::string_view> snapshots_;
  List<Credentials> credentials_;
  List<NameValue>* named_ = nullptr;  // where the last name went
};

}  // namespace sipreg::bridge
