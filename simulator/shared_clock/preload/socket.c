/* SO_RCVTIMEO and SO_SNDTIMEO. The kernel is given a timeout of some years more: it never comes, it is inherited and
 * shared as the socket is, and what was asked for can be read from it wherever the socket went. A blocking call on such a
 * socket waits for it first, with the virtual timeout. */

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shared_clock/preload/preload.h"

#define YEARS_S INT64_C(100000000)

static bool is_timeout(int level, int option) {
    return fakemx_page() != NULL && level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO);
}

EXPORT int setsockopt(int socket, int level, int option, const void* value, socklen_t octets) {
    struct timeval shifted;
    if (is_timeout(level, option) && octets == sizeof shifted) {
        shifted = *(const struct timeval*)value;
        if (shifted.tv_sec > 0 || (shifted.tv_sec == 0 && shifted.tv_usec > 0)) {
            atomic_store(&fakemx_page()->socket_timeouts, 1);
            shifted.tv_sec += YEARS_S;
            value = &shifted;
        }
    }
    return (int)fakemx_result(fakemx_call(SYS_setsockopt, socket, level, option, (long)value, octets, 0));
}

EXPORT int getsockopt(int socket, int level, int option, void* restrict value, socklen_t* restrict octets) {
    long result = fakemx_call(SYS_getsockopt, socket, level, option, (long)value, (long)octets, 0);
    if (result == 0 && is_timeout(level, option) && *octets == sizeof(struct timeval)) {
        struct timeval* time = value;
        if (time->tv_sec >= YEARS_S) time->tv_sec -= YEARS_S;
    }
    return (int)fakemx_result(result);
}

/* The virtual timeout of a blocking call, or -1 where there is none. Costs nothing before the first use of one. */
static int64_t timeout_of(int descriptor, int option, int flags) {
    struct fakemx_page* page = fakemx_page();
    if (page == NULL || atomic_load_explicit(&page->socket_timeouts, memory_order_relaxed) == 0) return -1;
    if ((flags & MSG_DONTWAIT) != 0) return -1;
    struct timeval time = {0, 0};
    socklen_t octets = sizeof time;
    long result = fakemx_call(SYS_getsockopt, descriptor, SOL_SOCKET, option, (long)&time, (long)&octets, 0);
    if (result != 0 || time.tv_sec < YEARS_S) return -1;
    if ((fakemx_call(SYS_fcntl, descriptor, F_GETFL, 0, 0, 0, 0) & O_NONBLOCK) != 0) return -1;
    time.tv_sec -= YEARS_S;
    return fakemx_from_timeval(&time);
}

/* 0 when the call can go on without waiting, or the error that the call ends with. */
static int wait_ready(int descriptor, short events, int64_t timeout_ns) {
    struct pollfd wanted = {descriptor, events, 0};
    struct timespec time = fakemx_to_timespec(timeout_ns);
    int before = errno;
    int ready = ppoll(&wanted, 1, &time, NULL);
    int error = ready < 0 ? errno : ready == 0 ? EAGAIN : 0;
    errno = before;
    return error;
}

/* Makes the call once it need not wait. A large write may still wait in the middle, for as long as it takes. */
static ssize_t call_when_ready(int descriptor, short events, int flags, long number, long b, long c, long d, long e,
                               long f) {
    int64_t timeout_ns = timeout_of(descriptor, events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO, flags);
    if (timeout_ns > 0) {
        int error = wait_ready(descriptor, events, timeout_ns);
        if (error != 0) {
            errno = error;
            return -1;
        }
    }
    return fakemx_result(fakemx_blocking_call(number, descriptor, b, c, d, e, f));
}

EXPORT ssize_t read(int descriptor, void* buffer, size_t octets) {
    return call_when_ready(descriptor, POLLIN, 0, SYS_read, (long)buffer, (long)octets, 0, 0, 0);
}

EXPORT ssize_t __read(int descriptor, void* buffer, size_t octets) {
    return read(descriptor, buffer, octets);
}

EXPORT ssize_t readv(int descriptor, const struct iovec* parts, int count) {
    return call_when_ready(descriptor, POLLIN, 0, SYS_readv, (long)parts, count, 0, 0, 0);
}

EXPORT ssize_t recv(int socket, void* buffer, size_t octets, int flags) {
    return call_when_ready(socket, POLLIN, flags, SYS_recvfrom, (long)buffer, (long)octets, flags, 0, 0);
}

EXPORT ssize_t recvfrom(int socket, void* restrict buffer, size_t octets, int flags, struct sockaddr* restrict from,
                        socklen_t* restrict from_octets) {
    return call_when_ready(socket, POLLIN, flags, SYS_recvfrom, (long)buffer, (long)octets, flags, (long)from,
                           (long)from_octets);
}

EXPORT ssize_t recvmsg(int socket, struct msghdr* message, int flags) {
    return call_when_ready(socket, POLLIN, flags, SYS_recvmsg, (long)message, flags, 0, 0, 0);
}

void __chk_fail(void) __attribute__((noreturn));

EXPORT ssize_t __read_chk(int descriptor, void* buffer, size_t octets, size_t room) {
    if (octets > room) __chk_fail();
    return read(descriptor, buffer, octets);
}

EXPORT ssize_t __recv_chk(int socket, void* buffer, size_t octets, size_t room, int flags) {
    if (octets > room) __chk_fail();
    return recv(socket, buffer, octets, flags);
}

EXPORT ssize_t __recvfrom_chk(int socket, void* restrict buffer, size_t octets, size_t room, int flags,
                              struct sockaddr* restrict from, socklen_t* restrict from_octets) {
    if (octets > room) __chk_fail();
    return recvfrom(socket, buffer, octets, flags, from, from_octets);
}

EXPORT int accept4(int socket, struct sockaddr* restrict address, socklen_t* restrict octets, int flags) {
    return (int)call_when_ready(socket, POLLIN, 0, SYS_accept4, (long)address, (long)octets, flags, 0, 0);
}

EXPORT int accept(int socket, struct sockaddr* restrict address, socklen_t* restrict octets) {
    return accept4(socket, address, octets, 0);
}

EXPORT ssize_t write(int descriptor, const void* buffer, size_t octets) {
    return call_when_ready(descriptor, POLLOUT, 0, SYS_write, (long)buffer, (long)octets, 0, 0, 0);
}

EXPORT ssize_t __write(int descriptor, const void* buffer, size_t octets) {
    return write(descriptor, buffer, octets);
}

EXPORT ssize_t writev(int descriptor, const struct iovec* parts, int count) {
    return call_when_ready(descriptor, POLLOUT, 0, SYS_writev, (long)parts, count, 0, 0, 0);
}

EXPORT ssize_t sendto(int socket, const void* buffer, size_t octets, int flags, const struct sockaddr* to,
                      socklen_t to_octets) {
    return call_when_ready(socket, POLLOUT, flags, SYS_sendto, (long)buffer, (long)octets, flags, (long)to, to_octets);
}

EXPORT ssize_t send(int socket, const void* buffer, size_t octets, int flags) {
    return sendto(socket, buffer, octets, flags, NULL, 0);
}

EXPORT ssize_t __send(int socket, const void* buffer, size_t octets, int flags) {
    return send(socket, buffer, octets, flags);
}

EXPORT ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
    return call_when_ready(socket, POLLOUT, flags, SYS_sendmsg, (long)message, flags, 0, 0, 0);
}

static int connect_within(int socket, const struct sockaddr* address, socklen_t octets, int64_t timeout_ns) {
    long flags = fakemx_call(SYS_fcntl, socket, F_GETFL, 0, 0, 0, 0);
    fakemx_call(SYS_fcntl, socket, F_SETFL, flags | O_NONBLOCK, 0, 0, 0);
    long result = fakemx_call(SYS_connect, socket, (long)address, octets, 0, 0, 0);
    if (result == -EINPROGRESS) {
        int error = wait_ready(socket, POLLOUT, timeout_ns);
        /* connect says EINPROGRESS when its time is over, unlike the others. */
        result = error == EAGAIN ? -EINPROGRESS : -error;
        socklen_t error_octets = sizeof error;
        if (result == 0) {
            fakemx_call(SYS_getsockopt, socket, SOL_SOCKET, SO_ERROR, (long)&error, (long)&error_octets, 0);
            result = -error;
        }
    }
    fakemx_call(SYS_fcntl, socket, F_SETFL, flags, 0, 0, 0);
    return (int)fakemx_result(result);
}

EXPORT int connect(int socket, const struct sockaddr* address, socklen_t octets) {
    int64_t timeout_ns = timeout_of(socket, SO_SNDTIMEO, 0);
    if (timeout_ns > 0) return connect_within(socket, address, octets, timeout_ns);
    return (int)fakemx_result(fakemx_blocking_call(SYS_connect, socket, (long)address, octets, 0, 0, 0));
}

EXPORT int __connect(int socket, const struct sockaddr* address, socklen_t octets) {
    return connect(socket, address, octets);
}
