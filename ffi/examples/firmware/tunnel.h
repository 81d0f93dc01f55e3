/* The device's end of a tunnel: the library's session and WebSocket, on the line to the service. */

#ifndef TUNNEL_H
#define TUNNEL_H

#include <iot_tunnel.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has happened since the start. */
struct tunnel_counts {
    unsigned rotations, handshakes, connections, bytes_in, bytes_out;
};
extern struct tunnel_counts tunnel_counts;

/* Makes the session; it waits for a token. */
void tunnel_start(void);

/* Takes a notification, if one has come: it has a token, the first one or one that a rotation issued. Whether one had. */
bool tunnel_hear(uint64_t now);

/* Takes what has arrived from the service, up to a ring of it, and has app.c deal with it. Whether anything had. */
bool tunnel_receive(uint64_t now);

/* Does what is due. */
void tunnel_time(uint64_t now);

/* Does what the session wants done: asks for a connection, sends, closes. */
void tunnel_send(uint64_t now);

/* Sends bytes of a connection. Whether the connection was still there. */
bool tunnel_write(iot_tunnel_connection connection, const void *bytes, size_t length);

/* Ends a connection, behind what was sent before. */
void tunnel_end(iot_tunnel_connection connection);

#endif
