/* A WebSocket's two ends understand each other byte by byte, close in order, and say what a wrong call or a wrong peer did. */
#include "check.h"
#include "known.h"

static const iot_tunnel_bytes NO_BYTES = { NULL, 0 };

static iot_tunnel_websocket made(iot_tunnel_websocket_role role)
{
    iot_tunnel_websocket websocket;
    memset(&websocket, 0xFF, sizeof websocket);
    CHECK_OK(iot_tunnel_websocket_init(&websocket, sizeof websocket, role));
    known(&websocket, sizeof websocket);
    return websocket;
}

static iot_tunnel_websocket_state state_of(iot_tunnel_websocket *websocket)
{
    iot_tunnel_websocket_state state = 0;
    CHECK_OK(iot_tunnel_websocket_describe(websocket, &state));
    return state;
}

/* What a peer hears. */
typedef struct {
    uint8_t binary[200000];
    size_t length, pings, pongs, closes;
    uint8_t control[125];
    size_t control_length;
    uint16_t close_code;
    char reason[124];
} hearing;

static void hear(iot_tunnel_websocket *websocket, const uint8_t *frames, size_t length, size_t cut, hearing *heard)
{
    size_t at;
    for (at = 0; at < length; at += cut) {
        size_t part = length - at < cut ? length - at : cut;
        uint8_t *memory = copy_of(frames + at, part);
        iot_tunnel_buffer input = { memory, part };
        iot_tunnel_websocket_event event;
        for (;;) {
            CHECK_OK(iot_tunnel_websocket_receive(websocket, &input, &event));
            if (event.kind == IOT_TUNNEL_FRAME_NONE) {
                break;
            }
            if (event.kind == IOT_TUNNEL_FRAME_BINARY) {
                CHECK(event.payload.ptr >= memory && event.payload.ptr + event.payload.len <= memory + part);
                memcpy(heard->binary + heard->length, event.payload.ptr, event.payload.len);
                heard->length += event.payload.len;
            } else if (event.kind == IOT_TUNNEL_FRAME_CLOSE) {
                heard->closes++;
                heard->close_code = event.close_code;
                snprintf(heard->reason, sizeof heard->reason, "%.*s", (int)event.close_reason.len,
                         event.close_reason.len ? event.close_reason.ptr : "");
            } else {
                heard->pings += event.kind == IOT_TUNNEL_FRAME_PING;
                heard->pongs += event.kind == IOT_TUNNEL_FRAME_PONG;
                heard->control_length = event.payload.len;
                memcpy(heard->control, event.payload.ptr, event.payload.len);
            }
        }
        CHECK(input.ptr == memory + part && input.len == 0);
        free(memory);
    }
}

static void both_ends_byte_by_byte(iot_tunnel_websocket_role sending, size_t payload_length, size_t cut)
{
    iot_tunnel_websocket sender = made(sending), receiver = made(3 - sending);
    const uint8_t *key = sending == IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT ? draw() : NULL;
    uint8_t *payload = exactly(payload_length), *frames = exactly(2 * payload_length + 400);
    hearing *heard = calloc(1, sizeof *heard);
    iot_tunnel_bytes given = { payload, payload_length }, control = { payload, payload_length < 125 ? payload_length : 125 };
    uint8_t header[14];
    size_t length, at = 0, i;
    for (i = 0; i < payload_length; i++) {
        payload[i] = (uint8_t)(i * 7 + 3);
    }
    CHECK_OK(iot_tunnel_websocket_write(&sender, IOT_TUNNEL_FRAME_BINARY, given, key, frames, payload_length + 14, &length));
    at += length;
    CHECK_OK(iot_tunnel_websocket_write(&sender, IOT_TUNNEL_FRAME_PING, control, key, frames + at, 139, &length));
    at += length;
    CHECK_OK(iot_tunnel_websocket_write(&sender, IOT_TUNNEL_FRAME_PONG, control, key, frames + at, 139, &length));
    at += length;
    memcpy(frames + at + 14, payload, payload_length);
    CHECK_OK(iot_tunnel_websocket_mask(&sender, frames + at + 14, payload_length, key, header, &length));
    memmove(frames + at + length, frames + at + 14, payload_length);
    memcpy(frames + at, header, length);
    at += length + payload_length;
    CHECK_OK(iot_tunnel_websocket_write_close(&sender, 1001, text("going"), key, frames + at, 131, &length));
    at += length;
    CHECK_EQUAL(state_of(&sender), IOT_TUNNEL_WEBSOCKET_STATE_CLOSE_SENT);
    hear(&receiver, frames, at, cut, heard);
    CHECK_EQUAL(heard->length, 2 * payload_length);
    CHECK(memcmp(heard->binary, payload, payload_length) == 0);
    CHECK(memcmp(heard->binary + payload_length, payload, payload_length) == 0);
    CHECK(heard->pings == 1 && heard->pongs == 1 && heard->closes == 1);
    CHECK(heard->control_length == control.len && memcmp(heard->control, payload, control.len) == 0);
    CHECK_EQUAL(heard->close_code, 1001);
    CHECK(strcmp(heard->reason, "going") == 0);
    CHECK_EQUAL(state_of(&receiver), IOT_TUNNEL_WEBSOCKET_STATE_CLOSE_RECEIVED);
    free(heard);
    free(frames);
    free(payload);
}

static void every_split(void)
{
    static const size_t lengths[] = { 0, 1, 125, 126, 1000, 65535, 65536, 80000 };
    size_t i;
    iot_tunnel_websocket_role role;
    for (role = 1; role <= 2; role++) {
        for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            both_ends_byte_by_byte(role, lengths[i], lengths[i] <= 1000 ? 1 : 4093);
            both_ends_byte_by_byte(role, lengths[i], 100000);
        }
    }
}

/* A ping is answered with the payload where it lies: in the WebSocket's own storage. A close likewise. */
static void answers_from_where_they_lie(void)
{
    iot_tunnel_websocket client = made(IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT), server = made(IOT_TUNNEL_WEBSOCKET_ROLE_SERVER);
    uint8_t frame[139], answer[139];
    iot_tunnel_websocket_event event;
    iot_tunnel_buffer input = { frame, 0 };
    iot_tunnel_bytes word = { (const uint8_t *)"are you there", 13 };
    size_t length;
    CHECK_OK(iot_tunnel_websocket_write(&server, IOT_TUNNEL_FRAME_PING, word, NULL, frame, sizeof frame, &input.len));
    CHECK_OK(iot_tunnel_websocket_receive(&client, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_FRAME_PING);
    CHECK_OK(iot_tunnel_websocket_write(&client, IOT_TUNNEL_FRAME_PONG, event.payload, draw(), answer, sizeof answer, &length));
    input.ptr = answer;
    input.len = length;
    CHECK_OK(iot_tunnel_websocket_receive(&server, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_FRAME_PONG);
    CHECK(event.payload.len == word.len && memcmp(event.payload.ptr, word.ptr, word.len) == 0);
    CHECK_OK(iot_tunnel_websocket_write_close(&server, 1008, text("tunnel closed"), NULL, frame, sizeof frame, &length));
    input.ptr = frame;
    input.len = length;
    CHECK_OK(iot_tunnel_websocket_receive(&client, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_FRAME_CLOSE);
    CHECK_TEXT(event.close_reason, "tunnel closed");
    CHECK_OK(iot_tunnel_websocket_write_close(&client, event.close_code, event.close_reason, draw(), answer, sizeof answer, &length));
    CHECK_EQUAL(state_of(&client), IOT_TUNNEL_WEBSOCKET_STATE_CLOSED);
    length = 7;
    CHECK_STATUS(iot_tunnel_websocket_write(&client, IOT_TUNNEL_FRAME_BINARY, word, draw(), answer, sizeof answer, &length),
                 MISUSE_SEND_AFTER_CLOSE);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, frame, 3, draw(), answer, &length), MISUSE_SEND_AFTER_CLOSE);
    CHECK_STATUS(iot_tunnel_websocket_mask(&server, frame, 3, NULL, answer, &length), MISUSE_SEND_AFTER_CLOSE);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 0, NO_TEXT, draw(), answer, sizeof answer, &length),
                 MISUSE_SEND_AFTER_CLOSE);
    CHECK_EQUAL(length, 7);
}

static void a_peer_breaks_a_rule(void)
{
    static const struct {
        iot_tunnel_websocket_role role;
        const char *bytes;
        size_t length;
        iot_tunnel_status fault;
        uint16_t close_code;
    } RULES[] = {
        { 1, "\x82\x81\1\2\3\4", 6, IOT_TUNNEL_STATUS_PEER_FAULT_MASKED_FRAME, 1002 },
        { 2, "\x82\x01", 2, IOT_TUNNEL_STATUS_PEER_FAULT_UNMASKED_FRAME, 1002 },
        { 1, "\x81\x01", 2, IOT_TUNNEL_STATUS_PEER_FAULT_TEXT_FRAME, 1003 },
        { 1, "\xf2", 1, IOT_TUNNEL_STATUS_PEER_FAULT_RESERVED_BITS_SET, 1002 },
        { 1, "\x83", 1, IOT_TUNNEL_STATUS_PEER_FAULT_RESERVED_OPCODE, 1002 },
        { 1, "\x09", 1, IOT_TUNNEL_STATUS_PEER_FAULT_FRAGMENTED_CONTROL_FRAME, 1002 },
        { 1, "\x89\x7e", 2, IOT_TUNNEL_STATUS_PEER_FAULT_CONTROL_FRAME_TOO_LONG, 1002 },
        { 1, "\x82\x7e\x00\x7d", 4, IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_LENGTH_NOT_MINIMAL, 1002 },
        { 1, "\x82\x7f\x00\x00\x00\x00\x00\x02\x00\x05", 10, IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_PAYLOAD_TOO_LONG, 1009 },
        { 1, "\x80\x01", 2, IOT_TUNNEL_STATUS_PEER_FAULT_CONTINUATION_WITHOUT_START, 1002 },
        { 1, "\x88\x01\x03", 3, IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_CODE_TRUNCATED, 1002 },
        { 1, "\x88\x02\x03\xed", 4, IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_CODE_NOT_ALLOWED, 1002 },
        { 1, "\x88\x03\x03\xe8\xff", 5, IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_REASON_NOT_UTF8, 1007 },
    };
    size_t i, j;
    for (i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        iot_tunnel_websocket websocket = made(RULES[i].role);
        for (j = 0; j < RULES[i].length; j++) {
            uint8_t byte = (uint8_t)RULES[i].bytes[j];
            iot_tunnel_buffer input = { &byte, 1 };
            iot_tunnel_websocket_event event;
            iot_tunnel_status status = iot_tunnel_websocket_receive(&websocket, &input, &event);
            check_status(status, j + 1 < RULES[i].length ? IOT_TUNNEL_STATUS_OK : RULES[i].fault, "a broken rule", __FILE__, __LINE__);
            if (status != IOT_TUNNEL_STATUS_OK) {
                input.ptr = &byte;
                input.len = 1;
                check_status(iot_tunnel_websocket_receive(&websocket, &input, &event), RULES[i].fault, "the same again", __FILE__,
                             __LINE__);
                CHECK_EQUAL(iot_tunnel_websocket_close_code(status), RULES[i].close_code);
            }
        }
    }
    CHECK_EQUAL(iot_tunnel_websocket_close_code(0), 1002);
    CHECK_EQUAL(iot_tunnel_websocket_close_code(INT32_MAX), 1002);
}

/* What is written, for every size of buffer. Each time by a new sender: a frame counts as sent. */
static int32_t write_ping(const void *given, char *buffer, size_t capacity, size_t *length)
{
    static const uint8_t KEY[4] = { 1, 2, 3, 4 };
    iot_tunnel_websocket websocket = made(IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT);
    return iot_tunnel_websocket_write(&websocket, IOT_TUNNEL_FRAME_PING, *(const iot_tunnel_bytes *)given, KEY, (uint8_t *)buffer,
                                      capacity, length);
}

static int32_t write_close(const void *given, char *buffer, size_t capacity, size_t *length)
{
    iot_tunnel_websocket websocket = made(IOT_TUNNEL_WEBSOCKET_ROLE_SERVER);
    int32_t status = iot_tunnel_websocket_write_close(&websocket, 1000, *(const iot_tunnel_text *)given, NULL, (uint8_t *)buffer,
                                                      capacity, length);
    CHECK_EQUAL(state_of(&websocket), status == 0 ? IOT_TUNNEL_WEBSOCKET_STATE_CLOSE_SENT : IOT_TUNNEL_WEBSOCKET_STATE_OPEN);
    return status;
}

static void every_size_of_buffer(void)
{
    static const iot_tunnel_bytes WORD = { (const uint8_t *)"\0\0\0\0\0", 5 };
    static const iot_tunnel_text BYE = { "bye", 3 };
    check_every_size(write_ping, &WORD, "\x89\x85\1\2\3\4\1\2\3\4\1", 11);
    check_every_size(write_close, &BYE, "\x88\x05\x03\xe8" "bye", 7);
}

static void wrong_calls(void)
{
    static uint8_t long_payload[IOT_TUNNEL_MAX_BINARY_PAYLOAD + 1];
    iot_tunnel_websocket client, server = made(IOT_TUNNEL_WEBSOCKET_ROLE_SERVER), copy;
    iot_tunnel_websocket_state state;
    iot_tunnel_websocket_event event;
    uint8_t bytes[160];
    iot_tunnel_buffer input = { bytes, 2 };
    iot_tunnel_bytes payload = { bytes, 2 }, too_long = { long_payload, sizeof long_payload };
    size_t length;
    memset(bytes, 0, sizeof bytes);
    memset(&client, 0, sizeof client);
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, &input, &event), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, draw(), bytes + 20, 20, &length), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 1000, NO_TEXT, draw(), bytes, 20, &length), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, bytes, 2, draw(), bytes + 20, &length), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_describe(&client, &state), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_init(NULL, sizeof client, 1), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_init(&client, sizeof client + 8, 1), MISUSE_STORAGE_SIZE_MISMATCH);
    CHECK_STATUS(iot_tunnel_websocket_init(&client, sizeof client, 0), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_init(&client, sizeof client, 3), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_describe(&client, &state), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_websocket_wipe(NULL), MISUSE_NULL_POINTER);
    CHECK_OK(iot_tunnel_websocket_wipe(&client));
    client = made(IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT);
    copy = client;
    CHECK_STATUS(iot_tunnel_websocket_receive(NULL, &input, &event), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, NULL, &event), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, &input, NULL), MISUSE_NULL_POINTER);
    input.ptr = NULL;
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, &input, &event), MISUSE_NULL_POINTER);
    input.ptr = (uint8_t *)&client + 8;
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, &input, &event), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_websocket_receive(&client, &input, (iot_tunnel_websocket_event *)(void *)&input),
                 MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, NULL, bytes + 20, 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 0, payload, draw(), bytes + 20, 20, &length), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 4, payload, draw(), bytes + 20, 20, &length), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, -1, payload, draw(), bytes + 20, 20, &length), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, draw(), bytes + 1, 20, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, draw(), NULL, 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, draw(), bytes + 20, 20, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, too_long, draw(), bytes, 20, &length), MISUSE_FRAME_PAYLOAD_TOO_LONG);
    too_long.len = 126;
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 2, too_long, draw(), bytes, 20, &length), MISUSE_CONTROL_PAYLOAD_TOO_LONG);
    payload.ptr = NULL;
    CHECK_STATUS(iot_tunnel_websocket_write(&client, 1, payload, draw(), bytes + 20, 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 1005, NO_TEXT, draw(), bytes, 20, &length), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 0, text("no"), draw(), bytes, 20, &length), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 1000, text("\xff"), draw(), bytes, 20, &length), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 1000, (iot_tunnel_text){ (char *)long_payload, 124 }, draw(), bytes,
                                                  sizeof bytes, &length),
                 MISUSE_CONTROL_PAYLOAD_TOO_LONG);
    CHECK_STATUS(iot_tunnel_websocket_write_close(&client, 1000, NO_TEXT, NULL, bytes, 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, bytes, 2, NULL, bytes + 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, NULL, 2, draw(), bytes + 20, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, bytes, 2, draw(), NULL, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, bytes, 2, draw(), bytes + 1, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_websocket_mask(&client, long_payload, sizeof long_payload, draw(), bytes, &length),
                 MISUSE_FRAME_PAYLOAD_TOO_LONG);
    CHECK_STATUS(iot_tunnel_websocket_describe(&client, NULL), MISUSE_NULL_POINTER);
    CHECK(memcmp(&client, &copy, sizeof client) == 0);
    CHECK_STATUS(iot_tunnel_websocket_mask(&server, long_payload, sizeof long_payload, NULL, bytes, &length),
                 MISUSE_FRAME_PAYLOAD_TOO_LONG);
    CHECK_OK(iot_tunnel_websocket_mask(&client, NULL, 0, draw(), bytes, &length));
    CHECK_EQUAL(length, 6);
    CHECK_OK(iot_tunnel_websocket_write(&client, 1, NO_BYTES, draw(), bytes, 6, &length));
    CHECK_OK(iot_tunnel_websocket_wipe(&client));
    CHECK_OK(iot_tunnel_websocket_wipe(&client));
    CHECK_STATUS(iot_tunnel_websocket_describe(&client, &state), MISUSE_NOT_INITIALISED);
}

int main(void)
{
    every_split();
    answers_from_where_they_lie();
    a_peer_breaks_a_rule();
    every_size_of_buffer();
    wrong_calls();
    return check_report("the ends of a WebSocket understand each other and refuse what is wrong");
}
