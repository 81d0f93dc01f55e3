#include "line.h"

#include "board.h"
#include "config.h"
#include "uart.h"

static const char HEAD[] = "HTTP/1.";

/* When a byte last went, either way. */
static uint64_t last_write, last_arrival;
/* What was peeked begins as the answer of a new connection. */
static bool is_cut;
/* It may, and more of it is awaited: until then. */
static bool is_begun;
static uint64_t decided_at;
static const char *fault;

/* Whether what has arrived stands where an answer of a new connection can: the old one would have ended this long ago, and
 * whatever was written on the new one is answered. */
static bool follows_silence(uint64_t now) {
    return now - last_arrival >= RECONNECT_MS * 9 / 10 && last_write >= last_arrival;
}

size_t line_peek(uint8_t **bytes) {
    size_t length = uart_peek(UART_SOCKET, bytes);
    if (length == 0) {
        return 0;
    }
    uint64_t now = board_now();
    is_cut = false;
    if (is_begun || follows_silence(now)) {
        size_t same = uart_begins(UART_SOCKET, HEAD);
        is_cut = same == sizeof HEAD - 1;
        if (!is_begun) {
            decided_at = now + HEAD_MS;
        }
        is_begun = !is_cut && same > 0 && now < decided_at;
        if (is_begun) {
            return 0;
        }
    }
    last_arrival = now;
    return length;
}

void line_take(size_t count) {
    uart_take(UART_SOCKET, count);
}

void line_write(const uint8_t *bytes, size_t length) {
    if (line_fault() != NULL) {
        return;
    }
    if (!uart_write(UART_SOCKET, bytes, length)) {
        fault = "the line takes nothing";
    }
    last_write = board_now();
}

bool line_is_settled(void) {
    uint64_t last_byte = last_write > last_arrival ? last_write : last_arrival;
    return board_now() - last_byte >= SETTLE_MS;
}

const char *line_fault(void) {
    if (uart_was_damaged(UART_SOCKET) && fault == NULL) {
        fault = "the line has damaged what came";
    }
    return fault;
}

void line_mend(void) {
    (void)uart_was_damaged(UART_SOCKET);
    fault = NULL;
}

bool line_was_cut(void) {
    return is_cut;
}
