// write(2) rather than streams: the error is known where it occurs.
#include "app/standard_output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app/log_lines.h"

namespace fakemx::app {

namespace {

constexpr std::size_t octets_collected_max = 64 * 1024;

}  // namespace

void StandardOutput::write(std::string_view text) {
    if (error_ != 0) return;
    waiting_ += text;
    if (waiting_.size() >= octets_collected_max) flush();
}

void StandardOutput::line(std::string_view text) {
    write(text);
    write("\n");
}

void StandardOutput::flush() {
    std::string_view rest = waiting_;
    while (!rest.empty() && error_ == 0) {
        const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (count >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
    waiting_.clear();
}

ExitStatus StandardOutput::finish() {
    flush();
    if (error_ == 0) return ExitStatus::pass;
    if (error_ != EPIPE) say(Level::error, fmt::format("stdout: {}", std::strerror(error_)));
    return ExitStatus::harness_failed;
}

void fill_standard_descriptors() {
    // Opened the wrong way round: using them still is an error. open() takes the lowest free number.
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
    }
}

}  // namespace fakemx::app
