// Records for the tests of store, with everything that a test does not care about filled in.
#pragma once

#include <string>

#include "core/time.h"
#include "journal/records.h"

namespace fakemx::test {

inline constexpr Instant epoch = default_epoch;

inline journal::RunRecord a_run() {
    return {.version = "0.0.0",
            .profile = "accept",
            .seed = 18446744073709551615U,
            .clock = "x60",
            .started_at = epoch};
}

/// A try of a delivery that has come to its end a second after it arrived.
inline journal::AttemptRecord a_try(std::uint64_t id, std::uint64_t delivery, std::uint32_t number,
                                    Duration after, int code) {
    journal::AttemptRecord attempt;
    attempt.id = id;
    attempt.session = SessionId{id};
    attempt.transaction = 1;
    if (delivery != 0) attempt.delivery = journal::DeliveryId{delivery};
    attempt.number = number;
    attempt.at = epoch + after;
    attempt.ended_at = epoch + after + 1s;
    attempt.sending_ip = "192.0.2.1";
    attempt.helo = "mta.example.test";
    attempt.mail_from = "ada@Example.test";
    attempt.recipient = "\"u@v\"@163.COM";
    attempt.stage = smtp::Hook::message;
    attempt.code = code;
    attempt.text = "4.3.2 Internal server error";
    attempt.outcome = code / 100 == 2   ? journal::Outcome::accepted
                      : code / 100 == 4 ? journal::Outcome::deferred
                      : code / 100 == 5 ? journal::Outcome::rejected
                                        : journal::Outcome::lost;
    return attempt;
}

inline journal::Batch a_batch_of_events(std::uint64_t session, std::uint32_t first,
                                        std::uint32_t count) {
    journal::Batch batch;
    for (std::uint32_t i = 0; i < count; ++i) {
        batch.events.push_back(
            {.session = SessionId{session},
             .number = first + i,
             .at = epoch + std::chrono::seconds{first + i},
             .body = smtp::CommandSeen{.line = "NOOP " + std::to_string(first + i)}});
    }
    return batch;
}

}  // namespace fakemx::test
