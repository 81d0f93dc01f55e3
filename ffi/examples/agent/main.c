/*
 * A Linux device agent in plain C, as an example of how iot_tunnel.h is used: it hears of its thing's tunnels over MQTT,
 * connects to them, and serves local TCP ports through them. A rotated token reaches it like the first one, while it runs.
 *
 *   options.c        what it is told on the command line
 *   place.c          hosts and ports
 *   pem.c            the files of certificates and keys for the broker
 *   notify.c         the notifications, by libmosquitto
 *   notification.c   one of them, and its token
 *   tunnel.c         the library's session, and what follows from what it says: begin to read here
 *   link.c           the WebSocket to the service, by the library
 *   tls.c            the TLS below it, by mbedTLS
 *   local.c          the TCP connections to this device's services
 *   connection.c     how one of them ends
 *   backlog.c        bytes for one that has no room for them
 *   dial.c           TCP connections that are being made
 *   errand.c         what takes its time: lookups of names
 *   host.c           time, random bytes, waiting, log
 *
 * One poll, no socket that blocks, and one thread, but for lookups of names, which nobody waits for: each has a thread of its
 * own. Nothing is allocated here but for those; the two libraries allocate what they need.
 * Everything that came and has no room stays where it is until there is room, so that TCP stops whoever is too fast.
 *
 * Tokens are kept in memory only. An agent that was restarted has none, and its tunnel stays DISCONNECTED until the
 * destination's token is rotated, which brings a new one.
 *
 * A notification does not say which tunnel it is for. Here the latest token wins: a second tunnel's pushes the first tunnel
 * out, whose operator sees its destination DISCONNECTED until its token is rotated. A device that must serve several
 * tunnels at a time has a struct tunnel for each, and tries a new token in a new one.
 */
#include "errand.h"
#include "notification.h"
#include "notify.h"
#include "tunnel.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* From now on SIGINT and SIGTERM wait at a socket like everything else, also while there is much to do. */
static int catch_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* A socket that broke says so by its error. */
    return signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool has_come(int signals)
{
    struct signalfd_siginfo which;
    return read(signals, &which, sizeof which) > 0;
}

static void notified(void *tunnel, uint8_t *payload, size_t length, bool retained)
{
    notification_take(tunnel, payload, length, retained);
}

int main(int count, char **arguments)
{
    static struct options options;
    static struct tunnel tunnel;
    static struct notify notify;
    options_read(&options, count, arguments);
    int signals = catch_signals();
    bool is_up = tunnel_init(&tunnel, &options) && notify_init(&notify, &options, notified, &tunnel);
    bool moved = false;
    while (is_up && !has_come(signals)) {
        struct wait wait;
        wait_begin(&wait);
        wait_for(&wait, signals, POLLIN);
        notify_watch(&notify, &wait);
        tunnel_watch(&tunnel, &wait);
        if (moved) {
            wait_until(&wait, 0); /* There may be more to do. */
        }
        wait_end(&wait);
        notify_run(&notify);
        moved = tunnel_run(&tunnel);
    }
    notify_end(&notify);
    tunnel_end(&tunnel);
    int code = is_up ? 0 : 1;
    if (errand_any_runs()) {
        /* It may be within a library, which exit() would clean up under its hands. It ends with the process. */
        fflush(stdout);
        _exit(code);
    }
    return code;
}
