// The book keeps deliveries in the order of their last try, so that both the guess and what is
// forgotten first follow from one list.
#include "journal/attempts.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/digest.h"
#include "core/text.h"

namespace fakemx::journal {

namespace {

/// Local parts are compared as they are, domains without case (RFC 5321 §2.4).
std::string address_key(const smtp::Path& path) {
    return fmt::format("{}@{}", path.local_part, ascii_lower(path.domain));
}

std::string envelope_key(const smtp::Envelope& envelope, const smtp::Path& recipient) {
    // A line end cannot occur in a path.
    std::string key = fmt::format("{}\n{}", address_key(envelope.reverse_path), address_key(recipient));
    if (envelope.declared_octets) key += fmt::format("\n{}", *envelope.declared_octets);
    return key;
}

}  // namespace

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::pending: return "pending";
        case Outcome::accepted: return "accepted";
        case Outcome::deferred: return "deferred";
        case Outcome::rejected: return "rejected";
        case Outcome::lost: return "lost";
    }
    return {};
}

std::string_view stage_name(smtp::Hook stage) {
    return stage == smtp::Hook::message ? "end-of-data" : smtp::name(stage);
}

AttemptBook::AttemptBook(std::size_t deliveries_max) : deliveries_max_(deliveries_max) {
    FAKEMX_ASSERT(deliveries_max > 0);
}

AttemptBook::Delivery& AttemptBook::find(DeliveryId id) {
    const auto found = by_id_.find(journal::number(id));
    FAKEMX_ASSERT(found != by_id_.end());
    return *found->second;
}

AttemptBook::Delivery& AttemptBook::add(std::string envelope) {
    if (by_id_.size() >= deliveries_max_) forget_oldest();
    recency_.push_back(
        {.id = DeliveryId{++last_id_}, .envelope = std::move(envelope), .identity = {}});
    by_id_.emplace(last_id_, std::prev(recency_.end()));
    return recency_.back();
}

AttemptBook::Try AttemptBook::begin(const smtp::Envelope& envelope, const smtp::Path& recipient) {
    std::string key = envelope_key(envelope, recipient);
    Delivery* delivery = nullptr;
    if (const auto open = open_.find(key); open != open_.end()) {
        for (const DeliveryId id : open->second) {
            Delivery& candidate = find(id);
            if (!candidate.under_way) {
                delivery = &candidate;
                break;
            }
        }
    }
    if (delivery == nullptr) delivery = &add(std::move(key));
    delivery->under_way = true;
    return {delivery->id, delivery->tries + 1};
}

AttemptBook::Try AttemptBook::identify(const Try& guess, std::string_view identity,
                                       const smtp::Path& recipient) {
    const std::string key = fmt::format("{}\n{}", identity, address_key(recipient));
    Delivery& guessed = find(guess.delivery);
    const auto known = identified_.find(key);
    if (known != identified_.end() && known->second == guess.delivery) return guess;
    if (known == identified_.end() && guessed.identity.empty()) {
        guessed.identity = key;
        identified_.emplace(key, guess.delivery);
        return guess;
    }
    // The guess was wrong: another message with the same envelope.
    std::string envelope = guessed.envelope;
    guessed.under_way = false;
    if (guessed.tries == 0) {
        const auto place = by_id_.find(journal::number(guess.delivery));
        recency_.erase(place->second);
        by_id_.erase(place);
    }
    Delivery* delivery = nullptr;
    if (known != identified_.end()) {
        delivery = &find(known->second);
    } else {
        delivery = &add(std::move(envelope));
        delivery->identity = key;
        identified_.emplace(key, delivery->id);
    }
    delivery->under_way = true;
    return {delivery->id, delivery->tries + 1};
}

void AttemptBook::finish(const Try& tried, Outcome outcome) {
    const auto place = by_id_.find(journal::number(tried.delivery));
    // Two sessions may try an identified delivery at the same time, and it may be gone by the second.
    if (place == by_id_.end()) return;
    Delivery& delivery = *place->second;
    ++delivery.tries;
    delivery.under_way = false;
    recency_.splice(recency_.end(), recency_, place->second);
    close(delivery);
    delivery.settled = delivery.settled || outcome == Outcome::accepted || outcome == Outcome::rejected;
    if (!delivery.settled) open_[delivery.envelope].push_back(delivery.id);
}

void AttemptBook::close(Delivery& delivery) {
    const auto open = open_.find(delivery.envelope);
    if (open == open_.end()) return;
    std::erase(open->second, delivery.id);
    if (open->second.empty()) open_.erase(open);
}

void AttemptBook::forget_oldest() {
    const auto oldest = std::find_if(recency_.begin(), recency_.end(),
                                     [](const Delivery& delivery) { return !delivery.under_way; });
    if (oldest == recency_.end()) return;  // bounded by the sessions then
    close(*oldest);
    if (!oldest->identity.empty()) identified_.erase(oldest->identity);
    by_id_.erase(journal::number(oldest->id));
    recency_.erase(oldest);
}

void AttemptBook::reset() {
    *this = AttemptBook{deliveries_max_};
}

std::string identity_of(const std::optional<std::string>& message_id,
                        const std::vector<std::string_view>& stable_fields,
                        std::string_view body_fingerprint) {
    if (message_id) return *message_id;
    Digest digest;
    for (const std::string_view field : stable_fields) {
        digest.update(field);
        digest.update("\n");
    }
    digest.update(body_fingerprint);
    return "body:" + digest.finish();
}

}  // namespace fakemx::journal
