#include "semihost.h"

#include <stdint.h>
#include <string.h>

/* Semihosting for AArch32 and AArch64, §6. */
enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_EXIT = 0x18 };
enum { MODE_READ_BINARY = 1 };
enum { EXIT_SUCCESS_REASON = 0x20026, EXIT_ERROR_REASON = 0x20023 };

static intptr_t call(int operation, const void *argument) {
    register intptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihost_write(const char *text) {
    call(SYS_WRITE0, text);
}

int semihost_open(const char *path) {
    const uintptr_t arguments[] = {(uintptr_t)path, MODE_READ_BINARY, strlen(path)};
    return (int)call(SYS_OPEN, arguments);
}

bool semihost_read(int handle, void *buffer, size_t length) {
    const uintptr_t arguments[] = {(uintptr_t)handle, (uintptr_t)buffer, length};
    /* It says how many are missing. */
    return call(SYS_READ, arguments) == 0;
}

__attribute__((noreturn)) void semihost_exit(bool success) {
    call(SYS_EXIT, (const void *)(success ? EXIT_SUCCESS_REASON : EXIT_ERROR_REASON));
    for (;;) {
    }
}
