// From batches to dialogues, and from dialogues to findings.
#include "conformance/checker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "conformance/chapters.h"

namespace fakemx::conformance {

namespace {

std::vector<const Rule*> gather() {
    std::vector<const Rule*> rules;
    for (const auto chapter :
         {greeting_rules(),   ehlo_rules(),       command_rules(),       path_rules(),
          data_rules(),       reply_rules(),      session_end_rules(),   timeout_rules(),
          limits_rules(),     pipelining_rules(), size_rules(),          eight_bit_rules(),
          smtputf8_rules(),   chunking_rules(),   starttls_rules(),      tls_rules(),
          submission_rules(), auth_rules(),       auth_exchange_rules(), reply_form_rules(),
          group_rules(),      reuse_rules(),      fallback_rules(),      dsn_rules(),
          message_rules(),    retry_rules(),      failure_rules(),       duplicate_rules(),
          greylist_rules(),   load_rules(),       connection_rules(),    mx_rules(),
          mx_answer_rules(),  null_mx_rules(),    fidelity_rules(),      envelope_rules(),
          recipient_rules(),  notice_rules()}) {
        for (const Rule& rule : chapter) rules.push_back(&rule);
    }
    return rules;
}

}  // namespace

std::span<const Rule* const> all_rules() {
    static const std::vector<const Rule*> rules = gather();
    return rules;
}

const Rule* rule_named(std::string_view slug) {
    const auto rules = all_rules();
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [&](const Rule* rule) { return rule->slug == slug; });
    return found == rules.end() ? nullptr : *found;
}

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass: return "pass";
        case Outcome::fail: return "fail";
        case Outcome::deviation: return "deviation";
        case Outcome::not_exercised: return "not exercised";
    }
    return {};
}

std::uint64_t Audit::count(Outcome outcome) const {
    return static_cast<std::uint64_t>(
        std::count_if(findings.begin(), findings.end(),
                      [&](const Finding& finding) { return finding.outcome == outcome; }));
}

void Audit::keep_only(std::span<const Rule* const> rules) {
    std::erase_if(findings, [&](const Finding& finding) {
        return std::find(rules.begin(), rules.end(), finding.rule) == rules.end();
    });
}

Checker::Checker(Settings settings) : settings_(settings) {
    hearings_.assign(all_rules().size(), Hearing{settings_.thresholds});
}

void Checker::take(const journal::Batch& batch) {
    course_.take(batch);
    for (const journal::MessageRecord& message : batch.messages) {
        const auto headers = message::HeaderSection::parse(message.content);
        course_.take(message, headers);
        open_[number(message.session)].append_header(message.transaction,
                                                     header_facts(headers, message.content));
    }
    for (const journal::Event& event : batch.events) take(event);
}

void Checker::take(const journal::Event& event) {
    // A file has events in another order than they happened in.
    if (begins_.size() == run_) begins_.push_back(event.at);
    begins_.back() = std::min(begins_.back(), event.at);
    if (event.session == SessionId{}) return course_.take(event);
    const auto place = open_.try_emplace(number(event.session)).first;
    place->second.append(event, texts_);
    if (!std::holds_alternative<smtp::Ended>(event.body)) return;
    const Dialogue dialogue = place->second.dialogue(event.session, texts_);
    count(dialogue);
    judge(dialogue, hearings_);
    course_.take(event.session, std::move(place->second));
    open_.erase(place);
}

void Checker::count(const Dialogue& dialogue) {
    ++sessions_;
    if (dialogue.cut) ++sessions_cut_;
}

void Checker::begin_run(std::string name) {
    if (!runs_.empty()) end_run();
    runs_.push_back(std::move(name));
}

void Checker::end_run() {
    hearings_ = with_what_is_open();
    for (const auto& [id, log] : open_) count(log.dialogue(SessionId{id}, texts_));
    whole_ = whole_ && course_.whole();
    open_.clear();
    course_ = {};
    begins_.resize(++run_);
    for (Hearing& hearing : hearings_) hearing.begin_run(run_);
}

void Checker::judge(const Dialogue& dialogue, Hearings& hearings) const {
    const auto rules = all_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i]->judge != nullptr && rules[i]->senders.has(settings_.sender))
            rules[i]->judge(dialogue, hearings[i]);
    }
}

void Checker::judge_run(Hearings& hearings) const {
    if (!course_.whole()) return;
    const Course course = course_.course(settings_.sender, open_, texts_);
    const auto rules = all_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i]->judge_course != nullptr && rules[i]->senders.has(settings_.sender))
            rules[i]->judge_course(course, hearings[i]);
    }
}

/// What has been heard, and what is to be said of sessions that are not over and of the run so far. They can go on.
Checker::Hearings Checker::with_what_is_open() const {
    Hearings hearings = hearings_;
    for (const auto& [id, log] : open_) judge(log.dialogue(SessionId{id}, texts_), hearings);
    if (begins_.size() > run_) judge_run(hearings);
    return hearings;
}

Audit Checker::audit() const {
    const Hearings hearings = with_what_is_open();
    Audit audit{.findings = {},
                .sessions = sessions(),
                .sessions_cut = sessions_cut_,
                .sender = settings_.sender,
                .thresholds = settings_.thresholds,
                .runs = runs_,
                .whole = whole_ && course_.whole()};
    for (const auto& [id, log] : open_) {
        if (log.dialogue(SessionId{id}, texts_).cut) ++audit.sessions_cut;
    }
    const auto rules = all_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Hearing& hearing = hearings[i];
        Finding finding{.rule = rules[i],
                        .outcome = Outcome::not_exercised,
                        .kept = hearing.times_kept(),
                        .broken = hearing.times_broken(),
                        .evidence = hearing.evidence()};
        for (Evidence& found : finding.evidence) found.after = found.at - begins_.at(found.run);
        if (finding.broken != 0) {
            const bool failure = binding(rules[i]->level) || settings_.strict;
            finding.outcome = failure ? Outcome::fail : Outcome::deviation;
        } else if (finding.kept != 0) {
            finding.outcome = Outcome::pass;
        }
        audit.findings.push_back(std::move(finding));
    }
    return audit;
}

}  // namespace fakemx::conformance
