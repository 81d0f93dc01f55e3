#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Longest silence that the broker takes, in seconds; below the idle limits of common NATs. */
enum { KEEP_ALIVE = 30 };
/* How often libmosquitto is given the time, in milliseconds. */
enum { TICK = 5000 };
/* Waits between connections, in milliseconds. */
enum { FIRST_WAIT = 1000, MAX_WAIT = 60000 };
/* The port at which AWS IoT Core tells MQTT by ALPN. */
enum { HTTPS_PORT = 443 };

/* The connection is gone, or did not come about. A fleet of things must not come back all at once. */
static void retry(struct notify *notify, const char *why)
{
    uint32_t random;
    host_draw(&random, sizeof random);
    if (notify->since != NEVER && host_now() - notify->since >= MAX_WAIT) {
        notify->retry_wait = FIRST_WAIT;
    }
    uint64_t wait = random % notify->retry_wait;
    notify->since = NEVER;
    notify->retry_at = host_now() + wait;
    notify->retry_wait = notify->retry_wait * 2 < MAX_WAIT ? notify->retry_wait * 2 : MAX_WAIT;
    say("no connection to the MQTT broker %s:%u: %s; again in %u ms", notify->options->broker.host,
        notify->options->broker.port, why, (unsigned)wait);
}

static void on_connect(struct mosquitto *mqtt, void *context, int code)
{
    struct notify *notify = context;
    if (code != 0) {
        say("the MQTT broker refuses: %s", mosquitto_connack_string(code));
        return;
    }
    (void)mosquitto_subscribe(mqtt, NULL, notify->topic, 1);
}

static void on_subscribe(struct mosquitto *mqtt, void *context, int id, int count, const int *granted)
{
    struct notify *notify = context;
    (void)mqtt;
    (void)id;
    if (count != 1 || granted[0] > 1) {
        say("the MQTT broker refuses a subscription to %s", notify->topic);
        return;
    }
    notify->since = host_now();
    say("subscribed to %s at %s:%u", notify->topic, notify->options->broker.host, notify->options->broker.port);
    if (notify->options->prints_ready && !notify->was_ready) {
        const struct place *broker = &notify->options->broker;
        bool is_ipv6 = strchr(broker->host, ':') != NULL;
        printf("{\"broker\":\"%s://%s%s%s:%u\",\"topic\":\"%s\"}\n", notify->options->broker_tls ? "mqtts" : "mqtt",
               is_ipv6 ? "[" : "", broker->host, is_ipv6 ? "]" : "", broker->port, notify->topic);
        fflush(stdout);
    }
    notify->was_ready = true;
}

static void on_message(struct mosquitto *mqtt, void *context, const struct mosquitto_message *message)
{
    struct notify *notify = context;
    (void)mqtt;
    if (message->payloadlen > 0) {
        size_t length = (size_t)message->payloadlen;
        notify->handler(notify->context, message->payload, length);
        /* A token was in it. The copy that libmosquitto has read it into is libmosquitto's own. */
        explicit_bzero(message->payload, length);
    }
}

/* What mqtts:// needs. */
static bool set_tls(struct notify *notify)
{
    const struct options *options = notify->options;
    int status = mosquitto_tls_set(notify->mqtt, options->mqtt_ca == NULL ? SYSTEM_CA : options->mqtt_ca, NULL,
                                   options->mqtt_cert, options->mqtt_key, NULL);
    if (status == MOSQ_ERR_SUCCESS && options->broker.port == HTTPS_PORT) {
        status = mosquitto_string_option(notify->mqtt, MOSQ_OPT_TLS_ALPN, "x-amzn-mqtt-ca");
    }
    if (status != MOSQ_ERR_SUCCESS) {
        say("--mqtt-ca, --mqtt-cert or --mqtt-key cannot be read: %s", mosquitto_strerror(status));
    }
    return status == MOSQ_ERR_SUCCESS;
}

bool notify_init(struct notify *notify, const struct options *options, notify_handler *handler, void *context)
{
    char made_id[NAME_SIZE + sizeof "-tunnel-agent"];
    memset(notify, 0, sizeof *notify);
    notify->options = options;
    notify->handler = handler;
    notify->context = context;
    notify->retry_wait = FIRST_WAIT;
    notify->since = NEVER;
    snprintf(notify->topic, sizeof notify->topic, "$aws/things/%s/tunnels/notify", options->thing);
    snprintf(made_id, sizeof made_id, "%s-tunnel-agent", options->thing);

    (void)mosquitto_lib_init();
    /* Not a clean session: the broker knows the thing by its id, and keeps what came while it was away. */
    notify->mqtt = mosquitto_new(options->client_id == NULL ? made_id : options->client_id, false, notify);
    if (notify->mqtt == NULL) {
        say("libmosquitto: %s", strerror(errno));
        return false;
    }
    (void)mosquitto_int_option(notify->mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
    mosquitto_connect_callback_set(notify->mqtt, on_connect);
    mosquitto_subscribe_callback_set(notify->mqtt, on_subscribe);
    mosquitto_message_callback_set(notify->mqtt, on_message);
    return !options->broker_tls || set_tls(notify);
}

void notify_watch(struct notify *notify, struct wait *wait)
{
    int socket = mosquitto_socket(notify->mqtt);
    if (socket < 0) {
        wait_until(wait, notify->retry_at);
        return;
    }
    wait_for(wait, socket, POLLIN | (mosquitto_want_write(notify->mqtt) ? POLLOUT : 0));
    wait_until(wait, host_now() + TICK);
}

static const char *why(int status)
{
    return status == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(status);
}

void notify_run(struct notify *notify)
{
    const struct place *broker = &notify->options->broker;
    int status = MOSQ_ERR_SUCCESS;
    if (mosquitto_socket(notify->mqtt) < 0) {
        if (host_now() < notify->retry_at) {
            return;
        }
        /* The connection is made without waiting; only the name is not looked up so. */
        status = mosquitto_connect_async(notify->mqtt, broker->host, (int)broker->port, KEEP_ALIVE);
    } else {
        status = mosquitto_loop_read(notify->mqtt, 1);
        if (status == MOSQ_ERR_SUCCESS) {
            status = mosquitto_loop_write(notify->mqtt, 1);
        }
        if (status == MOSQ_ERR_SUCCESS) {
            status = mosquitto_loop_misc(notify->mqtt);
        }
    }
    if (mosquitto_socket(notify->mqtt) < 0) {
        retry(notify, why(status));
    }
}

void notify_end(struct notify *notify)
{
    if (notify->mqtt != NULL) {
        (void)mosquitto_disconnect(notify->mqtt);
        mosquitto_destroy(notify->mqtt);
    }
    (void)mosquitto_lib_cleanup();
}
