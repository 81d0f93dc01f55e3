/* The notifications of this thing's tunnels, over MQTT: subscribed as long as the agent runs. */
#ifndef AGENT_NOTIFY_H
#define AGENT_NOTIFY_H

#include <mosquitto.h>

#include "host.h"
#include "options.h"

/* Who takes a notification. It may change the payload, which is wiped afterwards. */
typedef void notify_handler(void *context, uint8_t *payload, size_t length);

struct notify {
    const struct options *options;
    struct mosquitto *mqtt;
    char topic[NAME_SIZE + sizeof "$aws/things//tunnels/notify"];
    notify_handler *handler;
    void *context;
    uint64_t retry_at;   /* while there is no connection */
    uint64_t retry_wait; /* how long the next wait can be, in milliseconds */
    uint64_t since;      /* when it subscribed last */
    bool was_ready;
};

/* Begins. Says what is wrong with the files, if anything is. */
bool notify_init(struct notify *notify, const struct options *options, notify_handler *handler, void *context);
void notify_watch(struct notify *notify, struct wait *wait);
/* Does what can be done now, and hands over the notifications that came. */
void notify_run(struct notify *notify);
/* Says good-bye to the broker, which keeps what comes from now on. */
void notify_end(struct notify *notify);

#endif
