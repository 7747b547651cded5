// Counting and refusing.
#include "script/memory.h"

#include <cstdlib>

#include "script/lua_api.h"

namespace fakemx::script {

namespace {

// Shorter strings cost no more than the instruction that makes them. They are also shared: whether
// one is made depends on what the collector has swept, and a budget must not depend on that.
constexpr std::size_t long_string_octets_min = 128;

}  // namespace

void* Memory::allocate(void* self, void* block, std::size_t old_octets, std::size_t new_octets) {
    auto& memory = *static_cast<Memory*>(self);
    if (new_octets == 0) {
        if (block != nullptr) memory.used_ -= old_octets;
        std::free(block);
        return nullptr;
    }
    return memory.resize({block, old_octets, new_octets});
}

void* Memory::resize(const Request& request) {
    // For a new block, `old_octets` is not a size but says what it is for.
    const std::size_t released = request.block == nullptr ? 0 : request.old_octets;
    if (enforcing_ && request.new_octets > released) {
        if (const Refusal refusal = judge(request); refusal != Refusal::none) {
            refusal_ = refusal;
            refused_ = request;
            if (on_refusal) on_refusal();
            return nullptr;
        }
    }
    void* const result = std::realloc(request.block, request.new_octets);
    if (result == nullptr) return nullptr;
    used_ = used_ - released + request.new_octets;
    // Lua collects its garbage and asks once more before it gives up.
    if (refusal_ != Refusal::none && request == refused_) refusal_ = Refusal::none;
    return result;
}

Memory::Refusal Memory::judge(const Request& request) {
    const bool fresh = request.block == nullptr;
    const std::size_t after = used_ - (fresh ? 0 : request.old_octets) + request.new_octets;
    if (fail_from != 0 && ++requests_ >= fail_from) return Refusal::profile;
    if (fresh && request.old_octets == LUA_TSTRING &&
        request.new_octets >= long_string_octets_min) {
        if (request.new_octets > limits_.string_octets_max) return Refusal::string;
        if (on_long_string && !on_long_string(request.new_octets)) return Refusal::work;
    }
    if (after > limits_.total_octets_max) return Refusal::profile;
    if (after > base_ && after - base_ > limits_.growth_octets_max) return Refusal::question;
    return Refusal::none;
}

void Memory::begin_enforcing() {
    enforcing_ = true;
    base_ = used_;
    requests_ = 0;
    refusal_ = Refusal::none;
}

}  // namespace fakemx::script
