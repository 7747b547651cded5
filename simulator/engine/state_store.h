// The one home of everything a profile remembers (`mx.state`). Named stores of keyed entries: each
// entry is a counter, a value, a set, a window of hits or a mark, with an optional time to live. It must not
// know Lua, and it is given the time.
//
// Keys are visited in order, so that whatever prints or copies the state does it the same way twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "core/result.h"
#include "core/time.h"
#include "engine/state_entry.h"

namespace fakemx::engine {

/// What went wrong, in a sentence that can stand behind "state 'hits': ".
struct StateError {
    std::string reason;
};

class StateStore {
public:
    StateStore() = default;
    StateStore(StateStore&&) = default;
    StateStore& operator=(StateStore&&) = default;

    // Every operation names a store and a key. Using one key in two ways (a counter as a set, say)
    // is an error that says how the key was used before. An entry whose time to live is over is gone.

    /// Counter: adds `amount`, gives the new count. `ttl` counts from the first addition; a later one
    /// does not lengthen it.
    Result<std::int64_t, StateError> add(std::string_view store, std::string_view key,
                                         std::int64_t amount, std::optional<Duration> ttl,
                                         Instant now);

    /// Value or counter, nothing when there is none.
    Result<std::optional<StateValue>, StateError> get(std::string_view store, std::string_view key,
                                                      Instant now);

    /// Value: sets it. `ttl` counts from now.
    Result<void, StateError> set(std::string_view store, std::string_view key, StateValue value,
                                 std::optional<Duration> ttl, Instant now);

    /// Window: records a hit and gives the hits in the last `window`, this one included. A hit is in
    /// the window while it is less than `window` old.
    Result<std::int64_t, StateError> hit(std::string_view store, std::string_view key,
                                         Duration window, Instant now);

    /// Window: the hits in the last `window`; records nothing.
    Result<std::int64_t, StateError> hits(std::string_view store, std::string_view key,
                                          Duration window, Instant now);

    /// Set: puts `member` in, gives the size. `ttl` counts from the first member of the set.
    Result<std::int64_t, StateError> include(std::string_view store, std::string_view key,
                                             std::string_view member, std::optional<Duration> ttl,
                                             Instant now);
    Result<bool, StateError> includes(std::string_view store, std::string_view key,
                                      std::string_view member, Instant now);
    Result<std::int64_t, StateError> size(std::string_view store, std::string_view key,
                                          Instant now);

    /// Mark: remembers now, unless the key is marked already. True when this was the first time.
    /// `ttl` counts from the first time.
    Result<bool, StateError> mark(std::string_view store, std::string_view key,
                                  std::optional<Duration> ttl, Instant now);

    /// Mark: true when the key was marked at least `least` ago.
    Result<bool, StateError> marked_for(std::string_view store, std::string_view key,
                                        Duration least, Instant now);

    /// Forgets a key, whatever it holds, or all keys of a store.
    void forget(std::string_view store, std::string_view key);
    void forget(std::string_view store);

    /// How often (rule, key) was decided by chance before; counts this time. The last
    /// limits::decisions_kept pairs are remembered.
    std::uint64_t next_decision(std::string_view rule, std::string_view key);

    /// Everything that is remembered at this instant.
    StateSnapshot snapshot(Instant now) const;

    /// Puts these entries in, whatever their keys held. One that does not fit is an error, and nothing is changed.
    Result<void, StateError> put(std::vector<StateEntry> entries);

    /// Forgets everything, and remembers this. Likewise.
    Result<void, StateError> restore(StateSnapshot snapshot);

    /// Forgets everything.
    void reset();

    /// Entries in all stores, those out of date but not yet dropped too.
    std::size_t entries() const { return entries_; }

private:
    struct Window {
        std::deque<Instant> hits;  // oldest first
        Duration longest{};        // hits older than this are of no use to anybody
    };
    using Members = std::map<std::string, std::monostate, std::less<>>;
    using Content = std::variant<std::int64_t, StateValue, Members, Window, Instant>;
    struct Entry {
        Content content;
        std::optional<Instant> expires;
    };
    using Store = std::map<std::string, Entry, std::less<>>;

    Entry* find(std::string_view store, std::string_view key, Instant now);
    Result<Entry*, StateError> find_or_make(std::string_view store, std::string_view key,
                                            Content fresh, std::optional<Duration> ttl,
                                            Instant now);
    void drop_expired(Instant now);

    std::map<std::string, Store, std::less<>> stores_;
    struct DecisionCount {
        std::string address;
        std::uint64_t earlier = 0;
    };
    std::list<DecisionCount> decisions_;  // asked longest ago first
    std::unordered_map<std::string_view, std::list<DecisionCount>::iterator> decision_by_address_;
    std::size_t entries_ = 0;
    std::size_t sweep_at_ = 1024;  // entries at which expired ones are looked for next
    Instant swept_at_ = Instant::min();
};

}  // namespace fakemx::engine
