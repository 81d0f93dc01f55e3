#include "tunnel.h"

#include <stdio.h>
#include <string.h>

static const iot_tunnel_bytes NO_BYTES = {NULL, 0};
static const iot_tunnel_text NO_TEXT = {NULL, 0};

/* ---- The connection to the service ---- */

/* Lets go of the connection, and of everything that came through it. */
static void drop_link(struct tunnel *tunnel)
{
    link_drop(&tunnel->link);
    locals_cut_all(&tunnel->locals);
    tunnel->payload = NO_BYTES;
    tunnel->paused = false;
}

/* The same, and says good-bye before. */
static void part(struct tunnel *tunnel, uint16_t code)
{
    link_part(&tunnel->link, code);
    drop_link(tunnel);
}

/* The connection is gone, or did not come about. */
static void lose(struct tunnel *tunnel, const char *why)
{
    say("no connection to %s: %s", tunnel->endpoint, why);
    drop_link(tunnel);
    /* The session may have given it up at the same moment; then it is no news. */
    (void)iot_tunnel_session_handle_closed(&tunnel->session, host_now(), 0, NO_TEXT);
}

static void lose_by(struct tunnel *tunnel, iot_tunnel_status status)
{
    char why[256];
    snprintf(why, sizeof why, "%.*s", SHOW(iot_tunnel_status_text(status)));
    lose(tunnel, why);
}

/* Begins a connection, with the upgrade request ready for when it is up. */
static void reach(struct tunnel *tunnel)
{
    struct link *link = &tunnel->link;
    uint8_t nonce[16];
    struct place place;
    iot_tunnel_text host, endpoint = text_of(tunnel->endpoint);
    uint16_t port = 0;
    host_draw(nonce, sizeof nonce);
    iot_tunnel_status status = iot_tunnel_session_upgrade_request(&tunnel->session, endpoint, 0, nonce,
                                                                  (char *)link->out, sizeof link->out, &link->out_end);
    if (status == IOT_TUNNEL_STATUS_OK) {
        status = iot_tunnel_endpoint_split(endpoint, &host, &port);
    }
    if (status != IOT_TUNNEL_STATUS_OK) {
        lose_by(tunnel, status);
        return;
    }
    place_set(&place, host, port);
    say("connecting to %s", tunnel->endpoint);
    if (!link_open(link, &place)) {
        lose(tunnel, link->tls.why);
    }
}

/* Logs an answer that is no 101. */
static void tell_answer(const struct tunnel *tunnel, const iot_tunnel_upgrade_answer *answer)
{
    char reason[IOT_TUNNEL_MAX_SHOWN + 1], wait[64] = "";
    shown(answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_UNEXPECTED ? answer->location : answer->reason, reason, sizeof reason);
    if (answer->retry_after > 0) {
        snprintf(wait, sizeof wait, " (come back after %u s)", (unsigned)answer->retry_after);
    }
    if (answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_UNEXPECTED) {
        say("%s answers %u, which is no answer of this service%s%s", tunnel->endpoint, (unsigned)answer->http_status,
            reason[0] == '\0' ? "" : ", and leads to ", reason);
    } else {
        say("%s answers %u: %s%s", tunnel->endpoint, (unsigned)answer->http_status, reason, wait);
    }
}

/* Goes on with TCP, TLS and the answer to the upgrade request. */
static bool upgrade(struct tunnel *tunnel)
{
    struct link *link = &tunnel->link;
    int got = link_read(link);
    if (got == TLS_WAITS) {
        return false;
    }
    if (got == TLS_FAILED) {
        lose(tunnel, link->tls.why);
        return true;
    }
    bool ended = got == 0 || link->received.len == sizeof link->in;
    iot_tunnel_upgrade_answer answer;
    iot_tunnel_status status = iot_tunnel_session_handle_upgrade(&tunnel->session, host_now(), link->received.ptr,
                                                                 link->received.len, ended, &answer);
    if (status != IOT_TUNNEL_STATUS_OK) {
        lose_by(tunnel, status);
    } else if (answer.kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED) {
        link_upgraded(link, answer.consumed);
    } else if (answer.kind != IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE) {
        tell_answer(tunnel, &answer);
        drop_link(tunnel);
    }
    return true;
}

/* ---- What comes in ---- */

static void tell_open(const struct tunnel *tunnel, const iot_tunnel_event *event)
{
    say("open: bytes can flow");
    for (uint32_t at = 0; at < event->service_count; at++) {
        if (!options_serve(tunnel->options, event->services[at])) {
            say("the tunnel has a service that is not here: %.*s", SHOW(event->services[at]));
        }
    }
    if (event->needs_name) {
        say("the tunnel has several services: give the one that is here a name, by -d SERVICE=[HOST:]PORT");
    }
}

/* Hands the session the bytes at hand, and does what its next message means. False if somebody has no room for one. */
static bool take_payload(struct tunnel *tunnel)
{
    struct locals *locals = &tunnel->locals;
    iot_tunnel_event event;
    if (locals_are_behind(locals)) {
        return false;
    }
    if (iot_tunnel_session_handle_bytes(&tunnel->session, host_now(), &tunnel->payload, &event) !=
        IOT_TUNNEL_STATUS_OK) {
        tunnel->payload = NO_BYTES; /* It has given the connection up, and says so as its next output. */
        return true;
    }
    switch (event.kind) {
    case IOT_TUNNEL_EVENT_KIND_NONE: return tunnel->payload.len == 0; /* Otherwise something is to be sent first. */
    case IOT_TUNNEL_EVENT_KIND_HANDLED: break;
    case IOT_TUNNEL_EVENT_KIND_OPEN: tell_open(tunnel, &event); break;
    case IOT_TUNNEL_EVENT_KIND_STARTED:
        if (event.replaces) {
            locals_end_service(locals, event.connection.service);
        }
        locals_start(locals, &tunnel->session, event.connection);
        break;
    case IOT_TUNNEL_EVENT_KIND_DATA: locals_give(locals, event.connection, event.payload); break;
    case IOT_TUNNEL_EVENT_KIND_ENDED: locals_end(locals, event.connection); break;
    case IOT_TUNNEL_EVENT_KIND_STREAM_ENDED: locals_cut_service(locals, event.service); break;
    case IOT_TUNNEL_EVENT_KIND_SESSION_RESET: locals_cut_all(locals); break;
    case IOT_TUNNEL_EVENT_KIND_LOST:
        say("the tunnel's other side broke the protocol: %.*s", SHOW(iot_tunnel_status_text(event.fault)));
        break;
    }
    return true;
}

static void tell_close(const struct tunnel *tunnel, const iot_tunnel_websocket_event *event)
{
    const iot_tunnel_bytes reason = {(const uint8_t *)event->close_reason.ptr, event->close_reason.len};
    char text[4 * CONTROL_FRAME];
    shown(reason, text, sizeof text);
    say("%s closes the connection: %u %s", tunnel->endpoint, (unsigned)event->close_code, text);
}

/* Takes the next piece of a WebSocket frame off what was read. */
static void take_frame(struct tunnel *tunnel)
{
    struct link *link = &tunnel->link;
    iot_tunnel_websocket_event event;
    iot_tunnel_status status = iot_tunnel_websocket_receive(&link->websocket, &link->received, &event);
    if (status != IOT_TUNNEL_STATUS_OK) {
        link_part(link, iot_tunnel_websocket_close_code(status));
        lose_by(tunnel, status);
        return;
    }
    switch (event.kind) {
    case IOT_TUNNEL_FRAME_NONE: break;
    case IOT_TUNNEL_FRAME_BINARY: tunnel->payload = event.payload; break;
    case IOT_TUNNEL_FRAME_PING:
        (void)link_put(link, IOT_TUNNEL_FRAME_PONG, event.payload);
        (void)iot_tunnel_session_handle_ping(&tunnel->session, host_now());
        break;
    case IOT_TUNNEL_FRAME_PONG:
        (void)iot_tunnel_session_handle_pong(&tunnel->session, host_now());
        break;
    case IOT_TUNNEL_FRAME_CLOSE:
        tell_close(tunnel, &event);
        (void)iot_tunnel_session_handle_closed(&tunnel->session, host_now(), event.close_code, event.close_reason);
        part(tunnel, event.close_code);
        break;
    }
}

/* Reads once, and takes apart what is there for as long as everybody has room. */
static bool receive(struct tunnel *tunnel)
{
    struct link *link = &tunnel->link;
    bool moved = false, has_read = false;
    while (link->state == LINK_UP) {
        if (tunnel->payload.len > 0) {
            if (!take_payload(tunnel)) {
                break;
            }
        } else if (link->received.len > 0) {
            if (!link_has_room(link)) {
                break;
            }
            take_frame(tunnel);
        } else {
            int got = has_read ? TLS_WAITS : link_read(link);
            if (got == TLS_WAITS) {
                break;
            }
            if (got <= 0) {
                lose(tunnel, got == 0 ? "it has ended" : link->tls.why);
            }
            has_read = true;
        }
        moved = true;
    }
    if (link->state == LINK_UP && tunnel->paused != locals_are_behind(&tunnel->locals)) {
        tunnel->paused = !tunnel->paused;
        (void)iot_tunnel_session_pause(&tunnel->session, host_now(), tunnel->paused);
    }
    return moved;
}

/* Does what the session says is to be done, until it waits or the socket takes no more. */
static bool transmit(struct tunnel *tunnel)
{
    struct link *link = &tunnel->link;
    for (bool moved = false;; moved = true) {
        iot_tunnel_output output;
        if (!link_flush(link)) {
            lose(tunnel, link->tls.why);
        }
        if (iot_tunnel_session_poll_output(&tunnel->session, &output) != IOT_TUNNEL_STATUS_OK) {
            return moved;
        }
        tunnel->deadline = output.deadline;
        iot_tunnel_bytes bytes = {output.bytes.ptr, output.bytes.len};
        switch (output.kind) {
        case IOT_TUNNEL_OUTPUT_KIND_WAIT: return moved;
        case IOT_TUNNEL_OUTPUT_KIND_CLOSE_WEBSOCKET: part(tunnel, output.close_code); break;
        case IOT_TUNNEL_OUTPUT_KIND_CONNECT: reach(tunnel); break;
        case IOT_TUNNEL_OUTPUT_KIND_PING:
            /* Without room for it, what stands before it tells as well whether the service lives. */
            (void)link_put(link, IOT_TUNNEL_FRAME_PING, NO_BYTES);
            break;
        case IOT_TUNNEL_OUTPUT_KIND_SEND:
            bytes.len = bytes.len < MESSAGE_PAYLOAD ? bytes.len : MESSAGE_PAYLOAD;
            if (link->out_end > 0 || !link_put(link, IOT_TUNNEL_FRAME_BINARY, bytes)) {
                return moved;
            }
            (void)iot_tunnel_session_sent(&tunnel->session, bytes.len);
            locals_unblock(&tunnel->locals);
            break;
        }
    }
}

/* ---- The session ---- */

static bool make_session(struct tunnel *tunnel)
{
    const struct options *options = tunnel->options;
    iot_tunnel_session_config config = {.side = IOT_TUNNEL_SIDE_DESTINATION, .service_count = options->service_count};
    for (uint32_t at = 0; at < options->service_count; at++) {
        config.services[at] = text_of(options->services[at].name);
    }
    if (options->services[0].name[0] == '\0') {
        config.service_count = 0; /* One service, and its name is the tunnel's to say. */
    }
    iot_tunnel_status status =
        iot_tunnel_session_init(&tunnel->session, sizeof tunnel->session, &config, sizeof config, tunnel->incoming,
                                sizeof tunnel->incoming, tunnel->outgoing, sizeof tunnel->outgoing);
    if (status != IOT_TUNNEL_STATUS_OK) {
        say("no session: %.*s", SHOW(iot_tunnel_status_text(status)));
    }
    tunnel->told = IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN;
    tunnel->deadline = NEVER;
    return status == IOT_TUNNEL_STATUS_OK;
}

/* Logs where the session is, when that has changed, and makes a new one behind one that is over. */
static void tell(struct tunnel *tunnel)
{
    iot_tunnel_session_status status;
    if (iot_tunnel_session_describe(&tunnel->session, &status) != IOT_TUNNEL_STATUS_OK || status.state == tunnel->told) {
        return;
    }
    tunnel->told = status.state;
    if (status.state == IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN) {
        say("this access token is of no more use; the next notification brings another");
    } else if (status.state == IOT_TUNNEL_SESSION_STATE_BACKOFF) {
        uint64_t now = host_now();
        say("connecting again in %u ms%s", (unsigned)(status.backoff_until > now ? status.backoff_until - now : 0),
            status.contested ? ": connections are lost again and again, and another instance may be using the same tokens" : "");
    } else if (status.state == IOT_TUNNEL_SESSION_STATE_CLOSED) {
        say("the tunnel is closed; the next notification opens another");
        (void)iot_tunnel_session_wipe(&tunnel->session);
        (void)make_session(tunnel);
    }
}

bool tunnel_init(struct tunnel *tunnel, const struct options *options)
{
    memset(tunnel, 0, sizeof *tunnel);
    tunnel->options = options;
    locals_init(&tunnel->locals, options);
    return tls_init(&tunnel->link.tls, options->ca == NULL ? SYSTEM_CA : options->ca) && make_session(tunnel);
}

/* ---- The loop's three calls ---- */

void tunnel_watch(const struct tunnel *tunnel, struct wait *wait)
{
    /* What was read and has no room waits for those who have none, and not for more. */
    bool reads = tunnel->payload.len == 0 && (tunnel->link.received.len == 0 || tunnel->link.state == LINK_UPGRADING);
    link_watch(&tunnel->link, wait, reads);
    locals_watch(&tunnel->locals, wait);
    wait_until(wait, tunnel->deadline);
}

/* Tells the session the time, behind what was read: what shows that the service lives may have waited in the socket, however
 * long this program was kept from reading. The session knows by now, and a deadline that it has moved does no harm. */
static bool run_out(struct tunnel *tunnel)
{
    static const char *const why[] = {
        [IOT_TUNNEL_TIMEOUT_CONNECT] = "it does not answer",
        [IOT_TUNNEL_TIMEOUT_SERVICE_IDS] = "it does not say the tunnel's services",
        [IOT_TUNNEL_TIMEOUT_PONG] = "it is silent",
    };
    iot_tunnel_timeout timeout = IOT_TUNNEL_TIMEOUT_NONE;
    if (host_now() < tunnel->deadline) {
        return false;
    }
    (void)iot_tunnel_session_handle_timeout(&tunnel->session, host_now(), &timeout);
    if (timeout != IOT_TUNNEL_TIMEOUT_NONE) {
        say("no connection to %s: %s", tunnel->endpoint, why[timeout]);
    }
    return true;
}

/* Whether there is more of the tunnel than a service has room for. */
static bool has_more(const struct tunnel *tunnel)
{
    return locals_are_behind(&tunnel->locals) &&
           (tunnel->payload.len > 0 || tunnel->link.received.len > 0 || tls_has_more(&tunnel->link.tls));
}

bool tunnel_run(struct tunnel *tunnel)
{
    if (link_is_dead(&tunnel->link)) {
        lose(tunnel, "it acknowledges nothing");
    }
    bool moved = transmit(tunnel);
    moved |= tunnel->link.state == LINK_UPGRADING ? upgrade(tunnel) : receive(tunnel);
    moved |= run_out(tunnel);
    moved |= locals_run(&tunnel->locals, &tunnel->session, has_more(tunnel));
    tell(tunnel);
    return moved;
}

void tunnel_end(struct tunnel *tunnel)
{
    (void)iot_tunnel_session_close(&tunnel->session);
    (void)transmit(tunnel);
    drop_link(tunnel);
    (void)iot_tunnel_session_wipe(&tunnel->session);
    tls_free(&tunnel->link.tls);
    explicit_bzero(tunnel, sizeof *tunnel);
}
