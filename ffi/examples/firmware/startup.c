/* From reset to main: the vector table, the memory as C expects it, and the paint on the stack. */

#include "board.h"
#include "semihost.h"
#include "stack.h"
#include "uart.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int main(void);

/* From the linker script. */
extern uint8_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

void reset(void);

__attribute__((noreturn)) void reset(void) {
    memcpy(data_start, data_load, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    stack_paint();
    main();
    board_stop();
}

static __attribute__((noreturn, used)) void report_fault(void) {
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    char line[] = "firmware: FAULT, exception 00\n";
    line[sizeof line - 4] = (char)('0' + exception / 10 % 10);
    line[sizeof line - 3] = (char)('0' + exception % 10);
    semihost_write(line);
    board_stop();
}

/* A fault of the processor, or an interrupt that nobody asked for: whoever runs this shall see it. The stack may be what has
 * faulted, so it begins anew. */
static __attribute__((naked)) void fault(void) {
    __asm__("ldr sp, =stack_top\n b report_fault");
}

typedef void (*handler)(void);

/* The first word is the stack pointer. */
union vector {
    void *stack;
    handler handler;
};

#define UNUSED {.handler = fault}

/* Exceptions: ARMv7-M Architecture Reference Manual, B1.5.2. Interrupts, behind the first 16: LM3S6965 data sheet, table 4-1;
 * none behind the two UARTs is ever enabled. */
__attribute__((section(".vectors"), used)) static const union vector vectors[] = {
    {.stack = stack_top}, {.handler = reset}, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED,
    UNUSED, UNUSED, {.handler = board_tick},
    UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, {.handler = uart_interrupt_socket}, {.handler = uart_interrupt_notices},
};
