// Starting, reaping and ending a tree of processes.
#include "app/sender_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "net/clock.h"
#include "shared_clock/proc.h"

namespace fakemx::app {

namespace {

/// For a daemon to remove its sockets and its lock files.
constexpr std::chrono::seconds patience_after_term{2};
/// SIGKILL takes effect at once, but for a process that waits for a disk.
constexpr std::chrono::seconds patience_after_kill{10};

/// What is meant for our own flags is not meant for those of a fakemx that the command may call; where things lie is.
bool is_for_a_flag(std::string_view name) {
    return name.starts_with("FAKEMX_") && name != "FAKEMX_PROFILES" && name != "FAKEMX_CACHE";
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        const std::string_view name = name_of(text);
        bool is_replaced = false;
        for (const auto& [other, value] : added) is_replaced = is_replaced || name == other;
        if (!is_for_a_flag(name) && !is_replaced) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(fmt::format("{}={}", name, value));
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Behind fork, in a process of several threads: only what a signal handler may call.
[[noreturn]] void become(char* const* words, char* const* environment, int report) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What is ignored stays so over exec; what is caught does not.
    std::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execvpe(words[0], words, environment);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
    ::_exit(127);
}

}  // namespace

std::vector<std::string> variables_for_flags() {
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view name = name_of(*variable);
        if (is_for_a_flag(name)) names.emplace_back(name);
    }
    return names;
}

Result<SenderProcess, Complaint> SenderProcess::start(
    const std::vector<std::string>& words,
    const std::vector<std::pair<std::string, std::string>>& environment) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::vector<std::string> owned_words = words, owned_environment = environment_with(environment);
    const std::vector<char*> word_pointers = pointers_to(owned_words);
    const std::vector<char*> variables = pointers_to(owned_environment);
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0)
        return Complaint{fmt::format("{}: {}", words[0], std::strerror(errno))};
    const pid_t process = ::fork();
    if (process == 0) become(word_pointers.data(), variables.data(), report[1]);
    const int fork_error = errno;
    ::close(report[1]);
    int error = process < 0 ? fork_error : 0;
    if (process > 0) {
        // Ends when exec closes the other end, or says why it could not.
        while (::read(report[0], &error, sizeof error) < 0 && errno == EINTR) {
        }
    }
    ::close(report[0]);
    if (error == 0) return SenderProcess{process};
    if (process > 0) ::waitpid(process, nullptr, 0);
    return Complaint{fmt::format("{}: {}", words[0], std::strerror(error))};
}

SenderProcess::~SenderProcess() {
    if (leader_ > 0) end();
}

bool SenderProcess::reap() {
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, WNOHANG);
        if (ended < 0 && errno == EINTR) continue;
        if (ended <= 0) return ended == 0;
        if (ended == leader_)
            status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

void SenderProcess::end() {
    const auto all_gone_within = [this](std::chrono::seconds patience) {
        const net::Stopwatch watch;
        while (reap()) {
            if (watch.elapsed() > patience) return false;
            ::poll(nullptr, 0, 5);
        }
        return true;
    };
    if (!reap()) return;
    ::kill(-leader_, SIGTERM);
    if (all_gone_within(patience_after_term)) return;
    // Whoever is killed may have had children of its own, which are ours then.
    const net::Stopwatch watch;
    while (reap() && watch.elapsed() < patience_after_kill) {
        std::vector<pid_t> left;
        shared_clock::add_descendants(::getpid(), left);
        for (const pid_t process : left) ::kill(process, SIGKILL);
        ::poll(nullptr, 0, 5);
    }
}

}  // namespace fakemx::app
