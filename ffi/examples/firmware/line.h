/* The connection to the service as far as a UART knows it: not at all.
 *
 * QEMU ties UART0 to a TCP connection. When that ends, it makes another one RECONNECT_MS later, and the firmware is told
 * neither; what it writes in between is lost. Three rules make a reliable socket of this:
 * 1. A request is written only on a line that is settled: no byte went either way for SETTLE_MS. Whatever was there has
 *    ended by then and is read to its end, and a new connection is there.
 * 2. What arrives behind a silence of nearly RECONNECT_MS in which something was written, and begins with "HTTP/1.", comes
 *    from a new connection, of which the firmware knew nothing: the old one is over, wherever it stood, also in the middle of
 *    a frame. No frame begins so. One that stood still in its middle for that long could go on so, and would cost the
 *    connection; nothing more.
 * 3. Such an answer comes to anything that is no HTTP, so a ping every PROBE_MS finds out.
 * A line that damages or loses bytes, or takes none, is of no use until it is settled again: whatever is open on it is over.
 * A modem that tells its connections' ends, or a TCP stack, needs none of this. */

#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has arrived; see uart_peek. */
size_t line_peek(uint8_t **bytes);
void line_take(size_t count);

/* Writes all of it, unless the line has a fault. */
void line_write(const uint8_t *bytes, size_t length);

/* Rule 1. */
bool line_is_settled(void);

/* What is wrong with the line, or NULL. It stays so until line_mend. */
const char *line_fault(void);

/* The line is settled, and the next thing on it is a request. */
void line_mend(void);

/* Rule 2, of the bytes that line_peek has just shown. */
bool line_was_cut(void);

#endif
