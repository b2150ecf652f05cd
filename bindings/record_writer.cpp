#include "record_writer.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "message/scan.h"

namespace sipreg::bridge {
namespace {

constexpr std::uint32_t bits(Flag flag) {
  return static_cast<std::uint32_t>(flag);
}

constexpr std::uint32_t bits(bool set, Flag flag) {
  return set ? bits(flag) : 0;
}

void append_decimal(std::string& out, std::uint32_t number) {
  std::array<char, 10> digits;
  auto at = digits.end();
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out.append(at, digits.end());
}

}  // namespace

void RecordWriter::clear() {
  records_.clear();
  blob_.clear();
  rows_length_ = 0;
}

void RecordWriter::append(const Output& output) {
  Record record;
  record.kind = static_cast<std::uint32_t>(output.kind);
  record.registration = output.registration;
  record.flow = output.flow;
  record.offset = static_cast<std::uint32_t>(blob_.size());
  switch (output.kind) {
    case OutputKind::none:
      return;
    case OutputKind::connect:
      record.code = output.server;
      break;
    case OutputKind::disconnect:
      record.code = output.close_code;
      break;
    case OutputKind::transmit:
      record.flags = bits(output.text, Flag::text);
      append_bytes(output.bytes, record);
      break;
    case OutputKind::trace:
      record.flags = bits(output.incoming, Flag::incoming);
      append_bytes(output.bytes, record);
      break;
    case OutputKind::connection:
      record.reference = output.server;
      record.flow = output.close_code;
      record.code = static_cast<std::uint32_t>(output.connection);
      record.x = static_cast<double>(output.retry_at);
      break;
    case OutputKind::registration:
      record.code = static_cast<std::uint32_t>(output.state);
      record.flags = bits(output.bound, Flag::bound);
      record.x = static_cast<double>(output.expires_at);
      record.y = static_cast<double>(output.refresh_at);
      record.z = static_cast<double>(output.retry_at);
      break;
    case OutputKind::registered:
    case OutputKind::refreshed:
    case OutputKind::operation_done:
      record.reference = output.operation;
      record.flags = bits(output.confirmed, Flag::confirmed) |
                     bits(output.sent, Flag::sent);
      if (output.success != nullptr) append_success(*output.success, record);
      break;
    case OutputKind::unregistered:
      record.code = static_cast<std::uint32_t>(output.reason);
      record.flags = bits(output.confirmed, Flag::confirmed);
      break;
    case OutputKind::retry:
    case OutputKind::failed:
    case OutputKind::operation_failed:
      append_failure(output.failure, record);
      record.reference =
          output.kind == OutputKind::retry ? output.attempt : output.operation;
      if (output.retry_at != 0) {
        record.x = static_cast<double>(output.retry_at);
      }
      break;
    case OutputKind::warning:
      append_row(Row::code, output.warning);
      append_row(Row::message, output.bytes);
      end_rows(record);
      break;
    case OutputKind::credentials_wanted:
      record.reference = output.challenge;
      if (output.challenge_info != nullptr) {
        append_challenge(*output.challenge_info, record);
      }
      break;
  }
  records_.push_back(record);
}

void RecordWriter::append_success(const Success& success, Record& record) {
  record.code = static_cast<std::uint32_t>(success.response.status);
  record.flags = bits(success.outbound, Flag::outbound) |
                 bits(success.authenticated, Flag::authenticated) |
                 bits(success.bearer, Flag::bearer) |
                 bits(success.mutual, Flag::mutual) |
                 std::uint32_t{success.algorithm} << flags_shift;
  record.x = success.expires;
  record.y = static_cast<double>(success.expires_at);
  append_row(Row::contact, success.contact);
  append_present(Row::pub_gruu, success.pub_gruu);
  append_present(Row::temp_gruu, success.temp_gruu);
  for (const auto& each : success.service_route) {
    append_row(Row::service_route, each);
  }
  for (const auto& each : success.path) append_row(Row::path, each);
  for (const auto& each : success.associated_uris) {
    append_row(Row::associated_uri, each);
  }
  if (success.authenticated) append_row(Row::realm, success.realm);
  for (const Binding& each : success.bindings) append_binding(each);
  append_response(success.response);
  end_rows(record);
}

void RecordWriter::append_failure(const Failure& failure, Record& record) {
  record.code = static_cast<std::uint32_t>(failure.code);
  record.flags = bits(failure.retryable, Flag::retryable) |
                 bits(failure.retry_after.has_value(), Flag::retry_after);
  record.x = static_cast<double>(failure.retry_at);
  record.y = failure.response.status;
  record.z = failure.retry_after.value_or(0);
  append_row(Row::message, failure.message);
  append_response(failure.response);
  end_rows(record);
}

void RecordWriter::append_challenge(const ChallengeInfo& info, Record& record) {
  // One nibble an algorithm, its number plus one, the first one lowest.
  for (std::uint32_t i = info.algorithm_count; i > 0; --i) {
    record.code = record.code << 4 | (info.algorithms[i - 1] + 1u);
  }
  record.flags = bits(info.proxy, Flag::proxy) |
                 bits(info.has_realm, Flag::has_realm) |
                 bits(info.bearer, Flag::bearer) |
                 static_cast<std::uint32_t>(info.previous) << flags_shift;
  append_row(Row::realm, info.realm);
  append_present(Row::scope, info.scope);
  append_present(Row::authz_server, info.authz_server);
  append_present(Row::error, info.error);
  end_rows(record);
}

void RecordWriter::append_binding(const Binding& binding) {
  append_row(Row::binding, binding.uri);
  if (!binding.display_name.empty()) {
    append_unescaped(Row::binding_display_name, binding.display_name);
  }
  if (binding.expires) append_row(Row::binding_expires, *binding.expires);
  if (binding.q_thousandths) {
    append_row(Row::binding_q, *binding.q_thousandths);
  }
  append_present(Row::binding_instance_id, binding.instance_id);
  if (binding.reg_id != 0) append_row(Row::binding_reg_id, binding.reg_id);
  if (binding.own) append_row(Row::binding_own, std::string_view{});
  std::string_view rest = binding.parameters;
  message::Parameter parameter;
  while (message::next_parameter(rest, ';', parameter)) {
    append_row(Row::parameter, parameter.name);
    if (parameter.has_value) {
      append_unescaped(Row::value, message::strip_quotes(parameter.value));
    }
  }
}

void RecordWriter::append_response(const Response& response) {
  if (response.status == 0) return;
  append_row(Row::reason, response.reason);
  for (const HeaderField& each : response.headers) {
    append_row(Row::header, each.name);
    append_row(Row::value, each.value);
  }
}

void RecordWriter::append_row(Row row, std::string_view text) {
  blob_ += static_cast<char>(row);
  const std::size_t start = blob_.size();
  blob_ += text;
  std::replace(blob_.begin() + static_cast<std::ptrdiff_t>(start), blob_.end(),
               '\n', ' ');
  blob_ += '\n';
}

void RecordWriter::append_row(Row row, std::uint32_t number) {
  blob_ += static_cast<char>(row);
  append_decimal(blob_, number);
  blob_ += '\n';
}

void RecordWriter::append_present(Row row, std::string_view text) {
  if (!text.empty()) append_row(row, text);
}

// The inside of a quoted string without its quoted-pairs (RFC 3261 section
// 25.1).
void RecordWriter::append_unescaped(Row row, std::string_view escaped) {
  blob_ += static_cast<char>(row);
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\\' && i + 1 < escaped.size()) ++i;
    blob_ += escaped[i] == '\n' ? ' ' : escaped[i];
  }
  blob_ += '\n';
}

void RecordWriter::append_bytes(std::string_view bytes, Record& record) {
  blob_ += bytes;
  record.length = static_cast<std::uint32_t>(bytes.size());
}

// An event and the call that it completes say the same: then the second record
// points at the first one's rows, and the host decodes them once.
void RecordWriter::end_rows(Record& record) {
  record.length = static_cast<std::uint32_t>(blob_.size()) - record.offset;
  const std::string_view all = blob_;
  const std::string_view rows = all.substr(record.offset);
  if (rows_length_ != 0 && all.substr(rows_offset_, rows_length_) == rows) {
    blob_.resize(record.offset);
    record.offset = rows_offset_;
  }
  rows_offset_ = record.offset;
  rows_length_ = record.length;
}

}  // namespace sipreg::bridge
