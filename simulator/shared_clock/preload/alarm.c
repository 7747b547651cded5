/* alarm, setitimer and getitimer of real time. No timer of the kernel is armed: the observer sends the signal. The slot
 * is found by the process id each time, so it outlives exec, as alarms do, and a child of fork has none. */

#include <unistd.h>

#include "shared_clock/preload/preload.h"

static struct fakemx_slot* find(uint64_t process) {
    struct fakemx_page* page = fakemx_page();
    uint32_t used = atomic_load(&page->slots_used);
    for (uint32_t index = 0; index < used && index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        if (atomic_load(&slot->owner) >> 32 == process && atomic_load(&slot->kind) == FAKEMX_ALARM &&
            atomic_load(&slot->state) == FAKEMX_ARMED &&
            atomic_load(&slot->pid_namespace) == fakemx_pid_namespace()) {
            return slot;
        }
    }
    return NULL;
}

struct setting {
    int64_t left_ns; /* 0: not armed */
    int64_t interval_ns;
};

static struct setting current(const struct fakemx_slot* slot) {
    struct setting result = {0, 0};
    if (slot == NULL) return result;
    int64_t deadline_ns = atomic_load(&slot->deadline_ns);
    if (deadline_ns == FAKEMX_NO_DEADLINE) return result;
    result.interval_ns = atomic_load(&slot->interval_ns);
    result.left_ns = deadline_ns - fakemx_now_ns();
    /* Due, and the signal is on its way. */
    if (result.left_ns <= 0) result.left_ns = 1000;
    return result;
}

static struct setting set(struct setting wanted) {
    uint64_t self = fakemx_self();
    struct fakemx_slot* slot = find(self >> 32);
    struct setting before = current(slot);
    if (wanted.left_ns == 0) {
        if (slot != NULL) fakemx_release(slot);
        return before;
    }
    if (slot == NULL) slot = fakemx_claim(self, FAKEMX_ALARM);
    if (slot == NULL) return before;
    atomic_store(&slot->signal_number, SIGALRM);
    atomic_store(&slot->interval_ns, wanted.interval_ns);
    atomic_store(&slot->deadline_ns, fakemx_after(wanted.left_ns));
    atomic_store(&slot->state, FAKEMX_ARMED);
    return before;
}

EXPORT unsigned alarm(unsigned seconds) {
    struct itimerval value = {.it_value = {.tv_sec = seconds}}, before;
    if (setitimer(ITIMER_REAL, &value, &before) != 0) return 0;
    if (before.it_value.tv_sec == 0 && before.it_value.tv_usec != 0) return 1;
    /* As the kernel rounds: to the nearest second, and never to none. */
    return (unsigned)before.it_value.tv_sec + (before.it_value.tv_usec >= 500000 ? 1 : 0);
}

EXPORT int getitimer(__itimer_which_t which, struct itimerval* value) {
    if (fakemx_page() == NULL || which != ITIMER_REAL) {
        return (int)fakemx_result(fakemx_call(SYS_getitimer, which, (long)value, 0, 0, 0, 0));
    }
    struct setting now = current(find(fakemx_self() >> 32));
    value->it_value = fakemx_to_timeval(now.left_ns);
    value->it_interval = fakemx_to_timeval(now.interval_ns);
    return 0;
}

EXPORT int setitimer(__itimer_which_t which, const struct itimerval* restrict value,
                     struct itimerval* restrict before) {
    if (fakemx_page() == NULL || which != ITIMER_REAL || value == NULL) {
        return (int)fakemx_result(fakemx_call(SYS_setitimer, which, (long)value, (long)before, 0, 0, 0));
    }
    struct setting wanted = {fakemx_from_timeval(&value->it_value), fakemx_from_timeval(&value->it_interval)};
    if (wanted.left_ns < 0 || wanted.interval_ns < 0 || value->it_value.tv_usec >= 1000000 ||
        value->it_interval.tv_usec >= 1000000) {
        errno = EINVAL;
        return -1;
    }
    struct setting old = set(wanted);
    if (before != NULL) {
        before->it_value = fakemx_to_timeval(old.left_ns);
        before->it_interval = fakemx_to_timeval(old.interval_ns);
    }
    return 0;
}

EXPORT useconds_t ualarm(useconds_t us, useconds_t interval_us) {
    struct itimerval value = {.it_value = {us / 1000000, us % 1000000},
                              .it_interval = {interval_us / 1000000, interval_us % 1000000}};
    struct itimerval before;
    if (setitimer(ITIMER_REAL, &value, &before) != 0) return (useconds_t)-1;
    return (useconds_t)(before.it_value.tv_sec * 1000000 + before.it_value.tv_usec);
}
