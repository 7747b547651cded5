// The view bounce_log: its columns, and what becomes of deliveries.
#include <vector>

#include <fmt/format.h>

#include "store/journal_reader.h"
#include "store/records.h"
#include "store/sqlite.h"
#include "store/sqlite_journal.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// A journal in memory with these attempts, as its reader sees it.
class Journal {
public:
    explicit Journal(std::vector<journal::AttemptRecord> attempts,
                     std::optional<Duration> ended_after = std::nullopt,
                     std::vector<journal::SessionRecord> sessions = {}) {
        auto made = store::SqliteJournal::create(":memory:", a_run(), nullptr);
        REQUIRE(made.has_value());
        journal_ = std::move(made.value());
        journal_->write({.sessions = std::move(sessions), .attempts = std::move(attempts)});
        if (ended_after) {
            CHECK_FALSE(journal_->finish(epoch + *ended_after));
        } else {
            journal_->sync();
        }
    }

    std::vector<store::BounceRow> rows() const {
        auto reader = store::JournalReader::open(journal_->location());
        REQUIRE(reader.has_value());
        std::vector<store::BounceRow> rows;
        CHECK_FALSE(reader->bounce_log([&](const store::BounceRow& row) {
            rows.push_back(row);
            return true;
        }));
        return rows;
    }

    /// The status that all rows share.
    std::string status() const {
        const auto all = rows();
        REQUIRE_FALSE(all.empty());
        for (const auto& row : all) CHECK(row.final_queue_status == all.front().final_queue_status);
        return all.front().final_queue_status;
    }

    std::string location() const { return journal_->location(); }

private:
    std::unique_ptr<store::SqliteJournal> journal_;
};

journal::AttemptRecord pending(journal::AttemptRecord attempt) {
    attempt.outcome = journal::Outcome::pending;
    attempt.code = 0;
    attempt.text.clear();
    attempt.ended_at.reset();
    return attempt;
}

}  // namespace

TEST_CASE("bounce_log has the fourteen columns in their order") {
    const Journal journal{{a_try(1, 1, 1, 0s, 250)}};
    store::Database database{journal.location(), store::Database::Mode::read_only};
    auto columns =
        database.prepare("SELECT group_concat(name, ' ') FROM pragma_table_info('bounce_log')");
    REQUIRE(columns.step());
    CHECK(columns.text(0) ==
          "timestamp sending_ip helo_name mail_from_domain header_from_domain recipient_domain "
          "smtp_stage smtp_reply_code smtp_reply_text message_template_id message_size_bytes "
          "attachment_types retry_count final_queue_status");
}

TEST_CASE("a row of bounce_log") {
    journal::AttemptRecord attempt = a_try(1, 1, 3, 1500ms, 451);
    attempt.header_from_domain = "News.Example.test";
    attempt.template_id = "welcome-7";
    attempt.message_octets = 1234;
    const auto rows = Journal{{attempt}}.rows();
    REQUIRE(rows.size() == 1);
    const store::BounceRow& row = rows.front();
    CHECK(row.timestamp == format_instant(attempt.at));
    CHECK(row.timestamp == "2026-01-01T00:00:01.500000Z");
    CHECK(row.sending_ip == "192.0.2.1");
    CHECK(row.helo_name == "mta.example.test");
    CHECK(row.mail_from_domain == "example.test");
    CHECK(row.header_from_domain == "news.example.test");
    CHECK(row.recipient_domain == "163.com");
    CHECK(row.smtp_stage == "end-of-data");
    CHECK(row.smtp_reply_code == 451);
    CHECK(row.smtp_reply_text == "4.3.2 Internal server error");
    CHECK(row.message_template_id == "welcome-7");
    CHECK(row.message_size_bytes == 1234);
    CHECK_FALSE(row.attachment_types);
    CHECK(row.retry_count == 2);
    CHECK(row.final_queue_status == "deferred");
}

TEST_CASE("what is not known is NULL in bounce_log") {
    journal::AttemptRecord attempt = pending(a_try(1, 0, 1, 2s, 0));
    attempt.stage = smtp::Hook::connect;
    attempt.helo.clear();
    attempt.mail_from.clear();
    attempt.recipient = "Postmaster";
    const auto rows = Journal{{attempt}}.rows();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].timestamp == "2026-01-01T00:00:02Z");
    CHECK(rows[0].smtp_stage == "connect");
    CHECK_FALSE(rows[0].helo_name);
    CHECK_FALSE(rows[0].mail_from_domain);
    CHECK_FALSE(rows[0].header_from_domain);
    CHECK_FALSE(rows[0].recipient_domain);
    CHECK_FALSE(rows[0].smtp_reply_code);
    CHECK_FALSE(rows[0].smtp_reply_text);
    CHECK_FALSE(rows[0].message_template_id);
    CHECK_FALSE(rows[0].message_size_bytes);
}

TEST_CASE("rows come in order of arrival, a status on all tries of its delivery") {
    const auto rows = Journal{
        {a_try(1, 1, 1, 0s, 451), a_try(2, 2, 1, 1s, 550), a_try(3, 1, 2, 10s, 250),
         a_try(4, 3, 1, 11s,
               451)}}.rows();
    std::vector<std::pair<std::int64_t, std::string>> seen;
    for (const auto& row : rows) seen.emplace_back(row.retry_count, row.final_queue_status);
    CHECK(seen == std::vector<std::pair<std::int64_t, std::string>>{
                      {0, "delivered"}, {0, "bounced"}, {1, "delivered"}, {0, "deferred"}});
}

TEST_CASE("delivered: accepted exactly once, whatever else was said") {
    CHECK(Journal{{a_try(1, 1, 1, 0s, 250)}}.status() == "delivered");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 451), a_try(2, 1, 2, 1min, 250)}}.status() == "delivered");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 250), a_try(2, 1, 2, 1min, 550)}}.status() == "delivered");
}

TEST_CASE("duplicated: accepted more than once") {
    CHECK(Journal{{a_try(1, 1, 1, 0s, 250), a_try(2, 1, 2, 1min, 250)}}.status() == "duplicated");
}

TEST_CASE("bounced: never accepted, and the last answer was final") {
    CHECK(Journal{{a_try(1, 1, 1, 0s, 550)}}.status() == "bounced");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 451), a_try(2, 1, 2, 1min, 550)}}.status() == "bounced");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 550), a_try(2, 1, 2, 1min, 451)}}.status() == "deferred");
}

TEST_CASE("expired: silent for longer than four times the longest wait") {
    // Waits of 1 and 2 minutes; the last try ends one second after it begins.
    const std::vector tries{a_try(1, 1, 1, 0s, 451), a_try(2, 1, 2, 1min, 451),
                            a_try(3, 1, 3, 3min, 0)};
    const Duration last = 3min + 1s;
    CHECK(Journal{tries, last + 8min}.status() == "deferred");
    CHECK(Journal{tries, last + 8min + 1us}.status() == "expired");
    // After a single try the sender has five days.
    CHECK(Journal{{a_try(1, 1, 1, 0s, 451)}, 1s + std::chrono::days{5}}.status() == "deferred");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 451)}, 2s + std::chrono::days{5}}.status() == "expired");
}

TEST_CASE("expired: going on to the next MX at once is no wait") {
    // Three hosts within two seconds; an hour later the same again.
    std::vector<journal::SessionRecord> sessions;
    std::vector<journal::AttemptRecord> attempts;
    for (std::uint32_t n = 1; n <= 6; ++n) {
        const std::uint32_t host = (n - 1) % 3;
        sessions.push_back({.id = SessionId{n}, .host = fmt::format("mx{}.test", host + 1)});
        attempts.push_back(
            a_try(n, 1, n, (n > 3 ? Duration{1h} : Duration{}) + std::chrono::seconds{host}, 451));
    }
    const std::vector first_visit(attempts.begin(), attempts.begin() + 3);
    CHECK(Journal{first_visit, std::chrono::days{4}, sessions}.status() == "deferred");
    CHECK(Journal{first_visit, std::chrono::days{6}, sessions}.status() == "expired");
    const Duration last = 1h + 3s;
    CHECK(Journal{attempts, last + 4h, sessions}.status() == "deferred");
    CHECK(Journal{attempts, last + 4h + 1us, sessions}.status() == "expired");
}

TEST_CASE("expired: without an end, the last instant in the journal counts") {
    const auto first = a_try(1, 1, 1, 0s, 451), second = a_try(2, 1, 2, 1min, 451);
    CHECK(Journal{{first, second}}.status() == "deferred");
    const auto rows = Journal{{first, second, a_try(3, 2, 1, 10min, 250)}}.rows();
    CHECK(rows[0].final_queue_status == "expired");
    CHECK(rows[1].final_queue_status == "expired");
    CHECK(rows[2].final_queue_status == "delivered");
}

TEST_CASE("deferred: under way, or likely to be tried again") {
    CHECK(Journal{{pending(a_try(1, 1, 1, 0s, 0))}, std::chrono::days{30}}.status() == "deferred");
    CHECK(Journal{{a_try(1, 1, 1, 0s, 451), pending(a_try(2, 1, 2, 1min, 0))}, 1h}.status() ==
          "deferred");
}

TEST_CASE("an attempt without a recipient stands for itself") {
    CHECK(Journal{{a_try(1, 0, 1, 0s, 554)}, std::chrono::days{30}}.status() == "bounced");
    CHECK(Journal{{a_try(1, 0, 1, 0s, 421)}, std::chrono::days{30}}.status() == "deferred");
    CHECK(Journal{{a_try(1, 0, 1, 0s, 0)}, std::chrono::days{30}}.status() == "deferred");
}
