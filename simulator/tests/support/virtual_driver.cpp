// The receiver in virtual time.
#include "support/virtual_driver.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::test {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end != 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// `records` are in order of their ids.
template <class Record>
void replace_by_id(std::vector<Record>& records, Record record) {
    const auto place = std::lower_bound(records.begin(), records.end(), record.id,
                                        [](const Record& other, auto id) { return other.id < id; });
    if (place != records.end() && place->id == record.id) {
        *place = std::move(record);
    } else {
        records.insert(place, std::move(record));
    }
}

}  // namespace

void RecordingSink::write(journal::Batch batch) {
    for (auto& session : batch.sessions) replace_by_id(sessions, std::move(session));
    for (auto& attempt : batch.attempts) replace_by_id(attempts, std::move(attempt));
    std::move(batch.events.begin(), batch.events.end(), std::back_inserter(events));
    std::move(batch.messages.begin(), batch.messages.end(), std::back_inserter(messages));
}

std::string RecordingSink::canonical() const {
    std::vector<const journal::Event*> ordered;
    for (const journal::Event& event : events) ordered.push_back(&event);
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
        return number(a->session) < number(b->session);
    });
    std::string text;
    for (const journal::Event* event : ordered) {
        append_json(text, *event, journal::Form::canonical);
        text += '\n';
    }
    return text;
}

const journal::AttemptRecord& RecordingSink::attempt(std::uint64_t id) const {
    for (const journal::AttemptRecord& record : attempts) {
        if (record.id == id) return record;
    }
    throw std::out_of_range(fmt::format("no attempt {}", id));
}

engine::Simulator& VirtualDriver::simulator() {
    if (!simulator_) {
        if (profile_.hosts.empty()) profile_.hosts.emplace_back();
        options_.recorded = true;
        simulator_ = std::make_unique<engine::Simulator>(profile_, policy_, recorded_, options_);
        run_ = std::make_unique<engine::VirtualRun>(*simulator_);
    }
    return *simulator_;
}

std::string VirtualDriver::replayed() {
    simulator().shut_down(run().now());
    RecordedInMemory recorded_run{recorded()};
    engine::Profile profile = profile_;
    for (engine::HostProfile& host : profile.hosts) host.options.proofs_replaced = true;
    RuledPolicy policy = policy_.anew();
    return words_of(engine::replay(recorded_run, profile, policy, options_, nullptr));
}

TranscriptDriver::Client VirtualDriver::connect(std::size_t host, const std::string& address) {
    return run().connect(host, address);
}

void VirtualDriver::send(Client client, std::string_view octets) {
    if (octets_at_once_ == 0) return run_->send(client, octets);
    for (; !octets.empty(); octets.remove_prefix(std::min(octets_at_once_, octets.size()))) {
        run_->send(client, octets.substr(0, octets_at_once_));
    }
}

void VirtualDriver::advance(Duration duration) {
    run().advance(duration);
}

std::string VirtualDriver::receive(Client client, std::size_t) {
    return run_->received(client);
}

TranscriptDriver::Ending VirtualDriver::ending(Client client, bool) {
    const auto closed = run_->closed(client);
    if (!closed) return run_->half_closed(client) ? Ending::closed : Ending::none;
    return *closed == smtp::Close::How::reset ? Ending::reset : Ending::closed;
}

bool VirtualDriver::direct(std::string_view directive) {
    if (directive.starts_with("on ")) {
        const std::string_view rest = directive.substr(3);
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        return policy_.set(rest.substr(0, blank), rest.substr(blank));
    }
    if (directive == "shutdown") return simulator().shut_down(run().now()), true;
    if (simulator_) return false;
    if (directive.starts_with("host")) return set_host(directive.substr(4));
    if (directive.starts_with("trust ")) {
        // "xclient 192.0.2.1 192.0.2.2"
        const auto words = split(directive.substr(6), ' ');
        for (std::size_t i = 1; i < words.size(); ++i) {
            const auto network = IpNetwork::parse(words[i]);
            if (!network) return false;
            (words[0] == "proxy" ? options_.proxy_peers : options_.xclient_peers)
                .push_back(*network);
        }
        return words.size() > 1;
    }
    if (directive.starts_with("words ")) {
        const auto words = split(directive.substr(6), '=');
        if (profile_.hosts.empty()) profile_.hosts.emplace_back();
        const auto occasion = smtp::occasion_named(trim(words.at(0)));
        const auto reply = smtp::parse_reply_text(trim(words.at(1)));
        if (!occasion || !reply) return false;
        profile_.hosts.back().options.replies.at(static_cast<std::size_t>(*occasion)) = *reply;
        return true;
    }
    return false;
}

bool VirtualDriver::set_host(std::string_view text) {
    smtp::HostOptions& options = profile_.hosts.emplace_back().options;
    for (const std::string& setting : split(text, ' ')) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos) return false;
        const std::string name = setting.substr(0, equals);
        const std::string value = setting.substr(equals + 1);
        const auto number = parse_decimal(value);
        if (name == "name") {
            options.name = value;
        } else if (name == "domains") {
            options.domains = split(value, ',');
        } else if (name == "users") {
            for (const std::string& user : split(value, ',')) {
                const std::size_t colon = user.find(':');
                if (colon == std::string::npos) return false;
                options.users[user.substr(0, colon)] = user.substr(colon + 1);
            }
        } else if (name == "auth_required") {
            options.auth_required = value == "true";
        } else if (name == "lmtp") {
            options.lmtp = value == "true";
        } else if (name == "tls") {
            options.implicit_tls = value == "implicit";
        } else if (name == "extensions") {
            options.extensions.clear();
            for (const std::string& keyword : split(value, ',')) {
                const auto extension = smtp::extension_of(keyword);
                if (!extension) return false;
                options.extensions.push_back({*extension, keyword});
            }
        } else if (name == "idle_timeout") {
            const auto duration = parse_duration(value);
            if (!duration) return false;
            options.idle_timeout = *duration;
        } else if (!number) {
            return false;
        } else if (name == "size") {
            options.message_octets_max = *number;
        } else if (name == "recipients_max") {
            options.recipients_max = static_cast<std::uint32_t>(*number);
        } else if (name == "sessions_max") {
            options_.sessions_max = *number;
        } else if (name == "seed") {
            options_.seed = *number;
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace fakemx::test
