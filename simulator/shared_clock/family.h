// The records that are kept of the processes of a tree from look to look, with their files of /proc open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "shared_clock/proc.h"
#include "shared_clock/sockets.h"

namespace fakemx::shared_clock {

struct Thread {
    Thread(pid_t process, pid_t id);

    pid_t id;
    pid_t inner_id;
    ProcFile run_count;
    ProcFile stat;
    ProcFile call;
    ProcFile children;
    /// Known to have slept, in `state`, ever since it was given a processor for the `runs`-th time.
    bool settled = false;
    std::uint64_t runs = 0;
    char state = '?';
    SleepingCall sleep;
    std::vector<pid_t> offspring;
};

struct Process {
    explicit Process(pid_t id);

    /// Changes with the number of threads there are.
    std::uint64_t thread_count() const;
    /// Its ids anew, keeping the records of threads that are known.
    void list_threads();
    bool is_zombie() const;

    pid_t id;
    pid_t inner_id;
    std::uint64_t pid_namespace;
    std::string name;
    std::uint64_t start_time = 0;
    std::uint64_t image = 0;
    /// The program it runs was found to be on the page.
    bool is_on_page = false;
    bool is_seen = false;
    /// A file of it could not be read: the next survey begins with it anew.
    bool is_gone = false;
    std::uint64_t listed_count = 0;
    std::vector<std::unique_ptr<Thread>> threads;
    ProcessSockets sockets;

private:
    Descriptor task_folder_;
};

/// All of them, parents before their children.
class Family {
public:
    enum class Finding { asleep, busy };

    /// Whether the thread that the last survey found running still does: mostly so, and soon known.
    bool is_still_running() const;

    /// Finds all processes of the tree, and whether each thread sleeps. Fills `members()` as far as it got.
    Finding survey();
    /// Whether the tree still consists of the same processes and threads, children before their parents.
    Finding recount();
    /// Whether none has run since the survey, nor is about to.
    Finding confirm();

    const std::vector<Process*>& members() const { return members_; }
    const std::string& reason() const { return reason_; }
    Finding busy(const Process& process, const std::string& what);
    void set_reason(std::string reason) { reason_ = std::move(reason); }

private:
    Finding survey_process(pid_t id);
    Finding survey_thread(Process& process, Thread& thread);
    Finding read_state(Process& process, Thread& thread, std::uint64_t runs);
    /// The children of this process, by any of its threads.
    std::vector<pid_t> own_children();

    std::map<pid_t, std::unique_ptr<Process>> known_;
    std::map<pid_t, ProcFile> own_threads_;
    std::vector<Process*> members_;
    std::vector<pid_t> own_children_;
    std::vector<pid_t> ids_;
    std::string reason_;
    /// Whom the last survey found running.
    pid_t runner_ = 0;
    pid_t running_thread_ = 0;
};

}  // namespace fakemx::shared_clock
