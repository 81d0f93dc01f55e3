/* Bytes go through the tunnel whole and in order: over every version, in any split of the socket, whichever way they are put
 * into frames, and past a service that does not read. */
#include "client.h"

static const char *const SERVICES[] = { "SSH", "HTTP" };

static uint8_t pattern(size_t at, unsigned seed) { return (uint8_t)(at * 31 + at / 251 + seed); }

static void say(link *at, size_t length, unsigned seed)
{
    size_t i;
    for (i = 0; i < length; i++) {
        at->to_say.bytes[at->to_say.length + i] = pattern(i, seed);
    }
    at->to_say.length += length;
}

static void heard(const link *at, size_t length, unsigned seed)
{
    size_t i;
    CHECK_EQUAL(at->heard.length, length);
    for (i = 0; i < length && i < at->heard.length && at->heard.bytes[i] == pattern(i, seed); i++) {
    }
    CHECK_EQUAL(i, length);
}

typedef struct {
    service *service;
    client *ends[2];
} pair;

static pair pair_new(const char *const *services, uint32_t count, iot_tunnel_subprotocol offer)
{
    pair made;
    size_t i;
    made.service = calloc(1, sizeof *made.service);
    service_open(made.service, services, count);
    for (i = 0; i < 2; i++) {
        made.ends[i] = client_new(made.service, side_of(i), services, count);
        made.ends[i]->offer = offer;
        CHECK_EQUAL(client_token(made.ends[i], issued_text(&made.service->tokens[i]), IOT_TUNNEL_BINDING_FRESH),
                    IOT_TUNNEL_TOKEN_TAKEN_NEW);
    }
    made.ends[1]->echoes = true;
    return made;
}

static void pair_free(pair *self)
{
    client_free(self->ends[0]);
    client_free(self->ends[1]);
    service_forget(self->service, 0);
    service_forget(self->service, 1);
    free(self->service);
}

static void echo(iot_tunnel_subprotocol offer, size_t cut, way_of_sending way, size_t length)
{
    uint32_t count = offer == IOT_TUNNEL_SUBPROTOCOL_V1 ? 1 : 2;
    pair tunnel = pair_new(SERVICES, count, offer);
    client *source = tunnel.ends[0];
    link *first, *second = NULL;
    size_t i;
    for (i = 0; i < 2; i++) {
        tunnel.ends[i]->cut = cut;
        tunnel.ends[i]->way = way;
    }
    settle(tunnel.service, tunnel.ends, 2);
    CHECK_EQUAL(client_status(source).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    CHECK_EQUAL(source->opens, offer == IOT_TUNNEL_SUBPROTOCOL_V1 ? 0 : 1);
    if (offer != IOT_TUNNEL_SUBPROTOCOL_V1) {
        CHECK_EQUAL(source->open_event.service_count, 2);
        CHECK_EQUAL(source->open_event.services_omitted, 0);
        CHECK(!source->open_event.needs_name);
    }
    first = client_open(source, 0);
    if (offer == IOT_TUNNEL_SUBPROTOCOL_V3) {
        second = client_open(source, 0);
    } else if (offer == IOT_TUNNEL_SUBPROTOCOL_V2) {
        second = client_open(source, 1);
    }
    say(first, length, 1);
    if (second != NULL) {
        say(second, length / 2, 2);
    }
    settle(tunnel.service, tunnel.ends, 2);
    heard(first, length, 1);
    if (second != NULL) {
        heard(second, length / 2, 2);
        CHECK_OK(iot_tunnel_session_reset(source->session, second->name));
        second->live = false;
        settle(tunnel.service, tunnel.ends, 2);
        CHECK(!tunnel.ends[1]->links[1].live);
        CHECK(first->live && tunnel.ends[1]->links[0].live);
    }
    pair_free(&tunnel);
}

static void every_version_and_split(void)
{
    static const size_t cuts[] = { 1, 2, 13, 4096 };
    iot_tunnel_subprotocol offer;
    size_t i;
    for (offer = IOT_TUNNEL_SUBPROTOCOL_V1; offer <= IOT_TUNNEL_SUBPROTOCOL_V3; offer++) {
        for (i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            echo(offer, cuts[i], COPIES, cuts[i] < 13 ? 3000 : 100000);
            echo(offer, cuts[i], MASKS_IN_PLACE, cuts[i] < 13 ? 3000 : 100000);
        }
    }
    echo(0, SIZE_MAX, COPIES, 300000);
}

/* A session that cannot send keeps nothing and loses nothing. */
static void a_full_buffer_blocks_and_goes_on(void)
{
    pair tunnel = pair_new(SERVICES, 2, IOT_TUNNEL_SUBPROTOCOL_V3);
    client *source = tunnel.ends[0];
    link *at;
    uint8_t byte = 1;
    iot_tunnel_bytes one = { &byte, 1 };
    size_t taken = SIZE_MAX;
    settle(tunnel.service, tunnel.ends, 2);
    at = client_open(source, 1);
    settle(tunnel.service, tunnel.ends, 2);
    tunnel.service->sleeps = true;
    say(at, 200000, 7);
    settle(tunnel.service, tunnel.ends, 2);
    CHECK(at->to_say.length > 150000);
    CHECK_STATUS(iot_tunnel_session_send(source->session, at->name, one, &taken), WOULD_BLOCK);
    CHECK_EQUAL(taken, 0);
    tunnel.service->sleeps = false;
    settle(tunnel.service, tunnel.ends, 2);
    heard(at, 200000, 7);
    pair_free(&tunnel);
}

/* A destination that has no room for an answer takes no message, and leaves the input as it is. */
static void a_destination_without_room_leaves_its_input(void)
{
    iot_tunnel_session_config config;
    pair tunnel = pair_new(SERVICES, 2, IOT_TUNNEL_SUBPROTOCOL_V3);
    client *device = tunnel.ends[1];
    uint8_t more[400], frame[64];
    iot_tunnel_bytes data = { more, sizeof more }, input = { frame, 0 };
    iot_tunnel_message message;
    iot_tunnel_event event;
    size_t taken;
    memset(more, 5, sizeof more);
    memset(&config, 0, sizeof config);
    config.side = IOT_TUNNEL_SIDE_DESTINATION;
    config.services[0] = text("SSH");
    config.services[1] = text("HTTP");
    config.service_count = 2;
    client_free(device);
    device = tunnel.ends[1] = client_of(tunnel.service, &config, IOT_TUNNEL_MAX_MESSAGE, IOT_TUNNEL_MIN_OUTGOING);
    client_token(device, issued_text(&tunnel.service->tokens[1]), IOT_TUNNEL_BINDING_FRESH);
    settle(tunnel.service, tunnel.ends, 2);
    client_open(tunnel.ends[0], 0);
    settle(tunnel.service, tunnel.ends, 2);
    CHECK_EQUAL(device->link_count, 1);
    /* Data leaves room for one answer: that to a stream of no service, twice. */
    CHECK_OK(iot_tunnel_session_send(device->session, device->links[0].name, data, &taken));
    memset(&message, 0, sizeof message);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_STREAM_START;
    message.stream_id = 7;
    message.service_id = text("ZZZZZZZZZZZZZZZZZZZZZZZZ");
    CHECK_OK(iot_tunnel_message_encode_frame(&message, frame, sizeof frame, &input.len));
    do {
        data.ptr = frame;
        data.len = input.len;
        CHECK_OK(iot_tunnel_session_handle_bytes(device->session, tunnel.service->now, &data, &event));
    } while (event.kind == IOT_TUNNEL_EVENT_KIND_HANDLED);
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_NONE);
    CHECK(data.ptr == frame && data.len == input.len);
    client_do(device);
    CHECK_OK(iot_tunnel_session_handle_bytes(device->session, tunnel.service->now, &data, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_HANDLED);
    CHECK_EQUAL(data.len, 0);
    settle(tunnel.service, tunnel.ends, 2);
    pair_free(&tunnel);
}

/* Head and tail around bytes that stay where they are make the frame that `send` would have made. */
static void an_envelope_is_a_frame_around_the_bytes(void)
{
    pair tunnel = pair_new(SERVICES, 2, IOT_TUNNEL_SUBPROTOCOL_V3);
    client *source = tunnel.ends[0];
    link *at;
    uint8_t *payload = exactly(3000), room[IOT_TUNNEL_MAX_ENVELOPE], frame[3000 + IOT_TUNNEL_MAX_ENVELOPE], header[14];
    iot_tunnel_bytes data = { payload, 3000 };
    iot_tunnel_envelope envelope;
    size_t length, capacity, taken;
    for (length = 0; length < 3000; length++) {
        payload[length] = pattern(length, 3);
    }
    settle(tunnel.service, tunnel.ends, 2);
    at = client_open(source, 1);
    CHECK_STATUS(iot_tunnel_session_envelope(source->session, at->name, data, room, sizeof room, &envelope), WOULD_BLOCK);
    settle(tunnel.service, tunnel.ends, 2);
    CHECK_STATUS(iot_tunnel_session_envelope(source->session, at->name, NO_BYTES, room, sizeof room, &envelope), WOULD_BLOCK);
    for (capacity = 0;; capacity++) {
        uint8_t *small = exactly(capacity);
        iot_tunnel_status status = iot_tunnel_session_envelope(source->session, at->name, data, small, capacity, &envelope);
        if (status == IOT_TUNNEL_STATUS_OK) {
            CHECK_EQUAL(envelope.head.len + envelope.tail.len, capacity);
        } else {
            CHECK_STATUS(status, CAPACITY_BUFFER_TOO_SMALL);
        }
        free(small);
        if (status == IOT_TUNNEL_STATUS_OK || !CHECK(capacity < sizeof room)) {
            break;
        }
    }
    CHECK_OK(iot_tunnel_session_envelope(source->session, at->name, data, room, sizeof room, &envelope));
    CHECK_EQUAL(envelope.taken, 3000);
    length = envelope.head.len;
    memcpy(frame, envelope.head.ptr, length);
    memcpy(frame + length, payload, envelope.taken);
    length += envelope.taken;
    memcpy(frame + length, envelope.tail.ptr, envelope.tail.len);
    length += envelope.tail.len;
    CHECK_OK(iot_tunnel_websocket_mask(source->websocket, frame, length, draw(), header, &taken));
    queue_put(&client_wire(source)->to_service, header, taken);
    queue_put(&client_wire(source)->to_service, frame, length);
    settle(tunnel.service, tunnel.ends, 2);
    heard(at, 3000, 3);
    free(payload);
    pair_free(&tunnel);
}

/* What an event brought lies in the session's incoming buffer if it came in parts; sending it from there is right. */
static void an_event_is_answered_from_where_it_lies(void)
{
    pair tunnel = pair_new(SERVICES, 1, IOT_TUNNEL_SUBPROTOCOL_V3);
    client *device = tunnel.ends[1];
    uint8_t frame[64];
    iot_tunnel_bytes input = { frame, 0 };
    iot_tunnel_message message;
    iot_tunnel_event event;
    iot_tunnel_connection first;
    size_t length, taken;
    settle(tunnel.service, tunnel.ends, 2);
    memset(&message, 0, sizeof message);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_STREAM_START;
    message.stream_id = 9;
    message.connection_id = 1;
    message.service_id = text("SSH");
    CHECK_OK(iot_tunnel_message_encode_frame(&message, frame, sizeof frame, &input.len));
    CHECK_OK(iot_tunnel_session_handle_bytes(device->session, 1000, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_STARTED);
    CHECK(!event.replaces);
    /* Another stream of the service takes the place of the first. */
    message.stream_id = 10;
    first = event.connection;
    CHECK_OK(iot_tunnel_message_encode_frame(&message, frame, sizeof frame, &input.len));
    input.ptr = frame;
    CHECK_OK(iot_tunnel_session_handle_bytes(device->session, 1000, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_STARTED);
    CHECK(event.replaces && event.connection.serial != first.serial);
    CHECK_STATUS(iot_tunnel_session_reset(device->session, first), MISUSE_CONNECTION_ENDED);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_DATA;
    message.payload.ptr = (const uint8_t *)"hello";
    message.payload.len = 5;
    CHECK_OK(iot_tunnel_message_encode_frame(&message, frame, sizeof frame, &length));
    input.ptr = frame;
    input.len = length - 1;
    CHECK_OK(iot_tunnel_session_handle_bytes(device->session, 1000, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_NONE);
    CHECK(input.ptr == frame + length - 1 && input.len == 0);
    input.len = 1;
    CHECK_OK(iot_tunnel_session_handle_bytes(device->session, 1000, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_DATA);
    CHECK(event.payload.ptr >= device->incoming && event.payload.ptr < device->incoming + device->incoming_length);
    CHECK_OK(iot_tunnel_session_send(device->session, event.connection, event.payload, &taken));
    CHECK_EQUAL(taken, 5);
    /* But it is no input: the session would write to what it reads. */
    CHECK_STATUS(iot_tunnel_session_handle_bytes(device->session, 1000, &event.payload, &event), MISUSE_OVERLAPPING_MEMORY);
    pair_free(&tunnel);
}

int main(void)
{
    every_version_and_split();
    a_full_buffer_blocks_and_goes_on();
    a_destination_without_room_leaves_its_input();
    an_envelope_is_a_frame_around_the_bytes();
    an_event_is_answered_from_where_it_lies();
    return check_report("bytes go through the tunnel whole and in order");
}
