// The page as its owner sees it, and the signals that wake who is due.

#include "shared_clock/shared_clock.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <new>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <tuple>
#include <unistd.h>

#include "core/assert.h"

namespace fakemx::shared_clock {
namespace {

constexpr std::int64_t ns_per_us = 1000;

Instant to_instant(std::int64_t ns) {
    return Instant{Duration{ns / ns_per_us}};
}

/// The first instant that is not before: instants are whole microseconds, deadlines are not.
Instant to_instant_up(std::int64_t ns) {
    return to_instant(
        ns > std::numeric_limits<std::int64_t>::max() - ns_per_us ? ns : ns + ns_per_us - 1);
}

std::int64_t to_ns(Instant instant) {
    const std::int64_t us = instant.time_since_epoch().count();
    return us > std::numeric_limits<std::int64_t>::max() / ns_per_us
               ? std::numeric_limits<std::int64_t>::max() - 1
               : us * ns_per_us;
}

std::string failure(const std::string& what, const std::string& path) {
    return what + " " + path + ": " + std::strerror(errno);
}

/// Of one process, timers before waits: what is due by the end of a wait has happened when it ends.
auto order(const Published& one) {
    return std::tuple{one.deadline_ns, one.process_start, one.process,
                      one.is_wait,     one.thread,        one.slot};
}

/// When a timer goes off next; nothing for one that goes off once. Several periods that have passed are one.
std::optional<std::int64_t> next_expiry(const fakemx_slot& slot, std::int64_t now_ns) {
    const std::int64_t interval = slot.interval_ns.load();
    if (interval <= 0) return std::nullopt;
    const std::int64_t deadline = slot.deadline_ns.load();
    return deadline + ((now_ns - deadline) / interval + 1) * interval;
}

void rearm(fakemx_slot& slot, std::int64_t now_ns) {
    if (const auto next = next_expiry(slot, now_ns)) {
        slot.deadline_ns.store(*next);
    } else if (slot.kind.load() == FAKEMX_ALARM) {
        slot.state.store(FAKEMX_CLAIMED);
        slot.owner.store(0);
    } else {
        slot.deadline_ns.store(FAKEMX_NO_DEADLINE);
    }
}

void send_timer_signal(const fakemx_slot& slot, const Published& owner) {
    siginfo_t info{};
    info.si_signo = static_cast<int>(slot.signal_number.load());
    info.si_code = SI_TIMER;
    info.si_value.sival_ptr = reinterpret_cast<void*>(slot.value.load());
    if (slot.target.load() != 0) {
        ::syscall(SYS_rt_tgsigqueueinfo, owner.process, owner.thread, info.si_signo, &info);
    } else {
        ::syscall(SYS_rt_sigqueueinfo, owner.process, info.si_signo, &info);
    }
}

/// The owner may leave its wait at this very moment, for another reason: then it takes the slot's state out of our
/// hands first, or sees that a signal is under way.
void knock(fakemx_slot& slot, pid_t process, pid_t thread) {
    for (std::uint32_t state : {FAKEMX_WAITING, FAKEMX_KNOCKED}) {
        if (!slot.state.compare_exchange_strong(state, FAKEMX_KNOCKING)) continue;
        ::syscall(SYS_tgkill, process, thread, FAKEMX_KNOCK_SIGNAL);
        state = FAKEMX_KNOCKING;
        slot.state.compare_exchange_strong(state, FAKEMX_KNOCKED);
        return;
    }
}

void fire(fakemx_slot& slot, const Published& owner, std::int64_t now_ns) {
    switch (static_cast<fakemx_slot_kind>(slot.kind.load())) {
        case FAKEMX_WAIT: knock(slot, owner.process, owner.thread); break;
        case FAKEMX_TIMERFD: ::kill(owner.process, FAKEMX_TIMERFD_SIGNAL); break;
        case FAKEMX_ALARM: {
            const int number = static_cast<int>(slot.signal_number.load());
            rearm(slot, now_ns);
            ::kill(owner.process, number);
            break;
        }
        case FAKEMX_TIMER:
            rearm(slot, now_ns);
            if (slot.signal_number.load() != 0) send_timer_signal(slot, owner);
            break;
    }
}

}  // namespace

Result<std::unique_ptr<SharedClock>, std::string> SharedClock::create(const std::string& path,
                                                                      Instant epoch) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return failure("cannot make the clock page", path);
    struct stat status {};
    void* address = MAP_FAILED;
    const bool sized = ::ftruncate(file, sizeof(fakemx_page)) == 0 && ::fchmod(file, 0666) == 0 &&
                       ::fstat(file, &status) == 0;
    if (sized) {
        address = ::mmap(nullptr, sizeof(fakemx_page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (address == MAP_FAILED) {
        std::string text = failure("cannot map the clock page", path);
        ::close(file);
        ::unlink(path.c_str());
        return text;
    }
    ::close(file);
    auto* page = new (address) fakemx_page{};
    page->version = FAKEMX_PAGE_VERSION;
    page->page_octets = sizeof(fakemx_page);
    if (::getrandom(&page->run_id, sizeof page->run_id, GRND_NONBLOCK) < 0) page->run_id = 0;
    page->epoch_ns = to_ns(epoch);
    page->now_ns.store(page->epoch_ns);
    // Last: only now is it a page.
    page->magic = FAKEMX_PAGE_MAGIC;
    return std::unique_ptr<SharedClock>{new SharedClock{path, page, status.st_dev, status.st_ino}};
}

SharedClock::SharedClock(std::string path, fakemx_page* page, dev_t device, ino_t inode)
    : path_{std::move(path)}, page_{page}, device_{device}, inode_{inode} {}

SharedClock::~SharedClock() {
    ::munmap(page_, sizeof(fakemx_page));
    ::unlink(path_.c_str());
}

Instant SharedClock::now() const {
    return to_instant(page_->now_ns.load());
}

void SharedClock::set_published(std::vector<Published> published) {
    published_ = std::move(published);
    std::sort(
        published_.begin(), published_.end(),
        [](const Published& one, const Published& other) { return order(one) < order(other); });
}

std::optional<Instant> SharedClock::earliest_deadline() const {
    if (published_.empty()) return std::nullopt;
    return std::max(now(), to_instant_up(published_.front().deadline_ns));
}

void SharedClock::move_to(Instant instant) {
    const std::int64_t now_ns = std::max(to_ns(instant), page_->now_ns.load());
    page_->now_ns.store(now_ns);
    page_->moves.fetch_add(1);
}

void SharedClock::wake_first() {
    const std::int64_t now_ns = page_->now_ns.load();
    if (published_.empty() || published_.front().deadline_ns > now_ns) return;
    const Published first = published_.front();
    published_.erase(published_.begin());
    fire(page_->slots[first.slot], first, now_ns);
}

}  // namespace fakemx::shared_clock
