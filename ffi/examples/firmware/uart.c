#include "uart.h"

/* PL011 Technical Reference Manual, table 3-1. */
struct registers {
    volatile uint32_t data, error, reserved0[4], flag, reserved1, low_power, integer_baud, fraction_baud, line_control, control,
        fifo_level, interrupt_mask;
};
enum { FLAG_RECEIVE_EMPTY = 1 << 4, FLAG_TRANSMIT_FULL = 1 << 5 };
enum { LINE_FIFO = 1 << 4, LINE_8_BITS = 3 << 5 };
enum { CONTROL_ENABLE = 1 << 0, CONTROL_TRANSMIT = 1 << 8, CONTROL_RECEIVE = 1 << 9 };
/* Some have arrived; or fewer, and no more come. */
enum { INTERRUPT_RECEIVE = 1 << 4, INTERRUPT_RECEIVE_TIMEOUT = 1 << 6 };

/* The chip's: LM3S6965 data sheet, tables 4-1 and 5-3. */
#define CLOCK_GATES_1 (*(volatile uint32_t *)0x400FE104u)
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100u)
enum { CLOCK_UARTS = 3 << 0, INTERRUPT_UARTS = 3 << 5 };

/* A power of two, so that the counters may run over. */
enum { RING = 1024, RING_MASK = RING - 1 };

/* One writes at `head`, the interrupt; one reads at `tail`, the main loop. They count all bytes that ever went through. */
struct ring {
    volatile uint32_t head, tail;
    uint8_t bytes[RING];
};

static struct ring rings[] = {[UART_SOCKET] = {0}, [UART_NOTICES] = {0}};

static struct registers *const uarts[] = {
    [UART_SOCKET] = (struct registers *)0x4000C000u,
    [UART_NOTICES] = (struct registers *)0x4000D000u,
};

static void listen(enum uart uart) {
    uarts[uart]->interrupt_mask = INTERRUPT_RECEIVE | INTERRUPT_RECEIVE_TIMEOUT;
}

void uart_start(void) {
    CLOCK_GATES_1 |= CLOCK_UARTS;
    for (enum uart uart = UART_SOCKET; uart <= UART_NOTICES; uart++) {
        struct registers *registers = uarts[uart];
        /* 115,200 baud at 12.5 MHz: 6 + 50/64. QEMU has no use for it. */
        registers->integer_baud = 6;
        registers->fraction_baud = 50;
        registers->line_control = LINE_FIFO | LINE_8_BITS;
        registers->control = CONTROL_ENABLE | CONTROL_TRANSMIT | CONTROL_RECEIVE;
        listen(uart);
    }
    INTERRUPT_ENABLE = INTERRUPT_UARTS;
}

static void interrupt(enum uart uart) {
    struct registers *registers = uarts[uart];
    struct ring *ring = &rings[uart];
    while ((registers->flag & FLAG_RECEIVE_EMPTY) == 0) {
        if (ring->head - ring->tail == RING) {
            /* Until some is taken. */
            registers->interrupt_mask = 0;
            return;
        }
        ring->bytes[ring->head & RING_MASK] = (uint8_t)registers->data;
        ring->head++;
    }
}

void uart_interrupt_socket(void) {
    interrupt(UART_SOCKET);
}

void uart_interrupt_notices(void) {
    interrupt(UART_NOTICES);
}

size_t uart_peek(enum uart uart, uint8_t **bytes) {
    struct ring *ring = &rings[uart];
    uint32_t start = ring->tail & RING_MASK;
    uint32_t here = ring->head - ring->tail;
    uint32_t to_edge = RING - start;
    *bytes = &ring->bytes[start];
    return here < to_edge ? here : to_edge;
}

void uart_take(enum uart uart, size_t count) {
    rings[uart].tail += (uint32_t)count;
    listen(uart);
}

void uart_write(enum uart uart, const uint8_t *bytes, size_t length) {
    struct registers *registers = uarts[uart];
    for (size_t n = 0; n < length; n++) {
        while ((registers->flag & FLAG_TRANSMIT_FULL) != 0) {
        }
        registers->data = bytes[n];
    }
}
