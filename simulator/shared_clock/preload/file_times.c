/* Times of files that a program sets to "now" are virtual. Those it gives explicitly and those it reads pass through,
 * and what the kernel stamps by itself is the real time: docs/internals/SHARED-CLOCK.md says what follows. */

#include <fcntl.h>
#include <sys/stat.h>
#include <utime.h>

#include "shared_clock/preload/preload.h"

static void put_now(struct timespec* time) {
    if (time->tv_nsec == UTIME_NOW) *time = fakemx_to_timespec(fakemx_now_ns());
}

static bool is_now(const struct timespec* times) {
    return times == NULL || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
}

static long set_times(int folder, const char* path, const struct timespec* times, int flags) {
    if (fakemx_page() == NULL) return fakemx_call(SYS_utimensat, folder, (long)path, (long)times, flags, 0, 0);
    struct timespec given[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (times != NULL) {
        given[0] = times[0];
        given[1] = times[1];
    }
    bool now = is_now(times);
    put_now(&given[0]);
    put_now(&given[1]);
    long result = fakemx_call(SYS_utimensat, folder, (long)path, (long)given, flags, 0, 0);
    /* "Now" may be set by whoever may write, any other time by the owner alone. */
    if (result == -EPERM && now) return fakemx_call(SYS_utimensat, folder, (long)path, 0, flags, 0, 0);
    return result;
}

EXPORT int utimensat(int folder, const char* path, const struct timespec times[2], int flags) {
    return (int)fakemx_result(path == NULL ? -EINVAL : set_times(folder, path, times, flags));
}

EXPORT int futimens(int file, const struct timespec times[2]) {
    return (int)fakemx_result(file < 0 ? -EBADF : set_times(file, NULL, times, 0));
}

static int set_timevals(int folder, const char* path, const struct timeval* times, int flags) {
    if (times == NULL) return (int)fakemx_result(set_times(folder, path, NULL, flags));
    struct timespec given[2];
    for (int index = 0; index < 2; ++index) {
        if (times[index].tv_usec < 0 || times[index].tv_usec >= 1000000) return (int)fakemx_result(-EINVAL);
        given[index] = (struct timespec){times[index].tv_sec, times[index].tv_usec * 1000};
    }
    return (int)fakemx_result(set_times(folder, path, given, flags));
}

EXPORT int utimes(const char* path, const struct timeval times[2]) {
    return set_timevals(AT_FDCWD, path, times, 0);
}

EXPORT int lutimes(const char* path, const struct timeval times[2]) {
    return set_timevals(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

EXPORT int futimes(int file, const struct timeval times[2]) {
    return file < 0 ? (int)fakemx_result(-EBADF) : set_timevals(file, NULL, times, 0);
}

EXPORT int futimesat(int folder, const char* path, const struct timeval times[2]) {
    return set_timevals(folder, path, times, 0);
}

EXPORT int utime(const char* path, const struct utimbuf* times) {
    if (times == NULL) return (int)fakemx_result(set_times(AT_FDCWD, path, NULL, 0));
    struct timespec given[2] = {{times->actime, 0}, {times->modtime, 0}};
    return (int)fakemx_result(set_times(AT_FDCWD, path, given, 0));
}
