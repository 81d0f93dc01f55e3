#include "line.h"

#include "board.h"
#include "config.h"
#include "uart.h"

/* When a byte last went either way, and when one last arrived. */
static uint64_t last_byte, last_arrival;
/* What was peeked begins as the answer of a new connection. */
static bool is_cut;

size_t line_peek(uint8_t **bytes) {
    size_t length = uart_peek(UART_SOCKET, bytes);
    if (length > 0) {
        uint64_t now = board_now();
        is_cut = now - last_arrival >= RECONNECT_MS * 9 / 10 && (*bytes)[0] == 'H';
        last_byte = last_arrival = now;
    }
    return length;
}

void line_take(size_t count) {
    uart_take(UART_SOCKET, count);
}

void line_write(const uint8_t *bytes, size_t length) {
    uart_write(UART_SOCKET, bytes, length);
    last_byte = board_now();
}

bool line_is_settled(void) {
    return board_now() - last_byte >= SETTLE_MS;
}

bool line_was_cut(void) {
    return is_cut;
}
