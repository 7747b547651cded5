// Entries expire when they are looked at; what nobody looks at any more goes in a sweep whenever the
// number of entries has doubled, so that the cost per operation stays constant on average. At the bound
// it cannot double, so there a sweep is due once a minute.
#include "engine/state_store.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/limits.h"

namespace fakemx::engine {

namespace {

constexpr std::array<std::string_view, 5> kinds{"a counter", "a value", "a set", "a window",
                                                "a mark"};

StateError used_as(std::size_t kind) {
    return {fmt::format("this key already holds {}", kinds.at(kind))};
}

bool fits(std::string_view text) {
    return text.size() <= limits::state_text_octets_max;
}

StateError too_long() {
    return {fmt::format("a key or value may have {} octets", limits::state_text_octets_max)};
}

constexpr Duration full_sweep_every = 1min;

/// Drops hits that no window asked for so far can count.
template <class Hits>
void trim_hits(Hits& hits, Duration longest, Instant now) {
    while (!hits.empty() && now - hits.front() >= longest) hits.pop_front();
}

template <class Hits>
std::int64_t count_within(const Hits& hits, Duration window, Instant now) {
    const auto first = std::partition_point(hits.begin(), hits.end(),
                                            [&](Instant hit) { return now - hit >= window; });
    return static_cast<std::int64_t>(hits.end() - first);
}

}  // namespace

StateStore::Entry* StateStore::find(std::string_view store, std::string_view key, Instant now) {
    const auto named = stores_.find(store);
    if (named == stores_.end()) return nullptr;
    const auto found = named->second.find(key);
    if (found == named->second.end()) return nullptr;
    if (found->second.expires && *found->second.expires <= now) {
        forget(store, key);
        return nullptr;
    }
    return &found->second;
}

Result<StateStore::Entry*, StateError> StateStore::find_or_make(std::string_view store,
                                                                std::string_view key, Content fresh,
                                                                std::optional<Duration> ttl,
                                                                Instant now) {
    if (!fits(store) || !fits(key)) return too_long();
    if (Entry* entry = find(store, key, now)) {
        if (entry->content.index() != fresh.index()) return used_as(entry->content.index());
        return entry;
    }
    const bool full = entries_ >= limits::state_keys_max;
    if (entries_ >= sweep_at_ || (full && now >= later(swept_at_, full_sweep_every))) {
        drop_expired(now);
    }
    if (entries_ >= limits::state_keys_max) {
        return StateError{fmt::format("the profile already remembers {} keys", entries_)};
    }
    Entry& entry = stores_[std::string{store}][std::string{key}];
    entry.content = std::move(fresh);
    if (ttl) entry.expires = later(now, *ttl);
    ++entries_;
    return &entry;
}

void StateStore::drop_expired(Instant now) {
    for (auto named = stores_.begin(); named != stores_.end();) {
        Store& store = named->second;
        for (auto item = store.begin(); item != store.end();) {
            Entry& entry = item->second;
            bool gone = entry.expires && *entry.expires <= now;
            if (auto* window = std::get_if<Window>(&entry.content)) {
                trim_hits(window->hits, window->longest, now);
                gone = gone || window->hits.empty();
            }
            item = gone ? store.erase(item) : std::next(item);
            if (gone) --entries_;
        }
        named = store.empty() ? stores_.erase(named) : std::next(named);
    }
    swept_at_ = now;
    sweep_at_ = std::max<std::size_t>(1024, 2 * entries_);
}

Result<std::int64_t, StateError> StateStore::add(std::string_view store, std::string_view key,
                                                 std::int64_t amount, std::optional<Duration> ttl,
                                                 Instant now) {
    auto entry = find_or_make(store, key, std::int64_t{0}, ttl, now);
    if (!entry) return entry.error();
    auto& count = std::get<std::int64_t>((*entry)->content);
    std::int64_t sum = 0;
    if (__builtin_add_overflow(count, amount, &sum))
        return StateError{"the counter would overflow"};
    return count = sum;
}

Result<std::optional<StateValue>, StateError> StateStore::get(std::string_view store,
                                                              std::string_view key, Instant now) {
    using Found = std::optional<StateValue>;
    const Entry* entry = find(store, key, now);
    if (entry == nullptr) return Found{};
    if (const auto* value = std::get_if<StateValue>(&entry->content)) return Found{*value};
    if (const auto* count = std::get_if<std::int64_t>(&entry->content)) return Found{*count};
    return used_as(entry->content.index());
}

Result<void, StateError> StateStore::set(std::string_view store, std::string_view key,
                                         StateValue value, std::optional<Duration> ttl,
                                         Instant now) {
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !fits(*text)) {
        return too_long();
    }
    auto entry = find_or_make(store, key, StateValue{}, ttl, now);
    if (!entry) return entry.error();
    std::get<StateValue>((*entry)->content) = std::move(value);
    (*entry)->expires = ttl ? std::optional{later(now, *ttl)} : std::nullopt;
    return {};
}

Result<std::int64_t, StateError> StateStore::hit(std::string_view store, std::string_view key,
                                                 Duration window, Instant now) {
    auto entry = find_or_make(store, key, Window{}, std::nullopt, now);
    if (!entry) return entry.error();
    auto& kept = std::get<Window>((*entry)->content);
    kept.longest = std::max(kept.longest, window);
    trim_hits(kept.hits, kept.longest, now);
    if (kept.hits.size() >= limits::state_members_max) {
        return StateError{fmt::format("more than {} hits in one window", kept.hits.size())};
    }
    kept.hits.push_back(now);
    return count_within(kept.hits, window, now);
}

Result<std::int64_t, StateError> StateStore::hits(std::string_view store, std::string_view key,
                                                  Duration window, Instant now) {
    Entry* entry = find(store, key, now);
    if (entry == nullptr) return std::int64_t{0};
    auto* kept = std::get_if<Window>(&entry->content);
    if (kept == nullptr) return used_as(entry->content.index());
    kept->longest = std::max(kept->longest, window);
    return count_within(kept->hits, window, now);
}

Result<std::int64_t, StateError> StateStore::include(std::string_view store, std::string_view key,
                                                     std::string_view member,
                                                     std::optional<Duration> ttl, Instant now) {
    if (!fits(member)) return too_long();
    auto entry = find_or_make(store, key, Members{}, ttl, now);
    if (!entry) return entry.error();
    auto& members = std::get<Members>((*entry)->content);
    if (members.size() >= limits::state_members_max && members.find(member) == members.end()) {
        return StateError{fmt::format("more than {} members in one set", members.size())};
    }
    members.emplace(std::string{member}, std::monostate{});
    return static_cast<std::int64_t>(members.size());
}

Result<bool, StateError> StateStore::includes(std::string_view store, std::string_view key,
                                              std::string_view member, Instant now) {
    const Entry* entry = find(store, key, now);
    if (entry == nullptr) return false;
    const auto* members = std::get_if<Members>(&entry->content);
    if (members == nullptr) return used_as(entry->content.index());
    return members->find(member) != members->end();
}

Result<std::int64_t, StateError> StateStore::size(std::string_view store, std::string_view key,
                                                  Instant now) {
    const Entry* entry = find(store, key, now);
    if (entry == nullptr) return std::int64_t{0};
    const auto* members = std::get_if<Members>(&entry->content);
    if (members == nullptr) return used_as(entry->content.index());
    return static_cast<std::int64_t>(members->size());
}

Result<bool, StateError> StateStore::mark(std::string_view store, std::string_view key,
                                          std::optional<Duration> ttl, Instant now) {
    const bool first = find(store, key, now) == nullptr;
    auto entry = find_or_make(store, key, now, ttl, now);
    if (!entry) return entry.error();
    return first;
}

Result<bool, StateError> StateStore::marked_for(std::string_view store, std::string_view key,
                                                Duration least, Instant now) {
    const Entry* entry = find(store, key, now);
    if (entry == nullptr) return false;
    const auto* since = std::get_if<Instant>(&entry->content);
    if (since == nullptr) return used_as(entry->content.index());
    return now - *since >= least;
}

void StateStore::forget(std::string_view store, std::string_view key) {
    const auto named = stores_.find(store);
    if (named == stores_.end()) return;
    const auto found = named->second.find(key);
    if (found == named->second.end()) return;
    named->second.erase(found);
    if (named->second.empty()) stores_.erase(named);
    --entries_;
}

void StateStore::forget(std::string_view store) {
    const auto named = stores_.find(store);
    if (named == stores_.end()) return;
    entries_ -= named->second.size();
    stores_.erase(named);
}

std::uint64_t StateStore::next_decision(std::string_view rule, std::string_view key) {
    std::string address{rule};
    address += '\0';
    address += key;
    const auto found = decision_by_address_.find(address);
    if (found != decision_by_address_.end()) {
        decisions_.splice(decisions_.end(), decisions_, found->second);
        return ++found->second->earlier;
    }
    if (decisions_.size() >= limits::decisions_kept) {
        decision_by_address_.erase(decisions_.front().address);
        decisions_.pop_front();
    }
    decisions_.push_back({std::move(address), 0});
    decision_by_address_.emplace(decisions_.back().address, std::prev(decisions_.end()));
    return 0;
}

void StateStore::reset() {
    *this = {};
}

}  // namespace fakemx::engine
