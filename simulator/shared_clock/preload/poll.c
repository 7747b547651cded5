/* select, poll, epoll and their kin: waits for descriptors, with a timeout. */

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "shared_clock/preload/preload.h"

struct call {
    long number, a, b, c, d, e, f;
};

static long make(const struct call* call) {
    return fakemx_call(call->number, call->a, call->b, call->c, call->d, call->e, call->f);
}

static long make_blocking(const struct call* call) {
    return fakemx_waiting_call(call->number, call->a, call->b, call->c, call->d, call->e, call->f);
}

/* Sleeps in `sleep`, which has no timeout. Once the deadline is there `look` has the last word, as in the kernel: what
 * is ready by then is reported. */
static long wait_until(int64_t deadline_ns, const struct call* sleep, const struct call* look) {
    struct fakemx_wait wait;
    long result = 0;
    fakemx_enter(&wait, deadline_ns);
    for (;;) {
        if (fakemx_is_due(&wait)) {
            result = make(look);
            break;
        }
        result = make_blocking(sleep);
        if (result != -EINTR) break;
        if (!fakemx_is_due(&wait) && fakemx_was_interrupted(&wait)) break;
    }
    fakemx_leave(&wait);
    return result;
}

/* Waits of no length and waits without a page are the kernel's alone. */
static bool is_for_kernel(int64_t timeout_ns) {
    if (fakemx_page() == NULL) return true;
    if (timeout_ns == 0) fakemx_looked();
    return timeout_ns == 0;
}

static int64_t from_ms(int ms) {
    return ms < 0 ? FAKEMX_NO_DEADLINE : (int64_t)ms * 1000000;
}

static long poll_until(struct pollfd* descriptors, nfds_t count, int64_t deadline_ns, const sigset_t* given) {
    uint64_t mask = fakemx_wait_mask(given);
    struct timespec none = {0, 0};
    struct call sleep = {SYS_ppoll, (long)descriptors, (long)count, 0, (long)&mask, sizeof mask, 0};
    struct call look = {SYS_ppoll, (long)descriptors, (long)count, (long)&none, 0, sizeof mask, 0};
    return wait_until(deadline_ns, &sleep, &look);
}

EXPORT int poll(struct pollfd* descriptors, nfds_t count, int ms) {
    if (is_for_kernel(from_ms(ms))) {
        return (int)fakemx_result(fakemx_blocking_call(SYS_poll, (long)descriptors, (long)count, ms, 0, 0, 0));
    }
    return (int)fakemx_result(poll_until(descriptors, count, fakemx_after(from_ms(ms)), NULL));
}

EXPORT int __poll(struct pollfd* descriptors, nfds_t count, int ms) {
    return poll(descriptors, count, ms);
}

EXPORT int ppoll(struct pollfd* descriptors, nfds_t count, const struct timespec* timeout,
                 const sigset_t* mask) {
    int64_t ns = timeout == NULL ? FAKEMX_NO_DEADLINE : fakemx_from_timespec(timeout);
    if (ns < 0 || is_for_kernel(ns)) {
        struct timespec changeable = timeout == NULL ? (struct timespec){0, 0} : *timeout;
        return (int)fakemx_result(fakemx_blocking_call(SYS_ppoll, (long)descriptors, (long)count,
                                                       timeout == NULL ? 0 : (long)&changeable, (long)mask,
                                                       sizeof(uint64_t), 0));
    }
    return (int)fakemx_result(poll_until(descriptors, count, fakemx_after(ns), mask));
}

void __chk_fail(void) __attribute__((noreturn));

EXPORT int __poll_chk(struct pollfd* descriptors, nfds_t count, int ms, size_t octets) {
    if (octets / sizeof *descriptors < count) __chk_fail();
    return poll(descriptors, count, ms);
}

EXPORT int __ppoll_chk(struct pollfd* descriptors, nfds_t count, const struct timespec* timeout,
                       const sigset_t* mask, size_t octets) {
    if (octets / sizeof *descriptors < count) __chk_fail();
    return ppoll(descriptors, count, timeout, mask);
}

struct mask_argument {
    const void* mask;
    size_t octets;
};

static long select_until(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, int64_t deadline_ns,
                         const sigset_t* given) {
    uint64_t mask = fakemx_wait_mask(given);
    struct mask_argument argument = {&mask, sizeof mask};
    struct timespec none = {0, 0};
    struct call sleep = {SYS_pselect6, count, (long)readable, (long)writable, (long)exceptional, 0, (long)&argument};
    struct call look = {SYS_pselect6, count, (long)readable, (long)writable, (long)exceptional, (long)&none, 0};
    return wait_until(deadline_ns, &sleep, &look);
}

EXPORT int select(int count, fd_set* restrict readable, fd_set* restrict writable, fd_set* restrict exceptional,
                  struct timeval* restrict timeout) {
    int64_t ns = timeout == NULL ? FAKEMX_NO_DEADLINE : fakemx_from_timeval(timeout);
    if (ns < 0 || is_for_kernel(ns)) {
        struct timespec changeable = {0, 0};
        if (timeout != NULL) changeable = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
        long result = fakemx_blocking_call(SYS_pselect6, count, (long)readable, (long)writable, (long)exceptional,
                                           timeout == NULL ? 0 : (long)&changeable, 0);
        if (timeout != NULL && ns >= 0) {
            *timeout = (struct timeval){changeable.tv_sec, changeable.tv_nsec / 1000};
        }
        return (int)fakemx_result(result);
    }
    int64_t deadline_ns = fakemx_after(ns);
    long result = select_until(count, readable, writable, exceptional, deadline_ns, NULL);
    if (timeout != NULL) {
        /* Linux leaves the time that is left, after an interruption too. */
        int64_t left = deadline_ns - fakemx_now_ns();
        *timeout = fakemx_to_timeval(left > 0 ? left : 0);
    }
    return (int)fakemx_result(result);
}

EXPORT int __select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, struct timeval* timeout) {
    return select(count, readable, writable, exceptional, timeout);
}

EXPORT int pselect(int count, fd_set* restrict readable, fd_set* restrict writable, fd_set* restrict exceptional,
                   const struct timespec* restrict timeout, const sigset_t* restrict mask) {
    int64_t ns = timeout == NULL ? FAKEMX_NO_DEADLINE : fakemx_from_timespec(timeout);
    if (ns < 0 || is_for_kernel(ns)) {
        struct timespec changeable = timeout == NULL ? (struct timespec){0, 0} : *timeout;
        struct mask_argument argument = {mask, sizeof(uint64_t)};
        return (int)fakemx_result(fakemx_blocking_call(SYS_pselect6, count, (long)readable, (long)writable,
                                                       (long)exceptional, timeout == NULL ? 0 : (long)&changeable,
                                                       (long)&argument));
    }
    return (int)fakemx_result(select_until(count, readable, writable, exceptional, fakemx_after(ns), mask));
}

static long epoll_until(int epoll, struct epoll_event* events, int count, int64_t deadline_ns, const sigset_t* given) {
    uint64_t mask = fakemx_wait_mask(given);
    struct call sleep = {SYS_epoll_pwait, epoll, (long)events, count, -1, (long)&mask, sizeof mask};
    struct call look = {SYS_epoll_pwait, epoll, (long)events, count, 0, 0, sizeof mask};
    return wait_until(deadline_ns, &sleep, &look);
}

EXPORT int epoll_pwait(int epoll, struct epoll_event* events, int count, int ms, const sigset_t* mask) {
    if (is_for_kernel(from_ms(ms))) {
        return (int)fakemx_result(fakemx_blocking_call(SYS_epoll_pwait, epoll, (long)events, count, ms, (long)mask,
                                                       sizeof(uint64_t)));
    }
    return (int)fakemx_result(epoll_until(epoll, events, count, fakemx_after(from_ms(ms)), mask));
}

EXPORT int epoll_wait(int epoll, struct epoll_event* events, int count, int ms) {
    return epoll_pwait(epoll, events, count, ms, NULL);
}

EXPORT int epoll_pwait2(int epoll, struct epoll_event* events, int count, const struct timespec* timeout,
                        const sigset_t* mask) {
    int64_t ns = timeout == NULL ? FAKEMX_NO_DEADLINE : fakemx_from_timespec(timeout);
    if (ns < 0) {
        errno = EINVAL;
        return -1;
    }
    if (is_for_kernel(ns)) {
        return (int)fakemx_result(fakemx_blocking_call(SYS_epoll_pwait2, epoll, (long)events, count, (long)timeout,
                                                       (long)mask, sizeof(uint64_t)));
    }
    return (int)fakemx_result(epoll_until(epoll, events, count, fakemx_after(ns), mask));
}
