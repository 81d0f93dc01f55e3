/* A TCP connection that is being made, without waiting, to one address of a host after the other. */
#ifndef AGENT_DIAL_H
#define AGENT_DIAL_H

#include <netdb.h>
#include <stdbool.h>

#include "errand.h"
#include "host.h"

struct dial {
    struct errand *lookup; /* while the name is looked up */
    struct addrinfo *addresses;
    struct addrinfo *next;
    int socket;      /* -1: there is none */
    const char *why; /* why it failed, until the next call of any function */
};

/* What dial_begin and dial_run answer. */
enum dialled { DIAL_WAITS, DIAL_DONE, DIAL_FAILED };

/* Begins. A name is looked up in a thread of its own, which may take long; an address, and localhost, is one at once. */
enum dialled dial_begin(struct dial *dial, const char *host, unsigned port);
/* Goes on. Done, the socket is the caller's; it does not block, and sends without delay. */
enum dialled dial_run(struct dial *dial);
/* Gives up what is not done. Harmless otherwise. */
void dial_end(struct dial *dial);
/* Waits until dial_run may do something. */
void dial_watch(const struct dial *dial, struct wait *wait);

#endif
