/* Where something is: a host and a port. */
#ifndef AGENT_PLACE_H
#define AGENT_PLACE_H

#include <iot_tunnel.h>

/* Longest host name, with a zero behind it. */
enum { HOST_SIZE = 254 };

struct place {
    char host[HOST_SIZE]; /* a name or an address, without brackets */
    unsigned port;
    char text[HOST_SIZE + sizeof "[]:65535"]; /* both, as people write them: an IPv6 address stands in brackets */
};

void place_set(struct place *place, iot_tunnel_text host, unsigned port);
/* Reads HOST[:PORT], or HOST:PORT if the default port is 0. NULL, or the rule that it breaks: the place is as before then. */
const char *place_read(struct place *place, const char *text, unsigned default_port);

#endif
