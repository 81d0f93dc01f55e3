/* The two serial ports. What arrives is kept by interrupt; what is written is written before the call returns.
 *
 * Made for QEMU's lm3s6965evb, where a port that has no room stops whoever sends. The chip's ports have no RTS and CTS: there
 * a sender that is not stopped runs over the FIFO, which is an error like any other of the line, and costs the connection. On
 * a chip that has them, switch them on in uart_start. A sender must not be faster than the main loop takes it, either way. */

#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UART0 is the socket: QEMU ties it to the service. UART1 brings notifications. */
enum uart { UART_SOCKET, UART_NOTICES };

/* Starts both; once. */
void uart_start(void);

/* What has arrived and was not taken: *bytes are the first of it, and the number of them is returned. They stay where they
 * are until they are taken. A ring that is full leaves the rest in the UART's FIFO. A byte that arrived damaged is a NUL. */
size_t uart_peek(enum uart uart, uint8_t **bytes);

/* Whether what has arrived, and was not taken, begins with `text`: how many bytes of that have arrived, 0 if one is another. */
size_t uart_begins(enum uart uart, const char *text);

/* Takes the first `count` of what uart_peek has shown. Those of UART1 are wiped: a token is in them. */
void uart_take(enum uart uart, size_t count);

/* Whether a byte has arrived damaged, or some were lost, since this was asked last. */
bool uart_was_damaged(enum uart uart);

/* Writes all of it, unless the UART takes nothing for STUCK_MS. Whether it has. */
bool uart_write(enum uart uart, const uint8_t *bytes, size_t length);

/* The handlers of their interrupts. */
void uart_interrupt_socket(void);
void uart_interrupt_notices(void);

#endif
