/* What the library leaves to its host: the time, random bytes, waiting, and somebody to tell. */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

#include <iot_tunnel.h>
#include <poll.h>

/* For the service, the broker and signals, and for the connections to this device's services. */
enum { MAX_SOCKETS = 3 + 128 };

/* What the next wait is for. */
struct wait {
    struct pollfd sockets[MAX_SOCKETS];
    nfds_t count;
    uint64_t until; /* of host_now */
};

/* An end that never comes. */
#define NEVER UINT64_MAX

/* The arguments of "%.*s". */
#define SHOW(text) (int)(text).len, (text).ptr

/* Writes one line to stderr. Whatever a peer has slipped into it, it is printable. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The start of a text of a peer, as it can be shown, in a buffer that ends with a zero. */
void shown(iot_tunnel_bytes text, char *buffer, size_t size);

/* Milliseconds of a clock that nobody sets. */
uint64_t host_now(void);

/* Draws random bytes, at most 256. Without them nothing here is safe: it ends the program if there are none. */
void host_draw(void *bytes, size_t count);

/* Text that ends with a zero, as the library takes it. */
iot_tunnel_text text_of(const char *string);

/* Waits for nothing yet. */
void wait_begin(struct wait *wait);
/* Waits for a socket too, unless events is 0: poll would report its end again and again, and nobody would look. */
void wait_for(struct wait *wait, int socket, int events);
/* The same, and also without events for the moment when the connection breaks. */
void wait_for_end(struct wait *wait, int socket, int events);
/* Waits no longer than that. */
void wait_until(struct wait *wait, uint64_t deadline);
/* Waits. */
void wait_end(struct wait *wait);

#endif
