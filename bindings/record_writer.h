// Turns the agent's outputs into records and one blob of bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "fields.h"
#include "json_writer.h"
#include "list.h"
#include "sipreg/output.h"
#include "sipreg/response_reader.h"
#include "text.h"

namespace sipreg::bridge {

// One output of the agent. Which members mean something follows from `kind`
// (OutputKind); the comments name the kinds that use a member.
struct Record {
  std::uint32_t kind = 0;
  std::uint32_t registration = 0;
  // operation_*: operation; connection: server; credentials_wanted: challenge;
  // retry: attempt; flow: reg-id; snapshot: the flow's number; channel_*: the
  // channel; request: its number, 0 for an ACK
  std::uint32_t reference = 0;
  // connect, disconnect, transmit, trace, channel: flow; connection: close code
  std::uint32_t flow = 0;
  // connect, flow, channel: server; connection and registration: state;
  // failures: FailureCode
  std::uint32_t code = 0;
  // transmit: text; trace: incoming; registration: bound; flow: connected;
  // operation_failed: sent
  std::uint32_t flag = 0;
  // Where in the blob the bytes of transmit, trace, snapshot, channel and
  // channel_message are. All other kinds but connect to flow have JSON there,
  // an object as js/src/types.ts has it: what RegistrationError holds, with its
  // message; ChallengeInfo; the detail of unregistered and warning; what
  // unregister() resolves with; what an IncomingRequest says. Or, for a
  // success, the array [expires, expiresAt, contact, serviceRoute, path,
  // associatedUris, outbound, auth or null, pubGruu or null, tempGruu or null].
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  // registration: expires_at, refresh_at, retry_at; connection: retry_at; flow:
  // expires_at.
  // Successes: which of the response's bindings are ours, 32 bits each in x and
  // y; z: the length of the response, which then stands behind the JSON, or 0
  // when it is the whole frame that was received. See Bridge::read_response().
  double x = 0;
  double y = 0;
  double z = 0;
};

// Gathers records until clear(); what it allocated serves the next batch.
class RecordWriter {
 public:
  RecordWriter() = default;
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // Begins a batch: what came of this frame, if it came of one.
  void clear(std::string_view frame = {});
  void append(const Output& output);
  // JSON of what a response lists: {bindings, response}.
  void append_details(const ResponseReader& reader);

  [[nodiscard]] const List<Record>& records() const { return records_; }
  [[nodiscard]] Text& blob() { return blob_; }

 private:
  void append_json(const Output& output, Record& record);
  void append_success(const Success& success, Record& record);
  void append_push(const Success::Push& push);
  void append_failure(const Failure& failure);
  void append_challenge(const ChallengeInfo& info);
  void append_binding(const Binding& binding);
  void append_response(const Response& response);
  void append_request(const IncomingRequest& request);
  void append_headers(std::span<const HeaderField> headers);
  void append_list(std::span<const std::string_view> list);
  void append_or_null(std::string_view text);
  void end_json(Record& record);

  List<Record> records_;
  Text blob_;
  JsonWriter json_{blob_};
  std::string_view frame_;
  Record last_;  // the last one with JSON
};

}  // namespace sipreg::bridge
