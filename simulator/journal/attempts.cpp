// Deliveries live in two lists: those under way, and the rest in the order in which they were last
// touched, which is the order in which they are forgotten. Everything is found by iterators into these
// lists; no operation looks at more than a few deliveries.
#include "journal/attempts.h"

#include <iterator>

#include "core/assert.h"
#include "core/digest.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::journal {

namespace {

void append_address_key(std::string& out, const smtp::Path& path) {
    out += path.local_part;
    out += '@';
    for (const char c : path.domain) out += ascii_lower(c);
}

std::string envelope_key(const smtp::Envelope& envelope, const smtp::Path& recipient) {
    // A line end cannot occur in a path.
    std::string key;
    append_address_key(key, envelope.reverse_path);
    key += '\n';
    append_address_key(key, recipient);
    if (envelope.declared_octets) key += '\n' + std::to_string(*envelope.declared_octets);
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

std::optional<Outcome> outcome_named(std::string_view text) {
    for (const Outcome outcome : {Outcome::pending, Outcome::accepted, Outcome::deferred,
                                  Outcome::rejected, Outcome::lost}) {
        if (name(outcome) == text) return outcome;
    }
    return std::nullopt;
}

std::optional<smtp::Hook> stage_named(std::string_view text) {
    for (std::size_t i = 0; i < smtp::hook_names.size(); ++i) {
        const auto stage = static_cast<smtp::Hook>(i);
        if (stage_name(stage) == text) return stage;
    }
    return std::nullopt;
}

std::string address_key(const smtp::Path& path) {
    std::string key;
    append_address_key(key, path);
    return key;
}

AttemptBook::AttemptBook(std::size_t deliveries_max) : deliveries_max_(deliveries_max) {
    FAKEMX_ASSERT(deliveries_max > 0);
}

AttemptBook::Deliveries::iterator AttemptBook::add(std::string envelope) {
    // What is under way cannot be forgotten; the number of sessions bounds it.
    if (by_id_.size() >= deliveries_max_ && !resting_.empty()) forget(resting_.begin());
    resting_.push_back(
        {.id = DeliveryId{++last_id_}, .envelope = std::move(envelope), .identity = {}});
    const auto added = std::prev(resting_.end());
    by_id_.emplace(last_id_, added);
    return added;
}

AttemptBook::Try AttemptBook::start(Deliveries::iterator delivery) {
    if (delivery->under_way++ == 0) {
        tried_.splice(tried_.end(), resting_, delivery);
        if (const auto open = open_.find(delivery->envelope); open != open_.end()) {
            open->second.erase(delivery->turn);
            if (open->second.empty()) open_.erase(open);
        }
    }
    return {delivery->id, delivery->tries + delivery->under_way};
}

void AttemptBook::stop(Deliveries::iterator delivery) {
    FAKEMX_ASSERT(delivery->under_way != 0);
    if (--delivery->under_way != 0) return;
    resting_.splice(resting_.end(), tried_, delivery);
    if (delivery->tries == 0) {
        forget(delivery);  // a guess that came to nothing
    } else if (!delivery->settled) {
        open_[delivery->envelope].emplace(delivery->turn, delivery);
    }
}

void AttemptBook::forget(Deliveries::iterator delivery) {
    if (const auto open = open_.find(delivery->envelope); open != open_.end()) {
        open->second.erase(delivery->turn);
        if (open->second.empty()) open_.erase(open);
    }
    if (!delivery->identity.empty()) identified_.erase(delivery->identity);
    by_id_.erase(journal::number(delivery->id));
    resting_.erase(delivery);
}

AttemptBook::Try AttemptBook::begin(const smtp::Envelope& envelope, const smtp::Path& recipient) {
    std::string key = envelope_key(envelope, recipient);
    const auto open = open_.find(key);
    return start(open != open_.end() ? open->second.begin()->second : add(std::move(key)));
}

AttemptBook::Try AttemptBook::identify(const Try& guess, std::string_view identity,
                                       const smtp::Path& recipient) {
    std::string key{identity};
    key += '\n';
    append_address_key(key, recipient);
    const auto guessed = by_id_.at(journal::number(guess.delivery));
    const auto known = identified_.find(key);
    if (known != identified_.end() && known->second == guessed) return guess;
    if (known == identified_.end() && guessed->identity.empty()) {
        guessed->identity = key;
        identified_.emplace(std::move(key), guessed);
        return guess;
    }
    // The guess was wrong: another message with the same envelope. The right one is taken first, so
    // that making room for it cannot forget it.
    const auto right = known != identified_.end() ? known->second : add(guessed->envelope);
    const Try tried = start(right);
    if (known == identified_.end()) {
        right->identity = key;
        identified_.emplace(std::move(key), right);
    }
    stop(guessed);
    return tried;
}

void AttemptBook::finish(const Try& tried, Outcome outcome) {
    const auto delivery = by_id_.at(journal::number(tried.delivery));
    ++delivery->tries;
    delivery->turn = ++last_turn_;
    delivery->settled =
        delivery->settled || outcome == Outcome::accepted || outcome == Outcome::rejected;
    stop(delivery);
}

std::string identity_of(const std::optional<std::string>& message_id,
                        const std::vector<std::string_view>& stable_fields, std::string_view body,
                        std::string_view rest_fingerprint) {
    if (message_id && message_id->size() <= limits::identity_octets_max) return *message_id;
    Digest digest;
    if (message_id) {
        digest.update(*message_id);
        return "id:" + digest.finish();
    }
    for (const std::string_view field : stable_fields) {
        digest.update(field);
        digest.update("\n");
    }
    digest.update(body);
    digest.update(rest_fingerprint);
    return "body:" + digest.finish();
}

}  // namespace fakemx::journal
