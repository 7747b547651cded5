/* timer_create and its kin, on virtual clocks. The observer sends the signal. A timer that starts a thread is refused:
 * better no timer than one on another clock. */

#include <dlfcn.h>

#include "shared_clock/preload/preload.h"

/* A timer's id is where its slot is, tagged, so that it is told from the kernel's small numbers and glibc's pointers. */
#define TAG UINT64_C(0xfa4e000000000000)
#define TAG_MASK UINT64_C(0xffff000000000000)

#define REAL(name)                                                       \
    static __typeof__(&name) real;                                       \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static bool is_ours(timer_t timer) {
    return fakemx_page() != NULL && ((uint64_t)(uintptr_t)timer & TAG_MASK) == TAG;
}

/* Null for a timer that was deleted, or inherited by fork, which does not inherit timers. */
static struct fakemx_slot* slot_of(timer_t timer) {
    struct fakemx_slot* slot = &fakemx_page()->slots[(uint64_t)(uintptr_t)timer & ~TAG_MASK];
    bool is_own = atomic_load(&slot->owner) >> 32 == fakemx_self() >> 32 && atomic_load(&slot->kind) == FAKEMX_TIMER;
    if (!is_own) errno = EINVAL;
    return is_own ? slot : NULL;
}

EXPORT int timer_create(clockid_t clock, struct sigevent* restrict event, timer_t* restrict timer) {
    REAL(timer_create);
    if (fakemx_page() == NULL || !fakemx_is_virtual_clock(clock)) return real(clock, event, timer);
    int notify = event == NULL ? SIGEV_SIGNAL : event->sigev_notify;
    if (notify == SIGEV_THREAD) {
        errno = ENOTSUP;
        return -1;
    }
    struct fakemx_slot* slot = fakemx_claim(fakemx_self(), FAKEMX_TIMER);
    if (slot == NULL) {
        errno = EAGAIN;
        return -1;
    }
    uint64_t id = TAG | (uint64_t)(slot - fakemx_page()->slots);
    *timer = (timer_t)(uintptr_t)id;
    int number = event == NULL ? SIGALRM : event->sigev_signo;
    atomic_store(&slot->signal_number, notify == SIGEV_NONE ? 0 : (uint32_t)number);
    atomic_store(&slot->value, event == NULL ? id : (uint64_t)(uintptr_t)event->sigev_value.sival_ptr);
    if (notify == SIGEV_THREAD_ID) atomic_store(&slot->target, event->_sigev_un._tid);
    /* Which of the two kinds of clock the times are of. */
    atomic_store(&slot->code_begin, (uint64_t)clock);
    atomic_store(&slot->state, FAKEMX_ARMED);
    return 0;
}

EXPORT int timer_gettime(timer_t timer, struct itimerspec* value) {
    REAL(timer_gettime);
    if (!is_ours(timer)) return real(timer, value);
    struct fakemx_slot* slot = slot_of(timer);
    if (slot == NULL) return -1;
    *value = fakemx_timer_value(slot);
    return 0;
}

EXPORT int timer_settime(timer_t timer, int flags, const struct itimerspec* restrict value,
                         struct itimerspec* restrict before) {
    REAL(timer_settime);
    if (!is_ours(timer)) return real(timer, flags, value, before);
    struct fakemx_slot* slot = slot_of(timer);
    if (slot == NULL) return -1;
    struct itimerspec old = fakemx_timer_value(slot);
    bool absolute = (flags & TIMER_ABSTIME) != 0;
    if (!fakemx_set_timer(slot, (clockid_t)atomic_load(&slot->code_begin), absolute, value)) return -1;
    if (before != NULL) *before = old;
    return 0;
}

EXPORT int timer_getoverrun(timer_t timer) {
    REAL(timer_getoverrun);
    /* The clock stops at every expiry. */
    return is_ours(timer) ? 0 : real(timer);
}

EXPORT int timer_delete(timer_t timer) {
    REAL(timer_delete);
    if (!is_ours(timer)) return real(timer);
    struct fakemx_slot* slot = slot_of(timer);
    if (slot == NULL) return -1;
    fakemx_release(slot);
    return 0;
}

struct itimerspec fakemx_timer_value(const struct fakemx_slot* slot) {
    struct itimerspec value = {{0, 0}, {0, 0}};
    int64_t deadline_ns = atomic_load(&slot->deadline_ns), left = deadline_ns - fakemx_now_ns();
    if (deadline_ns == FAKEMX_NO_DEADLINE) return value;
    value.it_value = fakemx_to_timespec(left > 0 ? left : 1);
    value.it_interval = fakemx_to_timespec(atomic_load(&slot->interval_ns));
    return value;
}

bool fakemx_set_timer(struct fakemx_slot* slot, clockid_t clock, bool absolute, const struct itimerspec* value) {
    int64_t first = fakemx_from_timespec(&value->it_value), interval = fakemx_from_timespec(&value->it_interval);
    if (first < 0 || interval < 0) {
        errno = EINVAL;
        return false;
    }
    int64_t deadline_ns = absolute ? fakemx_deadline_at(clock, &value->it_value) : fakemx_after(first);
    /* Not between the two: a deadline without its interval. */
    atomic_store(&slot->deadline_ns, FAKEMX_NO_DEADLINE);
    atomic_store(&slot->interval_ns, first == 0 ? 0 : interval);
    if (first != 0) atomic_store(&slot->deadline_ns, deadline_ns);
    return true;
}
