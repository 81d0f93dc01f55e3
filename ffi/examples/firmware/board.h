/* The board: its clock, and its sleep. */

#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Starts the milliseconds; once. */
void board_start(void);

/* Milliseconds since board_start. */
uint64_t board_now(void);

/* Sleeps until something happens: at most until the next millisecond. */
void board_sleep(void);

/* Nothing can go on from here. In QEMU it ends the emulation. A PRODUCT RESETS ITSELF: SYSRESETREQ of AIRCR. */
__attribute__((noreturn)) void board_stop(void);

/* The handler of SysTick. */
void board_tick(void);

#endif
