// What a journal says of messages: the traits of each, and the attachments of each attempt.
#include "journal/attempts.h"
#include "message/authentication.h"
#include "message/structure.h"
#include "store/journal_reader.h"
#include "store/records.h"
#include "store/sqlite_journal.h"
#include "support/catch.h"
#include "tests/message/table_of_names.h"

using namespace fakemx;
using namespace fakemx::test;
using Catch::Matchers::Contains;

namespace {

const std::string with_files =
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: application/pdf; name=a.PDF\r\n\r\nx\r\n"
    "--b\r\nContent-Type: application/vnd.ms-excel\r\n\r\nx\r\n"
    "--b\r\nContent-Type: application/pdf; name=b.pdf\r\n\r\nx\r\n--b--\r\n";

journal::MessageRecord a_message(std::uint64_t session, std::string content) {
    journal::MessageRecord message;
    message.session = SessionId{session};
    message.transaction = 1;
    message.at = epoch;
    message.octets = content.size();
    message.content = std::move(content);
    return message;
}

/// A try that came to the end of data.
journal::AttemptRecord with_message(journal::AttemptRecord attempt) {
    attempt.message_octets = 100;
    return attempt;
}

struct Told {
    std::vector<std::string> attachments;  // of bounce_log; "-" for NULL
    std::vector<std::string> traits;
};

Told told(journal::Batch batch) {
    auto made = store::SqliteJournal::create(":memory:", a_run(), nullptr);
    REQUIRE(made.has_value());
    made.value()->write(std::move(batch));
    made.value()->sync();
    auto reader = store::JournalReader::open(made.value()->location());
    REQUIRE(reader.has_value());
    Told found;
    CHECK_FALSE(reader->bounce_log([&](const store::BounceRow& row) {
        found.attachments.push_back(row.attachment_types.value_or("-"));
        return true;
    }));
    CHECK_FALSE(reader->traits([&](const store::StoredTraits& traits) {
        CHECK(traits.transaction == 1);
        found.traits.emplace_back(traits.json);
        return true;
    }));
    return found;
}

}  // namespace

TEST_CASE("each attempt at a message says what files came with it") {
    journal::AttemptRecord second = with_message(a_try(2, 2, 1, 0s, 250));
    second.session = SessionId{1};
    journal::AttemptRecord refused = a_try(3, 3, 1, 0s, 550);
    refused.session = SessionId{1};
    refused.stage = smtp::Hook::rcpt;
    const Told found =
        told({.attempts = {with_message(a_try(1, 1, 1, 0s, 451)), second, refused,
                           with_message(a_try(4, 4, 1, 0s, 250)), a_try(5, 5, 1, 0s, 450)},
              .messages = {a_message(1, with_files), a_message(4, "Subject: x\r\n\r\nplain\r\n")}});
    CHECK(found.attachments ==
          std::vector<std::string>{"pdf,vnd.ms-excel", "pdf,vnd.ms-excel", "-", "-", "-"});
    REQUIRE(found.traits.size() == 2);
    CHECK_THAT(found.traits[0], Contains(R"("parts":4,)"));
    CHECK_THAT(found.traits[0], Contains(R"("attachment_types":["pdf","vnd.ms-excel"])"));
    CHECK_THAT(found.traits[1], Contains(R"("language":"latin")"));
}

TEST_CASE("of a message that is longer than what is kept, the journal knows all parts") {
    journal::MessageRecord longer = a_message(1, with_files);
    longer.structure =
        std::make_shared<const message::Structure>(message::read_structure(with_files, true));
    longer.content = with_files.substr(0, 60);
    journal::MessageRecord cut = longer;
    cut.session = SessionId{2};
    cut.structure = nullptr;
    const Told found =
        told({.attempts = {with_message(a_try(1, 1, 1, 0s, 250))}, .messages = {longer, cut}});
    CHECK(found.attachments == std::vector<std::string>{"pdf,vnd.ms-excel"});
    REQUIRE(found.traits.size() == 2);
    CHECK_THAT(found.traits[0], Contains(R"("whole":true)"));
    CHECK_THAT(found.traits[1], Contains(R"("whole":false)"));
    CHECK_THAT(found.traits[1], Contains(R"("attachment_types":[])"));
}

TEST_CASE("traits say what a sender that is known has shown of itself") {
    const auto names = [] {
        test::TableOfNames table;
        table.add("shop.test", message::RecordType::txt, {"v=spf1 -all"});
        return std::make_shared<const test::TableOfNames>(std::move(table));
    }();
    journal::MessageRecord message = a_message(1, "From: a@shop.test\r\n\r\nx\r\n");
    message.sender = std::make_shared<const message::Sender>(
        message::Sender{names,
                        {.client = *IpAddress::parse("192.0.2.1"),
                         .helo = "mta.test",
                         .local_part = "a",
                         .domain = "shop.test"},
                        "shop.test"});
    const Told found = told({.messages = {message, a_message(2, "Subject: x\r\n\r\nx\r\n")}});
    REQUIRE(found.traits.size() == 2);
    CHECK_THAT(found.traits[0],
               Contains(R"("spf":"fail","spf_domain":"shop.test","dkim":"none",)"));
    CHECK_THAT(found.traits[0], Contains(R"("dmarc":"none","dmarc_policy":"",)"));
    CHECK_THAT(found.traits[1], !Contains("\"spf\""));
}
