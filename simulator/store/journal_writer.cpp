// Rows from records.
#include "store/journal_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "message/authentication.h"
#include "message/traits.h"
#include "store/schema.h"

namespace fakemx::store {

namespace {

std::int64_t microseconds(Instant at) {
    return at.time_since_epoch().count();
}

std::optional<std::int64_t> microseconds(const std::optional<Instant>& at) {
    if (!at) return std::nullopt;
    return microseconds(*at);
}

/// SQLite's integers are signed. No count of ours comes near the limit.
std::int64_t integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

JournalWriter::JournalWriter(const std::string& location, const journal::RunRecord& run)
    : database_(location, Database::Mode::create), last_at_(run.started_at) {
    // With a write-ahead log readers never hold up the writer, and a killed process leaves every
    // batch that was committed. NORMAL: a power cut may take the last batches, a crash takes none.
    database_.execute("PRAGMA journal_mode = WAL");
    database_.execute("PRAGMA synchronous = NORMAL");
    database_.execute("BEGIN IMMEDIATE");
    database_.execute(fmt::format("PRAGMA application_id = {}", application_id).c_str());
    database_.execute(fmt::format("PRAGMA user_version = {}", schema_version).c_str());
    database_.execute(schema_sql);
    Statement insert = database_.prepare(
        "INSERT INTO run (id, version, profile, seed, clock, started_at, last_at, setup)"
        " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?5, ?6)");
    const std::string seed = fmt::format("{}", run.seed);
    insert.bind(1, run.version);
    insert.bind(2, run.profile);
    insert.bind(3, seed);
    insert.bind(4, run.clock);
    insert.bind(5, microseconds(run.started_at));
    insert.bind(6, run.setup);
    insert.run();
    Statement source = database_.prepare("INSERT INTO source VALUES (?1, ?2, ?3)");
    for (const journal::SourceFile& file : run.sources) {
        source.bind(1, file.name);
        source.bind(2, file.path);
        source.bind_octets(3, file.text);
        source.run();
    }
    database_.execute("COMMIT");

    begin_ = database_.prepare("BEGIN IMMEDIATE");
    commit_ = database_.prepare("COMMIT");
    session_ =
        database_.prepare("INSERT OR REPLACE INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    event_ = database_.prepare(
        "INSERT INTO event (session, first, count, events) VALUES (?1, ?2, ?3, ?4)");
    attempt_ = database_.prepare(
        "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
        " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)");
    message_ = database_.prepare(
        "INSERT INTO message (session, transaction_number, at, identity, octets, traits, content)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    input_ = database_.prepare("INSERT INTO input (recording) VALUES (?1)");
    progress_ = database_.prepare("UPDATE run SET last_at = ?1");
}

void JournalWriter::write(std::span<const journal::Batch> batches) {
    begin_.run();
    try {
        for (const journal::Batch& batch : batches) {
            for (const auto& session : batch.sessions) write(session);
            const std::span<const journal::Event> events{batch.events};
            for (std::size_t first = 0, end = 0; first < events.size(); first = end) {
                while (end < events.size() && events[end].session == events[first].session) ++end;
                write(events.subspan(first, end - first));
            }
            for (const auto& attempt : batch.attempts) write(attempt);
            for (const auto& message : batch.messages) write(message);
            if (!batch.inputs.empty()) {
                input_.bind_octets(1, batch.inputs);
                input_.run();
            }
        }
        progress_.bind(1, microseconds(last_at_));
        progress_.run();
        commit_.run();
    } catch (const SqliteError&) {
        // Some errors have rolled back already; then this one says so and changes nothing.
        try {
            database_.execute("ROLLBACK");
        } catch (const SqliteError&) {
        }
        throw;
    }
}

void JournalWriter::finish(Instant ended_at) {
    saw(ended_at);
    Statement end = database_.prepare("UPDATE run SET ended_at = ?1, last_at = ?2");
    end.bind(1, microseconds(ended_at));
    end.bind(2, microseconds(last_at_));
    end.run();
    // A reader that is at it just now prevents this; then the file keeps its log beside it, and the
    // next one to open it sees the same.
    try {
        database_.execute("PRAGMA busy_timeout = 100");
        database_.execute("PRAGMA journal_mode = DELETE");
    } catch (const SqliteError&) {
    }
}

void JournalWriter::saw(Instant at) {
    last_at_ = std::max(last_at_, at);
}

void JournalWriter::write(const journal::SessionRecord& session) {
    saw(session.ended_at.value_or(session.opened_at));
    session_.bind(1, integer(number(session.id)));
    session_.bind(2, session.host);
    session_.bind(3, session.client);
    session_.bind(4, microseconds(session.opened_at));
    session_.bind(5, session.helo);
    session_.bind(6, microseconds(session.ended_at));
    session_.bind(7, session.ended);
    session_.bind(8, session.peer);
    session_.run();
}

void JournalWriter::write(std::span<const journal::Event> events) {
    text_ = '[';
    for (const journal::Event& event : events) {
        if (text_.size() > 1) text_ += ',';
        append_json(text_, event, journal::Form::full);
        saw(event.at);
    }
    text_ += ']';
    event_.bind(1, integer(number(events.front().session)));
    event_.bind(2, std::int64_t{events.front().number});
    event_.bind(3, integer(events.size()));
    event_.bind(4, text_);
    event_.run();
}

void JournalWriter::write(const journal::AttemptRecord& attempt) {
    saw(attempt.ended_at.value_or(attempt.at));
    attempt_.bind(1, integer(attempt.id));
    attempt_.bind(2, integer(number(attempt.session)));
    attempt_.bind(3, std::int64_t{attempt.transaction});
    if (attempt.delivery) {
        attempt_.bind(4, integer(number(*attempt.delivery)));
    } else {
        attempt_.bind_null(4);
    }
    attempt_.bind(5, std::int64_t{attempt.number});
    attempt_.bind(6, microseconds(attempt.at));
    attempt_.bind(7, attempt.sending_ip);
    attempt_.bind(8, attempt.helo);
    attempt_.bind(9, attempt.mail_from);
    attempt_.bind(10, attempt.recipient);
    attempt_.bind(11, journal::stage_name(attempt.stage));
    attempt_.bind(12, std::int64_t{attempt.code});
    attempt_.bind(13, attempt.text);
    attempt_.bind(14, name(attempt.outcome));
    attempt_.bind(15, microseconds(attempt.ended_at));
    attempt_.bind(16, attempt.identity);
    attempt_.bind(17, attempt.header_from_domain);
    attempt_.bind(18, attempt.template_id);
    if (attempt.message_octets) {
        attempt_.bind(19, integer(*attempt.message_octets));
    } else {
        attempt_.bind_null(19);
    }
    attempt_.bind(20, std::int64_t{attempt.taken});
    attempt_.bind(21, attempt.cause);
    attempt_.run();
}

void JournalWriter::write(const journal::MessageRecord& message) {
    saw(message.at);
    message_.bind(1, integer(number(message.session)));
    message_.bind(2, std::int64_t{message.transaction});
    message_.bind(3, microseconds(message.at));
    message_.bind(4, message.identity);
    message_.bind(5, integer(message.octets));
    // Here rather than where the message was answered: this is the writer's thread, and only a journal wants them.
    const message::Traits traits = message.structure
                                       ? read_traits(message.content, *message.structure)
                                       : message::read_traits(message.content, message.octets);
    const bool whole = message.octets == message.content.size();
    const auto authenticated =
        message.sender ? authenticate(*message.sender, message.content, whole) : std::nullopt;
    text_ = to_json(traits, authenticated ? &*authenticated : nullptr);
    message_.bind(6, text_);
    message_.bind_octets(7, message.content);
    message_.run();
}

}  // namespace fakemx::store
