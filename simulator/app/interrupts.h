// SIGINT and the like as something to read.
#pragma once

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace fakemx::app {

/// While it lives, SIGINT, SIGTERM and SIGHUP end nothing by themselves. To be made before other threads are started.
class Interrupts {
public:
    Interrupts() {
        sigemptyset(&signals_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
        ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
        descriptor_ = ::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    ~Interrupts() {
        if (descriptor_ >= 0) ::close(descriptor_);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    bool came() {
        signalfd_siginfo info{};
        return ::read(descriptor_, &info, sizeof info) == sizeof info;
    }

private:
    sigset_t signals_{};
    sigset_t before_{};
    int descriptor_ = -1;
};

}  // namespace fakemx::app
