// Files and words for a sender, and its results.
#include "app/assignment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/command.h"
#include "core/assert.h"
#include "core/text.h"
#include "core/words.h"
#include "engine/notice_host.h"
#include "oracle/delivery.h"

namespace fakemx::app {

namespace {

constexpr std::string_view results_name = "results";
constexpr std::string_view statuses_name = "statuses";
/// sysexits.h: the caller may try again.
constexpr int ex_tempfail = 75;
/// A line for each recipient, and some words: a thousand times what the largest scenario needs.
constexpr std::uintmax_t results_octets_max = 16ULL * 1024 * 1024;

/// As one word of sh.
std::string sh_word(std::string_view word) {
    std::string text = "'";
    for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
    return text + '\'';
}

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::string_view rest = line;
    while (fields.size() < 3) {
        const std::size_t tab = rest.find('\t');
        fields.emplace_back(rest.substr(0, tab));
        if (tab == std::string_view::npos) return fields;
        rest.remove_prefix(tab + 1);
    }
    fields.emplace_back(rest);
    return fields;
}

std::optional<std::string> write_file(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    if (file) return std::nullopt;
    return fmt::format("{}: {}", path, std::strerror(errno));
}

/// What a sender wrote, where it is told that it means nothing.
std::string in_short(std::string_view written) {
    constexpr std::size_t columns_max = 100;
    return shortened(printable(written), columns_max);
}

journal::Belief belief_of(int status) {
    if (status == 0) return journal::Belief::delivered;
    return status == ex_tempfail ? journal::Belief::deferred : journal::Belief::failed;
}

/// The letter's recipient that a sender means; null: none. An internationalized domain may be written in A-labels (RFC 5890
/// §2.3.2.1).
const std::string* recipient_meant(const scenario::LetterFile& letter, std::string_view written) {
    const auto local_part = [](std::string_view path) { return path.substr(0, path.rfind('@')); };
    const bool has_a_labels =
        ascii_lower(written.substr(local_part(written).size())).find("xn--") != std::string::npos;
    const auto found =
        std::find_if(letter.to.begin(), letter.to.end(), [&](const std::string& one) {
            const std::string_view local = local_part(one);
            const bool same_but_for_labels = has_a_labels && local == local_part(written) &&
                                             !is_ascii(std::string_view{one}.substr(local.size()));
            return same_but_for_labels || oracle::comparable(one) == oracle::comparable(written);
        });
    return found == letter.to.end() ? nullptr : &*found;
}

journal::Event of_no_session(Instant now, journal::EventBody body) {
    return {.session = SessionId{}, .number = 0, .at = now, .body = std::move(body)};
}

}  // namespace

std::optional<std::string> Assignment::write_letters(std::uint64_t seed, Instant begin) {
    for (const std::string_view name : {results_name, statuses_name}) {
        std::error_code error;
        std::filesystem::remove_all(work_.file(std::string{name}), error);
        if (error) return fmt::format("{}: {}", work_.file(std::string{name}), error.message());
    }
    letters_ = scenario::write_letters(scenario_.send, seed, begin);
    std::string list;
    for (const scenario::LetterFile& letter : letters_) {
        if (auto error = write_file(work_.file(letter.name), letter.text)) return error;
        list += fmt::format("{}\t{}\t{}\n", work_.file(letter.name), letter.from,
                            fmt::join(letter.to, " "));
    }
    if (letters_.empty()) return std::nullopt;
    // For a command that sends them all.
    values_.emplace_back("messages", work_.file("messages"));
    return write_file(work_.file("messages"), list);
}

const ReadyHost& Assignment::host_of(const scenario::LetterFile& letter) const {
    if (letter.host.empty()) return hosts_.front();
    // load_scenario has seen to it that there is one.
    const auto found = std::find_if(hosts_.begin(), hosts_.end(), [&](const ReadyHost& host) {
        return host.name == letter.host;
    });
    FAKEMX_ASSERT(found != hosts_.end());
    return *found;
}

std::optional<std::string> Assignment::receivers(const Ready& ready, const std::string& ready_file,
                                                 const std::string& tls_ca) {
    hosts_ = ready.smtp;
    values_.insert(values_.end(), {{"work", work_.path()},
                                   {"ready", ready_file},
                                   {"ca", tls_ca},
                                   {"results", work_.file(std::string{results_name})}});
    if (ready.dns) {
        values_.insert(values_.end(), {{"dns", format(*ready.dns)},
                                       {"dns_ip", ready.dns->ip},
                                       {"dns_port", fmt::format("{}", ready.dns->port)}});
    }
    for (const ReadyHost& host : hosts_) {
        if (host.name == engine::notice_host_name)
            values_.emplace_back("notices", format(host.address));
    }
    return write_routes(ready);
}

/// Where each domain's mail goes, for senders that have a table of such.
std::optional<std::string> Assignment::write_routes(const Ready& ready) {
    std::map<std::string, std::string> routes;
    std::vector<std::string> order;
    const auto add = [&](std::string_view domain,
                         const Address& address) -> std::optional<std::string> {
        const std::string place = fmt::format("{}\t{}", address.ip, address.port);
        const auto [at, is_new] = routes.try_emplace(ascii_lower(domain), place);
        if (is_new) order.push_back(at->first);
        if (at->second == place) return std::nullopt;
        return fmt::format("send: mail for {} goes to two hosts; a domain has one", domain);
    };
    for (const scenario::LetterFile& letter : letters_) {
        for (const std::string& recipient : letter.to) {
            const std::string_view domain =
                std::string_view{recipient}.substr(recipient.rfind('@') + 1);
            if (auto error = add(domain, host_of(letter).address)) return error;
        }
    }
    for (const ReadyHost& host : ready.smtp) {
        if (host.name != engine::notice_host_name) continue;
        for (const std::string& domain : scenario_.notices) {
            if (auto error = add(domain, host.address)) return error;
        }
    }
    std::string text;
    for (const std::string& domain : order)
        text += fmt::format("{}\t{}\n", domain, routes.at(domain));
    values_.emplace_back("routes", work_.file("routes"));
    return write_file(work_.file("routes"), text);
}

scenario::Values Assignment::values_of(const scenario::LetterFile& letter) const {
    scenario::Values values = values_of(host_of(letter));
    values.insert(values.end(), {{"message", work_.file(letter.name)},
                                 {"from", letter.from},
                                 {"to", fmt::format("{}", fmt::join(letter.to, " "))}});
    return values;
}

scenario::Values Assignment::values_of(const ReadyHost& host) {
    return {{"address", format(host.address)},
            {"ip", host.address.ip},
            {"port", fmt::format("{}", host.address.port)},
            {"host", host.name},
            {"tls", std::string{host.tls}}};
}

scenario::Values Assignment::first_values() const {
    return letters_.empty() ? values_of(hosts_.front()) : values_of(letters_.front());
}

Assignment::Variables Assignment::environment() const {
    Variables variables;
    for (const auto& values : {values_, first_values()}) {
        for (const auto& [name, value] : values) variables.emplace_back(variable_of(name), value);
    }
    std::vector<std::string> hosts;
    for (const ReadyHost& host : hosts_)
        hosts.push_back(fmt::format("{}={}", host.name, format(host.address)));
    variables.emplace_back("FAKEMX_HOSTS", fmt::format("{}", fmt::join(hosts, " ")));
    return variables;
}

std::vector<std::string> Assignment::words(const scenario::Values& values) const {
    scenario::Values all = values_;
    all.insert(all.end(), values.begin(), values.end());
    std::vector<std::string> words;
    for (const std::string& word : scenario_.command) words.push_back(scenario::fill_in(word, all));
    return words;
}

std::vector<std::string> Assignment::command() const {
    return words(first_values());
}

Result<std::vector<std::string>, Complaint> Assignment::command_for_each(
    std::uint32_t patience) const {
    std::string script =
        "#!/bin/sh\n# Runs the sender once for each message, and notes how each time ended.\n";
    const std::string statuses = sh_word(work_.file(std::string{statuses_name}));
    for (std::size_t i = 0; i < letters_.size(); ++i) {
        const scenario::Values values = values_of(letters_[i]);
        for (const auto& [name, value] : values)
            script += fmt::format("{}={} ", variable_of(name), sh_word(value));
        if (patience != 0) script += fmt::format("timeout --foreground -k 2 {} ", patience);
        for (const std::string& word : words(values)) script += sh_word(word) + ' ';
        script += fmt::format("\necho \"{} $?\" >>{}\n", i + 1, statuses);
    }
    const std::string path = work_.file("each.sh");
    if (auto error = write_file(path, script)) return Complaint{std::move(*error)};
    return std::vector<std::string>{"sh", path};
}

journal::Batch Assignment::submitted(Instant now) const {
    journal::Batch batch;
    for (std::size_t i = 0; i < letters_.size(); ++i) {
        const scenario::LetterFile& letter = letters_[i];
        batch.events.push_back(
            of_no_session(now, journal::Submitted{.message = static_cast<std::uint32_t>(i + 1),
                                                  .from = letter.from,
                                                  .to = letter.to,
                                                  .text = letter.text}));
    }
    return batch;
}

Result<std::vector<journal::Believed>, Complaint> Assignment::written_results() const {
    std::vector<journal::Believed> results;
    const std::string path = work_.file(std::string{results_name});
    // A sender may put anything there, and a device or a pipe has no end.
    std::error_code error;
    const auto kind = std::filesystem::status(path, error);
    if (!std::filesystem::exists(kind)) return results;
    if (!std::filesystem::is_regular_file(kind))
        return Complaint{fmt::format("{}: is no regular file, but lines are expected", path)};
    if (std::filesystem::file_size(path, error) > results_octets_max)
        return Complaint{fmt::format("{}: more than {} octets", path, results_octets_max)};
    std::ifstream file{path, std::ios::binary};
    if (!file) return Complaint{fmt::format("{}: {}", path, std::strerror(errno))};
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (line.empty()) continue;
        const std::vector<std::string> fields = fields_of(line);
        const auto letter =
            std::find_if(letters_.begin(), letters_.end(), [&](const scenario::LetterFile& one) {
                return fields[0] == work_.file(one.name) || fields[0] == one.name;
            });
        if (letter == letters_.end()) {
            return Complaint{
                fmt::format("{}:{}: '{}' is no message of this run; what was in "
                            "FAKEMX_MESSAGE is expected",
                            path, number, in_short(fields[0]))};
        }
        const std::string* recipient =
            fields.size() > 1 ? recipient_meant(*letter, fields[1]) : nullptr;
        if (fields.size() > 1 && recipient == nullptr) {
            return Complaint{fmt::format("{}:{}: '{}' is no recipient of {}; its recipients are {}",
                                         path, number, in_short(fields[1]), letter->name,
                                         fmt::join(letter->to, " "))};
        }
        const auto belief = fields.size() < 3 ? std::nullopt : journal::belief_named(fields[2]);
        if (!belief) {
            return Complaint{fmt::format(
                "{}:{}: expected a message's file, a recipient, and delivered, deferred or failed, "
                "with tabs between them, not '{}'",
                path, number, in_short(line))};
        }
        results.push_back({.message = static_cast<std::uint32_t>(letter - letters_.begin() + 1),
                           .recipient = *recipient,
                           .belief = *belief,
                           .text = fields.size() > 3 ? fields[3] : ""});
    }
    return results;
}

Result<journal::Batch, Complaint> Assignment::believed(Instant now,
                                                       std::optional<int> status) const {
    auto written = written_results();
    if (!written) return std::move(written.error());
    std::map<std::uint32_t, int> statuses;
    std::ifstream file{work_.file(std::string{statuses_name})};
    std::uint32_t number = 0;
    int ended = 0;
    while (file >> number >> ended) statuses[number] = ended;
    // A command that is given one message says by its end what became of that.
    if (statuses.empty() && letters_.size() == 1 && status) statuses[1] = *status;
    for (const auto& one : statuses) {
        const std::uint32_t message = one.first;
        const int how = one.second;
        const bool is_told =
            std::any_of(written->begin(), written->end(),
                        [&](const journal::Believed& told) { return told.message == message; });
        if (is_told || message == 0 || message > letters_.size()) continue;
        for (const std::string& recipient : letters_[message - 1].to) {
            written->push_back({.message = message,
                                .recipient = recipient,
                                .belief = belief_of(how),
                                .text = fmt::format("exit status {}", how),
                                .by_status = true});
        }
    }
    std::stable_sort(written->begin(), written->end(),
                     [](const auto& a, const auto& b) { return a.message < b.message; });
    journal::Batch batch;
    for (journal::Believed& one : *written)
        batch.events.push_back(of_no_session(now, std::move(one)));
    return batch;
}

}  // namespace fakemx::app
