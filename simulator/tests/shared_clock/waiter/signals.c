/* Waits that a signal ends, and alarms. */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "waiter.h"

static volatile sig_atomic_t caught;
static sigjmp_buf jump;

static void count(int number) {
    (void)number;
    ++caught;
}

static void leap(int number) {
    (void)number;
    siglongjmp(jump, 1);
}

static void on_alarm(void (*action)(int), int flags) {
    struct sigaction wanted = {.sa_handler = action, .sa_flags = flags};
    sigaction(SIGALRM, &wanted, NULL);
}

static void do_interrupted(void) {
    on_alarm(count, SA_RESTART);
    struct timeval minute = {60, 0};
    alarm(5);
    report("select", select(0, NULL, NULL, NULL, &minute));
    printf("left %ld.%06ld\n", (long)minute.tv_sec, (long)minute.tv_usec);
    struct timespec time = {60, 0}, left = {0, 0};
    alarm(5);
    report("nanosleep", nanosleep(&time, &left));
    printf("left %ld.%09ld\n", (long)left.tv_sec, left.tv_nsec);
    alarm(5);
    report("sleep", sleep(60));
    alarm(5);
    report("poll", poll(NULL, 0, 60000));
    alarm(5);
    report("poll without end", poll(NULL, 0, -1));
    int epoll = epoll_create1(0);
    struct epoll_event event;
    alarm(5);
    report("epoll_wait", epoll_wait(epoll, &event, 1, 60000));
    alarm(5);
    report("pause", pause());
    sigset_t none;
    sigemptyset(&none);
    alarm(5);
    report("sigsuspend", sigsuspend(&none));
    printf("caught %d\n", (int)caught);
}

static void do_alarm(void) {
    on_alarm(count, 0);
    report("no alarm before", alarm(3600));
    sleep(600);
    report("alarm left", alarm(0));
    sleep(7200);
    printf("caught %d\n", (int)caught);
    struct itimerval every = {.it_interval = {0, 500000}, .it_value = {1, 0}}, now;
    setitimer(ITIMER_REAL, &every, NULL);
    for (int round = 0; round < 4; ++round) {
        pause();
        mark("tick");
    }
    getitimer(ITIMER_REAL, &now);
    printf("next in %ld.%06ld, then every %ld.%06ld\n", (long)now.it_value.tv_sec, (long)now.it_value.tv_usec,
           (long)now.it_interval.tv_sec, (long)now.it_interval.tv_usec);
    memset(&every, 0, sizeof every);
    setitimer(ITIMER_REAL, &every, NULL);
    sleep(60);
    printf("caught %d\n", (int)caught);
}

static void do_sigwait(void) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    struct timespec hour = {3600, 0};
    report("sigtimedwait", sigtimedwait(&set, NULL, &hour));
    alarm(60);
    report("sigtimedwait", sigtimedwait(&set, NULL, &hour));
    alarm(60);
    report("sigwaitinfo", sigwaitinfo(&set, NULL));
    int number = 0;
    alarm(60);
    report("sigwait", sigwait(&set, &number) == 0 ? number : -1);
    /* All signals are blocked, the ones that the waits need too. */
    report("poll", poll(NULL, 0, 1000));
    report("sleep", sleep(60));
}

/* A wait that is left by a jump is over, even if the thread then waits in a way that has no timeout. */
static void do_jump(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    if (fork() == 0) {
        sleep(10000);
        require(write(ends[1], "x", 1) == 1, "write");
        _exit(0);
    }
    on_alarm(leap, 0);
    if (sigsetjmp(jump, 1) == 0) {
        alarm(5);
        sleep(60);
    }
    mark("jumped");
    char octet;
    report("read", read(ends[0], &octet, 1));
    if (sigsetjmp(jump, 1) == 0) {
        alarm(5);
        poll(NULL, 0, 60000);
    }
    report("sleep", sleep(7));
    wait(NULL);
}

/* A handler that waits itself. */
static void nap(int number) {
    (void)number;
    sleep(100);
    mark("handler napped");
}

static void do_nested(void) {
    on_alarm(nap, 0);
    alarm(5);
    report("poll", poll(NULL, 0, 60000));
    report("sleep", sleep(60));
}

static void do_exec(void) {
    alarm(100);
    sleep(30);
    mark("exec");
    fflush(stdout);
    execl("/proc/self/exe", "waiter", "after-exec", NULL);
}

static void do_after_exec(void) {
    on_alarm(count, 0);
    /* Sixty, had it been asked the second before. */
    report("sleep", sleep(1000));
    printf("caught %d\n", (int)caught);
}

static void do_fork(void) {
    on_alarm(count, 0);
    alarm(100);
    pid_t child = fork();
    if (child == 0) {
        report("child's sleep", sleep(1000));
        report("child's alarm", alarm(0));
        exit(caught);
    }
    int status;
    report("parent's sleep", sleep(1000));
    require(waitpid(child, &status, 0) == child, "waitpid");
    report("child caught", WEXITSTATUS(status));
    /* The default action of the alarm that nobody catches. */
    child = fork();
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(100);
        pause();
    }
    require(waitpid(child, &status, 0) == child, "waitpid");
    report("child killed by", WTERMSIG(status));
}

/* A program that resets every signal it can name does not thereby cut itself off. */
static void do_reset(void) {
    for (int number = 1; number <= 64; ++number) {
        signal(number, SIG_DFL);
        struct sigaction action = {.sa_handler = SIG_IGN};
        if (number > 32) sigaction(number, &action, NULL);
    }
    report("sleep", sleep(3600));
    on_alarm(count, 0);
    alarm(1);
    report("pause", pause());
}

const struct part signal_waits[] = {{"interrupted", do_interrupted}, {"alarm", do_alarm},
                                    {"sigwait", do_sigwait},         {"jump", do_jump},
                                    {"nested", do_nested},           {"exec", do_exec},
                                    {"after-exec", do_after_exec},   {"fork", do_fork},
                                    {"reset", do_reset},             {NULL, NULL}};
