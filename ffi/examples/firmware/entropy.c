#include "entropy.h"

#include "board.h"
#include "semihost.h"

#include <string.h>

/* QEMU's board has no random source, so the host lends its own. A PRODUCT READS ITS CHIP'S TRNG HERE, and has no
 * semihosting at all. */
static int source;

__attribute__((noreturn)) static void fail(void) {
    semihost_write("firmware: FAULT, no random source\n");
    board_stop();
}

void entropy_start(void) {
    source = semihost_open("/dev/urandom");
    if (source < 0) {
        fail();
    }
}

void entropy_fill(void *buffer, size_t length) {
    if (!semihost_read(source, buffer, length)) {
        fail();
    }
}

void entropy_wipe(void *secret, size_t length) {
    memset(secret, 0, length);
    __asm__ volatile("" ::"r"(secret) : "memory");
}
