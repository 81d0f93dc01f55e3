/* Bytes of the tunnel for a service whose socket has no room for them. The tunnel is one stream of bytes for all its connections,
 * so that nothing more is taken from it meanwhile, and room for one message is enough. */
#ifndef AGENT_BACKLOG_H
#define AGENT_BACKLOG_H

#include <iot_tunnel.h>
#include <stdbool.h>
#include <sys/types.h>

struct backlog {
    const void *owner; /* the connection they are for; NULL: the backlog is empty */
    uint64_t since;    /* when the service last took a byte, or when they came */
    size_t start;
    size_t end;
    uint8_t bytes[IOT_TUNNEL_MAX_MESSAGE];
};

/* Keeps bytes, which must not be more than a message of the tunnel has. The backlog must be empty. */
void backlog_keep(struct backlog *backlog, const void *owner, iot_tunnel_bytes bytes);
/* Empties the backlog. */
void backlog_forget(struct backlog *backlog);
/* Writes to the socket as many bytes as it takes, and empties the backlog with the last one. How many, or -1 as send(2) has it. */
ssize_t backlog_write(struct backlog *backlog, int socket);

#endif
