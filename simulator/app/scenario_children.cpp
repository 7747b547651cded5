// Starting children, waiting for them, and ending them when we are to end.
#include "app/scenario_children.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

#include "app/command_line.h"
#include "app/exit_status.h"
#include "app/interrupts.h"
#include "app/sender_process.h"
#include "net/clock.h"

namespace fakemx::app {

namespace {

/// How often it is looked at who has ended.
constexpr int turn_ms = 10;

/// Whoever is told to end has a sender to end first, which may take some seconds (app/sender_process.cpp).
constexpr std::chrono::seconds patience_after_term{15};

void write_to(const std::string& path, int descriptor) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) ::_exit(static_cast<int>(ExitStatus::harness_failed));
    ::dup2(file, descriptor);
}

/// In the new process: goes on as if the shell had started this program with these words.
[[noreturn]] void become(const ChildRun& run) {
    // It has a sender to end, however we end.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    write_to(run.report, STDOUT_FILENO);
    write_to(run.log, STDERR_FILENO);
    for (const std::string& variable : variables_for_flags()) ::unsetenv(variable.c_str());
    // We read signals; a child is ended by them.
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::vector<std::string> owned{"fakemx"};
    owned.insert(owned.end(), run.words.begin(), run.words.end());
    std::vector<char*> words;
    words.reserve(owned.size() + 1);
    for (std::string& word : owned) words.push_back(word.data());
    words.push_back(nullptr);
    const int status = app::run(static_cast<int>(owned.size()), words.data());
    std::fflush(nullptr);
    ::_exit(status);
}

/// Gives 0 where it cannot be started. Nothing has started a thread by now, so that a fork is a whole program.
pid_t start(const ChildRun& run) {
    std::fflush(nullptr);
    const pid_t process = ::fork();
    if (process == 0) become(run);
    return std::max(process, 0);
}

int status_of(int waited) {
    return WIFEXITED(waited) ? WEXITSTATUS(waited) : 128 + WTERMSIG(waited);
}

}  // namespace

bool run_children(std::vector<ChildRun>& runs, std::size_t at_once,
                  const std::function<void(const ChildRun&)>& ended) {
    Interrupts interrupts;
    std::unordered_map<pid_t, ChildRun*> under_way;
    bool goes_on = true;
    std::optional<net::Stopwatch> since_term;
    auto next = runs.begin();
    while (!under_way.empty() || (goes_on && next != runs.end())) {
        while (goes_on && next != runs.end() && under_way.size() < at_once) {
            const pid_t process = start(*next);
            if (process == 0) {
                ended(*next);
            } else {
                under_way.emplace(process, &*next);
            }
            ++next;
        }
        int waited = 0;
        pid_t process = 0;
        for (auto it = under_way.begin(); it != under_way.end();) {
            process = ::waitpid(it->first, &waited, WNOHANG);
            if (process == 0) {
                ++it;
                continue;
            }
            it->second->status = process > 0 ? status_of(waited) : -1;
            if (goes_on) ended(*it->second);
            it = under_way.erase(it);
        }
        if (goes_on && interrupts.came()) {
            goes_on = false;
            // Each ends its sender by itself.
            for (const auto& [id, run] : under_way) ::kill(id, SIGTERM);
            since_term.emplace();
        }
        if (since_term && since_term->elapsed() > patience_after_term) {
            for (const auto& [id, run] : under_way) ::kill(id, SIGKILL);
        }
        if (!under_way.empty()) ::poll(nullptr, 0, turn_ms);
    }
    return goes_on;
}

}  // namespace fakemx::app
