// The allocator behind a Lua state: counts what the state holds and refuses what goes over a bound.
// It refuses only while a profile's code runs, so that the simulator's own calls into Lua, which have
// no error to recover from, never fail. It must not know what Lua keeps in its blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace fakemx::script {

class Memory {
public:
    enum class Refusal : std::uint8_t { none, profile, question, string, work };

    struct Limits {
        std::size_t total_octets_max;
        std::size_t growth_octets_max;
        std::size_t string_octets_max;
    };

    explicit Memory(const Limits& limits) : limits_(limits) {}

    /// A lua_Alloc; `self` is the Memory.
    static void* allocate(void* self, void* block, std::size_t old_octets, std::size_t new_octets);

    std::size_t used_octets() const { return used_; }

    /// From here on requests over the limits are refused; growth counts from what is used now.
    void begin_enforcing();
    void end_enforcing() { enforcing_ = false; }

    /// Why the latest request that Lua could not do without was refused since enforcing began.
    Refusal refusal() const { return refusal_; }

    /// Called at each refusal, inside the allocation: it must not allocate from the same state.
    std::function<void()> on_refusal;
    /// Called with the size of each long string that is about to be made: making it is work that no
    /// instruction count sees. False refuses it.
    std::function<bool(std::size_t octets)> on_long_string;
    /// For tests: this request and every one after it is refused, counting from when enforcing began.
    /// 0: none.
    std::uint64_t fail_from = 0;

private:
    struct Request {
        void* block = nullptr;
        std::size_t old_octets = 0;
        std::size_t new_octets = 0;
        bool operator==(const Request&) const = default;
    };

    void* resize(const Request& request);
    Refusal judge(const Request& request);

    Limits limits_;
    std::size_t used_ = 0;
    std::size_t base_ = 0;
    std::uint64_t requests_ = 0;
    bool enforcing_ = false;
    Refusal refusal_ = Refusal::none;
    Request refused_;
};

}  // namespace fakemx::script
