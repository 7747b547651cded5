// Cutting replies into pieces and letting them go one by one.
#include "engine/pacer.h"

#include <algorithm>

#include "core/limits.h"
#include "engine/transport.h"

namespace fakemx::engine {

void Pacer::add(std::vector<Piece>& pieces, Piece piece) {
    const auto place =
        std::upper_bound(pieces.begin(), pieces.end(), piece.due,
                         [](Instant due, const Piece& other) { return due < other.due; });
    pieces.insert(place, std::move(piece));
}

void Pacer::plan(Instant now, std::string_view octets, const smtp::Pacing& pacing) {
    const bool waits = !pacing.late && !empty();
    Instant due = later(std::max(now, waits ? pieces_.back().due : now), pacing.after);
    if (pacing.late && !late_) late_ = std::make_unique<std::vector<Piece>>();
    std::vector<Piece>& pieces = pacing.late ? *late_ : pieces_;
    std::string_view rest = octets;
    bool first = true;
    for (std::size_t i = 0; !rest.empty() && i < limits::reply_pieces_max; ++i) {
        std::size_t size = rest.size();
        if (i < pacing.pieces.size()) {
            size = pacing.pieces[i];
        } else if (pacing.repeat_last_piece && !pacing.pieces.empty()) {
            size = pacing.pieces.back();
        }
        if (i + 1 == limits::reply_pieces_max) size = rest.size();
        size = std::clamp<std::size_t>(size, 1, rest.size());
        add(pieces, {due, std::string{rest.substr(0, size)}, first});
        rest.remove_prefix(size);
        due = later(due, pacing.every);
        first = false;
    }
    // Nothing to say, only a wait before what comes next.
    if (first) add(pieces, {due, {}, true});
}

bool Pacer::release(Instant now, Transport& transport) {
    bool any = release_late(now, transport);
    while (!empty() && pieces_[next_].due <= now) {
        give(pieces_[next_++], transport);
        any = true;
        // Between two replies there is room for a late one.
        if (empty() || pieces_[next_].first) release_late(now, transport);
    }
    if (empty()) clear();
    return any;
}

/// Not in the middle of another reply.
bool Pacer::release_late(Instant now, Transport& transport) {
    if (!late_ || (!empty() && !pieces_[next_].first)) return false;
    std::size_t given = 0;
    while (given < late_->size() && (*late_)[given].due <= now) give((*late_)[given++], transport);
    late_->erase(late_->begin(), late_->begin() + static_cast<std::ptrdiff_t>(given));
    if (late_->empty()) late_.reset();
    return given != 0;
}

bool Pacer::cut_short(Transport& transport) {
    while (!empty() && !pieces_[next_].first) give(pieces_[next_++], transport);
    const bool all_given = empty();
    clear();
    late_.reset();
    return all_given;
}

void Pacer::give(Piece& piece, Transport& transport) {
    if (!piece.octets.empty()) transport.send(piece.octets);
}

std::optional<Instant> Pacer::deadline() const {
    std::optional<Instant> earliest;
    if (!empty()) earliest = pieces_[next_].due;
    const bool in_reply = !empty() && !pieces_[next_].first;
    if (late_ && !in_reply && (!earliest || late_->front().due < *earliest)) {
        earliest = late_->front().due;
    }
    return earliest;
}

}  // namespace fakemx::engine
