/* The connection to the service: a WebSocket over TLS, and what waits to be written to it or taken off it. */
#ifndef AGENT_LINK_H
#define AGENT_LINK_H

#include <iot_tunnel.h>

#include "host.h"
#include "tls.h"

/* Longest control frame that is sent. */
enum { CONTROL_FRAME = 6 + 125 };
/* Payload of a binary message, such that it fills one record together with its header. */
enum { MESSAGE_PAYLOAD = TLS_RECORD - 14 };

struct link {
    enum {
        LINK_DOWN,
        LINK_UPGRADING, /* TCP, TLS, and the answer to the upgrade request */
        LINK_UP         /* it is a WebSocket */
    } state;
    struct tls tls;
    iot_tunnel_websocket websocket;
    uint64_t check_at;         /* when to look next whether the peer is gone */
    iot_tunnel_buffer received; /* what was read into `in` and is not taken yet */
    size_t out_start;          /* what of `out` is to be written */
    size_t out_end;
    uint8_t in[TLS_RECORD];
    uint8_t out[TLS_RECORD + 4 * CONTROL_FRAME];
};

/* Begins a connection. What `out` holds goes out first. False if it failed, as link->tls.why says. */
bool link_open(struct link *link, const struct place *place);
/* Goes on with it, and reads behind what is there already: how many bytes, 0 at the end, TLS_WAITS or TLS_FAILED. */
int link_read(struct link *link);
/* The upgrade request is answered, by the first bytes of what was received. */
void link_upgraded(struct link *link, size_t length);

/* Whether a pong has room, and a ping beside it. */
bool link_has_room(const struct link *link);
/* Puts a frame behind what is to be written, if it has room. */
bool link_put(struct link *link, iot_tunnel_frame kind, iot_tunnel_bytes payload);
/* Writes what is to be written, as far as the socket takes it. False if it broke. */
bool link_flush(struct link *link);

/* Says good-bye on the WebSocket, if there is one and it takes it at once, and lets go of it. */
void link_part(struct link *link, uint16_t code);
/* Lets go of the connection, and wipes everything that was on its way. */
void link_drop(struct link *link);

/* Whether the peer is gone, although neither side has ended the connection. Looks every few seconds. */
bool link_is_dead(struct link *link);
void link_watch(const struct link *link, struct wait *wait, bool reads);

#endif
