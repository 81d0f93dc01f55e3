#include "local.h"

#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Most that is read from a service at once. */
enum { CHUNK = 16384 };
/* How much longer a connection may take nothing that is alone. Others that wait for it may have begun in what is behind its bytes. */
enum { ALONE_FACTOR = 3 };

void locals_init(struct locals *locals, const struct options *options)
{
    memset(locals, 0, sizeof *locals);
    locals->options = options;
}

static const char *name_of(const struct service *service)
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
            local_leave(locals, local);
        }
    } else if (dialled == DIAL_FAILED) {
        say("cannot connect to the service %s at %s: %s", name_of(service), service->place.text, local->dial.why);
        local_fail(locals, local, session);
    }
}

void locals_start(struct locals *locals, iot_tunnel_session *session, iot_tunnel_connection connection)
{
    struct local *local = local_find_place(locals, session);
    if (local == NULL || connection.service >= locals->options->service_count) {
        (void)iot_tunnel_session_reset(session, connection);
        return;
    }
    const struct place *place = &locals->options->services[connection.service].place;
    local->state = LOCAL_DIALLING;
    local->connection = connection;
    local->socket = -1;
    dialled(locals, local, session, dial_begin(&local->dial, place->host, place->port));
    local_keep_a_place(locals, connection.service, session);
}

void locals_give(struct locals *locals, iot_tunnel_connection connection, iot_tunnel_bytes payload)
{
    struct local *local = local_find(locals, connection);
    if (local == NULL || local->is_deaf) {
        return; /* Its service takes nothing any more. */
    }
    local->answered = false;
    if (local->state == LOCAL_HALF) {
        local_await_silence(locals, local);
    }
    ssize_t sent = local->state == LOCAL_DIALLING ? 0 : send(local->socket, payload.ptr, payload.len, MSG_NOSIGNAL);
    size_t taken = sent > 0 ? (size_t)sent : 0; /* What fails here fails again when the rest is written. */
    if (taken < payload.len) {
        iot_tunnel_bytes rest = {payload.ptr + taken, payload.len - taken};
        backlog_keep(&locals->backlog, local, rest);
    }
}

void locals_end(struct locals *locals, iot_tunnel_connection connection)
{
    struct local *local = local_find(locals, connection);
    if (local != NULL) {
        local_leave(locals, local);
    }
}

void locals_end_service(struct locals *locals, uint32_t service)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local_is_live(local) && local->connection.service == service) {
            local_leave(locals, local);
        }
    }
}

void locals_cut_service(struct locals *locals, uint32_t service)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local_is_live(local) && local->connection.service == service) {
            local_cut(locals, local);
        }
    }
}

void locals_cut_all(struct locals *locals)
{
    for (struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local_is_live(local) || local_is_behind(locals, local)) {
            local_cut(locals, local);
        }
    }
    locals->blocked = false;
}

bool locals_are_behind(const struct locals *locals)
{
    return locals->backlog.owner != NULL;
}

void locals_unblock(struct locals *locals)
{
    locals->blocked = false;
}

/* Whether bytes behind the backlog can be for another connection that has begun. */
static bool others_wait(const struct locals *locals)
{
    const struct local *owner = locals->backlog.owner;
    if (!local_is_live(owner) || owner->is_ended) {
        return true; /* In the tunnel it has ended already. */
    }
    for (const struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        if (local_is_live(local) && !local_is_behind(locals, local)) {
            return true;
        }
    }
    return false;
}

/* How long the connection in the backlog may take nothing, in seconds; 0: without a limit. */
static unsigned patience(const struct locals *locals)
{
    return locals->options->stall_limit * (others_wait(locals) ? 1 : ALONE_FACTOR);
}

/* When the connection in the backlog counts as stalled. */
static uint64_t stalls_at(const struct locals *locals)
{
    if (locals->backlog.owner == NULL || locals->options->stall_limit == 0) {
        return NEVER;
    }
    return locals->backlog.since + patience(locals) * 1000ULL;
}

void locals_watch(const struct locals *locals, struct wait *wait)
{
    for (const struct local *local = locals->list; local < locals->list + MAX_LOCALS; local++) {
        int writes = local_is_behind(locals, local) ? POLLOUT : 0;
        switch (local->state) {
        case LOCAL_FREE: break;
        case LOCAL_DIALLING: dial_watch(&local->dial, wait); break;
        case LOCAL_UP: wait_for(wait, local->socket, writes | (locals->blocked ? 0 : POLLIN)); break;
        case LOCAL_HALF:
            wait_for_end(wait, local->socket, writes);
            if (writes == 0) {
                wait_until(wait, local->until);
            }
            break;
        case LOCAL_LEAVING:
            wait_for(wait, local->socket, writes != 0 ? writes : POLLIN);
            wait_until(wait, local->until);
            break;
        }
    }
    uint64_t deadline = stalls_at(locals);
    if (deadline > host_now()) {
        wait_until(wait, deadline); /* Afterwards only what comes through the tunnel can change anything. */
    }
}

/* Whether a call on a socket only has to be made again. */
static bool is_early(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Writes what is kept for a service. */
static bool write_backlog(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    if (backlog_write(&locals->backlog, local->socket) < 0) {
        if (is_early()) {
            return false;
        }
        if (local->state == LOCAL_UP) {
            /* An answer may stand in the socket, such as the reason why it takes no more. */
            local->is_deaf = true;
            backlog_forget(&locals->backlog);
        } else {
            local_fail(locals, local, session);
        }
        return true;
    }
    if (local->state == LOCAL_HALF) {
        local_await_silence(locals, local);
    } else if (local->state == LOCAL_LEAVING) {
        local_leave(locals, local);
    }
    return true;
}

/* A service has ended what it sends. The protocol has no half of a connection. If the service has answered what it got, this is
 * the end of its answer and of the connection. Otherwise it may be one that only takes, and ended its side first. */
static void ended(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    if (local->answered || local->is_deaf || locals->options->half_close_silence == 0) {
        /* The end follows what was sent before. */
        (void)iot_tunnel_session_reset(session, local->connection);
        local_leave(locals, local);
    } else {
        local->state = LOCAL_HALF;
        local_await_silence(locals, local);
    }
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
        local_fail(locals, local, session);
    } else if (seen == 0) {
        ended(locals, local, session);
    } else {
        iot_tunnel_bytes data = {chunk, (size_t)seen};
        size_t taken = 0;
        iot_tunnel_status status = iot_tunnel_session_send(session, local->connection, data, &taken);
        if (status == IOT_TUNNEL_STATUS_WOULD_BLOCK) {
            locals->blocked = true;
            return false;
        }
        if (status != IOT_TUNNEL_STATUS_OK) {
            local_leave(locals, local); /* It has ended in the tunnel at the same moment. */
            return true;
        }
        (void)recv(local->socket, chunk, taken, 0);
        local->answered = true;
    }
    return true;
}

/* Looks whether a half-closed connection has broken, or was silent for long enough. */
static bool run_half(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    int error = 0;
    socklen_t size = sizeof error;
    /* recv would only repeat the end that it has seen. */
    if (getsockopt(local->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        local_fail(locals, local, session);
    } else if (!local_is_behind(locals, local) && host_now() >= local->until) {
        local_end_half(locals, local, session);
    }
    return local->state != LOCAL_HALF;
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
        local_drop(locals, local);
    }
    return true;
}

/* A service takes nothing any more, and more bytes wait behind its own. */
static void give_up(struct locals *locals, struct local *local, iot_tunnel_session *session)
{
    say("the service %s takes nothing for %u s: its connection is reset, because others wait behind it",
        name_of(&locals->options->services[local->connection.service]), patience(locals));
    /* It may have ended in the tunnel already. */
    (void)iot_tunnel_session_reset(session, local->connection);
    local_cut(locals, local);
}

static bool run(struct locals *locals, struct local *local, iot_tunnel_session *session, bool more_waits)
{
    bool moved = false;
    if (local->state == LOCAL_DIALLING) {
        dialled(locals, local, session, dial_run(&local->dial));
        moved = local->state != LOCAL_DIALLING;
    }
    if (local->state == LOCAL_LEAVING && host_now() >= local->until) {
        local_drop(locals, local);
        moved = true;
    }
    if (local_is_behind(locals, local) && local->state != LOCAL_DIALLING) {
        moved |= write_backlog(locals, local, session);
    }
    if (local_is_behind(locals, local) && more_waits && host_now() >= stalls_at(locals)) {
        give_up(locals, local, session);
        moved = true;
    }
    if (local->state == LOCAL_UP && !locals->blocked) {
        moved |= read_service_socket(locals, local, session);
    } else if (local->state == LOCAL_HALF) {
        moved |= run_half(locals, local, session);
    } else if (local->state == LOCAL_LEAVING && !local_is_behind(locals, local)) {
        moved |= throw_away(locals, local);
    }
    return moved;
}

bool locals_run(struct locals *locals, iot_tunnel_session *session, bool more_waits)
{
    bool moved = false;
    locals->turn++;
    for (unsigned offset = 0; offset < MAX_LOCALS; offset++) {
        moved |= run(locals, &locals->list[(locals->turn + offset) % MAX_LOCALS], session, more_waits);
    }
    return moved;
}
