// Cutting replies into pieces and letting them go one by one.
#include "engine/pacer.h"

#include <algorithm>

#include "core/limits.h"
#include "engine/transport.h"

namespace fakemx::engine {

void Pacer::plan(Instant now, std::string_view octets, const smtp::Pacing& pacing) {
    if (pacing.late) return plan_late(later(now, pacing.after), octets);
    Instant due = later(empty() ? now : std::max(now, pieces_.back().due), pacing.after);
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
        pieces_.push_back({due, std::string{rest.substr(0, size)}, first});
        rest.remove_prefix(size);
        due = later(due, pacing.every);
        first = false;
    }
    // Nothing to say, only a wait before what comes next.
    if (first) pieces_.push_back({due, {}, true});
}

void Pacer::plan_late(Instant due, std::string_view octets) {
    if (!late_) late_ = std::make_unique<std::vector<Late>>();
    const auto place =
        std::upper_bound(late_->begin(), late_->end(), due,
                         [](Instant at, const Late& other) { return at < other.due; });
    late_->insert(place, {due, std::string{octets}});
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
    while (given < late_->size() && (*late_)[given].due <= now)
        transport.send((*late_)[given++].octets);
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
