// From what a session observes to attempts: one record per recipient and transaction, or one without a
// recipient where the sender got no further. A record is there from the moment the sender tried, and
// is replaced as it goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/time.h"
#include "journal/attempts.h"
#include "journal/records.h"
#include "message/header_section.h"
#include "smtp/observation.h"
#include "smtp/question.h"

namespace fakemx::engine {

/// Numbers shared by all sessions of a run.
struct AttemptNumbers {
    std::uint64_t last = 0;
};

class AttemptLog {
public:
    /// Not `recorded`: nobody takes the records, and what they alone would have is left out. Which try something is, and
    /// what became of it, is known all the same.
    AttemptLog(journal::AttemptBook& book, AttemptNumbers& numbers, const smtp::SessionFacts& facts,
               bool recorded = true)
        : book_(book), numbers_(numbers), facts_(facts), recorded_(recorded) {}

    /// RCPT arrived with this path: which try it is. Before the question is asked. A recipient that the
    /// transaction already has is no further try.
    std::uint32_t begin_recipient(Instant now, const smtp::Path& path);

    /// The message arrived: which try it is, the highest number among its recipients.
    std::uint32_t begin_message(Instant now, const smtp::Message& message,
                                const message::HeaderSection& headers, std::string_view identity);

    /// Which try it is for the accepted recipient with this number, from 1. Behind begin_message.
    std::uint32_t number_of(std::uint32_t recipient) const;

    /// The session goes back to the greeting, for another client.
    void begin_anew();

    void command(smtp::CommandSeen command);
    void answered(Instant now, const smtp::Answered& answer);
    /// This answer has been decided, and is on its way out.
    void leaving(const smtp::Answered& answer);
    void tls(Instant now, const smtp::TlsSeen& handshake);
    void ended(Instant now, const smtp::Ended& ended);

    /// Records that have changed since the last call.
    void take_changes(std::vector<journal::AttemptRecord>& out);

private:
    struct Tried {
        journal::AttemptRecord record;
        smtp::Path path;
        std::optional<journal::AttemptBook::Try> entry;
    };

    /// The accepted recipients of a transaction.
    struct Recipients {
        std::vector<Tried> tried;  // in the order of their RCPTs
        std::unordered_map<std::string, std::size_t>
            indices;                     // in `tried`, by journal::address_key
        std::vector<std::size_t> order;  // for each accepted RCPT its place in `tried`
        std::size_t answered = 0;        // of `order`, by replies of their own (LMTP)
    };

    /// The greeting, EHLO, HELO, STARTTLS or MAIL was refused, or a TLS handshake failed, before anybody was
    /// named.
    struct Refusal {
        Instant at{};
        smtp::Answered answer;
        smtp::Envelope envelope;  // of the refused MAIL
        std::string helo;         // of the refused EHLO or HELO
        std::string client;       // XCLIENT may come behind it
        bool shared = false;      // recipients came behind it, and its fate is recorded with them
    };

    /// A reply to a message that leaves at a later time (`:late`), if the session lives so long.
    struct Late {
        Instant due{};
        smtp::Answered answer;
        journal::AttemptRecord record;
    };

    const Tried* named_before(const smtp::Path& path) const;
    std::vector<Tried> take_open();
    Tried make(Instant now, const smtp::Envelope& envelope);
    Tried make_for(Instant now, const smtp::Envelope& envelope, const smtp::Path& path);
    void changed(const journal::AttemptRecord& record);
    void answered_data(const smtp::Answered& answer);
    void answered_mail(Instant now, const smtp::Answered& answer);
    void answered_rcpt(Instant now, const smtp::Answered& answer);
    void answered_message(Instant now, const smtp::Answered& answer);
    void refuse(Instant now, const smtp::Answered& answer);
    void finish(Instant now, Tried tried);
    void finish_transaction(Instant now, std::string_view why);
    void finish_refusal();

    journal::AttemptBook& book_;
    AttemptNumbers& numbers_;
    const smtp::SessionFacts& facts_;
    bool recorded_;
    // On the heap, because an idle session has none of them and there may be 100,000 of it.
    std::unique_ptr<Recipients> open_;
    std::unique_ptr<Tried> asking_;  // the recipient that is being decided
    std::unique_ptr<Refusal> refusal_;
    bool greeted_ = false;
    bool tls_unused_ = false;   // behind a TLS handshake, and the client has not greeted since
    bool named_again_ = false;  // a recipient that the transaction has is being decided
    std::unique_ptr<smtp::CommandSeen> command_;  // the one that is being answered
    std::unique_ptr<std::vector<Late>>
        late_;  // at most limits::late_replies_max, for each recipient
    std::vector<journal::AttemptRecord> changed_;  // in order of their ids
};

}  // namespace fakemx::engine
