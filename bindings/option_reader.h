// Takes the field lists apart that the host writes (see Field).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fields.h"
#include "sipreg/options.h"

namespace sipreg::bridge {

// Conversions of a double that is out of range are undefined, and trap in
// WebAssembly: whatever the host passes becomes the nearest number, NaN the
// lowest one.
[[nodiscard]] Millis to_millis(double value);
[[nodiscard]] std::uint32_t to_u32(double value);

// One walk over the entries of a field list. Stops at bytes that are no entry.
class FieldReader {
 public:
  explicit FieldReader(std::span<const char> bytes)
      : rest_(bytes.data(), bytes.size()) {}

  [[nodiscard]] bool next();

  [[nodiscard]] Field field() const { return field_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] double number() const;
  [[nodiscard]] bool flag() const { return number() != 0; }

 private:
  std::string_view rest_;
  Field field_{};
  std::string_view text_;
};

// Makes options of field lists. The views in them point into `bytes` and into
// the reader's own lists, and die with the next read.
class OptionReader {
 public:
  struct Client {
    ClientOptions options;
    std::string_view entropy;
  };

  [[nodiscard]] static Client client(std::span<const char> bytes);
  [[nodiscard]] RegistrationOptions registration(std::span<const char> bytes);
  [[nodiscard]] UpdateOptions update(std::span<const char> bytes);
  // Everything but the kind.
  [[nodiscard]] Call call(std::span<const char> bytes);
  [[nodiscard]] std::span<const Credentials> credentials(
      std::span<const char> bytes);

 private:
  void clear();
  bool read_list(const FieldReader& in);

  std::vector<NameValue> headers_;
  std::vector<NameValue> uri_parameters_;
  std::vector<NameValue> parameters_;
  std::vector<std::string_view> supported_;
  std::vector<std::string_view> route_;
  std::vector<Credentials> credentials_;
  std::vector<NameValue>* named_ = nullptr;  // where the last name went
};

}  // namespace sipreg::bridge
