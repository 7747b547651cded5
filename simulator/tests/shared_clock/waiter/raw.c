/* Sleeps by a system call of its own, as programs do that are not written in C. */

#include <sys/syscall.h>
#include <time.h>

int main(void) {
    struct timespec time = {.tv_sec = 3600};
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_nanosleep), "D"(&time), "S"(0)
                     : "rcx", "r11", "memory");
#else
    register long number __asm__("x8") = SYS_nanosleep;
    register long first __asm__("x0") = (long)&time;
    register long second __asm__("x1") = 0;
    __asm__ volatile("svc #0" : "+r"(first) : "r"(number), "r"(second) : "memory");
    result = first;
#endif
    return (int)result;
}
