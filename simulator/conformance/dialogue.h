// One session as its rules look at it: each command with the replies to it, in order, the extensions that were offered when
// it came, and what arrived as data. Put together from journal events, while they happen or later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "journal/event.h"
#include "message/header_section.h"
#include "smtp/command.h"
#include "smtp/observation.h"

namespace fakemx::conformance {

/// What octets of a profile are beyond one reply by the book.
struct ReplyForm {
    bool bare_lf = false;      ///< a line ends with LF alone
    bool mixed_codes = false;  ///< the lines of one reply have several codes
    bool several = false;      ///< there is a whole reply behind another one
    bool blank_only = false;   ///< a blank and nothing else stands behind the code
};
ReplyForm form_of(std::string_view octets);

struct Reply {
    std::uint32_t event = 0;  ///< its number within the session
    Instant at{};             ///< when it was decided
    int code = 0;             ///< 0: silence, or octets that begin with no code
    std::string text;         ///< lines with LF between them
    Duration after{};         ///< how long it was held back
    bool accepted = false;    ///< the command had its effect
    bool lost = false;        ///< the whole of it never left
    bool silent = false;
    bool in_pieces = false;  ///< its octets left one part after the other
    Duration pause{};        ///< for so long nothing was read behind it
    ReplyForm form{};        ///< of what a profile gave as octets

    /// Was sent, and is a reply of this class: 2 for 2yz.
    bool is(int first_digit) const { return code / 100 == first_digit && !lost && !silent; }
    /// The earliest moment at which it can have left.
    Instant leaves() const { return later(at, after); }
};

/// What a message's header section has; what its rules need and no more.
struct HeaderFacts {
    std::uint32_t date = 0;  ///< how many fields
    std::uint32_t from = 0;
    std::uint32_t return_path = 0;
    std::uint32_t apparently_to = 0;
    std::uint32_t bcc = 0;  ///< with addresses in them
    std::string repeated;   ///< a field that must stand once and stands more often; empty: none
    std::uint32_t message_id = 0;
    bool message_id_valid = true;   ///< RFC 5322 §3.6.4, of the first one
    std::size_t longest_line = 0;   ///< octets without CRLF
    std::string longest_line_name;  ///< the field that it belongs to
    std::uint32_t long_lines = 0;   ///< of more than 998 octets (RFC 5322 §2.1.1)
    bool eight_bit = false;
    bool eight_bit_body = false;  ///< of the part that the journal has
    bool mime_version = false;
    bool auto_submitted = false;    ///< RFC 3834 §5: there, and not "no"
    bool report = false;            ///< multipart/report, or a message/disposition-notification
    bool present = false;           ///< there is a header section at all
    std::string transfer_encoding;  ///< of the whole, lower case; empty without
    std::string content_type;       ///< type and subtype, lower case; empty without
};

/// A message that came to its end, behind DATA or in chunks.
struct Arrived {
    std::uint32_t event = 0;
    Instant at{};
    smtp::MessageSeen seen;
    std::optional<HeaderFacts> header;  ///< nothing where the journal does not have the message
};

/// Text that was read as commands: the client and the server do not agree on where the data are.
struct Spill {
    std::uint32_t event = 0;  ///< of the first line
    Instant at{};
    std::string line;  ///< the first
    std::uint32_t lines = 0;
};

struct Exchange {
    std::uint32_t event = 0;  ///< of the command
    Instant at{};
    smtp::Verb verb = smtp::Verb::unknown;
    std::string line;        ///< without CRLF
    bool pipelined = false;  ///< was there before the reply to what came before it
    bool in_tls = false;
    std::size_t offer =
        0;  ///< the place in Dialogue::offers of what was offered then, from 1; 0: nothing yet
    std::uint32_t transaction = 0;  ///< 1, 2, … once MAIL was accepted; 0 outside of one
    std::vector<Reply> replies;     ///< to the command; AUTH has several
    /// Of AUTH: what the client said in the command and behind each challenge.
    std::optional<smtp::AuthLineSeen> initial;
    std::vector<smtp::AuthLineSeen> responses;
    std::optional<Arrived> message;             ///< behind DATA, or the last chunk
    std::vector<Reply> verdicts;                ///< on the message; LMTP has several
    std::vector<smtp::Anomaly::Kind> oddities;  ///< of its line
    /// Of MAIL and RCPT: the path, or why it cannot be read, as fakemx itself reads it; and the words behind the path, each a
    /// parameter, well formed or not, with the keyword in upper case.
    std::optional<smtp::Path> path;
    std::optional<smtp::SyntaxError> fault;
    std::vector<smtp::Parameter> parameters;
    std::optional<Spill> spill;  ///< message data that arrived as commands behind it

    const Reply* reply() const { return replies.empty() ? nullptr : &replies.front(); }
    const Reply* last_reply() const { return replies.empty() ? nullptr : &replies.back(); }
    const Reply* verdict() const { return verdicts.empty() ? nullptr : &verdicts.front(); }
    bool accepted() const { return !replies.empty() && replies.back().accepted; }
    bool odd(smtp::Anomaly::Kind kind) const;
    /// What stands behind the verb and one blank, as written.
    std::string_view argument() const;
    /// The last event that belongs to it.
    std::uint32_t last_event() const;
};

/// The keywords of an EHLO reply (RFC 5321 §4.1.1.1), upper case, with what follows them.
struct Offers {
    bool esmtp = false;  ///< false: HELO was accepted
    bool in_tls = false;
    bool injected = false;  ///< in the clear, behind the reply to STARTTLS: it counts for nothing
    std::vector<std::pair<std::string, std::string>> keywords{};
    std::vector<std::string> not_in_capitals{};  ///< those of them that were written in another way

    bool has(std::string_view keyword) const;
    /// What stands behind it; nothing where it is not offered.
    std::optional<std::string_view> value(std::string_view keyword) const;
};

struct Oddity {
    std::uint32_t event = 0;
    Instant at{};
    smtp::Anomaly::Kind kind = smtp::Anomaly::Kind::early_talk;
    std::string detail;
};

struct Dialogue {
    SessionId id{};
    std::string host;
    std::string client;  ///< its IP address
    std::string local;   ///< the one that it connected to
    Instant opened_at{};
    std::optional<Reply> greeting;
    std::vector<Exchange> exchanges;
    std::vector<Offers> offers;
    std::vector<Reply> unasked;    ///< that nothing was said to
    std::vector<Oddity> oddities;  ///< all anomalies
    std::optional<smtp::TlsSeen> tls;
    std::uint32_t tls_event = 0;
    std::optional<smtp::Ended> ended;  ///< nothing: the journal ends before
    std::uint32_t ended_event = 0;
    Instant ended_at{};
    bool cut = false;  ///< there were more exchanges than are kept, and the last ones are not here

    const Oddity* oddity(smtp::Anomaly::Kind kind) const;
    /// What was offered when the command came; an empty offer before any.
    const Offers& offered(const Exchange& exchange) const;
    /// The one behind it; null behind the last.
    const Exchange* next(const Exchange& exchange) const;
    const Exchange* previous(const Exchange& exchange) const;
    /// The MAIL that began the transaction of this one; null outside of one.
    const Exchange* mail_of(const Exchange& exchange) const;
    /// The client ended it: by closing its side, or by losing the connection.
    bool ended_by_client() const;

    /// The dialogue around an event, as a transcript has it.
    std::vector<std::string> lines_around(std::uint32_t event) const;
};

/// Calls it with each exchange of this verb.
template <class Judge>
void each_exchange(const Dialogue& dialogue, smtp::Verb verb, const Judge& judge) {
    for (const Exchange& exchange : dialogue.exchanges) {
        if (exchange.verb == verb) judge(exchange);
    }
}

/// Puts a dialogue together.
class DialogueWriter {
public:
    /// So many commands are to come.
    explicit DialogueWriter(SessionId id, std::size_t commands = 0) {
        dialogue_.id = id;
        dialogue_.exchanges.reserve(commands);
    }

    /// In the order in which they happened.
    void take(std::uint32_t number, Instant at, smtp::CommandSeen command);
    void take(std::uint32_t number, Instant at, smtp::Answered answer);
    void take(std::uint32_t number, Instant at, const smtp::MessageSeen& message);
    void take(std::uint32_t number, Instant at, const smtp::TlsSeen& tls);
    void take(const smtp::AuthLineSeen& said);
    void take(std::uint32_t number, Instant at, const smtp::Anomaly& anomaly);
    void take(std::uint32_t number, Instant at, const smtp::Ended& ended);
    void opened(Instant at, journal::Opened opened);
    /// Of the message of this transaction; before or after its event.
    void take_header(std::uint32_t transaction, HeaderFacts facts);

    /// `cut`: there was more than was given.
    Dialogue finish(bool cut = false) &&;

private:
    void gather_spills();
    Exchange* last() { return dialogue_.exchanges.empty() ? nullptr : &dialogue_.exchanges.back(); }

    Dialogue dialogue_;
    std::vector<std::pair<std::uint32_t, HeaderFacts>> headers_;  // by transaction
    std::uint32_t transactions_ = 0;
    bool in_transaction_ = false;
    bool in_tls_ = false;
};

/// Of a message and the header section at its start.
HeaderFacts header_facts(const message::HeaderSection& section, std::string_view content);

}  // namespace fakemx::conformance
