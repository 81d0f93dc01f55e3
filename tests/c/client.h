/* A client as a device agent has one: a session, a WebSocket, a socket to the service, an application that keeps what it
 * hears and, if it is asked to, says it back. */
#ifndef CLIENT_H
#define CLIENT_H

#include "service.h"

/* How a client puts what is to be sent into frames. */
typedef enum { COPIES, MASKS_IN_PLACE } way_of_sending;

#define MOST_CONNECTIONS 8

static const iot_tunnel_bytes NO_BYTES = { NULL, 0 };

/* What the application knows of a connection of the tunnel. */
typedef struct {
    iot_tunnel_connection name;
    bool live;
    queue heard, to_say;
} link;

typedef struct {
    service *with;
    size_t index;
    iot_tunnel_session *session;
    uint8_t *incoming, *outgoing;
    size_t incoming_length, outgoing_length;
    iot_tunnel_websocket *websocket;
    bool is_websocket;
    iot_tunnel_subprotocol offer;
    way_of_sending way;
    /* How many bytes the socket gives and takes at a time. */
    size_t cut;
    uint8_t answer[IOT_TUNNEL_MAX_UPGRADE_ANSWER];
    size_t answer_length;
    /* Bytes of the outgoing buffer that are masked and whose header is sent. */
    size_t masked;
    /* Pings and pongs, which wait for the end of that frame. */
    queue control;
    /* Bytes of the tunnel that the session does not take yet. */
    queue undigested;
    bool echoes;
    link links[MOST_CONNECTIONS];
    size_t link_count;
    /* What happened. */
    unsigned long connects, opens, streams_ended, session_resets, losses, closes;
    iot_tunnel_status fault;
    uint16_t close_code;
    iot_tunnel_event open_event;
    char reason[IOT_TUNNEL_MAX_SHOWN + 1];
    iot_tunnel_upgrade_answer_kind answered;
    uint16_t http_status;
} client;

static MAYBE_UNUSED client *client_of(service *with, const iot_tunnel_session_config *config, size_t incoming, size_t outgoing)
{
    client *self = calloc(1, sizeof *self);
    if (self == NULL) {
        puts("no memory");
        exit(EXIT_FAILURE);
    }
    self->with = with;
    self->index = side_index(config->side);
    self->session = exactly(sizeof *self->session);
    self->incoming = exactly(self->incoming_length = incoming);
    self->outgoing = exactly(self->outgoing_length = outgoing);
    self->websocket = exactly(sizeof *self->websocket);
    self->cut = SIZE_MAX;
    memset(self->session, 0, sizeof *self->session);
    memset(self->websocket, 0, sizeof *self->websocket);
    CHECK_OK(iot_tunnel_session_init(self->session, sizeof *self->session, config, sizeof *config, self->incoming, incoming,
                                     self->outgoing, outgoing));
    return self;
}

static MAYBE_UNUSED client *client_new(service *with, iot_tunnel_side side, const char *const *services, uint32_t count)
{
    iot_tunnel_session_config config;
    uint32_t i;
    memset(&config, 0, sizeof config);
    config.side = side;
    for (i = 0; i < count; i++) {
        config.services[i] = text(services[i]);
    }
    config.service_count = count;
    return client_of(with, &config, IOT_TUNNEL_MAX_MESSAGE, 8192);
}

static MAYBE_UNUSED void client_free(client *self)
{
    CHECK_OK(iot_tunnel_session_wipe(self->session));
    CHECK_OK(iot_tunnel_websocket_wipe(self->websocket));
    free(self->session);
    free(self->incoming);
    free(self->outgoing);
    free(self->websocket);
    free(self);
}

static MAYBE_UNUSED iot_tunnel_token_taken client_token(client *self, iot_tunnel_text token, iot_tunnel_binding binding)
{
    iot_tunnel_token_taken taken = 0;
    CHECK_OK(iot_tunnel_session_handle_token(self->session, self->with->now, side_of(self->index), token, binding, NO_TEXT, draw(),
                                             &taken));
    return taken;
}

static MAYBE_UNUSED iot_tunnel_session_status client_status(client *self)
{
    iot_tunnel_session_status status;
    CHECK_OK(iot_tunnel_session_describe(self->session, &status));
    return status;
}

static wire *client_wire(client *self) { return &self->with->wires[self->index]; }

/* Closes the socket, if there is one. */
static void client_hang_up(client *self)
{
    self->is_websocket = false;
    self->masked = self->control.length = 0;
    self->answer_length = 0;
    self->undigested.length = 0;
    iot_tunnel_websocket_wipe(self->websocket);
    if (client_wire(self)->exists && !client_wire(self)->service_closed) {
        service_lose(self->with, self->index);
    }
    client_wire(self)->exists = false;
}

static void client_connect(client *self)
{
    wire *socket = client_wire(self);
    char request[IOT_TUNNEL_MAX_UPGRADE_REQUEST];
    size_t length;
    CHECK(!socket->exists);
    socket->exists = true;
    socket->service_closed = false;
    socket->to_service.length = socket->to_client.length = 0;
    CHECK_OK(iot_tunnel_session_upgrade_request(self->session, text("localhost:8443"), self->offer, draw(), request, sizeof request,
                                                &length));
    queue_put(&socket->to_service, request, length);
    self->connects++;
}

/* Sends a ping or a pong, but not into the middle of a frame. */
static void client_control(client *self, const uint8_t *frame, size_t length)
{
    queue_put(self->masked > 0 ? &self->control : &client_wire(self)->to_service, frame, length);
}

/* Sends what fits of what is masked already. */
static bool client_flush(client *self, iot_tunnel_buffer bytes)
{
    size_t length = self->masked < self->cut ? self->masked : self->cut;
    if (length > bytes.len) {
        length = bytes.len;
    }
    queue_put(&client_wire(self)->to_service, bytes.ptr, length);
    CHECK_OK(iot_tunnel_session_sent(self->session, length));
    self->masked -= length;
    if (self->masked == 0) {
        queue_put(&client_wire(self)->to_service, self->control.bytes, self->control.length);
        self->control.length = 0;
    }
    return length > 0;
}

static bool client_send(client *self, iot_tunnel_buffer bytes)
{
    uint8_t header[IOT_TUNNEL_MAX_FRAME_HEADER];
    uint8_t frame[1024 + IOT_TUNNEL_MAX_FRAME_HEADER];
    iot_tunnel_bytes part = { bytes.ptr, bytes.len < 1024 ? bytes.len : 1024 };
    size_t length;
    /* A socket that nobody reads takes no more than this. */
    if (client_wire(self)->to_service.length > 4096) {
        return false;
    }
    if (self->way == MASKS_IN_PLACE) {
        if (self->masked == 0) {
            CHECK_OK(iot_tunnel_websocket_mask(self->websocket, bytes.ptr, bytes.len, draw(), header, &length));
            queue_put(&client_wire(self)->to_service, header, length);
            self->masked = bytes.len;
        }
        return client_flush(self, bytes);
    }
    CHECK_OK(iot_tunnel_websocket_write(self->websocket, IOT_TUNNEL_FRAME_BINARY, part, draw(), frame, sizeof frame, &length));
    queue_put(&client_wire(self)->to_service, frame, length);
    CHECK_OK(iot_tunnel_session_sent(self->session, part.len));
    return true;
}

/* Does what the session says; whether that was anything. */
static bool client_do(client *self)
{
    bool moved = false;
    iot_tunnel_output output;
    uint8_t frame[139];
    size_t length;
    for (;;) {
        CHECK_OK(iot_tunnel_session_poll_output(self->session, &output));
        switch (output.kind) {
        case IOT_TUNNEL_OUTPUT_KIND_WAIT:
            return moved;
        case IOT_TUNNEL_OUTPUT_KIND_CONNECT:
            client_connect(self);
            break;
        case IOT_TUNNEL_OUTPUT_KIND_CLOSE_WEBSOCKET:
            self->closes++;
            self->close_code = output.close_code;
            client_hang_up(self);
            break;
        case IOT_TUNNEL_OUTPUT_KIND_PING:
            CHECK_OK(iot_tunnel_websocket_write(self->websocket, IOT_TUNNEL_FRAME_PING, NO_BYTES, draw(), frame, sizeof frame,
                                                &length));
            client_control(self, frame, length);
            break;
        case IOT_TUNNEL_OUTPUT_KIND_SEND:
            if (!client_send(self, output.bytes)) {
                return moved;
            }
            break;
        default:
            CHECK(!"an output of a known kind");
            return moved;
        }
        moved = true;
    }
}

static MAYBE_UNUSED link *client_link(client *self, iot_tunnel_connection name)
{
    size_t i;
    for (i = 0; i < self->link_count; i++) {
        if (self->links[i].name.service == name.service && self->links[i].name.serial == name.serial) {
            return &self->links[i];
        }
    }
    return NULL;
}

static link *client_link_new(client *self, iot_tunnel_connection name)
{
    link *made = &self->links[self->link_count];
    CHECK(self->link_count < MOST_CONNECTIONS && name.serial != 0 && client_link(self, name) == NULL);
    memset(made, 0, sizeof *made);
    made->name = name;
    made->live = true;
    self->link_count++;
    return made;
}

/* What ends all connections of a service, or of all with -1. */
static void client_end(client *self, int service_index)
{
    size_t i;
    for (i = 0; i < self->link_count; i++) {
        if (service_index < 0 || self->links[i].name.service == (uint32_t)service_index) {
            self->links[i].live = false;
            self->links[i].to_say.length = 0;
        }
    }
}

/* Sends what the application has to say; whether anything was taken. */
static bool client_say(client *self)
{
    bool moved = false;
    size_t i;
    for (i = 0; i < self->link_count; i++) {
        link *at = &self->links[i];
        while (at->live && at->to_say.length > 0) {
            iot_tunnel_bytes data = { at->to_say.bytes, at->to_say.length };
            size_t taken = SIZE_MAX;
            iot_tunnel_status status = iot_tunnel_session_send(self->session, at->name, data, &taken);
            if (status == IOT_TUNNEL_STATUS_WOULD_BLOCK) {
                CHECK_EQUAL(taken, 0);
                break;
            }
            CHECK_STATUS(status, OK);
            CHECK(taken > 0 && taken <= data.len);
            memmove(at->to_say.bytes, at->to_say.bytes + taken, data.len - taken);
            at->to_say.length -= taken;
            moved = true;
        }
    }
    return moved;
}

static void client_hear(client *self, const iot_tunnel_event *event)
{
    link *at = client_link(self, event->connection);
    switch (event->kind) {
    case IOT_TUNNEL_EVENT_KIND_OPEN:
        self->opens++;
        self->open_event = *event;
        break;
    case IOT_TUNNEL_EVENT_KIND_STARTED:
        if (event->replaces) {
            client_end(self, (int)event->connection.service);
        }
        client_link_new(self, event->connection);
        break;
    case IOT_TUNNEL_EVENT_KIND_DATA:
        if (CHECK(at != NULL && at->live && event->payload.len > 0)) {
            size_t taken = 0;
            queue_put(&at->heard, event->payload.ptr, event->payload.len);
            /* From where it lies, as far as it goes, and the rest later. */
            if (self->echoes && at->to_say.length == 0) {
                iot_tunnel_status status = iot_tunnel_session_send(self->session, at->name, event->payload, &taken);
                CHECK(status == IOT_TUNNEL_STATUS_OK || (status == IOT_TUNNEL_STATUS_WOULD_BLOCK && taken == 0));
            }
            if (self->echoes) {
                queue_put(&at->to_say, event->payload.ptr + taken, event->payload.len - taken);
            }
        }
        break;
    case IOT_TUNNEL_EVENT_KIND_ENDED:
        if (CHECK(at != NULL && at->live)) {
            at->live = false;
        }
        break;
    case IOT_TUNNEL_EVENT_KIND_STREAM_ENDED:
        self->streams_ended++;
        client_end(self, (int)event->service);
        break;
    case IOT_TUNNEL_EVENT_KIND_SESSION_RESET:
        self->session_resets++;
        client_end(self, -1);
        break;
    case IOT_TUNNEL_EVENT_KIND_LOST:
        self->losses++;
        self->fault = event->fault;
        client_end(self, -1);
        break;
    default:
        break;
    }
}

/* Gives the session what came of the tunnel; whether it took anything. */
static bool client_digest(client *self)
{
    static uint8_t copy[1 << 20];
    iot_tunnel_bytes input = { copy, self->undigested.length };
    iot_tunnel_event event;
    /* A copy in place of the input: events may point into it while the queue changes. */
    memcpy(copy, self->undigested.bytes, input.len);
    do {
        CHECK_OK(iot_tunnel_session_handle_bytes(self->session, self->with->now, &input, &event));
        client_hear(self, &event);
    } while (event.kind != IOT_TUNNEL_EVENT_KIND_NONE && event.kind != IOT_TUNNEL_EVENT_KIND_LOST && input.len > 0);
    if (input.len == self->undigested.length) {
        return false;
    }
    self->undigested.length = 0;
    queue_put(&self->undigested, input.ptr, input.len);
    return true;
}

static void client_closed(client *self, uint16_t code, iot_tunnel_text reason)
{
    char kept[124];
    iot_tunnel_text copied = { kept, reason.len };
    memcpy(kept, reason.len ? reason.ptr : "", reason.len);
    client_end(self, -1);
    client_hang_up(self);
    CHECK_OK(iot_tunnel_session_handle_closed(self->session, self->with->now, code, copied));
}

static void client_frames(client *self, uint8_t *bytes, size_t length)
{
    iot_tunnel_buffer input = { bytes, length };
    iot_tunnel_websocket_event event;
    uint8_t frame[139];
    while (self->is_websocket) {
        CHECK_OK(iot_tunnel_websocket_receive(self->websocket, &input, &event));
        switch (event.kind) {
        case IOT_TUNNEL_FRAME_BINARY:
            queue_put(&self->undigested, event.payload.ptr, event.payload.len);
            client_digest(self);
            break;
        case IOT_TUNNEL_FRAME_PING:
            CHECK_OK(iot_tunnel_session_handle_ping(self->session, self->with->now));
            CHECK_OK(iot_tunnel_websocket_write(self->websocket, IOT_TUNNEL_FRAME_PONG, event.payload, draw(), frame, sizeof frame,
                                                &length));
            client_control(self, frame, length);
            break;
        case IOT_TUNNEL_FRAME_PONG:
            CHECK_OK(iot_tunnel_session_handle_pong(self->session, self->with->now));
            break;
        case IOT_TUNNEL_FRAME_CLOSE:
            client_closed(self, event.close_code, event.close_reason);
            return;
        default:
            CHECK_EQUAL(input.len, 0);
            return;
        }
        if (self->losses > 0) {
            return;
        }
    }
}

static void client_answer(client *self, const uint8_t *bytes, size_t length)
{
    iot_tunnel_upgrade_answer answer;
    uint8_t rest[sizeof self->answer];
    size_t left;
    CHECK(length <= sizeof self->answer - self->answer_length);
    memcpy(self->answer + self->answer_length, bytes, length);
    self->answer_length += length;
    CHECK_OK(iot_tunnel_session_handle_upgrade(self->session, self->with->now, self->answer, self->answer_length, false, &answer));
    self->answered = answer.kind;
    self->http_status = answer.http_status;
    memset(self->reason, 0, sizeof self->reason);
    CHECK_OK(iot_tunnel_peer_text_write(answer.reason, self->reason, sizeof self->reason - 1, &left));
    if (answer.kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED) {
        CHECK_SHOWN(answer.channel_id, "c-1");
        CHECK_OK(iot_tunnel_websocket_init(self->websocket, sizeof *self->websocket, IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT));
        self->is_websocket = true;
        left = self->answer_length - answer.consumed;
        memcpy(rest, self->answer + answer.consumed, left);
        client_frames(self, rest, left);
    } else if (answer.kind != IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE) {
        client_hang_up(self);
    }
}

/* Reads what the service has sent; whether that was anything. */
static bool client_read(client *self)
{
    uint8_t bytes[4096];
    wire *socket = client_wire(self);
    size_t length;
    if (!socket->exists || self->undigested.length > 0) {
        return false;
    }
    length = self->is_websocket ? sizeof bytes : sizeof self->answer - self->answer_length;
    length = queue_take(&socket->to_client, bytes, length < self->cut ? length : self->cut);
    if (length == 0 && socket->service_closed) {
        client_closed(self, 0, NO_TEXT);
        return true;
    }
    if (length > 0 && self->is_websocket) {
        client_frames(self, bytes, length);
    } else if (length > 0) {
        client_answer(self, bytes, length);
    }
    return length > 0;
}

static bool client_turn(client *self)
{
    bool moved = client_do(self);
    moved |= client_read(self);
    if (self->undigested.length > 0) {
        moved |= client_digest(self);
    }
    moved |= client_say(self);
    return moved | client_do(self);
}

/* Lets everything happen that happens at this moment. */
static MAYBE_UNUSED void settle(service *with, client *const *clients, size_t count)
{
    unsigned long turns;
    bool moved = true;
    size_t i;
    for (turns = 0; moved; turns++) {
        moved = false;
        for (i = 0; i < count; i++) {
            moved |= client_turn(clients[i]);
        }
        moved |= service_read(with, 0);
        moved |= service_read(with, 1);
        if (turns > 2000000) {
            CHECK(!"things settle");
            return;
        }
    }
}

/* Goes on to a moment, and brings every client the time when it is due. */
static MAYBE_UNUSED void pass_time(service *with, client *const *clients, size_t count, uint64_t milliseconds)
{
    uint64_t end = with->now + milliseconds, deadline, next;
    size_t i;
    for (;;) {
        settle(with, clients, count);
        next = end;
        for (i = 0; i < count; i++) {
            CHECK_OK(iot_tunnel_session_deadline(clients[i]->session, &deadline));
            next = deadline < next ? deadline : next;
        }
        if (next >= end) {
            break;
        }
        with->now = next;
        for (i = 0; i < count; i++) {
            CHECK_OK(iot_tunnel_session_handle_timeout(clients[i]->session, with->now, NULL));
        }
    }
    with->now = end;
    for (i = 0; i < count; i++) {
        CHECK_OK(iot_tunnel_session_handle_timeout(clients[i]->session, with->now, NULL));
    }
    settle(with, clients, count);
}

/* At a source: opens a connection. */
static MAYBE_UNUSED link *client_open(client *self, uint32_t service_index)
{
    iot_tunnel_connection name;
    CHECK_OK(iot_tunnel_session_open(self->session, service_index, &name));
    CHECK_EQUAL(name.service, service_index);
    return client_link_new(self, name);
}

#endif
