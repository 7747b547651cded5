// What replay reads of a journal: inputs, and what came of them, side by side.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/text.h"
#include "store/event_json.h"
#include "store/journal_reader_state.h"

namespace fakemx::store {

namespace {

/// The inputs are there from this schema on.
constexpr std::int64_t schema_with_inputs = 3;

/// A cell as a person may read it.
std::string shown(const Statement& row, int column) {
    constexpr std::size_t octets_shown = 80;
    if (row.is_null(column)) return "nothing";
    const std::string_view text = row.text(column);
    return fmt::format("'{}'{}", escape_octets(text.substr(0, octets_shown)),
                       text.size() > octets_shown ? "…" : "");
}

bool same_cell(const Statement& a, const Statement& b, int column) {
    return a.is_null(column) == b.is_null(column) && a.text(column) == b.text(column);
}

struct Table {
    std::string_view what;
    std::string_view sql;  // the first column names the row
};

// Not the number of a message: it tells when it was written.
constexpr std::array tables{
    Table{"session", "SELECT * FROM session ORDER BY id"},
    Table{"attempt", "SELECT * FROM attempt ORDER BY id"},
    Table{"message",
          "SELECT printf('%d of session %d', transaction_number, session), at, identity, octets, "
          "content"
          " FROM message ORDER BY session, transaction_number"},
};

std::optional<std::string> difference_between(const Table& table, Statement& ours,
                                              Statement& theirs) {
    while (true) {
        const bool here = ours.step();
        const bool there = theirs.step();
        if (!here && !there) return std::nullopt;
        if (here != there) {
            return fmt::format("{} {}: {}", table.what, std::string{(here ? ours : theirs).text(0)},
                               here ? "is not there this time" : "was not there then");
        }
        // An earlier version has fewer columns; new ones come last.
        const int columns = std::min(ours.columns(), theirs.columns());
        for (int column = 0; column < columns; ++column) {
            if (same_cell(ours, theirs, column)) continue;
            return fmt::format("{} {}: {} was {} and is {}", table.what, ours.text(0),
                               ours.column_name(column), shown(ours, column),
                               shown(theirs, column));
        }
    }
}

}  // namespace

Result<StoredSetup, StoreError> JournalReader::setup() {
    StoredSetup setup;
    if (state_->version < schema_with_inputs) return setup;
    auto error = state_->for_each("SELECT setup FROM run", std::nullopt, [&](const Statement& row) {
        setup.setup = row.text(0);
        return false;
    });
    if (!error) {
        error = state_->for_each(
            "SELECT name, path, text FROM source ORDER BY rowid", std::nullopt,
            [&](const Statement& row) {
                setup.sources.push_back(
                    {std::string{row.text(0)}, std::string{row.text(1)}, std::string{row.text(2)}});
                return true;
            });
    }
    if (error) return *error;
    return setup;
}

Result<std::optional<std::string>, StoreError> JournalReader::next_inputs() {
    return state_->next<std::string>(state_->inputs, "SELECT recording FROM input ORDER BY id",
                                     [](const Statement& row) { return std::string{row.text(0)}; });
}

Result<std::optional<StoredEvents>, StoreError> JournalReader::next_events() {
    bool whole = true;
    auto events = state_->next<StoredEvents>(
        state_->events, "SELECT session, events FROM event ORDER BY id", [&](const Statement& row) {
            StoredEvents some{.session = static_cast<std::uint64_t>(row.integer(0)), .json = {}};
            whole = for_each_object(row.text(1), [&](std::string_view object) {
                some.json.emplace_back(object);
                return true;
            });
            return some;
        });
    if (!whole) return StoreError{fmt::format("{}: events that cannot be read", state_->name)};
    return events;
}

Result<std::optional<StoredMessage>, StoreError> JournalReader::next_message() {
    return state_->next<StoredMessage>(
        state_->messages, "SELECT session, transaction_number, content FROM message ORDER BY id",
        [](const Statement& row) {
            return StoredMessage{.session = static_cast<std::uint64_t>(row.integer(0)),
                                 .transaction = static_cast<std::uint32_t>(row.integer(1)),
                                 .content = std::string{row.text(2)}};
        });
}

Result<std::optional<std::string>, StoreError> JournalReader::difference_to(JournalReader& other) {
    try {
        for (const Table& table : tables) {
            Statement ours = state_->database.prepare(table.sql);
            Statement theirs = other.state_->database.prepare(table.sql);
            if (auto difference = difference_between(table, ours, theirs)) return difference;
        }
        return std::optional<std::string>{};
    } catch (const SqliteError& error) {
        return StoreError{fmt::format("{}: {}", state_->name, error.what())};
    }
}

}  // namespace fakemx::store
