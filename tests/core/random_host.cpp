#include "random_host.h"

#include <limits>

#include "auth/digest.h"
#include "random_server.h"

namespace sipreg::testing {
namespace {

constexpr std::string_view usernames[] = {"", "alice", "b\"o\\b"};

std::string escaped(std::string_view plain) {
  std::string text;
  for (const char c : plain) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string_view RandomHost::keep(std::string text) {
  return texts_.emplace_back(std::move(text));
}

std::string_view RandomHost::text(std::size_t longest) {
  return keep(choices_.text(longest));
}

std::span<const NameValue> RandomHost::pairs() {
  std::vector<NameValue>& list = pairs_.emplace_back();
  for (std::uint32_t n = choices_.pick(3); n > 0; --n) {
    static constexpr NameValue plain[] = {
        {"X-App", "1", false}, {"ob", "", true}, {"a", "b c", false}};
    list.push_back(choices_.once_in(2)
                       ? choices_.one_of(plain)
                       : NameValue{text(), text(), choices_.once_in(3)});
  }
  return list;
}

std::span<const std::string_view> RandomHost::tags() {
  static constexpr std::string_view known[] = {"100rel", "x", "path"};
  std::vector<std::string_view>& list = lists_.emplace_back();
  for (std::uint32_t n = choices_.pick(3); n > 0; --n) {
    list.push_back(choices_.once_in(4) ? text() : choices_.one_of(known));
  }
  return list;
}

std::span<const std::string_view> RandomHost::route() {
  std::vector<std::string_view>& list = lists_.emplace_back();
  if (choices_.once_in(6)) {
    list.push_back(choices_.once_in(2) ? text() : "<sip:edge.example;lr>");
  }
  return list;
}

std::uint32_t RandomHost::lifetime() {
  static constexpr std::uint32_t special[] = {0,     1,        5,
                                              86400, 1u << 31, 0xffffffff};
  return choices_.once_in(4) ? choices_.one_of(special)
                             : 1 + choices_.pick(1'200);
}

ContactOptions RandomHost::contact() {
  ContactOptions contact;
  if (choices_.once_in(3)) contact.user = choices_.once_in(2) ? text() : "bob";
  if (choices_.once_in(4)) contact.display_name = text();
  if (choices_.once_in(4)) contact.q = choices_.pick(1'200) / 1'000.0;
  if (choices_.once_in(4)) contact.uri_parameters = pairs();
  if (choices_.once_in(4)) contact.parameters = pairs();
  return contact;
}

PushOptions RandomHost::push() {
  PushOptions push;
  if (choices_.once_in(2)) push.provider = "webpush";
  if (choices_.once_in(2)) push.prid = text();
  if (choices_.once_in(3)) push.param = text();
  return push;
}

DigestOptions RandomHost::digest() {
  DigestOptions digest;
  if (choices_.once_in(2)) digest.policy = ChallengePolicy::strongest;
  if (choices_.once_in(4)) {
    digest.algorithms = static_cast<AlgorithmSet>(choices_.pick(256));
  }
  digest.require_mutual = choices_.once_in(6);
  return digest;
}

RefreshOptions RandomHost::refresh() {
  static constexpr double values[] = {0,
                                      1,
                                      50,
                                      99,
                                      5,
                                      3'600,
                                      4294967295.0,
                                      1e300,
                                      -1,
                                      std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::quiet_NaN()};
  RefreshOptions refresh;
  refresh.policy = static_cast<RefreshPolicy>(choices_.pick(4));
  refresh.value = choices_.one_of(values);
  return refresh;
}

ClientOptions RandomHost::client() {
  ClientOptions options;
  options.servers = 1 + choices_.pick(3);
  options.reconnect = static_cast<ReconnectPolicy>(choices_.pick(3));
  if (choices_.once_in(4)) options.connect_timeout = 600'000;
  if (choices_.once_in(4)) options.transaction_timeout = 4'000;
  if (choices_.once_in(4)) options.credentials_timeout = 5'000;
  if (choices_.once_in(4)) options.reconnect_base = 1 + choices_.pick(5'000);
  if (choices_.once_in(4)) options.reconnect_max = 1 + choices_.pick(60'000);
  KeepAliveOptions& keep_alive = options.keep_alive;
  keep_alive.on = !choices_.once_in(4);
  if (choices_.once_in(3)) keep_alive.interval = 1 + choices_.pick(60'000);
  if (choices_.once_in(4)) keep_alive.pong_timeout = 1 + choices_.pick(60'000);
  keep_alive.method = static_cast<KeepAliveMethod>(choices_.pick(3));
  return options;
}

RegistrationOptions RandomHost::registration() {
  static constexpr std::string_view aors[] = {
      "sip:alice@example.com", "sip:alice@EXAMPLE.com", "sip:bob@example.com",
      "sips:alice@example.com"};
  static constexpr std::string_view registrars[] = {"sip:registrar.example.com",
                                                    "sips:example.com",
                                                    "sip:[2001:db8::1]:5070"};
  RegistrationOptions options;
  options.aor = choices_.once_in(8) ? text() : choices_.one_of(aors);
  if (choices_.once_in(4)) {
    options.registrar =
        choices_.once_in(3) ? text() : choices_.one_of(registrars);
  }
  if (choices_.once_in(8)) {
    options.from = choices_.once_in(2) ? text() : "sip:admin@example.com";
  }
  if (choices_.once_in(8)) options.display_name = text();
  options.expires = lifetime();
  if (choices_.once_in(3)) options.contact = contact();
  if (choices_.once_in(4)) options.headers = pairs();
  if (choices_.once_in(4)) options.supported = tags();
  options.route = route();
  options.outbound = !choices_.once_in(3);
  if (choices_.once_in(6)) options.reg_id = choices_.pick(3);
  if (choices_.once_in(3)) options.flows = choices_.pick(4);
  options.gruu = !choices_.once_in(3);
  if (choices_.once_in(6)) options.push = push();
  if (choices_.once_in(3)) options.digest = digest();
  if (choices_.once_in(3)) options.refresh = refresh();
  options.retry = !choices_.once_in(5);
  options.has_credentials = !choices_.once_in(4);
  return options;
}

UpdateOptions RandomHost::update() {
  UpdateOptions options;
  if (choices_.once_in(3)) options.push = push();
  if (choices_.once_in(3)) options.headers = pairs();
  if (choices_.once_in(3)) options.supported = tags();
  if (choices_.once_in(3)) options.display_name = text();
  if (choices_.once_in(3)) options.refresh = refresh();
  if (choices_.once_in(3)) options.retry = choices_.once_in(2);
  return options;
}

Call RandomHost::call() {
  static constexpr CallKind kinds[] = {
      CallKind::register_,     CallKind::register_,      CallKind::register_,
      CallKind::refresh,       CallKind::refresh,        CallKind::unregister,
      CallKind::unregister,    CallKind::unregister_all, CallKind::query,
      CallKind::remove_binding};
  Call call;
  call.kind = choices_.one_of(kinds);
  call.force = choices_.once_in(8);
  if (choices_.once_in(4)) call.expires = lifetime();
  if (choices_.once_in(5)) call.headers = pairs();
  if (choices_.once_in(5)) call.supported = tags();
  if (call.kind == CallKind::remove_binding) {
    call.uri = choices_.once_in(2) ? text() : "sip:x@192.0.2.1;transport=ws";
  }
  return call;
}

// Hexadecimal, and nobody's but this run's.
std::string RandomHost::ha1(std::size_t size) const {
  std::string text = choices_.name();
  text.resize(size, 'a');
  return text;
}

Credentials RandomHost::credential(Millis wall) {
  Credentials credentials;
  credentials.username = choices_.one_of(usernames);
  if (choices_.once_in(3)) {
    credentials.has_realm = true;
    credentials.realm =
        choices_.once_in(4) ? std::string_view("*") : choices_.one_of(realms);
  }
  switch (choices_.pick(6)) {
    case 0:
      credentials.ha1_md5 = keep(ha1(32));
      credentials.ha1_sha256 = keep(ha1(64));
      credentials.has_realm = true;
      break;
    case 1:
      credentials.token = keep(token());
      if (choices_.once_in(2)) {
        credentials.expires_at = wall + choices_.pick(1'000) * 1'000;
      }
      break;
    case 2:
      credentials.password = text();
      credentials.token = text();
      credentials.ha1_sha512_256 = text();
      credentials.has_password = choices_.once_in(2);
      break;
    default:
      credentials.password = password_;
      credentials.has_password = true;
  }
  return credentials;
}

std::vector<Credentials> RandomHost::credentials(Millis wall) {
  std::vector<Credentials> list;
  for (std::uint32_t n = choices_.pick(4); n > 0; --n) {
    list.push_back(credential(wall));
  }
  return list;
}

std::vector<std::string> RandomHost::secrets() const {
  std::vector<std::string> list = {password_, ha1(32), ha1(64)};
  for (const auto function :
       {auth::HashFunction::md5, auth::HashFunction::sha256,
        auth::HashFunction::sha512_256}) {
    for (const std::string_view realm : realms) {
      list.emplace_back(
          auth::make_ha1(function, "alice", escaped(realm), password_).view());
    }
  }
  return list;
}

}  // namespace sipreg::testing
