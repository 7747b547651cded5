/* The program under test: each of its parts waits in its own way and prints what came of it, in virtual time. It must
 * not know that its clock is not the real one. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct part {
    const char* name;
    void (*run)(void);
};

/* Ended by a part without a name. */
extern const struct part simple_waits[];
extern const struct part signal_waits[];
extern const struct part process_waits[];
extern const struct part timer_waits[];
extern const struct part thread_waits[];
extern const struct part socket_waits[];

/* The program's own arguments after the part's name. */
extern char** arguments;

/* Nanoseconds since the program began, on CLOCK_MONOTONIC. */
int64_t elapsed_ns(void);
/* "name: result [ERRNO] at 3600.000000000" */
void report(const char* name, long result);
/* As report, without a result. */
void mark(const char* name);
/* Ends the program when something goes wrong that is not under test. */
void require(int truth, const char* what);
/* A pipe nobody writes to. */
int silent_pipe(void);
