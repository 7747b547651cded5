/* Runs the part named by the first argument. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "waiter.h"

char** arguments;
static struct timespec begin;

int64_t elapsed_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begin.tv_sec) * INT64_C(1000000000) + now.tv_nsec - begin.tv_nsec;
}

void mark(const char* name) {
    int64_t ns = elapsed_ns();
    printf("%s at %lld.%09lld\n", name, (long long)(ns / 1000000000), (long long)(ns % 1000000000));
    fflush(stdout);
}

void report(const char* name, long result) {
    char text[200];
    if (result < 0) {
        snprintf(text, sizeof text, "%s: %ld %s", name, result, strerrorname_np(errno));
    } else {
        snprintf(text, sizeof text, "%s: %ld", name, result);
    }
    mark(text);
}

void require(int truth, const char* what) {
    if (truth) return;
    printf("failed: %s: %s\n", what, strerror(errno));
    exit(1);
}

int silent_pipe(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    return ends[0];
}

static int run(const struct part* parts, const char* name) {
    for (const struct part* part = parts; part->name != NULL; ++part) {
        if (strcmp(part->name, name) != 0) continue;
        part->run();
        return 1;
    }
    return 0;
}

int main(int count, char** words) {
    clock_gettime(CLOCK_MONOTONIC, &begin);
    require(count >= 2, "the name of a part");
    arguments = words + 2;
    const char* name = words[1];
    int found = run(simple_waits, name) || run(signal_waits, name) || run(process_waits, name) ||
                run(timer_waits, name) || run(thread_waits, name) || run(socket_waits, name);
    require(found, "a part of that name");
    return 0;
}
