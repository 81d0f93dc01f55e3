/* The notifications of this thing's tunnels, over MQTT: subscribed as long as the agent runs.
 *
 * libmosquitto looks names up and connects in one call, and wants the name, not an address of it, to verify a certificate.
 * So that call is made in a thread of its own, while nobody else touches the client. Of the addresses it stays with the
 * first that does not refuse at once. So a broker that was not reached by that is tried by IPv4, by IPv6, and so on in turn.
 * Of several addresses of one family the first counts, in the order of the lookup. */
#ifndef AGENT_NOTIFY_H
#define AGENT_NOTIFY_H

#include <mosquitto.h>

#include "errand.h"
#include "host.h"
#include "options.h"

/* Who takes a notification. It may change the payload, which is wiped afterwards. A retained one is what the broker keeps for
 * whoever subscribes: it can be of any age. */
typedef void notify_handler(void *context, uint8_t *payload, size_t length, bool retained);

struct notify {
    const struct options *options;
    struct mosquitto *mqtt;
    char topic[NAME_SIZE + sizeof "$aws/things//tunnels/notify"];
    notify_handler *handler;
    void *context;
    struct errand *connecting; /* while the client is the thread's */
    enum { ANY_FAMILY, IPV4, IPV6 } family;
    bool passed_over;          /* the other family, of which there was no address */
    int status;                /* what the call said: a MOSQ_ERR, and its errno */
    int broke;
    const char *refused; /* why this connection is of no use */
    uint64_t due;        /* when it must be subscribed; NEVER: it is */
    uint64_t retry_at;   /* while there is no connection */
    uint64_t retry_wait; /* how long the next wait can be, in milliseconds */
    uint64_t since;      /* when it subscribed last; NEVER: it is not */
    bool was_ready;
};

/* Begins. Says what is wrong, if anything is. */
bool notify_init(struct notify *notify, const struct options *options, notify_handler *handler, void *context);
void notify_watch(struct notify *notify, struct wait *wait);
/* Does what can be done now, and hands over the notifications that came. */
void notify_run(struct notify *notify);
/* Says good-bye to the broker, which keeps what comes from now on. */
void notify_end(struct notify *notify);

#endif
