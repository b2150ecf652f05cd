#include "option_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sipreg::bridge {
namespace {

template <typename Integer>
Integer saturate(double value, double low, double high) {
  if (!(value > low)) return static_cast<Integer>(low);  // NaN as well
  return static_cast<Integer>(std::min(value, high));
}

}  // namespace

Millis to_millis(double value) {
  constexpr double limit = 9007199254740991.0;  // 2^53 - 1
  return saturate<Millis>(value, -limit, limit);
}

std::uint32_t to_u32(double value) {
  return saturate<std::uint32_t>(value, 0, 4294967295.0);
}

// One walk over the entries; stops at bytes that are no entry. The lists are
// cleared, not freed: their capacity serves the next read.
void OptionReader::read(std::span<const char> bytes) {
  values_.fill({});
  headers_.clear();
  uri_parameters_.clear();
  parameters_.clear();
  supported_.clear();
  route_.clear();
  snapshots_.clear();
  credentials_.clear();
  named_ = nullptr;
  std::string_view rest(bytes.data(), bytes.size());
  std::array<std::uint32_t, 2> head;
  while (rest.size() >= sizeof head) {
    std::memcpy(head.data(), rest.data(), sizeof head);
    rest.remove_prefix(sizeof head);
    const auto [field, length] = head;
    if (length > rest.size()) return;
    const std::string_view value = rest.substr(0, length);
    if (field < field_count) {
      read_list(static_cast<Field>(field), value);
      values_[field] = value;
    }
    const std::size_t padded = (std::size_t{length} + 3) / 4 * 4;
    rest.remove_prefix(std::min(padded, rest.size()));
  }
}

void OptionReader::read_list(Field field, std::string_view value) {
  switch (field) {
    case Field::header:
      named_ = &headers_;
      break;
    case Field::contact_uri_parameter:
      named_ = &uri_parameters_;
      break;
    case Field::contact_parameter:
      named_ = &parameters_;
      break;
    case Field::supported:
      supported_.push_back(value);
      return;
    case Field::route:
      route_.push_back(value);
      return;
    case Field::snapshot:
      snapshots_.push_back(value);
      return;
    case Field::value:
      if (named_ == nullptr) return;
      named_->back().value = value;
      named_->back().flag = false;
      return;
    case Field::credentials:
      complete_credentials();
      credentials_.emplace_back();
      values_.fill({});
      return;
    default:
      return;
  }
  named_->push_back({value, {}, true});
}

bool OptionReader::has(Field field) const {
  return text(field).data() != nullptr;
}

std::string_view OptionReader::text(Field field) const {
  return values_[static_cast<std::size_t>(field)];
}

double OptionReader::number(Field field, double otherwise) const {
  const std::string_view bytes = text(field);
  if (bytes.size() == sizeof otherwise) {
    std::memcpy(&otherwise, bytes.data(), sizeof otherwise);
  }
  return otherwise;
}

std::uint32_t OptionReader::count(Field field, std::uint32_t otherwise) const {
  return to_u32(number(field, otherwise));
}

bool OptionReader::flag(Field field, bool otherwise) const {
  return number(field, otherwise ? 1 : 0) != 0;
}

PushOptions OptionReader::push() const {
  return {text(Field::push_provider), text(Field::push_prid),
          text(Field::push_param)};
}

RefreshOptions OptionReader::refresh() const {
  return {static_cast<RefreshPolicy>(count(Field::refresh_policy, 0)),
          number(Field::refresh_value, 0)};
}

ClientOptions OptionReader::client(std::span<const char> bytes) {
  read(bytes);
  ClientOptions options;
  const auto milliseconds = [this](Field field, Millis& value) {
    value = to_millis(number(field, static_cast<double>(value)));
  };
  options.servers = count(Field::servers, options.servers);
  options.user_agent = text(Field::user_agent);
  options.instance_id = text(Field::instance_id);
  milliseconds(Field::connect_timeout, options.connect_timeout);
  milliseconds(Field::transaction_timeout, options.transaction_timeout);
  milliseconds(Field::credentials_timeout, options.credentials_timeout);
  options.reconnect =
      static_cast<ReconnectPolicy>(count(Field::reconnect_policy, 0));
  milliseconds(Field::reconnect_base, options.reconnect_base);
  milliseconds(Field::reconnect_max, options.reconnect_max);
  options.snapshots = flag(Field::snapshots, false);
  KeepAliveOptions& keep_alive = options.keep_alive;
  keep_alive.on = flag(Field::keep_alive, keep_alive.on);
  milliseconds(Field::keep_alive_interval, keep_alive.interval);
  milliseconds(Field::pong_timeout, keep_alive.pong_timeout);
  keep_alive.method =
      static_cast<KeepAliveMethod>(count(Field::keep_alive_method, 0));
  return options;
}

RegistrationOptions OptionReader::registration(std::span<const char> bytes) {
  read(bytes);
  RegistrationOptions options;
  options.aor = text(Field::aor);
  options.registrar = text(Field::registrar);
  options.from = text(Field::from);
  options.display_name = text(Field::display_name);
  options.expires = count(Field::expires, options.expires);
  options.contact.user = text(Field::contact_user);
  options.contact.display_name = text(Field::contact_display_name);
  if (has(Field::contact_q)) options.contact.q = number(Field::contact_q, 0);
  options.contact.uri_parameters = uri_parameters_;
  options.contact.parameters = parameters_;
  options.headers = headers_;
  options.supported = supported_;
  options.route = route_;
  options.outbound = flag(Field::outbound, options.outbound);
  options.flows = count(Field::flows, options.flows);
  options.snapshots = snapshots_;
  if (has(Field::reg_id)) options.reg_id = count(Field::reg_id, 0);
  options.gruu = flag(Field::gruu, options.gruu);
  options.push = push();
  options.digest.policy =
      static_cast<ChallengePolicy>(count(Field::digest_policy, 0));
  options.digest.algorithms = static_cast<AlgorithmSet>(
      count(Field::digest_algorithms, options.digest.algorithms));
  options.digest.require_mutual = flag(Field::digest_require_mutual, false);
  options.refresh = refresh();
  options.retry = flag(Field::retry, options.retry);
  options.has_credentials = flag(Field::has_credentials, false);
  return options;
}

UpdateOptions OptionReader::update(std::span<const char> bytes) {
  read(bytes);
  UpdateOptions options;
  if (has(Field::display_name)) {
    options.display_name = text(Field::display_name);
  }
  if (has(Field::retry)) options.retry = flag(Field::retry, true);
  if (has(Field::push_provider)) options.push = push();
  if (has(Field::refresh_policy)) options.refresh = refresh();
  if (has(Field::replace_headers)) options.headers = headers_;
  if (has(Field::replace_supported)) options.supported = supported_;
  return options;
}

Call OptionReader::call(std::span<const char> bytes) {
  read(bytes);
  Call call;
  if (has(Field::expires)) call.expires = count(Field::expires, 0);
  call.force = flag(Field::force, false);
  call.uri = text(Field::uri);
  call.headers = headers_;
  call.supported = supported_;
  return call;
}

RequestAnswer OptionReader::answer(std::span<const char> bytes) {
  read(bytes);
  RequestAnswer answer;
  answer.status = static_cast<int>(count(Field::status, 0));
  answer.reason = text(Field::reason);
  answer.headers = headers_;
  answer.body = text(Field::body);
  return answer;
}

// The fields behind the last `credentials` are its members.
void OptionReader::complete_credentials() {
  if (credentials_.empty()) return;
  Credentials& element = credentials_.back();
  element.username = text(Field::username);
  element.password = text(Field::password);
  element.has_password = has(Field::password);
  element.ha1_md5 = text(Field::ha1_md5);
  element.ha1_sha256 = text(Field::ha1_sha256);
  element.ha1_sha512_256 = text(Field::ha1_sha512_256);
  element.token = text(Field::token);
  element.expires_at = to_millis(number(Field::token_expires_at, 0));
  element.realm = text(Field::realm);
  element.has_realm = has(Field::realm);
}

std::span<const Credentials> OptionReader::credentials(
    std::span<const char> bytes) {
  read(bytes);
  complete_credentials();
  return credentials_;
}

}  // namespace sipreg::bridge
