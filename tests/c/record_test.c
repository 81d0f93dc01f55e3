/* A record: what its operations come to, and that nothing a caller does wrong changes it. */
#include "check.h"

static const uint64_t MINUTE = 60000;

static iot_tunnel_record record, before;
static iot_tunnel_issued source, destination;
static iot_tunnel_effects effects;

static iot_tunnel_text token_of(const iot_tunnel_issued *issued)
{
    iot_tunnel_text token = { issued->text, issued->length };
    return token;
}

/* A token that stays when the next one is issued. */
static iot_tunnel_text kept(const iot_tunnel_issued *issued, char *memory)
{
    iot_tunnel_text token = { memory, issued->length };
    memcpy(memory, issued->text, issued->length);
    return token;
}

static iot_tunnel_destination_config pump(void)
{
    iot_tunnel_destination_config config = { { "pump-7", 6 }, { { "SSH", 3 }, { "HTTP", 4 }, { NULL, 0 } }, 2 };
    return config;
}

static iot_tunnel_status open_with(const iot_tunnel_destination_config *config)
{
    return iot_tunnel_record_open(&record, sizeof record, text("t-1"), config, 10, MINUTE, draw(), &source, &destination, &effects);
}

static void fresh(void)
{
    const iot_tunnel_destination_config config = pump();
    CHECK_OK(open_with(&config));
}

static iot_tunnel_status connect_as(iot_tunnel_side side, iot_tunnel_text token, const char *client_token, uint64_t name, uint64_t now)
{
    return iot_tunnel_record_connect(&record, token, side, client_token ? text(client_token) : NO_TEXT, false, name, now, &effects);
}

static iot_tunnel_status rotate(iot_tunnel_client_mode mode, const iot_tunnel_destination_config *config, uint64_t now)
{
    return iot_tunnel_record_rotate(&record, mode, config, now, draw(), &source, &destination, &effects);
}

static bool is_nothing(const iot_tunnel_effects *given)
{
    return given->source.reason == IOT_TUNNEL_DISCONNECT_REASON_NONE && given->destination.reason == IOT_TUNNEL_DISCONNECT_REASON_NONE
        && given->reset_peer == 0 && !given->notify && !given->deleted;
}

#define CLIENT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CLIENT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void a_new_tunnel_is_open_and_tells_its_thing(void)
{
    iot_tunnel_description seen;
    fresh();
    CHECK(effects.notify && !effects.deleted && effects.reset_peer == 0);
    CHECK(source.length > 43 && source.length <= IOT_TUNNEL_MAX_ISSUED && destination.length == source.length);
    CHECK(memcmp(source.text, destination.text, source.length) != 0);
    CHECK_OK(iot_tunnel_access_token_check(token_of(&source), NULL));
    CHECK_OK(iot_tunnel_record_describe(&record, 2 * MINUTE, &seen));
    CHECK_TEXT(seen.id, "t-1");
    CHECK_EQUAL(seen.status, IOT_TUNNEL_TUNNEL_STATUS_OPEN);
    CHECK_EQUAL(seen.closed_by, IOT_TUNNEL_CLOSED_BY_NONE);
    CHECK_EQUAL(seen.created_at, MINUTE);
    CHECK_EQUAL(seen.ends_at, 11 * MINUTE);
    CHECK_EQUAL(seen.next_deadline, 11 * MINUTE);
    CHECK_EQUAL(seen.lifetime_minutes, 10);
    CHECK(!seen.source.connected && !seen.destination.connected && seen.source.generation == 0);
    CHECK(seen.has_destination_config);
    CHECK_TEXT(seen.destination_config.thing_name, "pump-7");
    CHECK_EQUAL(seen.destination_config.service_count, 2);
    CHECK_TEXT(seen.destination_config.services[1], "HTTP");
    CHECK_OK(open_with(NULL));
    CHECK(is_nothing(&effects));
    CHECK_OK(iot_tunnel_record_describe(&record, 2 * MINUTE, &seen));
    CHECK(!seen.has_destination_config && seen.destination_config.service_count == 0);
}

static void a_rotation_closes_its_side_and_resets_the_other(void)
{
    char memory[IOT_TUNNEL_MAX_ISSUED];
    iot_tunnel_text reason, old;
    iot_tunnel_description seen;
    fresh();
    old = kept(&source, memory);
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, old, CLIENT_A, 7, 2 * MINUTE));
    CHECK(is_nothing(&effects));
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_DESTINATION, token_of(&destination), NULL, 8, 2 * MINUTE));
    CHECK_OK(rotate(IOT_TUNNEL_CLIENT_MODE_SOURCE, NULL, 3 * MINUTE));
    CHECK_EQUAL(effects.source.reason, IOT_TUNNEL_DISCONNECT_REASON_ROTATED);
    CHECK_EQUAL(effects.source.connection, 7);
    CHECK_EQUAL(effects.destination.reason, IOT_TUNNEL_DISCONNECT_REASON_NONE);
    CHECK_EQUAL(effects.reset_peer, IOT_TUNNEL_SIDE_DESTINATION);
    CHECK(!effects.notify);
    CHECK(source.length > 0 && destination.length == 0 && destination.text[0] == 0);
    CHECK_OK(iot_tunnel_disconnect_reason_text(effects.source.reason, &reason));
    CHECK_TEXT(reason, "access token rotated");
    CHECK_OK(iot_tunnel_record_describe(&record, 3 * MINUTE, &seen));
    CHECK(!seen.source.connected && seen.destination.connected);
    CHECK_EQUAL(seen.destination.connection, 8);
    CHECK_EQUAL(seen.source.generation, 1);
    CHECK_EQUAL(seen.ends_at, 11 * MINUTE);
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_SOURCE, old, CLIENT_A, 9, 3 * MINUTE), REFUSAL_ACCESS_TOKEN_REVOKED);
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 9, 3 * MINUTE));
}

static void a_client_comes_back_with_its_client_token_only(void)
{
    bool has = false;
    fresh();
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 1, 2 * MINUTE));
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_B, 2, 2 * MINUTE), REFUSAL_CLIENT_TOKEN_MISMATCH);
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_DESTINATION, token_of(&source), CLIENT_A, 2, 2 * MINUTE), REFUSAL_MODE_MISMATCH);
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_SOURCE, text("bogus"), CLIENT_A, 2, 2 * MINUTE), REFUSAL_UNKNOWN_ACCESS_TOKEN);
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 2, 2 * MINUTE));
    CHECK_EQUAL(effects.source.reason, IOT_TUNNEL_DISCONNECT_REASON_REPLACED);
    CHECK_EQUAL(effects.source.connection, 1);
    CHECK_OK(iot_tunnel_record_has_client_token(&record, text(CLIENT_A), 2 * MINUTE, &has));
    CHECK(has);
    CHECK_OK(iot_tunnel_record_has_client_token(&record, text(CLIENT_B), 2 * MINUTE, &has));
    CHECK(!has);
    CHECK_OK(iot_tunnel_record_has_client_token(&record, text(CLIENT_A), 11 * MINUTE, &has));
    CHECK(!has);
    CHECK_STATUS(iot_tunnel_record_connect(&record, token_of(&destination), IOT_TUNNEL_SIDE_DESTINATION, text(CLIENT_A), true, 3,
                                           2 * MINUTE, &effects),
                 REFUSAL_CLIENT_TOKEN_IN_USE);
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_DESTINATION, token_of(&destination), NULL, 3, 2 * MINUTE));
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_DESTINATION, token_of(&destination), NULL, 4, 2 * MINUTE), REFUSAL_ACCESS_TOKEN_USED);
}

static void only_the_live_connection_ends(void)
{
    fresh();
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 1, 2 * MINUTE));
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 2, 2 * MINUTE));
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_DESTINATION, token_of(&destination), NULL, 3, 2 * MINUTE));
    CHECK_OK(iot_tunnel_record_disconnect(&record, IOT_TUNNEL_SIDE_SOURCE, 1, 3 * MINUTE, &effects));
    CHECK(is_nothing(&effects));
    CHECK_OK(iot_tunnel_record_disconnect(&record, IOT_TUNNEL_SIDE_SOURCE, 2, 3 * MINUTE, &effects));
    CHECK_EQUAL(effects.reset_peer, IOT_TUNNEL_SIDE_DESTINATION);
}

static void time_and_close_end_a_tunnel(void)
{
    iot_tunnel_description seen;
    fresh();
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 1, 2 * MINUTE));
    CHECK_OK(iot_tunnel_record_expire(&record, 11 * MINUTE - 1, &effects));
    CHECK(is_nothing(&effects));
    CHECK_STATUS(rotate(IOT_TUNNEL_CLIENT_MODE_ALL, NULL, 11 * MINUTE), REFUSAL_TUNNEL_EXPIRED);
    /* It is the clock that closes, not the call: nobody is connected any more. */
    CHECK_OK(iot_tunnel_record_describe(&record, 11 * MINUTE, &seen));
    CHECK(seen.status == IOT_TUNNEL_TUNNEL_STATUS_CLOSED && !seen.source.connected);
    CHECK_EQUAL(seen.source.connection, 0);
    CHECK_OK(iot_tunnel_record_expire(&record, 11 * MINUTE, &effects));
    CHECK_EQUAL(effects.source.reason, IOT_TUNNEL_DISCONNECT_REASON_TUNNEL_CLOSED);
    CHECK(!effects.deleted);
    CHECK_OK(iot_tunnel_record_describe(&record, 12 * MINUTE, &seen));
    CHECK_EQUAL(seen.status, IOT_TUNNEL_TUNNEL_STATUS_CLOSED);
    CHECK_EQUAL(seen.closed_by, IOT_TUNNEL_CLOSED_BY_LIFETIME);
    CHECK_EQUAL(seen.closed_at, 11 * MINUTE);
    CHECK_OK(iot_tunnel_record_expire(&record, 191 * MINUTE, &effects));
    CHECK(effects.deleted);
    fresh();
    CHECK_OK(iot_tunnel_record_close(&record, false, 2 * MINUTE, &effects));
    CHECK(is_nothing(&effects));
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), NULL, 1, 2 * MINUTE), REFUSAL_TUNNEL_CLOSED);
    CHECK_OK(iot_tunnel_record_describe(&record, 2 * MINUTE, &seen));
    CHECK_EQUAL(seen.closed_by, IOT_TUNNEL_CLOSED_BY_REQUEST);
    CHECK_OK(iot_tunnel_record_close(&record, true, 3 * MINUTE, &effects));
    CHECK(effects.deleted);
}

/* Every call on it, with what else it takes being right. */
static void nothing_works_on(iot_tunnel_record *given, iot_tunnel_status expected)
{
    iot_tunnel_description seen;
    bool has;
    const uint8_t *entropy = draw();
    CHECK_EQUAL(iot_tunnel_record_connect(given, text("x"), 1, NO_TEXT, false, 1, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_record_disconnect(given, 1, 1, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_record_rotate(given, 1, NULL, 0, entropy, &source, &destination, &effects), expected);
    CHECK_EQUAL(iot_tunnel_record_close(given, true, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_record_expire(given, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_record_describe(given, 0, &seen), expected);
    CHECK_EQUAL(iot_tunnel_record_has_client_token(given, text(CLIENT_A), 0, &has), expected);
}

static void what_holds_no_record_is_refused(void)
{
    static iot_tunnel_record zeroes;
    nothing_works_on(NULL, IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER);
    nothing_works_on(&zeroes, IOT_TUNNEL_STATUS_MISUSE_NOT_INITIALISED);
    fresh();
    CHECK_OK(iot_tunnel_record_wipe(&record));
    CHECK(memcmp(&record, &zeroes, sizeof record) == 0);
    nothing_works_on(&record, IOT_TUNNEL_STATUS_MISUSE_NOT_INITIALISED);
    CHECK_OK(iot_tunnel_record_wipe(&record));
    CHECK(memcmp(&record, &zeroes, sizeof record) == 0);
    CHECK_STATUS(iot_tunnel_record_wipe(NULL), MISUSE_NULL_POINTER);
    memset(&record, 0x77, sizeof record);
    nothing_works_on(&record, IOT_TUNNEL_STATUS_MISUSE_NOT_INITIALISED);
    CHECK_OK(iot_tunnel_record_wipe(&record));
    CHECK(memcmp(&record, &zeroes, sizeof record) == 0);
    /* Garbage is as good as zeroes to open in. */
    memset(&record, 0x77, sizeof record);
    fresh();
    CHECK_OK(rotate(IOT_TUNNEL_CLIENT_MODE_ALL, NULL, 2 * MINUTE));
}

/* What open is given, one thing wrong at a time. */
static void a_failed_open_changes_nothing(void)
{
    const iot_tunnel_destination_config good = pump();
    const iot_tunnel_text id = text("t-2"), nowhere = { NULL, 1 };
    iot_tunnel_destination_config config;
    iot_tunnel_issued first, second, none;
    iot_tunnel_effects third;
    uint8_t stuck[64];
    fresh();
    before = record;
    memset(&none, 0x5A, sizeof none);
    first = second = none;
    memset(&third, 0x5A, sizeof third);
    memset(stuck, 0, sizeof stuck);
#define OPEN_IS(status, size, id, config, minutes, entropy, a, b, c) \
    CHECK_STATUS(iot_tunnel_record_open(&record, size, id, config, minutes, 0, entropy, a, b, c), status); \
    CHECK(same_storage(&record, &before, sizeof record))
#define CONFIG_IS(status, change) \
    config = good; change; \
    OPEN_IS(status, sizeof record, id, &config, 0, draw(), &first, &second, &third)
    OPEN_IS(MISUSE_STORAGE_SIZE_MISMATCH, sizeof record - 8, id, &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_STORAGE_SIZE_MISMATCH, sizeof record + 8, id, &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_STORAGE_SIZE_MISMATCH, 0, id, &good, 0, draw(), &first, &second, &third);
    /* What is smaller ends earlier, and there may be a result then. */
    OPEN_IS(MISUSE_STORAGE_SIZE_MISMATCH, sizeof record - 8, id, &good, 0, draw(),
            (iot_tunnel_issued *)(void *)((uint8_t *)&record + sizeof record - 8), &second, &third);
    OPEN_IS(MISUSE_INVALID_TUNNEL_ID, sizeof record, NO_TEXT, &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_INVALID_TUNNEL_ID, sizeof record, text("a b"), &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_NOT_UTF8, sizeof record, text("\xff"), &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_NULL_POINTER, sizeof record, nowhere, &good, 0, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_LIFETIME_OUT_OF_RANGE, sizeof record, id, &good, 721, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_LIFETIME_OUT_OF_RANGE, sizeof record, id, &good, UINT32_MAX, draw(), &first, &second, &third);
    OPEN_IS(MISUSE_STUCK_ENTROPY, sizeof record, id, &good, 0, stuck, &first, &second, &third);
    OPEN_IS(MISUSE_NULL_POINTER, sizeof record, id, &good, 0, NULL, &first, &second, &third);
    OPEN_IS(MISUSE_NULL_POINTER, sizeof record, id, &good, 0, draw(), NULL, &second, &third);
    OPEN_IS(MISUSE_NULL_POINTER, sizeof record, id, &good, 0, draw(), &first, NULL, &third);
    OPEN_IS(MISUSE_NULL_POINTER, sizeof record, id, &good, 0, draw(), &first, &second, NULL);
    OPEN_IS(MISUSE_OVERLAPPING_MEMORY, sizeof record, id, &good, 0, draw(), &first, &first, &third);
    OPEN_IS(MISUSE_OVERLAPPING_MEMORY, sizeof record, id, &good, 0, draw(), (iot_tunnel_issued *)(void *)&record, &second, &third);
    OPEN_IS(MISUSE_OVERLAPPING_MEMORY, sizeof record, id, &good, 0, draw(), &first, &second, (iot_tunnel_effects *)(void *)&record);
    CONFIG_IS(MISUSE_NO_SERVICES, config.service_count = 0);
    CONFIG_IS(CAPACITY_TOO_MANY_SERVICES, config.service_count = 4);
    CONFIG_IS(MISUSE_INVALID_SERVICE_ID, config.service_count = 3);
    CONFIG_IS(MISUSE_INVALID_SERVICE_ID, config.services[1] = text("a b"));
    CONFIG_IS(MISUSE_INVALID_THING_NAME, config.thing_name = text("a+b"));
    CONFIG_IS(MISUSE_NULL_POINTER, config.thing_name = nowhere);
    CONFIG_IS(MISUSE_NOT_UTF8, config.services[0] = text("\xff"));
    CHECK_STATUS(iot_tunnel_record_open(NULL, sizeof record, id, &good, 0, 0, draw(), &first, &second, &third), MISUSE_NULL_POINTER);
    CHECK(memcmp(&first, &none, sizeof none) == 0 && memcmp(&second, &none, sizeof none) == 0);
    CHECK_EQUAL(third.source.connection, UINT64_C(0x5A5A5A5A5A5A5A5A));
}

static void a_failed_call_changes_nothing(void)
{
    const iot_tunnel_destination_config good = pump();
    const iot_tunnel_text nowhere = { NULL, 1 };
    iot_tunnel_effects untouched;
    iot_tunnel_issued token;
    uint8_t stuck[64];
    iot_tunnel_description seen;
    bool has = true;
    fresh();
    token = source;
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&token), CLIENT_A, 1, 2 * MINUTE));
    before = record;
    memset(&untouched, 0x5A, sizeof untouched);
    memset(stuck, 9, sizeof stuck);
    effects = untouched;
#define CALL_IS(status, call) CHECK_STATUS(call, status); CHECK(same_storage(&record, &before, sizeof record))
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, connect_as(0, token_of(&token), CLIENT_A, 2, 3 * MINUTE));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, connect_as(3, token_of(&token), CLIENT_A, 2, 3 * MINUTE));
    CALL_IS(MISUSE_INVALID_CLIENT_TOKEN, connect_as(1, token_of(&token), "short", 2, 3 * MINUTE));
    CALL_IS(MISUSE_NULL_POINTER, connect_as(1, nowhere, CLIENT_A, 2, 3 * MINUTE));
    CALL_IS(MISUSE_NOT_UTF8, connect_as(1, text("\xff"), CLIENT_A, 2, 3 * MINUTE));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_connect(&record, token_of(&token), 1, nowhere, false, 2, 0, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_connect(&record, token_of(&token), 1, NO_TEXT, false, 2, 0, NULL));
    CALL_IS(REFUSAL_UNKNOWN_ACCESS_TOKEN, connect_as(1, NO_TEXT, CLIENT_A, 2, 3 * MINUTE));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, iot_tunnel_record_disconnect(&record, 0, 1, 0, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_disconnect(&record, 1, 1, 0, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_record_disconnect(&record, 1, 1, 0, (iot_tunnel_effects *)(void *)&record));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, rotate(0, NULL, 3 * MINUTE));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, rotate(4, NULL, 3 * MINUTE));
    CALL_IS(MISUSE_DESTINATION_CONFIG_WITH_SOURCE, rotate(1, &good, 3 * MINUTE));
    CALL_IS(REFUSAL_TUNNEL_EXPIRED, rotate(3, &good, 11 * MINUTE));
    CALL_IS(MISUSE_STUCK_ENTROPY, iot_tunnel_record_rotate(&record, 3, NULL, 0, stuck, &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_rotate(&record, 3, NULL, 0, NULL, &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_rotate(&record, 3, NULL, 0, draw(), NULL, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_rotate(&record, 3, NULL, 0, draw(), &source, NULL, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_rotate(&record, 3, NULL, 0, draw(), &source, &destination, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_record_rotate(&record, 3, NULL, 0, draw(), &source, &source, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_close(&record, true, 0, NULL));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_expire(&record, UINT64_MAX, NULL));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_describe(&record, 0, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_record_describe(&record, 0, (iot_tunnel_description *)(void *)&record));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_record_has_client_token(&record, text(CLIENT_A), 0, NULL));
    CALL_IS(MISUSE_INVALID_CLIENT_TOKEN, iot_tunnel_record_has_client_token(&record, NO_TEXT, 0, &has));
    CHECK(has);
    CHECK(memcmp(&effects, &untouched, sizeof effects) == 0);
    CHECK(memcmp(&source, &token, sizeof token) == 0);
    /* The end of time is far away, not wrong. */
    CHECK_OK(iot_tunnel_record_describe(&record, UINT64_MAX, &seen));
    CHECK_EQUAL(seen.status, IOT_TUNNEL_TUNNEL_STATUS_CLOSED);
}

static void a_record_may_be_copied(void)
{
    iot_tunnel_record *copy;
    fresh();
    copy = copy_of(&record, sizeof record);
    CHECK_OK(rotate(IOT_TUNNEL_CLIENT_MODE_ALL, NULL, 2 * MINUTE));
    /* The write of the new record failed: the old one counts. */
    record = *copy;
    free(copy);
    CHECK_STATUS(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), NULL, 1, 3 * MINUTE), REFUSAL_UNKNOWN_ACCESS_TOKEN);
    CHECK_OK(rotate(IOT_TUNNEL_CLIENT_MODE_ALL, NULL, 3 * MINUTE));
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), NULL, 1, 3 * MINUTE));
}

static void an_issued_token_is_wiped(void)
{
    static const iot_tunnel_issued zeroes;
    fresh();
    CHECK_OK(iot_tunnel_issued_wipe(&source));
    CHECK(memcmp(&source, &zeroes, sizeof zeroes) == 0);
    CHECK_OK(iot_tunnel_issued_wipe(&source));
    CHECK_STATUS(iot_tunnel_issued_wipe(NULL), MISUSE_NULL_POINTER);
}

/* A record holds a digest of its tokens, and nothing of themselves. */
static void a_record_holds_no_token(void)
{
    const uint8_t *bytes = (const uint8_t *)&record;
    size_t at;
    fresh();
    CHECK_OK(connect_as(IOT_TUNNEL_SIDE_SOURCE, token_of(&source), CLIENT_A, 1, 2 * MINUTE));
    (void)VALGRIND_MAKE_MEM_DEFINED(&record, sizeof record);
    for (at = 0; at + 8 <= sizeof record; at++) {
        CHECK(memcmp(bytes + at, source.text + source.length - 8, 8) != 0);
        CHECK(memcmp(bytes + at, CLIENT_A, 8) != 0);
    }
}

int main(void)
{
    a_new_tunnel_is_open_and_tells_its_thing();
    a_rotation_closes_its_side_and_resets_the_other();
    a_client_comes_back_with_its_client_token_only();
    only_the_live_connection_ends();
    time_and_close_end_a_tunnel();
    what_holds_no_record_is_refused();
    a_failed_open_changes_nothing();
    a_failed_call_changes_nothing();
    a_record_may_be_copied();
    an_issued_token_is_wiped();
    a_record_holds_no_token();
    return check_report("records");
}
