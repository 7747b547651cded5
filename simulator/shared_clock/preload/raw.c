/* System calls, made here and nowhere else: the observer knows a wait of this library by the place in the code where
 * the thread sleeps. */

#include <pthread.h>

#include "shared_clock/preload/preload.h"

/* The two marks and the call between them stand in a section of their own, so that nothing else gets there. */
#if defined(__x86_64__)
__asm__(
    ".pushsection .text.fakemx_call, \"ax\", @progbits\n"
    ".hidden fakemx_code_begin\n.hidden fakemx_code_end\n.hidden fakemx_call\n"
    ".globl fakemx_code_begin\n.globl fakemx_code_end\n.globl fakemx_call\n"
    ".type fakemx_call, @function\n"
    "fakemx_code_begin:\n"
    "fakemx_call:\n"
    ".cfi_startproc\n"
    "    movq %rdi, %rax\n"
    "    movq %rsi, %rdi\n"
    "    movq %rdx, %rsi\n"
    "    movq %rcx, %rdx\n"
    "    movq %r8, %r10\n"
    "    movq %r9, %r8\n"
    "    movq 8(%rsp), %r9\n"
    "    syscall\n"
    "    ret\n"
    ".cfi_endproc\n"
    "fakemx_code_end:\n"
    ".size fakemx_call, .-fakemx_call\n"
    ".popsection\n");
#elif defined(__aarch64__)
__asm__(
    ".pushsection .text.fakemx_call, \"ax\", @progbits\n"
    ".hidden fakemx_code_begin\n.hidden fakemx_code_end\n.hidden fakemx_call\n"
    ".globl fakemx_code_begin\n.globl fakemx_code_end\n.globl fakemx_call\n"
    ".type fakemx_call, @function\n"
    "fakemx_code_begin:\n"
    "fakemx_call:\n"
    ".cfi_startproc\n"
    "    mov x8, x0\n"
    "    mov x0, x1\n"
    "    mov x1, x2\n"
    "    mov x2, x3\n"
    "    mov x3, x4\n"
    "    mov x4, x5\n"
    "    mov x5, x6\n"
    "    svc #0\n"
    "    ret\n"
    ".cfi_endproc\n"
    "fakemx_code_end:\n"
    ".size fakemx_call, .-fakemx_call\n"
    ".popsection\n");
#else
#error "the shared clock knows x86-64 and aarch64"
#endif

long fakemx_blocking_call(long number, long a, long b, long c, long d, long e, long f) {
    int before;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    long result = fakemx_call(number, a, b, c, d, e, f);
    pthread_setcanceltype(before, NULL);
    return result;
}

long fakemx_result(long raw) {
    if (raw >= 0 || raw < -4095) return raw;
    errno = (int)-raw;
    return -1;
}
