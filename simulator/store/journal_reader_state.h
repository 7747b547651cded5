// An open journal, for the files that make up JournalReader. Internal to this folder.
#pragma once

#include <utility>

#include <fmt/format.h>

#include "store/journal_reader.h"
#include "store/sqlite.h"

namespace fakemx::store {

struct JournalReader::State {
    std::string name;
    Database database;
    std::int64_t version = 0;  // of the schema
    /// On the way through a table.
    struct Way {
        Statement statement;
        bool begun = false;
        bool over = false;  // a statement that is stepped once more would begin anew
    };
    Way inputs, events, messages;

    /// Calls `row` for every row; it returns false when it wants no more.
    template <class Row>
    std::optional<StoreError> for_each(std::string_view sql, std::optional<std::int64_t> parameter,
                                       const Row& row) {
        try {
            Statement statement = database.prepare(sql);
            if (parameter) statement.bind(1, *parameter);
            while (statement.step()) {
                if (!row(statement)) break;
            }
            return std::nullopt;
        } catch (const SqliteError& error) {
            return StoreError{fmt::format("{}: {}", name, error.what())};
        }
    }

    template <class Stored, class Read>
    Result<std::optional<Stored>, StoreError> next(Way& way, std::string_view sql,
                                                   const Read& read) {
        try {
            if (!std::exchange(way.begun, true)) way.statement = database.prepare(sql);
            way.over = way.over || !way.statement.step();
            if (way.over) return std::optional<Stored>{};
            return std::optional<Stored>{read(way.statement)};
        } catch (const SqliteError& error) {
            return StoreError{fmt::format("{}: {}", name, error.what())};
        }
    }
};

}  // namespace fakemx::store
