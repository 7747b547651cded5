// What a sender did, told in a few calls, and what the oracle makes of it.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "oracle/expectation.h"
#include "oracle/judge.h"
#include "oracle/ledger.h"

namespace fakemx::oracle::test {

class Story {
public:
    /// A try of the delivery, so long after the beginning, in a session of its own: 2yz is taken, 0 is lost. To
    /// "bob@163.com" unless it is changed.
    journal::AttemptRecord& tried(std::uint64_t delivery, Duration after, int code,
                                  std::string text = "4.3.2 Internal server error",
                                  std::string host = "mx1.163.com") {
        journal::AttemptRecord& attempt = attempts_.emplace_back();
        attempt.id = attempts_.size();
        attempt.session = SessionId{attempt.id};
        attempt.transaction = 1;
        attempt.delivery = journal::DeliveryId{delivery};
        attempt.at = default_epoch + after;
        attempt.ended_at = attempt.at;
        attempt.sending_ip = "192.0.2.1";
        attempt.helo = "mta.a.test";
        attempt.mail_from = "ann@a.test";
        attempt.recipient = "bob@163.com";
        attempt.stage = smtp::Hook::message;
        attempt.code = code;
        attempt.text = std::move(text);
        attempt.outcome = code / 100 == 2   ? journal::Outcome::accepted
                          : code / 100 == 4 ? journal::Outcome::deferred
                          : code / 100 == 5 ? journal::Outcome::rejected
                                            : journal::Outcome::lost;
        attempt.taken = code / 100 == 2;
        attempt.identity = fmt::format("{}@a.test", delivery);
        sessions_.push_back(
            {.id = attempt.session, .host = std::move(host), .opened_at = attempt.at});
        return attempt;
    }

    /// A message that came with this try.
    void message(const journal::AttemptRecord& attempt, std::string content) {
        const std::size_t octets = content.size();
        messages_.push_back({.session = attempt.session,
                             .transaction = attempt.transaction,
                             .at = attempt.at,
                             .identity = attempt.identity,
                             .octets = octets,
                             .content = std::move(content)});
    }

    /// A notice about "bob@163.com", taken after so long.
    journal::AttemptRecord& notice(std::uint64_t delivery, Duration after, std::string_view action,
                                   std::string_view about_message_id) {
        journal::AttemptRecord& attempt = tried(delivery, after, 250, "OK", "mx.a.test");
        attempt.mail_from = "";
        attempt.recipient = "ann@a.test";
        message(attempt,
                fmt::format("From: MAILER-DAEMON@mta.a.test\r\nSubject: Undelivered\r\n"
                            "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n"
                            "--x\r\nContent-Type: message/delivery-status\r\n\r\n"
                            "Reporting-MTA: dns; mta.a.test\r\n\r\n"
                            "Final-Recipient: rfc822; bob@163.com\r\nAction: {}\r\n"
                            "Status: 4.4.7\r\n\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
                            "Message-ID: <{}>\r\n\r\n--x--\r\n",
                            action, about_message_id));
        return attempt;
    }

    /// The same, so much later.
    void shift(Duration by) {
        for (auto& attempt : attempts_) {
            attempt.at += by;
            if (attempt.ended_at) *attempt.ended_at += by;
        }
        for (auto& session : sessions_) session.opened_at += by;
        for (auto& message : messages_) message.at += by;
    }

    journal::Batch batch() const {
        journal::Batch batch;
        batch.sessions = sessions_;
        batch.attempts.assign(attempts_.begin(), attempts_.end());
        batch.messages = messages_;
        return batch;
    }

    /// Everything, at the end of the run.
    Account account(Duration end = Duration{}) const {
        Ledger ledger;
        ledger.take(batch());
        if (end != Duration{}) ledger.reached(default_epoch + end);
        return ledger.account();
    }

    Policy policy;

    /// A line for each delivery: "1 delivered", and one for each finding: "  duplicated [1 2]: …".
    std::string judged(Duration end = Duration{}) const {
        std::string text;
        for (const Judgement& judgement : judge(account(end), policy)) {
            text += fmt::format("{} {}\n", number(judgement.delivery), name(judgement.fate));
            for (const Finding& finding : judgement.findings) {
                text += fmt::format("  {} [{}]: {}\n", name(finding.wrong),
                                    fmt::join(finding.attempts, " "), finding.explanation);
            }
        }
        return text;
    }

    Result checked(ExpectationKind kind, Duration end = Duration{},
                   Selection selection = {}) const {
        const Account account = this->account(end);
        const auto judgements = judge(account, policy);
        const auto results =
            check({{.title = "", .kind = std::move(kind), .selection = std::move(selection)}},
                  {account, policy, judgements});
        return results.at(0);
    }

    /// "passed: …" or "failed [1 2]: …" with the attempts that are marked.
    std::string verdict(ExpectationKind kind, Duration end = Duration{},
                        Selection selection = {}) const {
        const Result result = checked(std::move(kind), end, std::move(selection));
        std::string marked;
        for (const Exhibit& exhibit : result.exhibits) {
            marked += fmt::format(" [{}]", fmt::join(exhibit.attempts, " "));
        }
        return fmt::format("{}{}: {}", result.passed ? "passed" : "failed", marked,
                           result.explanation);
    }

private:
    std::deque<journal::AttemptRecord> attempts_;  // references into it stay
    std::vector<journal::SessionRecord> sessions_;
    std::vector<journal::MessageRecord> messages_;
};

}  // namespace fakemx::oracle::test
