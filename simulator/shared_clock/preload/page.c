/* Finds the page and keeps it mapped. A mapping outlives chroot, the loss of privileges, fork, and every descriptor;
 * only exec ends it, and then the constructor runs again. */

#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "shared_clock/preload/preload.h"

static struct fakemx_page* mapped;
static uint32_t pid_namespace;

struct fakemx_page* fakemx_page(void) {
    return mapped;
}

uint32_t fakemx_pid_namespace(void) {
    return pid_namespace;
}

static struct fakemx_page* map(const char* path) {
    long file = fakemx_call(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0);
    if (file < 0) return NULL;
    size_t octets = sizeof(struct fakemx_page);
    struct stat status;
    long address = -1;
    long described = fakemx_call(SYS_fstat, file, (long)&status, 0, 0, 0, 0);
    if (described == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size >= octets) {
        address = fakemx_call(SYS_mmap, 0, (long)octets, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    fakemx_call(SYS_close, file, 0, 0, 0, 0, 0);
    if (address < 0 && address >= -4095) return NULL;
    struct fakemx_page* page = (struct fakemx_page*)address;
    if (page->magic == FAKEMX_PAGE_MAGIC && page->version == FAKEMX_PAGE_VERSION) return page;
    fakemx_call(SYS_munmap, address, (long)octets, 0, 0, 0, 0);
    return NULL;
}

/* Timers end with exec, which alarms outlive; so does a wait whose signal handler called exec. */
static void drop_leftovers(struct fakemx_page* page) {
    uint64_t process = fakemx_self() >> 32;
    for (uint32_t index = 0; index < atomic_load(&page->slots_used) && index < FAKEMX_SLOTS; ++index) {
        struct fakemx_slot* slot = &page->slots[index];
        if (atomic_load(&slot->owner) >> 32 == process && atomic_load(&slot->kind) != FAKEMX_ALARM &&
            atomic_load(&slot->pid_namespace) == pid_namespace) {
            fakemx_release(slot);
        }
    }
}

/* Early, but constructors of libraries that the program itself needs may have run: until here they saw real time. */
__attribute__((constructor(101))) static void begin(void) {
    /* A program with more privileges than its caller does not let its caller choose the file. */
    const char* path = secure_getenv("FAKEMX_CLOCK");
    struct fakemx_page* page = path != NULL && path[0] != '\0' ? map(path) : NULL;
    if (page == NULL) page = map(FAKEMX_CLOCK_PATH);
    if (page == NULL) return;
    struct stat status;
    if (fakemx_call(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/pid", (long)&status, 0, 0, 0) == 0) {
        pid_namespace = (uint32_t)status.st_ino;
    }
    drop_leftovers(page);
    mapped = page;
    fakemx_install_knock();
}
