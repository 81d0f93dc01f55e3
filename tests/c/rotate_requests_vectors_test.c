/* rotate_requests.json through the header: a request is read as the vectors say, or refused with the API's exception and every
 * member that is wrong; what is read is written and read again; a refusal leaves the body as it was. */
#include "vectors.h"

/* Enough for the vectors; a message lists 1000 violations at most. */
#define MEMBERS 4096

static bool contains(iot_tunnel_text text, const char *part)
{
    size_t at, length = strlen(part);
    for (at = 0; at + length <= text.len; at++) {
        if (memcmp(text.ptr + at, part, length) == 0) {
            return true;
        }
    }
    return false;
}

static const char *exception_of(iot_tunnel_status status)
{
    switch (status) {
    case IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_JSON:
    case IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_JSON:
        return "SerializationException";
    case IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_MEMBER:
        return "ValidationException";
    case IOT_TUNNEL_STATUS_CAPACITY_TOO_MANY_SERVICES:
        return "LimitExceededException";
    default:
        return "none";
    }
}

/* The message of a refused body, in a buffer of the size it needs. The caller frees it. */
static iot_tunnel_text explain(const uint8_t *body, size_t length)
{
    iot_tunnel_text message = { NULL, 0 };
    char *buffer;
    iot_tunnel_rotate_request_explain(body, length, NULL, 0, &message.len);
    message.ptr = buffer = exactly(message.len);
    if (iot_tunnel_rotate_request_explain(body, length, buffer, message.len, &message.len) != IOT_TUNNEL_STATUS_OK) {
        message.len = 0;
    }
    return message;
}

/* Whether the message names each member once and no other. */
static bool names(iot_tunnel_text message, const iot_tunnel_text *members, size_t count)
{
    char part[256];
    size_t i;
    snprintf(part, sizeof part, "%lu validation error%s detected: ", (unsigned long)count, count == 1 ? "" : "s");
    if (count > 0 && !contains(message, part)) {
        return false;
    }
    for (i = 0; i < count; i++) {
        snprintf(part, sizeof part, " at '%.*s' failed to satisfy constraint: ", (int)members[i].len, members[i].ptr);
        if (!contains(message, part)) {
            return false;
        }
    }
    return message.len > 0;
}

static bool is_as_expected(const iot_tunnel_rotate_request *request, vector_lines *lines, iot_tunnel_text id, const char *mode)
{
    /* This takes the fields from the line; the second comparison works on a copy of them. */
    static iot_tunnel_text thing, services[3];
    static size_t count;
    static bool has_config;
    iot_tunnel_client_mode expected = 0;
    size_t i;
    if (lines != NULL) {
        has_config = vectors_is(vectors_word(lines), "config");
        thing = has_config ? vectors_text(lines) : NO_TEXT;
        count = has_config ? vectors_list(lines, services, 3) : 0;
    }
    if (iot_tunnel_client_mode_parse(text(mode), &expected) != IOT_TUNNEL_STATUS_OK || request->client_mode != expected
        || !same_text(request->tunnel_id, id) || request->has_destination_config != has_config
        || !same_text(request->destination_config.thing_name, thing) || request->destination_config.service_count != count) {
        return false;
    }
    for (i = 0; i < count; i++) {
        if (!same_text(request->destination_config.services[i], services[i])) {
            return false;
        }
    }
    return true;
}

/* Writes what was read, and reads it again. */
static bool survives(const iot_tunnel_rotate_request *request, iot_tunnel_text id, const char *mode)
{
    iot_tunnel_rotate_request again;
    size_t length = 0;
    uint8_t *json = exactly(IOT_TUNNEL_MAX_ROTATE_REQUEST);
    bool same = iot_tunnel_rotate_request_write(request, (char *)json, IOT_TUNNEL_MAX_ROTATE_REQUEST, &length) == IOT_TUNNEL_STATUS_OK
        && iot_tunnel_rotate_request_parse(json, length, &again) == IOT_TUNNEL_STATUS_OK && is_as_expected(&again, NULL, id, mode);
    free(json);
    return same;
}

int main(int argc, char **argv)
{
    vector_lines lines = vectors_open(argc, argv, "rotate_requests.txt");
    vector_tally tally = { "rotate_requests.json in C", 0, 0 };
    while (vectors_next(&lines)) {
        iot_tunnel_text body = vectors_text(&lines), why = vectors_text(&lines);
        bool ok = vectors_is(vectors_word(&lines), "ok");
        uint8_t *memory = copy_of(body.ptr, body.len);
        iot_tunnel_rotate_request request;
        iot_tunnel_text message = explain(memory, body.len);
        iot_tunnel_status status = iot_tunnel_rotate_request_parse(memory, body.len, &request);
        bool passed;
        if (ok) {
            iot_tunnel_text id = vectors_text(&lines);
            const char *mode = vectors_word(&lines);
            passed = status == IOT_TUNNEL_STATUS_OK && message.len == 0 && is_as_expected(&request, &lines, id, mode)
                && survives(&request, id, mode);
        } else {
            static iot_tunnel_text members[MEMBERS];
            const char *exception = vectors_word(&lines);
            size_t count = vectors_list(&lines, members, MEMBERS);
            passed = count <= MEMBERS && vectors_is(exception_of(status), exception) && names(message, members, count)
                && (body.len == 0 || memcmp(memory, body.ptr, body.len) == 0);
        }
        vectors_count(&tally, passed, &lines, why);
        free((char *)(uintptr_t)message.ptr);
        free(memory);
    }
    return vectors_report(&tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}
