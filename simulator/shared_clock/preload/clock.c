/* What time it is. */

#include <sys/timeb.h>

#include "shared_clock/preload/preload.h"

/* How often a thread may look at the clock without waiting in between before it is taken to wait for something: first
 * for others to do what they have to do, and if it then still looks, for the clock itself. Then it sleeps in virtual
 * time, longer each time: a loop that waits for the next second ends after some hundred looks of the observer. */
#define LOOKS_MAX 10000
#define FIRST_STEP_NS INT64_C(1000)
#define DOUBLINGS_MAX 14

static __thread unsigned looks __attribute__((tls_model("initial-exec")));
static __thread unsigned doublings __attribute__((tls_model("initial-exec")));
static __thread bool stepping __attribute__((tls_model("initial-exec")));

void fakemx_looked(void) {
    if (stepping || ++looks < LOOKS_MAX) return;
    looks = 0;
    stepping = true;
    if (doublings == 0) {
        fakemx_let_others_run();
    } else {
        fakemx_sleep_until(fakemx_after(FIRST_STEP_NS << (doublings - 1)));
    }
    stepping = false;
    if (doublings < DOUBLINGS_MAX) ++doublings;
}

void fakemx_waited(void) {
    if (stepping) return;
    looks = 0;
    doublings = 0;
}

int64_t fakemx_now_ns(void) {
    return atomic_load(&fakemx_page()->now_ns);
}

static int64_t from_realtime(int64_t ns) {
    return ns - fakemx_page()->epoch_ns + FAKEMX_MONOTONIC_BASE_NS;
}

int64_t fakemx_monotonic_ns(void) {
    return from_realtime(fakemx_now_ns());
}

static bool is_monotonic(clockid_t clock) {
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE ||
           clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM;
}

bool fakemx_is_virtual_clock(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_REALTIME_ALARM ||
           clock == CLOCK_TAI || is_monotonic(clock);
}

int64_t fakemx_clock_ns(clockid_t clock) {
    return is_monotonic(clock) ? fakemx_monotonic_ns() : fakemx_now_ns();
}

static int64_t saturated(int64_t seconds, int64_t ns) {
    return seconds >= INT64_MAX / NS_PER_S ? FAKEMX_NO_DEADLINE : seconds * NS_PER_S + ns;
}

int64_t fakemx_from_timespec(const struct timespec* time) {
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S) return -1;
    return saturated(time->tv_sec, time->tv_nsec);
}

int64_t fakemx_from_timeval(const struct timeval* time) {
    if (time->tv_sec < 0 || time->tv_usec < 0) return -1;
    return saturated(time->tv_sec, (int64_t)time->tv_usec * 1000);
}

struct timespec fakemx_to_timespec(int64_t ns) {
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

struct timeval fakemx_to_timeval(int64_t ns) {
    return (struct timeval){.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / 1000};
}

int64_t fakemx_after(int64_t duration_ns) {
    int64_t now = fakemx_now_ns();
    return duration_ns >= FAKEMX_NO_DEADLINE - now ? FAKEMX_NO_DEADLINE : now + duration_ns;
}

int64_t fakemx_deadline_at(clockid_t clock, const struct timespec* time) {
    int64_t ns = fakemx_from_timespec(time);
    if (ns < 0 || ns == FAKEMX_NO_DEADLINE || !is_monotonic(clock)) return ns;
    int64_t shift = fakemx_page()->epoch_ns - FAKEMX_MONOTONIC_BASE_NS;
    if (ns >= FAKEMX_NO_DEADLINE - shift) return FAKEMX_NO_DEADLINE;
    return ns + shift > 0 ? ns + shift : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec* time) {
    if (fakemx_page() == NULL || !fakemx_is_virtual_clock(clock)) {
        return (int)fakemx_result(fakemx_call(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0));
    }
    fakemx_looked();
    *time = fakemx_to_timespec(fakemx_clock_ns(clock));
    return 0;
}

EXPORT int __clock_gettime(clockid_t clock, struct timespec* time) {
    return clock_gettime(clock, time);
}

EXPORT int gettimeofday(struct timeval* restrict time, void* restrict zone) {
    if (zone != NULL) {
        struct timeval ignored;
        fakemx_call(SYS_gettimeofday, (long)&ignored, (long)zone, 0, 0, 0, 0);
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (time != NULL) *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

EXPORT int __gettimeofday(struct timeval* restrict time, void* restrict zone) {
    return gettimeofday(time, zone);
}

EXPORT time_t time(time_t* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

EXPORT int timespec_get(struct timespec* time, int base) {
    if (base != TIME_UTC) return 0;
    clock_gettime(CLOCK_REALTIME, time);
    return base;
}

EXPORT int ftime(struct timeb* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *result = (struct timeb){.time = now.tv_sec, .millitm = (unsigned short)(now.tv_nsec / 1000000)};
    return 0;
}
