// Takes a fuzz input apart: numbers and octets from its front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace fakemx::fuzz {

/// Stops the fuzzer at a finding.
inline void must(bool condition) {
    if (!condition) std::abort();
}

class Reader {
public:
    Reader(const std::uint8_t* octets, std::size_t size)
        : rest_(reinterpret_cast<const char*>(octets), size) {}

    bool empty() const { return rest_.empty(); }

    /// In [0, bound); 0 when the input is used up.
    std::size_t below(std::size_t bound) {
        return octets(1).empty() ? 0 : static_cast<unsigned char>(last_.front()) % bound;
    }
    std::string_view octets(std::size_t count) {
        last_ = rest_.substr(0, count);
        rest_.remove_prefix(last_.size());
        return last_;
    }
    std::string_view rest() { return octets(rest_.size()); }

private:
    std::string_view rest_;
    std::string_view last_;
};

}  // namespace fakemx::fuzz
