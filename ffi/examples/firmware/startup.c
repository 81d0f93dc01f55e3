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

_Noreturn void reset(void);

_Noreturn void reset(void) {
    memcpy(data_start, data_load, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    stack_paint();
    main();
    semihost_exit(false);
}

static _Noreturn __attribute__((used)) void report_fault(void) {
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    char line[] = "firmware: FAULT, exception 00\n";
    line[sizeof line - 4] = (char)('0' + exception / 10 % 10);
    line[sizeof line - 3] = (char)('0' + exception % 10);
    semihost_write(line);
    semihost_exit(false);
}

/* A fault of the processor, or an interrupt that nobody asked for: whoever runs this shall see it. The stack may be what has
 * faulted, so it begins anew. */
static __attribute__((naked)) void fault(void) {
    __asm("ldr sp, =stack_top\n b report_fault");
}

/* Numbers of exceptions: ARMv7-M; of interrupts, behind the first 16: LM3S6965 data sheet, table 4-1. */
enum { SYSTICK = 15, UART0 = 16 + 5, UART1 = 16 + 6, VECTORS = 16 + 44 };

typedef void (*handler)(void);

/* The first word is the stack pointer. */
union vector {
    void *stack;
    handler handler;
};

__attribute__((section(".vectors"), used)) static const union vector vectors[VECTORS] = {
    [0] = {.stack = stack_top},
    [1] = {.handler = reset},
    [2 ... SYSTICK - 1] = {.handler = fault},
    [SYSTICK] = {.handler = board_tick},
    [SYSTICK + 1 ... UART0 - 1] = {.handler = fault},
    [UART0] = {.handler = uart_interrupt_socket},
    [UART1] = {.handler = uart_interrupt_notices},
    [UART1 + 1 ... VECTORS - 1] = {.handler = fault},
};
