// The loop around the observer (docs/internals/SHARED-CLOCK.md).
#include "app/shared_time.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <poll.h>
#include <random>
#include <unistd.h>

#include <fmt/format.h>

#include "app/version.h"
#include "shared_clock/process_tree.h"
#include "shared_clock/shared_clock.h"

namespace fakemx::app {

namespace {

namespace fs = std::filesystem;

/// Most work is done within some microseconds: so often a look follows the one before at once.
constexpr int hurried_looks = 3;
constexpr timespec pace{0, 50'000};

/// Where the preload library lies: in the build tree, or installed.
std::optional<std::string> preload_library() {
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    const fs::path root = program.parent_path().parent_path();
    for (const char* place : {"lib", preload_folder}) {
        const fs::path library = root / place / "libfakemx-clock.so";
        if (fs::exists(library, ignored)) return library.string();
    }
    return std::nullopt;
}

class ForwardingClock final : public net::SteppedClock {
public:
    explicit ForwardingClock(shared_clock::SharedClock& shared)
        : SteppedClock(shared.now()), shared_(shared) {}

    void move_to(Instant instant) override {
        SteppedClock::move_to(instant);
        shared_.move_to(instant);
    }
    std::string name() const override { return "shared"; }

private:
    shared_clock::SharedClock& shared_;
};

}  // namespace

class SharedTime::Parts {
public:
    Parts(std::unique_ptr<shared_clock::SharedClock> shared, std::string library)
        : shared_(std::move(shared)),
          library_(std::move(library)),
          clock_(*shared_),
          tree_(*shared_) {}

    net::SteppedClock& clock() { return clock_; }
    const std::string& library() const { return library_; }
    const std::string& page() const { return shared_->path(); }
    std::uint64_t jumps() const { return jumps_; }

    void conduct(net::Server& server, engine::Simulator& simulator, Callbacks callbacks) {
        callbacks_ = std::move(callbacks);
        server.serve_only_if([this, &server] { return may_serve(server); });
        server.when_idle([this, &server, &simulator] { return go_on(server, simulator); });
    }

private:
    bool may_serve(net::Server& server) {
        if (is_over_) return true;
        if (!callbacks_.at_turn()) return end(server);
        if (busy_looks_ > hurried_looks) ::ppoll(nullptr, 0, &pace, nullptr);
        const auto look = tree_.look();
        if (!look) {
            const shared_clock::Stranger& stranger = look.error();
            callbacks_.at_standstill(
                fmt::format("{} ({}): {}", stranger.name.empty() ? "a process" : stranger.name,
                            stranger.process, stranger.why),
                true);
            return end(server);
        }
        may_go_on_ = *look == shared_clock::Activity::quiet;
        busy_looks_ = may_go_on_ ? 0 : busy_looks_ + 1;
        return *look != shared_clock::Activity::busy;
    }

    /// All sleep, and there was nothing for us to do.
    std::optional<std::chrono::nanoseconds> go_on(net::Server& server,
                                                  engine::Simulator& simulator) {
        if (is_over_) return std::nullopt;
        if (!may_go_on_) return std::chrono::nanoseconds::zero();
        simulator.flush();
        if (!callbacks_.at_quiet()) {
            end(server);
            return std::chrono::nanoseconds::zero();
        }
        const auto own = simulator.deadline();
        const auto theirs = shared_->earliest_deadline();
        if (!own && !theirs) {
            callbacks_.at_standstill("nobody waits for any time to come", false);
            end(server);
            return std::chrono::nanoseconds::zero();
        }
        const Instant next =
            std::min(own.value_or(Instant::max()), theirs.value_or(Instant::max()));
        const Instant horizon = callbacks_.horizon();
        ++jumps_;
        server.go_to(clock_, std::clamp(next, clock_.now(), std::max(clock_.now(), horizon)));
        // What is due here and what is due there at the same instant: each at a quiet point of its own.
        if (next <= horizon && (!own || next < *own)) shared_->wake_first();
        return std::chrono::nanoseconds::zero();
    }

    /// From here on the server serves whenever it likes, until it has left.
    bool end(net::Server& server) {
        is_over_ = true;
        server.stop();
        return true;
    }

    std::unique_ptr<shared_clock::SharedClock> shared_;
    std::string library_;
    ForwardingClock clock_;
    shared_clock::ProcessTree tree_;
    Callbacks callbacks_;
    int busy_looks_ = 0;
    bool may_go_on_ = false;
    bool is_over_ = false;
    std::uint64_t jumps_ = 0;
};

SharedTime::SharedTime(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SharedTime::~SharedTime() = default;

Result<std::unique_ptr<SharedTime>, Complaint> SharedTime::create(Instant epoch) {
    const auto library = preload_library();
    if (!library) return Complaint{"libfakemx-clock.so is not to be found beside the program"};
    // Not below TMPDIR: the sender's processes, whoever they become, must be able to reach it.
    // Process ids may come twice, in namespaces that share this folder.
    const std::string path =
        fmt::format("/dev/shm/fakemx-clock.{}.{:08x}", ::getpid(), std::random_device{}());
    auto shared = shared_clock::SharedClock::create(path, epoch);
    if (!shared) return Complaint{shared.error()};
    return std::unique_ptr<SharedTime>{
        new SharedTime{std::make_unique<Parts>(std::move(*shared), *library)}};
}

net::SteppedClock& SharedTime::clock() {
    return parts_->clock();
}

std::vector<std::pair<std::string, std::string>> SharedTime::environment() const {
    const char* others = std::getenv("LD_PRELOAD");
    const bool alone = others == nullptr || *others == '\0';
    return {{"LD_PRELOAD", alone ? parts_->library() : parts_->library() + ':' + others},
            {"FAKEMX_CLOCK", parts_->page()},
            {"FAKEMX_CLOCK_LIBRARY", parts_->library()}};
}

void SharedTime::conduct(net::Server& server, engine::Simulator& simulator, Callbacks callbacks) {
    parts_->conduct(server, simulator, std::move(callbacks));
}

std::uint64_t SharedTime::jumps() const {
    return parts_->jumps();
}

}  // namespace fakemx::app
