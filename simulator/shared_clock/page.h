/* The page of memory that fakemx and the processes on its clock share: what time it is, and who waits until when.
 * Read by C (the preload library) and by C++ (the observer); it must not know how either of them uses it.
 *
 * Time stands still. `now_ns` moves only when the observer moves it, and the observer does that only while every
 * process of the tree sleeps. A thread that blocks with a timeout claims a slot, writes its deadline there, and then
 * sleeps in the kernel without one. The observer finds the earliest deadline, moves the clock to it and knocks: it
 * sends `FAKEMX_KNOCK_SIGNAL` to the thread whose slot is due.
 *
 * A slot belongs to whoever's ids are in `owner`. The ids are those of the owner's own PID namespace. Everything in
 * it is advice to be checked: an owner that was killed leaves its slot as it is, and the observer takes it back.
 *
 * The life of a wait: free (owner 0) -> claimed -> waiting -> free, or, when its time comes, waiting -> knocking ->
 * knocked -> free. The observer alone writes `knocking` and `knocked`, by compare and swap, so that an owner which
 * leaves at that very moment knows that a signal is under way, and takes it before it goes on.
 * The life of a timer: free -> claimed -> armed -> free. */
#pragma once

#ifdef __cplusplus
#include <atomic>
#include <cstdint>
#define FAKEMX_ATOMIC(type) std::atomic<type>
#else
#include <stdatomic.h>
#include <stdint.h>
#define FAKEMX_ATOMIC(type) _Atomic(type)
#endif

/* "fakemxck", and a number that changes with the layout: a library and an observer of different builds do not meet. */
#define FAKEMX_PAGE_MAGIC UINT64_C(0x66616b656d78636b)
#define FAKEMX_PAGE_VERSION UINT32_C(1)

/* Only what waits or is armed has a slot. Fifty messages in a Postfix queue need fewer than a hundred. */
#define FAKEMX_SLOTS 4096

/* What CLOCK_MONOTONIC shows at the epoch: a machine that has been up for a day or so. */
#define FAKEMX_MONOTONIC_BASE_NS INT64_C(100000000000000)

/* The two highest real-time signals but one (64 is valgrind's): the first wakes a wait of the thread it is sent to, the
 * second asks a process to look after its timer descriptors. Numbers of the kernel, which SIGRTMAX of glibc follows. */
#define FAKEMX_KNOCK_SIGNAL 63
#define FAKEMX_TIMERFD_SIGNAL 62

/* Where the page is found when the environment does not say: the page itself or a link to it. */
#define FAKEMX_CLOCK_PATH "/etc/fakemx-clock"

#define FAKEMX_NO_DEADLINE INT64_MAX

/* Names of C. NOLINTBEGIN(readability-identifier-naming) */
enum fakemx_slot_state {
    FAKEMX_CLAIMED = 0,
    FAKEMX_WAITING = 1,
    FAKEMX_KNOCKING = 2,
    FAKEMX_KNOCKED = 3,
    FAKEMX_ARMED = 4,
};

enum fakemx_slot_kind {
    FAKEMX_WAIT = 1,  /* a thread that sleeps until the deadline at the latest */
    FAKEMX_ALARM = 2, /* alarm and setitimer: SIGALRM to the process, which may exec in between */
    FAKEMX_TIMER =
        3, /* timer_create: `signal_number` with `value`, to the process or to thread `target` */
    FAKEMX_TIMERFD =
        4, /* timerfd: the process itself makes descriptor `target` readable, when asked */
};

struct fakemx_slot {
    FAKEMX_ATOMIC(uint64_t) owner; /* process id << 32 | thread id; 0: free */
    FAKEMX_ATOMIC(uint32_t) state; /* fakemx_slot_state */
    FAKEMX_ATOMIC(uint32_t) kind;  /* fakemx_slot_kind */
    FAKEMX_ATOMIC(int64_t) deadline_ns;
    FAKEMX_ATOMIC(int64_t) interval_ns; /* of a timer; 0: it goes off once */
    FAKEMX_ATOMIC(uint64_t) value;
    /* Inode of the owner's PID namespace, 0 where the owner could not tell. */
    FAKEMX_ATOMIC(uint32_t) pid_namespace;
    FAKEMX_ATOMIC(uint32_t) signal_number;
    /* Of a wait: where the owner's library has its code. A thread that sleeps anywhere else has left the wait by a
     * jump out of a signal handler, and the slot means nothing. No octets: it sleeps in the C library, anywhere. */
    FAKEMX_ATOMIC(uint64_t) code_begin;
    FAKEMX_ATOMIC(uint32_t) code_octets;
    FAKEMX_ATOMIC(int32_t) target;
};

struct fakemx_page {
    uint64_t magic;
    uint32_t version;
    uint32_t page_octets;
    uint64_t run_id;
    int64_t epoch_ns;
    FAKEMX_ATOMIC(int64_t) now_ns; /* since 1970; never goes back */
    FAKEMX_ATOMIC(uint64_t) moves;
    /* Slots at and above this index have never been used. */
    FAKEMX_ATOMIC(uint32_t) slots_used;
    /* Set once any process gives a socket a timeout: from then on, reads and writes look for one. */
    FAKEMX_ATOMIC(uint32_t) socket_timeouts;
    /* How many waits found no free slot and went on without: the observer refuses to go on when it sees one. */
    FAKEMX_ATOMIC(uint32_t) overflows;
    uint32_t reserved[17];
    struct fakemx_slot slots[FAKEMX_SLOTS];
};
/* NOLINTEND(readability-identifier-naming) */

#ifdef __cplusplus
static_assert(sizeof(fakemx_slot) == 64 && sizeof(fakemx_page) == 128 + 64 * FAKEMX_SLOTS);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
#else
_Static_assert(sizeof(struct fakemx_slot) == 64, "both languages see the same layout");
_Static_assert(sizeof(struct fakemx_page) == 128 + 64 * FAKEMX_SLOTS,
               "both languages see the same layout");
#endif
