/* Several processes, and what daemons do to themselves. */

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "waiter.h"

#define ROUNDS 1000

static int readable_within(int descriptor, int seconds) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    struct timeval time = {seconds, 0};
    return select(descriptor + 1, &set, NULL, NULL, &time);
}

/* Two processes talk through pipes, each with a short timeout. The clock must never run while one of them works. */
static int converse(int in, int out, int first) {
    char octet = 0;
    int timeouts = 0;
    for (int round = 0; round < ROUNDS; ++round) {
        if (first) require(write(out, &octet, 1) == 1, "write");
        if (readable_within(in, 1) != 1) ++timeouts;
        require(read(in, &octet, 1) == 1, "read");
        for (volatile int work = 0; work < 2000 * (round % 7); ++work) {
        }
        if (!first) require(write(out, &octet, 1) == 1, "write");
    }
    return timeouts;
}

static void do_conversation(void) {
    int there[2], back[2];
    require(pipe(there) == 0 && pipe(back) == 0, "pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(converse(there[0], back[1], 0) != 0);
    }
    report("timeouts", converse(back[0], there[1], 1));
    int status;
    require(waitpid(child, &status, 0) == child, "waitpid");
    report("child", status);
    report("silence", readable_within(back[0], 3600));
}

/* The child works for 200 ms of processor time. */
static void do_burn(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        struct rusage usage;
        do {
            getrusage(RUSAGE_SELF, &usage);
        } while (usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec + usage.ru_stime.tv_usec < 200000);
        require(write(ends[1], "x", 1) == 1, "write");
        _exit(0);
    }
    report("select", readable_within(ends[0], 3600));
}

static void do_closefrom(void) {
    report("sleep", sleep(60));
    struct rlimit few = {0, 0};
    closefrom(3);
    setrlimit(RLIMIT_NOFILE, &few);
    report("sleep", sleep(60));
    if (fork() == 0) {
        report("child's sleep", sleep(60));
        _exit(0);
    }
    wait(NULL);
}

/* As a server does that shuts itself in: an empty root, no privileges, no environment. */
static void do_chroot(void) {
    clearenv();
    require(chroot(arguments[0]) == 0 && chdir("/") == 0, "chroot");
    require(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
    report("sleep", sleep(60));
    alarm(30);
    signal(SIGALRM, SIG_IGN);
    if (fork() == 0) {
        report("child's sleep", sleep(90));
        _exit(0);
    }
    wait(NULL);
    mark("waited");
}

static void do_daemon(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            sleep(100);
            mark("orphan");
            exit(0);
        }
        _exit(0);
    }
    close(ends[1]);
    char octet;
    /* Ends when the last holder of the other end does. */
    report("read", read(ends[0], &octet, 1));
    wait(NULL);
}

/* Children whose deadlines are the same run one after the other, in the order in which they were started. */
static void do_crowd(void) {
    struct timespec begin;
    clock_gettime(CLOCK_REALTIME, &begin);
    begin.tv_sec += 100;
    for (int child = 0; child < 20; ++child) {
        if (fork() != 0) continue;
        char name[20];
        snprintf(name, sizeof name, "%d", child);
        clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &begin, NULL);
        mark(name);
        _exit(0);
    }
    while (wait(NULL) > 0) {
    }
}

/* Waits an hour; for tests that do something to it. */
static void do_hour(void) {
    report("sleep", sleep(3600));
}

static void do_killed(void) {
    pid_t child = fork();
    if (child == 0) {
        sleep(1000);
        _exit(0);
    }
    sleep(10);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    report("killed by", WTERMSIG(status));
    report("sleep", sleep(10000));
}

static void do_stopped(void) {
    pid_t child = fork();
    if (child == 0) {
        sleep(100);
        mark("child");
        _exit(0);
    }
    sleep(10);
    kill(child, SIGSTOP);
    sleep(1000);
    mark("parent");
    kill(child, SIGCONT);
    wait(NULL);
}

/* The C library asks the name server at that port for a name, and waits by the kernel's clock. 1: there is no such name. */
static void do_resolve(void) {
    unsigned char answer[512];
    struct __res_state resolver;
    memset(&resolver, 0, sizeof resolver);
    require(res_ninit(&resolver) == 0, "res_ninit");
    resolver.nscount = 1;
    resolver.nsaddr_list[0].sin_family = AF_INET;
    resolver.nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    resolver.nsaddr_list[0].sin_port = htons((unsigned short)atoi(arguments[0]));
    require(res_nquery(&resolver, "163.com", ns_c_in, ns_t_mx, answer, sizeof answer) == -1, "res_nquery");
    report("no such name", resolver.res_h_errno);
    sleep(60);
    mark("sleep");
}

const struct part process_waits[] = {{"conversation", do_conversation},
                                     {"burn", do_burn},
                                     {"closefrom", do_closefrom},
                                     {"chroot", do_chroot},
                                     {"daemon", do_daemon},
                                     {"crowd", do_crowd},
                                     {"hour", do_hour},
                                     {"killed", do_killed},
                                     {"resolve", do_resolve},
                                     {"stopped", do_stopped},
                                     {NULL, NULL}};
