/* This device's end of a tunnel: the library's session, with a WebSocket over TLS to the service and TCP to what is here. */
#ifndef AGENT_TUNNEL_H
#define AGENT_TUNNEL_H

#include <iot_tunnel.h>

#include "host.h"
#include "link.h"
#include "local.h"
#include "options.h"

/* What waits to be sent in the session: some frames, so that the socket never waits for the services. */
enum { OUTGOING = 4 * TLS_RECORD };

struct tunnel {
    const struct options *options;
    iot_tunnel_session session;
    uint8_t incoming[IOT_TUNNEL_MAX_MESSAGE];
    uint8_t outgoing[OUTGOING];
    uint64_t deadline;                          /* of the session */
    iot_tunnel_session_state told;              /* where the session was when that was logged last */
    char endpoint[HOST_SIZE + sizeof ":65535"]; /* where the latest token is good */

    struct link link;
    bool paused;
    iot_tunnel_bytes payload; /* of a WebSocket message, and not taken by the session yet; it lies in the link */
    struct locals locals;
};

/* Begins, without a token. Says what is wrong with the files or the services, if anything is. */
bool tunnel_init(struct tunnel *tunnel, const struct options *options);
void tunnel_watch(const struct tunnel *tunnel, struct wait *wait);
/* Does what can be done now. Whether anything moved: then there may be more to do at once. */
bool tunnel_run(struct tunnel *tunnel);
/* Says good-bye, and wipes everything. */
void tunnel_end(struct tunnel *tunnel);

#endif
