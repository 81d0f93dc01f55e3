/* The messages in JSON: read in place and only when they are right, written whole or not at all, explained without a secret. */
#include "check.h"

static iot_tunnel_rotate_request full_request(void)
{
    iot_tunnel_rotate_request request = { text("t-1"), IOT_TUNNEL_CLIENT_MODE_ALL, true, { text("pump-7"), { { NULL, 0 } }, 2 } };
    request.destination_config.services[0] = text("SSH");
    request.destination_config.services[1] = text("HTTP");
    return request;
}

static iot_tunnel_rotate_response full_response(void)
{
    iot_tunnel_rotate_response response = { text("arn:aws:iot:r:1:tunnel/t"), text("S\"1"), text("D\\2") };
    return response;
}

static iot_tunnel_notification full_notification(void)
{
    iot_tunnel_notification notification = { text("T\"1"), IOT_TUNNEL_SIDE_DESTINATION, text("eu-west-1"), { { NULL, 0 } }, 1 };
    notification.services[0] = text("SSH");
    return notification;
}

static int32_t write_request(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_rotate_request_write(given, buffer, capacity, length);
}

static int32_t write_response(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_rotate_response_write(given, buffer, capacity, length);
}

static int32_t write_notification(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_notification_write(given, buffer, capacity, length);
}

static const char REQUEST[] =
    "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"thingName\":\"pump-7\",\"services\":[\"SSH\",\"HTTP\"]}}";
static const char RESPONSE[] =
    "{\"tunnelArn\":\"arn:aws:iot:r:1:tunnel/t\",\"sourceAccessToken\":\"S\\\"1\",\"destinationAccessToken\":\"D\\\\2\"}";
static const char NOTIFICATION[] =
    "{\"clientAccessToken\":\"T\\\"1\",\"clientMode\":\"destination\",\"region\":\"eu-west-1\",\"services\":[\"SSH\"]}";

static void messages_are_written_at_every_size(void)
{
    const iot_tunnel_rotate_request request = full_request();
    const iot_tunnel_rotate_response response = full_response();
    const iot_tunnel_notification notification = full_notification();
    check_every_size(write_request, &request, REQUEST, sizeof REQUEST - 1);
    check_every_size(write_response, &response, RESPONSE, sizeof RESPONSE - 1);
    check_every_size(write_notification, &notification, NOTIFICATION, sizeof NOTIFICATION - 1);
}

static void what_is_absent_is_left_out(void)
{
    iot_tunnel_rotate_request request = full_request();
    iot_tunnel_rotate_response response = full_response();
    iot_tunnel_notification notification = full_notification();
    const char *expected = "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\",\"destinationConfig\":{\"services\":[\"SSH\",\"HTTP\"]}}";
    request.destination_config.thing_name = NO_TEXT;
    check_every_size(write_request, &request, expected, strlen(expected));
    request.has_destination_config = false;
    request.destination_config.service_count = 99;
    expected = "{\"tunnelId\":\"t-1\",\"clientMode\":\"ALL\"}";
    check_every_size(write_request, &request, expected, strlen(expected));
    response.source_access_token = response.destination_access_token = NO_TEXT;
    expected = "{\"tunnelArn\":\"arn:aws:iot:r:1:tunnel/t\"}";
    check_every_size(write_response, &response, expected, strlen(expected));
    notification.service_count = 0;
    expected = "{\"clientAccessToken\":\"T\\\"1\",\"clientMode\":\"destination\",\"region\":\"eu-west-1\"}";
    check_every_size(write_notification, &notification, expected, strlen(expected));
}

static void the_room_that_the_header_names_is_enough(void)
{
    char name[128], token[IOT_TUNNEL_MAX_ISSUED], region[32], buffer[1000];
    const iot_tunnel_text longest = { name, sizeof name };
    const iot_tunnel_rotate_request request
        = { longest, IOT_TUNNEL_CLIENT_MODE_DESTINATION, true, { longest, { longest, longest, longest }, 3 } };
    const iot_tunnel_notification notification
        = { { token, sizeof token }, IOT_TUNNEL_SIDE_DESTINATION, { region, sizeof region }, { longest, longest, longest }, 3 };
    size_t length;
    memset(name, 'n', sizeof name);
    memset(token, 't', sizeof token);
    memset(region, 'r', sizeof region);
    CHECK_OK(iot_tunnel_rotate_request_write(&request, buffer, sizeof buffer, &length));
    CHECK_EQUAL(length, IOT_TUNNEL_MAX_ROTATE_REQUEST);
    CHECK_OK(iot_tunnel_notification_write(&notification, buffer, sizeof buffer, &length));
    CHECK_EQUAL(length, IOT_TUNNEL_MAX_NOTIFICATION);
    {
        const iot_tunnel_text account = text("123456789012");
        CHECK_OK(iot_tunnel_tunnel_arn_write(notification.region, account, longest, buffer, 256, &length));
    }
}

static void escapes_are_decoded_where_they_stand(void)
{
    static const char json[] = "{\"client\\u0041ccessToken\":\"\\u0054\\/2\",\"clientMode\":\"\\u0073ource\",\"region\":\"\\u0072\","
                               "\"services\":[\"S\\u0053H\",\"b\"],\"more\":[{}]}";
    uint8_t *payload = copy_of(json, sizeof json - 1);
    iot_tunnel_notification read;
    const char *first = (const char *)payload, *last = first + sizeof json - 1;
    CHECK_OK(iot_tunnel_notification_parse(payload, sizeof json - 1, &read));
    CHECK_TEXT(read.client_access_token, "T/2");
    CHECK_EQUAL(read.client_mode, IOT_TUNNEL_SIDE_SOURCE);
    CHECK_TEXT(read.region, "r");
    CHECK_EQUAL(read.service_count, 2);
    CHECK_TEXT(read.services[0], "SSH");
    CHECK_TEXT(read.services[1], "b");
    CHECK_EQUAL(read.services[2].len, 0);
    CHECK(first <= read.client_access_token.ptr && read.client_access_token.ptr < last);
    free(payload);
}

static void what_was_written_is_read(void)
{
    uint8_t *body = copy_of(RESPONSE, sizeof RESPONSE - 1);
    iot_tunnel_rotate_response response;
    iot_tunnel_rotate_request request;
    CHECK_OK(iot_tunnel_rotate_response_parse(body, sizeof RESPONSE - 1, &response));
    CHECK_TEXT(response.tunnel_arn, "arn:aws:iot:r:1:tunnel/t");
    CHECK_TEXT(response.source_access_token, "S\"1");
    CHECK_TEXT(response.destination_access_token, "D\\2");
    free(body);
    body = copy_of(REQUEST, sizeof REQUEST - 1);
    CHECK_OK(iot_tunnel_rotate_request_parse(body, sizeof REQUEST - 1, &request));
    CHECK_TEXT(request.tunnel_id, "t-1");
    CHECK_EQUAL(request.client_mode, IOT_TUNNEL_CLIENT_MODE_ALL);
    CHECK(request.has_destination_config);
    CHECK_TEXT(request.destination_config.thing_name, "pump-7");
    CHECK_EQUAL(request.destination_config.service_count, 2);
    CHECK_TEXT(request.destination_config.services[1], "HTTP");
    free(body);
    body = copy_of("{\"tunnelArn\":\"arn\"}", 19);
    CHECK_OK(iot_tunnel_rotate_response_parse(body, 19, &response));
    CHECK_EQUAL(response.source_access_token.len, 0);
    CHECK_EQUAL(response.destination_access_token.len, 0);
    free(body);
}

/* A message cut at any place is refused and stays as it was, and so does the result. */
static void a_refusal_changes_nothing(void)
{
    static const char *const messages[] = { REQUEST, RESPONSE, NOTIFICATION };
    union {
        iot_tunnel_rotate_request request;
        iot_tunnel_rotate_response response;
        iot_tunnel_notification notification;
        uint8_t bytes[256];
    } result, before;
    size_t i, length;
    memset(&before, 0x5A, sizeof before);
    for (i = 0; i < 3; i++) {
        for (length = 0; length < strlen(messages[i]); length++) {
            uint8_t *body = copy_of(messages[i], length);
            iot_tunnel_status status;
            result = before;
            status = i == 0 ? iot_tunnel_rotate_request_parse(body, length, &result.request)
                : i == 1    ? iot_tunnel_rotate_response_parse(body, length, &result.response)
                            : iot_tunnel_notification_parse(body, length, &result.notification);
            CHECK_STATUS(status, PEER_FAULT_MALFORMED_JSON);
            CHECK(memcmp(&result, &before, sizeof result) == 0);
            CHECK(length == 0 || memcmp(body, messages[i], length) == 0);
            free(body);
        }
    }
}

static void each_fault_has_its_status(void)
{
    static const struct {
        const char *json;
        iot_tunnel_status status;
    } faults[] = {
        { "{\"clientAccessToken\":\"secret\",\"clientMode\":\"destination\",\"region\":\"r\"", IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_JSON },
        { "[\"secret\"]", IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_JSON },
        { "{\"clientAccessToken\":[\"secret\"]}", IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_JSON },
        { "{\"clientAccessToken\":\"secret\",\"clientMode\":\"secret\",\"region\":\"r\"}", IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_MEMBER },
        { "{\"clientAccessToken\":\"sec ret\",\"clientMode\":\"source\",\"region\":\"r\"}", IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_MEMBER },
        { "{\"clientAccessToken\":\"secret\",\"clientMode\":\"source\",\"region\":\"secret!\"}", IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_MEMBER },
    };
    size_t i, at, length;
    for (i = 0; i < sizeof faults / sizeof *faults; i++) {
        uint8_t *payload = copy_of(faults[i].json, strlen(faults[i].json));
        iot_tunnel_notification read;
        char message[512];
        CHECK_EQUAL(iot_tunnel_notification_parse(payload, strlen(faults[i].json), &read), faults[i].status);
        CHECK_OK(iot_tunnel_notification_explain(payload, strlen(faults[i].json), message, sizeof message, &length));
        CHECK(length > 10);
        for (at = 0; at + 3 <= length; at++) {
            CHECK(memcmp(message + at, "sec", 3) != 0);
        }
        free(payload);
    }
}

static void a_token_too_long_has_its_status(void)
{
    char *json = exactly(3200);
    uint8_t *payload;
    iot_tunnel_notification read;
    iot_tunnel_text token = { json + 22, 3073 };
    int length;
    memset(json, 't', 3200);
    memcpy(json, "{\"clientAccessToken\":\"", 22);
    length = 22 + 3073 + sprintf(json + 22 + 3073, "\",\"clientMode\":\"source\",\"region\":\"r\"}");
    payload = copy_of(json, (size_t)length);
    CHECK_STATUS(iot_tunnel_notification_parse(payload, (size_t)length, &read), CAPACITY_ACCESS_TOKEN_TOO_LONG);
    read = full_notification();
    read.client_access_token = token;
    {
        char buffer[4000];
        size_t needed = 77;
        CHECK_STATUS(iot_tunnel_notification_write(&read, buffer, sizeof buffer, &needed), CAPACITY_ACCESS_TOKEN_TOO_LONG);
        read.client_access_token.len--;
        CHECK_OK(iot_tunnel_notification_write(&read, buffer, sizeof buffer, &needed));
    }
    free(payload);
    free(json);
}

typedef struct {
    const char *body;
    iot_tunnel_status (*explain)(const uint8_t *, size_t, char *, size_t, size_t *);
} explained;

static int32_t write_explanation(const void *given, char *buffer, size_t capacity, size_t *length)
{
    const explained *message = given;
    return message->explain((const uint8_t *)message->body, strlen(message->body), buffer, capacity, length);
}

static void an_explanation_says_everything_at_every_size(void)
{
    const explained request = { "{\"clientMode\":\"source\"}", iot_tunnel_rotate_request_explain },
                    response = { "{\"sourceAccessToken\":\"secret\"}", iot_tunnel_rotate_response_explain },
                    notification = { "[]", iot_tunnel_notification_explain }, fine = { REQUEST, iot_tunnel_rotate_request_explain };
    const char *both = "2 validation errors detected: Value 'source' at 'clientMode' failed to satisfy constraint: Member must "
                       "satisfy enum value set: [SOURCE, DESTINATION, ALL]; Value at 'tunnelId' failed to satisfy constraint: Member "
                       "must not be null";
    const char *arn = "Value at 'tunnelArn' failed to satisfy constraint: Member must not be null";
    const char *object = "the body must be a JSON object";
    size_t length = 77;
    check_every_size(write_explanation, &request, both, strlen(both));
    check_every_size(write_explanation, &response, arn, strlen(arn));
    check_every_size(write_explanation, &notification, object, strlen(object));
    CHECK_OK(write_explanation(&fine, NULL, 0, &length));
    CHECK_EQUAL(length, 0);
}

static void what_is_wrong_is_not_written(void)
{
    char buffer[999];
    size_t length = 77;
    iot_tunnel_rotate_request request = full_request();
    iot_tunnel_rotate_response response = full_response();
    iot_tunnel_notification notification = full_notification();
    const iot_tunnel_text nowhere = { NULL, 1 }, broken = { "\xff", 1 };
#define REQUEST_IS(status) CHECK_STATUS(iot_tunnel_rotate_request_write(&request, buffer, sizeof buffer, &length), status); request = full_request()
#define RESPONSE_IS(status) CHECK_STATUS(iot_tunnel_rotate_response_write(&response, buffer, sizeof buffer, &length), status); response = full_response()
#define NOTIFICATION_IS(status) CHECK_STATUS(iot_tunnel_notification_write(&notification, buffer, sizeof buffer, &length), status); notification = full_notification()
    request.tunnel_id = NO_TEXT; REQUEST_IS(MISUSE_INVALID_TUNNEL_ID);
    request.tunnel_id = nowhere; REQUEST_IS(MISUSE_NULL_POINTER);
    request.tunnel_id = broken; REQUEST_IS(MISUSE_NOT_UTF8);
    request.client_mode = 0; REQUEST_IS(MISUSE_UNKNOWN_ENUM_VALUE);
    request.client_mode = 4; REQUEST_IS(MISUSE_UNKNOWN_ENUM_VALUE);
    request.client_mode = IOT_TUNNEL_CLIENT_MODE_SOURCE; REQUEST_IS(MISUSE_DESTINATION_CONFIG_WITH_SOURCE);
    request.destination_config.service_count = 0; REQUEST_IS(MISUSE_NO_SERVICES);
    request.destination_config.service_count = 4; REQUEST_IS(CAPACITY_TOO_MANY_SERVICES);
    request.destination_config.service_count = UINT32_MAX; REQUEST_IS(CAPACITY_TOO_MANY_SERVICES);
    request.destination_config.service_count = 3; REQUEST_IS(MISUSE_INVALID_SERVICE_ID);
    request.destination_config.thing_name = text("a b"); REQUEST_IS(MISUSE_INVALID_THING_NAME);
    request.destination_config.services[1] = broken; REQUEST_IS(MISUSE_NOT_UTF8);
    request.destination_config.services[1] = nowhere; REQUEST_IS(MISUSE_NULL_POINTER);
    response.tunnel_arn = NO_TEXT; RESPONSE_IS(MISUSE_INVALID_TUNNEL_ARN);
    response.source_access_token = text(" "); RESPONSE_IS(MISUSE_INVALID_ACCESS_TOKEN);
    response.destination_access_token = text("\xc3\xa9"); RESPONSE_IS(MISUSE_INVALID_ACCESS_TOKEN);
    response.destination_access_token = nowhere; RESPONSE_IS(MISUSE_NULL_POINTER);
    notification.client_access_token = NO_TEXT; NOTIFICATION_IS(MISUSE_INVALID_ACCESS_TOKEN);
    notification.client_mode = 3; NOTIFICATION_IS(MISUSE_UNKNOWN_ENUM_VALUE);
    notification.region = text("R"); NOTIFICATION_IS(MISUSE_INVALID_REGION);
    notification.service_count = 2; NOTIFICATION_IS(MISUSE_INVALID_SERVICE_ID);
    notification.service_count = 4; NOTIFICATION_IS(CAPACITY_TOO_MANY_SERVICES);
    CHECK_EQUAL(length, 77);
}

static void null_is_refused(void)
{
    uint8_t body[2] = { '{', '}' };
    char buffer[8];
    size_t length = 77;
    iot_tunnel_rotate_request request;
    iot_tunnel_rotate_response response;
    iot_tunnel_notification notification;
    CHECK_STATUS(iot_tunnel_rotate_request_parse(NULL, 2, &request), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_response_parse(NULL, 2, &response), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_notification_parse(NULL, 2, &notification), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_request_parse(body, 2, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_response_parse(body, 2, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_notification_parse(body, 2, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_request_write(NULL, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_response_write(NULL, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_notification_write(NULL, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_request_explain(NULL, 1, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_rotate_response_explain(NULL, 1, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_notification_explain(NULL, 1, buffer, 8, &length), MISUSE_NULL_POINTER);
    CHECK_EQUAL(length, 77);
    /* No bytes may be NULL: they are no JSON. */
    CHECK_STATUS(iot_tunnel_notification_parse(NULL, 0, &notification), PEER_FAULT_MALFORMED_JSON);
}

static void overlapping_memory_is_refused(void)
{
    union {
        iot_tunnel_rotate_request request;
        iot_tunnel_rotate_response response;
        iot_tunnel_notification notification;
        char bytes[512];
    } memory;
    size_t length = 77;
    memset(&memory, ' ', sizeof memory);
    CHECK_STATUS(iot_tunnel_rotate_request_parse((uint8_t *)memory.bytes, 1, &memory.request), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_rotate_response_parse((uint8_t *)memory.bytes, 512, &memory.response), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_notification_parse((uint8_t *)memory.bytes + 8, 8, &memory.notification), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_rotate_request_explain((uint8_t *)memory.bytes, 9, memory.bytes + 8, 9, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_rotate_response_explain((uint8_t *)memory.bytes, 9, memory.bytes + 8, 9, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_notification_explain((uint8_t *)memory.bytes, 9, memory.bytes + 8, 9, &length), MISUSE_OVERLAPPING_MEMORY);
    memory.request = full_request();
    CHECK_STATUS(iot_tunnel_rotate_request_write(&memory.request, memory.bytes, 9, &length), MISUSE_OVERLAPPING_MEMORY);
    memory.request.destination_config.services[1].ptr = memory.bytes + 400;
    CHECK_STATUS(iot_tunnel_rotate_request_write(&memory.request, memory.bytes + 300, 101, &length), MISUSE_OVERLAPPING_MEMORY);
    memory.response = full_response();
    memory.response.source_access_token.ptr = memory.bytes + 400;
    CHECK_STATUS(iot_tunnel_rotate_response_write(&memory.response, memory.bytes + 300, 200, &length), MISUSE_OVERLAPPING_MEMORY);
    memory.notification = full_notification();
    memory.notification.region.ptr = memory.bytes + 400;
    CHECK_STATUS(iot_tunnel_notification_write(&memory.notification, memory.bytes + 300, 200, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(length, 77);
}

int main(void)
{
    messages_are_written_at_every_size();
    what_is_absent_is_left_out();
    the_room_that_the_header_names_is_enough();
    escapes_are_decoded_where_they_stand();
    what_was_written_is_read();
    a_refusal_changes_nothing();
    each_fault_has_its_status();
    a_token_too_long_has_its_status();
    an_explanation_says_everything_at_every_size();
    what_is_wrong_is_not_written();
    null_is_refused();
    overlapping_memory_is_refused();
    return check_report("messages in JSON");
}
