// The journal as a file: what survives, what is refused, what happens when it cannot be written.
#include "store/sqlite_journal.h"

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "store/journal_reader.h"
#include "store/records.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;
using store::JournalReader;
using store::SqliteJournal;

namespace {

std::unique_ptr<SqliteJournal> create(const std::string& path) {
    auto journal = SqliteJournal::create(path, a_run(), nullptr);
    if (!journal) FAIL(journal.error().message);
    return std::move(journal.value());
}

JournalReader open(const std::string& path) {
    auto reader = JournalReader::open(path);
    if (!reader) FAIL(reader.error().message);
    return std::move(reader.value());
}

std::vector<std::string> events_in(JournalReader& reader,
                                   std::optional<std::uint64_t> session = {}) {
    std::vector<std::string> events;
    const auto error = reader.events(session, [&](const store::StoredEvent& event) {
        events.emplace_back(event.json);
        return true;
    });
    if (error) FAIL(error->message);
    return events;
}

std::size_t count_events(const std::string& path) {
    JournalReader reader = open(path);
    return events_in(reader).size();
}

/// Runs `work` in a process of its own, and gives the status that waitpid() tells.
template <class Work>
int in_child(const Work& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

}  // namespace

TEST_CASE("a journal gives back what was written") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    auto journal = create(path);
    journal::Batch batch = a_batch_of_events(2, 1, 3);
    const journal::Batch other = a_batch_of_events(1, 1, 2);
    batch.events.insert(batch.events.end(), other.events.begin(), other.events.end());
    batch.sessions.push_back({.id = SessionId{1},
                              .host = "mx.fakemx.test",
                              .client = "192.0.2.1",
                              .opened_at = epoch,
                              .helo = "mta.example.test",
                              .ended_at = std::nullopt,
                              .ended = ""});
    batch.messages.push_back({.session = SessionId{1},
                              .transaction = 1,
                              .at = epoch,
                              .identity = "<1@x>",
                              .octets = 4,
                              .content = std::string{"a\0b\xff", 4}});
    journal->write(batch);
    journal->write(a_batch_of_events(2, 4, 1));
    CHECK_FALSE(journal->finish(epoch + 5min));

    JournalReader reader = open(path);
    const auto run = reader.run();
    REQUIRE(run.has_value());
    CHECK(run->seed == "18446744073709551615");
    CHECK(run->clock == "x60");
    CHECK(run->started_at == epoch);
    CHECK(run->ended_at == epoch + 5min);
    CHECK(run->last_at == epoch + 5min);

    std::vector<std::string> expected;
    for (const auto& [session, count] : {std::pair{1U, 2U}, {2U, 4U}}) {
        for (const auto& event : a_batch_of_events(session, 1, count).events) {
            append_json(expected.emplace_back(), event, journal::Form::full);
        }
    }
    CHECK(events_in(reader) == expected);
    CHECK(events_in(reader, 1).size() == 2);
    CHECK(events_in(reader, 3).empty());

    // Batches of one session became rows of their own; the view takes them apart again.
    store::Database database{path, store::Database::Mode::read_only};
    CHECK(database.integer("SELECT count(*) FROM event") == 3);
    CHECK(database.integer("SELECT count(*) FROM event_log WHERE session = 2") == 4);
    CHECK(database.integer("SELECT number FROM event_log WHERE json = '" + expected.back() + "'") ==
          4);
    CHECK(database.integer("SELECT length(content) FROM message") == 4);
    CHECK(database.integer("SELECT count(*) FROM session WHERE ended_at IS NULL") == 1);
}

TEST_CASE("sessions and attempts replace what was written for the same id") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    auto journal = create(path);
    journal::AttemptRecord attempt = a_try(1, 1, 1, 0s, 0);
    attempt.outcome = journal::Outcome::pending;
    attempt.ended_at.reset();
    journal->write({.attempts = {attempt}});
    journal->sync();
    journal->write({.attempts = {a_try(1, 1, 1, 0s, 451)}});
    CHECK_FALSE(journal->finish(epoch + 5min));

    store::Database database{path, store::Database::Mode::read_only};
    CHECK(database.integer("SELECT count(*) FROM attempt") == 1);
    CHECK(database.integer("SELECT code FROM attempt") == 451);
    CHECK(database.integer("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == 0);
}

TEST_CASE("a reader sees what is committed while the journal is being written") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    auto journal = create(path);
    journal->write(a_batch_of_events(1, 1, 10));
    journal->sync();

    JournalReader early = open(path);
    CHECK(events_in(early).size() == 10);
    for (std::uint32_t i = 0; i < 50; ++i) {
        journal->write(a_batch_of_events(2, 1 + i, 1));
        journal->sync();
        CHECK(count_events(path) == 11 + i);
    }
    // One picture from open() on.
    CHECK(events_in(early).size() == 10);
    // A reader that is still there does not keep the journal from ending well.
    CHECK_FALSE(journal->finish(epoch + 5min));
    CHECK(count_events(path) == 60);
}

TEST_CASE("a journal in memory can be read as long as it lives") {
    auto journal = create(":memory:");
    auto other = create(":memory:");
    journal->write(a_batch_of_events(1, 1, 3));
    journal->sync();
    CHECK(count_events(journal->location()) == 3);
    CHECK(count_events(other->location()) == 0);
    CHECK_FALSE(journal->finish(epoch));
    CHECK(count_events(journal->location()) == 3);
}

TEST_CASE("a journal is never written over") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    create(path)->finish(epoch);
    const auto again = SqliteJournal::create(path, a_run(), nullptr);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().message ==
          path + ": holds the journal of an earlier run; remove it, or name another file");

    const std::string letter = directory.file("letter.txt");
    std::ofstream{letter} << "Dear Ada,\n";
    const auto over = SqliteJournal::create(letter, a_run(), nullptr);
    REQUIRE_FALSE(over.has_value());
    CHECK(over.error().message ==
          letter + ": exists and is no journal of this version of fakemx; name another file");
    std::string text;
    std::getline(std::ifstream{letter}, text);
    CHECK(text == "Dear Ada,");

    const auto nowhere = SqliteJournal::create(directory.file("no/run.db"), a_run(), nullptr);
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error().message == directory.file("no/run.db") + ": No such file or directory");
}

TEST_CASE("what is no journal is refused by name") {
    const Directory directory;
    const auto refusal = [](const std::string& path) {
        const auto reader = JournalReader::open(path);
        return reader ? "none" : reader.error().message.substr(path.size());
    };
    CHECK(refusal(directory.file("absent.db")) == ": No such file or directory");
    CHECK(refusal(directory.file("")) == ": is no file");
    std::ofstream{directory.file("letter.txt")} << std::string(5000, 'x');
    CHECK(refusal(directory.file("letter.txt")) == ": file is not a database");
    {
        store::Database other{directory.file("other.db"), store::Database::Mode::create};
        other.execute("CREATE TABLE run (id)");
    }
    CHECK(refusal(directory.file("other.db")) == ": is no journal of fakemx");
    {
        store::Database later{directory.file("later.db"), store::Database::Mode::create};
        later.execute("PRAGMA application_id = 0x466B4D58; PRAGMA user_version = 99");
    }
    CHECK(refusal(directory.file("later.db")) ==
          ": is a journal of another version of fakemx (schema 99, this one reads 2 to 6)");
}

TEST_CASE("the producer waits at the bounds and nothing is lost") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    auto made = SqliteJournal::create(path, a_run(), nullptr, {.batches_max = 2, .octets_max = 1});
    REQUIRE(made.has_value());
    auto& journal = *made.value();
    constexpr std::uint32_t batches = 300;
    for (std::uint32_t i = 0; i < batches; ++i) journal.write(a_batch_of_events(1, 1 + i, 1));
    CHECK_FALSE(journal.finish(epoch));
    CHECK(count_events(path) == batches);
}

TEST_CASE("kill -9 takes the last batch at most") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    const int status = in_child([&] {
        auto journal = SqliteJournal::create(path, a_run(), nullptr);
        if (!journal) return 1;
        journal.value()->write(a_batch_of_events(1, 1, 100));
        journal.value()->sync();
        journal.value()->write(a_batch_of_events(1, 101, 1));
        ::raise(SIGKILL);
        return 2;
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);

    JournalReader reader = open(path);
    const auto run = reader.run();
    REQUIRE(run.has_value());
    CHECK_FALSE(run->ended_at);
    CHECK(run->last_at >= epoch + 100s);
    const std::size_t count = events_in(reader).size();
    CHECK(count >= 100);
    CHECK(count <= 101);
    store::Database database{path, store::Database::Mode::read_only};
    CHECK(database.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1);
}

TEST_CASE("a full disk is told once, remembered, and never blocks the producer") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    // A limit on the size of files stands for the disk, in a process of its own: it is for all files.
    const int status = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{512 * 1024, 512 * 1024};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::string told;
        int times = 0;
        auto made = SqliteJournal::create(path, a_run(), [&](std::string_view message) {
            told = message;
            ++times;
        });
        if (!made) return 1;
        auto& journal = *made.value();
        for (std::uint32_t i = 0; i < 100; ++i) {
            journal.write({.messages = {{.session = SessionId{1},
                                         .transaction = i + 1,
                                         .at = epoch,
                                         .identity = "<1@x>",
                                         .octets = 100'000,
                                         .content = std::string(100'000, 'x')}}});
            journal.sync();
        }
        const auto failure = journal.failure();
        if (!failure || !failure->message.starts_with(path + ": the journal cannot be written: "))
            return 2;
        const auto at_end = journal.finish(epoch + 1s);
        if (!at_end || at_end->message != failure->message) return 3;
        if (times != 1 || told != failure->message) return 4;
        return 0;
    });
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);

    // What was committed before is there, and the file is sound.
    JournalReader reader = open(path);
    REQUIRE(reader.run().has_value());
    store::Database database{path, store::Database::Mode::read_only};
    const auto kept = database.integer("SELECT count(*) FROM message");
    CHECK(kept >= 1);
    CHECK(kept < 10);
    CHECK(database.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1);
}

TEST_CASE("a journal that cannot even begin leaves no file behind") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    const int status = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{1024, 1024};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return SqliteJournal::create(path, a_run(), nullptr) ? 1 : 0;
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the records come back as they were written, at their last state") {
    const Directory directory;
    const std::string path = directory.file("run.db");
    auto journal = create(path);
    journal::Batch batch;
    batch.sessions.push_back({.id = SessionId{7},
                              .host = "mx.fakemx.test",
                              .client = "192.0.2.1",
                              .opened_at = epoch,
                              .helo = "mta.example.test",
                              .ended_at = epoch + 3s,
                              .ended = "quit",
                              .peer = "127.0.0.1"});
    journal::AttemptRecord attempt = a_try(1, 4, 2, 10s, 0);
    batch.attempts.push_back(attempt);
    attempt.taken = true;
    attempt.identity = "1@example.test";
    attempt.header_from_domain = "example.test";
    attempt.template_id = "t1";
    attempt.message_octets = 123;
    batch.attempts.push_back(attempt);
    for (std::uint64_t id = 2; id <= 300; ++id) {
        batch.attempts.push_back(a_try(id, 0, 1, 20s, 451));
        batch.attempts.back().stage = smtp::Hook::rcpt;
    }
    batch.messages.push_back({.session = SessionId{7},
                              .transaction = 3,
                              .at = epoch + 2s,
                              .identity = "1@example.test",
                              .octets = 5,
                              .content = std::string{"a\0b\xff\n", 5}});
    journal->write(batch);
    REQUIRE_FALSE(journal->finish(epoch + 1min));

    JournalReader reader = open(path);
    journal::Batch all;
    std::size_t visits = 0;
    REQUIRE_FALSE(reader.records([&](const journal::Batch& part) {
        ++visits;
        CHECK(part.attempts.size() <= 256);
        all.sessions.insert(all.sessions.end(), part.sessions.begin(), part.sessions.end());
        all.attempts.insert(all.attempts.end(), part.attempts.begin(), part.attempts.end());
        all.messages.insert(all.messages.end(), part.messages.begin(), part.messages.end());
        return true;
    }));
    CHECK(visits == 2);
    REQUIRE(all.sessions.size() == 1);
    CHECK(all.sessions[0].host == "mx.fakemx.test");
    CHECK(all.sessions[0].ended_at == epoch + 3s);
    CHECK(all.sessions[0].peer == "127.0.0.1");
    REQUIRE(all.attempts.size() == 300);
    const journal::AttemptRecord& first = all.attempts[0];
    CHECK(first.taken);
    CHECK(first.delivery == journal::DeliveryId{4});
    CHECK(first.number == 2);
    CHECK(first.at == epoch + 10s);
    CHECK(first.ended_at == epoch + 11s);
    CHECK(first.stage == smtp::Hook::message);
    CHECK(first.outcome == journal::Outcome::lost);
    CHECK(first.recipient == "\"u@v\"@163.COM");
    CHECK(first.identity == "1@example.test");
    CHECK(first.header_from_domain == "example.test");
    CHECK(first.template_id == "t1");
    CHECK(first.message_octets == 123U);
    const journal::AttemptRecord& last = all.attempts[299];
    CHECK(last.id == 300);
    CHECK_FALSE(last.taken);
    CHECK_FALSE(last.delivery);
    CHECK_FALSE(last.message_octets);
    CHECK(last.stage == smtp::Hook::rcpt);
    CHECK(last.code == 451);
    CHECK(last.outcome == journal::Outcome::deferred);
    REQUIRE(all.messages.size() == 1);
    CHECK(all.messages[0].transaction == 3);
    CHECK(all.messages[0].content == std::string{"a\0b\xff\n", 5});

    // A visitor that has seen enough is asked no more.
    visits = 0;
    REQUIRE_FALSE(reader.records([&](const journal::Batch&) { return ++visits == 0; }));
    CHECK(visits == 1);
}
