/* Threads, and what they wait for each other with. */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

#include "waiter.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int flag;

static struct timespec in(clockid_t clock, long seconds) {
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += seconds;
    return time;
}

static void* sleep_hours(void* hours) {
    sleep((unsigned)(long)hours * 3600);
    return hours;
}

static void do_threads(void) {
    pthread_t threads[8];
    for (long hours = 8; hours > 0; --hours) pthread_create(&threads[hours - 1], NULL, sleep_hours, (void*)hours);
    for (int index = 0; index < 8; ++index) {
        void* hours;
        pthread_join(threads[index], &hours);
        report("thread", (long)hours);
    }
}

static void* raise_flag(void* seconds) {
    sleep((unsigned)(long)seconds);
    pthread_mutex_lock(&mutex);
    flag = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void do_condition(void) {
    struct timespec time = in(CLOCK_REALTIME, 3600);
    pthread_mutex_lock(&mutex);
    report("timedwait timed out", pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
    time = in(CLOCK_MONOTONIC, 3600);
    report("clockwait timed out", pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &time) == ETIMEDOUT);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_t monotonic;
    pthread_cond_init(&monotonic, &attributes);
    time = in(CLOCK_MONOTONIC, 3600);
    report("monotonic timed out", pthread_cond_timedwait(&monotonic, &mutex, &time) == ETIMEDOUT);
    time = in(CLOCK_REALTIME, -1);
    report("the past timed out", pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
    pthread_t thread;
    pthread_create(&thread, NULL, raise_flag, (void*)100L);
    time = in(CLOCK_REALTIME, 3600);
    while (!flag) report("signalled", pthread_cond_timedwait(&condition, &mutex, &time));
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    cnd_t c11;
    mtx_t lock;
    cnd_init(&c11);
    mtx_init(&lock, mtx_plain);
    mtx_lock(&lock);
    time = in(CLOCK_REALTIME, 60);
    report("cnd_timedwait timed out", cnd_timedwait(&c11, &lock, &time) == thrd_timedout);
}

static sem_t semaphore;

static void* post(void* seconds) {
    sleep((unsigned)(long)seconds);
    sem_post(&semaphore);
    return NULL;
}

static void do_semaphore(void) {
    sem_init(&semaphore, 0, 0);
    struct timespec time = in(CLOCK_REALTIME, 3600);
    report("sem_timedwait", sem_timedwait(&semaphore, &time));
    time = in(CLOCK_MONOTONIC, 3600);
    report("sem_clockwait", sem_clockwait(&semaphore, CLOCK_MONOTONIC, &time));
    pthread_t thread;
    pthread_create(&thread, NULL, post, (void*)100L);
    time = in(CLOCK_REALTIME, 3600);
    report("sem_timedwait", sem_timedwait(&semaphore, &time));
    pthread_join(thread, NULL);
}

static void* hold(void* seconds) {
    pthread_mutex_lock(&mutex);
    sleep((unsigned)(long)seconds);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void do_lock(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, hold, (void*)1000L);
    sleep(1);
    struct timespec time = in(CLOCK_REALTIME, 60);
    report("timed out", pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT);
    time = in(CLOCK_REALTIME, 3600);
    report("locked", pthread_mutex_timedlock(&mutex, &time) == 0 && elapsed_ns() < INT64_C(1016000000000));
    pthread_join(thread, NULL);
}

static void* sleep_long(void* unused) {
    sleep(100000);
    return unused;
}

static void do_cancel(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_long, NULL);
    sleep(10);
    pthread_cancel(thread);
    void* result;
    pthread_join(thread, &result);
    report("cancelled", result == PTHREAD_CANCELED);
    report("sleep", sleep(1000));
}

const struct part thread_waits[] = {{"threads", do_threads}, {"condition", do_condition}, {"semaphore", do_semaphore},
                                    {"lock", do_lock},       {"cancel", do_cancel},       {NULL, NULL}};
