// Structs from rows.
#include "store/journal_reader.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include <fmt/format.h>

#include "store/event_json.h"
#include "store/journal_reader_state.h"
#include "store/schema.h"

namespace fakemx::store {

namespace {

Instant instant(std::int64_t microseconds) {
    return Instant{Duration{microseconds}};
}

std::optional<Instant> instant(std::optional<std::int64_t> microseconds) {
    if (!microseconds) return std::nullopt;
    return instant(*microseconds);
}

/// Ten thousand years on either side of 1970. Damaged, it might be anything, and differences would not fit.
bool is_a_time(std::int64_t microseconds) {
    constexpr std::int64_t far = std::int64_t{10'000} * 366 * 24 * 3600 * 1'000'000;
    return microseconds >= -far && microseconds <= far;
}

std::string text(const Statement& row, int column) {
    return std::string{row.text(column)};
}

}  // namespace

Result<JournalReader, StoreError> JournalReader::open(const std::string& location) {
    const bool in_memory = location.starts_with("file:/fakemx-");
    const std::string name = in_memory ? ":memory:" : location;
    if (!in_memory) {
        // SQLite says "unable to open database file" to everything.
        struct stat facts {};
        if (::stat(location.c_str(), &facts) != 0) {
            return StoreError{fmt::format("{}: {}", name, std::strerror(errno))};
        }
        if (!S_ISREG(facts.st_mode)) return StoreError{fmt::format("{}: is no file", name)};
    }
    try {
        auto state = std::make_unique<State>();
        state->name = name;
        state->database =
            Database{in_memory ? location : location_of(location), Database::Mode::read_only};
        Database& database = state->database;
        if (database.integer("PRAGMA application_id") != application_id) {
            return StoreError{fmt::format("{}: is no journal of fakemx", name)};
        }
        state->version = database.integer("PRAGMA user_version");
        if (state->version < schema_version_oldest || state->version > schema_version) {
            return StoreError{
                fmt::format("{}: is a journal of another version of fakemx (schema {}, "
                            "this one reads {} to {})",
                            name, state->version, schema_version_oldest, schema_version)};
        }
        // From the first read on, everything is seen as it is then.
        database.execute("BEGIN");
        database.integer("SELECT count(*) FROM run");
        return JournalReader{std::move(state)};
    } catch (const SqliteError& error) {
        return StoreError{fmt::format("{}: {}", name, error.what())};
    }
}

JournalReader::JournalReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
JournalReader::~JournalReader() = default;
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;

Result<StoredRun, StoreError> JournalReader::run() {
    std::optional<StoredRun> run;
    auto error = state_->for_each(
        "SELECT version, profile, seed, clock, started_at, last_at, ended_at FROM run",
        std::nullopt, [&](const Statement& row) {
            run = {.version = text(row, 0),
                   .profile = text(row, 1),
                   .seed = text(row, 2),
                   .clock = text(row, 3),
                   .started_at = instant(row.integer(4)),
                   .last_at = instant(row.integer(5)),
                   .ended_at = instant(row.optional_integer(6)),
                   .tells_reply_lines = state_->version >= 5};
            return false;
        });
    if (error) return *error;
    if (!run) return StoreError{fmt::format("{}: records no run", state_->name)};
    return *run;
}

std::optional<StoreError> JournalReader::bounce_log(const Visitor<BounceRow>& visitor) {
    return state_->for_each(
        "SELECT timestamp, sending_ip, helo_name, mail_from_domain, header_from_domain,"
        " recipient_domain, smtp_stage, smtp_reply_code, smtp_reply_text, message_template_id,"
        " message_size_bytes, attachment_types, retry_count, final_queue_status FROM bounce_log",
        std::nullopt, [&](const Statement& row) {
            return visitor({.timestamp = text(row, 0),
                            .sending_ip = text(row, 1),
                            .helo_name = row.optional_text(2),
                            .mail_from_domain = row.optional_text(3),
                            .header_from_domain = row.optional_text(4),
                            .recipient_domain = row.optional_text(5),
                            .smtp_stage = text(row, 6),
                            .smtp_reply_code = row.optional_integer(7),
                            .smtp_reply_text = row.optional_text(8),
                            .message_template_id = row.optional_text(9),
                            .message_size_bytes = row.optional_integer(10),
                            .attachment_types = row.optional_text(11),
                            .retry_count = row.integer(12),
                            .final_queue_status = text(row, 13)});
        });
}

std::optional<StoreError> JournalReader::attempts(const Visitor<StoredAttempt>& visitor) {
    return state_->for_each(
        "SELECT attempt.id, session, delivery, number, at, coalesce(host, ''), sending_ip, "
        "attempt.helo,"
        " mail_from, recipient, stage, code, text, outcome, attempt.ended_at, identity"
        " FROM attempt LEFT JOIN session ON session.id = attempt.session"
        " ORDER BY delivery IS NULL, delivery, attempt.id",
        std::nullopt, [&](const Statement& row) {
            StoredAttempt attempt{.id = static_cast<std::uint64_t>(row.integer(0)),
                                  .session = static_cast<std::uint64_t>(row.integer(1)),
                                  .delivery = std::nullopt,
                                  .number = static_cast<std::uint32_t>(row.integer(3)),
                                  .at = instant(row.integer(4)),
                                  .host = text(row, 5),
                                  .sending_ip = text(row, 6),
                                  .helo = text(row, 7),
                                  .mail_from = text(row, 8),
                                  .recipient = text(row, 9),
                                  .stage = text(row, 10),
                                  .code = static_cast<int>(row.integer(11)),
                                  .text = text(row, 12),
                                  .outcome = text(row, 13),
                                  .ended_at = instant(row.optional_integer(14)),
                                  .identity = text(row, 15)};
            if (!row.is_null(2)) attempt.delivery = static_cast<std::uint64_t>(row.integer(2));
            return visitor(attempt);
        });
}

std::optional<StoreError> JournalReader::records(const Visitor<journal::Batch>& visitor) {
    constexpr std::size_t rows_at_once = 256;
    journal::Batch batch;
    bool more = true;
    bool known = true;
    const auto visit = [&](std::size_t rows) {
        if (rows < rows_at_once) return true;
        more = visitor(batch);
        batch = {};
        return more;
    };
    auto error = state_->for_each(
        "SELECT id, host, client, opened_at, helo, ended_at, ended, peer FROM session ORDER BY id",
        std::nullopt, [&](const Statement& row) {
            batch.sessions.push_back({.id = SessionId{static_cast<std::uint64_t>(row.integer(0))},
                                      .host = text(row, 1),
                                      .client = text(row, 2),
                                      .opened_at = instant(row.integer(3)),
                                      .helo = text(row, 4),
                                      .ended_at = instant(row.optional_integer(5)),
                                      .ended = text(row, 6),
                                      .peer = text(row, 7)});
            return visit(batch.sessions.size());
        });
    if (error || !more) return error;
    error = state_->for_each(
        fmt::format("SELECT id, session, transaction_number, delivery, number, at, sending_ip,"
                    " helo, mail_from, recipient, stage, code, text, outcome, {}, ended_at,"
                    " identity, header_from_domain, template_id, message_octets, {}"
                    " FROM attempt ORDER BY id",
                    state_->version < 3 ? "outcome = 'accepted'" : "taken",
                    state_->version < 4 ? "''" : "cause"),
        std::nullopt, [&](const Statement& row) {
            const auto stage = journal::stage_named(row.text(10));
            const auto outcome = journal::outcome_named(row.text(13));
            known = stage && outcome && is_a_time(row.integer(5)) &&
                    is_a_time(row.optional_integer(15).value_or(0));
            if (!known) return false;
            journal::AttemptRecord& attempt = batch.attempts.emplace_back();
            attempt.id = static_cast<std::uint64_t>(row.integer(0));
            attempt.session = SessionId{static_cast<std::uint64_t>(row.integer(1))};
            attempt.transaction = static_cast<std::uint32_t>(row.integer(2));
            if (!row.is_null(3)) {
                attempt.delivery = journal::DeliveryId{static_cast<std::uint64_t>(row.integer(3))};
            }
            attempt.number = static_cast<std::uint32_t>(row.integer(4));
            attempt.at = instant(row.integer(5));
            attempt.sending_ip = text(row, 6);
            attempt.helo = text(row, 7);
            attempt.mail_from = text(row, 8);
            attempt.recipient = text(row, 9);
            attempt.stage = *stage;
            attempt.code = static_cast<int>(row.integer(11));
            attempt.text = text(row, 12);
            attempt.outcome = *outcome;
            attempt.taken = row.integer(14) != 0;
            attempt.ended_at = instant(row.optional_integer(15));
            attempt.identity = text(row, 16);
            attempt.header_from_domain = text(row, 17);
            attempt.template_id = text(row, 18);
            if (!row.is_null(19)) {
                attempt.message_octets = static_cast<std::uint64_t>(row.integer(19));
            }
            attempt.cause = text(row, 20);
            return visit(batch.attempts.size());
        });
    if (!known) {
        return StoreError{fmt::format("{}: an attempt that cannot be read", state_->name)};
    }
    if (error || !more) return error;
    // A message may be large, so that one is enough at a time.
    error = state_->for_each(
        "SELECT session, transaction_number, at, identity, octets, content FROM message ORDER BY "
        "id",
        std::nullopt, [&](const Statement& row) {
            batch.messages.push_back(
                {.session = SessionId{static_cast<std::uint64_t>(row.integer(0))},
                 .transaction = static_cast<std::uint32_t>(row.integer(1)),
                 .at = instant(row.integer(2)),
                 .identity = text(row, 3),
                 .octets = static_cast<std::uint64_t>(row.integer(4)),
                 .content = text(row, 5)});
            return visit(rows_at_once);
        });
    if (!error && more && !batch.empty()) visitor(batch);
    return error;
}

std::optional<StoreError> JournalReader::traits(const Visitor<StoredTraits>& visitor) {
    if (state_->version < 4) return std::nullopt;
    return state_->for_each(
        "SELECT session, transaction_number, traits FROM message ORDER BY id", std::nullopt,
        [&](const Statement& row) {
            return visitor({.session = static_cast<std::uint64_t>(row.integer(0)),
                            .transaction = static_cast<std::uint32_t>(row.integer(1)),
                            .json = row.text(2)});
        });
}

std::optional<StoreError> JournalReader::deliveries(const Visitor<StoredDelivery>& visitor) {
    return state_->for_each(
        "SELECT id, tries, accepted, last_outcome, silent_since, status FROM delivery ORDER BY id",
        std::nullopt, [&](const Statement& row) {
            return visitor({.id = static_cast<std::uint64_t>(row.integer(0)),
                            .tries = static_cast<std::uint32_t>(row.integer(1)),
                            .accepted = static_cast<std::uint32_t>(row.integer(2)),
                            .last_outcome = text(row, 3),
                            .silent_since = instant(row.integer(4)),
                            .status = text(row, 5)});
        });
}

std::optional<StoreError> JournalReader::events(std::optional<std::uint64_t> session,
                                                const Visitor<StoredEvent>& visitor) {
    bool whole = true;
    bool more = true;
    const auto parameter =
        session ? std::optional{static_cast<std::int64_t>(*session)} : std::nullopt;
    auto error = state_->for_each(
        session ? "SELECT session, events FROM event WHERE session = ?1 ORDER BY first"
                : "SELECT session, events FROM event ORDER BY session, first",
        parameter, [&](const Statement& row) {
            const auto owner = static_cast<std::uint64_t>(row.integer(0));
            whole = for_each_object(row.text(1), [&](std::string_view object) {
                more = visitor({.session = owner, .json = object});
                return more;
            });
            return whole && more;
        });
    if (error) return error;
    if (!whole && more)
        return StoreError{fmt::format("{}: events that cannot be read", state_->name)};
    return std::nullopt;
}

std::optional<StoreError> JournalReader::encrypted_sessions(const Visitor<std::uint64_t>& visitor) {
    return events(std::nullopt, [&](const StoredEvent& event) {
        // As journal::append_json wrote it; in a text the quotes would have backslashes.
        const bool agreed = event.json.find(R"("event":"tls")") != std::string_view::npos &&
                            event.json.find(R"("failure":)") == std::string_view::npos;
        return !agreed || visitor(event.session);
    });
}

}  // namespace fakemx::store
