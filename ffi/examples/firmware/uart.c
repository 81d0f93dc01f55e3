#include "uart.h"

#include "board.h"
#include "config.h"
#include "entropy.h"

/* PL011 Technical Reference Manual, table 3-1. */
struct registers {
    volatile uint32_t data, error, reserved0[4], flag, reserved1, low_power, integer_baud, fraction_baud, line_control, control,
        fifo_level, interrupt_mask;
};
/* Beside a byte: framing, parity, break, and an overrun before it. */
enum { DATA_ERRORS = 0xF << 8 };
enum { FLAG_RECEIVE_EMPTY = 1 << 4, FLAG_TRANSMIT_FULL = 1 << 5 };
enum { LINE_FIFO = 1 << 4, LINE_8_BITS = 3 << 5 };
enum { CONTROL_ENABLE = 1 << 0, CONTROL_TRANSMIT = 1 << 8, CONTROL_RECEIVE = 1 << 9 };
/* Some have arrived; or fewer, and no more come. */
enum { INTERRUPT_RECEIVE = 1 << 4, INTERRUPT_RECEIVE_TIMEOUT = 1 << 6 };

/* The chip's: LM3S6965 data sheet, tables 4-1 and 5-3, and its chapters on GPIO and signals. */
#define CLOCK_GATES_1 (*(volatile uint32_t *)0x400FE104u)
#define CLOCK_GATES_2 (*(volatile uint32_t *)0x400FE108u)
#define INTERRUPT_ENABLE (*(volatile uint32_t *)0xE000E100u)
enum { CLOCK_UARTS = 3 << 0, CLOCK_PORTS_A_AND_D = 1 << 0 | 1 << 3, INTERRUPT_UARTS = 3 << 5 };

/* The pins: what they are for, and that they are digital. */
#define PORT_A_FUNCTION (*(volatile uint32_t *)0x40004420u)
#define PORT_A_DIGITAL (*(volatile uint32_t *)0x4000451Cu)
#define PORT_D_FUNCTION (*(volatile uint32_t *)0x40007420u)
#define PORT_D_DIGITAL (*(volatile uint32_t *)0x4000751Cu)
enum { PINS_OF_UART0 = 3 << 0, PINS_OF_UART1 = 3 << 2 };

/* A power of two, so that the counters may run over. */
enum { RING = 1024, RING_MASK = RING - 1 };

/* One writes at `head`, the interrupt; one reads at `tail`, the main loop. They count all bytes that ever went through. */
struct ring {
    volatile uint32_t head, tail;
    volatile bool damaged;
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

static void start_pins(void) {
    PORT_A_FUNCTION |= PINS_OF_UART0;
    PORT_A_DIGITAL |= PINS_OF_UART0;
    PORT_D_FUNCTION |= PINS_OF_UART1;
    PORT_D_DIGITAL |= PINS_OF_UART1;
}

void uart_start(void) {
    CLOCK_GATES_1 |= CLOCK_UARTS;
    CLOCK_GATES_2 |= CLOCK_PORTS_A_AND_D;
    /* They must not be touched in the three cycles that follow. These reads take longer. */
    (void)CLOCK_GATES_1;
    (void)CLOCK_GATES_2;
    start_pins();
    for (enum uart uart = UART_SOCKET; uart <= UART_NOTICES; uart++) {
        struct registers *registers = uarts[uart];
        /* 115,200 baud at 12.5 MHz: 6 + 50/64. QEMU has no use for it. On the chip the clock after reset is an RC oscillator,
         * which is off by more than a UART bears: start the crystal's first, and compute this anew. */
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
        uint32_t data = registers->data;
        bool is_damaged = (data & DATA_ERRORS) != 0;
        ring->damaged = ring->damaged || is_damaged;
        ring->bytes[ring->head & RING_MASK] = is_damaged ? 0 : (uint8_t)data;
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

size_t uart_begins(enum uart uart, const char *text) {
    const struct ring *ring = &rings[uart];
    uint32_t here = ring->head - ring->tail;
    size_t count = 0;
    while (count < here && text[count] != '\0') {
        if (ring->bytes[(ring->tail + count) & RING_MASK] != (uint8_t)text[count]) {
            return 0;
        }
        count++;
    }
    return count;
}

void uart_take(enum uart uart, size_t count) {
    struct ring *ring = &rings[uart];
    if (uart == UART_NOTICES) {
        entropy_wipe(&ring->bytes[ring->tail & RING_MASK], count);
    }
    ring->tail += (uint32_t)count;
    listen(uart);
}

bool uart_was_damaged(enum uart uart) {
    /* In one step: an interrupt between a look and a write would set what the write then wipes out. */
    return __atomic_exchange_n(&rings[uart].damaged, false, __ATOMIC_RELAXED);
}

/* Waits until there is room for a byte, if there soon is. */
static bool has_room(const struct registers *registers) {
    if ((registers->flag & FLAG_TRANSMIT_FULL) == 0) {
        return true;
    }
    uint64_t stuck_at = board_now() + STUCK_MS;
    while ((registers->flag & FLAG_TRANSMIT_FULL) != 0) {
        if (board_now() >= stuck_at) {
            return false;
        }
    }
    return true;
}

bool uart_write(enum uart uart, const uint8_t *bytes, size_t length) {
    struct registers *registers = uarts[uart];
    for (size_t n = 0; n < length; n++) {
        if (!has_room(registers)) {
            return false;
        }
        registers->data = bytes[n];
    }
    return true;
}
