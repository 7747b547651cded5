// Surveys of the tree, as family.h describes them, by way of /proc.

#include "shared_clock/family.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

namespace fakemx::shared_clock {
namespace {

std::string task_path(pid_t process, pid_t thread, const char* name) {
    return "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) + "/" + name;
}

std::string process_path(pid_t process, const char* name) {
    return "/proc/" + std::to_string(process) + "/" + name;
}

/// As stat(2) gives it for a link of /proc/PID/ns.
std::uint64_t namespace_of(pid_t process) {
    struct stat status {};
    const std::string path = process_path(process, "ns/pid");
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Thread::Thread(pid_t process, pid_t id_)
    : id{id_},
      inner_id{parse_inner_id(read_whole(task_path(process, id_, "status"))).value_or(id_)},
      run_count{task_path(process, id_, "schedstat")},
      stat{task_path(process, id_, "stat")},
      call{task_path(process, id_, "syscall")},
      children{task_path(process, id_, "children")} {}

Process::Process(pid_t id_)
    : id{id_},
      inner_id{parse_inner_id(read_whole(process_path(id_, "status"))).value_or(id_)},
      pid_namespace{namespace_of(id_)},
      sockets{id_},
      task_folder_{::open(process_path(id_, "task").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {}

std::uint64_t Process::thread_count() const {
    // The folder's link count is two and the number of threads, which saves reading it.
    struct stat status {};
    return ::fstat(task_folder_.number(), &status) == 0 ? status.st_nlink : 0;
}

void Process::list_threads() {
    listed_count = thread_count();
    std::vector<pid_t> ids;
    list_ids(process_path(id, "task"), ids);
    std::vector<std::unique_ptr<Thread>> listed;
    for (const pid_t thread : ids) {
        const auto known = std::find_if(threads.begin(), threads.end(),
                                        [&](const auto& one) { return one && one->id == thread; });
        listed.push_back(known != threads.end() ? std::move(*known)
                                                : std::make_unique<Thread>(id, thread));
    }
    threads = std::move(listed);
}

bool Process::is_zombie() const {
    return std::all_of(threads.begin(), threads.end(),
                       [](const auto& thread) { return thread->state == 'Z'; });
}

Family::Finding Family::busy(const Process& process, const std::string& what) {
    reason_ = (process.name.empty() ? "process" : process.name) + " (" +
              std::to_string(process.id) + ") " + what;
    return Finding::busy;
}

std::vector<pid_t> Family::own_children() {
    list_ids("/proc/self/task", ids_);
    std::vector<pid_t> all, some;
    for (const pid_t thread : ids_) {
        ProcFile& children = own_threads_[thread];
        if (!children.is_open()) {
            children = ProcFile{"/proc/self/task/" + std::to_string(thread) + "/children"};
        }
        parse_ids(children.read(), some);
        all.insert(all.end(), some.begin(), some.end());
    }
    if (own_threads_.size() > ids_.size()) own_threads_.clear();
    return all;
}

bool Family::is_still_running() const {
    const auto process = known_.find(runner_);
    if (process == known_.end()) return false;
    for (const auto& thread : process->second->threads) {
        if (thread->id != running_thread_) continue;
        const std::string_view text = thread->call.read();
        return !text.empty() && !parse_syscall(text);
    }
    return false;
}

Family::Finding Family::survey() {
    runner_ = 0;
    members_.clear();
    for (auto& [id, process] : known_) process->is_seen = false;
    own_children_ = own_children();
    Finding finding = Finding::asleep;
    for (const pid_t child : own_children_) {
        finding = survey_process(child);
        if (finding != Finding::asleep) return finding;
    }
    // A whole survey has seen all there are.
    for (auto one = known_.begin(); one != known_.end();) {
        one = one->second->is_seen ? std::next(one) : known_.erase(one);
    }
    return finding;
}

Family::Finding Family::survey_process(pid_t id) {
    auto& known = known_[id];
    if (!known || known->is_gone) known = std::make_unique<Process>(id);
    Process& process = *known;
    process.is_seen = true;
    members_.push_back(&process);
    if (process.thread_count() != process.listed_count) process.list_threads();
    if (process.threads.empty()) {
        process.is_gone = true;
        return busy(process, "has just ended");
    }
    for (const auto& thread : process.threads) {
        const Finding finding = survey_thread(process, *thread);
        if (finding != Finding::asleep) return finding;
    }
    for (std::size_t index = 0; index < process.threads.size(); ++index) {
        for (const pid_t child : process.threads[index]->offspring) {
            const Finding finding = survey_process(child);
            if (finding != Finding::asleep) return finding;
        }
    }
    return Finding::asleep;
}

Family::Finding Family::survey_thread(Process& process, Thread& thread) {
    const auto runs = parse_run_count(thread.run_count.read());
    if (!runs) {
        // Of all its threads or of this one: what is known of it does not hold.
        process.is_gone = true;
        return busy(process, "has just lost a thread");
    }
    if (!thread.settled || *runs != thread.runs) {
        const Finding finding = read_state(process, thread, *runs);
        if (finding != Finding::asleep) return finding;
    }
    parse_ids(thread.children.read(), thread.offspring);
    return Finding::asleep;
}

// The count was read before the state: a thread that slept then, and has the same count later, has slept all the time.
Family::Finding Family::read_state(Process& process, Thread& thread, std::uint64_t runs) {
    thread.settled = false;
    process.sockets.forget();
    const auto stat = parse_stat(thread.stat.read());
    if (!stat) {
        process.is_gone = true;
        return busy(process, "has just ended");
    }
    process.name = stat->name;
    process.start_time = stat->start_time;
    if (process.image != stat->image) process.is_on_page = false;
    process.image = stat->image;
    thread.state = stat->state;
    thread.runs = runs;
    if (stat->state != 'S' && stat->state != 'T' && stat->state != 'Z') {
        runner_ = process.id;
        running_thread_ = thread.id;
        return busy(process, stat->state == 'D' ? "waits for the disk" : "runs");
    }
    // A process may sleep while it ends: the first of a namespace waits for all others there.
    if (stat->state != 'Z' && stat->is_ending) return busy(process, "is ending");
    if (stat->state != 'Z') {
        const std::string_view text = thread.call.read();
        const auto sleep = parse_syscall(text);
        // Where the file cannot be read at all, the page cannot either, and that is said with its reason.
        if (!sleep && !text.empty()) return busy(process, "runs again");
        thread.sleep = sleep.value_or(SleepingCall{});
    }
    thread.settled = true;
    return Finding::asleep;
}

Family::Finding Family::recount() {
    for (auto process = members_.rbegin(); process != members_.rend(); ++process) {
        if ((*process)->thread_count() != (*process)->listed_count) {
            return busy(**process, "has started or lost a thread");
        }
        for (const auto& thread : (*process)->threads) {
            parse_ids(thread->children.read(), ids_);
            if (ids_ != thread->offspring) return busy(**process, "has started or lost a child");
        }
    }
    if (own_children() == own_children_) return Finding::asleep;
    reason_ = "a process of the tree has begun or ended";
    return Finding::busy;
}

Family::Finding Family::confirm() {
    for (Process* process : members_) {
        for (const auto& thread : process->threads) {
            if (parse_run_count(thread->run_count.read()) != thread->runs) {
                return busy(*process, "has run");
            }
            if (thread->state == 'Z') continue;
            // Not the file `syscall`: while another processor is being told to take the thread up, which takes long where
            // that one is idle, it still shows the call.
            const auto stat = parse_stat(thread->stat.read());
            if (!stat || stat->state != thread->state) return busy(*process, "is about to run");
        }
    }
    return Finding::asleep;
}

}  // namespace fakemx::shared_clock
