/* Names: each is checked by its rule, with the place of the first fault; ARNs and client tokens are written whole or not at all. */
#include "check.h"

typedef iot_tunnel_status (*checker)(iot_tunnel_text text, size_t *position);

static const struct {
    checker check;
    iot_tunnel_status wrong;
    size_t longest;
    char fault; /* a visible character that the rule does not allow; 0: there is none */
} rules[] = {
    { iot_tunnel_tunnel_id_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_TUNNEL_ID, 128, '/' },
    { iot_tunnel_thing_name_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_THING_NAME, 128, '+' },
    { iot_tunnel_service_id_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_SERVICE_ID, 128, '=' },
    { iot_tunnel_region_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_REGION, 32, 'A' },
    { iot_tunnel_tunnel_arn_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_TUNNEL_ARN, 1600, 0 },
    { iot_tunnel_client_token_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_CLIENT_TOKEN, 128, '_' },
};
#define RULES (sizeof rules / sizeof *rules)

static void a_fault_has_a_place(void)
{
    size_t i, position;
    for (i = 0; i < RULES; i++) {
        size_t longest = rules[i].longest;
        char *memory = exactly(longest + 1);
        iot_tunnel_text name = { memory, longest };
        memset(memory, 'a', longest + 1);

        position = 77;
        CHECK_OK(rules[i].check(name, &position));
        CHECK_EQUAL(position, 77);
        CHECK_OK(rules[i].check(name, NULL));

        name.len = longest + 1;
        CHECK_EQUAL(rules[i].check(name, &position), rules[i].wrong);
        CHECK_EQUAL(position, SIZE_MAX);
        CHECK_EQUAL(rules[i].check(name, NULL), rules[i].wrong);
        position = 77;
        CHECK_EQUAL(rules[i].check(NO_TEXT, &position), rules[i].wrong);
        CHECK_EQUAL(position, SIZE_MAX);

        name.len = longest;
        memory[longest - 1] = ' ';
        memory[longest - 2] = rules[i].fault ? rules[i].fault : ' ';
        CHECK_EQUAL(rules[i].check(name, &position), rules[i].wrong);
        CHECK_EQUAL(position, longest - 2);
        free(memory);
    }
}

static void what_is_no_text_is_refused_by_every_check(void)
{
    const iot_tunnel_text nowhere = { NULL, 3 }, broken = { "ab\xff", 3 }, zero = { "a\0b", 3 };
    size_t i, position = 77;
    for (i = 0; i < RULES; i++) {
        CHECK_STATUS(rules[i].check(nowhere, &position), MISUSE_NULL_POINTER);
        CHECK_STATUS(rules[i].check(broken, &position), MISUSE_NOT_UTF8);
        CHECK_EQUAL(position, 77);
    }
    CHECK_STATUS(iot_tunnel_access_token_check(nowhere, &position), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_access_token_check(broken, &position), MISUSE_NOT_UTF8);
    CHECK_EQUAL(position, 77);
    CHECK_STATUS(iot_tunnel_tunnel_id_check(zero, &position), MISUSE_INVALID_TUNNEL_ID);
    CHECK_EQUAL(position, 1);
    /* Characters are counted, not bytes. */
    CHECK_STATUS(iot_tunnel_access_token_check(text("\xc3\xa9\xc3\xa9"), &position), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_EQUAL(position, 0);
}

static void an_access_token_is_visible_and_bounded(void)
{
    char *memory = exactly(3073);
    iot_tunnel_text token = { memory, 3072 };
    size_t position = 77;
    memset(memory, '~', 3073);
    CHECK_OK(iot_tunnel_access_token_check(token, &position));
    token.len = 3073;
    CHECK_STATUS(iot_tunnel_access_token_check(token, &position), CAPACITY_ACCESS_TOKEN_TOO_LONG);
    CHECK_EQUAL(position, 77);
    memory[3072] = ' ';
    CHECK_STATUS(iot_tunnel_access_token_check(token, &position), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_EQUAL(position, 3072);
    CHECK_STATUS(iot_tunnel_access_token_check(NO_TEXT, &position), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_EQUAL(position, SIZE_MAX);
    CHECK_STATUS(iot_tunnel_access_token_check(NO_TEXT, NULL), MISUSE_INVALID_ACCESS_TOKEN);
    free(memory);
}

typedef struct {
    iot_tunnel_text region, account, id;
} arn_parts;

static int32_t write_arn(const void *given, char *buffer, size_t capacity, size_t *length)
{
    const arn_parts *parts = given;
    return iot_tunnel_tunnel_arn_write(parts->region, parts->account, parts->id, buffer, capacity, length);
}

static void an_arn_names_its_tunnel(void)
{
    const arn_parts parts = { text("cn-north-1"), text("123456789012"), text("a:b=c") };
    const char *expected = "arn:aws-cn:iot:cn-north-1:123456789012:tunnel/a:b=c";
    iot_tunnel_text id = NO_TEXT, arn = text(expected);
    check_every_size(write_arn, &parts, expected, strlen(expected));
    CHECK_OK(iot_tunnel_tunnel_arn_tunnel_id(arn, &id));
    CHECK_TEXT(id, "a:b=c");
    CHECK(id.ptr == arn.ptr + 46);
    CHECK_STATUS(iot_tunnel_tunnel_arn_tunnel_id(arn, NULL), MISUSE_NULL_POINTER);
}

static void what_names_no_tunnel_is_refused(void)
{
    static const char *const wrong[] = {
        "", "x", "arn:aws:iot:r:1:thing/x", "arn:aws:iot:r:1:tunnel/", "arn:aws:iot:r:1:tunnel/a b", "arn:aws:iot:r:1:tunnel/a/b",
        "arn:aws:iot:r:tunnel/x", "arn:aws:s3:r:1:tunnel/x", "ARN:aws:iot:r:1:tunnel/x",
    };
    iot_tunnel_text id = { "kept", 4 };
    size_t i;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_STATUS(iot_tunnel_tunnel_arn_tunnel_id(text(wrong[i]), &id), MISUSE_INVALID_TUNNEL_ARN);
    }
    CHECK_TEXT(id, "kept");
}

static void an_arn_is_made_of_valid_parts(void)
{
    const iot_tunnel_text region = text("r"), account = text("1"), id = text("t"), nowhere = { NULL, 1 };
    char buffer[64], *digits = exactly(1600);
    size_t length = 77;
    iot_tunnel_text many = { digits, 1600 };
    memset(digits, '1', 1600);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(text("R"), account, id, buffer, sizeof buffer, &length), MISUSE_INVALID_REGION);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(region, text("1 2"), id, buffer, sizeof buffer, &length), MISUSE_INVALID_TUNNEL_ARN);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(region, many, id, buffer, sizeof buffer, &length), MISUSE_INVALID_TUNNEL_ARN);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(region, account, NO_TEXT, buffer, sizeof buffer, &length), MISUSE_INVALID_TUNNEL_ID);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(nowhere, account, id, buffer, sizeof buffer, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(region, nowhere, id, buffer, sizeof buffer, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(region, account, nowhere, buffer, sizeof buffer, &length), MISUSE_NULL_POINTER);
    CHECK_EQUAL(length, 77);
    free(digits);
}

static int32_t write_client_token(const void *given, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_client_token_write(given, buffer, capacity, length);
}

static void a_client_token_is_fresh_and_valid(void)
{
    char first[64], again[64];
    uint8_t *entropy = copy_of(draw(), 64), stuck[64];
    iot_tunnel_text token = { first, 64 };
    size_t length = 0;
    CHECK_OK(iot_tunnel_client_token_write(entropy, first, sizeof first, &length));
    CHECK_EQUAL(length, 64);
    CHECK_OK(iot_tunnel_client_token_check(token, NULL));
    check_every_size(write_client_token, entropy, first, 64);
    CHECK_OK(iot_tunnel_client_token_write(draw(), again, sizeof again, &length));
    CHECK(memcmp(first, again, 64) != 0);
    memset(stuck, 7, sizeof stuck);
    CHECK_STATUS(iot_tunnel_client_token_write(stuck, again, sizeof again, &length), MISUSE_STUCK_ENTROPY);
    CHECK_STATUS(iot_tunnel_client_token_write(NULL, again, sizeof again, &length), MISUSE_NULL_POINTER);
    free(entropy);
}

static void overlapping_memory_is_refused(void)
{
    char memory[256] = "region";
    const iot_tunnel_text inside = { memory, 6 }, other = text("x");
    size_t length = 77;
    union {
        iot_tunnel_text text;
        char bytes[sizeof(iot_tunnel_text)];
    } both;
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(inside, other, other, memory, sizeof memory, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(other, inside, other, memory + 5, 99, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(other, other, inside, memory, 1, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_tunnel_arn_write(other, other, other, (char *)&length, 1, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(length, 77);
    CHECK_STATUS(iot_tunnel_client_token_write((uint8_t *)memory, memory + 63, 100, &length), MISUSE_OVERLAPPING_MEMORY);
    /* Side by side is apart. */
    CHECK_OK(iot_tunnel_tunnel_arn_write(inside, other, other, memory + 6, sizeof memory - 6, &length));
    memset(&both, 'a', sizeof both);
    {
        const iot_tunnel_text arn = { both.bytes, sizeof both };
        CHECK_STATUS(iot_tunnel_tunnel_arn_tunnel_id(arn, &both.text), MISUSE_OVERLAPPING_MEMORY);
    }
}

int main(void)
{
    a_fault_has_a_place();
    what_is_no_text_is_refused_by_every_check();
    an_access_token_is_visible_and_bounded();
    an_arn_names_its_tunnel();
    what_names_no_tunnel_is_refused();
    an_arn_is_made_of_valid_parts();
    a_client_token_is_fresh_and_valid();
    overlapping_memory_is_refused();
    return check_report("names");
}
