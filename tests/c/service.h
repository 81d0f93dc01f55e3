/* A tunnel's service in this process, made of the header's gateway half: a record judges the tokens, and what one side sends
 * the other receives. Its sockets are two queues of bytes; time is a number. */
#ifndef SERVICE_H
#define SERVICE_H

#include "check.h"

/* Bytes on their way. */
typedef struct {
    uint8_t bytes[1 << 20];
    size_t length;
} queue;

/* One end's connection to the service, from its making to its end. */
typedef struct {
    queue to_service, to_client;
    bool exists, service_closed;
} wire;

/* What the service holds of a side. */
typedef struct {
    bool is_websocket;
    uint8_t request[IOT_TUNNEL_MAX_UPGRADE_REQUEST];
    size_t request_length;
    iot_tunnel_subprotocol subprotocol;
    iot_tunnel_websocket websocket;
    iot_tunnel_deframer deframer;
    uint8_t room[IOT_TUNNEL_MAX_MESSAGE];
    uint64_t connection;
    unsigned long pings;
} peer;

typedef struct {
    iot_tunnel_record record;
    iot_tunnel_issued tokens[2];
    wire wires[2];
    peer peers[2];
    uint64_t now, connections;
    const char *services[3];
    uint32_t service_count;
    /* The STREAM_START of each service's stream that was not reset since; `kind` 0: none. */
    iot_tunnel_message streams[3];
    /* Answers every upgrade request with this status, unless 0. */
    unsigned refuses;
    /* Reads nothing: what clients send stays in their sockets. */
    bool sleeps;
    /* Answers no ping. */
    bool is_mute;
} service;

static size_t side_index(iot_tunnel_side side) { return (size_t)side - 1; }

static iot_tunnel_side side_of(size_t index) { return index == 0 ? IOT_TUNNEL_SIDE_SOURCE : IOT_TUNNEL_SIDE_DESTINATION; }

static void queue_put(queue *to, const void *bytes, size_t length)
{
    if (length > sizeof to->bytes - to->length) {
        puts("a queue of the tests is too short");
        exit(EXIT_FAILURE);
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static size_t queue_take(queue *from, void *bytes, size_t most)
{
    size_t length = from->length < most ? from->length : most;
    memcpy(bytes, from->bytes, length);
    memmove(from->bytes, from->bytes + length, from->length - length);
    from->length -= length;
    return length;
}

static MAYBE_UNUSED iot_tunnel_text issued_text(const iot_tunnel_issued *issued)
{
    iot_tunnel_text token = { issued->text, issued->length };
    return token;
}

/* Opens a tunnel with these services. */
static MAYBE_UNUSED void service_open(service *self, const char *const *services, uint32_t count)
{
    iot_tunnel_destination_config config;
    iot_tunnel_effects effects;
    uint32_t i;
    memset(self, 0, sizeof *self);
    memset(&config, 0, sizeof config);
    for (i = 0; i < count; i++) {
        self->services[i] = services[i];
        config.services[i] = text(services[i]);
    }
    self->service_count = config.service_count = count;
    self->now = 1000000;
    CHECK_OK(iot_tunnel_record_open(&self->record, sizeof self->record, text("tunnel-1"), count ? &config : NULL, 60, self->now,
                                    draw(), &self->tokens[0], &self->tokens[1], &effects));
}

/* Sends a message to a side. */
static MAYBE_UNUSED void service_send(service *self, size_t to, iot_tunnel_bytes payload)
{
    static uint8_t frame[IOT_TUNNEL_MAX_MESSAGE + 64];
    size_t length;
    CHECK_OK(iot_tunnel_websocket_write(&self->peers[to].websocket, IOT_TUNNEL_FRAME_BINARY, payload, NULL, frame, sizeof frame,
                                        &length));
    queue_put(&self->wires[to].to_client, frame, length);
}

static void service_say(service *self, size_t to, const iot_tunnel_message *message)
{
    static uint8_t frame[IOT_TUNNEL_MAX_MESSAGE + 2];
    iot_tunnel_bytes bytes = { frame, 0 };
    CHECK_OK(iot_tunnel_message_encode_frame(message, frame, sizeof frame, &bytes.len));
    service_send(self, to, bytes);
}

/* Lets go of a connection. */
static void service_forget(service *self, size_t index)
{
    iot_tunnel_deframer_wipe(&self->peers[index].deframer);
    iot_tunnel_websocket_wipe(&self->peers[index].websocket);
    memset(&self->peers[index], 0, sizeof self->peers[index]);
    self->wires[index].service_closed = true;
}

static void service_hang_up(service *self, size_t index, iot_tunnel_disconnect disconnect)
{
    uint8_t frame[131];
    size_t length;
    iot_tunnel_text reason;
    if (disconnect.reason == IOT_TUNNEL_DISCONNECT_REASON_NONE) {
        return;
    }
    CHECK_EQUAL(disconnect.connection, self->peers[index].connection);
    CHECK_OK(iot_tunnel_disconnect_reason_text(disconnect.reason, &reason));
    CHECK_OK(iot_tunnel_websocket_write_close(&self->peers[index].websocket, 1008, reason, NULL, frame, sizeof frame, &length));
    queue_put(&self->wires[index].to_client, frame, length);
    service_forget(self, index);
}

/* Notes which streams there are, as it sees them pass. */
static MAYBE_UNUSED void service_note(service *self, iot_tunnel_message message)
{
    uint32_t at = 0;
    while (at < self->service_count && (message.service_id.len != strlen(self->services[at]) ||
                                        memcmp(message.service_id.ptr, self->services[at], message.service_id.len) != 0)) {
        at++;
    }
    /* Its own text, not the frame's. Without a name it is the tunnel's only one. */
    at = at < self->service_count ? at : 0;
    message.service_id = message.service_id.len > 0 ? text(self->services[at]) : message.service_id;
    if (message.kind == IOT_TUNNEL_MESSAGE_KIND_STREAM_START) {
        self->streams[at] = message;
    } else if (message.kind == IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET && message.stream_id == self->streams[at].stream_id) {
        memset(&self->streams[at], 0, sizeof self->streams[at]);
    }
}

/* Does what an operation on the record asks for. */
static MAYBE_UNUSED void service_follow(service *self, const iot_tunnel_effects *effects)
{
    size_t i;
    service_hang_up(self, 0, effects->source);
    service_hang_up(self, 1, effects->destination);
    for (i = 0; i < 3; i++) {
        if (effects->reset_peer != 0 && self->streams[i].kind == IOT_TUNNEL_MESSAGE_KIND_STREAM_START) {
            self->streams[i].kind = IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET;
            service_say(self, side_index(effects->reset_peer), &self->streams[i]);
        }
    }
    if (effects->reset_peer != 0) {
        memset(self->streams, 0, sizeof self->streams);
    }
}

static MAYBE_UNUSED void service_rotate(service *self, iot_tunnel_client_mode mode)
{
    iot_tunnel_issued tokens[2];
    iot_tunnel_effects effects;
    size_t i;
    CHECK_OK(iot_tunnel_record_rotate(&self->record, mode, NULL, self->now, draw(), &tokens[0], &tokens[1], &effects));
    for (i = 0; i < 2; i++) {
        if (tokens[i].length > 0) {
            self->tokens[i] = tokens[i];
        }
    }
    service_follow(self, &effects);
}

/* Cuts a connection, as a network does. */
static MAYBE_UNUSED void service_lose(service *self, size_t index)
{
    iot_tunnel_effects effects;
    uint64_t connection = self->peers[index].connection;
    bool was_websocket = self->peers[index].is_websocket;
    service_forget(self, index);
    self->wires[index].to_client.length = 0;
    if (was_websocket) {
        CHECK_OK(iot_tunnel_record_disconnect(&self->record, side_of(index), connection, self->now, &effects));
        service_follow(self, &effects);
    }
}

static iot_tunnel_bytes piece(const uint8_t *start, const uint8_t *end)
{
    iot_tunnel_bytes bytes = { start, (size_t)(end - start) };
    return bytes;
}

/* Cuts a whole request into its parts; how many headers there are. */
static size_t request_parts(const uint8_t *request, size_t length, iot_tunnel_text *target, iot_tunnel_header *headers, size_t room)
{
    const uint8_t *line = request, *end = request + length;
    size_t count = 0;
    bool first = true;
    while (line + 2 < end) {
        const uint8_t *stop = line, *colon;
        while (stop[0] != '\r' || stop[1] != '\n') {
            stop++;
        }
        if (first) {
            target->ptr = (const char *)line + 4;
            target->len = (size_t)(stop - line) - 4 - strlen(" HTTP/1.1");
            first = false;
        } else if (stop > line && count < room) {
            colon = memchr(line, ':', (size_t)(stop - line));
            headers[count].name = piece(line, colon);
            headers[count].value = piece(colon + 2, stop);
            count++;
        }
        line = stop + 2;
    }
    return count;
}

/* Judges an upgrade request that is whole. */
static MAYBE_UNUSED iot_tunnel_status request_judge(const uint8_t *request, size_t length, iot_tunnel_handshake *handshake,
                                                    iot_tunnel_rejection *rejection)
{
    iot_tunnel_header headers[16];
    iot_tunnel_text target = NO_TEXT;
    size_t count = request_parts(request, length, &target, headers, 16);
    return iot_tunnel_handshake_judge(text("GET"), target, headers, count, handshake, rejection);
}

/* The answer that accepts a request; its length. */
static size_t accepting_answer(const iot_tunnel_handshake *handshake, char *answer, size_t room)
{
    return (size_t)snprintf(answer, room,
                            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
                            "sec-websocket-accept: %.28s\r\nsec-websocket-protocol: aws.iot.securetunneling-%d.0\r\n"
                            "channel-id: c-1\r\n\r\n",
                            (const char *)handshake->accept, (int)handshake->subprotocol);
}

static void service_refuse(service *self, size_t index, const iot_tunnel_rejection *rejection)
{
    char answer[512];
    int length = snprintf(answer, sizeof answer, "HTTP/1.1 %u No\r\nx-status-reason: %.*s\r\ncontent-length: 0\r\n\r\n",
                          rejection->http_status, (int)rejection->reason.len, rejection->reason.ptr);
    queue_put(&self->wires[index].to_client, answer, (size_t)length);
    service_forget(self, index);
}

static void service_announce(service *self, size_t index)
{
    iot_tunnel_message message;
    uint32_t i;
    memset(&message, 0, sizeof message);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_SERVICE_IDS;
    for (i = 0; i < self->service_count; i++) {
        message.available_service_ids[i] = text(self->services[i]);
    }
    message.available_service_id_count = self->service_count;
    if (self->peers[index].subprotocol != IOT_TUNNEL_SUBPROTOCOL_V1) {
        service_say(self, index, &message);
    }
}

static void service_answer(service *self, size_t index)
{
    peer *client = &self->peers[index];
    iot_tunnel_handshake handshake;
    iot_tunnel_rejection rejection;
    iot_tunnel_effects effects;
    char answer[512];
    uint64_t connection = ++self->connections;
    iot_tunnel_status status = request_judge(client->request, client->request_length, &handshake, &rejection);
    if (status == IOT_TUNNEL_STATUS_OK) {
        CHECK_EQUAL(handshake.side, side_of(index));
        status = self->refuses != 0 ? IOT_TUNNEL_STATUS_CAPACITY_TABLE_FULL
                                    : iot_tunnel_record_connect(&self->record, handshake.access_token, handshake.side,
                                                                handshake.client_token, false, connection, self->now, &effects);
        CHECK_OK(iot_tunnel_rejection_of(status, &rejection));
    }
    if (status != IOT_TUNNEL_STATUS_OK) {
        service_refuse(self, index, &rejection);
        return;
    }
    queue_put(&self->wires[index].to_client, answer, accepting_answer(&handshake, answer, sizeof answer));
    client->is_websocket = true;
    client->connection = connection;
    client->subprotocol = handshake.subprotocol;
    CHECK_OK(iot_tunnel_websocket_init(&client->websocket, sizeof client->websocket, IOT_TUNNEL_WEBSOCKET_ROLE_SERVER));
    CHECK_OK(iot_tunnel_deframer_init(&client->deframer, sizeof client->deframer, client->room, sizeof client->room));
    service_follow(self, &effects);
    service_announce(self, index);
}

/* Passes a message on, or says that nobody is there. */
static void service_pass(service *self, size_t from, iot_tunnel_bytes bytes)
{
    static uint8_t frame[IOT_TUNNEL_MAX_MESSAGE + 2];
    iot_tunnel_bytes framed = { frame, bytes.len + 2 };
    iot_tunnel_message message;
    bool skip;
    CHECK_OK(iot_tunnel_message_decode(bytes, &message));
    CHECK_OK(iot_tunnel_message_check(&message, from == 0 ? IOT_TUNNEL_ORIGIN_SOURCE : IOT_TUNNEL_ORIGIN_DESTINATION, &skip));
    if (self->peers[1 - from].is_websocket) {
        frame[0] = (uint8_t)(bytes.len >> 8);
        frame[1] = (uint8_t)bytes.len;
        memcpy(frame + 2, bytes.ptr, bytes.len);
        service_note(self, message);
        service_send(self, 1 - from, framed);
    } else if (message.kind == IOT_TUNNEL_MESSAGE_KIND_STREAM_START || message.kind == IOT_TUNNEL_MESSAGE_KIND_CONNECTION_START) {
        message.kind = IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET;
        service_say(self, from, &message);
    }
}

static void service_receive(service *self, size_t index, iot_tunnel_buffer input)
{
    peer *client = &self->peers[index];
    iot_tunnel_websocket_event event;
    uint8_t frame[139];
    size_t length;
    while (client->is_websocket) {
        CHECK_OK(iot_tunnel_websocket_receive(&client->websocket, &input, &event));
        switch (event.kind) {
        case IOT_TUNNEL_FRAME_NONE:
            CHECK_EQUAL(input.len, 0);
            return;
        case IOT_TUNNEL_FRAME_BINARY:
            for (;;) {
                iot_tunnel_bytes message;
                CHECK_OK(iot_tunnel_deframer_next(&client->deframer, &event.payload, &message));
                if (message.len == 0) {
                    break;
                }
                service_pass(self, index, message);
            }
            break;
        case IOT_TUNNEL_FRAME_PING:
            client->pings++;
            if (!self->is_mute) {
                CHECK_OK(iot_tunnel_websocket_write(&client->websocket, IOT_TUNNEL_FRAME_PONG, event.payload, NULL, frame,
                                                    sizeof frame, &length));
                queue_put(&self->wires[index].to_client, frame, length);
            }
            break;
        case IOT_TUNNEL_FRAME_CLOSE:
            service_lose(self, index);
            return;
        default:
            break;
        }
    }
}

/* Reads what a side has sent; whether that was anything. */
static MAYBE_UNUSED bool service_read(service *self, size_t index)
{
    static uint8_t read[1 << 20];
    peer *client = &self->peers[index];
    iot_tunnel_buffer input = { read, 0 };
    if (self->sleeps || !self->wires[index].exists || self->wires[index].service_closed) {
        return false;
    }
    input.len = queue_take(&self->wires[index].to_service, read, sizeof read);
    if (input.len > 0 && client->is_websocket) {
        service_receive(self, index, input);
    } else if (input.len > 0) {
        CHECK(input.len <= sizeof client->request - client->request_length);
        memcpy(client->request + client->request_length, input.ptr, input.len);
        client->request_length += input.len;
        if (memcmp(client->request + client->request_length - 4, "\r\n\r\n", 4) == 0) {
            service_answer(self, index);
        }
    }
    return input.len > 0;
}

#endif
