/* Destinations of AWS as a source meets them: what their reference local proxy and their C client do with each message of a
 * stream, as their source has it. Only what a table here says is done; tests/models has the whole of it, where it comes from. */
#ifndef DESTINATIONS_H
#define DESTINATIONS_H

#include "check.h"

typedef enum { REFERENCE_PROXY, AWS_C_CLIENT } destination_kind;

/* Most connections that a test opens, and most messages that wait in the destination. */
enum { MOST_STARTED = 64, MOST_QUEUED = 256, MOST_PAYLOAD = 64 };

/* A connection to the service behind the destination, in the order of their starts. */
typedef struct {
    uint32_t id;
    bool live;
    char got[MOST_PAYLOAD];
    size_t got_length;
} served;

/* A message that the destination will send. Its stream is decided when it goes out, for AWS_C_CLIENT. */
typedef struct {
    iot_tunnel_message_kind kind;
    int32_t stream;
    uint32_t connection;
    char payload[MOST_PAYLOAD];
} queued;

typedef struct {
    destination_kind kind;
    bool has_stream, has_ids;
    int32_t stream;
    served list[MOST_STARTED];
    size_t count;
    queued queue[MOST_QUEUED];
    size_t queue_length;
    /* What the service says first to each connection, with its number; NULL: nothing. */
    const char *greeting;
} destination;

static served *destination_live(destination *self, uint32_t id)
{
    size_t i;
    for (i = 0; i < self->count; i++) {
        if (self->list[i].live && (!self->has_ids || self->list[i].id == id)) {
            return &self->list[i];
        }
    }
    return NULL;
}

static void destination_queue(destination *self, iot_tunnel_message_kind kind, uint32_t connection, const char *payload)
{
    queued *made = &self->queue[self->queue_length++];
    CHECK(self->queue_length <= MOST_QUEUED);
    made->kind = kind;
    made->stream = self->stream;
    made->connection = connection;
    snprintf(made->payload, sizeof made->payload, "%s", payload);
}

static void destination_end_all(destination *self)
{
    size_t i;
    for (i = 0; i < self->count; i++) {
        self->list[i].live = false;
    }
}

static void destination_start(destination *self, uint32_t id)
{
    served *made = &self->list[self->count++];
    char greeting[MOST_PAYLOAD];
    CHECK(self->count <= MOST_STARTED);
    memset(made, 0, sizeof *made);
    made->id = id;
    made->live = true;
    if (self->greeting != NULL) {
        snprintf(greeting, sizeof greeting, "%s%u", self->greeting, (unsigned)self->count);
        destination_queue(self, IOT_TUNNEL_MESSAGE_KIND_DATA, id, greeting);
    }
}

static void destination_adopt(destination *self, const iot_tunnel_message *message)
{
    self->has_stream = true;
    self->has_ids = message->connection_id != 0;
    self->stream = message->stream_id;
    destination_start(self, message->connection_id);
}

static void destination_stream_start(destination *self, const iot_tunnel_message *message)
{
    if (self->kind == AWS_C_CLIENT || !self->has_stream) {
        /* The C client's table of connections holds those of the latest stream only. */
        destination_end_all(self);
        destination_adopt(self, message);
    } else if (message->stream_id != self->stream) {
        /* The reference proxy takes it for the end of its stream, and starts nothing. */
        destination_end_all(self);
        self->has_stream = false;
    }
}

static void destination_connection_start(destination *self, const iot_tunnel_message *message)
{
    served *known = destination_live(self, message->connection_id);
    if (self->kind == REFERENCE_PROXY && !self->has_stream) {
        destination_adopt(self, message);
    } else if (self->kind == REFERENCE_PROXY && known != NULL) {
        destination_queue(self, IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET, 0, "");
        destination_end_all(self);
        self->has_stream = false;
    } else if (known != NULL) {
        known->live = false;
        destination_queue(self, IOT_TUNNEL_MESSAGE_KIND_CONNECTION_RESET, message->connection_id, "");
    } else if (self->kind == REFERENCE_PROXY || (self->has_stream && message->stream_id == self->stream)) {
        destination_start(self, message->connection_id);
    }
}

static MAYBE_UNUSED void destination_receive(destination *self, const iot_tunnel_message *message)
{
    served *known = destination_live(self, message->connection_id);
    bool is_same = self->has_stream && message->stream_id == self->stream;
    switch (message->kind) {
    case IOT_TUNNEL_MESSAGE_KIND_STREAM_START: destination_stream_start(self, message); break;
    case IOT_TUNNEL_MESSAGE_KIND_CONNECTION_START: destination_connection_start(self, message); break;
    case IOT_TUNNEL_MESSAGE_KIND_DATA:
        if (is_same && known != NULL && CHECK(message->payload.len <= sizeof known->got - known->got_length)) {
            memcpy(known->got + known->got_length, message->payload.ptr, message->payload.len);
            known->got_length += message->payload.len;
        }
        break;
    case IOT_TUNNEL_MESSAGE_KIND_CONNECTION_RESET:
        if (known != NULL) {
            known->live = false;
            if (self->kind == REFERENCE_PROXY) {
                destination_queue(self, IOT_TUNNEL_MESSAGE_KIND_CONNECTION_RESET, message->connection_id, "");
            }
        }
        break;
    case IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET:
        if (is_same) {
            destination_end_all(self);
            self->has_stream = false;
        }
        break;
    default: CHECK(!"a message that a source sends"); break;
    }
}

/* What of the next queued message goes out: false if it is dropped. The reference proxy sends it with the stream that it was
 * queued in, the C client with the one that is active now, unless it does not know the connection. */
static MAYBE_UNUSED bool destination_send(destination *self, iot_tunnel_message *message, char payload[MOST_PAYLOAD])
{
    queued next = self->queue[0];
    memmove(self->queue, self->queue + 1, --self->queue_length * sizeof *self->queue);
    memset(message, 0, sizeof *message);
    memcpy(payload, next.payload, sizeof next.payload);
    message->kind = next.kind;
    message->stream_id = next.stream;
    message->connection_id = next.connection;
    message->service_id.ptr = "SSH";
    message->service_id.len = 3;
    message->payload.ptr = (const uint8_t *)payload;
    message->payload.len = strlen(payload);
    if (self->kind == AWS_C_CLIENT) {
        if (!self->has_stream || (next.kind == IOT_TUNNEL_MESSAGE_KIND_DATA && destination_live(self, next.connection) == NULL)) {
            return false;
        }
        message->stream_id = self->stream;
    }
    return true;
}

#endif
