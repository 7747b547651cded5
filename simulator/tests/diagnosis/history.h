// Journals told in a few calls: who sent what and when, and what a made-up receiver answered.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "diagnosis/diagnosis.h"
#include "diagnosis/intake.h"

namespace fakemx::diagnosis::test {

/// A message that is sent.
struct Sent {
    std::string sender = "a.test";
    std::string sending_ip = "192.0.2.1";
    std::string helo = "mta.a.test";
    std::string recipient_domain = "163.com";
    std::string template_id = "welcome";
    std::uint64_t octets = 4000;
    std::vector<std::string> attachments{};
    std::vector<std::string> links{};
    bool tls = false;
    std::string spf{};  ///< what SPF came to; empty: nobody looked
};

struct Answer {
    int code = 250;  ///< 0: none
    std::string text = "OK";
    smtp::Hook stage = smtp::Hook::message;
    std::string cause{};
};
inline const Answer taken{};
inline const Answer internal_error{451, "4.3.2 Internal server error"};

class History {
public:
    /// One try of this delivery, so long after the beginning.
    journal::AttemptRecord& tried(std::uint64_t delivery, Duration after, const Answer& answer,
                                  const Sent& sent = {}, const std::string& host = "mx1.test") {
        journal::AttemptRecord& attempt = attempts_.emplace_back();
        attempt.id = attempts_.size();
        attempt.session = SessionId{attempt.id};
        attempt.transaction = 1;
        attempt.delivery = journal::DeliveryId{delivery};
        attempt.number = ++tries_[delivery];
        attempt.at = default_epoch + after;
        attempt.ended_at = attempt.at + 1s;
        attempt.sending_ip = sent.sending_ip;
        attempt.helo = sent.helo;
        attempt.mail_from = "news@" + sent.sender;
        attempt.recipient = fmt::format("user{}@{}", delivery, sent.recipient_domain);
        attempt.stage = answer.stage;
        attempt.code = answer.code;
        attempt.text = answer.text;
        attempt.cause = answer.cause;
        attempt.outcome = answer.code / 100 == 2   ? journal::Outcome::accepted
                          : answer.code / 100 == 4 ? journal::Outcome::deferred
                          : answer.code / 100 == 5 ? journal::Outcome::rejected
                                                   : journal::Outcome::lost;
        attempt.taken = answer.code / 100 == 2;
        if (answer.stage == smtp::Hook::message) {
            attempt.identity = fmt::format("{}@{}", delivery, sent.sender);
            attempt.header_from_domain = sent.sender;
            attempt.template_id = sent.template_id;
            attempt.message_octets = sent.octets;
            traits_.emplace_back(
                attempt.id,
                fmt::format(R"({{"attachment_types":[{}],"link_domains":[{}],)"
                            R"("charsets":[{{"charset":"utf-8","errors":0}}],"language":"en"{}}})",
                            quoted(sent.attachments), quoted(sent.links),
                            sent.spf.empty() ? "" : fmt::format(R"(,"spf":"{}")", sent.spf)));
        }
        sessions_.push_back({.id = attempt.session,
                             .host = host,
                             .client = sent.sending_ip,
                             .opened_at = attempt.at,
                             .ended_at = attempt.ended_at,
                             .ended = "quit"});
        if (sent.tls) encrypted_.push_back(attempt.id);
        return attempt;
    }

    /// Tries it at these times, until the receiver takes it or has refused it for good.
    void sends(std::uint64_t delivery, const std::vector<Duration>& times, const Sent& sent,
               const std::function<Answer(std::size_t number, Duration after)>& receiver) {
        for (std::size_t i = 0; i < times.size(); ++i) {
            const Answer answer = receiver(i + 1, times[i]);
            tried(delivery, times[i], answer, sent);
            if (answer.code / 100 == 2 || answer.code / 100 == 5) return;
        }
    }

    /// How its connections ended.
    void ended(const std::string& how) {
        for (auto& session : sessions_) session.ended = how;
    }

    void into(Intake& intake, std::string name = "run.db", Duration end = Duration{}) const {
        Instant last = default_epoch + end;
        for (const auto& attempt : attempts_) last = std::max(last, *attempt.ended_at);
        intake.begin({.name = std::move(name),
                      .profile = "made-up",
                      .seed = "1",
                      .clock = "virtual",
                      .begin = default_epoch,
                      .end = last});
        journal::Batch batch;
        batch.sessions = sessions_;
        batch.attempts.assign(attempts_.begin(), attempts_.end());
        intake.take(batch);
        for (const auto& [session, json] : traits_) intake.take_traits(session, 1, json);
        for (const std::uint64_t session : encrypted_) intake.take_tls(session);
    }

    /// `end`: the journal goes on in silence up to so long after the beginning.
    Diagnosis diagnosis(Duration end = Duration{}) const {
        Intake intake{true};
        into(intake, "run.db", end);
        return diagnose(intake.finish(oracle::Policy{}), {});
    }

private:
    static std::string quoted(const std::vector<std::string>& words) {
        std::string list;
        for (const std::string& word : words)
            list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", word);
        return list;
    }

    std::deque<journal::AttemptRecord> attempts_;  // references into it stay
    std::vector<journal::SessionRecord> sessions_;
    std::vector<std::pair<std::uint64_t, std::string>> traits_;
    std::vector<std::uint64_t> encrypted_;
    std::map<std::uint64_t, std::uint32_t> tries_;
};

}  // namespace fakemx::diagnosis::test
