#include "board.h"

#include "semihost.h"

/* SysTick: ARMv7-M Architecture Reference Manual, B3.3. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
enum { CSR_ENABLE = 1, CSR_TICKINT = 2, CSR_CLKSOURCE = 4 };

/* The clock that an LM3S6965 has after reset: its internal oscillator, 12 MHz, and 12.5 MHz in QEMU. */
enum { CLOCK_HZ = 12500000 };

static volatile uint64_t milliseconds;

void board_tick(void) {
    milliseconds++;
}

void board_start(void) {
    SYST_RVR = CLOCK_HZ / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = CSR_ENABLE | CSR_TICKINT | CSR_CLKSOURCE;
}

uint64_t board_now(void) {
    uint64_t now;
    /* It has two words: until both reads find the same, a tick came in between. */
    do {
        now = milliseconds;
    } while (now != milliseconds);
    return now;
}

void board_sleep(void) {
    __asm__ volatile("wfi");
}

void board_stop(void) {
    semihost_exit(false);
}
