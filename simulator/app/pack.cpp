// Reading the pack, and choosing from it.
#include "app/pack.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/scenario_files.h"
#include "conformance/checker.h"
#include "core/text.h"

namespace fakemx::app {

namespace {

using conformance::Rule;
using Rules = std::vector<const Rule*>;

std::string without_blanks(std::string_view text) {
    std::string result = ascii_lower(text);
    std::erase_if(result, [](char c) { return c == ' '; });
    return result;
}

/// "rfc5321§4.2" and "rfc1123§5.2.10" of "RFC 5321 §4.2; RFC 1123 §5.2.10".
std::vector<std::string> places_of(const Rule& rule) {
    std::vector<std::string> places;
    std::string document;
    std::string_view rest = rule.source;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(",;"), rest.size());
        const std::string one = without_blanks(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        // "RFC 5321 §4.2.1, §4.5" has two sections of one document.
        const std::size_t section = one.find("§");
        if (section != 0) document = one.substr(0, section);
        places.push_back(document + (section == std::string::npos ? "" : one.substr(section)));
    }
    return places;
}

/// "rfc5321" and "rfc5321§4.2" match "rfc5321§4.2.1", and "rfc5321§4.2" not "rfc5321§4.20".
bool stands_in(std::string_view place, const Rule& rule) {
    const std::vector<std::string> places = places_of(rule);
    return std::any_of(places.begin(), places.end(), [&](std::string_view one) {
        if (!one.starts_with(place)) return false;
        const std::string_view behind = one.substr(place.size());
        return behind.empty() || behind.front() == '.' || behind.starts_with("§");
    });
}

using conformance::Severity;

constexpr std::array severities{Severity::critical, Severity::major, Severity::minor,
                                Severity::info};

std::optional<Severity> severity_named(std::string_view text) {
    for (const Severity one : severities) {
        if (conformance::name(one) == text) return one;
    }
    return std::nullopt;
}

/// What an id means; nothing: it means nothing.
Rules rules_of(const std::string& id) {
    Rules found;
    const auto severity = severity_named(id);
    const std::string place = without_blanks(id);
    for (const Rule* rule : conformance::all_rules()) {
        const bool is_meant = rule->slug == id || (severity && rule->severity <= *severity) ||
                              (place.starts_with("rfc") && stands_in(place, *rule));
        if (is_meant) found.push_back(rule);
    }
    return found;
}

std::string hint_for_rule(std::string_view slug) {
    std::vector<std::string_view> known;
    for (const Rule* rule : conformance::all_rules()) known.push_back(rule->slug);
    return did_you_mean(slug, known);
}

/// For what may be anything that an id may be.
std::string hint_for(std::string_view id, const std::vector<PackScenario>& scenarios) {
    std::vector<std::string> places;
    for (const Rule* rule : conformance::all_rules()) {
        for (const std::string& place : places_of(*rule)) {
            if (place.starts_with("rfc")) places.push_back(ascii_upper(place));
        }
    }
    std::vector<std::string_view> known{places.begin(), places.end()};
    for (const Rule* rule : conformance::all_rules()) known.push_back(rule->slug);
    for (const Severity one : severities) known.push_back(name(one));
    for (const PackScenario& one : scenarios) known.push_back(one.file.name);
    return did_you_mean(id, known);
}

Result<PackScenario, Complaint> read(const ProfileFile& file) {
    auto loaded = load_scenario(file.path, {});
    if (!loaded) return Complaint{loaded.error().message};
    PackScenario made{
        .file = file, .scenario = std::move(loaded->scenario), .exercises = {}, .skipped = {}};
    for (const std::string& slug : made.scenario.exercises) {
        const Rule* rule = conformance::rule_named(slug);
        if (rule == nullptr) {
            return Complaint{fmt::format("{}: exercises: no rule is called '{}'{}", file.path, slug,
                                         hint_for_rule(slug))};
        }
        made.exercises.push_back(rule);
    }
    for (const std::string& kind : made.scenario.senders) {
        if (!conformance::sender_named(kind)) {
            return Complaint{fmt::format("{}: senders: '{}' is none of {}{}", file.path, kind,
                                         fmt::join(conformance::sender_names, ", "),
                                         did_you_mean(kind, conformance::sender_names))};
        }
    }
    return made;
}

/// Why the scenario is not for this sender.
std::string unfit(const PackScenario& one, const PackChoice& choice) {
    const auto& senders = one.scenario.senders;
    const bool is_meant = senders.empty() || std::find(senders.begin(), senders.end(),
                                                       name(choice.sender)) != senders.end();
    if (!is_meant) return fmt::format("is for a sender of the kind {}", fmt::join(senders, " or "));
    if (one.scenario.needs_names && !choice.has_names)
        return "needs a sender that looks for MX hosts by itself, and --dns";
    if (choice.by_the_wall && one.scenario.clock == "shared")
        return "takes hours by the wall: --clock shared has it in seconds";
    return {};
}

}  // namespace

Result<std::vector<const Rule*>, Complaint> find_rules(const std::vector<std::string>& ids) {
    Rules found;
    for (const std::string& id : ids) {
        const Rules meant = rules_of(id);
        if (meant.empty())
            return Complaint{fmt::format(
                "no rule is called '{}', nor a severity, a document or a section of one{}", id,
                hint_for(id, {}))};
        found.insert(found.end(), meant.begin(), meant.end());
    }
    return found;
}

Result<Pack, Complaint> choose_pack(const PackChoice& choice) {
    std::string folder = choice.folder;
    if (folder.empty()) {
        const auto shipped = shipped_profiles_directory();
        if (!shipped)
            return Complaint{
                "the shipped scenarios are not to be found; FAKEMX_PROFILES may name "
                "the directory of profiles"};
        folder = *shipped + "/conformance";
    }
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        return Complaint{fmt::format("{}: there is no such folder with scenarios", folder)};
    std::vector<PackScenario> all;
    for (const ProfileFile& file : shipped_profiles(folder)) {
        auto one = read(file);
        if (!one) return std::move(one.error());
        all.push_back(std::move(*one));
    }
    if (all.empty()) return Complaint{fmt::format("{}: there is no scenario in it", folder)};
    Pack pack{.folder = folder, .scenarios = {}, .rules = {}};
    std::vector<std::string> named;
    bool all_rules = choice.ids.empty();
    for (const std::string& id : choice.ids) {
        const bool is_scenario = std::any_of(
            all.begin(), all.end(), [&](const PackScenario& one) { return one.file.name == id; });
        const Rules meant = rules_of(id);
        if (!is_scenario && meant.empty()) {
            return Complaint{
                fmt::format("'{}' is neither a rule, a scenario, a severity nor a section such as "
                            "'RFC5321§4.2'{}",
                            id, hint_for(id, all))};
        }
        if (is_scenario) named.push_back(id);
        // Who names a scenario wants to know all that it shows.
        all_rules = all_rules || is_scenario;
        pack.rules.insert(pack.rules.end(), meant.begin(), meant.end());
    }
    for (PackScenario& one : all) {
        const bool is_named = std::find(named.begin(), named.end(), one.file.name) != named.end();
        const bool serves =
            std::any_of(one.exercises.begin(), one.exercises.end(), [&](const Rule* rule) {
                return std::find(pack.rules.begin(), pack.rules.end(), rule) != pack.rules.end();
            });
        if (!choice.ids.empty() && !is_named && !serves) continue;
        one.skipped = unfit(one, choice);
        pack.scenarios.push_back(std::move(one));
    }
    if (all_rules) pack.rules.clear();
    return pack;
}

}  // namespace fakemx::app
