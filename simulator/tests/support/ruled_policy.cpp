// Reading rules, and answering by them.
#include "support/ruled_policy.h"

#include <algorithm>

#include "core/text.h"
#include "smtp/reply.h"
#include "support/transcript.h"

namespace fakemx::test {

namespace {

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text = trim(text.substr(end));
    return word;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
    const auto value = parse_decimal(take_word(text));
    number = value.value_or(0);
    return value.has_value();
}

bool take_duration(std::string_view& text, Duration& duration) {
    const auto value = parse_duration(take_word(text));
    duration = value.value_or(Duration{});
    return value.has_value();
}

bool read_rule(std::string_view text, RuledPolicy::Rule& rule) {
    const std::string_view whole = text;
    const std::string_view word = take_word(text);
    smtp::Verdict& verdict = rule.verdict;
    Duration duration{};
    std::uint64_t number = 0;
    if (word == "sleep") {
        if (!take_duration(text, duration)) return false;
        rule.sleeps.push_back(duration);
        return read_rule(text, rule);
    }
    if (word == "after") return take_duration(text, verdict.pacing.after) && read_rule(text, rule);
    if (word == "drip") {
        if (!take_number(text, number) || !take_duration(text, verdict.pacing.every)) return false;
        verdict.pacing.pieces = {static_cast<std::uint32_t>(number)};
        verdict.pacing.repeat_last_piece = true;
        return read_rule(text, rule);
    }
    if (word == "late") {
        verdict.pacing.late = true;
        return take_duration(text, verdict.pacing.after) && read_rule(text, rule);
    }
    if (word == "lost") {
        if (!take_number(text, number)) return false;
        verdict.lost_after = static_cast<std::uint32_t>(number);
        return read_rule(text, rule);
    }
    if (word == "stop_reading") {
        if (!take_duration(text, duration)) return false;
        verdict.reading = smtp::Reading{.octets = 0, .every = duration};
        return read_rule(text, rule);
    }
    if (word == "and_then" || word == "in_body") {
        smtp::FollowUp follow_up;
        const bool timed = word == "and_then";
        if (!(timed ? take_duration(text, follow_up.wait) : take_number(text, follow_up.octets)))
            return false;
        RuledPolicy::Rule next;
        if (!read_rule(text, next)) return false;
        follow_up.verdict = next.verdict;
        auto& place = timed ? verdict.and_then : verdict.in_body;
        place = std::make_shared<const smtp::FollowUp>(std::move(follow_up));
        return true;
    }
    if (word == "tries") {
        if (!take_number(text, number)) return false;
        rule.tries = static_cast<std::uint32_t>(number);
        return read_rule(text, rule);
    }
    if (word == "chance") {
        return take_number(text, rule.chance_of) && take_number(text, rule.chance_in) &&
               read_rule(text, rule);
    }
    if (word.starts_with("then_")) {
        verdict.ending = word == "then_close"   ? smtp::Ending::close
                         : word == "then_reset" ? smtp::Ending::reset
                                                : smtp::Ending::stay;
        return read_rule(text, rule);
    }
    if (word == "default") return true;
    if (word == "fail") return rule.fails = true;
    if (word == "raw") return verdict.answer = smtp::RawAnswer{unescape(text)}, true;
    if (word == "silence") return verdict.answer = smtp::Silence{}, true;
    if (word == "close" || word == "reset") {
        verdict.answer = smtp::Silence{};
        verdict.ending = word == "close" ? smtp::Ending::close : smtp::Ending::reset;
        return true;
    }
    const auto standard = [&](smtp::Disposition disposition) {
        verdict.answer = smtp::StandardAnswer{disposition, {}};
        return true;
    };
    if (word == "accept") return standard(smtp::Disposition::accept);
    if (word == "defer") return standard(smtp::Disposition::defer);
    if (word == "reject") return standard(smtp::Disposition::reject);
    const auto reply = smtp::parse_reply_text(whole);
    if (reply) verdict.answer = *reply;
    return reply.has_value();
}

class RuledConsultation final : public engine::Consultation {
public:
    RuledConsultation(RuledPolicy::Rule rule, std::size_t& cancelled)
        : rule_(std::move(rule)), cancelled_(cancelled) {}
    ~RuledConsultation() override {
        if (!answered_) ++cancelled_;
    }

    engine::Step resume(Instant now) override {
        if (slept_ < rule_.sleeps.size()) return {engine::Sleep{now + rule_.sleeps[slept_++]}, {}};
        answered_ = true;
        if (rule_.fails) return {engine::ScriptError{"rule:1: it fails", "rule", 1, {}}, {}};
        return {rule_.verdict, {}};
    }

private:
    RuledPolicy::Rule rule_;
    std::size_t slept_ = 0;
    bool answered_ = false;
    std::size_t& cancelled_;
};

}  // namespace

bool RuledPolicy::set(std::string_view hook, std::string_view text) {
    const auto found = std::find(smtp::hook_names.begin(), smtp::hook_names.end(), hook);
    Rule rule;
    if (found == smtp::hook_names.end() || !read_rule(trim(text), rule)) return false;
    rules_[static_cast<smtp::Hook>(found - smtp::hook_names.begin())] = std::move(rule);
    told_.push_back({asked.size(), std::string{hook}, std::string{text}});
    return true;
}

RuledPolicy RuledPolicy::anew() const {
    RuledPolicy policy;
    policy.to_tell_ = told_;
    return policy;
}

std::unique_ptr<engine::Consultation> RuledPolicy::consult(const engine::Question& question,
                                                           engine::StateStore& state,
                                                           const Rng& rng) {
    while (!to_tell_.empty() && to_tell_.front().asked <= asked.size()) {
        set(to_tell_.front().hook, to_tell_.front().text);
        to_tell_.erase(to_tell_.begin());
    }
    asked.push_back({question.hook, question.attempt});
    const auto found = rules_.find(question.hook);
    Rule rule = found == rules_.end() ? Rule{} : found->second;
    if (rule.tries && question.attempt > *rule.tries) rule = {};
    if (rule.chance_in != 1) {
        const std::string& key = question.session.client;
        const auto earlier = state.next_decision(smtp::name(question.hook), key);
        const Decision decision{smtp::name(question.hook), key, earlier};
        if (!rng.chance(rule.chance_of, rule.chance_in, decision)) rule = {};
    }
    return std::make_unique<RuledConsultation>(std::move(rule), cancelled);
}

}  // namespace fakemx::test
