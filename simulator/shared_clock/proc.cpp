// Parsers for the texts of /proc. What the kernel writes is believed; what is missing is nothing.

#include "shared_clock/proc.h"

#include <algorithm>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace fakemx::shared_clock {
namespace {

constexpr std::size_t read_octets_max = 65536;

/// Takes the next word off the text.
std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return text = {};
    const auto end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

template <class Number>
std::optional<Number> to_number(std::string_view word, int base = 10) {
    if (base == 16 && word.substr(0, 2) == "0x") word.remove_prefix(2);
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return number;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

ProcFile::ProcFile(const std::string& path) : file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {}

std::string_view ProcFile::read() const {
    thread_local std::array<char, read_octets_max> buffer;
    const ssize_t count = ::pread(file_.number(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

std::string read_whole(const std::string& path) {
    std::string text;
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
        if (count <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

std::optional<ThreadStat> parse_stat(std::string_view text) {
    // The name may hold anything, blanks and brackets too.
    const auto open = text.find('('), close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
    ThreadStat stat;
    stat.name = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
    const std::string_view state = next_word(text);
    if (state.size() != 1) return std::nullopt;
    stat.state = state[0];
    // Fields as proc(5) counts them: the state is the third, then flags 9, starttime 22, startcode 26, startstack 28.
    constexpr std::uint64_t flag_exiting = 4;
    for (int field = 4; field <= 28; ++field) {
        const std::uint64_t number = to_number<std::uint64_t>(next_word(text)).value_or(0);
        if (field == 9) stat.is_ending = (number & flag_exiting) != 0;
        if (field == 22) stat.start_time = number;
        if (field == 26) stat.image = number * 31;
        if (field == 28) stat.image += number;
    }
    return stat;
}

std::optional<std::uint64_t> parse_run_count(std::string_view text) {
    next_word(text);
    next_word(text);
    return to_number<std::uint64_t>(next_word(text));
}

std::optional<SleepingCall> parse_syscall(std::string_view text) {
    SleepingCall call;
    const auto number = to_number<long>(next_word(text));
    if (!number) return std::nullopt;
    call.number = *number;
    if (call.number >= 0) {
        for (auto& argument : call.arguments) {
            argument = to_number<std::uint64_t>(next_word(text), 16).value_or(0);
        }
    }
    next_word(text);
    call.program_counter = to_number<std::uint64_t>(next_word(text), 16).value_or(0);
    return call;
}

void parse_ids(std::string_view text, std::vector<pid_t>& ids) {
    ids.clear();
    while (const auto id = to_number<pid_t>(next_word(text))) ids.push_back(*id);
}

std::optional<pid_t> parse_inner_id(std::string_view status) {
    const auto line = status.find("\nNSpid:");
    if (line == std::string_view::npos) return std::nullopt;
    status.remove_prefix(line + 7);
    status = status.substr(0, status.find('\n'));
    std::optional<pid_t> last;
    while (const auto id = to_number<pid_t>(next_word(status))) last = id;
    return last;
}

void list_ids(const std::string& folder, std::vector<pid_t>& ids) {
    ids.clear();
    const std::unique_ptr<DIR, int (*)(DIR*)> open{::opendir(folder.c_str()), ::closedir};
    if (!open) return;
    while (const dirent* entry = ::readdir(open.get())) {
        if (const auto id = to_number<pid_t>(entry->d_name)) ids.push_back(*id);
    }
    std::sort(ids.begin(), ids.end());
}

void add_descendants(pid_t process, std::vector<pid_t>& ids) {
    const std::string folder = "/proc/" + std::to_string(process) + "/task";
    std::vector<pid_t> threads, children;
    list_ids(folder, threads);
    for (const pid_t thread : threads) {
        parse_ids(read_whole(folder + "/" + std::to_string(thread) + "/children"), children);
        for (const pid_t child : children) {
            ids.push_back(child);
            add_descendants(child, ids);
        }
    }
}

std::optional<Mapping> parse_mapping(std::string_view line) {
    const std::string_view range = next_word(line);
    const auto dash = range.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto begin = to_number<std::uint64_t>(range.substr(0, dash), 16);
    const auto end = to_number<std::uint64_t>(range.substr(dash + 1), 16);
    next_word(line);
    next_word(line);
    next_word(line);
    const auto inode = to_number<std::uint64_t>(next_word(line));
    if (!begin || !end || !inode) return std::nullopt;
    const auto path = line.find_first_not_of(' ');
    return Mapping{*begin, *end, *inode,
                   path == std::string_view::npos ? std::string_view{} : line.substr(path)};
}

}  // namespace fakemx::shared_clock
