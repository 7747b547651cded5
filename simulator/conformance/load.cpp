// Sessions in order, and counted.
#include "conformance/load.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/text.h"

namespace fakemx::conformance {

namespace {

Sessions in_order(Sessions sessions) {
    std::stable_sort(sessions.begin(), sessions.end(), [](const Dialogue* a, const Dialogue* b) {
        return a->opened_at < b->opened_at;
    });
    return sessions;
}

template <class Key>
std::vector<Sessions> sessions_by(const Course& course, const Key& key) {
    std::map<std::string, Sessions> groups;
    for (const Dialogue& dialogue : course.sessions) groups[key(dialogue)].push_back(&dialogue);
    std::vector<Sessions> all;
    for (auto& [name, sessions] : groups) all.push_back(in_order(std::move(sessions)));
    return all;
}

}  // namespace

std::vector<Sessions> sessions_by_host(const Course& course) {
    return sessions_by(course, [](const Dialogue& dialogue) { return dialogue.host; });
}

std::vector<Sessions> sessions_by_pair(const Course& course) {
    return sessions_by(
        course, [](const Dialogue& dialogue) { return dialogue.host + '\n' + dialogue.client; });
}

bool refused_with_421(const Dialogue& dialogue) {
    return dialogue.greeting && dialogue.greeting->code == 421 && !dialogue.greeting->lost;
}

Load load_of(const Course& course) {
    std::map<std::string, std::size_t> messages;
    for (const Submission& submission : course.submissions) {
        std::set<std::string> domains;
        for (const std::string& to : submission.given.to)
            domains.insert(ascii_lower(to.substr(to.rfind('@') + 1)));
        for (const std::string& domain : domains) ++messages[domain];
    }
    Load load{.domains = messages.size()};
    for (const auto& [domain, count] : messages)
        load.to_one_domain = std::max(load.to_one_domain, count);
    return load;
}

const Dialogue* one_too_many(const Sessions& sessions, std::size_t most, Duration stretch) {
    for (std::size_t i = most; i < sessions.size(); ++i) {
        if (sessions[i]->opened_at - sessions[i - most]->opened_at <= stretch) return sessions[i];
    }
    return nullptr;
}

void broken_at(Hearing& hearing, const Dialogue& dialogue, std::string what) {
    hearing.broken(dialogue, dialogue.greeting ? dialogue.greeting->event : dialogue.ended_event,
                   dialogue.opened_at, std::move(what));
}

}  // namespace fakemx::conformance
