/* What the files of the preload library share. Every function here is safe in a signal handler.
 *
 * The library is loaded into programs that it knows nothing of, before their main. It allocates nothing, keeps no lock
 * and calls the kernel directly: what the program has made of errno, of its descriptors or of glibc does not matter. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "shared_clock/page.h"

#define EXPORT __attribute__((visibility("default")))
#define NS_PER_S INT64_C(1000000000)

#if !defined(__LP64__)
#error "the shared clock needs a 64-bit system"
#endif

/* page.c */

/* The page, or null: then everything behaves as if the library were not there. */
struct fakemx_page* fakemx_page(void);
uint32_t fakemx_pid_namespace(void);

/* raw.c: system calls. Results as the kernel gives them: negative numbers are errors. */
long fakemx_call(long number, long a, long b, long c, long d, long e, long f);

/* As fakemx_call, at a place where pthread_cancel may end the thread. */
long fakemx_blocking_call(long number, long a, long b, long c, long d, long e, long f);

/* The same, for the one call of a wait that has published its deadline: by the code between the two marks the observer
 * knows a thread that sleeps in one. */
long fakemx_waiting_call(long number, long a, long b, long c, long d, long e, long f);
long fakemx_wait_call(long number, long a, long b, long c, long d, long e, long f);
extern const char fakemx_code_begin[], fakemx_code_end[];

/* What a C function returns for it: the result, or -1 with errno. */
long fakemx_result(long raw);

/* clock.c */

int64_t fakemx_now_ns(void);       /* CLOCK_REALTIME */
int64_t fakemx_monotonic_ns(void); /* CLOCK_MONOTONIC and its kin */
bool fakemx_is_virtual_clock(clockid_t clock);
int64_t fakemx_clock_ns(clockid_t clock);
/* Nanoseconds, or -1 where the kernel would say EINVAL. Long times saturate. */
int64_t fakemx_from_timespec(const struct timespec* time);
int64_t fakemx_from_timeval(const struct timeval* time);
struct timespec fakemx_to_timespec(int64_t ns);
struct timeval fakemx_to_timeval(int64_t ns);
/* Now plus a duration that is not negative. */
int64_t fakemx_after(int64_t duration_ns);
/* The deadline, on CLOCK_REALTIME, of an absolute time on any virtual clock. */
int64_t fakemx_deadline_at(clockid_t clock, const struct timespec* time);
/* A thread that looks at the clock again and again without waiting waits for it to move: told of every look. */
void fakemx_looked(void);
/* Told of every wait that was one. */
void fakemx_waited(void);

/* wait.c */

struct fakemx_wait {
    struct fakemx_slot* slot;
    uint64_t owner;
    int64_t deadline_ns;
    unsigned knocks;
};

uint64_t fakemx_self(void);
struct fakemx_slot* fakemx_claim(uint64_t owner, enum fakemx_slot_kind kind);
void fakemx_release(struct fakemx_slot* slot);
/* Publishes the deadline. Between this and fakemx_leave stands one loop around one system call. */
void fakemx_enter(struct fakemx_wait* wait, int64_t deadline_ns);
/* The same for a wait that sleeps in the C library's code. */
void fakemx_enter_library(struct fakemx_wait* wait, int64_t deadline_ns);
void fakemx_leave(struct fakemx_wait* wait);
bool fakemx_is_due(const struct fakemx_wait* wait);
/* After EINTR: whether it was the program's own signal, so that the program has to be told. */
bool fakemx_was_interrupted(struct fakemx_wait* wait);
/* The mask to sleep under: the one given, or else the thread's own, with a knock let through. */
uint64_t fakemx_wait_mask(const sigset_t* mask);
/* Sleeps until the deadline: 0, or -EINTR. */
long fakemx_sleep_until(int64_t deadline_ns);
/* Sleeps until all others do, and no time has passed. */
void fakemx_let_others_run(void);
void fakemx_install_knock(void);
/* What pthread_cond_wait and its kin sleep on, so that a knock can wake them: see lock.c. */
extern __thread void (*fakemx_knock_action)(void* object)
    __attribute__((tls_model("initial-exec")));
extern __thread void* fakemx_knock_object __attribute__((tls_model("initial-exec")));

/* timer.c: also the timers behind descriptors */

struct itimerspec fakemx_timer_value(const struct fakemx_slot* slot);
/* False, with errno, for a time that is none. */
bool fakemx_set_timer(struct fakemx_slot* slot, clockid_t clock, bool absolute,
                      const struct itimerspec* value);

/* timerfd.c: makes the descriptors of this process readable whose timers are due. */
void fakemx_expire_timerfds(void);
