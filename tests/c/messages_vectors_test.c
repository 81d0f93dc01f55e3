/* messages.json through the header: a message is read or refused as Google's protobuf does it, and written byte for byte the
 * same. */
#include "vectors.h"

static vector_tally tallies[] = {
    { "messages.json canonical in C", 0, 0 },
    { "messages.json accepted in C", 0, 0 },
    { "messages.json refused in C", 0, 0 },
};

static bool same_bytes(iot_tunnel_bytes bytes, iot_tunnel_text expected)
{
    return bytes.len == expected.len && (bytes.len == 0 || memcmp(bytes.ptr, expected.ptr, bytes.len) == 0);
}

/* The fields of a message, as the line goes on. */
static bool has_fields(const iot_tunnel_message *message, vector_lines *lines)
{
    iot_tunnel_text payload, ids[8];
    bool same = message->kind == vectors_number(lines);
    size_t i, count;
    same &= message->stream_id == vectors_number(lines);
    same &= message->ignorable == (vectors_number(lines) != 0);
    payload = vectors_text(lines);
    same &= same_bytes(message->payload, payload);
    same &= same_text(message->service_id, vectors_text(lines));
    same &= message->connection_id == vectors_number(lines);
    count = vectors_list(lines, ids, 8);
    same &= count == message->available_service_id_count;
    for (i = 0; same && i < count; i++) {
        same = same_text(message->available_service_ids[i], ids[i]);
    }
    return same;
}

/* Encoding gives these bytes, in a buffer of exactly their size; in one that is a byte shorter it gives their number. */
static bool is_written(const iot_tunnel_message *message, iot_tunnel_bytes expected)
{
    uint8_t *buffer = exactly(expected.len), *frame = exactly(expected.len + 2);
    size_t length = SIZE_MAX, short_length = SIZE_MAX;
    bool written = iot_tunnel_message_encode(message, buffer, expected.len, &length) == IOT_TUNNEL_STATUS_OK &&
                   length == expected.len && memcmp(buffer, expected.ptr, length) == 0;
    if (expected.len > 0) {
        written &= iot_tunnel_message_encode(message, buffer, expected.len - 1, &short_length) ==
                       IOT_TUNNEL_STATUS_CAPACITY_BUFFER_TOO_SMALL &&
                   short_length == expected.len;
        written &= iot_tunnel_message_encode_frame(message, frame, expected.len + 2, &length) == IOT_TUNNEL_STATUS_OK &&
                   length == expected.len + 2 && (size_t)(frame[0] << 8 | frame[1]) == expected.len &&
                   memcmp(frame + 2, expected.ptr, expected.len) == 0;
    } else {
        written &= iot_tunnel_message_encode_frame(message, frame, 2, &length) == IOT_TUNNEL_STATUS_MISUSE_EMPTY_MESSAGE;
    }
    free(buffer);
    free(frame);
    return written;
}

/* Whatever was decoded is decoded again from what is encoded of it. */
static bool comes_back(const iot_tunnel_message *message)
{
    static uint8_t buffer[IOT_TUNNEL_MAX_MESSAGE];
    iot_tunnel_bytes bytes = { buffer, 0 };
    iot_tunnel_message again;
    return iot_tunnel_message_encode(message, buffer, sizeof buffer, &bytes.len) == IOT_TUNNEL_STATUS_OK &&
           iot_tunnel_message_decode(bytes, &again) == IOT_TUNNEL_STATUS_OK && again.kind == message->kind &&
           again.stream_id == message->stream_id && again.payload.len == message->payload.len &&
           again.connection_id == message->connection_id && is_written(&again, bytes);
}

int main(int argc, char **argv)
{
    vector_lines lines = vectors_open(argc, argv, "messages.txt");
    bool all = true;
    size_t i;
    while (vectors_next(&lines)) {
        const char *kind = vectors_word(&lines);
        iot_tunnel_text given = vectors_text(&lines), why = vectors_text(&lines);
        uint8_t *memory = copy_of(given.ptr, given.len);
        iot_tunnel_bytes bytes = { memory, given.len };
        iot_tunnel_message message;
        iot_tunnel_status status;
        bool passed;
        memset(&message, 0x5A, sizeof message);
        status = iot_tunnel_message_decode(bytes, &message);
        if (vectors_is(kind, "canonical")) {
            i = 0;
            passed = status == IOT_TUNNEL_STATUS_OK && has_fields(&message, &lines) && is_written(&message, bytes);
        } else if (vectors_is(kind, "accepted")) {
            i = 1;
            passed = status == IOT_TUNNEL_STATUS_OK && has_fields(&message, &lines) && comes_back(&message);
        } else if (vectors_is(kind, "refused")) {
            iot_tunnel_message untouched;
            memset(&untouched, 0x5A, sizeof untouched);
            i = 2;
            passed = status == IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_MESSAGE &&
                     memcmp(&message, &untouched, sizeof message) == 0;
        } else {
            vectors_give_up("a kind of message that this program does not know:", kind);
            return EXIT_FAILURE;
        }
        vectors_count(&tallies[i], passed, &lines, why);
        free(memory);
    }
    for (i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        all &= vectors_report(&tallies[i]);
    }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
