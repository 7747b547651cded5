/* timerfd. The descriptor is an eventfd, which reads like one: a count of eight octets, and then none. When the timer is
 * due, the observer sends the process a signal, whose handler counts. */

#include <dlfcn.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "shared_clock/preload/preload.h"

#define REAL(name)                                                       \
    static __typeof__(&name) real;                                       \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Whether this process or one it descends from has made a timer descriptor: until then, closing is only that. */
static _Atomic bool is_used;

/* This process's slot for the descriptor, or null. */
static struct fakemx_slot* find(int descriptor) {
    struct fakemx_page* page = fakemx_page();
    uint64_t process = fakemx_self() >> 32;
    uint32_t used = atomic_load(&page->slots_used);
    for (uint32_t index = 0; index < used && index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        if (atomic_load(&slot->owner) >> 32 == process && atomic_load(&slot->kind) == FAKEMX_TIMERFD &&
            atomic_load(&slot->target) == descriptor &&
            atomic_load(&slot->pid_namespace) == fakemx_pid_namespace()) {
            return slot;
        }
    }
    return NULL;
}

static struct fakemx_slot* claim(int descriptor, clockid_t clock) {
    struct fakemx_slot* slot = fakemx_claim(fakemx_self(), FAKEMX_TIMERFD);
    if (slot == NULL) return NULL;
    atomic_store(&slot->target, descriptor);
    atomic_store(&slot->code_begin, (uint64_t)clock);
    atomic_store(&slot->state, FAKEMX_ARMED);
    return slot;
}

EXPORT int timerfd_create(int clock, int flags) {
    if (fakemx_page() == NULL || !fakemx_is_virtual_clock(clock)) {
        return (int)fakemx_result(fakemx_call(SYS_timerfd_create, clock, flags, 0, 0, 0, 0));
    }
    if ((flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0) {
        errno = EINVAL;
        return -1;
    }
    int event_flags = ((flags & TFD_NONBLOCK) != 0 ? EFD_NONBLOCK : 0) | ((flags & TFD_CLOEXEC) != 0 ? EFD_CLOEXEC : 0);
    long descriptor = fakemx_call(SYS_eventfd2, 0, event_flags, 0, 0, 0, 0);
    if (descriptor < 0) return (int)fakemx_result(descriptor);
    atomic_store(&is_used, true);
    if (claim((int)descriptor, clock) == NULL) {
        fakemx_call(SYS_close, descriptor, 0, 0, 0, 0, 0);
        errno = ENFILE;
        return -1;
    }
    return (int)descriptor;
}

/* A child of fork shares the descriptor, and may arm it too. Which clock it was made with it does not know. */
static struct fakemx_slot* find_or_claim(int descriptor) {
    struct fakemx_slot* slot = find(descriptor);
    return slot != NULL || !atomic_load(&is_used) ? slot : claim(descriptor, CLOCK_MONOTONIC);
}

EXPORT int timerfd_settime(int descriptor, int flags, const struct itimerspec* value, struct itimerspec* before) {
    struct fakemx_slot* slot = fakemx_page() == NULL ? NULL : find_or_claim(descriptor);
    if (slot == NULL) {
        return (int)fakemx_result(
            fakemx_call(SYS_timerfd_settime, descriptor, flags, (long)value, (long)before, 0, 0));
    }
    struct itimerspec old = fakemx_timer_value(slot);
    clockid_t clock = (clockid_t)atomic_load(&slot->code_begin);
    if (!fakemx_set_timer(slot, clock, (flags & TFD_TIMER_ABSTIME) != 0, value)) return -1;
    /* Setting a timer takes back what it has counted. A copy without O_NONBLOCK would wait for a count here. */
    uint64_t count;
    struct {
        int descriptor;
        short events, returned;
    } readable = {descriptor, 1 /* POLLIN */, 0};
    struct timespec none = {0, 0};
    if (fakemx_call(SYS_ppoll, (long)&readable, 1, (long)&none, 0, 8, 0) == 1) {
        fakemx_call(SYS_read, descriptor, (long)&count, sizeof count, 0, 0, 0);
    }
    if (before != NULL) *before = old;
    fakemx_expire_timerfds();
    return 0;
}

EXPORT int timerfd_gettime(int descriptor, struct itimerspec* value) {
    struct fakemx_slot* slot = fakemx_page() == NULL ? NULL : find(descriptor);
    if (slot == NULL) {
        return (int)fakemx_result(fakemx_call(SYS_timerfd_gettime, descriptor, (long)value, 0, 0, 0, 0));
    }
    *value = fakemx_timer_value(slot);
    return 0;
}

void fakemx_expire_timerfds(void) {
    struct fakemx_page* page = fakemx_page();
    uint64_t process = fakemx_self() >> 32;
    uint32_t used = atomic_load(&page->slots_used);
    int64_t now = fakemx_now_ns();
    for (uint32_t index = 0; index < used && index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        int64_t deadline = atomic_load(&slot->deadline_ns);
        if (deadline > now || atomic_load(&slot->owner) >> 32 != process ||
            atomic_load(&slot->kind) != FAKEMX_TIMERFD ||
            atomic_load(&slot->pid_namespace) != fakemx_pid_namespace()) {
            continue;
        }
        int64_t interval = atomic_load(&slot->interval_ns);
        uint64_t count = interval > 0 ? (uint64_t)((now - deadline) / interval + 1) : 1;
        int64_t next = interval > 0 ? deadline + (int64_t)count * interval : FAKEMX_NO_DEADLINE;
        /* Two threads may be told at once. */
        if (!atomic_compare_exchange_strong(&slot->deadline_ns, &deadline, next)) continue;
        fakemx_call(SYS_write, atomic_load(&slot->target), (long)&count, sizeof count, 0, 0, 0);
    }
}

static void forget(int descriptor) {
    if (!atomic_load(&is_used) || fakemx_page() == NULL) return;
    struct fakemx_slot* slot = find(descriptor);
    if (slot != NULL) fakemx_release(slot);
}

EXPORT int close(int descriptor) {
    forget(descriptor);
    return (int)fakemx_result(fakemx_blocking_call(SYS_close, descriptor, 0, 0, 0, 0, 0));
}

EXPORT int __close(int descriptor) {
    return close(descriptor);
}

EXPORT int dup2(int from, int to) {
    REAL(dup2);
    if (from != to) forget(to);
    return real(from, to);
}

EXPORT int dup3(int from, int to, int flags) {
    forget(to);
    return (int)fakemx_result(fakemx_call(SYS_dup3, from, to, flags, 0, 0, 0));
}

static void forget_range(unsigned first, unsigned last) {
    if (!atomic_load(&is_used) || fakemx_page() == NULL) return;
    struct fakemx_page* page = fakemx_page();
    uint64_t process = fakemx_self() >> 32;
    for (uint32_t index = 0; index < atomic_load(&page->slots_used) && index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        unsigned descriptor = (unsigned)atomic_load(&slot->target);
        if (atomic_load(&slot->owner) >> 32 == process && atomic_load(&slot->kind) == FAKEMX_TIMERFD &&
            descriptor >= first && descriptor <= last) {
            fakemx_release(slot);
        }
    }
}

EXPORT int close_range(unsigned first, unsigned last, int flags) {
    if (flags == 0) forget_range(first, last);
    return (int)fakemx_result(fakemx_call(SYS_close_range, first, last, flags, 0, 0, 0));
}

EXPORT void closefrom(int first) {
    REAL(closefrom);
    forget_range(first < 0 ? 0 : (unsigned)first, ~0u);
    real(first);
}
