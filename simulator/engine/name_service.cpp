// A query: asked, decided, answered.
#include "engine/name_service.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"
#include "core/overloaded.h"
#include "core/text.h"

namespace fakemx::engine {

namespace {

void put_records(journal::Queried& event, const std::vector<dns::Record>& records) {
    event.answers = static_cast<std::uint32_t>(records.size());
    for (const dns::Record& record : records) {
        const std::string owner = record.owner.lower().text();
        event.ttl = event.records.empty() ? record.ttl : std::min(event.ttl, record.ttl);
        event.records.push_back((owner == event.name ? "" : owner + ' ') + dns::text(record));
    }
}

}  // namespace

NameService::NameService(dns::Zones zones, Policy& policy, StateStore& state, const Rng& rng,
                         Recorder* recorder, std::uint64_t& script_failures)
    : zones_(std::move(zones)),
      policy_(policy),
      state_(state),
      rng_(rng),
      recorder_(recorder),
      script_failures_(script_failures) {}

void NameService::query(Instant now, NameQuery query, Respond respond) {
    const std::uint32_t before = event_numbers_;
    auto read = dns::read_query(query.octets);
    if (std::holds_alternative<dns::NoQuery>(read)) return;
    const std::string_view transport = dns::name(query.transport);
    if (auto* bad = std::get_if<dns::BadQuery>(&read)) {
        send(respond, bad->answer);
        record(now, journal::Queried{.name = bad->query ? bad->query->name.lower().text() : "",
                                     .type = bad->query ? dns::type_text(bad->query->type) : "",
                                     .client = query.client,
                                     .transport = transport,
                                     .rcode = std::string{dns::name(bad->rcode)}});
        return end_call(now, std::move(query), before);
    }
    auto& good = std::get<dns::Query>(read);
    NameQuestion question{.name = good.name.lower().text(),
                          .type = dns::type_text(good.type),
                          .client = query.client,
                          .transport = transport};
    question.count = state_.next_decision("dns query", question.type + ' ' + question.name) + 1;
    const std::uint64_t id = ++queries_;
    // Clang 14 has no aggregate initialisation in make_unique.
    // NOLINTNEXTLINE(modernize-make-unique)
    auto made = std::unique_ptr<Waiting>(new Waiting{.question = std::move(question),
                                                     .query = std::move(good),
                                                     .transport = query.transport,
                                                     .arrived = now,
                                                     .respond = std::move(respond),
                                                     .consultation = nullptr,
                                                     .due = now,
                                                     .verdict = {},
                                                     .scripted = false});
    Waiting& waiting = *waiting_.emplace(id, std::move(made)).first->second;
    if (waiting_.size() > limits::dns_queries_waiting_max) {
        decide(now, id, waiting, {.kind = dns::Verdict::Kind::serv_fail});
    } else {
        if (policy_.decides_names())
            waiting.consultation = policy_.consult_on_name(waiting.question, state_, rng_);
        if (waiting.consultation) {
            resume(now, id, waiting);
        } else {
            decide(now, id, waiting, {});
        }
    }
    end_call(now, std::move(query), before);
}

void NameService::resume(Instant now, std::uint64_t id, Waiting& waiting) {
    NameStep step = waiting.consultation->resume(now);
    for (std::string& note : step.notes) record(now, journal::Note{std::nullopt, std::move(note)});
    std::visit(Overloaded{
                   [&](dns::Verdict& verdict) {
                       waiting.scripted = verdict.kind != dns::Verdict::Kind::zones;
                       decide(now, id, waiting, std::move(verdict));
                   },
                   [&](const Sleep& sleep) {
                       FAKEMX_ASSERT(sleep.until > now);
                       wait(id, waiting, sleep.until);
                   },
                   [&](ScriptError& error) {
                       ++script_failures_;
                       record(now, journal::ScriptFailed{std::nullopt, std::move(error.message),
                                                         std::move(error.traceback)});
                       decide(now, id, waiting, {.kind = dns::Verdict::Kind::serv_fail});
                   },
               },
               step.outcome);
}

void NameService::decide(Instant now, std::uint64_t id, Waiting& waiting, dns::Verdict verdict) {
    waiting.consultation.reset();
    waiting.verdict = std::move(verdict);
    if (waiting.verdict->after > Duration::zero())
        return wait(id, waiting, later(now, waiting.verdict->after));
    settle(now, waiting);
    waiting_.erase(id);
}

/// What the zones say is what they say now, not when the query came.
void NameService::settle(Instant now, Waiting& waiting) {
    journal::Queried event{.name = waiting.question.name,
                           .type = waiting.question.type,
                           .client = waiting.question.client,
                           .transport = waiting.question.transport,
                           .rcode = {},
                           .after = now - waiting.arrived,
                           .scripted = waiting.scripted};
    const dns::Question question{.name = waiting.query.name,
                                 .type = waiting.query.type,
                                 .earlier = waiting.question.count - 1};
    if (const auto answer = zones_.answer(question, *waiting.verdict, rng_)) {
        const dns::Written written = dns::write_answer(waiting.query, *answer, waiting.transport);
        event.rcode = dns::name(answer->rcode);
        event.truncated = written.truncated;
        if (!written.truncated) put_records(event, answer->answer);
        send(waiting.respond, written.octets);
    }
    record(now, std::move(event));
}

void NameService::wait(std::uint64_t id, Waiting& waiting, Instant due) {
    waiting.due = due;
    due_.emplace(due, id);
}

std::optional<Instant> NameService::deadline() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

void NameService::tick(Instant now, bool first) {
    if (due_.empty() || due_.begin()->first > now) return;
    const std::uint32_t before = event_numbers_;
    const auto [due, id] = *due_.begin();
    due_.erase(due_.begin());
    Waiting& waiting = *waiting_.at(id);
    if (waiting.verdict) {
        settle(now, waiting);
        waiting_.erase(id);
    } else {
        resume(now, id, waiting);
    }
    end_call(now, TimeCame{due, first}, before);
}

void NameService::shut_down(Instant now) {
    if (waiting_.empty()) return;
    const std::uint32_t before = event_numbers_;
    for (const auto& [id, waiting] : waiting_) {
        waiting->verdict = dns::Verdict{.kind = dns::Verdict::Kind::silence};
        settle(now, *waiting);
    }
    waiting_.clear();
    due_.clear();
    end_call(now, Shutdown{}, before);
}

void NameService::send(const Respond& respond, std::string_view octets) {
    digest_ = hash64(octets, digest_ + 1);
    if (respond) respond(octets);
}

void NameService::record(Instant now, journal::EventBody body) {
    events_.push_back({SessionId{}, ++event_numbers_, now, std::move(body)});
}

void NameService::end_call(Instant now, Call::What what, std::uint32_t events_before) {
    const std::uint64_t digest = std::exchange(digest_, 0);
    if (recorder_ == nullptr) return;
    const auto output = static_cast<std::uint32_t>(digest ^ digest >> 32);
    recorder_->did_names({.at = now,
                          .session = SessionId{},
                          .what = std::move(what),
                          .events = event_numbers_ - events_before,
                          .output = digest != 0 && output == 0 ? 1 : output,
                          .blocked = 0});
}

void NameService::take_journal(journal::Batch& batch) {
    std::move(events_.begin(), events_.end(), std::back_inserter(batch.events));
    events_.clear();
}

}  // namespace fakemx::engine
