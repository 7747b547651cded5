// Names from templates, folders where they are missing, and each message written whole.
#include "app/sink_files.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "app/log_lines.h"
#include "core/limits.h"
#include "core/text.h"
#include "sink/dump.h"

namespace fakemx::app {

namespace {

/// Names tried before it is plain that something else is wrong.
constexpr int names_tried_max = 100;
/// Of a name made from a template.
constexpr std::size_t name_octets_max = 4096;

std::string failure(const std::string& path) {
    return fmt::format("{}: {}", path, std::strerror(errno));
}

/// The number that smtp-sink draws: here it follows from the message, so that it repeats.
std::string id_of(const sink::Captured& message, int tried) {
    const std::string identity =
        fmt::format("{}.{}.{}.{}", number(message.session), message.transaction,
                    message.at.time_since_epoch().count(), tried);
    return fmt::format("{:08x}", hash64(identity) & 0xffffffff);
}

int open_file(const std::string& path, int flags) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
}

}  // namespace

std::string expanded(const std::string& pattern, Instant at) {
    const std::time_t seconds = unix_seconds(at);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    // An empty result and one that does not fit look the same without an octet that is always there.
    std::string text(name_octets_max, '\0');
    text.resize(std::strftime(text.data(), text.size(), (pattern + '.').c_str(), &local));
    if (!text.empty()) text.pop_back();
    return text;
}

std::optional<std::string> SinkFiles::write(const sink::Captured& message) {
    const bool one_each = !settings_.dump_each.empty();
    const std::string name =
        expanded(one_each ? settings_.dump_each : settings_.dump_all, message.at);
    const std::filesystem::path folder = std::filesystem::path{name}.parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return fmt::format("{}: {}", folder.string(), error.message());

    std::string path, id;
    int descriptor = -1;
    for (int tried = 0; descriptor < 0; ++tried) {
        id = id_of(message, tried);
        path = one_each ? name + id : name;
        descriptor = open_file(path, one_each ? O_EXCL : O_APPEND);
        if (descriptor < 0 && (!one_each || errno != EEXIST || tried == names_tried_max))
            return failure(path);
    }
    const std::string text =
        dump_text(message, {.start = settings_.dump_start,
                            .host = settings_.hostname,
                            .id = id,
                            .date = expanded("%a, %d %b %Y %H:%M:%S %z (%Z)", message.at)});
    const bool written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(descriptor) != 0 || !written) return failure(path);
    if (message.octets > message.content.size() && !std::exchange(told_cut_off_, true)) {
        say(Level::warning, fmt::format("{}: of a message of {} octets, the first {} are kept",
                                        path, message.octets, limits::message_octets_kept));
    }
    return std::nullopt;
}

}  // namespace fakemx::app
