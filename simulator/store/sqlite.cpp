// The calls of SQLite's C interface that a journal needs.
#include "store/sqlite.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace fakemx::store {

namespace {

/// How long a lock that somebody else holds is waited for. Only a foreign program that writes to the
/// journal holds one for long.
constexpr int busy_timeout_ms = 10'000;

[[noreturn]] void fail_with(sqlite3* database) {
    throw SqliteError{sqlite3_extended_errcode(database), sqlite3_errmsg(database)};
}

/// SQLite takes a null pointer for NULL, an empty view may have one.
const char* begin_of(std::string_view text) {
    return text.data() != nullptr ? text.data() : "";
}

}  // namespace

std::string location_of(const std::string& path) {
    return path.starts_with("file:") ? "./" + path : path;
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
    expect_ok(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                 SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(database_, other.database_);
    std::swap(statement_, other.statement_);
    return *this;
}

void Statement::fail() const {
    fail_with(database_);
}

void Statement::expect_ok(int result) const {
    if (result != SQLITE_OK) fail();
}

void Statement::bind(int place, std::int64_t value) {
    expect_ok(sqlite3_bind_int64(statement_, place, value));
}

void Statement::bind(int place, std::string_view text) {
    expect_ok(sqlite3_bind_text64(statement_, place, begin_of(text), text.size(), SQLITE_STATIC,
                                  SQLITE_UTF8));
}

void Statement::bind_octets(int place, std::string_view octets) {
    expect_ok(
        sqlite3_bind_blob64(statement_, place, begin_of(octets), octets.size(), SQLITE_STATIC));
}

void Statement::bind_null(int place) {
    expect_ok(sqlite3_bind_null(statement_, place));
}

bool Statement::step() {
    switch (sqlite3_step(statement_)) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: fail();
    }
}

void Statement::reset() {
    sqlite3_reset(statement_);
}

void Statement::run() {
    try {
        step();
    } catch (const SqliteError&) {
        reset();
        throw;
    }
    reset();
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
    const auto* octets = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    if (octets == nullptr) return {};
    return {octets, static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return std::string{text(column)};
}

int Statement::columns() const {
    return sqlite3_column_count(statement_);
}

std::string_view Statement::column_name(int column) const {
    return sqlite3_column_name(statement_, column);
}

Database::Database(const std::string& location, Mode mode) {
    // One connection belongs to one thread at a time, so SQLite need not lock for itself.
    int flags = SQLITE_OPEN_NOMUTEX;
    flags |=
        mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (location.starts_with("file:")) flags |= SQLITE_OPEN_URI;
    if (sqlite3_open_v2(location.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
        const int code = sqlite3_extended_errcode(database_);
        const std::string message = sqlite3_errmsg(database_);
        sqlite3_close_v2(std::exchange(database_, nullptr));
        throw SqliteError{code, message};
    }
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, busy_timeout_ms);
}

Database::~Database() {
    sqlite3_close_v2(database_);
}

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
    std::swap(database_, other.database_);
    return *this;
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail_with(database_);
}

Statement Database::prepare(std::string_view sql) {
    return Statement{database_, sql};
}

std::int64_t Database::integer(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

}  // namespace fakemx::store
