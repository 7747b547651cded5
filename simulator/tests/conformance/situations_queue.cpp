// Senders with a queue: retries, and what becomes of a message in the end.
#include "conformance/situation_words.h"

namespace fakemx::test {

void add_queue(std::vector<Situation>& all) {
    const QueueOptions queue{};
    all.push_back({.rule = "retry-queue",
                   .hooks = first_time("rcpt", R"(mx.reply(450, "4.2.0", "later"))"),
                   .queue = queue});
    all.push_back({.rule = "retry-none-after-5yz",
                   .hooks = answers("rcpt", R"(mx.reply(550, "5.1.1", "nobody"))"),
                   .queue = queue});
}

}  // namespace fakemx::test
