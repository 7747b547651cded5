// Reading ahead as far as a call needs it.
#include "engine/replayed_clients.h"

#include <fmt/format.h>

#include "core/limits.h"

namespace fakemx::engine {

namespace {

ReplayStuck damaged(std::string_view what) {
    return {fmt::format("the recording of the inputs is damaged: {}", what)};
}

std::string words_of(InputCut::Why why) {
    switch (why) {
        case InputCut::Why::unread:
            return fmt::format("more than {} octets without anything that it could read",
                               limits::unread_octets_recorded);
        case InputCut::Why::message:
            return fmt::format("a message of more than {} octets", limits::message_octets_recorded);
    }
    return {};
}

}  // namespace

Result<bool, ReplayStuck> ReplayedClients::read_on() {
    if (over_) return false;
    auto inputs = recorded_.next_inputs();
    if (!inputs) return ReplayStuck{inputs.error().message};
    if (!*inputs) {
        over_ = true;
        return false;
    }
    std::string_view rest = **inputs;
    while (true) {
        Recorded record;
        switch (reader_.next(rest, record)) {
            case RecordingReader::Progress::end: return true;
            case RecordingReader::Progress::damaged: return damaged("it cannot be taken apart");
            case RecordingReader::Progress::record: break;
        }
        if (auto taken = take(record); !taken) return taken.error();
        if (over_) return true;
    }
}

Result<void, ReplayStuck> ReplayedClients::take(const Recorded& record) {
    if (const auto* call = std::get_if<Call>(&record)) {
        calls_.push_back(*call);
    } else if (const auto* octets = std::get_if<InputOctets>(&record)) {
        streams_[number(octets->session)].octets += octets->octets;
    } else if (const auto* cut = std::get_if<InputCut>(&record)) {
        Stream& stream = streams_[number(cut->session)];
        stream.cut = true;
        stream.why = cut->why;
    } else {
        return take(std::get<InputBody>(record));
    }
    return {};
}

Result<void, ReplayStuck> ReplayedClients::take(const InputBody& body) {
    const std::pair key{number(body.session), body.transaction};
    auto found = messages_.find(key);
    while (found == messages_.end()) {
        auto message = recorded_.next_message();
        if (!message) return ReplayStuck{message.error().message};
        if (!*message) {
            if (recorded_.complete()) return damaged("a message is missing");
            // Whatever came behind it was done a moment before the kill.
            over_ = true;
            return {};
        }
        const std::pair theirs{(*message)->session, (*message)->transaction};
        found = messages_.emplace(theirs, std::move((*message)->content)).first;
        if (found->first != key) found = messages_.end();
    }
    const std::string wire = wire_form(found->second);
    if (body.octets > wire.size()) return damaged("a message is too short");
    streams_[key.first].octets += wire.substr(wire.size() - static_cast<std::size_t>(body.octets));
    // Those of the same session that came before it, in chunks, are not asked for any more.
    messages_.erase(messages_.lower_bound({key.first, 0}), std::next(found));
    return {};
}

Result<const Call*, ReplayStuck> ReplayedClients::peek() {
    while (calls_.empty()) {
        const auto more = read_on();
        if (!more) return more.error();
        if (!*more && calls_.empty()) return static_cast<const Call*>(nullptr);
    }
    return static_cast<const Call*>(&calls_.front());
}

Result<std::optional<ReplayedClients::Next>, ReplayStuck> ReplayedClients::next() {
    const auto first = peek();
    if (!first) return first.error();
    if (*first == nullptr) return std::optional<Next>{};
    Next next{.call = std::move(calls_.front()), .octets = {}};
    calls_.pop_front();
    if (const auto* arrival = std::get_if<Arrival>(&next.call.what)) {
        if (auto filled = fill(next, arrival->octets); !filled) return filled.error();
    }
    return std::optional<Next>{std::move(next)};
}

Result<void, ReplayStuck> ReplayedClients::fill(Next& next, std::size_t count) {
    const std::uint64_t session = number(next.call.session);
    bool more = true;
    while (more && streams_[session].octets.size() < count && !streams_[session].cut) {
        const auto read = read_on();
        if (!read) return read.error();
        more = *read;
    }
    Stream& stream = streams_[session];
    if (stream.octets.size() < count) {
        if (stream.cut) {
            return ReplayStuck{
                fmt::format("session {} sent {}, which the journal does not keep ({})", session,
                            words_of(stream.why), format_instant(next.call.at))};
        }
        if (recorded_.complete()) return damaged("octets of a client are missing");
        if (count > limits::unread_octets_recorded + stream.octets.size())
            return damaged("more octets are missing than a session leaves unread");
        // What the session has not looked at until the journal's end was not written any more, and may be
        // anything.
        stream.octets.append(count - stream.octets.size(), 'x');
    }
    next.octets = stream.octets.substr(0, count);
    stream.octets.erase(0, count);
    return {};
}

}  // namespace fakemx::engine
