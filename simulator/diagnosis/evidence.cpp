// The bundle that receivers' postmasters ask for: ten lines, by these names.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/series.h"
#include "core/text.h"
#include "core/words.h"
#include "diagnosis/print.h"

namespace fakemx::diagnosis {

namespace {

constexpr std::size_t listed_most = 8;

std::vector<std::string> printable_of(const std::set<std::string>& values) {
    std::vector<std::string> words;
    words.reserve(values.size());
    for (const std::string& value : values) words.push_back(printable(value));
    return words;
}

std::string line_of(const std::set<std::string>& values, std::string_view none) {
    return values.empty() ? std::string{none} : listed(printable_of(values), listed_most);
}

/// "48 hours", as one says it; days from three on.
std::string span_words(Duration span) {
    const auto rounded_to = [&](Duration unit) { return (span + unit / 2) / unit; };
    if (span < 2min) return rounded(span);
    if (span < 2h) return fmt::format("{} minutes", rounded_to(1min));
    if (span <= std::chrono::hours{72}) return fmt::format("{} hours", rounded_to(1h));
    return fmt::format("{} days", rounded_to(std::chrono::hours{24}));
}

/// The sender of which most deliveries fail; nowhere: none does.
std::size_t worst_sender(const Diagnosis& diagnosis) {
    std::vector<std::uint64_t> failed(diagnosis.courses.senders.size(), 0);
    for (const Course& course : diagnosis.courses.all) {
        if (course.failed) ++failed[course.sender];
    }
    for (const Refusal& refusal : diagnosis.courses.refusals) {
        if (refusal.sender != nowhere) ++failed[refusal.sender];
    }
    const auto most = std::max_element(failed.begin(), failed.end());
    if (most == failed.end() || *most == 0) return nowhere;
    return static_cast<std::size_t>(most - failed.begin());
}

std::size_t chosen_sender(const Diagnosis& diagnosis, std::string_view sender) {
    if (sender.empty()) return worst_sender(diagnosis);
    const auto& senders = diagnosis.courses.senders;
    const auto found = std::find_if(senders.begin(), senders.end(), [&](const std::string& one) {
        return equal_ignoring_case(one, sender);
    });
    return found == senders.end() ? nowhere : static_cast<std::size_t>(found - senders.begin());
}

/// When the receiver took it for the first time, whether or not the reply reached the sender.
Instant taken_at(const oracle::Delivery& delivery) {
    const auto taken =
        std::find_if(delivery.attempts.begin(), delivery.attempts.end(), [](const auto& attempt) {
            return attempt.taken || attempt.outcome == journal::Outcome::accepted;
        });
    return (taken == delivery.attempts.end() ? delivery.attempts.back() : *taken).end();
}

/// Failures that had the same reply, of one sender.
struct Incident {
    std::vector<const Course*> courses;
    std::vector<const Try*> tries;  // that failed so
    std::uint64_t refusals = 0;     // of them: those that named no recipient

    std::uint64_t weight() const { return courses.size() + refusals; }
};

/// The reply that most deliveries of the sender met.
Incident incident_of(const Diagnosis& diagnosis, std::size_t sender) {
    std::map<std::string, Incident> by_reply;
    for (const Course& course : diagnosis.courses.all) {
        if (course.sender != sender) continue;
        for (const std::size_t i : course.tries) {
            const Try& tried = diagnosis.all.tries[i];
            if (!tried.failed()) continue;
            Incident& incident = by_reply[values_of(Facet::reply, tried, diagnosis.all).front()];
            incident.tries.push_back(&tried);
            if (incident.courses.empty() || incident.courses.back() != &course)
                incident.courses.push_back(&course);
        }
    }
    for (const Refusal& refusal : diagnosis.courses.refusals) {
        if (refusal.sender != sender) continue;
        const Try& tried = diagnosis.all.tries[refusal.tried];
        Incident& incident = by_reply[values_of(Facet::reply, tried, diagnosis.all).front()];
        incident.tries.push_back(&tried);
        ++incident.refusals;
    }
    const auto most = std::max_element(
        by_reply.begin(), by_reply.end(),
        [](const auto& a, const auto& b) { return a.second.weight() < b.second.weight(); });
    return most == by_reply.end() ? Incident{} : std::move(most->second);
}

Duration median(std::vector<Duration> spans) {
    std::sort(spans.begin(), spans.end());
    return percentile(spans, 50);
}

std::string outcome_of(const Incident& incident, const Diagnosis& diagnosis) {
    std::vector<Duration> accepted;
    std::vector<Duration> expired;
    std::uint64_t rejected = 0;
    std::uint64_t open = 0;
    const Case& all = diagnosis.all;
    for (const Course* course : incident.courses) {
        const Instant first = all.tries[course->tries.front()].record.at;
        switch (all.judgements[course->delivery].fate) {
            case oracle::Fate::delivered:
                accepted.push_back(taken_at(all.account.deliveries[course->delivery]) - first);
                break;
            case oracle::Fate::rejected: ++rejected; break;
            case oracle::Fate::open: ++open; break;
            case oracle::Fate::bounced:
            case oracle::Fate::gave_up:
            case oracle::Fate::lost: {
                const oracle::Delivery& delivery = all.account.deliveries[course->delivery];
                const auto at = oracle::gave_up_at(delivery, all.end_of(delivery),
                                                   diagnosis.settings.round_gap);
                expired.push_back(at.value_or(delivery.attempts.back().end()) - first);
                break;
            }
        }
    }
    // How many of each, unless it is the same for all.
    const std::size_t kinds = std::size_t{!accepted.empty()} + std::size_t{!expired.empty()} +
                              std::size_t{rejected != 0} + std::size_t{open != 0} +
                              std::size_t{incident.refusals != 0};
    std::vector<std::string> words;
    const auto say = [&](std::uint64_t count, const std::string& what) {
        if (count == 0) return;
        words.push_back(kinds == 1 ? what : fmt::format("{} {}", grouped(count), what));
    };
    if (!expired.empty())
        say(expired.size(),
            fmt::format("{} after {}", kinds == 1 || expired.size() == 1 ? "expires" : "expire",
                        span_words(median(expired))));
    say(rejected, "rejected for good");
    if (!accepted.empty())
        say(accepted.size(), fmt::format("accepted after {}", span_words(median(accepted))));
    say(open, "still retried at the end");
    say(incident.refusals, "refused before a recipient was named");
    std::string line;
    for (const std::string& one : words) line += (line.empty() ? "" : "; ") + one;
    return line;
}

std::string sizes_of(const Incident& incident, const Case& all) {
    std::optional<std::uint64_t> least;
    std::optional<std::uint64_t> most;
    for (const Course* course : incident.courses) {
        for (const std::size_t i : course->tries) {
            const auto& octets = all.tries[i].record.message_octets;
            if (!octets) continue;
            least = std::min(least.value_or(*octets), *octets);
            most = std::max(most.value_or(*octets), *octets);
        }
    }
    if (!least) return "not known (the message was never sent)";
    const std::string from = size_text(*least);
    const std::string to = size_text(*most);
    return from == to ? from : from + " to " + to;
}

std::string types_of(const Incident& incident, const Case& all) {
    bool seen = false;
    std::set<std::string> types;
    for (const Course* course : incident.courses) {
        for (const std::size_t i : course->tries) {
            const Letter* letter = all.letter_of(all.tries[i]);
            if (letter == nullptr) continue;
            seen = true;
            types.insert(letter->attachment_types.begin(), letter->attachment_types.end());
        }
    }
    return seen ? line_of(types, "none") : "not known (the message was never sent)";
}

std::set<std::string> values_in(const Incident& incident, Facet facet, const Case& all) {
    std::set<std::string> values;
    for (const Try* tried : incident.tries) {
        for (std::string& value : values_of(facet, *tried, all)) values.insert(std::move(value));
    }
    return values;
}

}  // namespace

std::string evidence(const Diagnosis& diagnosis, std::string_view sender) {
    const std::size_t chosen = chosen_sender(diagnosis, sender);
    if (chosen == nowhere) return "";
    const Incident incident = incident_of(diagnosis, chosen);
    if (incident.tries.empty()) return "";
    const Case& all = diagnosis.all;
    Instant from = incident.tries.front()->record.at;
    Instant until = incident.tries.front()->end();
    const Try* last = incident.tries.front();
    for (const Try* tried : incident.tries) {
        from = std::min(from, tried->record.at);
        until = std::max(until, tried->end());
        if (tried->record.at > last->record.at) last = tried;
    }
    const auto line = [&](Facet facet, std::string_view none) {
        return line_of(values_in(incident, facet, all), none);
    };
    std::string text;
    text += fmt::format("Sender domain: {}\n", printable(diagnosis.courses.senders[chosen]));
    text += fmt::format("Sending IP: {}\n", line(Facet::sending_ip, "not known"));
    text += fmt::format("HELO: {}\n", line(Facet::helo, "not known"));
    text += fmt::format("Recipient domains: {}\n", line(Facet::recipient_domain, "none was named"));
    text += fmt::format("Failure window (UTC): {} to {}\n", second_of(from), second_of(until));
    text += fmt::format("SMTP stage: {}\n", line(Facet::stage, ""));
    text += fmt::format("Reply: {}\n", printable(reply_of(last->record.code, last->record.text)));
    text += fmt::format("Retry outcome: {}\n", outcome_of(incident, diagnosis));
    text += fmt::format("Message size: {}\n", sizes_of(incident, all));
    text += fmt::format("Attachment types: {}\n", types_of(incident, all));
    return text;
}

std::vector<std::string> doubts(const Diagnosis& diagnosis, std::string_view sender) {
    std::vector<std::string> doubts;
    const std::size_t chosen = chosen_sender(diagnosis, sender);
    if (chosen == nowhere) return doubts;
    std::map<std::string, std::set<std::string>> results;
    for (const Course& course : diagnosis.courses.all) {
        if (course.sender != chosen) continue;
        for (const std::size_t i : course.tries) {
            const Letter* letter = diagnosis.all.letter_of(diagnosis.all.tries[i]);
            if (letter == nullptr) continue;
            for (const auto& [method, result] : letter->authentication)
                results[method].insert(result);
        }
    }
    const std::string& name = diagnosis.courses.senders[chosen];
    if (results.empty()) {
        doubts.push_back(fmt::format(
            "the journal has no authentication results of {}: show SPF, DKIM and DMARC beside it",
            printable(name)));
    }
    for (const auto& [method, found] : results) {
        if (found.size() > 1) {
            doubts.push_back(fmt::format("{} of {} is not stable: {}", method, printable(name),
                                         listed(printable_of(found), listed_most)));
        } else if (*found.begin() != "pass") {
            doubts.push_back(fmt::format("{} of {} is {}: mend that first", method, printable(name),
                                         printable(*found.begin())));
        }
    }
    const auto manners =
        std::find_if(diagnosis.manners.senders.begin(), diagnosis.manners.senders.end(),
                     [&](const Discipline& discipline) { return discipline.sender == name; });
    if (manners != diagnosis.manners.senders.end() && manners->rotated != 0)
        doubts.push_back(
            fmt::format("{} changed its address after deferrals: escalate once the route is stable",
                        printable(name)));
    return doubts;
}

}  // namespace fakemx::diagnosis
