// What is read of /proc about other processes.

#include "shared_clock/proc.h"

#include <algorithm>
#include <array>
#include <future>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "support/catch.h"

using namespace fakemx;

namespace {

/// Lives until the other end of the pipe is closed, and so does a child of its own, whose id it reports. Behind fork, in a process
/// of several threads.
[[noreturn]] void be_a_parent(int report, const std::array<int, 2>& life) {
    ::close(life[1]);
    const pid_t child = ::fork();
    char octet = 0;
    if (child > 0) [[maybe_unused]]
        const ssize_t told = ::write(report, &child, sizeof child);
    [[maybe_unused]] const ssize_t ended = ::read(life[0], &octet, 1);
    if (child > 0) ::waitpid(child, nullptr, 0);
    ::_exit(0);
}

}  // namespace

TEST_CASE("descendants are found whichever thread has started them", "[shared_clock]") {
    std::array<int, 2> life{}, report{};
    REQUIRE(::pipe(life.data()) == 0);
    REQUIRE(::pipe(report.data()) == 0);
    std::promise<pid_t> started;
    std::promise<void> looked;
    // Its children are its own for as long as it lives.
    std::thread starter{[&] {
        const pid_t child = ::fork();
        if (child == 0) be_a_parent(report[1], life);
        started.set_value(child);
        looked.get_future().wait();
    }};
    const pid_t child = started.get_future().get();
    pid_t grandchild = 0;
    CHECK(::read(report[0], &grandchild, sizeof grandchild) == sizeof grandchild);
    std::vector<pid_t> ids;
    shared_clock::add_descendants(::getpid(), ids);
    const auto one = std::find(ids.begin(), ids.end(), child);
    CHECK(one != ids.end());
    CHECK(std::find(one, ids.end(), grandchild) != ids.end());
    looked.set_value();
    starter.join();
    for (const int end : {life[1], life[0], report[0], report[1]}) ::close(end);
    CHECK(::waitpid(child, nullptr, 0) == child);
}
