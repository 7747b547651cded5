/* Waits that nothing ends but their deadline, or that a descriptor ends. */

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "waiter.h"

#define HOUR 3600

static struct timespec at(clockid_t clock, time_t seconds) {
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += seconds;
    return time;
}

static void do_poll(void) {
    struct pollfd descriptor = {silent_pipe(), POLLIN, 0};
    struct timespec hour = {HOUR, 5};
    sigset_t none;
    sigemptyset(&none);
    report("poll", poll(&descriptor, 1, HOUR * 1000));
    report("ppoll", ppoll(&descriptor, 1, &hour, NULL));
    report("ppoll with a mask", ppoll(&descriptor, 1, &hour, &none));
    report("poll of nothing", poll(NULL, 0, 1));
    report("poll of no length", poll(&descriptor, 1, 0));
}

static void do_select(void) {
    int in = silent_pipe();
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in, &set);
    struct timeval hour = {HOUR, 1};
    report("select", select(in + 1, &set, NULL, NULL, &hour));
    printf("left %ld.%06ld, set %d\n", (long)hour.tv_sec, (long)hour.tv_usec, FD_ISSET(in, &set) != 0);
    FD_SET(in, &set);
    struct timespec precise = {HOUR, 1};
    report("pselect", pselect(in + 1, &set, NULL, NULL, &precise, NULL));
    hour = (struct timeval){0, 250000};
    report("select of nothing", select(0, NULL, NULL, NULL, &hour));
    struct timeval bad = {-1, 0};
    report("select of a negative time", select(0, NULL, NULL, NULL, &bad));
}

static void do_epoll(void) {
    int epoll = epoll_create1(0), in = silent_pipe();
    struct epoll_event event = {.events = EPOLLIN}, got;
    epoll_ctl(epoll, EPOLL_CTL_ADD, in, &event);
    struct timespec hour = {HOUR, 7};
    report("epoll_wait", epoll_wait(epoll, &got, 1, HOUR * 1000));
    report("epoll_pwait", epoll_pwait(epoll, &got, 1, HOUR * 1000, NULL));
    report("epoll_pwait2", epoll_pwait2(epoll, &got, 1, &hour, NULL));
}

static void do_sleep(void) {
    struct timespec hour = {HOUR, 3}, soon;
    report("nanosleep", nanosleep(&hour, NULL));
    report("clock_nanosleep", clock_nanosleep(CLOCK_REALTIME, 0, &hour, NULL));
    soon = at(CLOCK_MONOTONIC, HOUR);
    report("until monotonic", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &soon, NULL));
    soon = at(CLOCK_REALTIME, HOUR);
    report("until realtime", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &soon, NULL));
    report("until the past", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &hour, NULL));
    report("sleep", sleep(5 * 86400));
    report("usleep", usleep(1));
    report("thrd_sleep", thrd_sleep(&hour, NULL));
    struct timespec bad = {0, 2000000000};
    report("nanosleep of a bad time", nanosleep(&bad, NULL));
}

static void do_clocks(void) {
    struct timespec one, two;
    struct timeval three;
    struct timeb four;
    sleep(2);
    clock_gettime(CLOCK_REALTIME, &one);
    timespec_get(&two, TIME_UTC);
    gettimeofday(&three, NULL);
    ftime(&four);
    printf("%ld %ld %ld %ld %ld\n", (long)one.tv_sec, (long)two.tv_sec, (long)three.tv_sec, (long)four.time,
           (long)time(NULL));
    clock_gettime(CLOCK_MONOTONIC, &one);
    clock_gettime(CLOCK_BOOTTIME, &two);
    printf("%ld.%09ld %ld.%09ld\n", (long)one.tv_sec, one.tv_nsec, (long)two.tv_sec, two.tv_nsec);
}

/* A child waits ten minutes and writes: the parent's hour is cut short, and its descriptor is ready. */
static void do_ready(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        sleep(600);
        require(write(ends[1], "x", 1) == 1, "write");
        sleep(600);
        _exit(0);
    }
    struct pollfd descriptor = {ends[0], POLLIN, 0};
    report("poll", poll(&descriptor, 1, HOUR * 1000));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval hour = {HOUR, 0};
    report("select", select(ends[0] + 1, &set, NULL, NULL, &hour));
    printf("left %ld.%06ld\n", (long)hour.tv_sec, (long)hour.tv_usec);
    close(ends[1]);
    int status;
    report("wait", wait(&status) > 0 ? status : -1);
}

/* Waits for the clock to tick, without waiting. */
static void do_spin(void) {
    time_t second = time(NULL);
    while (time(NULL) == second) {
    }
    report("spun", time(NULL) - second);
    struct timeval now, begin;
    gettimeofday(&begin, NULL);
    do {
        poll(NULL, 0, 0);
        gettimeofday(&now, NULL);
    } while (now.tv_sec == begin.tv_sec);
    report("spun with poll", now.tv_sec - begin.tv_sec);
}

const struct part simple_waits[] = {{"poll", do_poll},     {"select", do_select}, {"epoll", do_epoll},
                                    {"sleep", do_sleep},   {"clocks", do_clocks}, {"ready", do_ready},
                                    {"spin", do_spin},     {NULL, NULL}};
