// Reading /proc: descriptors that are kept open and read again and again, and what stands in their texts. It must not
// know what is made of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace fakemx::shared_clock {

/// A descriptor that closes itself; -1 is none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// A file of /proc. Empty text: what it spoke of is gone, or may not be seen.
class ProcFile {
public:
    ProcFile() = default;
    explicit ProcFile(const std::string& path);
    bool is_open() const { return file_.is_open(); }
    /// The file from its beginning, as it is now. Valid until the next read of any file by this thread; texts longer
    /// than the buffer (64 KiB) are cut off.
    std::string_view read() const;

private:
    Descriptor file_;
};

/// The whole text of a file that is read once.
std::string read_whole(const std::string& path);

/// What /proc/PID/task/TID/stat says.
struct ThreadStat {
    std::string name;
    char state = '?';
    /// Its memory and its descriptors are gone or going.
    bool is_ending = false;
    std::uint64_t start_time = 0;
    /// Differs after each exec.
    std::uint64_t image = 0;
};
std::optional<ThreadStat> parse_stat(std::string_view text);

/// How often the thread was given a processor: the third number of schedstat.
std::optional<std::uint64_t> parse_run_count(std::string_view text);

/// Where a thread sleeps, from /proc/PID/task/TID/syscall.
struct SleepingCall {
    long number = -1;
    std::array<std::uint64_t, 6> arguments{};
    std::uint64_t program_counter = 0;
};
/// Nothing for a thread that runs.
std::optional<SleepingCall> parse_syscall(std::string_view text);

/// Ids separated by blanks.
void parse_ids(std::string_view text, std::vector<pid_t>& ids);

/// The last number of the line NSpid: the id in the innermost namespace.
std::optional<pid_t> parse_inner_id(std::string_view status);

/// The numbers among the names of a folder, in ascending order.
void list_ids(const std::string& folder, std::vector<pid_t>& ids);

/// Adds the children of a process, by any of its threads, and theirs: parents before their children. A process that begins or ends
/// meanwhile may be among them or not.
void add_descendants(pid_t process, std::vector<pid_t>& ids);

struct Mapping {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t inode;
    std::string_view path;
};
/// One line of /proc/PID/maps.
std::optional<Mapping> parse_mapping(std::string_view line);

}  // namespace fakemx::shared_clock
