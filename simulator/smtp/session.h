// The server's side of one SMTP session (RFC 5321 §3, §4), without a clock and without a socket.
//
// Octets and the passing of time come in as inputs; what is to be done comes out as effects. Where a
// profile may decide, the session asks (Consult) and waits for `resolve`; it does not know who
// answers, nor how long that takes. The contract:
//
//   1. `now` never goes back. After a call, deadline() is later than `now` or absent.
//   2. A Tick before its deadline does nothing. Splitting Received anywhere changes nothing, but for
//      what says whether octets came ahead of a reply: CommandSeen::pipelined, MessageSeen::before_354,
//      how much stood behind QUIT, and early talk behind a PROXY header.
//   3. One question is outstanding at most. Input behind it is kept, up to limits::input_octets_kept;
//      from there on wants_input() is false.
//   4. Effects happen in their order.
//   5. Nothing throws out of handle() or resolve().
//   6. Octets behind STARTTLS that came before its 220 had left are recorded and discarded; so splitting
//      matters there.
//   7. A client that vanishes cancels its question (Abandon). One that has only said that it sends no more
//      (HalfClosed) has vanished if nothing it sent is still to be answered behind that question.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"
#include "smtp/concealment.h"
#include "smtp/host.h"
#include "smtp/line_buffer.h"
#include "smtp/message_intake.h"
#include "smtp/observation.h"
#include "smtp/question.h"
#include "smtp/transitions.h"
#include "smtp/verdict.h"

namespace fakemx::smtp {

// Inputs.
struct Connected {};  ///< the first input of every session, once
struct Received {
    std::string_view octets;
};
/// Octets have come, and none of them can be read yet: a part of a TLS record.
struct Trickled {};
struct HalfClosed {};  ///< the client sends no more
struct Broken {
    std::string_view reason;
};                  ///< the connection is gone
struct Drained {};  ///< everything handed over in Send has left
/// The handshake that UpgradeTls asked for is over; what comes in from here on was encrypted.
struct TlsReady {
    TlsFacts facts;
};
struct TlsFailed {
    TlsFacts facts;           ///< as far as it came
    std::string_view reason;  ///< never empty
    bool reset = false;       ///< answer with a TCP RST
};
struct Tick {};      ///< time has passed
struct ShutDown {};  ///< the server is going down (RFC 5321 §3.8: 421)

using Input = std::variant<Connected, Received, Trickled, HalfClosed, Broken, Drained, TlsReady,
                           TlsFailed, Tick, ShutDown>;

// Effects.
struct Send {
    std::string octets;
    Pacing pacing;
};
/// Octets from the client belong to a TLS handshake from here on, and what is sent is encrypted. Comes behind everything
/// that was sent in the clear. TlsReady or TlsFailed follows, unless the connection ends; nothing is
/// Received before.
struct UpgradeTls {
    std::optional<HandshakeFault> fault;
    std::string arrived;  ///< those that came already, behind a PROXY header
};
struct Consult {
    Question question;
};
struct Abandon {};  ///< the outstanding question needs no answer any more
struct Close {
    enum class How : std::uint8_t {
        flush,  ///< once everything sent before has left
        cut,    ///< the same, without the close_notify of TLS
        now,
        reset,  ///< TCP RST
    };
    How how = How::flush;
};
/// Nothing is sent any more (TCP FIN), once everything sent before has left; the session goes on reading.
struct HalfClose {};
struct Observe {
    Observation observation;
};

using Effect = std::variant<Send, UpgradeTls, Consult, Abandon, HalfClose, Close, Observe>;
using Effects = std::vector<Effect>;

class Session {
public:
    /// `host` must outlive the session. `facts` carries the identity of the connection.
    Session(const HostOptions& host, SessionFacts facts, PeerTrust trust = {});

    void handle(Instant now, const Input& input, Effects& out);

    /// The answer to the outstanding question. For Hook::close there is none to give.
    void resolve(Instant now, const Verdict& verdict, Effects& out);

    /// The profile could not answer the outstanding question: 451 4.3.0 instead (a greeting: 421).
    void resolve_failed(Instant now, Effects& out);
    /// The server has no room for this session: 421 for a greeting.
    void resolve_full(Instant now, Effects& out);

    /// From now on it says there which of the octets received are secrets, as soon as it has looked at them and before
    /// the call ends; also of octets that it throws away without a look. Whoever owns the list empties it.
    void report_secrets_to(std::vector<Concealed>* secrets) { secrets_ = secrets; }

    /// Messages from now on are shown to it as far as they are longer than what is kept of them.
    void show_rests_to(RestReader* reader) { rest_reader_ = reader; }

    std::optional<Instant> deadline() const;
    /// The most that it wants to be given at once; 0 while it wants nothing.
    std::size_t input_octets_max() const;
    bool wants_input() const { return input_octets_max() != 0; }
    /// Octets received that it has not looked at.
    std::size_t unread_octets() const { return input_.arrived(); }
    /// A paced reply is leaving: the session goes on at Drained.
    bool draining() const { return draining_; }
    /// Nothing is read now, and will be again by itself.
    bool reading_paused() const;
    bool asking() const { return asked_.has_value(); }
    /// What comes in belongs to a message, or to a chunk of one.
    bool receiving() const { return intake_ != nullptr || chunk_ != nullptr; }
    bool ended() const { return state_ == State::ended; }

    State state() const { return state_; }
    const HostOptions& host() const { return host_; }
    const SessionFacts& facts() const { return facts_; }

private:
    /// By Extension; of the last accepted EHLO, read from the reply that was really given.
    using Offered = std::bitset<extension_keywords.size()>;
    struct Chunk {  // of BDAT
        std::uint64_t octets;
        std::uint64_t left;
        bool last;
        std::optional<Occasion> refusal;  // its octets must be read all the same
    };
    struct DueFollowUp {
        std::optional<Instant> due;  // nothing: the reply before it has not left
        Hook stage;
        std::shared_ptr<const FollowUp> what;
    };
    struct Orders {  // of the profile, for what comes behind a reply
        std::vector<DueFollowUp> follow_ups;
        std::shared_ptr<const FollowUp> in_body;  // of the message that is arriving
        std::uint64_t in_body_left = 0;           // octets until then
        std::optional<Reading> reading;
        Instant reading_since{};
        Instant read_again_at{};  // where nothing is read before
        std::optional<HandshakeFault> handshake;
        std::vector<Instant> late_until;  // when the late replies that are outstanding leave
    };
    struct Outcome {   // what an answer means for the session
        int code = 0;  // 0: silence, or octets without a code
        bool accepted = false;
        bool silent = false;
        std::string octets;
        std::string text;  // as the journal has it
    };
    struct HeldRefusal {  // of AUTH, until the client has taken the error challenge
        AuthArgument argument;
        Verdict verdict;
        bool scripted;
    };
    using AuthUnderWay = std::variant<AuthExchange, HeldRefusal>;

    // Inputs (session.cpp), command lines (session_commands.cpp), message data (session_data.cpp).
    void on_connected(Instant now, Effects& out);
    void on_received(Instant now, std::string_view octets, Effects& out);
    void on_half_closed(Instant now, Effects& out);
    void end_of_input(Effects& out);
    void on_broken(std::string_view reason, Effects& out);
    void see_handshake_left(Effects& out);
    void on_drained(Instant now, Effects& out);
    void on_tls_ready(Instant now, const TlsFacts& facts, Effects& out);
    void on_tls_failed(const TlsFailed& failed, Effects& out);
    void on_tick(Instant now, Effects& out);
    void on_shut_down(Instant now, Effects& out);

    Instant patience_over_at() const;
    void process(Instant now, Effects& out);
    void see_early_talk(Effects& out);

    // A peer that speaks for others (session_trust.cpp).
    void take_proxy_header(Instant now, Effects& out);
    void take_xclient(Instant now, std::string_view argument, Effects& out);
    void declare(Declaration declaration, Effects& out);
    std::string_view input_start() const;

    // What nobody may keep (session_secrets.cpp).
    void conceal_line(const LineBuffer::Line& line, bool all);
    void conceal_response(const AuthExchange& exchange, std::string_view response,
                          std::size_t behind, bool fits);
    void conceal_unread(bool all);
    void conceal_unheard(std::string_view octets);

    bool take_message_data(Instant now, Effects& out);
    void begin_chunk(Instant now, std::string_view argument, Admission admitted, Effects& out);
    void take_chunk(Instant now, Effects& out);
    void end_message(Effects& out);
    bool recipients_left() const;
    void ask_next_recipient(Effects& out);
    void begin_auth(Instant now, const Command& command, Effects& out);
    void take_auth_line(Instant now, const LineBuffer::Line& line, Effects& out);
    void follow_auth(Instant now, AuthExchange& exchange, AuthExchange::Progress progress,
                     std::string_view response, std::size_t behind, Effects& out);
    Reply challenge_of(const AuthExchange& exchange) const;
    void challenge(Instant now, const Reply& reply, Effects& out);
    bool hold_refusal(Instant now, const Verdict& verdict, bool scripted, Effects& out);
    void take_line(Instant now, const LineBuffer::Line& line, Effects& out);
    void take_command(Instant now, const Command& command, Effects& out);
    void take_path(Instant now, Hook hook, PathArgument argument, Effects& out);
    bool takes_data_for_nobody(Verb verb) const;
    std::optional<std::uint64_t> declared_octets(const std::vector<Parameter>& parameters) const;
    std::optional<Occasion> refuse_parameters(Verb verb, const std::vector<Parameter>& parameters,
                                              Effects& out);
    std::size_t line_octets_max(Verb verb) const;
    void ask(Hook hook, Argument argument, Effects& out);
    bool offered(Extension extension) const {
        return offered_.test(static_cast<std::size_t>(extension));
    }
    void upgrade(Instant now, Effects& out);
    void see_anomaly(Anomaly::Kind kind, std::string_view detail, Effects& out);
    void end(Ended::How how, Close::How close, std::string_view detail, Effects& out);
    void see_left_over(Ended::How how, Effects& out);
    void reset_transaction();

    // What a profile has ordered for later (session_orders.cpp).
    void take_orders(Instant now, Hook stage, const Verdict& verdict, bool accepted);
    void follow_orders(Instant now, Effects& out);
    void say_unasked(Instant now, Hook stage, const Verdict& verdict, Effects& out);
    void give_in_body(Instant now, Effects& out);
    bool reads_nothing_more() const;
    bool may_be_late(Instant now, Duration after);
    void pace_reading(Instant now);

    // Answering (session_replies.cpp).
    Reply default_reply(Hook hook) const;
    Occasion occasion_for(Hook hook, Disposition disposition) const;
    Occasion unknown_occasion() const {
        return unsupported_verb_ ? Occasion::unsupported_command : Occasion::unknown_command;
    }
    const std::vector<Offer>& offers_now() const;
    Reply own_words(Hook stage, Occasion occasion) const;
    Reply ehlo_reply(Reply first_line) const;
    std::string filled_in(std::string_view text) const;
    void refuse(Instant now, Hook stage, Occasion occasion, Effects& out);
    void answer(Instant now, const Verdict& verdict, bool scripted, Effects& out);
    void give(Instant now, Hook hook, const Verdict& verdict, bool scripted, Effects& out);
    Outcome outcome_of(Hook stage, const Verdict& verdict, bool unasked = false) const;
    Outcome speak(Instant now, Hook stage, const Verdict& verdict, bool scripted, Effects& out,
                  bool unasked = false);
    static bool ends_connection(Hook stage, const Verdict& verdict, const Outcome& outcome);
    void fall_silent();
    void half_close(Effects& out);
    void send(Instant now, std::string octets, const Pacing& pacing, Effects& out);
    void apply(Hook hook, const Outcome& outcome);
    void accept_helo(bool esmtp, std::string_view reply_octets);
    void accept_mail();
    void follow_ending(Hook hook, const Verdict& verdict, const Outcome& outcome, Effects& out);
    void end_when_drained(Ended::How how, Close::How close, Effects& out);

    const HostOptions& host_;
    SessionFacts facts_;
    PeerTrust trust_;
    State state_ = State::connecting;
    std::optional<Hook> asked_;
    Instant last_now_ = Instant::min();
    Instant quiet_since_{};  // the last time either side said something
    LineBuffer input_;
    std::unique_ptr<MessageIntake> intake_;
    std::unique_ptr<AuthUnderWay> auth_;  // whose next line is the client's
    std::unique_ptr<Chunk> chunk_;        // whose octets are arriving
    std::unique_ptr<Orders> orders_;      // null: none
    std::vector<Concealed>* secrets_ = nullptr;
    RestReader* rest_reader_ = nullptr;
    // Of the question, null without any; a Message also between two of LMTP's recipients.
    std::unique_ptr<Argument> argument_;
    Offered offered_;
    Mechanisms mechanisms_;                // of AUTH, from the same reply
    std::size_t octets_before_reply_ = 0;  // of input_, those that were there at the last reply
    std::size_t sent_unconfirmed_ = 0;     // octets of replies since the last input
    bool recipients_tried_ = false;
    bool auth_refused_ = false;  // and no known verb has come since: lines may be secrets
    bool greeted_ = false;       // the greeting has left completely
    bool early_talk_seen_ = false;
    bool input_ended_ = false;       // the client sends no more
    bool heard_while_mute_ = false;  // and nobody answered
    bool data_before_354_ = false;
    bool draining_ = false;
    bool message_counted_ = false;   // in facts_.messages, by an earlier recipient (LMTP)
    bool upgrade_planned_ = false;   // STARTTLS was accepted; TLS begins when the reply has left
    bool unsupported_verb_ = false;  // while Hook::unknown is asked: 502 rather than 500
    struct PlannedEnd {
        Ended::How how;
        Close::How close;
    };
    std::optional<PlannedEnd> planned_end_;
    bool half_close_planned_ = false;
    bool half_closed_ = false;
};

}  // namespace fakemx::smtp
