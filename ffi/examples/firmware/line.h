/* The connection to the service as far as a UART knows it: not at all.
 *
 * QEMU ties UART0 to a TCP connection. When that ends, it makes another one RECONNECT_MS later, and the firmware is told
 * neither; what it writes in between is lost. Three rules make a reliable socket of this:
 * 1. A request is written only on a line that is settled: no byte went either way for SETTLE_MS. Whatever was there has
 *    ended by then and is read to its end, and a new connection is there.
 * 2. What arrives behind a silence of nearly RECONNECT_MS and begins as HTTP comes from a new connection, of which the
 *    firmware knew nothing: the old one is over, wherever it stood. No WebSocket frame begins so.
 * 3. Such an answer comes to anything that is no HTTP, so a ping every PROBE_MS finds out.
 * A modem that tells its connections' ends, or a TCP stack, needs none of this. */

#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has arrived; see uart_peek. */
size_t line_peek(uint8_t **bytes);
void line_take(size_t count);

/* Writes all of it. */
void line_write(const uint8_t *bytes, size_t length);

/* Rule 1. */
bool line_is_settled(void);

/* Rule 2, of the bytes that line_peek has just shown. */
bool line_was_cut(void);

#endif
