// Who is tried when, and whose time is over.
#include "senders/queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::senders {

namespace {

constexpr std::uint64_t million = 1'000'000;

std::string with_number(std::string text, std::uint32_t message) {
    constexpr std::string_view place{"{n}"};
    const std::string number = fmt::format("{}", message + 1);
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + number.size()))
        text.replace(at, place.size(), number);
    return text;
}

/// Connections at once to a destination of which nothing is known.
std::uint32_t first_window(const Model& model) {
    return std::min(model.connections_first.value_or(model.connections), model.connections);
}

std::vector<std::size_t> hosts_for(const engine::Profile& profile, const Plan& plan,
                                   std::string_view domain) {
    std::vector<std::size_t> found;
    for (const std::string& name : plan.mx) {
        for (std::size_t i = 0; i < profile.hosts.size(); ++i) {
            if (equal_ignoring_case(profile.hosts[i].options.name, name)) found.push_back(i);
        }
    }
    if (!found.empty()) return found;
    for (std::size_t i = 0; i < profile.hosts.size(); ++i) {
        const auto& served = profile.hosts[i].options.domains;
        if (served.empty() || std::any_of(served.begin(), served.end(), [&](const auto& one) {
                return equal_ignoring_case(one, domain);
            }))
            found.push_back(i);
    }
    // Nobody serves it: the receiver is to say so.
    for (std::size_t i = 0; found.empty() && i < profile.hosts.size(); ++i) found.push_back(i);
    return found;
}

}  // namespace

std::string shape_of(std::string_view text) {
    std::string shape;
    bool left_out = false;
    while (!text.empty()) {
        const std::size_t blank = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, blank);
        text.remove_prefix(std::min(blank + 1, text.size()));
        if (word.empty()) continue;
        const auto digits = std::count_if(word.begin(), word.end(), is_ascii_digit);
        // An id or a time has many digits or stands among other things; "163" and "15min" say something.
        const bool changing = word.find('@') != std::string_view::npos || digits >= 5 ||
                              (digits != 0 && word.size() > 12);
        if (changing && left_out) continue;
        if (!shape.empty()) shape += ' ';
        if (changing) {
            shape += "…";
        } else {
            shape += word;
        }
        left_out = changing;
    }
    return shape;
}

Queue::Queue(const Model& model, const Plan& plan, const engine::Profile& profile, Agenda& agenda,
             Result& result)
    : model_(model),
      plan_(plan),
      profile_(profile),
      agenda_(agenda),
      result_(result),
      rng_(plan.seed) {
    messages_.reserve(plan.messages);
    result_.messages.reserve(plan.messages);
    result_.answers.push_back({});  // of those that were accepted
    if (plan.messages != 0) agenda_.add(plan.start, Agenda::Kind::arrival);
}

std::string Queue::sender_of(std::uint32_t message) const {
    return with_number(plan_.from, message);
}

std::string Queue::recipient_of(std::uint32_t message) const {
    return with_number(plan_.to.at(message % plan_.to.size()), message);
}

void Queue::arrive(Instant now) {
    const auto number = static_cast<std::uint32_t>(messages_.size());
    const std::string recipient = recipient_of(number);
    const std::string_view address = recipient;
    Message message;
    message.destination =
        destination_for(address.substr(std::min(address.rfind('@'), address.size() - 1) + 1));
    messages_.push_back(message);
    result_.messages.push_back({.arrived_at = now});
    if (const auto next = messages_.size(); next < plan_.messages) {
        agenda_.add(plan_.start + plan_.over * static_cast<std::int64_t>(next) / plan_.messages,
                    Agenda::Kind::arrival);
    }
    if (model_.backoff == Backoff::message) return start_try(now, number);
    waiting_.push_back(number);
    if (in_run_ != 0) {
        run_again_ = true;
        return;
    }
    queue_retry_ = {};
    begin_run(now);
}

std::uint32_t Queue::destination_for(std::string_view domain) {
    const auto [found, added] =
        by_domain_.emplace(ascii_lower(domain), static_cast<std::uint32_t>(destinations_.size()));
    if (added) {
        Destination& destination = destinations_.emplace_back();
        destination.hosts = hosts_for(profile_, plan_, domain);
        destination.ready.resize(destination.hosts.size());
        destination.window = first_window(model_);
    }
    return found->second;
}

void Queue::start_try(Instant now, std::uint32_t message) {
    MessageResult& facts = result_.messages[message];
    if (facts.tries++ == 0) facts.first_try_at = now;
    messages_[message].hosts_asked = 0;
    make_ready(message, 0, false);
}

void Queue::make_ready(std::uint32_t message, std::uint32_t rank, bool first) {
    const std::uint32_t number = messages_[message].destination;
    Destination& destination = destinations_[number];
    if (first) {
        destination.ready[rank].push_front(message);
    } else {
        destination.ready[rank].push_back(message);
    }
    ++destination.ready_count;
    touch(number);
}

void Queue::touch(std::uint32_t number) {
    Destination& destination = destinations_[number];
    if (destination.ready_count != 0 && !std::exchange(destination.touched, true))
        touched_.push_back(number);
}

std::vector<std::uint32_t> Queue::take_touched() {
    for (const std::uint32_t number : touched_) destinations_[number].touched = false;
    return std::exchange(touched_, {});
}

void Queue::message_due(Instant now, std::uint32_t message) {
    if (model_.gives_up == GivesUp::at_lifetime && over_age(now, result_.messages[message]))
        return end(now, message, Fate::expired);
    start_try(now, message);
}

std::optional<Job> Queue::next_for(Instant now, std::uint32_t number, std::uint32_t rank) {
    Destination& destination = destinations_[number];
    if (held_back(now, destination) || destination.ready[rank].empty()) return std::nullopt;
    const std::uint32_t message = destination.ready[rank].front();
    destination.ready[rank].pop_front();
    --destination.ready_count;
    ++messages_[message].hosts_asked;
    return Job{message, number, rank};
}

std::optional<Job> Queue::next_for_new(Instant now, std::uint32_t number,
                                       std::uint32_t connections) {
    Destination& destination = destinations_[number];
    if (held_back(now, destination) || destination.ready_count == 0 ||
        connections >= destination.window)
        return std::nullopt;
    std::uint32_t rank = 0;
    while (destination.ready[rank].empty()) ++rank;
    return next_for(now, number, rank);
}

bool Queue::held_back(Instant now, Destination& destination) {
    if (!destination.dead_until) return false;
    if (now >= *destination.dead_until) {
        destination.dead_until.reset();
        return false;
    }
    destination.ready_count = 0;
    for (auto& ready : destination.ready) {
        for (const std::uint32_t message : std::exchange(ready, {})) put_off(now, message);
    }
    return true;
}

void Queue::put_off(Instant now, std::uint32_t message) {
    ++result_.held_back;
    // Unless another host was asked before, nobody was.
    if (messages_[message].hosts_asked == 0) --result_.messages[message].tries;
    after_failure(now, message, std::nullopt);
}

void Queue::done(Instant now, const Job& job, Instant began_at, const Progress::Outcome& outcome,
                 bool reached) {
    MessageResult& facts = result_.messages[job.message];
    Destination& destination = destinations_[job.destination];
    const bool accepted = outcome.kind == journal::Outcome::accepted;
    result_.asked.push_back({.at = began_at,
                             .message = job.message,
                             .answer = accepted ? 0 : number_of(outcome.answer),
                             .number = facts.tries,
                             .host = static_cast<std::uint16_t>(destination.hosts[job.rank]),
                             .outcome = outcome.kind});
    if (accepted) {
        judge_host(now, job.destination, true);
        return end(now, job.message, Fate::accepted);
    }
    if (goes_on(job, outcome, reached)) return make_ready(job.message, job.rank + 1, true);
    judge_host(now, job.destination, reached);
    const bool at_greeting = outcome.answer.stage == smtp::Hook::connect;
    if (outcome.kind == journal::Outcome::rejected && (!at_greeting || model_.bounces_at_greeting))
        return end(now, job.message, Fate::rejected);
    after_failure(now, job.message,
                  model_.heeds_waits ? wait_in(outcome.answer.text) : std::nullopt);
}

bool Queue::goes_on(const Job& job, const Progress::Outcome& outcome, bool reached) const {
    if (job.rank + 1 >= destinations_[job.destination].hosts.size()) return false;
    if (messages_[job.message].hosts_asked >= model_.hosts_per_try) return false;
    const bool at_greeting = outcome.answer.stage == smtp::Hook::connect;
    if (outcome.kind == journal::Outcome::rejected && (!at_greeting || model_.bounces_at_greeting))
        return false;
    if (!reached) return model_.next_host >= NextHost::connection;
    if (outcome.answer.stage == smtp::Hook::rcpt && outcome.answer.code != 0)
        return model_.next_host >= NextHost::recipient;
    return model_.next_host >= NextHost::transaction;
}

void Queue::judge_host(Instant now, std::uint32_t number, bool reached) {
    Destination& destination = destinations_[number];
    if (reached) {
        destination.failed_millionths = 0;
        destination.dead_since.reset();
        destination.dead_state = {};
        if (destination.window < model_.connections) {
            ++destination.window;
            touch(number);
        }
        return;
    }
    if (!model_.dead_after || destination.dead_until) return;
    destination.failed_millionths +=
        model_.dead_counts == DeadCounts::cohorts ? million / destination.window : million;
    if (destination.failed_millionths < million * *model_.dead_after) {
        destination.window = std::max(destination.window, 2U) - 1;
        return;
    }
    if (!destination.dead_since) destination.dead_since = now;
    destination.failed_millionths = 0;
    destination.window = first_window(model_);
    destination.dead_until = model_.dead_for ? now + *model_.dead_for
                                             : next_try(model_, destination.dead_state,
                                                        {.failed_at = now,
                                                         .arrived_at = *destination.dead_since,
                                                         .first_try_at = *destination.dead_since},
                                                        rng_);
}

void Queue::after_failure(Instant now, std::uint32_t message, const std::optional<Duration>& said) {
    const MessageResult& facts = result_.messages[message];
    const bool last = (over_age(now, facts) && model_.gives_up != GivesUp::before_next) ||
                      (model_.tries_max && facts.tries >= *model_.tries_max);
    if (last) return end(now, message, Fate::expired);
    wait_for_next(now, message, said);
}

void Queue::wait_for_next(Instant now, std::uint32_t message, const std::optional<Duration>& said) {
    if (model_.backoff == Backoff::queue) return leave_run(now);
    const MessageResult& facts = result_.messages[message];
    Message& kept = messages_[message];
    const std::optional<Instant> dead_until = destinations_[kept.destination].dead_until;
    // A host that has a schedule of its own is waited for by that.
    Instant due = dead_until && !model_.dead_for ? *dead_until
                                                 : due_of(now, message, facts, kept.retry, said);
    due = next_run(model_, plan_.start, now, due);
    if (model_.lifetime) {
        const Instant over = later(facts.arrived_at, *model_.lifetime);
        if (model_.gives_up == GivesUp::before_next && due > over)
            return end(now, message, Fate::expired);
        if (model_.gives_up == GivesUp::at_lifetime) due = std::min(due, over);
        if (model_.gives_up == GivesUp::after_last_run)
            due = std::min(due, next_run(model_, plan_.start, now, over + Duration{1}));
    }
    agenda_.add(std::max(due, now), Agenda::Kind::message, message);
}

Instant Queue::due_of(Instant now, std::uint32_t message, const MessageResult& facts,
                      RetryState& state, const std::optional<Duration>& said) const {
    const Instant due = next_try(model_, state,
                                 {.failed_at = now,
                                  .arrived_at = facts.arrived_at,
                                  .first_try_at = facts.tries != 0 ? facts.first_try_at : now,
                                  .message = message},
                                 rng_);
    return said ? now + *said + *model_.heeds_waits : due;
}

void Queue::end(Instant now, std::uint32_t message, Fate fate) {
    MessageResult& facts = result_.messages[message];
    facts.fate = fate;
    facts.ended_at = now;
    ++ended_;
    if (model_.backoff == Backoff::queue) leave_run(now);
}

void Queue::begin_run(Instant now) {
    ++run_number_;
    run_again_ = false;
    in_run_ = waiting_.size();
    for (const std::uint32_t message : waiting_) start_try(now, message);
}

void Queue::leave_run(Instant now) {
    if (--in_run_ != 0) return;
    std::erase_if(waiting_, [&](std::uint32_t message) {
        return result_.messages[message].fate != Fate::queued;
    });
    if (run_again_) {
        queue_retry_ = {};
        return begin_run(now);
    }
    if (waiting_.empty()) {
        queue_failing_since_.reset();
        return;
    }
    if (!queue_failing_since_) queue_failing_since_ = now;
    const Instant due = next_try(model_, queue_retry_,
                                 {.failed_at = now,
                                  .arrived_at = *queue_failing_since_,
                                  .first_try_at = *queue_failing_since_},
                                 rng_);
    agenda_.add(std::max(next_run(model_, plan_.start, now, due), now), Agenda::Kind::queue_run,
                run_number_);
}

void Queue::run_due(Instant now, std::uint32_t number) {
    // Unless new mail has started another one since.
    if (in_run_ == 0 && number == run_number_) begin_run(now);
}

std::uint32_t Queue::number_of(const Answer& answer) {
    if (last_answer_ && last_answer_->stage == answer.stage && last_answer_->code == answer.code &&
        last_answer_->text == answer.text)
        return last_answer_number_;
    Answer shown{answer.stage, answer.code, shape_of(answer.text)};
    std::string key =
        fmt::format("{} {} {}", static_cast<int>(shown.stage), shown.code, shown.text);
    if (result_.answers.size() >= limits::simulated_answers_max) {
        // A receiver that never says the same thing twice.
        shown.text = "…";
        key = fmt::format("{} {} …", static_cast<int>(shown.stage), shown.code);
    }
    const auto [found, added] =
        answer_numbers_.emplace(key, static_cast<std::uint32_t>(result_.answers.size()));
    if (added) result_.answers.push_back(std::move(shown));
    last_answer_ = answer;
    last_answer_number_ = found->second;
    return found->second;
}

}  // namespace fakemx::senders
