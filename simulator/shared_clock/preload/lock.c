/* Waits with a timeout for condition variables, semaphores and locks.
 *
 * glibc waits for these in calls of its own. The wait with a timeout becomes its wait without one, which is ended from
 * the knock: a semaphore's by EINTR; a condition variable's by a broadcast from within the knock's handler. That would
 * not do in any handler, but a knock comes only to a thread that sleeps, and while it sleeps in such a wait it holds
 * nothing that a broadcast needs. Others that wait for the same variable see a wakeup without a reason, as they must be
 * ready to at any time. */

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

#include "shared_clock/preload/preload.h"

#define REAL(name)                                                       \
    static __typeof__(&name) real;                                       \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void broadcast(void* condition) {
    pthread_cond_broadcast(condition);
}

static void broadcast_c11(void* condition) {
    cnd_broadcast(condition);
}

/* Which clock pthread_condattr_setclock chose: the second bit of this word, in every glibc since 2.25. */
static clockid_t clock_of(const pthread_cond_t* condition) {
    return condition->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

static int wait_posix(void* condition, void* mutex) {
    return pthread_cond_wait(condition, mutex);
}

static int wait_c11(void* condition, void* mutex) {
    return cnd_wait(condition, mutex);
}

/* 0 also stands for thrd_success. Who was woken by a signal of the variable took it, and says so, even if the time is
 * over by now; who was knocked awake took nothing. */
static int wait_for(void* condition, void* mutex, int64_t deadline_ns, int (*sleep)(void*, void*),
                    void (*wake)(void*), int timed_out) {
    struct fakemx_wait wait;
    fakemx_enter_library(&wait, deadline_ns);
    if (fakemx_is_due(&wait)) {
        fakemx_leave(&wait);
        return timed_out;
    }
    fakemx_knock_object = condition;
    fakemx_knock_action = wake;
    int result = sleep(condition, mutex);
    fakemx_knock_action = NULL;
    bool knocked = fakemx_is_due(&wait) && !fakemx_was_interrupted(&wait);
    fakemx_leave(&wait);
    return result == 0 && knocked ? timed_out : result;
}

static int wait_until(pthread_cond_t* condition, pthread_mutex_t* mutex, int64_t deadline_ns) {
    if (deadline_ns < 0) return EINVAL;
    return wait_for(condition, mutex, deadline_ns, wait_posix, broadcast, ETIMEDOUT);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                                  const struct timespec* restrict time) {
    REAL(pthread_cond_timedwait);
    if (fakemx_page() == NULL) return real(condition, mutex, time);
    return wait_until(condition, mutex, fakemx_deadline_at(clock_of(condition), time));
}

EXPORT int pthread_cond_clockwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                                  clockid_t clock, const struct timespec* restrict time) {
    REAL(pthread_cond_clockwait);
    if (fakemx_page() == NULL) return real(condition, mutex, clock, time);
    return wait_until(condition, mutex, fakemx_deadline_at(clock, time));
}

EXPORT int cnd_timedwait(cnd_t* restrict condition, mtx_t* restrict mutex, const struct timespec* restrict time) {
    REAL(cnd_timedwait);
    if (fakemx_page() == NULL) return real(condition, mutex, time);
    return wait_for(condition, mutex, fakemx_deadline_at(CLOCK_REALTIME, time), wait_c11, broadcast_c11,
                    thrd_timedout);
}

static int wait_for_semaphore(sem_t* semaphore, int64_t deadline_ns) {
    if (sem_trywait(semaphore) == 0) return 0;
    if (deadline_ns < 0) {
        errno = EINVAL;
        return -1;
    }
    struct fakemx_wait wait;
    int result = -1;
    fakemx_enter_library(&wait, deadline_ns);
    for (;;) {
        if (fakemx_is_due(&wait)) {
            result = sem_trywait(semaphore);
            if (result != 0) errno = ETIMEDOUT;
            break;
        }
        result = sem_wait(semaphore);
        if (result == 0 || errno != EINTR) break;
        if (!fakemx_is_due(&wait) && fakemx_was_interrupted(&wait)) break;
    }
    int error = errno;
    fakemx_leave(&wait);
    errno = error;
    return result;
}

EXPORT int sem_timedwait(sem_t* restrict semaphore, const struct timespec* restrict time) {
    REAL(sem_timedwait);
    if (fakemx_page() == NULL) return real(semaphore, time);
    return wait_for_semaphore(semaphore, fakemx_deadline_at(CLOCK_REALTIME, time));
}

EXPORT int sem_clockwait(sem_t* restrict semaphore, clockid_t clock, const struct timespec* restrict time) {
    REAL(sem_clockwait);
    if (fakemx_page() == NULL) return real(semaphore, clock, time);
    return wait_for_semaphore(semaphore, fakemx_deadline_at(clock, time));
}

/* A lock cannot be waited for in a way that a signal ends, so it is tried again and again in virtual time: soon at
 * first, later at a sixty-fourth of what has passed. Nobody has been seen to use these. */
static int try_until(int (*try_lock)(void*), void* lock, int64_t deadline_ns) {
    int result = try_lock(lock);
    if (result != EBUSY) return result;
    if (deadline_ns < 0) return EINVAL;
    const int64_t begin_ns = fakemx_now_ns();
    while (result == EBUSY && fakemx_now_ns() < deadline_ns) {
        int64_t next_ns = fakemx_after((fakemx_now_ns() - begin_ns) / 64 + 1000);
        fakemx_sleep_until(next_ns < deadline_ns ? next_ns : deadline_ns);
        result = try_lock(lock);
    }
    return result == EBUSY ? ETIMEDOUT : result;
}

static int try_mutex(void* lock) {
    return pthread_mutex_trylock(lock);
}

static int try_read(void* lock) {
    return pthread_rwlock_tryrdlock(lock);
}

static int try_write(void* lock) {
    return pthread_rwlock_trywrlock(lock);
}

#define TIMED_LOCK(name, type, try_lock)                                                  \
    EXPORT int name(type* restrict lock, const struct timespec* restrict time) {          \
        REAL(name);                                                                       \
        if (fakemx_page() == NULL) return real(lock, time);                               \
        return try_until(try_lock, lock, fakemx_deadline_at(CLOCK_REALTIME, time));       \
    }

#define CLOCK_LOCK(name, type, try_lock)                                                            \
    EXPORT int name(type* restrict lock, clockid_t clock, const struct timespec* restrict time) {   \
        REAL(name);                                                                                 \
        if (fakemx_page() == NULL) return real(lock, clock, time);                                  \
        return try_until(try_lock, lock, fakemx_deadline_at(clock, time));                          \
    }

TIMED_LOCK(pthread_mutex_timedlock, pthread_mutex_t, try_mutex)
CLOCK_LOCK(pthread_mutex_clocklock, pthread_mutex_t, try_mutex)
TIMED_LOCK(pthread_rwlock_timedrdlock, pthread_rwlock_t, try_read)
CLOCK_LOCK(pthread_rwlock_clockrdlock, pthread_rwlock_t, try_read)
TIMED_LOCK(pthread_rwlock_timedwrlock, pthread_rwlock_t, try_write)
CLOCK_LOCK(pthread_rwlock_clockwrlock, pthread_rwlock_t, try_write)

EXPORT int mtx_timedlock(mtx_t* restrict lock, const struct timespec* restrict time) {
    REAL(mtx_timedlock);
    if (fakemx_page() == NULL) return real(lock, time);
    /* glibc's mtx_t is a pthread_mutex_t. */
    int result = try_until(try_mutex, lock, fakemx_deadline_at(CLOCK_REALTIME, time));
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}
