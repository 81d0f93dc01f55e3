/* Messages and frames: what cannot be sent is refused with a reason, a stream is cut however it comes, and nothing is written
 * past an end. */
#include "check.h"
#include "known.h"

static iot_tunnel_bytes bytes_of(const void *bytes, size_t length)
{
    iot_tunnel_bytes made = { bytes, length };
    return made;
}

static iot_tunnel_message start(void)
{
    iot_tunnel_message message;
    memset(&message, 0, sizeof message);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_STREAM_START;
    message.stream_id = 1;
    message.service_id = text("SSH");
    message.connection_id = 1;
    return message;
}

static int32_t write_message(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_message_encode(given, (uint8_t *)buffer, capacity, length);
}

static int32_t write_frame(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_message_encode_frame(given, (uint8_t *)buffer, capacity, length);
}

static void every_size_of_buffer(void)
{
    static const char BYTES[] = "\x00\x0b\x08\x02\x10\x01\x2a\x03SSH\x38\x01";
    iot_tunnel_message message = start();
    check_every_size(write_message, &message, BYTES + 2, 11);
    check_every_size(write_frame, &message, BYTES, 13);
}

static void what_cannot_be_encoded(void)
{
    static uint8_t long_payload[70000];
    iot_tunnel_message message = start();
    uint8_t buffer[64];
    size_t length = 7;
    CHECK_STATUS(iot_tunnel_message_encode(NULL, buffer, sizeof buffer, &length), MISUSE_NULL_POINTER);
    message.payload = bytes_of(NULL, 3);
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), MISUSE_NULL_POINTER);
    message.payload = bytes_of(long_payload, 64513);
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), MISUSE_PAYLOAD_TOO_LONG);
    message = start();
    message.service_id = (iot_tunnel_text){ (const char *)long_payload, 65535 };
    CHECK_STATUS(iot_tunnel_message_encode_frame(&message, buffer, sizeof buffer, &length), MISUSE_MESSAGE_TOO_LONG);
    CHECK_EQUAL(length, 7);
    message.service_id = text("\xff");
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), MISUSE_NOT_UTF8);
    message = start();
    message.available_service_id_count = 9;
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), CAPACITY_TOO_MANY_SERVICES);
    message.available_service_id_count = 8;
    CHECK_OK(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length));
    message.available_service_ids[7] = text("\xc3");
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), MISUSE_NOT_UTF8);
    message = start();
    message.payload = bytes_of(buffer, 2);
    CHECK_STATUS(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_message_encode(&message, (uint8_t *)&message, sizeof message, &length), MISUSE_OVERLAPPING_MEMORY);
    memset(&message, 0, sizeof message);
    CHECK_OK(iot_tunnel_message_encode(&message, buffer, sizeof buffer, &length));
    CHECK_EQUAL(length, 0);
    length = 7;
    CHECK_STATUS(iot_tunnel_message_encode_frame(&message, buffer, sizeof buffer, &length), MISUSE_EMPTY_MESSAGE);
    CHECK_EQUAL(length, 7);
}

static void what_cannot_be_decoded(void)
{
    /* Nine available service ids of no character. */
    static const uint8_t nine[] = { 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0, 0x32, 0 };
    iot_tunnel_message message;
    CHECK_STATUS(iot_tunnel_message_decode(bytes_of(NULL, 1), &message), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_message_decode(bytes_of(nine, 2), NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_message_decode(bytes_of(nine, 1), &message), PEER_FAULT_MALFORMED_MESSAGE);
    CHECK_STATUS(iot_tunnel_message_decode(bytes_of(nine, sizeof nine), &message), CAPACITY_TOO_MANY_SERVICES);
    CHECK_STATUS(iot_tunnel_message_decode(bytes_of(&message, 2), &message), MISUSE_OVERLAPPING_MEMORY);
    CHECK_OK(iot_tunnel_message_decode(bytes_of(NULL, 0), &message));
    CHECK_EQUAL(message.kind, 0);
    CHECK_OK(iot_tunnel_message_decode(bytes_of(nine, sizeof nine - 2), &message));
    CHECK_EQUAL(message.available_service_id_count, 8);
}

static void who_may_say_what(void)
{
    iot_tunnel_message message = start();
    bool skip = true;
    iot_tunnel_origin origin;
    for (origin = IOT_TUNNEL_ORIGIN_SOURCE; origin <= IOT_TUNNEL_ORIGIN_SERVICE_TO_DESTINATION; origin++) {
        bool allowed = origin == IOT_TUNNEL_ORIGIN_SOURCE || origin == IOT_TUNNEL_ORIGIN_SERVICE_TO_DESTINATION;
        int32_t status = iot_tunnel_message_check(&message, origin, &skip);
        check_status(status, allowed ? IOT_TUNNEL_STATUS_OK : IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_MESSAGE, "STREAM_START",
                     __FILE__, __LINE__);
    }
    CHECK(!skip);
    message.stream_id = 0;
    CHECK_STATUS(iot_tunnel_message_check(&message, IOT_TUNNEL_ORIGIN_SOURCE, &skip), PEER_FAULT_STREAM_ID_MISSING);
    message.kind = 99;
    CHECK_STATUS(iot_tunnel_message_check(&message, IOT_TUNNEL_ORIGIN_SOURCE, &skip), PEER_FAULT_UNKNOWN_MESSAGE_TYPE);
    message.ignorable = true;
    CHECK_OK(iot_tunnel_message_check(&message, IOT_TUNNEL_ORIGIN_SOURCE, &skip));
    CHECK(skip);
    CHECK_STATUS(iot_tunnel_message_check(&message, 0, &skip), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_message_check(&message, 5, &skip), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_message_check(NULL, 1, &skip), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_message_check(&message, 1, NULL), MISUSE_NULL_POINTER);
}

static void a_stream_is_cut_however_it_comes(void)
{
    static const uint8_t STREAM[] = "\0\3abc\0\1d\0\5efghi";
    static const char *const MESSAGES[] = { "abc", "d", "efghi" };
    size_t cut, room;
    for (cut = 1; cut <= sizeof STREAM - 1; cut++) {
        for (room = 5; room <= 6; room++) {
            uint8_t *buffer = exactly(room);
            iot_tunnel_deframer deframer;
            size_t at, seen = 0;
            CHECK_OK(iot_tunnel_deframer_init(&deframer, sizeof deframer, buffer, room));
            for (at = 0; at < sizeof STREAM - 1; at += cut) {
                size_t length = sizeof STREAM - 1 - at < cut ? sizeof STREAM - 1 - at : cut;
                uint8_t *part = copy_of(STREAM + at, length);
                iot_tunnel_bytes input = { part, length }, message;
                for (;;) {
                    CHECK_OK(iot_tunnel_deframer_next(&deframer, &input, &message));
                    if (message.len == 0) {
                        break;
                    }
                    CHECK(seen < 3 && message.len == strlen(MESSAGES[seen]) && memcmp(message.ptr, MESSAGES[seen], message.len) == 0);
                    seen++;
                }
                CHECK(input.ptr == part + length && input.len == 0);
                free(part);
            }
            CHECK_EQUAL(seen, 3);
            CHECK_OK(iot_tunnel_deframer_wipe(&deframer));
            CHECK_OK(iot_tunnel_deframer_wipe(&deframer));
            free(buffer);
        }
    }
}

static void a_deframer_is_used_wrongly(void)
{
    iot_tunnel_deframer deframer;
    uint8_t buffer[4], copy[sizeof deframer];
    iot_tunnel_bytes input = bytes_of("\0\5abcde\0\1x", 10), message = bytes_of(buffer, 1), given = input;
    memset(&deframer, 0, sizeof deframer);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &input, &message), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_deframer_clear(&deframer), MISUSE_NOT_INITIALISED);
    CHECK_STATUS(iot_tunnel_deframer_wipe(NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_clear(NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_init(NULL, sizeof deframer, buffer, sizeof buffer), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_init(&deframer, sizeof deframer - 8, buffer, sizeof buffer), MISUSE_STORAGE_SIZE_MISMATCH);
    /* What is smaller ends earlier, and there may be a buffer then. */
    CHECK_STATUS(iot_tunnel_deframer_init(&deframer, sizeof deframer - 8, (uint8_t *)&deframer + sizeof deframer - 8, 8),
                 MISUSE_STORAGE_SIZE_MISMATCH);
    CHECK_STATUS(iot_tunnel_deframer_init(&deframer, sizeof deframer, NULL, 1), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_init(&deframer, sizeof deframer, (uint8_t *)&deframer + 8, 8), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_deframer_clear(&deframer), MISUSE_NOT_INITIALISED);
    CHECK_OK(iot_tunnel_deframer_init(&deframer, sizeof deframer, buffer, sizeof buffer));
    known(&deframer, sizeof deframer);
    memcpy(copy, &deframer, sizeof copy);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, NULL, &message), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &input, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &input, &input), MISUSE_OVERLAPPING_MEMORY);
    given = bytes_of(NULL, 2);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &given, &message), MISUSE_NULL_POINTER);
    given = bytes_of(buffer + 3, 1);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &given, &message), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &input, &message), CAPACITY_BUFFER_TOO_SMALL);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &input, &message), CAPACITY_BUFFER_TOO_SMALL);
    CHECK(input.len == 10 && message.ptr == buffer && memcmp(copy, &deframer, sizeof copy) == 0);
    given = bytes_of("\0\0", 2);
    CHECK_STATUS(iot_tunnel_deframer_next(&deframer, &given, &message), PEER_FAULT_EMPTY_FRAME);
    given = bytes_of("\0\4ab", 4);
    CHECK_OK(iot_tunnel_deframer_next(&deframer, &given, &message));
    CHECK_OK(iot_tunnel_deframer_clear(&deframer));
    given = bytes_of("\0\2xy", 4);
    CHECK_OK(iot_tunnel_deframer_next(&deframer, &given, &message));
    CHECK(message.len == 2 && memcmp(message.ptr, "xy", 2) == 0);
}

int main(void)
{
    every_size_of_buffer();
    what_cannot_be_encoded();
    what_cannot_be_decoded();
    who_may_say_what();
    a_stream_is_cut_however_it_comes();
    a_deframer_is_used_wrongly();
    return check_report("messages and frames are judged, cut and written");
}
