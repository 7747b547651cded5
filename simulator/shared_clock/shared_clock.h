// The virtual clock that fakemx shares with the processes of a sender: a file of memory that holds the time, and the
// deadlines which those processes publish in it. It must not know how it is found out that they all sleep: that is
// process_tree.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "shared_clock/page.h"

namespace fakemx::shared_clock {

/// A wait or a timer that a process has published, with the ids by which a signal reaches its owner from here.
struct Published {
    std::uint32_t slot;
    bool is_wait;
    pid_t process;
    pid_t thread;
    /// When the owner's process began, in ticks since boot: with the deadline and the ids, the order of waking.
    std::uint64_t process_start;
    std::int64_t deadline_ns;
};

/// Creates the page and owns the time in it. Not thread-safe: whoever runs the event loop calls it.
class SharedClock {
public:
    /// Makes the file (mode 0666, whoever the sender's processes become) and maps it. A file that is there already
    /// must not be: two runs do not share a clock. The text says what went wrong.
    static Result<std::unique_ptr<SharedClock>, std::string> create(const std::string& path,
                                                                    Instant epoch);
    /// Removes the file. Processes that still have it mapped stand still for good.
    ~SharedClock();
    SharedClock(const SharedClock&) = delete;
    SharedClock& operator=(const SharedClock&) = delete;

    Instant now() const;

    /// The earliest of all published waits and timers, as the last quiet look of the ProcessTree found them; never
    /// before now(). now() itself means that somebody is still to be woken.
    std::optional<Instant> earliest_deadline() const;

    /// Sets the time, and wakes nobody. To be called only right after a quiet look. Time never goes back: an earlier
    /// instant than now() is now().
    void move_to(Instant instant);

    /// Wakes the first of those that are due: one at a time, so that processes with the same deadline run one after the
    /// other, in the order in which they were started. To be called only right after a quiet look.
    void wake_first();

    const std::string& path() const { return path_; }

    /// For the ProcessTree.
    fakemx_page& page() { return *page_; }
    const fakemx_page& page() const { return *page_; }
    /// Device and inode of the file, by which a mapping of it is known in /proc/PID/maps.
    dev_t device() const { return device_; }
    ino_t inode() const { return inode_; }
    void set_published(std::vector<Published> published);
    const std::vector<Published>& published() const { return published_; }

private:
    SharedClock(std::string path, fakemx_page* page, dev_t device, ino_t inode);

    std::string path_;
    fakemx_page* page_;
    dev_t device_;
    ino_t inode_;
    std::vector<Published> published_;
};

}  // namespace fakemx::shared_clock
