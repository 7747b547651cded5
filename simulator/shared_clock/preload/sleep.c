/* Sleeps, and waits for signals. */

#include <unistd.h>

#include "shared_clock/preload/preload.h"

static int64_t time_left(int64_t deadline_ns) {
    int64_t left = deadline_ns - fakemx_now_ns();
    return left > 0 ? left : 0;
}

/* 0 or an error number, as clock_nanosleep returns it. */
static int sleep_for(int64_t duration_ns, struct timespec* left) {
    int64_t deadline_ns = fakemx_after(duration_ns);
    long result = fakemx_sleep_until(deadline_ns);
    if (result == -EINTR && left != NULL) *left = fakemx_to_timespec(time_left(deadline_ns));
    return (int)-result;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec* time, struct timespec* left) {
    int64_t ns = fakemx_from_timespec(time);
    if (fakemx_page() == NULL || !fakemx_is_virtual_clock(clock) || ns < 0) {
        return (int)-fakemx_blocking_call(SYS_clock_nanosleep, clock, flags, (long)time, (long)left, 0, 0);
    }
    if (flags & TIMER_ABSTIME) return (int)-fakemx_sleep_until(fakemx_deadline_at(clock, time));
    return sleep_for(ns, left);
}

EXPORT int nanosleep(const struct timespec* time, struct timespec* left) {
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, time, left);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

EXPORT int __nanosleep(const struct timespec* time, struct timespec* left) {
    return nanosleep(time, left);
}

EXPORT unsigned sleep(unsigned seconds) {
    struct timespec time = {.tv_sec = seconds}, left = {0, 0};
    int before = errno;
    if (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &left) == 0) {
        errno = before;
        return 0;
    }
    errno = EINTR;
    return (unsigned)left.tv_sec + (left.tv_nsec >= NS_PER_S / 2 ? 1 : 0);
}

EXPORT int usleep(useconds_t us) {
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    return nanosleep(&time, NULL);
}

EXPORT int thrd_sleep(const struct timespec* time, struct timespec* left) {
    int error = clock_nanosleep(CLOCK_REALTIME, 0, time, left);
    return error == 0 ? 0 : error == EINTR ? -1 : -2;
}

/* Waits without an end publish nothing, but have to let our signals through, whatever mask the program gives, and must
 * not end by them. */
EXPORT int sigsuspend(const sigset_t* given) {
    if (fakemx_page() == NULL) {
        return (int)fakemx_result(fakemx_blocking_call(SYS_rt_sigsuspend, (long)given, sizeof(uint64_t), 0, 0, 0, 0));
    }
    uint64_t mask = fakemx_wait_mask(given);
    struct fakemx_wait wait;
    long result;
    fakemx_enter(&wait, FAKEMX_NO_DEADLINE);
    do {
        result = fakemx_blocking_call(SYS_rt_sigsuspend, (long)&mask, sizeof mask, 0, 0, 0, 0);
    } while (result == -EINTR && !fakemx_was_interrupted(&wait));
    return (int)fakemx_result(result);
}

EXPORT int __sigsuspend(const sigset_t* given) {
    return sigsuspend(given);
}

EXPORT int pause(void) {
    uint64_t mask[16] = {fakemx_wait_mask(NULL)};
    return sigsuspend((const sigset_t*)(const void*)mask);
}

/* A signal number or a negative error. Our two signals are waited for as well: a program that blocks all signals would
 * not be knocked awake otherwise. */
static long take_signal(const sigset_t* set, siginfo_t* info, int64_t deadline_ns) {
    const uint64_t ours =
        UINT64_C(1) << (FAKEMX_KNOCK_SIGNAL - 1) | UINT64_C(1) << (FAKEMX_TIMERFD_SIGNAL - 1);
    uint64_t wanted = *(const uint64_t*)(const void*)set | ours;
    struct timespec none = {0, 0};
    struct fakemx_wait wait;
    long result = -EAGAIN;
    fakemx_enter(&wait, deadline_ns);
    for (;;) {
        bool due = fakemx_is_due(&wait);
        result = fakemx_waiting_call(SYS_rt_sigtimedwait, (long)&wanted, (long)info, due ? (long)&none : 0,
                                      sizeof wanted, 0, 0);
        if (result == FAKEMX_TIMERFD_SIGNAL) fakemx_expire_timerfds();
        if (result == FAKEMX_KNOCK_SIGNAL || result == FAKEMX_TIMERFD_SIGNAL) continue;
        if (result != -EINTR || due) break;
        if (!fakemx_is_due(&wait) && fakemx_was_interrupted(&wait)) break;
    }
    fakemx_leave(&wait);
    return result;
}

EXPORT int sigtimedwait(const sigset_t* restrict set, siginfo_t* restrict info,
                        const struct timespec* restrict timeout) {
    int64_t ns = timeout == NULL ? FAKEMX_NO_DEADLINE : fakemx_from_timespec(timeout);
    if (fakemx_page() == NULL || ns < 0) {
        return (int)fakemx_result(fakemx_blocking_call(SYS_rt_sigtimedwait, (long)set, (long)info, (long)timeout,
                                                       sizeof(uint64_t), 0, 0));
    }
    if (ns == 0) fakemx_looked();
    return (int)fakemx_result(take_signal(set, info, fakemx_after(ns)));
}

EXPORT int sigwaitinfo(const sigset_t* restrict set, siginfo_t* restrict info) {
    return sigtimedwait(set, info, NULL);
}

EXPORT int sigwait(const sigset_t* restrict set, int* restrict signal_number) {
    int result;
    do {
        result = sigtimedwait(set, NULL, NULL);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    *signal_number = result;
    return 0;
}
