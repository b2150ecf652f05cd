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

std::uint8_t to_u8(double value) {
  return saturate<std::uint8_t>(value, 0, 255);
}

bool read_push(const FieldReader& in, PushOptions& push) {
  switch (in.field()) {
    case Field::push_provider:
      push.provider = in.text();
      return true;
    case Field::push_prid:
      push.prid = in.text();
      return true;
    case Field::push_param:
      push.param = in.text();
      return true;
    default:
      return false;
  }
}

bool read_refresh(const FieldReader& in, RefreshOptions& refresh) {
  switch (in.field()) {
    case Field::refresh_policy:
      refresh.policy = static_cast<RefreshPolicy>(to_u8(in.number()));
      return true;
    case Field::refresh_value:
      refresh.value = in.number();
      return true;
    default:
      return false;
  }
}

bool read_digest(const FieldReader& in, DigestOptions& digest) {
  switch (in.field()) {
    case Field::digest_policy:
      digest.policy = static_cast<ChallengePolicy>(to_u8(in.number()));
      return true;
    case Field::digest_algorithms:
      digest.algorithms = to_u8(in.number());
      return true;
    case Field::digest_require_mutual:
      digest.require_mutual = in.flag();
      return true;
    default:
      return false;
  }
}

bool read_address(const FieldReader& in, RegistrationOptions& options) {
  switch (in.field()) {
    case Field::aor:
      options.aor = in.text();
      return true;
    case Field::registrar:
      options.registrar = in.text();
      return true;
    case Field::from:
      options.from = in.text();
      return true;
    case Field::display_name:
      options.display_name = in.text();
      return true;
    case Field::contact_user:
      options.contact.user = in.text();
      return true;
    case Field::contact_display_name:
      options.contact.display_name = in.text();
      return true;
    case Field::contact_q:
      options.contact.q = in.number();
      return true;
    default:
      return false;
  }
}

void read_policy(const FieldReader& in, RegistrationOptions& options) {
  switch (in.field()) {
    case Field::expires:
      options.expires = to_u32(in.number());
      break;
    case Field::outbound:
      options.outbound = in.flag();
      break;
    case Field::reg_id:
      options.reg_id = to_u32(in.number());
      break;
    case Field::gruu:
      options.gruu = in.flag();
      break;
    case Field::retry:
      options.retry = in.flag();
      break;
    case Field::has_credentials:
      options.has_credentials = in.flag();
      break;
    default:
      break;
  }
}

void read_client(const FieldReader& in, ClientOptions& options) {
  switch (in.field()) {
    case Field::servers:
      options.servers = to_u32(in.number());
      break;
    case Field::user_agent:
      options.user_agent = in.text();
      break;
    case Field::instance_id:
      options.instance_id = in.text();
      break;
    case Field::connect_timeout:
      options.connect_timeout = to_millis(in.number());
      break;
    case Field::transaction_timeout:
      options.transaction_timeout = to_millis(in.number());
      break;
    case Field::credentials_timeout:
      options.credentials_timeout = to_millis(in.number());
      break;
    case Field::reconnect_policy:
      options.reconnect = static_cast<ReconnectPolicy>(to_u8(in.number()));
      break;
    case Field::reconnect_base:
      options.reconnect_base = to_millis(in.number());
      break;
    case Field::reconnect_max:
      options.reconnect_max = to_millis(in.number());
      break;
    default:
      break;
  }
}

void read_credentials(const FieldReader& in, Credentials& credentials) {
  switch (in.field()) {
    case Field::username:
      credentials.username = in.text();
      break;
    case Field::password:
      credentials.password = in.text();
      credentials.has_password = true;
      break;
    case Field::ha1_md5:
      credentials.ha1_md5 = in.text();
      break;
    case Field::ha1_sha256:
      credentials.ha1_sha256 = in.text();
      break;
    case Field::ha1_sha512_256:
      credentials.ha1_sha512_256 = in.text();
      break;
    case Field::token:
      credentials.token = in.text();
      break;
    case Field::token_expires_at:
      credentials.expires_at = to_millis(in.number());
      break;
    case Field::realm:
      credentials.realm = in.text();
      credentials.has_realm = true;
      break;
    default:
      break;
  }
}

}  // namespace

Millis to_millis(double value) {
  constexpr double limit = 9007199254740991.0;  // 2^53 - 1
  return saturate<Millis>(value, -limit, limit);
}

std::uint32_t to_u32(double value) {
  return saturate<std::uint32_t>(value, 0, 4294967295.0);
}

bool FieldReader::next() {
  std::array<std::uint32_t, 2> head;
  if (rest_.size() < sizeof head) return false;
  std::memcpy(head.data(), rest_.data(), sizeof head);
  rest_.remove_prefix(sizeof head);
  if (head[1] > rest_.size()) return false;
  field_ = static_cast<Field>(head[0]);
  text_ = rest_.substr(0, head[1]);
  const std::size_t padded = (std::size_t{head[1]} + 3) / 4 * 4;
  rest_.remove_prefix(std::min(padded, rest_.size()));
  return true;
}

double FieldReader::number() const {
  double value = 0;
  if (text_.size() == sizeof value) {
    std::memcpy(&value, text_.data(), sizeof value);
  }
  return value;
}

OptionReader::Client OptionReader::client(std::span<const char> bytes) {
  Client client;
  FieldReader in(bytes);
  while (in.next()) {
    if (in.field() == Field::entropy) client.entropy = in.text();
    read_client(in, client.options);
  }
  return client;
}

RegistrationOptions OptionReader::registration(std::span<const char> bytes) {
  RegistrationOptions options;
  clear();
  FieldReader in(bytes);
  while (in.next()) {
    if (read_list(in) || read_address(in, options) ||
        read_push(in, options.push) || read_digest(in, options.digest) ||
        read_refresh(in, options.refresh)) {
      continue;
    }
    read_policy(in, options);
  }
  options.contact.uri_parameters = uri_parameters_;
  options.contact.parameters = parameters_;
  options.headers = headers_;
  options.supported = supported_;
  options.route = route_;
  return options;
}

UpdateOptions OptionReader::update(std::span<const char> bytes) {
  UpdateOptions options;
  PushOptions push;
  RefreshOptions refresh;
  bool headers = false;
  bool supported = false;
  clear();
  FieldReader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case Field::display_name:
        options.display_name = in.text();
        break;
      case Field::retry:
        options.retry = in.flag();
        break;
      case Field::replace_headers:
        headers = true;
        break;
      case Field::replace_supported:
        supported = true;
        break;
      default:
        if (read_push(in, push)) options.push = push;
        if (read_refresh(in, refresh)) options.refresh = refresh;
        read_list(in);
    }
  }
  if (headers) options.headers = headers_;
  if (supported) options.supported = supported_;
  return options;
}

Call OptionReader::call(std::span<const char> bytes) {
  Call call;
  clear();
  FieldReader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case Field::expires:
        call.expires = to_u32(in.number());
        break;
      case Field::force:
        call.force = in.flag();
        break;
      case Field::uri:
        call.uri = in.text();
        break;
      default:
        read_list(in);
    }
  }
  call.headers = headers_;
  call.supported = supported_;
  return call;
}

std::span<const Credentials> OptionReader::credentials(
    std::span<const char> bytes) {
  credentials_.clear();
  FieldReader in(bytes);
  while (in.next()) {
    if (in.field() == Field::credentials) {
      credentials_.emplace_back();
    } else if (!credentials_.empty()) {
      read_credentials(in, credentials_.back());
    }
  }
  return credentials_;
}

// The lists are cleared, not freed: their capacity serves the next read. Views
// into them are taken once they are complete.
void OptionReader::clear() {
  headers_.clear();
  uri_parameters_.clear();
  parameters_.clear();
  supported_.clear();
  route_.clear();
  named_ = nullptr;
}

bool OptionReader::read_list(const FieldReader& in) {
  switch (in.field()) {
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
      supported_.push_back(in.text());
      return true;
    case Field::route:
      route_.push_back(in.text());
      return true;
    case Field::value:
      if (named_ == nullptr) return true;
      named_->back().value = in.text();
      named_->back().flag = false;
      return true;
    default:
      return false;
  }
  named_->push_back({in.text(), {}, true});
  return true;
}

}  // namespace sipreg::bridge
