// Writes the REGISTER (RFC 3261 section 10.2, RFC 5626 section 4.2, RFC 7118
// section 5).
#include <algorithm>
#include <span>

#include "message/uri.h"
#include "message/writer.h"
#include "registration/registration.h"
#include "wipe.h"

namespace sipreg::registration {
namespace {

constexpr std::uint32_t largest_cseq = 0x7fffffff;  // RFC 3261 8.1.1.5
constexpr std::size_t call_id_length = 32;
constexpr std::uint32_t cseq_reserve = 16;

void write_hex(message::Writer& out, std::uint32_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  char text[8];
  std::size_t begin = sizeof text;
  do {
    text[--begin] = digits[value & 15];
    value >>= 4;
  } while (value != 0);
  out.text({text + begin, sizeof text - begin});
}

}  // namespace

// A host that keeps snapshots need not write one for every request: a run of
// numbers is set aside, and the next life begins behind it. The next run is set
// aside while half of the last is left, for a host that takes its time to
// write.
void Registration::set_cseqs_aside() {
  if (!context_.snapshots || cseq_ + cseq_reserve / 2 <= reserved_cseq_) return;
  reserved_cseq_ = std::min(cseq_ + cseq_reserve, largest_cseq);
  const std::string_view host = settings_.contact_host();
  const Text text = write_snapshot(
      {settings_.reg_id, reserved_cseq_, call_id_, settings_.contact_token(),
       host.substr(0, host.find('.')), context_.instance_id});
  Output& output = context_.outbox.push(OutputKind::snapshot, text);
  output.registration = id_;
  output.flow_number = flow_number_;
}

void Registration::next_cseq() {
  if (cseq_ == largest_cseq) {
    // The sequence is used up: another Call-ID starts a new one.
    call_id_.clear();
    context_.entropy.append_token(call_id_, call_id_length);
    cseq_ = reserved_cseq_ = 0;
  }
  ++cseq_;
  set_cseqs_aside();
}

void Registration::restore(const Snapshot& snapshot) {
  call_id_ = snapshot.call_id;
  cseq_ = reserved_cseq_ = snapshot.cseq;
}

void Registration::begin_transaction(std::uint32_t asked) {
  next_cseq();
  context_.entropy.write_token(transaction_.branch);
  const Clock& clock = context_.clock;
  transaction_.active = true;
  transaction_.cseq = cseq_;
  transaction_.sent_at = clock.steady();
  transaction_.sent_lifetime = clock.lifetime();
  transaction_.timer_f = clock.steady() + context_.transaction_timeout;
  transaction_.asked = asked;
  transaction_.flow = connection_.flow();
}

void Registration::send_register() {
  Exchange& exchange = *current_;
  if (exchange.automatic()) automatic_sends_.note(context_.clock.steady());
  ++exchange.transactions;
  begin_transaction(exchange.unregisters() ? 0 : settings_.expires);

  message::Writer out(context_.request);
  out.text("REGISTER ").text(settings_.request_uri).text(" SIP/2.0\r\n");
  out.text(connection_.secure() ? "Via: SIP/2.0/WSS " : "Via: SIP/2.0/WS ");
  out.text(settings_.contact_host()).text(";branch=").text(branch_cookie);
  out.text(view(transaction_.branch));
  write_hex(out, id_);
  out.text("\r\n").text(settings_.route_rows);
  out.text("Max-Forwards: 70\r\nFrom: ");
  if (!settings_.display_name.empty()) {
    out.quoted(settings_.display_name).text(" ");
  }
  out.text("<").text(settings_.from_uri()).text(">;tag=").text(view(from_tag_));
  out.text("\r\nTo: <").text(settings_.aor).text(">\r\n");
  out.text("Call-ID: ").text(call_id_).text("\r\n");
  out.text("CSeq: ").number(transaction_.cseq).text(" REGISTER\r\n");
  write_contact(out, exchange, transaction_.asked);
  write_supported(out, exchange);
  out.text(context_.user_agent_row);
  if (!exchange.without_headers) out.text(settings_.header_rows);
  out.text(exchange.header_rows);
  authenticator_.write_authorizations(out, "REGISTER", settings_.request_uri,
                                      terms());
  out.text("Content-Length: 0\r\n\r\n");
  ++context_.statistics.registers;
  connection_.send(context_.request);
  context_.request.wipe();  // it may carry a bearer token
}

// Both forms of the lifetime, equal: some registrars read only the Contact's
// parameter, others only the header.
void Registration::write_contact(message::Writer& out, const Exchange& exchange,
                                 std::uint32_t expires) const {
  switch (exchange.kind) {
    case CallKind::query:
      return;
    case CallKind::unregister_all:
      out.text("Contact: *\r\nExpires: 0\r\n");
      return;
    case CallKind::remove_binding:
      out.text("Contact: <").text(exchange.uri).text(">;expires=0\r\n");
      out.text("Expires: 0\r\n");
      return;
    case CallKind::register_:
    case CallKind::refresh:
    case CallKind::unregister:
      break;
  }
  out.text("Contact: ").text(settings_.contact);
  const OwnContact own = own_contact(expires);
  if (!own.instance.empty()) {
    out.text(";+sip.instance=\"<").text(own.instance).text(">\"");
  }
  if (own.reg_id != 0) out.text(";reg-id=").number(own.reg_id);
  // It refreshes by itself, and need not be woken for it (RFC 8599 section
  // 4.1.4).
  if (settings_.push_length != 0 &&
      settings_.refresh.policy != RefreshPolicy::off) {
    out.text(";+sip.pnsreg");
  }
  out.text(";expires=").number(expires).text("\r\n");
  // A registrar that goes by the URI alone (RFC 3261 section 10.3) keeps the
  // old one beside the new.
  if (old_contact_ &&
      !message::equal_uris(*old_contact_, settings_.contact_uri())) {
    out.text("Contact: <").text(*old_contact_).text(">;expires=0\r\n");
  }
  out.text("Expires: ").number(expires).text("\r\n");
}

void Registration::write_supported(message::Writer& out,
                                   const Exchange& exchange) const {
  std::string_view separator = "Supported: ";
  const auto add = [&](bool wanted, std::string_view tag) {
    if (!wanted) return;
    out.text(separator).text(tag);
    separator = ", ";
  };
  add(uses(Extension::path), "path");
  add(uses(Extension::gruu), "gruu");
  add(uses(Extension::outbound), "outbound");
  for (std::string_view more : {std::string_view(settings_.supported),
                                std::string_view(exchange.supported)}) {
    if (!more.empty()) add(true, more.substr(2));  // behind its ", "
  }
  if (separator == ", ") out.end_of_row();
}

}  // namespace sipreg::registration
