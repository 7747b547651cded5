// One look at the tree: survey, recount, what is under way, confirmation, strangers, and then what is published.

#include "shared_clock/process_tree.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared_clock/family.h"
#include "shared_clock/foreign.h"

namespace fakemx::shared_clock {
namespace {

/// How long a wait of the C library's own, which goes by the kernel's clock, may hold up the virtual one. A resolver
/// that gets no answer takes 10 to 30 s.
constexpr std::chrono::seconds library_wait_max{60};

/// How many times in a row a process may be found asleep after it was woken.
constexpr int wakings_max = 1000;

Stranger stranger(const Process& process, StrangerKind kind, std::string_view first = {},
                  std::string_view second = {}) {
    return {process.id, process.name, kind, why(kind, first, second)};
}

/// The last part of a path, as maps shows it for whatever root the process has.
std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

struct ProcessTree::State {
    explicit State(SharedClock& of) : clock{of}, page_name{base_name(of.path())} {}

    SharedClock& clock;
    std::string page_name;
    Family family;
    PacketQueues packets;
    ProcessSockets own_sockets{::getpid()};
    std::optional<std::chrono::steady_clock::time_point> library_wait_since;
    std::pair<std::uint32_t, std::int64_t> last_due{};
    int wakings = 0;
};

// One look; what it has found so far.
class ProcessTree::Look {
public:
    explicit Look(State& state) : state_{state} {}

    Result<Activity, Stranger> run() {
        Family& family = state_.family;
        if (family.is_still_running()) return Activity::busy;
        state_.packets.begin();
        if (family.survey() == Family::Finding::busy) return Activity::busy;
        if (family.recount() == Family::Finding::busy) return Activity::busy;
        if (has_data_under_way()) return Activity::busy;
        if (family.confirm() == Family::Finding::busy) return Activity::busy;
        for (Process* process : family.members()) {
            if (auto found = find_stranger(*process)) return std::move(*found);
        }
        if (is_library_waiting_) return library_wait();
        state_.library_wait_since.reset();
        return publish();
    }

private:
    bool has_data_under_way() {
        for (Process* process : state_.family.members()) {
            if (process->is_zombie() || !process->sockets.has_data_under_way(arrivals())) continue;
            state_.family.busy(*process, "has data under way on a TCP connection");
            return true;
        }
        if (!state_.packets.have_moved()) return false;
        state_.family.set_reason("packets are under way");
        return true;
    }

    /// Mostly the receiver is this process.
    Arrivals arrivals() {
        return [this](const ConnectionEnds& sender) {
            auto received = state_.own_sockets.received_from(sender);
            if (!received) {
                state_.own_sockets.forget();
                received = state_.own_sockets.received_from(sender);
            }
            for (Process* process : state_.family.members()) {
                if (received) break;
                if (!process->is_zombie()) received = process->sockets.received_from(sender);
            }
            return received;
        };
    }

    std::optional<Stranger> find_stranger(Process& process) {
        if (process.is_zombie()) return std::nullopt;
        if (!process.is_on_page) {
            const auto kind = why_not_on_page(process.id, state_.clock.inode(), state_.page_name);
            if (kind) return stranger(process, *kind);
            process.is_on_page = true;
        }
        if (const auto peer = process.sockets.outside_peer()) {
            return stranger(process, StrangerKind::outside_peer, *peer);
        }
        for (const auto& thread : process.threads) {
            const char* call = thread->state == 'S' ? timed_call(thread->sleep) : nullptr;
            if (call == nullptr) continue;
            const std::string file = code_at(process.id, thread->sleep.program_counter);
            if (!is_c_library(file)) {
                return stranger(process, StrangerKind::own_timeout, call,
                                file.empty() ? "unknown code" : file);
            }
            is_library_waiting_ = true;
            library_waiter_ = stranger(process, StrangerKind::library_timeout, call);
        }
        return std::nullopt;
    }

    /// It ends by the kernel's clock while the virtual one stands still. Where nobody answers, that is slow, and right.
    Result<Activity, Stranger> library_wait() {
        const auto now = std::chrono::steady_clock::now();
        if (!state_.library_wait_since) state_.library_wait_since = now;
        if (now - *state_.library_wait_since > library_wait_max) return library_waiter_;
        return Activity::held;
    }

    Result<Activity, Stranger> publish() {
        if (state_.clock.page().overflows.load() > 0) {
            return Stranger{0, "", StrangerKind::no_slots, why(StrangerKind::no_slots)};
        }
        index();
        std::vector<Published> published;
        fakemx_page& page = state_.clock.page();
        const std::uint32_t used = std::min<std::uint32_t>(page.slots_used.load(), FAKEMX_SLOTS);
        for (std::uint32_t number = 0; number < used; ++number) {
            if (auto found = read(page.slots[number], number)) published.push_back(*found);
        }
        state_.clock.set_published(std::move(published));
        if (const auto asleep = overslept()) return *asleep;
        return Activity::quiet;
    }

    /// Inner ids are unique within a namespace only, and there may be several.
    void index() {
        for (Process* process : state_.family.members()) {
            for (const auto& thread : process->threads) {
                threads_.emplace(thread->inner_id, std::pair{process, thread.get()});
            }
        }
    }

    std::pair<Process*, Thread*> owner_of(const fakemx_slot& slot, std::uint64_t owner) const {
        const bool is_wait = slot.kind.load() == FAKEMX_WAIT;
        const auto process_id = static_cast<pid_t>(owner >> 32);
        const auto waiter_id = static_cast<pid_t>(owner & 0xffffffff);
        const bool has_target = slot.kind.load() == FAKEMX_TIMER && slot.target.load() != 0;
        const pid_t thread_id = is_wait ? waiter_id : has_target ? slot.target.load() : process_id;
        const std::uint32_t pid_namespace = slot.pid_namespace.load();
        const auto [begin, end] = threads_.equal_range(thread_id);
        for (auto one = begin; one != end; ++one) {
            const auto& [process, thread] = one->second;
            const bool is_same_namespace =
                pid_namespace == 0 ||
                static_cast<std::uint32_t>(process->pid_namespace) == pid_namespace;
            if (process->inner_id == process_id && is_same_namespace) return one->second;
        }
        return {nullptr, nullptr};
    }

    std::optional<Published> read(fakemx_slot& slot, std::uint32_t number) const {
        std::uint64_t owner = slot.owner.load();
        if (owner == 0) return std::nullopt;
        const auto [process, thread] = owner_of(slot, owner);
        if (process == nullptr || process->is_zombie()) {
            // Killed where it stood.
            slot.state.store(FAKEMX_CLAIMED);
            slot.owner.compare_exchange_strong(owner, 0);
            return std::nullopt;
        }
        const std::uint32_t state = slot.state.load();
        const std::int64_t deadline_ns = slot.deadline_ns.load();
        if (state == FAKEMX_CLAIMED || deadline_ns == FAKEMX_NO_DEADLINE) return std::nullopt;
        if (slot.kind.load() == FAKEMX_WAIT && !is_in_wait(*thread, slot)) return std::nullopt;
        const bool is_wait = slot.kind.load() == FAKEMX_WAIT;
        return Published{number,     is_wait, process->id, thread->id, process->start_time,
                         deadline_ns};
    }

    /// Asleep in the library's own code, and not stopped, nor elsewhere after a jump out of a signal handler.
    static bool is_in_wait(const Thread& thread, const fakemx_slot& slot) {
        const std::uint64_t offset = thread.sleep.program_counter - slot.code_begin.load();
        const std::uint32_t octets = slot.code_octets.load();
        return thread.state == 'S' && (octets == 0 || offset <= octets);
    }

    /// Who is woken and found asleep again and again does not take our signals.
    std::optional<Stranger> overslept() {
        const auto& published = state_.clock.published();
        if (published.empty()) return std::nullopt;
        const Published& first = published.front();
        const std::pair due{first.slot, first.deadline_ns};
        if (first.deadline_ns > state_.clock.page().now_ns.load() || due != state_.last_due) {
            state_.last_due = due;
            state_.wakings = 0;
            return std::nullopt;
        }
        if (++state_.wakings < wakings_max) return std::nullopt;
        for (const Process* process : state_.family.members()) {
            if (process->id == first.process) return stranger(*process, StrangerKind::never_wakes);
        }
        return std::nullopt;
    }

    State& state_;
    bool is_library_waiting_ = false;
    Stranger library_waiter_{};
    std::unordered_multimap<pid_t, std::pair<Process*, Thread*>> threads_;
};

ProcessTree::ProcessTree(SharedClock& clock) : state_{std::make_unique<State>(clock)} {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ProcessTree::~ProcessTree() = default;

Result<Activity, Stranger> ProcessTree::look() {
    return Look{*state_}.run();
}

std::string ProcessTree::last_reason() const {
    return state_->family.reason();
}

}  // namespace fakemx::shared_clock
