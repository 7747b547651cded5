// How much memory a piece of code takes at most: operator new and delete of this test program count.
#pragma once

#include <cstddef>

namespace fakemx::test {

class HeapPeak {
public:
    /// Counts from here on.
    HeapPeak();

    /// Octets in use at once since then, at most, beyond those in use then.
    std::size_t octets() const;

private:
    std::size_t before_;
};

}  // namespace fakemx::test
