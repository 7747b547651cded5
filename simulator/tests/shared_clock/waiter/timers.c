/* Timers that send signals or make a descriptor readable. */

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "waiter.h"

static void print_value(const struct itimerspec* value) {
    printf("left %ld.%09ld, every %ld.%09ld\n", (long)value->it_value.tv_sec, value->it_value.tv_nsec,
           (long)value->it_interval.tv_sec, value->it_interval.tv_nsec);
}

static void do_timer(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
    timer_t timer;
    report("timer_create", timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec value = {.it_value = {3600, 1000}, .it_interval = {60, 0}}, now;
    report("timer_settime", timer_settime(timer, 0, &value, NULL));
    for (int round = 0; round < 3; ++round) {
        siginfo_t info;
        report("signal", sigwaitinfo(&set, &info));
        printf("value %d, code %d\n", info.si_value.sival_int, info.si_code == SI_TIMER);
    }
    sleep(20);
    timer_gettime(timer, &now);
    print_value(&now);
    clock_gettime(CLOCK_MONOTONIC, &value.it_value);
    value.it_value.tv_sec += 100;
    value.it_interval = (struct timespec){0, 0};
    timer_settime(timer, TIMER_ABSTIME, &value, &now);
    print_value(&now);
    report("signal", sigwaitinfo(&set, NULL));
    report("timer_delete", timer_delete(timer));
    report("deleted", timer_gettime(timer, &now));
}

static long expirations(int timer) {
    uint64_t count = 0;
    ssize_t octets = read(timer, &count, sizeof count);
    return octets == sizeof count ? (long)count : -1;
}

static void do_timerfd(void) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec value = {.it_value = {3600, 0}, .it_interval = {60, 0}}, now;
    report("timerfd_settime", timerfd_settime(timer, 0, &value, NULL));
    struct pollfd descriptor = {timer, POLLIN, 0};
    report("poll", poll(&descriptor, 1, 600 * 1000));
    timerfd_gettime(timer, &now);
    print_value(&now);
    report("poll", poll(&descriptor, 1, -1));
    report("expirations", expirations(timer));
    report("expirations", expirations(timer));
    sleep(600);
    report("expirations", expirations(timer));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    report("epoll_wait", epoll_wait(epoll, &event, 1, -1));
    report("expirations", expirations(timer));
    close(timer);
    report("sleep", sleep(3600));
    timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    report("nothing yet", expirations(timer));
    clock_gettime(CLOCK_REALTIME, &value.it_value);
    value.it_value.tv_sec += 5;
    value.it_interval = (struct timespec){0, 0};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &value, NULL);
    descriptor.fd = timer;
    report("poll", poll(&descriptor, 1, 60000));
}

static void do_queue(void) {
    char name[40];
    snprintf(name, sizeof name, "/fakemx-waiter-%d", (int)getpid());
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    require(queue != (mqd_t)-1, "mq_open");
    mq_unlink(name);
    struct timespec time;
    char text[8];
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 60;
    report("mq_timedreceive", mq_timedreceive(queue, text, sizeof text, NULL, &time));
    report("mq_timedsend", mq_timedsend(queue, "x", 1, 0, &time));
    time.tv_sec += 60;
    report("mq_timedsend", mq_timedsend(queue, "x", 1, 0, &time));
    report("mq_timedreceive", mq_timedreceive(queue, text, sizeof text, NULL, &time));
}

static long modified(const char* path) {
    struct stat status;
    require(stat(path, &status) == 0, "stat");
    return (long)status.st_mtime;
}

static void do_files(void) {
    const char* path = arguments[0];
    close(open(path, O_WRONLY | O_CREAT, 0600));
    sleep(1000);
    long now = (long)time(NULL);
    require(utime(path, NULL) == 0, "utime");
    report("utime", modified(path) - now);
    sleep(1);
    require(utimes(path, NULL) == 0, "utimes");
    report("utimes", modified(path) - now);
    sleep(1);
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
    require(utimensat(AT_FDCWD, path, times, 0) == 0, "utimensat");
    report("utimensat", modified(path) - now);
    struct utimbuf given = {5, now + 12345};
    require(utime(path, &given) == 0, "utime");
    report("utime of a time", modified(path) - now);
    int file = open(path, O_WRONLY);
    require(futimens(file, NULL) == 0, "futimens");
    report("futimens", modified(path) - now);
}

const struct part timer_waits[] = {
    {"timer", do_timer}, {"timerfd", do_timerfd}, {"queue", do_queue}, {"files", do_files}, {NULL, NULL}};
