/* This device's services: a TCP connection to one of them for each connection of the tunnel. */
#ifndef AGENT_LOCAL_H
#define AGENT_LOCAL_H

#include <iot_tunnel.h>

#include "backlog.h"
#include "dial.h"
#include "host.h"
#include "options.h"

/* Those of a session, and some that are over in the tunnel and not yet here. */
enum { MAX_LOCALS = MAX_SOCKETS - 3 };

struct local {
    enum {
        LOCAL_FREE,
        LOCAL_DIALLING, /* it connects to the service */
        LOCAL_UP,       /* bytes go both ways */
        LOCAL_HALF,     /* the service has ended its sending side, and may still want what comes from the tunnel */
        LOCAL_LEAVING   /* it is over in the tunnel: what came before is written, then the service gets the end */
    } state;
    int socket;
    struct dial dial;
    iot_tunnel_connection connection;
    bool is_ended;  /* dialling: it is over in the tunnel, and what came is still to be written */
    bool answered;  /* the service has sent bytes since it was given the latest ones */
    bool is_deaf;   /* the service takes nothing any more; what it has sent before is still read */
    uint64_t until; /* half: the end of the silence that ends it; leaving: given up then */
};

struct locals {
    const struct options *options;
    struct local list[MAX_LOCALS];
    unsigned turn; /* who is first: each in its turn, so that none starves the others */
    bool blocked;  /* the session has no room for more */
    struct backlog backlog;
};

void locals_init(struct locals *locals, const struct options *options);

/* What the tunnel says: a connection was started, bytes of it came, it is over. */
void locals_start(struct locals *locals, iot_tunnel_session *session, iot_tunnel_connection connection);
void locals_give(struct locals *locals, iot_tunnel_connection connection, iot_tunnel_bytes payload);
void locals_end(struct locals *locals, iot_tunnel_connection connection);
/* Another stream took the place of a service's: its connections are over in order, but for the one that began it. */
void locals_end_service(struct locals *locals, uint32_t service);
/* The other side of the tunnel is gone, and not by an end of its connections: those of the service are reset. */
void locals_cut_service(struct locals *locals, uint32_t service);
/* What brought them is gone: all that are not ended yet are reset, and what is kept goes too. */
void locals_cut_all(struct locals *locals);

/* Whether a service has no room for what came: nothing more may be given. */
bool locals_are_behind(const struct locals *locals);
/* The session has room again. */
void locals_unblock(struct locals *locals);

void locals_watch(const struct locals *locals, struct wait *wait);
/* Does what can be done now. Whether anything moved. `more_waits`: there are bytes of the tunnel behind the backlog. */
bool locals_run(struct locals *locals, iot_tunnel_session *session, bool more_waits);

#endif
