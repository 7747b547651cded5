/* System calls. The observer knows a wait of this library by the place in the code where the thread sleeps. */

#include <pthread.h>

#include "shared_clock/preload/preload.h"

/* One function by two names: the waits that publish a deadline are made in a copy of their own, between two marks. */
#if defined(__x86_64__)
#define CALL_BODY               \
    "    movq %rdi, %rax\n"     \
    "    movq %rsi, %rdi\n"     \
    "    movq %rdx, %rsi\n"     \
    "    movq %rcx, %rdx\n"     \
    "    movq %r8, %r10\n"      \
    "    movq %r9, %r8\n"       \
    "    movq 8(%rsp), %r9\n"   \
    "    syscall\n"             \
    "    ret\n"
#elif defined(__aarch64__)
#define CALL_BODY         \
    "    mov x8, x0\n"    \
    "    mov x0, x1\n"    \
    "    mov x1, x2\n"    \
    "    mov x2, x3\n"    \
    "    mov x3, x4\n"    \
    "    mov x4, x5\n"    \
    "    mov x5, x6\n"    \
    "    svc #0\n"        \
    "    ret\n"
#else
#error "the shared clock knows x86-64 and aarch64"
#endif

#define CALL(name)                                                            \
    ".hidden " name "\n.globl " name "\n.type " name ", %function\n" name ":\n" \
    ".cfi_startproc\n" CALL_BODY ".cfi_endproc\n.size " name ", .-" name "\n"

__asm__(
    ".pushsection .text.fakemx_call, \"ax\", %progbits\n"
    CALL("fakemx_call")
    ".hidden fakemx_code_begin\n.globl fakemx_code_begin\n"
    ".hidden fakemx_code_end\n.globl fakemx_code_end\n"
    "fakemx_code_begin:\n"
    CALL("fakemx_wait_call")
    "fakemx_code_end:\n"
    ".popsection\n");

long fakemx_blocking_call(long number, long a, long b, long c, long d, long e, long f) {
    int before;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    long result = fakemx_call(number, a, b, c, d, e, f);
    pthread_setcanceltype(before, NULL);
    return result;
}

long fakemx_waiting_call(long number, long a, long b, long c, long d, long e, long f) {
    int before;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    long result = fakemx_wait_call(number, a, b, c, d, e, f);
    pthread_setcanceltype(before, NULL);
    return result;
}

long fakemx_result(long raw) {
    if (raw >= 0 || raw < -4095) return raw;
    errno = (int)-raw;
    return -1;
}
