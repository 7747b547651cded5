// From batches to dialogues, and from dialogues to findings.
#include "conformance/checker.h"

#include <algorithm>
#include <variant>

#include "conformance/chapters.h"

namespace fakemx::conformance {

namespace {

std::vector<const Rule*> gather() {
    std::vector<const Rule*> rules;
    for (const auto chapter :
         {greeting_rules(), ehlo_rules(), command_rules(), path_rules(), data_rules(),
          reply_rules(), session_end_rules(), timeout_rules(), limits_rules(), pipelining_rules(),
          size_rules(), eight_bit_rules(), smtputf8_rules(), chunking_rules(), starttls_rules(),
          auth_rules(), dsn_rules(), message_rules()}) {
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
    for (const journal::MessageRecord& message : batch.messages)
        take(message.session, message.transaction, message.content);
    for (const journal::Event& event : batch.events) take(event);
}

void Checker::take(SessionId session, std::uint32_t transaction, std::string_view content) {
    open_[number(session)].append_header(transaction, header_facts(content));
}

void Checker::take(const journal::Event& event) {
    if (event.session == SessionId{}) return;  // of the name server
    const auto place = open_.try_emplace(number(event.session)).first;
    place->second.append(event, texts_);
    if (!std::holds_alternative<smtp::Ended>(event.body)) return;
    judge(place->second.dialogue(event.session, texts_));
    open_.erase(place);
}

void Checker::judge(const Dialogue& dialogue) {
    ++sessions_;
    if (dialogue.cut) ++sessions_cut_;
    const auto rules = all_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i]->judge(dialogue, hearings_[i]);
}

Audit Checker::audit() const {
    // Those that are open are judged in a copy, so that they can go on.
    Checker copy{settings_};
    copy.hearings_ = hearings_;
    copy.sessions_ = sessions_;
    copy.sessions_cut_ = sessions_cut_;
    for (const auto& [id, log] : open_) copy.judge(log.dialogue(SessionId{id}, texts_));
    Audit audit{.findings = {}, .sessions = copy.sessions_, .sessions_cut = copy.sessions_cut_};
    const auto rules = all_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Hearing& hearing = copy.hearings_[i];
        Finding finding{.rule = rules[i],
                        .outcome = Outcome::not_exercised,
                        .kept = hearing.times_kept(),
                        .broken = hearing.times_broken(),
                        .evidence = hearing.evidence()};
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
