// SQLite's C interface as values that close themselves, and its errors as one exception that never
// leaves this folder. It knows nothing of journals.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace fakemx::store {

/// What SQLite is told to open for a file: a path that begins with "file:" is no URI.
std::string location_of(const std::string& path);

class SqliteError : public std::runtime_error {
public:
    SqliteError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}

    /// SQLite's extended result code.
    int code() const { return code_; }

private:
    int code_;
};

class Statement {
public:
    Statement() = default;
    Statement(sqlite3* database, std::string_view sql);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;

    // Binding, from 1 on. Texts and octets must stay as they are until the next step() or reset().
    void bind(int place, std::int64_t value);
    void bind(int place, std::string_view text);
    void bind_octets(int place, std::string_view octets);
    void bind_null(int place);
    void bind(int place, std::optional<std::int64_t> value) {
        if (value) {
            bind(place, *value);
        } else {
            bind_null(place);
        }
    }

    /// Goes to the next row; false when there is none.
    bool step();
    /// Ready to be run again.
    void reset();
    /// Runs a statement that gives no rows, and resets it.
    void run();

    // Columns of the current row, from 0 on. The views are valid until the next step or reset.
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<std::string> optional_text(int column) const;
    int columns() const;
    std::string_view column_name(int column) const;

private:
    [[noreturn]] void fail() const;
    void expect_ok(int result) const;

    sqlite3* database_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

class Database {
public:
    enum class Mode { read_only, create };

    Database() = default;
    /// `location` is a path, or a URI as SQLite understands it where it begins with "file:".
    Database(const std::string& location, Mode mode);
    ~Database();
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;

    /// Runs statements that give no rows.
    void execute(const char* sql);
    Statement prepare(std::string_view sql);
    /// The first column of the first row; 0 where there is none.
    std::int64_t integer(std::string_view sql);

private:
    sqlite3* database_ = nullptr;
};

}  // namespace fakemx::store
