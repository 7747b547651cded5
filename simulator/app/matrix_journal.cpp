// Variants in a journal: which delivery was of which variant, and what became of it.
#include <map>
#include <utility>

#include "app/matrix_ways.h"
#include "store/journal_reader.h"

namespace fakemx::app {

namespace {

/// A delivery, or a try that did not get as far as to a recipient.
struct Sent {
    std::optional<matrix::Recognised> recognised;
    matrix::CopyResult last;
};

using Transaction = std::pair<std::uint64_t, std::uint32_t>;

}  // namespace

Result<JournalGrid, NoGrid> read_matrix(const std::string& journal) {
    auto reader = store::JournalReader::open(journal);
    if (!reader) return NoGrid{ExitStatus::harness_failed, reader.error().message};
    std::map<std::uint64_t, Sent> deliveries;
    std::map<Transaction, std::vector<std::uint64_t>> by_transaction;
    JournalGrid made;
    const auto take_attempt = [&](const journal::AttemptRecord& attempt) {
        if (attempt.outcome == journal::Outcome::pending) return;
        if (!attempt.delivery) {
            ++made.unseen;
            return;
        }
        const std::uint64_t delivery = number(*attempt.delivery);
        by_transaction[{number(attempt.session), attempt.transaction}].push_back(delivery);
        matrix::CopyResult& last = deliveries[delivery].last;
        if (attempt.number < last.tries) return;
        last = {.outcome = attempt.outcome,
                .stage = attempt.stage,
                .code = attempt.code,
                .text = attempt.text,
                .tries = attempt.number};
    };
    const auto error = reader->records([&](const journal::Batch& batch) {
        for (const journal::AttemptRecord& attempt : batch.attempts) take_attempt(attempt);
        for (const journal::MessageRecord& message : batch.messages) {
            const auto found = by_transaction.find({number(message.session), message.transaction});
            if (found == by_transaction.end()) continue;
            const matrix::Recognised recognised = matrix::recognise(message.content);
            for (const std::uint64_t delivery : found->second)
                deliveries[delivery].recognised = recognised;
        }
        return true;
    });
    if (error) return NoGrid{ExitStatus::harness_failed, error->message};
    for (auto& [number, sent] : deliveries) {
        if (!sent.recognised) {
            ++made.unseen;
            continue;
        }
        ++(sent.recognised->by_field ? made.by_field : made.by_traits);
        made.grid[sent.recognised->variant].results.push_back(std::move(sent.last));
    }
    return made;
}

}  // namespace fakemx::app
