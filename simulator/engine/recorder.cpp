// One call at a time. Octets are written when the session has looked at them: by then their secrets are known, and a
// message that the journal keeps anyway needs no second place.
#include "engine/recorder.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::engine {

namespace {

/// A transaction leaves about so much beside its message.
constexpr std::size_t usual_octets = 512;

// What is done to a transport, told apart in the digest.
constexpr std::uint64_t did_send = 1;
constexpr std::uint64_t did_upgrade = 2;
constexpr std::uint64_t did_half_close = 3;
constexpr std::uint64_t did_close = 4;

}  // namespace

void Recorder::begin(SessionId session, std::unique_ptr<HeldInput>& held, std::string_view received,
                     bool taken) {
    session_ = session;
    held_ = &held;
    octets_.clear();
    if (held) octets_.swap(held->octets);
    octets_ += received;
    secrets_.clear();
    digest_ = 0;
    done_ = 0;
    blocked_ = taken ? 0 : 1;
}

void Recorder::did(bool taken) {
    ++done_;
    if (!taken && blocked_ == 0) blocked_ = done_ + 1;
}

void Recorder::sent(std::string_view octets, bool taken) {
    digest_ = hash64(octets, digest_ + did_send);
    did(taken);
}

void Recorder::upgraded(const std::optional<smtp::HandshakeFault>& fault, std::string_view arrived,
                        bool taken) {
    const std::uint64_t what =
        fault ? (std::uint64_t{fault->octets} << 8 | static_cast<std::uint64_t>(fault->kind)) + 1
              : 0;
    digest_ = hash64(arrived, digest_ + did_upgrade + (what << 8));
    did(taken);
}

void Recorder::half_closed(bool taken) {
    digest_ = hash64({}, digest_ + did_half_close);
    did(taken);
}

void Recorder::closed(smtp::Close::How how) {
    digest_ = hash64({}, digest_ + did_close + (static_cast<std::uint64_t>(how) << 8));
    did(true);
}

/// Puts the stand-ins in the place of what they stand for.
void Recorder::conceal() {
    for (const smtp::Concealed& secret : secrets_) {
        const std::size_t end = octets_.size() - std::min(secret.behind, octets_.size());
        // What is not there any more was cut.
        const std::size_t begin = end - std::min(secret.octets, end);
        const bool whole = end - begin == secret.octets;
        FAKEMX_ASSERT(whole || (*held_ && (*held_)->cut));
        if (!whole) continue;
        const std::string rest = smtp::stand_in_for(std::string_view{octets_}.substr(
            begin + secret.stand_in.size(), secret.octets - secret.stand_in.size()));
        octets_.replace(begin, secret.octets, secret.stand_in + rest);
    }
    secrets_.clear();
}

void Recorder::record(std::size_t octets) {
    if (octets == 0) return;
    RecordingWriter::append(recording_,
                            InputOctets{session_, std::string_view{octets_}.substr(0, octets)});
    octets_.erase(0, octets);
}

void Recorder::message(std::uint32_t transaction, std::string_view content, std::size_t unread) {
    conceal();
    if (*held_ && (*held_)->cut) return;
    if (*held_) {
        (*held_)->in_data = false;
        (*held_)->of_message = 0;
    }
    const std::string wire = wire_form(content);
    const std::size_t used = octets_.size() - unread;
    // Of a message that has come slowly the beginning may be recorded already.
    const std::size_t tail = std::min(used, wire.size());
    const std::string_view kept{wire.data() + wire.size() - tail, tail};
    if (std::string_view{octets_}.substr(used - tail, tail) != kept) return;
    record(used - tail);
    RecordingWriter::append(recording_, InputBody{session_, transaction, tail});
    octets_.erase(0, tail);
}

void Recorder::cut(InputCut::Why why) {
    RecordingWriter::append(recording_, InputCut{session_, why});
    if (!*held_) *held_ = std::make_unique<HeldInput>();
    (*held_)->cut = true;
    octets_.clear();
}

void Recorder::end(Instant at, Call::What what, std::uint32_t events, const Standing& standing) {
    conceal();
    std::unique_ptr<HeldInput>& held = *held_;
    if (held && held->cut) {
        octets_.clear();
    } else {
        FAKEMX_ASSERT(standing.unread <= octets_.size());
        const std::size_t used = octets_.size() - standing.unread;
        // In the middle of a message the octets wait for its end, where the journal has the message. What came with the
        // DATA command does not: its effects may be seen by others.
        const bool waits =
            standing.in_data && held && held->in_data && used <= limits::message_octets_kept;
        if (!waits) {
            if (held && standing.in_message) held->of_message += used;
            record(used);
        }
        const bool keeps = !octets_.empty() || standing.in_message;
        if (keeps && !held) held = std::make_unique<HeldInput>();
        if (!keeps) held.reset();
        if (held) {
            held->in_data = standing.in_data;
            if (!standing.in_message) held->of_message = 0;
            octets_.swap(held->octets);
            if (held->of_message > limits::message_octets_recorded) {
                cut(InputCut::Why::message);
            } else if (standing.unread > limits::unread_octets_recorded) {
                held->octets = std::string{};
                cut(InputCut::Why::unread);
            }
        }
    }
    auto output = static_cast<std::uint32_t>(digest_ ^ digest_ >> 32);
    if (done_ != 0 && output == 0) output = 1;
    writer_.append(recording_, Call{.at = at,
                                    .session = session_,
                                    .what = std::move(what),
                                    .events = events,
                                    .output = output,
                                    .blocked = blocked_});
    held_ = nullptr;
}

void Recorder::changed(Instant at, StateChange change) {
    writer_.append(recording_, Call{.at = at, .session = {}, .what = std::move(change)});
}

std::string Recorder::take() {
    std::string taken;
    if (recording_.empty()) return taken;
    taken.reserve(usual_octets);
    taken.swap(recording_);
    return taken;
}

}  // namespace fakemx::engine
