// Turns the agent's outputs into records and one blob of bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fields.h"
#include "sipreg/output.h"

namespace sipreg::bridge {

// One output of the agent. Which members mean something follows from `kind`
// (OutputKind); the comments name the kinds that use a member.
struct Record {
  std::uint32_t kind = 0;
  std::uint32_t registration = 0;
  // operation_*: operation; connection: server; credentials_wanted: challenge;
  // retry: attempt
  std::uint32_t reference = 0;
  // connect, disconnect, transmit, trace: flow; connection: close code
  std::uint32_t flow = 0;
  // connect: server; disconnect: close code; connection and registration:
  // state; unregistered: reason; failures: FailureCode; successes: status;
  // credentials_wanted: algorithms
  std::uint32_t code = 0;
  std::uint32_t flags = 0;   // Flag
  std::uint32_t offset = 0;  // of the bytes in Outbox::blob
  std::uint32_t length = 0;
  // registration: expires_at, refresh_at, retry_at; connection: retry_at;
  // successes: expires, expires_at; failures: retry_at, status, retry_after
  double x = 0;
  double y = 0;
  double z = 0;
};

// Gathers records until clear(); what it allocated serves the next batch.
class RecordWriter {
 public:
  void clear();
  void append(const Output& output);

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  [[nodiscard]] std::string& blob() { return blob_; }

 private:
  void append_success(const Success& success, Record& record);
  void append_failure(const Failure& failure, Record& record);
  void append_challenge(const ChallengeInfo& info, Record& record);
  void append_binding(const Binding& binding);
  void append_response(const Response& response);
  void append_row(Row row, std::string_view text);
  void append_row(Row row, std::uint32_t number);
  void append_present(Row row, std::string_view text);
  void append_unescaped(Row row, std::string_view escaped);
  void append_bytes(std::string_view bytes, Record& record);
  void end_rows(Record& record);

  std::vector<Record> records_;
  std::string blob_;
  std::uint32_t rows_offset_ = 0;  // of the last rows in the blob
  std::uint32_t rows_length_ = 0;
};

}  // namespace sipreg::bridge
