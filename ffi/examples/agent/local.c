#include "local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Longest time without progress in which a service takes what came for it, in milliseconds (ours): everybody else waits. */
enum { STALL_TIMEOUT = 30000 };
/* Longest time that a service has to end what it sends, once it was told the end, in milliseconds (ours). */
enum { DRAIN_TIMEOUT = 5000 };
/* Most that is read from a service at once. */
enum { CHUNK = 16384 };

void locals_init(struct locals *locals, const struct options *options)
{
    memset(locals, 0, sizeof *locals);
    locals->options = options;
}

static bool is_live(const struct local *local)
{
    return local->state == LOCAL_DIALLING || local->state == LOCAL_UP;
}

static struct local *find(struct locals *locals, iot_tunnel_connection connection)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (is_live(local) && local->connection.service == connection.service &&
            local->connection.serial == connection.serial) {
            return local;
        }
    }
    return NULL;
}

/* Forgets what is kept. */
static void forget(struct locals *locals)
{
    locals->behind = NULL;
    locals->start = locals->end = 0;
}

/* Keeps everybody waiting for a service for a while, which begins anew with every byte that it takes. */
static void be_patient(struct locals *locals)
{
    locals->patience_ends = host_now() + STALL_TIMEOUT;
}

/* Nothing is left to be done. */
static void drop(struct locals *locals, struct local *local)
{
    if (locals->behind == local) {
        forget(locals);
    }
    dial_end(&local->dial);
    if (local->socket >= 0) {
        close(local->socket);
    }
    memset(local, 0, sizeof *local);
}

/* It is lost, and not ended: a service that keeps what came must not take it for the whole. So its end is a TCP reset. */
static void cut(struct locals *locals, struct local *local)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (local->socket >= 0) {
        (void)setsockopt(local->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    drop(locals, local);
}

/* The other side has ended it, so what came is the whole: the service gets all of it, and then the end. */
static void leave(struct locals *locals, struct local *local)
{
    if (local->state == LOCAL_DIALLING) {
        local->is_ended = true;
        if (locals->behind != local) {
            drop(locals, local); /* Nobody waits for a connection through which nothing came. */
        }
        return;
    }
    local->state = LOCAL_LEAVING;
    local->until = NEVER;
    if (locals->behind != local) {
        local->until = host_now() + DRAIN_TIMEOUT;
        shutdown(local->socket, SHUT_WR);
    }
}

/* It broke, or did not come about: the other side is told, if it has not ended it at the same moment. */
static void fail(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    if (is_live(local)) {
        (void)iot_tunnel_session_reset(session, local->connection);
    }
    drop(locals, local);
}

/* A free place, or that of whoever has been leaving for longest. */
static struct local *find_place(struct locals *locals)
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
    if (oldest != NULL) {
        drop(locals, oldest);
    }
    return oldest;
}

static const char *shown(const struct service *service)
{
    return service->name[0] == '\0' ? "(unnamed)" : service->name;
}

/* Goes on with a connection that is being made. */
static void dialled(struct locals *locals, struct local *local, iot_tunnel_session *session, enum dialled dialled)
{
    const struct service *service = &locals->options->services[local->connection.service];
    if (dialled == DIAL_DONE) {
        local->state = LOCAL_UP;
        local->socket = local->dial.socket;
        if (local->is_ended) {
            leave(locals, local);
        }
    } else if (dialled == DIAL_FAILED) {
        say("cannot connect to the service %s at %s: %s", shown(service), service->place.text, local->dial.why);
        fail(locals, local, session);
    }
}

void locals_start(struct locals *locals, iot_tunnel_session *session, iot_tunnel_connection connection)
{
    struct local *local = find_place(locals);
    if (local == NULL || connection.service >= locals->options->service_count) {
        (void)iot_tunnel_session_reset(session, connection);
        return;
    }
    const struct place *place = &locals->options->services[connection.service].place;
    local->state = LOCAL_DIALLING;
    local->connection = connection;
    local->socket = -1;
    dialled(locals, local, session, dial_begin(&local->dial, place->host, place->port));
}

void locals_give(struct locals *locals, iot_tunnel_connection connection, iot_tunnel_bytes payload)
{
    struct local *local = find(locals, connection);
    if (local == NULL) {
        return; /* It broke here a moment ago. */
    }
    size_t taken = 0;
    if (local->state == LOCAL_UP) {
        /* What fails here fails again when the rest is written. */
        ssize_t sent = send(local->socket, payload.ptr, payload.len, MSG_NOSIGNAL);
        taken = sent > 0 ? (size_t)sent : 0;
    }
    if (taken < payload.len) {
        locals->behind = local;
        locals->start = 0;
        locals->end = payload.len - taken;
        memcpy(locals->kept, payload.ptr + taken, locals->end);
        be_patient(locals);
    }
}

void locals_end(struct locals *locals, iot_tunnel_connection connection)
{
    struct local *local = find(locals, connection);
    if (local != NULL) {
        leave(locals, local);
    }
}

void locals_end_service(struct locals *locals, uint32_t service)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (is_live(local) && local->connection.service == service) {
            leave(locals, local);
        }
    }
}

void locals_cut_all(struct locals *locals)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (is_live(local) || locals->behind == local) {
            cut(locals, local);
        }
    }
    locals->blocked = false;
}

bool locals_are_behind(const struct locals *locals)
{
    return locals->behind != NULL;
}

void locals_unblock(struct locals *locals)
{
    locals->blocked = false;
}

void locals_watch(const struct locals *locals, struct wait *wait)
{
    for (const struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        int writes = locals->behind == local ? POLLOUT : 0;
        switch (local->state) {
        case LOCAL_FREE: break;
        case LOCAL_DIALLING: dial_watch(&local->dial, wait); break;
        case LOCAL_UP: wait_for(wait, local->socket, writes | (locals->blocked ? 0 : POLLIN)); break;
        case LOCAL_LEAVING:
            wait_for(wait, local->socket, writes != 0 ? writes : POLLIN);
            wait_until(wait, local->until);
            break;
        }
    }
    if (locals->behind != NULL) {
        wait_until(wait, locals->patience_ends);
    }
}

/* Whether a call on a socket only has to be made again. */
static bool is_early(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Writes what is kept for a service. */
static bool write_kept(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    ssize_t sent = send(local->socket, locals->kept + locals->start, locals->end - locals->start, MSG_NOSIGNAL);
    if (sent < 0) {
        if (is_early()) {
            return false;
        }
        fail(locals, local, session);
        return true;
    }
    locals->start += (size_t)sent;
    be_patient(locals);
    if (locals->start == locals->end) {
        forget(locals);
    }
    if (local->state == LOCAL_LEAVING) {
        leave(locals, local);
    }
    return true;
}

/* Reads what a service sends. The bytes stay in its socket until the session has taken them, so none is without a place. */
static bool read_service_socket(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    uint8_t chunk[CHUNK];
    ssize_t seen = recv(local->socket, chunk, sizeof chunk, MSG_PEEK);
    if (seen < 0) {
        if (is_early()) {
            return false;
        }
        fail(locals, local, session);
    } else if (seen == 0) {
        /* The tunnel has no half of a connection: the other side is told the end, behind what was sent before. */
        (void)iot_tunnel_session_reset(session, local->connection);
        leave(locals, local);
    } else {
        iot_tunnel_bytes data = {chunk, (size_t)seen};
        size_t taken = 0;
        iot_tunnel_status status = iot_tunnel_session_send(session, local->connection, data, &taken);
        if (status == IOT_TUNNEL_STATUS_WOULD_BLOCK) {
            locals->blocked = true;
            return false;
        }
        if (status != IOT_TUNNEL_STATUS_OK) {
            leave(locals, local); /* It has ended in the tunnel at the same moment. */
            return true;
        }
        (void)recv(local->socket, chunk, taken, 0);
    }
    return true;
}

/* Throws away what a service still sends: a close with bytes unread would be a reset, and destroy what it has not read. */
static bool throw_away(struct locals *locals, struct local *local)
{
    uint8_t chunk[CHUNK];
    ssize_t thrown = recv(local->socket, chunk, sizeof chunk, 0);
    if (thrown < 0 && is_early()) {
        return false;
    }
    if (thrown <= 0) {
        drop(locals, local);
    }
    return true;
}

/* A service takes nothing any more, and everybody waits for it. */
static void give_up(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    say("the service %s takes nothing for %u s: its connection is reset",
        shown(&locals->options->services[local->connection.service]), STALL_TIMEOUT / 1000U);
    /* It may have ended in the tunnel already. */
    (void)iot_tunnel_session_reset(session, local->connection);
    cut(locals, local);
}

static bool run(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    bool moved = false;
    if (local->state == LOCAL_DIALLING) {
        dialled(locals, local, session, dial_run(&local->dial));
        moved = local->state != LOCAL_DIALLING;
    }
    if (local->state == LOCAL_LEAVING && host_now() >= local->until) {
        drop(locals, local);
        moved = true;
    }
    if (locals->behind == local && local->state != LOCAL_DIALLING) {
        moved |= write_kept(locals, local, session);
    }
    if (locals->behind == local && host_now() >= locals->patience_ends) {
        give_up(locals, local, session);
        moved = true;
    }
    if (local->state == LOCAL_UP && !locals->blocked) {
        moved |= read_service_socket(locals, local, session);
    } else if (local->state == LOCAL_LEAVING && locals->behind != local) {
        moved |= throw_away(locals, local);
    }
    return moved;
}

bool locals_run(struct locals *locals, iot_tunnel_session *session)
{
    bool moved = false;
    locals->turn++;
    for (unsigned offset = 0; offset < MAX_LOCALS; offset++) {
        moved |= run(locals, &locals->list[(locals->turn + offset) % MAX_LOCALS], session);
    }
    return moved;
}
