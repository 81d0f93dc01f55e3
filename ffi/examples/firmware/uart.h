/* The two serial ports. What arrives is kept by interrupt; what is written is written before the call returns. */

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
 * are until they are taken. Nothing gets lost meanwhile: a ring that is full leaves the rest in the UART's FIFO, and a FIFO
 * that is full stops the sender (QEMU does; a board needs RTS and CTS). */
size_t uart_peek(enum uart uart, uint8_t **bytes);

/* Takes the first `count` of them. */
void uart_take(enum uart uart, size_t count);

/* Writes all of it. It waits as long as the UART's other end takes nothing. */
void uart_write(enum uart uart, const uint8_t *bytes, size_t length);

/* The handlers of their interrupts. */
void uart_interrupt_socket(void);
void uart_interrupt_notices(void);

#endif
