#include "link.h"

#include <string.h>

/* How often to look whether the peer is gone, in milliseconds. */
enum { CHECK_INTERVAL = 10000 };

bool link_open(struct link *link, const struct place *place)
{
    link->state = LINK_UPGRADING;
    link->received.ptr = link->in;
    link->received.len = 0;
    return tls_open(&link->tls, place) != TLS_FAILED;
}

int link_read(struct link *link)
{
    int status = tls_run(&link->tls);
    if (status < 0) {
        return status;
    }
    if (link->received.len == 0) {
        link->received.ptr = link->in;
    }
    size_t end = (size_t)(link->received.ptr - link->in) + link->received.len;
    status = tls_read(&link->tls, link->in + end, sizeof link->in - end);
    if (status > 0) {
        link->received.len += (size_t)status;
    }
    return status;
}

void link_upgraded(struct link *link, size_t length)
{
    (void)iot_tunnel_websocket_init(&link->websocket, sizeof link->websocket,
                                    IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT);
    link->received.ptr += length;
    link->received.len -= length;
    link->state = LINK_UP;
    link->check_at = host_now() + CHECK_INTERVAL;
}

static size_t room(const struct link *link)
{
    return sizeof link->out - link->out_end;
}

bool link_has_room(const struct link *link)
{
    return room(link) >= 2 * CONTROL_FRAME;
}

bool link_put(struct link *link, iot_tunnel_frame kind, iot_tunnel_bytes payload)
{
    uint8_t key[4];
    size_t length;
    host_draw(key, sizeof key);
    iot_tunnel_status status = iot_tunnel_websocket_write(&link->websocket, kind, payload, key,
                                                          link->out + link->out_end, room(link), &length);
    if (status == IOT_TUNNEL_STATUS_OK) {
        link->out_end += length;
    }
    return status == IOT_TUNNEL_STATUS_OK;
}

bool link_flush(struct link *link)
{
    while (link->tls.state == TLS_UP && link->out_start < link->out_end) {
        int written = tls_write(&link->tls, link->out + link->out_start, link->out_end - link->out_start);
        if (written < 0) {
            return written == TLS_WAITS;
        }
        link->out_start += (size_t)written;
    }
    if (link->out_start == link->out_end) {
        if (link->state == LINK_UPGRADING) {
            explicit_bzero(link->out, link->out_end); /* The request had the tokens in clear. */
        }
        link->out_start = link->out_end = 0;
    }
    return true;
}

void link_part(struct link *link, uint16_t code)
{
    const iot_tunnel_text no_reason = {NULL, 0};
    uint8_t key[4];
    size_t length;
    if (link->state == LINK_UP) {
        host_draw(key, sizeof key);
        if (iot_tunnel_websocket_write_close(&link->websocket, code, no_reason, key, link->out + link->out_end,
                                             room(link), &length) == IOT_TUNNEL_STATUS_OK) {
            link->out_end += length;
            (void)link_flush(link);
        }
    }
    link_drop(link);
}

void link_drop(struct link *link)
{
    tls_close(&link->tls);
    (void)iot_tunnel_websocket_wipe(&link->websocket);
    explicit_bzero(link->out, sizeof link->out);
    explicit_bzero(link->in, sizeof link->in);
    link->out_start = link->out_end = 0;
    link->received.len = 0;
    link->state = LINK_DOWN;
}

bool link_is_dead(struct link *link)
{
    if (link->state != LINK_UP || host_now() < link->check_at) {
        return false;
    }
    link->check_at = host_now() + CHECK_INTERVAL;
    return tls_is_dead(&link->tls);
}

void link_watch(const struct link *link, struct wait *wait, bool reads)
{
    tls_watch(&link->tls, wait, reads, link->out_start < link->out_end);
    if (link->state == LINK_UP) {
        wait_until(wait, link->check_at);
    }
}
