// A sender in virtual time, the same one over sockets, and its transcript.
#include "tests/app/fault_transcript.h"

#include <optional>

#include <fmt/format.h>

#include "core/text.h"
#include "engine/virtual_run.h"
#include "support/virtual_driver.h"
#include "tests/app/fault_table.h"

namespace fakemx::test {

namespace {

using What = Moment::What;
using Ending = TranscriptDriver::Ending;

constexpr Duration patience = 1h;
/// A wait that is worth a line of its own.
constexpr Duration long_wait = 5min;

class Sender {
public:
    explicit Sender(const ShippedProfile& shipped)
        : profile_(shipped.load()),
          simulator_(profile_->profile(), *profile_, sink_, {.seed = shipped.seed}),
          run_(simulator_),
          client_(run_.connect()) {
        await(1);
    }

    void make(const Move& move) {
        heard_.clear();
        if (move.tls) {
            note(What::handshake);
            tls_ = true;
            run_.finish_tls(client_, virtual_handshake("mx.fakemx.test"));
        } else if (!move.octets.empty()) {
            note(What::client, move.octets);
            run_.send(client_, move.octets);
        }
        if (move.waits != 0s) return wait(move.waits);
        await(move.replies);
    }

    bool over() const { return over_; }
    Record take() { return std::move(record_); }

private:
    void await(int replies) {
        const Instant limit = run_.now() + patience;
        see(0);
        while (!over_ && complete_replies(heard_) < replies) {
            if (step(limit)) continue;
            run_.advance(limit - run_.now());
            over_ = true;
            return note(What::given_up);
        }
    }
    void wait(Duration duration) {
        const Instant limit = run_.now() + duration;
        see(0);
        while (!over_ && step(limit)) {
        }
        if (!over_) run_.advance(limit - run_.now());
    }
    bool step(Instant limit) {
        const std::size_t unread = run_.unread(client_);
        if (!run_.advance_to_next(limit)) return false;
        see(unread);
        return true;
    }

    void see(std::size_t unread) {
        for (std::string& segment : run_.segments(client_)) {
            heard_ += segment;
            note(What::server, std::move(segment));
        }
        if (run_.half_closed(client_) && !half_closed_) {
            half_closed_ = true;
            note(What::half_closed);
        }
        const auto how = run_.closed(client_);
        if (!how) return;
        over_ = true;
        using How = smtp::Close::How;
        // Who closes at once, with octets that it has not read, resets (RFC 1122 §4.2.2.13).
        const bool reset = *how == How::reset || (*how == How::now && unread != 0);
        note(reset ? What::reset : *how == How::cut && tls_ ? What::cut : What::closed);
    }

    void note(What what, std::string octets = {}) {
        record_.push_back({run_.now() - default_epoch, what, std::move(octets)});
    }

    RecordingSink sink_;
    std::unique_ptr<script::LuaProfile> profile_;
    engine::Simulator simulator_;
    engine::VirtualRun run_;
    engine::VirtualRun::Client client_;
    Record record_;
    std::string heard_;  // since the last move
    bool tls_ = false;
    bool half_closed_ = false;
    bool over_ = false;
};

std::optional<Ending> ending_of(What what) {
    switch (what) {
        case What::closed:
        case What::half_closed: return Ending::closed;
        case What::cut: return Ending::cut;
        case What::reset: return Ending::reset;
        case What::client:
        case What::server:
        case What::handshake:
        case What::noted:
        case What::given_up: break;
    }
    return std::nullopt;
}

/// Octets of a line: escaped, and the same octet many times in a row as \{COUNT*OCTET}.
std::string printable(std::string_view octets) {
    std::string text;
    while (!octets.empty()) {
        const std::size_t count = std::min(octets.find_first_not_of(octets.front()), octets.size());
        const std::string one = escape_octets(octets.substr(0, 1));
        if (count > 20) {
            text += fmt::format("\\{{{}*{}}}", count, one);
        } else {
            for (std::size_t i = 0; i < count; ++i) text += one;
        }
        octets.remove_prefix(count);
    }
    return text;
}

std::vector<std::string> lines_of(char speaker, std::string_view octets) {
    std::vector<std::string> lines;
    while (!octets.empty()) {
        const std::size_t end = octets.find("\r\n");
        const bool whole = end != std::string_view::npos;
        lines.push_back(
            fmt::format("{}{} {}", speaker, whole ? ':' : '-', printable(octets.substr(0, end))));
        octets.remove_prefix(whole ? end + 2 : octets.size());
    }
    return lines;
}

std::vector<std::string> lines_of(const Moment& moment) {
    switch (moment.what) {
        case What::client: return lines_of('C', moment.octets);
        case What::server: return lines_of('S', moment.octets);
        case What::handshake: return {"TLS handshake"};
        case What::noted: return {moment.octets};
        case What::closed: return {"closed"};
        case What::half_closed: return {"half-closed: the server says no more, and reads on"};
        case What::cut: return {"closed, without close_notify"};
        case What::reset: return {"reset"};
        case What::given_up: return {fmt::format("nothing for {}", format_duration(patience))};
    }
    return {};
}

}  // namespace

// RFC 5321 §4.2.1: a reply ends with the line that has no hyphen behind its code.
int complete_replies(std::string_view octets) {
    int count = 0;
    for (std::size_t end = octets.find("\r\n"); end != std::string_view::npos;
         end = octets.find("\r\n")) {
        if (end < 4 || octets[3] != '-') ++count;
        octets.remove_prefix(end + 2);
    }
    return count;
}

Record record(const ShippedProfile& shipped, const std::vector<Move>& moves) {
    Sender sender{shipped};
    for (const Move& move : moves) {
        if (!sender.over()) sender.make(move);
    }
    return sender.take();
}

std::string replay(TranscriptDriver& driver, const Record& record) {
    const auto client = driver.connect(0, "192.0.2.1");
    Duration passed{};
    const auto pass = [&](Duration until) {
        // What is ordered for every second happens every second.
        while (passed < until) {
            const Duration step = until - passed > long_wait ? until - passed : Duration{1s};
            driver.advance(std::min(step, until - passed));
            passed += std::min(step, until - passed);
        }
    };
    const auto wrong = [&](const Moment& moment, const std::string& got) {
        return fmt::format("at {}: {} instead of {}", format_duration(moment.at), got,
                           lines_of(moment).front());
    };
    for (auto moment = record.begin(); moment != record.end(); ++moment) {
        if (moment->at > passed) {
            pass(moment->at - 1ms);
            const std::string early = driver.receive(client, 0);
            if (!early.empty()) return wrong(*moment, "too early " + escape_octets(early));
            pass(moment->at);
        }
        if (moment->what == What::client) {
            driver.send(client, moment->octets);
            driver.advance(0s);
        } else if (moment->what == What::handshake) {
            driver.start_tls(client, "mx.fakemx.test");
        } else if (moment->what == What::server) {
            std::string octets = moment->octets;
            for (; std::next(moment) != record.end() && std::next(moment)->at == moment->at &&
                   std::next(moment)->what == What::server;
                 ++moment)
                octets += std::next(moment)->octets;
            const std::string got = await(driver, client, octets);
            if (got != octets) return wrong(*moment, escape_octets(got));
        }
        const auto ending = ending_of(moment->what);
        if (ending && driver.ending(client, true) != *ending) return wrong(*moment, "another end");
    }
    const std::string rest = driver.receive(client, 0);
    return rest.empty() ? "" : "and then: " + escape_octets(rest);
}

Record behind(const Record& record, std::size_t moves) {
    auto first = record.begin();
    for (; first != record.end() && moves != 0; ++first) {
        if (first->what == What::client || first->what == What::handshake) --moves;
    }
    // The reply to the last of them; the greeting is none.
    while (first != record.begin() && first != record.end() && first->what == What::server) ++first;
    Record rest{first, record.end()};
    const Duration begin = rest.empty() ? Duration{} : rest.front().at;
    for (Moment& moment : rest) moment.at -= begin;
    return rest;
}

std::string shown(const Record& record) {
    std::string text;
    std::optional<Duration> last;
    std::size_t width = 0;
    for (const Moment& moment : record) width = std::max(width, format_duration(moment.at).size());
    const auto line = [&](std::string_view time, std::string_view what) {
        text += fmt::format("{:>{}}  {}", time, width, what);
        text.resize(trim_end(text).size());
        text += '\n';
    };
    for (const Moment& moment : record) {
        if (last && moment.at - *last >= long_wait && moment.what != What::given_up)
            line("", fmt::format("nothing for {}", format_duration(moment.at - *last)));
        for (const std::string& what : lines_of(moment)) {
            const bool same = last == moment.at || moment.what == What::given_up;
            line(same ? "" : format_duration(moment.at), what);
            if (moment.what != What::given_up) last = moment.at;
        }
    }
    return text;
}

}  // namespace fakemx::test
