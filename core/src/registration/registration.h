// One registration: its calls, its timers, its state (RFC 3261 section 10.2).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "auth/authenticator.h"
#include "context.h"
#include "message/codec.h"
#include "registration/automatic_sends.h"
#include "registration/exchange.h"
#include "registration/own_binding.h"
#include "registration/settings.h"
#include "registration/snapshot.h"
#include "sipreg/output.h"
#include "text.h"
#include "timer_heap.h"

namespace sipreg::registration {

// Random and constant: where many are kept, shorter than a Text.
using Token = std::array<char, 16>;

[[nodiscard]] inline std::string_view view(const Token& token) {
  return {token.data(), token.size()};
}

// The non-INVITE client transaction over a reliable transport (RFC 3261 section
// 17.1.2, RFC 7118 section 5): one frame, Timer F, no retransmission (Timer E)
// and no wait after the final response (Timer K is 0).
struct Transaction {
  bool active = false;
  std::uint32_t cseq = 0;
  Token branch{};      // the random part
  Millis sent_at = 0;  // steady
  Millis sent_lifetime = 0;
  Millis timer_f = no_deadline;  // steady
  std::uint32_t asked = 0;       // lifetime in seconds
  FlowId flow = 0;
};

// What the last 2xx granted for other requests than REGISTER (RFC 5626 section
// 4.3, RFC 5627 section 4.4, RFC 3608 section 6.1). It ends with the binding.
struct Grant {
  bool outbound = false;
  Text pub_gruu;
  Text temp_gruu;
  Text service_route;  // each behind a line feed
};

// What a request can do without when a server rejects it.
enum class Extension : std::uint8_t {
  path = 1,      // RFC 3327
  gruu = 2,      // RFC 5627
  outbound = 4,  // RFC 5626
};

// One operation sends no more than this, whatever it is asked for.
inline constexpr std::uint32_t max_transactions = 8;

// A server that asks for a longer silence is taken to be gone.
inline constexpr std::uint32_t longest_retry_after = 3'600;

inline constexpr std::string_view branch_cookie = "z9hG4bK";

class Registration {
 public:
  // `flow_number` is 0 but for the further flows of one account.
  Registration(Context& context, flow::Connection& connection,
               RegistrationId id, std::uint32_t flow_number,
               Settings&& settings);
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  [[nodiscard]] RegistrationId id() const { return id_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const flow::Connection& connection() const {
    return connection_;
  }
  // For an OPTIONS that keeps this account's flow alive.
  [[nodiscard]] flow::OptionsRequest options_request() const {
    return {settings_.request_uri, settings_.aor, settings_.contact_host()};
  }

  // The flows of the account, this one among them; they outlive it.
  void join(std::span<Registration* const> flows);
  [[nodiscard]] std::span<Registration* const> flows() const { return flows_; }
  // What the host calls the account: the first of its flows.
  [[nodiscard]] RegistrationId account() const {
    return flows_.empty() ? id_ : flows_.front()->id();
  }
  [[nodiscard]] bool is_temporary_gruu(std::string_view uri) const;
  // See OutputKind::channel.
  void describe_for_dialogs(Text& out) const;
  // A binding is held, and the flow that it was made over is up.
  [[nodiscard]] bool holds_on_flow() const;

  // Goes on where an earlier run ended.
  void restore(const Snapshot& snapshot);

  // --- what the host asks for
  void call(std::unique_ptr<Exchange> call, OperationId operation);
  // Another flow of the account removes all bindings: nothing is wanted here
  // any more, and, when that is done, nothing is held.
  void leave();
  void left(bool confirmed);
  // Ends every call with `code` and leaves the registration dead.
  void end(FailureCode code);
  Status update(const UpdateOptions& options);
  void reset_credentials(bool available);
  void provide_credentials(std::uint32_t challenge,
                           std::span<const Credentials> credentials);

  // --- what happened
  // True when the response belongs to the transaction in flight.
  [[nodiscard]] bool receive(const message::Message& response);
  void flow_up();
  void flow_down();
  void round_failed();
  // Refreshes now what is held, where nothing is under way. False: nothing was
  // sent.
  [[nodiscard]] bool refresh_early();
  void warn_of_idle_close();
  [[nodiscard]] bool awaits_answer() const { return transaction_.active; }
  // Another registration of this address of record removed all bindings.
  void cleared();
  void advance();
  // Tells the host the properties when they changed; the connection's state
  // shows in ours.
  void publish();
  void warn(std::string_view code, std::string_view message);

  // True once after a removal of all bindings of the address of record.
  [[nodiscard]] bool take_cleared_all() {
    return std::exchange(cleared_all_, false);
  }

  [[nodiscard]] bool wants_flow() const { return wanted_ || queue_; }
  // Steady; the earliest of all its timers.
  [[nodiscard]] Millis deadline() const;

  TimerHeap<Registration>::Timer timer{*this};
  Registration* next_sibling = nullptr;  // see Siblings

 private:
  // calls (calls.cpp)
  void enqueue(std::unique_ptr<Exchange> call);
  void enqueue_first(std::unique_ptr<Exchange> call);
  void enqueue_automatic();
  [[nodiscard]] std::unique_ptr<Exchange> dequeue();
  void want_nothing();
  void call_unregister(std::unique_ptr<Exchange> call);
  void cancel_waiting_registers();
  void start_next();
  void count_in();
  void start(std::unique_ptr<Exchange> exchange);
  void finish_unsent(std::unique_ptr<Exchange> exchange);
  void release(std::unique_ptr<Exchange> exchange);
  [[nodiscard]] bool is_asked_to_register() const;
  [[nodiscard]] bool is_asked_to_leave() const;
  [[nodiscard]] bool is_asked_for_anything() const;
  [[nodiscard]] bool must_be_sent(const Exchange& exchange) const;
  [[nodiscard]] bool is_held() const;
  [[nodiscard]] bool waits_for_hold() const;

  // requests (request.cpp)
  void send_register();
  void write_contact(message::Writer& out, const Exchange& exchange,
                     std::uint32_t expires) const;
  void write_supported(message::Writer& out, const Exchange& exchange) const;
  void begin_transaction(std::uint32_t asked);
  void next_cseq();
  void set_cseqs_aside();

  // responses (response.cpp)
  [[nodiscard]] bool is_ours(const message::Message& response) const;
  void final_response(const message::Message& response);
  void succeeded(const message::Message& response);
  void register_succeeded(const message::Message& response);
  void unregister_succeeded(const message::Message& response);
  void query_succeeded(const message::Message& response);
  void interval_too_brief(const message::Message& response);
  void rejected(const message::Message& response);
  void binding_missing(const message::Message& response);
  [[nodiscard]] std::uint32_t granted_lifetime(const message::Message& response,
                                               const OwnBinding& found) const;
  void warn_of(const OwnBinding& found, std::uint32_t granted,
               auth::DigestSession::Mutual mutual);
  void keep_grant(const Success& success);
  void settle_done(std::unique_ptr<Exchange> exchange, const Success* success);

  // repairs (repair.cpp)
  // True when the request was changed such that sending it again makes sense.
  [[nodiscard]] bool repair(const message::Message& response);
  [[nodiscard]] bool drop_additional_headers();
  [[nodiscard]] bool fails_over(const Failure& failure);
  [[nodiscard]] bool fall_back_to_sip();
  [[nodiscard]] bool drop_unsupported(const message::Message& response);
  [[nodiscard]] bool drop_extension(std::string_view tag);
  [[nodiscard]] bool restore_required(const message::Message& response);
  [[nodiscard]] bool is_configured(Extension extension) const;
  [[nodiscard]] bool uses(Extension extension) const {
    return is_configured(extension) &&
           (dropped_ & static_cast<std::uint8_t>(extension)) == 0;
  }

  // challenges (authentication.cpp)
  [[nodiscard]] auth::Terms terms() const;
  void challenged(const message::Message& response);
  void ask_for_credentials(const ChallengeInfo& info);
  void ask_for_credentials(const auth::ChallengeList& challenges);
  void settle_question();
  [[nodiscard]] bool is_waiting_for_credentials() const;
  [[nodiscard]] auth::ChallengeList waiting_challenges();
  void provide_answers(std::span<const Credentials> given);
  [[nodiscard]] bool asks_for_token();
  void provide_token(std::span<const Credentials> given);
  void fail_authentication(const Failure& failure);
  void send_again();

  // outcomes (outcome.cpp)
  void fail(const Failure& failure);
  void fail_register(std::unique_ptr<Exchange> exchange, Failure failure);
  void fail_unregister(std::unique_ptr<Exchange> exchange,
                       const Failure& failure);
  void fail_waiting(Failure failure);
  void tell_round_failed(Failure& failure);
  void finish_unregister(std::unique_ptr<Exchange> exchange, bool confirmed);
  void hold(const Failure& failure);
  void schedule_retry(const Failure& failure);
  void tell_next_attempt(Failure& failure) const;
  void tell(OutputKind event, const Failure& failure);
  void settle_failed(Exchange& exchange, const Failure& failure);
  void unregistered(UnregisteredReason reason, bool confirmed);
  void lose_binding();
  void lose_all(const Exchange& exchange, bool is_news, bool confirmed);
  void timed_out();
  void expired();

  [[nodiscard]] RegistrationState state() const;
  [[nodiscard]] bool another_flow_holds() const;
  [[nodiscard]] bool silence_was_the_flows() const;
  [[nodiscard]] bool others_hold_on_flow() const {
    return connection_.holders() > (is_holder_ ? 1u : 0u);
  }
  [[nodiscard]] Millis next_attempt_at() const;  // steady
  [[nodiscard]] OwnContact own_contact(std::uint32_t asked) const;

  Context& context_;
  flow::Connection& connection_;
  const RegistrationId id_;
  const std::uint32_t flow_number_;
  std::span<Registration* const> flows_;  // of the account; empty: only this
  Settings settings_;

  // identity, constant for the life of the registration
  Text call_id_;
  Token from_tag_;
  std::uint32_t cseq_ = 0;
  std::uint32_t reserved_cseq_ = 0;  // as the host has kept it

  // what is wanted and what is held
  bool wanted_ = false;  // a binding is to be kept up
  bool bound_ = false;
  bool failed_ = false;
  bool ended_ = false;
  bool cleared_all_ = false;
  FlowId registered_flow_ = 0;       // where the last 2xx came in
  Millis expires_at_ = no_deadline;  // lifetime clock
  Millis refresh_at_ = no_deadline;  // lifetime clock
  Millis retry_at_ = no_deadline;    // steady
  Millis hold_until_ = no_deadline;  // steady: a Retry-After runs
  Millis credentials_deadline_ = no_deadline;
  std::uint32_t failures_ = 0;  // attempts since the last 2xx
  FlowId silent_flow_ = 0;      // the wait is for one that brought no answer
  std::uint32_t challenge_ = 0;
  bool asked_for_credentials_ = false;  // and the host was told of no end
  Match last_match_ = Match::none;      // how the last 2xx named our binding
  std::uint8_t dropped_ = 0;            // Extensions that a server refused,
  std::uint32_t dropped_by_ = 0;        // and which server
  std::uint32_t flow_refusals_ = 0;     // 430s in a row
  std::uint32_t failovers_ = 0;         // to another server, in a row
  std::optional<Text> next_push_;       // for the next REGISTER
  // The URI that is bound, where what came of another one is not known yet.
  std::unique_ptr<Text> old_contact_;

  std::unique_ptr<Grant> grant_;

  Transaction transaction_;
  std::unique_ptr<Exchange> current_;
  std::unique_ptr<Exchange> queue_;

  auth::Authenticator authenticator_;

  AutomaticSends automatic_sends_;

  // What the host was told last.
  RegistrationState told_state_ = RegistrationState::unregistered;
  bool told_bound_ = false;
  bool is_user_ = false;  // of the connection, and
  bool is_holder_ = false;
  Millis told_expires_at_ = no_deadline;
  Millis told_refresh_at_ = no_deadline;
  Millis told_retry_at_ = no_deadline;
  Millis told_wall_offset_ = 0;  // wall minus steady
};

}  // namespace sipreg::registration
