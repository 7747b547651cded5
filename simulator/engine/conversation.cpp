// Carrying out a session's effects, and waiting for whoever answers its questions.
#include "engine/conversation.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"

namespace fakemx::engine {

/// The transport, seen by the recorder.
class Conversation::Outlet final : public Transport {
public:
    Outlet(Transport& transport, Recorder* recorder) : transport_(transport), recorder_(recorder) {}

    void send(std::string_view octets) override {
        transport_.send(octets);
        if (recorder_ != nullptr) recorder_->sent(octets, transport_.flushed());
    }
    bool flushed() const override { return transport_.flushed(); }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>& fault,
                     std::string arrived) override {
        if (recorder_ != nullptr) recorder_->upgraded(fault, arrived, transport_.flushed());
        transport_.upgrade_tls(fault, std::move(arrived));
    }
    void half_close() override {
        transport_.half_close();
        if (recorder_ != nullptr) recorder_->half_closed(transport_.flushed());
    }
    void read_on() override { transport_.read_on(); }
    void close(smtp::Close::How how) override {
        if (recorder_ != nullptr) recorder_->closed(how);
        transport_.close(how);
    }

private:
    Transport& transport_;
    Recorder* recorder_;
};

/// A question on its way to an answer.
struct Conversation::Asked {
    Question question;
    message::HeaderSection headers;
    message::TraitsOnDemand traits;
    std::unique_ptr<Consultation> consultation;
    Instant wake{};
};

Conversation::Conversation(Shared& shared, const smtp::HostOptions& host, smtp::SessionFacts facts,
                           smtp::PeerTrust trust, Transport& transport)
    : shared_(shared),
      transport_(transport),
      session_(host, std::move(facts), trust),
      attempts_(shared.attempts, shared.numbers, session_.facts(), shared.journaled),
      authentication_(shared.names.get()) {
    if (shared.recorder != nullptr) session_.report_secrets_to(shared.recorder->secrets());
    // Otherwise nobody asks what is in a message.
    if (shared.journaled || hooked(smtp::Hook::message)) session_.show_rests_to(&rest_);
}

Conversation::~Conversation() = default;

void Conversation::begin(Instant now, bool server_full) {
    server_full_ = server_full;
    opened_at_ = now;
    record(now, journal::Opened{std::string{session_.facts().host}, session_.facts().client,
                                session_.facts().local});
    handle(now, smtp::Connected{});
}

void Conversation::handle(Instant now, const smtp::Input& input) {
    smtp::Effects& effects = shared_.effects;
    if (std::holds_alternative<smtp::ShutDown>(input)) cut_short(now, effects);
    const auto unread = unread_deadline();
    if (std::holds_alternative<smtp::Tick>(input)) {
        release(now);
        if (asked_ && asked_->wake <= now) resume(now, effects);
    }
    if (unread && *unread <= now) {
        session_.handle(now, smtp::Broken{"the client stopped reading"}, effects);
    } else if (!std::holds_alternative<smtp::Drained>(input)) {
        // Whether a paced reply has left is for settle() to say.
        session_.handle(now, input, effects);
    }
    carry_out(now, effects);
    settle(now, effects);
    if (std::holds_alternative<smtp::Tick>(input) && !ended()) transport_.read_on();
}

std::optional<Instant> Conversation::deadline() const {
    std::optional<Instant> earliest = session_.deadline();
    const auto consider = [&](std::optional<Instant> other) {
        if (other && (!earliest || *other < *earliest)) earliest = other;
    };
    consider(pacer_.deadline());
    if (asked_) consider(asked_->wake);
    consider(unread_deadline());
    return earliest;
}

/// When a client that does not take what was handed over long ago is given up. As long as a reply is
/// paced, its own pace says how long it takes.
std::optional<Instant> Conversation::unread_deadline() const {
    if (!session_.draining() || !pacer_.empty() || transport_.flushed()) return std::nullopt;
    return later(handed_over_at_, session_.host().idle_timeout);
}

void Conversation::release(Instant now) {
    Outlet outlet{transport_, shared_.recorder};
    if (pacer_.release(now, outlet)) handed_over_at_ = now;
}

/// The server goes down: what is still to leave leaves now, or never.
void Conversation::cut_short(Instant now, smtp::Effects& effects) {
    Outlet outlet{transport_, shared_.recorder};
    while (pacer_.cut_short(outlet)) {
        apply_leaving(now);
        if (!session_.draining()) return;
        // What the reply was to bring with it comes first, such as the end behind QUIT's.
        session_.handle(now, smtp::Drained{}, effects);
        carry_out(now, effects);
    }
}

void Conversation::apply_leaving(Instant now) {
    if (!leaving_) return;
    attempts_.answered(now, *leaving_);
    leaving_.reset();
}

void Conversation::carry_out(Instant now, smtp::Effects& effects) {
    Outlet outlet{transport_, shared_.recorder};
    // Answering a question at once makes new effects; they come behind those that are there.
    for (std::size_t i = 0; i < effects.size(); ++i) {
        smtp::Effect effect = std::move(effects[i]);
        if (auto* send = std::get_if<smtp::Send>(&effect)) {
            if (send->pacing.immediate() && pacer_.empty()) {
                outlet.send(send->octets);
                handed_over_at_ = now;
            } else {
                pacer_.plan(now, std::move(send->octets), send->pacing);
                release(now);
            }
        } else if (auto* upgrade = std::get_if<smtp::UpgradeTls>(&effect)) {
            FAKEMX_ASSERT(pacer_.empty());
            pacer_.forget_late();
            outlet.upgrade_tls(upgrade->fault, std::move(upgrade->arrived));
        } else if (std::holds_alternative<smtp::HalfClose>(effect)) {
            FAKEMX_ASSERT(pacer_.empty());
            pacer_.forget_late();
            outlet.half_close();
        } else if (auto* consulted = std::get_if<smtp::Consult>(&effect)) {
            consult(now, consulted->question, effects);
        } else if (auto* observed = std::get_if<smtp::Observe>(&effect)) {
            observe(now, std::move(observed->observation));
        } else if (auto* closed = std::get_if<smtp::Close>(&effect)) {
            FAKEMX_ASSERT(closed->how != smtp::Close::How::flush || pacer_.empty());
            outlet.close(closed->how);
        } else {
            asked_.reset();
        }
    }
    effects.clear();
}

bool Conversation::hooked(smtp::Hook hook) const {
    return shared_.hooks.test(static_cast<std::size_t>(hook));
}

void Conversation::consult(Instant now, const smtp::Question& question, smtp::Effects& effects) {
    std::uint32_t attempt = 1;
    message::HeaderSection headers;
    message::TraitsOnDemand traits;
    if (question.hook == smtp::Hook::rcpt) {
        const auto& argument = std::get<smtp::RcptArgument>(*question.argument).argument;
        attempt = attempts_.begin_recipient(now, argument.path);
    } else if (question.hook == smtp::Hook::message) {
        const auto& message = std::get<smtp::Message>(*question.argument);
        if (message.recipient <= 1 || hooked(question.hook))
            headers = message::HeaderSection::parse(message.content);
        if (message.recipient <= 1) attempt = begin_message(now, message, headers);
        if (message.recipient != 0) attempt = attempts_.number_of(message.recipient);
        traits = {message.content, message.octets, structure_};
        if (message.recipient == 0 ||
            message.recipient == question.session->envelope.recipients.size()) {
            structure_.reset();
        }
    }
    const bool closing = question.hook == smtp::Hook::close;
    if (server_full_ && question.hook == smtp::Hook::connect) {
        return session_.resolve_full(now, effects);
    }
    if (!hooked(question.hook) || (closing && server_full_)) {
        if (!closing) session_.resolve(now, {}, effects);
        return;
    }
    // Clang 14 has no aggregate initialisation in make_unique.
    // NOLINTNEXTLINE(modernize-make-unique)
    asked_ = std::unique_ptr<Asked>(new Asked{.question = {.hook = question.hook,
                                                           .session = *question.session,
                                                           .argument = *question.argument,
                                                           .attempt = attempt,
                                                           .headers = nullptr,
                                                           .traits = nullptr,
                                                           .authentication = nullptr},
                                              .headers = std::move(headers),
                                              .traits = std::move(traits),
                                              .consultation = nullptr,
                                              .wake = now});
    if (question.hook == smtp::Hook::message) {
        asked_->question.headers = &asked_->headers;
        asked_->question.traits = &asked_->traits;
    }
    if (shared_.names) asked_->question.authentication = &authentication_;
    asked_->consultation = shared_.policy.consult(asked_->question, shared_.state, shared_.rng);
    resume(now, effects);
}

std::uint32_t Conversation::begin_message(Instant now, const smtp::Message& message,
                                          const message::HeaderSection& headers) {
    const auto message_id = headers.message_id();
    std::vector<std::string_view> stable;
    if (!message_id) {
        for (const std::string_view name : {"From", "To", "Subject", "Date"})
            stable.push_back(headers.field(name).value_or(std::string_view{}));
    }
    std::string identity = journal::identity_of(
        message_id, stable, std::string_view{message.content}.substr(headers.octets()),
        message.rest_fingerprint);
    const std::uint32_t attempt =
        attempts_.begin_message(message, headers, identity, shared_.template_header);
    structure_ = rest_.take();
    authentication_.begin_message();
    const bool whole = message.chunks == 0 && message.octets == message.content.size();
    if (shared_.recorder != nullptr && whole) {
        shared_.recorder->message(session_.facts().transactions, message.content,
                                  session_.unread_octets());
    }
    if (!shared_.journaled) return attempt;
    messages_.push_back({.session = session_.facts().id,
                         .transaction = session_.facts().transactions,
                         .at = now,
                         .identity = std::move(identity),
                         .octets = message.octets,
                         .content = message.content,
                         .structure = structure_,
                         .sender = sender(headers)});
    return attempt;
}

/// Whom the journal is to judge; null where there is nothing to judge by.
std::shared_ptr<const message::Sender> Conversation::sender(
    const message::HeaderSection& headers) const {
    if (!shared_.names) return nullptr;
    const smtp::SessionFacts& facts = session_.facts();
    auto identity = message::sender_of(facts, facts.envelope.reverse_path);
    if (!identity) return nullptr;
    return std::make_shared<const message::Sender>(message::Sender{
        shared_.names, *std::move(identity), headers.from_domain().value_or(std::string{})});
}

std::optional<message::ArrivedMessage> arrived(const Question& question) {
    const smtp::SessionFacts& facts = question.session;
    auto identity = message::sender_of(facts, facts.envelope.reverse_path);
    if (!identity) return std::nullopt;
    const auto& message = std::get<smtp::Message>(question.argument);
    return message::ArrivedMessage{
        .sender = *std::move(identity),
        .from_domain = question.headers->from_domain().value_or(std::string{}),
        .content = message.content,
        .whole = message.octets == message.content.size()};
}

void Conversation::resume(Instant now, smtp::Effects& effects) {
    const smtp::Hook hook = asked_->question.hook;
    const bool closing = hook == smtp::Hook::close;
    Step step = asked_->consultation->resume(now);
    for (std::string& note : step.notes) record(now, journal::Note{hook, std::move(note)});

    if (const auto* sleep = std::get_if<Sleep>(&step.outcome); sleep != nullptr && !closing) {
        FAKEMX_ASSERT(sleep->until > now);
        asked_->wake = sleep->until;
        return;
    }
    asked_.reset();
    if (auto* verdict = std::get_if<smtp::Verdict>(&step.outcome)) {
        if (!closing) session_.resolve(now, *verdict, effects);
        return;
    }
    auto* error = std::get_if<ScriptError>(&step.outcome);
    journal::ScriptFailed failed{hook, "the hook close cannot sleep", ""};
    if (error != nullptr) {
        failed.message = std::move(error->message);
        failed.traceback = std::move(error->traceback);
    }
    if (shared_.script_failures++ < limits::script_failures_told)
        shared_.script_failures_told.push_back(failed.message);
    record(now, std::move(failed));
    if (!closing) session_.resolve_failed(now, effects);
}

void Conversation::observe(Instant now, smtp::Observation observation) {
    if (auto* command = std::get_if<smtp::CommandSeen>(&observation)) {
        // The event has it as well.
        attempts_.command(shared_.journaled ? smtp::CommandSeen{*command} : std::move(*command));
    } else if (auto* answer = std::get_if<smtp::Answered>(&observation)) {
        // The 421 of a shutdown, in the place of a reply that nobody has seen.
        if (leaving_) answer->stage = leaving_->stage;
        if (answer->unasked) {
            // It decides nothing.
        } else if (answer->paced) {
            leaving_ = std::make_unique<smtp::Answered>(*answer);
            attempts_.leaving(*answer);
        } else {
            leaving_.reset();
            attempts_.answered(now, *answer);
        }
        if (answer->stage == smtp::Hook::ehlo || answer->stage == smtp::Hook::helo) {
            session_changed_ = session_changed_ || answer->accepted;
        }
    } else if (const auto* handshake = std::get_if<smtp::TlsSeen>(&observation)) {
        attempts_.tls(now, *handshake);
    } else if (std::holds_alternative<smtp::Declared>(observation)) {
        attempts_.begin_anew();
        session_changed_ = true;
    } else if (const auto* ended = std::get_if<smtp::Ended>(&observation)) {
        attempts_.ended(now, *ended);
        ended_at_ = now;
        ended_ = smtp::name(ended->how);
        session_changed_ = true;
    }
    if (!shared_.journaled) return;
    std::visit([&](auto& body) { record(now, std::move(body)); }, observation);
}

void Conversation::settle(Instant now, smtp::Effects& effects) {
    while (session_.draining() && pacer_.empty() && transport_.flushed()) {
        apply_leaving(now);
        session_.handle(now, smtp::Drained{}, effects);
        carry_out(now, effects);
    }
}

void Conversation::record(Instant now, journal::EventBody body) {
    if (!shared_.journaled) return;
    events_.push_back({session_.facts().id, ++event_numbers_, now, std::move(body)});
}

bool Conversation::awaited() const {
    return asked_ || pacer_.deadline() || session_.reading_paused();
}

Standing Conversation::standing() const {
    return {.unread = session_.unread_octets(),
            .in_data = session_.state() == smtp::State::data && session_.receiving(),
            .in_message = session_.receiving()};
}

bool Conversation::resting() const {
    const smtp::State state = session_.state();
    return state == smtp::State::ended ||
           (state == smtp::State::ready && !session_.asking() && !session_.draining() &&
            session_.facts().transactions != 0);
}

void Conversation::take_journal(journal::Batch& batch) {
    if (session_changed_) {
        const smtp::SessionFacts& facts = session_.facts();
        batch.sessions.push_back({.id = facts.id,
                                  .host = std::string{facts.host},
                                  .client = facts.client,
                                  .opened_at = opened_at_,
                                  .helo = facts.helo,
                                  .ended_at = ended_at_,
                                  .ended = std::string{ended_},
                                  .peer = facts.peer()});
        session_changed_ = false;
    }
    std::move(events_.begin(), events_.end(), std::back_inserter(batch.events));
    events_ = std::vector<journal::Event>{};  // "= {}" would keep the memory
    attempts_.take_changes(batch.attempts);
    std::move(messages_.begin(), messages_.end(), std::back_inserter(batch.messages));
    messages_ = std::vector<journal::MessageRecord>{};
}

}  // namespace fakemx::engine
