// The whole program in a process of its own, as a shell would start it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace fakemx::test {

struct Arguments {
    std::vector<std::string> words;
    /// Variables besides FAKEMX_PROFILES, which names the shipped profiles; no other FAKEMX_* is set.
    std::vector<std::pair<std::string, std::string>> environment{};
    /// In the new process, before the program begins.
    std::function<void()> before{};
};

struct Outcome {
    int status = -1;  ///< exit status; negative: the signal that killed it
    std::string out;
    std::string err;
};

/// Runs to the end.
Outcome run(const Arguments& arguments);
Outcome run(std::vector<std::string> words);

/// `fakemx serve --json …`, from the moment when everything listens.
class Serving {
public:
    explicit Serving(Arguments arguments);
    ~Serving();
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

    /// The first line on stdout, without its end; empty where the program ended without one.
    const std::string& ready() const { return ready_; }
    /// The port of the host with this index, from that line.
    std::uint16_t port(std::size_t host = 0) const;

    pid_t process() const { return process_; }
    /// Waits for the end, after a signal if one is given.
    Outcome end(int signal = 0);

private:
    pid_t process_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::string ready_;
};

}  // namespace fakemx::test
