#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Longest time that a service may go on sending after it got the end, in milliseconds (ours). */
enum { DRAIN_TIMEOUT = 5000 };
/* Most connections that a session has in the stream of one service. */
enum { MAX_CONNECTIONS = 32 };

bool local_is_live(const struct local *local)
{
    return local->state == LOCAL_DIALLING || local->state == LOCAL_UP || local->state == LOCAL_HALF;
}

struct local *local_find(struct locals *locals, iot_tunnel_connection connection)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local_is_live(local) && local->connection.service == connection.service &&
            local->connection.serial == connection.serial) {
            return local;
        }
    }
    return NULL;
}

bool local_is_behind(const struct locals *locals, const struct local *local)
{
    return locals->backlog.owner == local;
}

void local_drop(struct locals *locals, struct local *local)
{
    if (local_is_behind(locals, local)) {
        backlog_forget(&locals->backlog);
    }
    dial_end(&local->dial);
    if (local->socket >= 0) {
        close(local->socket);
    }
    memset(local, 0, sizeof *local);
}

/* It is lost, and not ended: a service that keeps what came must not take it for the whole. So its end is a TCP reset. */
void local_cut(struct locals *locals, struct local *local)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (local->socket >= 0) {
        (void)setsockopt(local->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    local_drop(locals, local);
}

/* The other side has ended it, so what came is the whole: the service gets all of it, and then the end. */
void local_leave(struct locals *locals, struct local *local)
{
    if (local->state == LOCAL_DIALLING) {
        local->is_ended = true;
        if (!local_is_behind(locals, local)) {
            local_drop(locals, local); /* Nothing came through it. */
        }
        return;
    }
    local->state = LOCAL_LEAVING;
    local->until = NEVER;
    if (!local_is_behind(locals, local)) {
        local->until = host_now() + DRAIN_TIMEOUT;
        shutdown(local->socket, SHUT_WR);
    }
}

/* The other side gets the end, unless it has ended the connection at the same moment. */
void local_fail(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    if (local_is_live(local)) {
        (void)iot_tunnel_session_reset(session, local->connection);
    }
    local_drop(locals, local);
}

/* Waits from now on for the end of what the tunnel still brings for a service that has ended its own side. */
void local_await_silence(const struct locals *locals, struct local *local)
{
    local->until = host_now() + locals->options->half_close_silence * 1000ULL;
}

/* The half-closed connection that has been silent for longest and has nothing left to be written, of a service or of any (NULL). */
static struct local *find_silent(struct locals *locals, const uint32_t *service)
{
    struct local *found = NULL;
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local->state == LOCAL_HALF && !local_is_behind(locals, local) &&
            (service == NULL || local->connection.service == *service) && (found == NULL || local->until < found->until)) {
            found = local;
        }
    }
    return found;
}

void local_end_half(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    (void)iot_tunnel_session_reset(session, local->connection);
    local_leave(locals, local);
}

/* The connection that has been leaving for longest makes way first, then the half-closed one that has been silent for longest. */
struct local *local_find_place(struct locals *locals, iot_tunnel_session *session)
{
    struct local *oldest = NULL;
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local->state == LOCAL_FREE) {
            return local;
        }
        if (local->state == LOCAL_LEAVING && (oldest == NULL || local->until < oldest->until)) {
            oldest = local;
        }
    }
    if (oldest == NULL) {
        oldest = find_silent(locals, NULL);
        if (oldest != NULL) {
            local_end_half(locals, oldest, session);
        }
    }
    if (oldest != NULL) {
        local_drop(locals, oldest);
    }
    return oldest;
}

/* The session refuses a connection for which its stream has no room, and says so to the other side only. So while there are
 * half-closed connections, one place is kept free. */
void local_keep_a_place(struct locals *locals, uint32_t service, iot_tunnel_session *session)
{
    int count = 0;
    for (const struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        count += local_is_live(local) && local->connection.service == service;
    }
    struct local *silent = count < MAX_CONNECTIONS ? NULL : find_silent(locals, &service);
    if (silent != NULL) {
        local_end_half(locals, silent, session);
    }
}
