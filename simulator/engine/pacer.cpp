// Cutting replies into pieces and letting them go one by one.
#include "engine/pacer.h"

#include <algorithm>

#include "core/limits.h"
#include "engine/transport.h"

namespace fakemx::engine {

void Pacer::plan(Instant now, std::string_view octets, const smtp::Pacing& pacing) {
    Instant due = later(std::max(now, empty() ? now : pieces_.back().due), pacing.after);
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

bool Pacer::release(Instant now, Transport& transport) {
    const std::size_t before = next_;
    while (!empty() && pieces_[next_].due <= now) give(pieces_[next_++], transport);
    const bool any = next_ != before;
    if (empty()) clear();
    return any;
}

bool Pacer::cut_short(Transport& transport) {
    while (!empty() && !pieces_[next_].first) give(pieces_[next_++], transport);
    const bool all_given = empty();
    clear();
    return all_given;
}

void Pacer::give(Piece& piece, Transport& transport) {
    if (!piece.octets.empty()) transport.send(piece.octets);
}

std::optional<Instant> Pacer::deadline() const {
    if (empty()) return std::nullopt;
    return pieces_[next_].due;
}

}  // namespace fakemx::engine
