/* Notifications: lines of JSON on UART1, as a modem that knows MQTT would hand them over. */

#ifndef NOTICE_H
#define NOTICE_H

#include <stddef.h>
#include <stdint.h>

/* The next line, without its end, or NULL if none is whole yet. It is the caller's until the next call, which wipes it: it
 * holds a token. A line that has no room is reported and left out. One that arrived damaged has a NUL in it, as no JSON has. */
uint8_t *notice_next(size_t *length);

#endif
