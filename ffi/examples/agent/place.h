/* Where something is: a host and a port. */
#ifndef AGENT_PLACE_H
#define AGENT_PLACE_H

#include <stdbool.h>

#include <iot_tunnel.h>

/* Longest host name, with a zero behind it. */
enum { HOST_SIZE = 254 };
/* Room for what is wrong with an endpoint, with a zero behind it. */
enum { WHY_SIZE = 129 };

struct place {
    char host[HOST_SIZE]; /* a name or an address, without brackets */
    unsigned port;
    char text[HOST_SIZE + sizeof "[]:65535"]; /* both, as people write them: an IPv6 address stands in brackets */
};

void place_set(struct place *place, iot_tunnel_text host, unsigned port);
/* Reads HOST[:PORT], or HOST:PORT if the default port is 0. If it is none, says why, and the place is as before. */
bool place_read(struct place *place, const char *text, unsigned default_port, char why[WHY_SIZE]);

#endif
