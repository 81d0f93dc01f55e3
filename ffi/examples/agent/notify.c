#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Longest silence that the broker takes, in seconds; below the idle limits of common NATs. */
enum { KEEP_ALIVE = 30 };
/* How often libmosquitto is given the time, in milliseconds. */
enum { TICK = 5000 };
/* Waits between connections, in milliseconds. */
enum { FIRST_WAIT = 1000, MAX_WAIT = 60000 };
/* How long it may take to be subscribed, once there is a socket, in milliseconds (ours). */
enum { SUBSCRIBE_TIMEOUT = 20000 };
/* What a connection is bound to, which leaves it the addresses of that family. */
static const char *const FAMILIES[] = {[ANY_FAMILY] = NULL, [IPV4] = "0.0.0.0", [IPV6] = "::"};
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
    say("no connection to the MQTT broker %s: %s; again in %u ms", notify->options->broker.text, why, (unsigned)wait);
}

static void on_connect(struct mosquitto *mqtt, void *context, int code)
{
    struct notify *notify = context;
    if (code != 0) {
        notify->refused = mosquitto_connack_string(code);
        return;
    }
    int status = mosquitto_subscribe(mqtt, NULL, notify->topic, 1);
    if (status != MOSQ_ERR_SUCCESS) {
        notify->refused = mosquitto_strerror(status);
    }
}

static void on_subscribe(struct mosquitto *mqtt, void *context, int id, int count, const int *granted)
{
    struct notify *notify = context;
    (void)mqtt;
    (void)id;
    if (count != 1 || granted[0] > 1) {
        say("the MQTT broker refuses a subscription to %s", notify->topic);
        notify->refused = "it lets nobody hear of this thing's tunnels";
        return;
    }
    notify->since = host_now();
    notify->due = NEVER;
    say("subscribed to %s at %s", notify->topic, notify->options->broker.text);
    if (notify->options->prints_ready && !notify->was_ready) {
        printf("{\"broker\":\"%s://%s\",\"topic\":\"%s\"}\n", notify->options->broker_tls ? "mqtts" : "mqtt",
               notify->options->broker.text, notify->topic);
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
        notify->handler(notify->context, message->payload, length, message->retain);
        /* A token was in it. The copy that libmosquitto has read it into is libmosquitto's own. */
        explicit_bzero(message->payload, length);
    }
}

/* Of what goes wrong in TLS, libmosquitto returns that something did, and logs what. */
static void on_log(struct mosquitto *mqtt, void *context, int level, const char *text)
{
    (void)mqtt;
    (void)context;
    if (level == MOSQ_LOG_ERR) {
        say("libmosquitto: %s", text);
    }
}

/* What mqtts:// needs. The files have been looked into. */
static bool set_tls(struct notify *notify)
{
    const struct options *options = notify->options;
    int status = mosquitto_tls_set(notify->mqtt, options->mqtt_ca == NULL ? SYSTEM_CA : options->mqtt_ca, NULL,
                                   options->mqtt_cert, options->mqtt_key, NULL);
    if (status == MOSQ_ERR_SUCCESS && options->broker.port == HTTPS_PORT) {
        status = mosquitto_string_option(notify->mqtt, MOSQ_OPT_TLS_ALPN, "x-amzn-mqtt-ca");
    }
    if (status != MOSQ_ERR_SUCCESS) {
        say("libmosquitto takes no TLS: %s", mosquitto_strerror(status));
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
    notify->due = NEVER;
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
    mosquitto_log_callback_set(notify->mqtt, on_log);
    return !options->broker_tls || set_tls(notify);
}

/* In the thread: looks the broker's name up, and begins a connection. */
static void connect_client(void *context)
{
    struct notify *notify = context;
    const struct place *broker = &notify->options->broker;
    notify->status = mosquitto_connect_bind_async(notify->mqtt, broker->host, (int)broker->port, KEEP_ALIVE,
                                                  FAMILIES[notify->family]);
    notify->broke = errno;
}

/* There is nothing of it to be freed: it ends with the program. */
static void keep(void *context)
{
    (void)context;
}

static const char *why(int status, int broke)
{
    return status == MOSQ_ERR_ERRNO ? strerror(broke) : mosquitto_strerror(status);
}

/* Any is only the first: libmosquitto has no way back to it. */
static void next_family(struct notify *notify)
{
    notify->family = notify->family == IPV4 ? IPV6 : IPV4;
}

/* Whether the broker has no address of the family, or this device cannot make such a socket: it could not be bound. */
static bool has_no_address(const struct notify *notify)
{
    return notify->family != ANY_FAMILY && notify->status == MOSQ_ERR_ERRNO &&
           (notify->broke == EINVAL || notify->broke == EAFNOSUPPORT);
}

/* The connection is gone, or did not come about. */
static void lose(struct notify *notify, int status, int broke)
{
    if (notify->since == NEVER) {
        next_family(notify);
    }
    retry(notify, notify->refused != NULL ? notify->refused : why(status, broke));
}

static void begin(struct notify *notify)
{
    notify->refused = NULL;
    notify->due = NEVER;
    notify->connecting = errand_begin(connect_client, keep, notify);
    if (notify->connecting == NULL) {
        lose(notify, MOSQ_ERR_ERRNO, errno);
    }
}

/* The call has returned, with a socket if it went well. */
static void connected(struct notify *notify)
{
    errand_leave(notify->connecting);
    notify->connecting = NULL;
    notify->due = host_now() + SUBSCRIBE_TIMEOUT;
    bool is_news = !has_no_address(notify) || notify->passed_over;
    notify->passed_over = !is_news;
    if (!is_news) {
        next_family(notify);
        begin(notify);
    } else if (mosquitto_socket(notify->mqtt) < 0) {
        lose(notify, notify->status, notify->broke);
    }
}

void notify_watch(struct notify *notify, struct wait *wait)
{
    if (notify->connecting != NULL) {
        errand_watch(notify->connecting, wait);
        return;
    }
    int socket = mosquitto_socket(notify->mqtt);
    if (socket < 0) {
        wait_until(wait, notify->retry_at);
        return;
    }
    wait_for(wait, socket, POLLIN | (mosquitto_want_write(notify->mqtt) ? POLLOUT : 0));
    wait_until(wait, host_now() + TICK);
    wait_until(wait, notify->due);
}

/* Without the subscription the agent is deaf, so it says good-bye, and comes back: what is allowed there can change. */
static void leave(struct notify *notify)
{
    notify->due = NEVER;
    (void)mosquitto_disconnect(notify->mqtt);
    int socket = mosquitto_socket(notify->mqtt);
    if (socket >= 0) {
        (void)shutdown(socket, SHUT_RDWR); /* It does not take the good-bye; the next read finds the end. */
    }
}

/* Moves what can be moved on the connection. */
static void run(struct notify *notify)
{
    int status = mosquitto_loop_read(notify->mqtt, 1);
    if (status == MOSQ_ERR_SUCCESS) {
        status = mosquitto_loop_write(notify->mqtt, 1);
    }
    if (status == MOSQ_ERR_SUCCESS) {
        status = mosquitto_loop_misc(notify->mqtt);
    }
    int broke = errno;
    if (host_now() >= notify->due) {
        notify->refused = "it does not answer";
    }
    if (notify->refused != NULL && mosquitto_socket(notify->mqtt) >= 0) {
        leave(notify);
    }
    if (mosquitto_socket(notify->mqtt) < 0) {
        lose(notify, status, broke);
    }
}

void notify_run(struct notify *notify)
{
    if (notify->connecting != NULL) {
        if (errand_is_done(notify->connecting)) {
            connected(notify);
        }
    } else if (mosquitto_socket(notify->mqtt) >= 0) {
        run(notify);
    } else if (host_now() >= notify->retry_at) {
        begin(notify);
    }
}

void notify_end(struct notify *notify)
{
    if (notify->connecting != NULL) {
        return; /* The client is the thread's, for as long as the lookup takes. */
    }
    if (notify->mqtt != NULL) {
        (void)mosquitto_disconnect(notify->mqtt);
        mosquitto_destroy(notify->mqtt);
    }
    (void)mosquitto_lib_cleanup();
}
