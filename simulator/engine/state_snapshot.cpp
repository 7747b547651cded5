// Between what the store keeps and what outsiders see of it.
#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/overloaded.h"
#include "engine/state_store.h"

namespace fakemx::engine {

namespace {

/// What is wrong with an entry, if anything is.
std::optional<std::string> misfit(const StateEntry& entry) {
    const auto fits = [](std::string_view text) {
        return text.size() <= limits::state_text_octets_max;
    };
    const auto* members = std::get_if<StateMembers>(&entry.content);
    const auto* window = std::get_if<StateWindow>(&entry.content);
    const auto* value = std::get_if<StateValue>(&entry.content);
    const auto* text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
    const bool all_fit =
        fits(entry.store) && fits(entry.key) && (text == nullptr || fits(*text)) &&
        (members == nullptr || std::all_of(members->begin(), members->end(), fits));
    if (!all_fit) {
        return fmt::format("a name, key, value or member may have {} octets",
                           limits::state_text_octets_max);
    }
    const std::size_t many = members != nullptr  ? members->size()
                             : window != nullptr ? window->hits.size()
                                                 : 0;
    if (many > limits::state_members_max)
        return fmt::format("a key may hold {} members or hits", limits::state_members_max);
    if (window != nullptr && !std::is_sorted(window->hits.begin(), window->hits.end()))
        return "the hits of a window are not in their order";
    return std::nullopt;
}

}  // namespace

StateSnapshot StateStore::snapshot(Instant now) const {
    StateSnapshot snapshot;
    for (const auto& [store, entries] : stores_) {
        for (const auto& [key, entry] : entries) {
            if (entry.expires && *entry.expires <= now) continue;
            StateEntry shown{.store = store, .key = key, .content = {}, .expires = entry.expires};
            std::visit(Overloaded{
                           [&](std::int64_t count) { shown.content = StateCounter{count}; },
                           [&](const StateValue& value) { shown.content = value; },
                           [&](const Members& members) {
                               StateMembers names;
                               for (const auto& [member, nothing] : members) names.insert(member);
                               shown.content = std::move(names);
                           },
                           [&](const Window& window) {
                               shown.content = StateWindow{{window.hits.begin(), window.hits.end()},
                                                           window.longest};
                           },
                           [&](Instant since) { shown.content = StateMark{since}; },
                       },
                       entry.content);
            snapshot.entries.push_back(std::move(shown));
        }
    }
    for (const DecisionCount& decision : decisions_)
        snapshot.decisions.push_back({decision.address, decision.earlier + 1});
    return snapshot;
}

Result<void, StateError> StateStore::put(std::vector<StateEntry> entries) {
    for (const StateEntry& entry : entries) {
        if (const auto what = misfit(entry))
            return StateError{fmt::format("'{}', '{}': {}", entry.store, entry.key, *what)};
    }
    if (entries_ + entries.size() > limits::state_keys_max) {
        return StateError{
            fmt::format("a profile remembers at most {} keys", limits::state_keys_max)};
    }
    for (StateEntry& entry : entries) {
        forget(entry.store, entry.key);
        Entry& kept = stores_[std::move(entry.store)][std::move(entry.key)];
        kept.expires = entry.expires;
        std::visit(
            Overloaded{
                [&](StateCounter counter) { kept.content = counter.count; },
                [&](StateValue& value) { kept.content = std::move(value); },
                [&](const StateMembers& members) {
                    Members names;
                    for (const std::string& member : members)
                        names.emplace(member, std::monostate{});
                    kept.content = std::move(names);
                },
                [&](const StateWindow& window) {
                    kept.content = Window{{window.hits.begin(), window.hits.end()}, window.longest};
                },
                [&](StateMark mark) { kept.content = mark.since; },
            },
            entry.content);
        ++entries_;
    }
    return {};
}

Result<void, StateError> StateStore::restore(StateSnapshot snapshot) {
    if (snapshot.decisions.size() > limits::decisions_kept) {
        return StateError{
            fmt::format("chance is remembered for at most {} keys", limits::decisions_kept)};
    }
    StateStore restored;
    if (auto put = restored.put(std::move(snapshot.entries)); !put) return put.error();
    for (ChanceCount& decision : snapshot.decisions) {
        if (decision.asked == 0 || restored.decision_by_address_.contains(decision.address))
            return StateError{"a decision of chance that was never asked, or is there twice"};
        restored.decisions_.push_back({std::move(decision.address), decision.asked - 1});
        restored.decision_by_address_.emplace(restored.decisions_.back().address,
                                              std::prev(restored.decisions_.end()));
    }
    *this = std::move(restored);
    return {};
}

}  // namespace fakemx::engine
