#include "record_writer.h"

#include "auth/challenge.h"
#include "message/scan.h"
#include "wipe.h"

namespace sipreg::bridge {
namespace {

// The names that the host's users know, in the order of FailureCode,
// UnregisteredReason and ChallengeInfo::Previous.
constexpr std::string_view failure_codes[] = {
    "rejected", "auth-failed", "interval", "timeout",  "transport",
    "protocol", "removed",     "closed",   "cancelled"};
constexpr std::string_view unregistered_reasons[] = {"user", "expired",
                                                     "rejected", "cleared"};
constexpr std::string_view previous_outcomes[] = {"", "rejected", "stale",
                                                  "expired"};

template <typename Enum>
std::string_view name(std::span<const std::string_view> names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

std::string_view algorithm_name(DigestAlgorithm algorithm) {
  return auth::name_of(static_cast<auth::Algorithm>(algorithm));
}

}  // namespace

void RecordWriter::clear(std::string_view frame) {
  records_.clear();
  blob_.wipe();  // frames may carry a bearer token
  frame_ = frame;
  last_ = {};
}

void RecordWriter::append(const Output& output) {
  Record record;
  record.kind = static_cast<std::uint32_t>(output.kind);
  record.registration = output.registration;
  record.reference = output.operation;
  record.flow = output.flow;
  record.offset = static_cast<std::uint32_t>(blob_.size());
  switch (output.kind) {
    case OutputKind::none:
      return;
    case OutputKind::connect:
      record.code = output.server;
      break;
    case OutputKind::disconnect:
    case OutputKind::credentials_settled:
      break;
    case OutputKind::transmit:
    case OutputKind::trace:
      record.flag =
          output.kind == OutputKind::trace ? output.incoming : output.text;
      record.length = static_cast<std::uint32_t>(output.bytes.size());
      blob_ += output.bytes;
      break;
    case OutputKind::connection:
      record.reference = output.server;
      record.flow = output.close_code;
      record.code = static_cast<std::uint32_t>(output.connection);
      record.x = static_cast<double>(output.retry_at);
      break;
    case OutputKind::registration:
      record.code = static_cast<std::uint32_t>(output.state);
      record.flag = output.bound;
      record.x = static_cast<double>(output.expires_at);
      record.y = static_cast<double>(output.refresh_at);
      record.z = static_cast<double>(output.retry_at);
      break;
    case OutputKind::flow:
      record.reference = output.reg_id;
      record.code = output.server;
      record.flag = output.connected;
      record.x = static_cast<double>(output.expires_at);
      break;
    case OutputKind::snapshot:
    case OutputKind::channel:
    case OutputKind::channel_message:
      record.reference = output.kind == OutputKind::snapshot
                             ? output.flow_number
                             : output.channel;
      record.code = output.server;
      record.flag = 1;
      record.length = static_cast<std::uint32_t>(output.bytes.size());
      blob_ += output.bytes;
      break;
    default:
      append_json(output, record);
  }
  records_.push_back(record);
}

void RecordWriter::append_json(const Output& output, Record& record) {
  if (output.success != nullptr) {
    append_success(*output.success, record);
    return;
  }
  json_.start('{');
  switch (output.kind) {
    case OutputKind::operation_done:
      json_.key("sent").boolean(output.sent);
      json_.key("confirmed").boolean(output.confirmed);
      break;
    case OutputKind::unregistered:
      json_.key("reason").text(name(unregistered_reasons, output.reason));
      json_.key("confirmed").boolean(output.confirmed);
      break;
    case OutputKind::retry:
      record.reference = output.attempt;
      [[fallthrough]];
    case OutputKind::failed:
    case OutputKind::operation_failed:
      record.code = static_cast<std::uint32_t>(output.failure.code);
      record.flag = output.sent;
      append_failure(output.failure);
      break;
    case OutputKind::warning:
      json_.key("code").text(output.warning);
      json_.key("message").text(output.bytes);
      break;
    case OutputKind::request:
      if (output.request != nullptr) {
        record.reference = output.request->id;
        append_request(*output.request);
      }
      break;
    case OutputKind::credentials_wanted:
      record.reference = output.challenge;
      if (output.challenge_info != nullptr) {
        append_challenge(*output.challenge_info);
      }
      break;
    default:
      break;
  }
  json_.close('}');
  end_json(record);
}

// What hosts look at often; the rest stays in the response, which is theirs to
// keep.
void RecordWriter::append_success(const Success& success, Record& record) {
  json_.start('[').number(success.expires);
  json_.number(static_cast<std::uint64_t>(success.expires_at));
  json_.text(success.contact);
  append_list(success.service_route);
  append_list(success.path);
  append_list(success.associated_uris);
  json_.boolean(success.outbound);
  if (success.authenticated) {
    json_.open('{').key("scheme").text(success.bearer ? "Bearer" : "Digest");
    if (!success.bearer) {
      json_.key("algorithm").text(algorithm_name(success.algorithm));
    }
    json_.key("realm").text(success.realm);
    json_.key("mutual").boolean(success.mutual).close('}');
  } else {
    json_.literal("null");
  }
  append_or_null(success.pub_gruu);
  append_or_null(success.temp_gruu);
  if (success.push) append_push(*success.push);
  json_.close(']');
  record.x = static_cast<std::uint32_t>(success.own_bindings);
  record.y = static_cast<std::uint32_t>(success.own_bindings >> 32);
  const bool whole = success.text.data() == frame_.data() &&
                     success.text.size() == frame_.size();
  record.z = whole ? 0 : static_cast<double>(success.text.size());
  end_json(record);
  if (record.offset + record.length == blob_.size() && !whole) {
    blob_ += success.text;
  }
}

void RecordWriter::append_push(const Success::Push& push) {
  json_.open('{').key("accepted").boolean(push.accepted);
  if (!push.vapid.empty()) json_.key("vapid").unescaped(push.vapid);
  if (push.pnsreg) json_.key("pnsreg").number(*push.pnsreg);
  json_.close('}');
}

void RecordWriter::append_details(const ResponseReader& reader) {
  json_.start('{').key("bindings").open('[');
  for (const Binding& each : reader.bindings()) append_binding(each);
  json_.close(']');
  append_response(reader.response());
  json_.close('}');
}

void RecordWriter::append_failure(const Failure& failure) {
  json_.key("message").text(failure.message);
  json_.key("code").text(name(failure_codes, failure.code));
  json_.key("retryable").boolean(failure.retryable);
  if (failure.retry_at != 0) {
    json_.key("retryAt").number(static_cast<std::uint64_t>(failure.retry_at));
  }
  if (failure.retry_after) json_.key("retryAfter").number(*failure.retry_after);
  append_response(failure.response);
}

void RecordWriter::append_challenge(const ChallengeInfo& info) {
  json_.key("scheme").text(info.bearer ? "Bearer" : "Digest");
  if (info.has_realm) json_.key("realm").text(info.realm);
  json_.key("proxy").boolean(info.proxy);
  if (info.algorithm_count > 0) {
    json_.key("algorithms").open('[');
    for (std::uint8_t i = 0; i < info.algorithm_count; ++i) {
      json_.text(algorithm_name(info.algorithms[i]));
    }
    json_.close(']');
  }
  json_.present("previous", name(previous_outcomes, info.previous));
  json_.present("scope", info.scope);
  json_.present("authzServer", info.authz_server);
  json_.present("error", info.error);
}

void RecordWriter::append_binding(const Binding& binding) {
  json_.open('{').key("uri").text(binding.uri);
  if (!binding.display_name.empty()) {
    json_.key("displayName").unescaped(binding.display_name);
  }
  json_.key("expires");
  binding.expires ? json_.number(*binding.expires) : json_.literal("null");
  json_.key("q");
  binding.q_thousandths ? json_.thousandths(*binding.q_thousandths)
                        : json_.literal("null");
  json_.present("instanceId", binding.instance_id);
  if (binding.reg_id != 0) json_.key("regId").number(binding.reg_id);
  json_.key("params").open('{');
  std::string_view rest = binding.parameters;
  message::Parameter parameter;
  while (message::next_parameter(rest, ';', parameter)) {
    json_.key(parameter.name);
    if (parameter.has_value) {
      json_.unescaped(message::strip_quotes(parameter.value));
    } else {
      json_.boolean(true);
    }
  }
  json_.close('}').key("own").boolean(binding.own).close('}');
}

void RecordWriter::append_response(const Response& response) {
  if (response.status == 0) return;
  json_.key("response").open('{');
  json_.key("status").number(static_cast<std::uint64_t>(response.status));
  json_.key("reason").text(response.reason);
  append_headers(response.headers);
  json_.close('}');
}

void RecordWriter::append_request(const IncomingRequest& request) {
  json_.key("method").text(request.method);
  json_.key("uri").text(request.uri);
  append_headers(request.headers);
  json_.key("body").text(request.body);
  json_.key("text").text(request.text);
}

void RecordWriter::append_headers(std::span<const HeaderField> headers) {
  json_.key("headers").open('[');
  for (const HeaderField& each : headers) {
    json_.open('[').text(each.name).text(each.value).close(']');
  }
  json_.close(']');
}

void RecordWriter::append_list(std::span<const std::string_view> list) {
  json_.open('[');
  for (const std::string_view each : list) json_.text(each);
  json_.close(']');
}

void RecordWriter::append_or_null(std::string_view text) {
  text.empty() ? json_.literal("null") : json_.text(text);
}

// An event and the call that it completes say the same: then the second record
// points at the first one's JSON, and the host parses it once.
void RecordWriter::end_json(Record& record) {
  record.length = static_cast<std::uint32_t>(blob_.size()) - record.offset;
  const std::string_view all = blob_;
  if (last_.length == record.length && last_.z == record.z &&
      all.substr(last_.offset, last_.length) == all.substr(record.offset)) {
    blob_.erase(record.offset);
    record.offset = last_.offset;
  }
  last_ = record;
}

}  // namespace sipreg::bridge
