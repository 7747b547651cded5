// Results go to stdout, and a stdout that takes nothing (closed, a full disk, a reader that has left)
// is an error that the exit status tells, not a crash and not silence.
#pragma once

#include <string>
#include <string_view>

#include "app/exit_status.h"

namespace fakemx::app {

class StandardOutput {
public:
    /// Collected, and written now and then. Once an error has occurred, nothing more is written.
    void write(std::string_view text);
    void line(std::string_view text);
    bool failed() const { return error_ != 0; }
    /// Now, where somebody watches.
    void flush();

    /// Writes the rest. Says what went wrong, if anything has; a reader that has left (`| head`) is
    /// no news to anybody.
    ExitStatus finish();

private:
    std::string waiting_;
    int error_ = 0;
};

/// Whoever starts a program with stdin, stdout or stderr closed must not have what they are meant for
/// land in the first file or socket that is opened.
void fill_standard_descriptors();

}  // namespace fakemx::app
