#include "notice.h"

#include "config.h"
#include "entropy.h"
#include "text.h"
#include "uart.h"

#include <stdbool.h>
#include <string.h>

static struct {
    uint8_t bytes[NOTICE];
    size_t length;
    bool too_long;
    /* It was handed out. */
    bool whole;
} line;

static void add(const uint8_t *bytes, size_t count) {
    if (count > sizeof line.bytes - line.length) {
        line.too_long = true;
        return;
    }
    memcpy(&line.bytes[line.length], bytes, count);
    line.length += count;
}

uint8_t *notice_next(size_t *length) {
    if (line.whole) {
        entropy_wipe(&line, sizeof line);
    }
    uint8_t *bytes;
    size_t count;
    while ((count = uart_peek(UART_NOTICES, &bytes)) > 0) {
        const uint8_t *end = memchr(bytes, '\n', count);
        size_t part = end == NULL ? count : (size_t)(end - bytes);
        add(bytes, part);
        uart_take(UART_NOTICES, end == NULL ? part : part + 1);
        if (end == NULL) {
            continue;
        }
        if (!line.too_long) {
            line.whole = true;
            *length = line.length;
            return line.bytes;
        }
        report("notification ignored: longer than %u bytes", (unsigned)sizeof line.bytes);
        entropy_wipe(&line, sizeof line);
    }
    return NULL;
}
