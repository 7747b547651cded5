// A replacement of the global operators (the tests of this folder run in one thread). What C libraries take by malloc is not seen.
#include "tests/message/heap.h"

#include <algorithm>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::size_t in_use = 0;
std::size_t peak = 0;

void* take(std::size_t size) {
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc{};
    in_use += malloc_usable_size(memory);
    peak = std::max(peak, in_use);
    return memory;
}

void give_back(void* memory) {
    if (memory != nullptr) in_use -= malloc_usable_size(memory);
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    return take(size);
}
void* operator new[](std::size_t size) {
    return take(size);
}
// The sanitizers have their own of these, which do not go with our delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
    return take(size);
} catch (const std::bad_alloc&) {
    return nullptr;
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept try {
    return take(size);
} catch (const std::bad_alloc&) {
    return nullptr;
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    give_back(memory);
}
void operator delete(void* memory) noexcept {
    give_back(memory);
}
void operator delete[](void* memory) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    give_back(memory);
}

namespace fakemx::test {

HeapPeak::HeapPeak() : before_(in_use) {
    peak = in_use;
}

std::size_t HeapPeak::octets() const {
    return peak - before_;
}

}  // namespace fakemx::test
