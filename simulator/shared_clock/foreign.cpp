// Reads memory maps and program headers of other processes; it must not know the clock.

#include "shared_clock/foreign.h"

#include <array>
#include <elf.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace fakemx::shared_clock {
namespace {

enum class Timeout {
    always,      // the call is a sleep
    pointer,     // no timeout if null
    ms,          // no timeout if negative, as an int
    futex_wait,  // as pointer, in the operations that wait
};

struct TimedCall {
    long number;
    const char* name;
    Timeout timeout;
    std::size_t argument;
};

constexpr TimedCall timed_calls[] = {
#ifdef SYS_poll
    {SYS_poll, "poll", Timeout::ms, 2},
    {SYS_select, "select", Timeout::pointer, 4},
    {SYS_epoll_wait, "epoll_wait", Timeout::ms, 3},
#endif
    {SYS_ppoll, "ppoll", Timeout::pointer, 2},
    {SYS_pselect6, "pselect6", Timeout::pointer, 4},
    {SYS_epoll_pwait, "epoll_pwait", Timeout::ms, 3},
    {SYS_epoll_pwait2, "epoll_pwait2", Timeout::pointer, 3},
    {SYS_nanosleep, "nanosleep", Timeout::always, 0},
    {SYS_clock_nanosleep, "clock_nanosleep", Timeout::always, 0},
    {SYS_futex, "futex", Timeout::futex_wait, 3},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", Timeout::pointer, 2},
    {SYS_semtimedop, "semtimedop", Timeout::pointer, 3},
    {SYS_mq_timedsend, "mq_timedsend", Timeout::pointer, 4},
    {SYS_mq_timedreceive, "mq_timedreceive", Timeout::pointer, 4},
    {SYS_recvmmsg, "recvmmsg", Timeout::pointer, 4},
    {SYS_io_getevents, "io_getevents", Timeout::always, 0},
    {SYS_io_uring_enter, "io_uring_enter", Timeout::always, 0},
    // What a sleep with a timeout goes on in after the process was stopped and continued.
    {SYS_restart_syscall, "restart_syscall", Timeout::always, 0},
};

bool waits(std::uint64_t futex_operation) {
    switch (futex_operation & FUTEX_CMD_MASK) {
        case FUTEX_WAIT:
        case FUTEX_WAIT_BITSET:
        case FUTEX_LOCK_PI:
        case FUTEX_LOCK_PI2:
        case FUTEX_WAIT_REQUEUE_PI: return true;
        default: return false;
    }
}

bool has_timeout(const TimedCall& kind, const SleepingCall& call) {
    const std::uint64_t argument = call.arguments[kind.argument];
    switch (kind.timeout) {
        case Timeout::always: return true;
        case Timeout::pointer: return argument != 0;
        case Timeout::ms: return static_cast<int>(argument) >= 0;
        case Timeout::futex_wait: return argument != 0 && waits(call.arguments[1]);
    }
    return true;
}

std::string process_path(pid_t process, const char* name) {
    return "/proc/" + std::to_string(process) + "/" + name;
}

/// For each mapping of the process, until `visit` says stop.
template <class Visit>
bool any_mapping(pid_t process, Visit visit) {
    const std::string maps = read_whole(process_path(process, "maps"));
    std::string_view rest = maps;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto mapping = parse_mapping(rest.substr(0, end));
        if (mapping && visit(*mapping)) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

template <class T>
bool read_at(int file, std::uint64_t offset, T* to, std::size_t count) {
    const std::size_t octets = sizeof(T) * count;
    return ::pread(file, to, octets, static_cast<off_t>(offset)) == static_cast<ssize_t>(octets);
}

/// Programs compiled by Go carry a section with the facts of their build. They ask the kernel for the time themselves,
/// and sleep in it, whatever is preloaded.
bool is_go_program(pid_t process) {
    const Descriptor file{::open(process_path(process, "exe").c_str(), O_RDONLY | O_CLOEXEC)};
    Elf64_Ehdr header{};
    if (!file.is_open() || !read_at(file.number(), 0, &header, 1)) return false;
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_shentsize != sizeof(Elf64_Shdr))
        return false;
    std::vector<Elf64_Shdr> sections(header.e_shnum);
    if (header.e_shstrndx >= sections.size() ||
        !read_at(file.number(), header.e_shoff, sections.data(), sections.size())) {
        return false;
    }
    const Elf64_Shdr& names_section = sections[header.e_shstrndx];
    constexpr std::size_t names_octets_max = 65536;
    std::string names(std::min<std::size_t>(names_section.sh_size, names_octets_max), '\0');
    return read_at(file.number(), names_section.sh_offset, names.data(), names.size()) &&
           names.find(".go.buildinfo") != std::string::npos;
}

}  // namespace

const char* timed_call(const SleepingCall& call) {
    for (const TimedCall& kind : timed_calls) {
        if (kind.number == call.number) return has_timeout(kind, call) ? kind.name : nullptr;
    }
    return nullptr;
}

std::optional<StrangerKind> why_not_on_page(pid_t process, ino_t inode, const std::string& name) {
    bool readable = false;
    const bool mapped = any_mapping(process, [&](const Mapping& mapping) {
        readable = true;
        return mapping.inode == inode && ends_with(mapping.path, name);
    });
    if (!readable) return StrangerKind::unreadable;
    if (is_go_program(process)) return StrangerKind::go_program;
    if (mapped) return std::nullopt;
    const bool dynamic = any_mapping(
        process, [](const Mapping& mapping) { return is_c_library(std::string{mapping.path}); });
    return dynamic ? StrangerKind::no_page : StrangerKind::no_c_library;
}

std::string code_at(pid_t process, std::uint64_t address) {
    std::string file;
    any_mapping(process, [&](const Mapping& mapping) {
        if (address < mapping.begin || address >= mapping.end) return false;
        file = mapping.path;
        return true;
    });
    return file;
}

bool is_c_library(const std::string& file) {
    const std::string_view name = std::string_view{file}.substr(file.rfind('/') + 1);
    return name.substr(0, 7) == "libc.so" || name.substr(0, 5) == "libc-" ||
           name.substr(0, 7) == "ld-linu";
}

}  // namespace fakemx::shared_clock
