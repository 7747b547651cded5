// From a grid of outcomes to a verdict, in the order in which a person would look.
#include "matrix/reading.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace fakemx::matrix {

namespace {

constexpr std::array<std::string_view, 9> trigger_words{"none",    "envelope",      "links",
                                                        "html",    "tracking",      "attachment",
                                                        "unclear", "contradictory", "intermittent"};

/// What a variant has that the one before it has not.
Trigger added_by(Variant variant) {
    switch (variant) {
        case Variant::a: return Trigger::envelope;
        case Variant::b: return Trigger::links;
        case Variant::c: return Trigger::html;
        case Variant::d: return Trigger::tracking;
        case Variant::e: return Trigger::attachment;
    }
    return Trigger::unclear;
}

std::string_view in_words(Trigger trigger) {
    switch (trigger) {
        case Trigger::links: return "its links";
        case Trigger::html: return "HTML";
        case Trigger::tracking: return "tracking, redirects, or the number of links";
        case Trigger::attachment: return "attachments, or the size";
        case Trigger::none:
        case Trigger::envelope:
        case Trigger::unclear:
        case Trigger::contradictory:
        case Trigger::intermittent: break;
    }
    return "";
}

bool is_taken(const CopyResult& result) {
    return result.outcome == journal::Outcome::accepted;
}

bool passes(const Cell& cell) {
    return !cell.results.empty() && cell.refused() == 0;
}
bool fails(const Cell& cell) {
    return !cell.results.empty() && cell.taken() == 0;
}
bool is_mixed(const Cell& cell) {
    return cell.taken() != 0 && cell.refused() != 0;
}

std::string names_of(const std::vector<Variant>& list) {
    std::vector<std::string_view> names;
    names.reserve(list.size());
    for (const Variant variant : list) names.push_back(name(variant));
    return fmt::format("{}", fmt::join(names, ", "));
}

class Reader {
public:
    Reader(const Grid& grid, bool was_signed) : grid_(grid), was_signed_(was_signed) {
        for (const Variant variant : variants) {
            const Cell& cell = grid[variant];
            if (passes(cell)) passing_.push_back(variant);
            if (fails(cell)) failing_.push_back(variant);
            if (is_mixed(cell)) mixed_.push_back(variant);
        }
    }

    Reading operator()() {
        if (passing_.empty() && failing_.empty() && mixed_.empty())
            return say(Trigger::unclear, "no variant was sent");
        if (!mixed_.empty()) return intermittent();
        if (failing_.empty()) return all_pass();
        const Variant least = failing_.front();
        if (!passing_.empty() && passing_.back() > least) return contradictory(least);
        if (passing_.empty()) return all_fail(least);
        return begins_with(least);
    }

private:
    Reading say(Trigger trigger, std::string verdict) {
        reading_.trigger = trigger;
        reading_.verdict = std::move(verdict);
        return std::move(reading_);
    }
    void note(std::string sentence) { reading_.notes.push_back(std::move(sentence)); }

    /// What became of the copies that were not taken; of all variants, or of one.
    std::vector<CopyResult> refusals(std::optional<Variant> of = std::nullopt) const {
        std::vector<CopyResult> all;
        for (const Variant variant : variants) {
            if (of && variant != *of) continue;
            const auto& results = grid_[variant].results;
            std::copy_if(results.begin(), results.end(), std::back_inserter(all),
                         [](const CopyResult& result) { return !is_taken(result); });
        }
        return all;
    }
    /// Nothing of a message had been said when they were refused.
    static bool are_unseen(const std::vector<CopyResult>& refusals) {
        return std::all_of(refusals.begin(), refusals.end(), [](const CopyResult& result) {
            return result.stage != smtp::Hook::message && result.stage != smtp::Hook::bdat;
        });
    }
    /// What `least` has that the largest variant which passes has not, as far as it may have been in between.
    std::vector<Trigger> between(Variant least) const {
        std::vector<Trigger> all;
        for (const Variant variant : variants) {
            const bool is_known = variant != least && (!grid_[variant].why_not.empty() ||
                                                       !grid_[variant].results.empty());
            if (variant > passing_.back() && variant <= least && !is_known)
                all.push_back(added_by(variant));
        }
        return all;
    }
    static std::string in_words(const std::vector<Trigger>& triggers) {
        std::vector<std::string_view> words;
        words.reserve(triggers.size());
        for (const Trigger one : triggers) words.push_back(matrix::in_words(one));
        return fmt::format("{}", fmt::join(words, "; or "));
    }

    void note_route() {
        note(
            "look at authentication first (SPF, DKIM, DMARC of the envelope's and the From "
            "domain), then at the envelope, the names of the "
            "sending host (HELO, PTR), the route, and what the receiver thinks of address and "
            "domain");
        if (was_signed_)
            note(
                "the variants have no DKIM signature, which the message had: let what sends them "
                "sign them");
    }

    Reading all_pass() {
        const bool again = std::any_of(passing_.begin(), passing_.end(), [&](Variant variant) {
            const auto& results = grid_[variant].results;
            return std::any_of(results.begin(), results.end(),
                               [](const CopyResult& result) { return result.tries > 1; });
        });
        if (again)
            note(
                "some were taken only when they were tried again: a greylist, a limit, or a "
                "receiver that fails now and then");
        note(
            "what fails in production is not in this message: look at its recipients, its volume, "
            "its address and its time");
        return say(Trigger::none, "every variant is taken");
    }

    void note_replies() {
        const auto all = refusals();
        // RFC 3207 §4, RFC 4954 §6.
        constexpr int authentication_required = 530;
        if (std::any_of(all.begin(), all.end(), [](const CopyResult& result) {
                return result.code == authentication_required;
            }))
            note(
                "530 asks for STARTTLS or AUTH, which --host does not have: let a COMMAND send "
                "them");
        const bool alike = std::all_of(all.begin(), all.end(), [&](const CopyResult& result) {
            return result.code == all.front().code && result.stage == all.front().stage;
        });
        if (!alike)
            note(
                "they are not refused alike: what a larger one has may be a second cause, behind "
                "the first");
    }

    Reading all_fail(Variant least) {
        const bool unseen = are_unseen(refusals());
        note_replies();
        if (least != Variant::a) {
            note_route();
            return say(Trigger::unclear,
                       fmt::format("{} fails, and no smaller variant was sent", name(least)));
        }
        note_route();
        if (!unseen)
            note(
                "A has the message's text, its subject and its header fields: send another text "
                "the same way to rule them out");
        note(
            "a receiver that puts off everybody it does not know (greylisting) looks the same: try "
            "again after the time that it asks for");
        return say(Trigger::envelope,
                   unseen ? "A fails, and so does all the rest, before any content was there: "
                            "envelope, route, authentication or reputation"
                          : "A fails, and so does all the rest: envelope, route, authentication or "
                            "reputation, not what the variants differ in");
    }

    Reading contradictory(Variant least) {
        const Variant most = passing_.back();
        if (failing_.size() == 1 && least == Variant::a)
            note(
                "A is the first that is sent: a receiver that puts off whom it does not know "
                "(greylisting) looks like that");
        note(
            "no single thing in the content does that: a limit that was reached on the way, or a "
            "receiver that fails now and then");
        note("send each variant more often, with more time between them (--repeat)");
        return say(Trigger::contradictory, fmt::format("{} fails, and {}, which has more, passes",
                                                       name(least), name(most)));
    }

    /// What fails begins with `least`, and everything smaller passes.
    Reading begins_with(Variant least) {
        const auto refused = refusals(least);
        const bool is_declared =
            least == Variant::e &&
            std::all_of(refused.begin(), refused.end(),
                        [](const CopyResult& result) { return result.stage == smtp::Hook::mail; });
        if (are_unseen(refused) && !is_declared) {
            note(
                "a limit that was reached on the way looks like that, or a receiver that fails now "
                "and then: send each variant more often, with more time between "
                "them (--repeat)");
            return say(Trigger::contradictory,
                       fmt::format("{} fails, but before any content was there", name(least)));
        }
        const auto causes = between(least);
        if (causes.size() > 1)
            return say(Trigger::unclear, fmt::format("{} fails, {} passes: {}", name(least),
                                                     name(passing_.back()), in_words(causes)));
        const Trigger trigger = added_by(least);
        advise(trigger);
        if (is_declared)
            return say(trigger,
                       "only E fails, and at MAIL, where nothing but its size is known: size");
        const std::string_view only = failing_.size() == 1 ? "only " : "";
        return say(trigger, fmt::format("{}{} fails, {} passes: {}", only, name(least),
                                        name(passing_.back()), in_words(causes)));
    }

    void advise(Trigger trigger) {
        if (trigger == Trigger::attachment)
            note(
                "put the attachments back one type after the other, and compare with a plain text "
                "of the same size");
        if (trigger == Trigger::tracking)
            note("try with links to your own domain, without the pixel, then with fewer links");
        if (trigger == Trigger::html)
            note(
                "the same links and the same text pass without HTML: look at its size, its images, "
                "and whether its plain text says the same");
        if (trigger == Trigger::links)
            note(
                "leave the links out one host after the other, and look the hosts up in "
                "blocklists");
        if (was_signed_)
            note(
                "the variants have no DKIM signature, which the message had, and that may count as "
                "well");
    }

    Reading intermittent() {
        const Variant least =
            std::min(mixed_.front(), failing_.empty() ? Variant::e : failing_.front());
        // Nothing below it fails, and nothing from there on passes always.
        const bool ordered = std::all_of(passing_.begin(), passing_.end(),
                                         [&](Variant variant) { return variant < least; });
        note(
            "send each variant more often (--repeat), and again at another hour, before a single "
            "cause is believed");
        if (ordered && !passing_.empty() && !are_unseen(refusals(least))) {
            reading_.suspect = least;
            return say(Trigger::intermittent,
                       fmt::format("{} fails now and then, {} never: perhaps {}", name(least),
                                   name(passing_.back()), in_words(between(least))));
        }
        note(
            "the same variant passes and fails: a receiver that fails now and then, a limit, or a "
            "greylist, rather than content");
        return say(Trigger::intermittent, fmt::format("{} {} now and then", names_of(mixed_),
                                                      mixed_.size() == 1 ? "fails" : "fail"));
    }

    const Grid& grid_;
    bool was_signed_;
    std::vector<Variant> passing_, failing_, mixed_;
    Reading reading_;
};

}  // namespace

std::uint32_t Cell::taken() const {
    return static_cast<std::uint32_t>(std::count_if(results.begin(), results.end(), is_taken));
}

std::string_view name(Trigger trigger) {
    return trigger_words.at(static_cast<std::size_t>(trigger));
}

std::optional<Trigger> trigger_named(std::string_view name) {
    const auto* const found = std::find(trigger_words.begin(), trigger_words.end(), name);
    if (found == trigger_words.end()) return std::nullopt;
    return static_cast<Trigger>(found - trigger_words.begin());
}

std::vector<std::string> trigger_names() {
    return {trigger_words.begin(), trigger_words.end()};
}

Reading read(const Grid& grid, bool was_signed) {
    return Reader{grid, was_signed}();
}

}  // namespace fakemx::matrix
