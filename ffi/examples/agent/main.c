/*
 * A Linux device agent in plain C, as an example of how iot_tunnel.h is used: it hears of its thing's tunnels over MQTT,
 * connects to them, and serves local TCP ports through them. A rotated token reaches it like the first one, while it runs.
 *
 *   options.c  what it is told on the command line
 *   notify.c   the notifications, by libmosquitto
 *   tunnel.c   the library's session, and what follows from what it says: begin to read here
 *   link.c     the WebSocket to the service, by the library
 *   tls.c      the TLS below it, by mbedTLS
 *   local.c    the TCP connections to this device's services
 *   dial.c     TCP connections that are being made
 *   host.c     time, random bytes, waiting, log
 *
 * One thread, one poll, no socket that blocks; nothing is allocated here, only by the two libraries and for names of hosts.
 * Everything that came and has no room stays where it is until there is room, so that TCP stops whoever is too fast.
 *
 * A notification does not say which tunnel it is for. Here the latest token wins: a second tunnel's pushes the first tunnel
 * out, whose operator sees its destination DISCONNECTED until its token is rotated. A device that must serve several
 * tunnels at a time has a struct tunnel for each, and tries a new token in a new one.
 */
#include "notify.h"
#include "tunnel.h"

static volatile sig_atomic_t is_stopping;

static void stop(int signal)
{
    (void)signal;
    is_stopping = 1;
}

/* From now on SIGINT and SIGTERM only come while the program waits. The signals that are blocked in there. */
static sigset_t catch_signals(void)
{
    const struct sigaction action = {.sa_handler = stop};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t ends, while_waiting;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, &while_waiting);
    sigdelset(&while_waiting, SIGINT);
    sigdelset(&while_waiting, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* A socket that broke says so by its error. */
    return while_waiting;
}

static void notified(void *tunnel, uint8_t *payload, size_t length)
{
    tunnel_notify(tunnel, payload, length);
}

int main(int count, char **arguments)
{
    static struct options options;
    static struct tunnel tunnel;
    static struct notify notify;
    options_read(&options, count, arguments);
    const sigset_t signals = catch_signals();
    bool is_up = tunnel_init(&tunnel, &options) && notify_init(&notify, &options, notified, &tunnel);
    bool moved = false;
    while (is_up && !is_stopping) {
        struct wait wait;
        wait_begin(&wait);
        notify_watch(&notify, &wait);
        tunnel_watch(&tunnel, &wait);
        if (moved) {
            wait_until(&wait, 0); /* There may be more to do. */
        }
        wait_end(&wait, &signals);
        notify_run(&notify);
        moved = tunnel_run(&tunnel);
    }
    notify_end(&notify);
    tunnel_end(&tunnel);
    return is_up ? 0 : 1;
}
