/* One connection to a service of this device, and how it ends. Used by local.c only. */
#ifndef AGENT_CONNECTION_H
#define AGENT_CONNECTION_H

#include "local.h"

/* Whether it is not over in the tunnel yet. */
bool local_is_live(const struct local *local);
/* Whether the backlog holds bytes for it. */
bool local_is_behind(const struct locals *locals, const struct local *local);
/* The live connection of that name. NULL if there is none. */
struct local *local_find(struct locals *locals, iot_tunnel_connection connection);
/* A place for a new connection, if need be that of one that is nearly over. NULL if there is none. */
struct local *local_find_place(struct locals *locals, iot_tunnel_session *session);
/* Keeps a place free in a session's stream, as long as one that is half-closed can make way. */
void local_keep_a_place(struct locals *locals, uint32_t service, iot_tunnel_session *session);

/* It is over on both sides: closes its socket, and frees its place. */
void local_drop(struct locals *locals, struct local *local);
/* It was cut off: the service gets a TCP reset. */
void local_cut(struct locals *locals, struct local *local);
/* It is over in the tunnel: the service gets what came before, and then the end. */
void local_leave(struct locals *locals, struct local *local);
/* It broke at the service's side, or did not come about: the other side of the tunnel gets its end. */
void local_fail(struct locals *locals, struct local *local, iot_tunnel_session *session);
/* It is half-closed, and its time begins anew. */
void local_await_silence(const struct locals *locals, struct local *local);
/* It is half-closed, and ends now on both sides. */
void local_end_half(struct locals *locals, struct local *local, iot_tunnel_session *session);

#endif
