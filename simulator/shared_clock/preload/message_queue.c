/* POSIX message queues, with a timeout. */

#include <mqueue.h>

#include "shared_clock/preload/preload.h"

static long wait_in_queue(long number, mqd_t queue, long text, long octets, long priority,
                          const struct timespec* time) {
    int64_t deadline_ns = time == NULL ? FAKEMX_NO_DEADLINE : fakemx_deadline_at(CLOCK_REALTIME, time);
    if (fakemx_page() == NULL || deadline_ns < 0) {
        return fakemx_blocking_call(number, queue, text, octets, priority, (long)time, 0);
    }
    /* In 1970: the kernel's last word is whether the queue is ready now. */
    struct timespec past = {0, 0};
    struct fakemx_wait wait;
    long result;
    fakemx_enter(&wait, deadline_ns);
    for (;;) {
        bool due = fakemx_is_due(&wait);
        result = fakemx_waiting_call(number, queue, text, octets, priority, due ? (long)&past : 0, 0);
        if (result != -EINTR || due) break;
        if (!fakemx_is_due(&wait) && fakemx_was_interrupted(&wait)) break;
    }
    fakemx_leave(&wait);
    return result;
}

EXPORT int mq_timedsend(mqd_t queue, const char* text, size_t octets, unsigned priority, const struct timespec* time) {
    return (int)fakemx_result(
        wait_in_queue(SYS_mq_timedsend, queue, (long)text, (long)octets, (long)priority, time));
}

EXPORT ssize_t mq_timedreceive(mqd_t queue, char* restrict text, size_t octets, unsigned* restrict priority,
                               const struct timespec* restrict time) {
    return fakemx_result(
        wait_in_queue(SYS_mq_timedreceive, queue, (long)text, (long)octets, (long)priority, time));
}
