/* The upgrade of the line to a WebSocket: a request written, its answer gathered. */

#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <iot_tunnel.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new token: what became of an old one says nothing of it. */
void handshake_start(void);

/* Writes the request for the connection that the session wants. */
iot_tunnel_status handshake_ask(uint64_t now, iot_tunnel_session *session);

/* Whether an answer should have come by now. */
bool handshake_is_late(uint64_t now);

/* Takes bytes of the answer; returns how many. What is not taken is the WebSocket's. `*fault` says why this is no answer to
 * our request; the session was not told then. Otherwise it is NULL, and the session knows what `answer` says. */
size_t handshake_hear(
    uint64_t now, iot_tunnel_session *session, const uint8_t *bytes, size_t length, iot_tunnel_upgrade_answer *answer,
    iot_tunnel_text *fault);

#endif
