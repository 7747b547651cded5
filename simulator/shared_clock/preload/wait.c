/* Slots, and what a wait is: publish the deadline, sleep in the kernel without one, be knocked awake. */

#include <dlfcn.h>

#include "shared_clock/preload/preload.h"

/* A knock that the observer has begun arrives at once, unless the observer died between its two stores. */
#define KNOCK_TURNS_MAX 1000000

__thread void (*fakemx_knock_action)(void* object);
__thread void* fakemx_knock_object;

/* How many knocks this thread has had. */
static __thread volatile unsigned knocks __attribute__((tls_model("initial-exec")));
/* The wait this thread is in. Set on entry, it was left by a jump out of a signal handler, or the handler of a signal
 * that ended it waits itself: the slot means nothing any more. */
static __thread struct fakemx_slot* held __attribute__((tls_model("initial-exec")));

static uint64_t bit(int signal_number) {
    return UINT64_C(1) << (signal_number - 1);
}

uint64_t fakemx_self(void) {
    uint64_t process = (uint64_t)fakemx_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
    return process << 32 | (uint64_t)fakemx_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

struct fakemx_slot* fakemx_claim(uint64_t owner, enum fakemx_slot_kind kind) {
    struct fakemx_page* page = fakemx_page();
    for (uint32_t index = 0; index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        uint64_t nobody = 0;
        if (atomic_load(&slot->owner) != 0) continue;
        if (!atomic_compare_exchange_strong(&slot->owner, &nobody, owner)) continue;
        uint32_t used = atomic_load(&page->slots_used);
        while (used <= index && !atomic_compare_exchange_weak(&page->slots_used, &used, index + 1)) {
        }
        atomic_store(&slot->kind, kind);
        atomic_store(&slot->deadline_ns, FAKEMX_NO_DEADLINE);
        atomic_store(&slot->interval_ns, 0);
        atomic_store(&slot->value, 0);
        atomic_store(&slot->pid_namespace, fakemx_pid_namespace());
        atomic_store(&slot->signal_number, 0);
        atomic_store(&slot->code_begin, (uintptr_t)fakemx_code_begin);
        atomic_store(&slot->code_octets, (uint32_t)(fakemx_code_end - fakemx_code_begin));
        atomic_store(&slot->target, 0);
        return slot;
    }
    atomic_fetch_add(&page->overflows, 1);
    return NULL;
}

void fakemx_release(struct fakemx_slot* slot) {
    atomic_store(&slot->deadline_ns, FAKEMX_NO_DEADLINE);
    atomic_store(&slot->state, FAKEMX_CLAIMED);
    atomic_store(&slot->owner, 0);
}

/* A signal that was sent is delivered when the thread comes back from the kernel with the signal unblocked. */
static void take_knock(void) {
    uint64_t knock = bit(FAKEMX_KNOCK_SIGNAL), before = 0;
    fakemx_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&knock, (long)&before, sizeof before, 0, 0);
    fakemx_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
}

static void withdraw(struct fakemx_slot* slot, uint64_t owner, unsigned knocks_before) {
    if (atomic_load(&slot->owner) != owner) return;
    uint32_t waiting = FAKEMX_WAITING;
    if (!atomic_compare_exchange_strong(&slot->state, &waiting, FAKEMX_CLAIMED)) {
        for (int turn = 0; atomic_load(&slot->state) == FAKEMX_KNOCKING && turn < KNOCK_TURNS_MAX; ++turn) {
            fakemx_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
        }
        if (knocks == knocks_before) take_knock();
    }
    fakemx_release(slot);
}

static void publish(struct fakemx_wait* wait, bool in_library) {
    struct fakemx_slot* slot = fakemx_claim(wait->owner, FAKEMX_WAIT);
    if (slot == NULL) return;
    atomic_store(&slot->deadline_ns, wait->deadline_ns);
    if (in_library) atomic_store(&slot->code_octets, 0);
    wait->slot = slot;
    held = slot;
    atomic_store(&slot->state, FAKEMX_WAITING);
}

static void enter(struct fakemx_wait* wait, int64_t deadline_ns, bool in_library) {
    fakemx_waited();
    fakemx_knock_action = NULL;
    wait->owner = fakemx_self();
    wait->slot = NULL;
    wait->deadline_ns = deadline_ns;
    if (held != NULL) withdraw(held, wait->owner, knocks);
    held = NULL;
    wait->knocks = knocks;
    if (deadline_ns != FAKEMX_NO_DEADLINE && deadline_ns > fakemx_now_ns()) publish(wait, in_library);
}

void fakemx_enter(struct fakemx_wait* wait, int64_t deadline_ns) {
    enter(wait, deadline_ns, false);
}

void fakemx_enter_library(struct fakemx_wait* wait, int64_t deadline_ns) {
    enter(wait, deadline_ns, true);
}

void fakemx_leave(struct fakemx_wait* wait) {
    if (wait->slot == NULL) return;
    if (held == wait->slot) held = NULL;
    withdraw(wait->slot, wait->owner, wait->knocks);
}

bool fakemx_is_due(const struct fakemx_wait* wait) {
    return wait->deadline_ns <= fakemx_now_ns();
}

bool fakemx_was_interrupted(struct fakemx_wait* wait) {
    if (wait->knocks == knocks) return true;
    wait->knocks = knocks;
    return false;
}

uint64_t fakemx_wait_mask(const sigset_t* given) {
    uint64_t mask = 0;
    if (given != NULL) {
        /* glibc's set is longer than the kernel's, which is its first word. */
        mask = *(const uint64_t*)(const void*)given;
    } else {
        fakemx_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&mask, sizeof mask, 0, 0);
    }
    return mask & ~(bit(FAKEMX_KNOCK_SIGNAL) | bit(FAKEMX_TIMERFD_SIGNAL));
}

long fakemx_sleep_until(int64_t deadline_ns) {
    struct fakemx_wait wait;
    uint64_t mask = fakemx_wait_mask(NULL);
    long result = 0;
    fakemx_enter(&wait, deadline_ns);
    while (!fakemx_is_due(&wait)) {
        result = fakemx_waiting_call(SYS_ppoll, 0, 0, 0, (long)&mask, sizeof mask, 0);
        if (result == -EINTR && !fakemx_is_due(&wait) && fakemx_was_interrupted(&wait)) break;
        result = 0;
    }
    fakemx_leave(&wait);
    return result;
}

void fakemx_let_others_run(void) {
    struct fakemx_wait wait;
    uint64_t mask = fakemx_wait_mask(NULL);
    enter(&wait, FAKEMX_NO_DEADLINE, false);
    wait.deadline_ns = fakemx_now_ns();
    publish(&wait, false);
    /* The knock ends it, or any signal of the program's. */
    if (wait.slot != NULL) fakemx_waiting_call(SYS_ppoll, 0, 0, 0, (long)&mask, sizeof mask, 0);
    fakemx_leave(&wait);
}

static void on_knock(int signal_number) {
    (void)signal_number;
    ++knocks;
    if (fakemx_knock_action != NULL) fakemx_knock_action(fakemx_knock_object);
}

static void on_timerfd(int signal_number) {
    (void)signal_number;
    ++knocks;
    fakemx_expire_timerfds();
}

/* The two signals are ours: a program that resets all signals does not know them. */

typedef int sigaction_function(int, const struct sigaction*, struct sigaction*);

static sigaction_function* real_sigaction(void) {
    static sigaction_function* found;
    if (found == NULL) found = (sigaction_function*)dlsym(RTLD_NEXT, "sigaction");
    return found;
}

static bool is_ours(int signal_number) {
    return fakemx_page() != NULL &&
           (signal_number == FAKEMX_KNOCK_SIGNAL || signal_number == FAKEMX_TIMERFD_SIGNAL);
}

void fakemx_install_knock(void) {
    /* Without SA_RESTART: a wait on a semaphore or a message queue ends only by EINTR. */
    struct sigaction knock = {.sa_handler = on_knock, .sa_flags = SA_ONSTACK};
    real_sigaction()(FAKEMX_KNOCK_SIGNAL, &knock, NULL);
    /* With it: a blocking read of the descriptor is to see what the timer wrote. */
    struct sigaction timerfd = {.sa_handler = on_timerfd, .sa_flags = SA_ONSTACK | SA_RESTART};
    real_sigaction()(FAKEMX_TIMERFD_SIGNAL, &timerfd, NULL);
}

EXPORT int sigaction(int signal_number, const struct sigaction* restrict action,
                     struct sigaction* restrict before) {
    if (!is_ours(signal_number)) return real_sigaction()(signal_number, action, before);
    if (before != NULL) *before = (struct sigaction){.sa_handler = SIG_DFL};
    return 0;
}

EXPORT int __sigaction(int signal_number, const struct sigaction* action, struct sigaction* before) {
    return sigaction(signal_number, action, before);
}

#define SIGNAL_LIKE(name)                                                                      \
    EXPORT sighandler_t name(int signal_number, sighandler_t action) {                         \
        static sighandler_t (*real)(int, sighandler_t);                                        \
        if (is_ours(signal_number)) return SIG_DFL;                                            \
        if (real == NULL) real = (sighandler_t(*)(int, sighandler_t))dlsym(RTLD_NEXT, #name); \
        return real(signal_number, action);                                                    \
    }

SIGNAL_LIKE(signal)
SIGNAL_LIKE(bsd_signal)
SIGNAL_LIKE(ssignal)
SIGNAL_LIKE(sysv_signal)
SIGNAL_LIKE(__sysv_signal)
SIGNAL_LIKE(sigset)
