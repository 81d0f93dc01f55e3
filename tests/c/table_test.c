/* A table: as many tunnels as there are slots, one client token for one access token, and time's work one tunnel at a time. */
#include "check.h"

#define SLOTS 3

static const uint64_t MINUTE = 60000;
static iot_tunnel_record slots[SLOTS], before[SLOTS];
static const iot_tunnel_table table = { slots, SLOTS, sizeof slots[0] };
static iot_tunnel_issued source, destination;
static iot_tunnel_effects effects;

#define CLIENT "cccccccccccccccccccccccccccccccc"

static void empty(void)
{
    size_t i;
    for (i = 0; i < SLOTS; i++) {
        CHECK_OK(iot_tunnel_record_wipe(&slots[i]));
    }
}

static iot_tunnel_status open_tunnel(const char *id, uint32_t minutes)
{
    return iot_tunnel_table_open(&table, text(id), NULL, minutes, 0, draw(), &source, &destination, &effects);
}

static iot_tunnel_text token_of(const iot_tunnel_issued *issued)
{
    iot_tunnel_text token = { issued->text, issued->length };
    return token;
}

static void a_table_takes_as_many_as_it_has_slots(void)
{
    iot_tunnel_record *record = NULL;
    empty();
    CHECK_OK(open_tunnel("a", 1));
    CHECK_OK(open_tunnel("b", 1));
    CHECK_STATUS(open_tunnel("a", 1), MISUSE_TUNNEL_ID_TAKEN);
    CHECK_OK(open_tunnel("c", 1));
    CHECK_STATUS(open_tunnel("d", 1), CAPACITY_TABLE_FULL);
    CHECK_STATUS(open_tunnel("a", 1), MISUSE_TUNNEL_ID_TAKEN);
    CHECK_OK(iot_tunnel_table_close(&table, text("b"), false, 1, &effects));
    CHECK_STATUS(open_tunnel("d", 1), CAPACITY_TABLE_FULL);
    CHECK_OK(iot_tunnel_table_close(&table, text("b"), true, 1, &effects));
    CHECK(effects.deleted);
    CHECK_STATUS(iot_tunnel_table_find(&table, text("b"), &record), REFUSAL_TUNNEL_NOT_FOUND);
    CHECK_OK(open_tunnel("d", 1));
    CHECK_OK(iot_tunnel_table_find(&table, text("d"), &record));
    CHECK(record == &slots[1]);
    CHECK_OK(iot_tunnel_table_find(&table, text("a"), &record));
    CHECK(record == &slots[0]);
}

static void a_client_token_belongs_to_one_access_token(void)
{
    iot_tunnel_record *record = NULL;
    char memory[IOT_TUNNEL_MAX_ISSUED];
    iot_tunnel_text first = { memory, 0 };
    empty();
    CHECK_OK(open_tunnel("a", 1));
    memcpy(memory, source.text, source.length);
    first.len = source.length;
    CHECK_OK(open_tunnel("b", 2));
    CHECK_OK(iot_tunnel_table_connect(&table, first, 1, text(CLIENT), 1, 1, &record, &effects));
    CHECK(record == &slots[0]);
    record = NULL;
    CHECK_STATUS(iot_tunnel_table_connect(&table, token_of(&source), 1, text(CLIENT), 2, 1, &record, &effects),
                 REFUSAL_CLIENT_TOKEN_IN_USE);
    CHECK_STATUS(iot_tunnel_table_connect(&table, token_of(&source), 1, text("short"), 2, 1, &record, &effects),
                 MISUSE_INVALID_CLIENT_TOKEN);
    CHECK_STATUS(iot_tunnel_table_connect(&table, text("bogus"), 1, NO_TEXT, 2, 1, &record, &effects), REFUSAL_UNKNOWN_ACCESS_TOKEN);
    CHECK(record == NULL);
    /* When the first tunnel is over, the client token is free again. */
    CHECK_OK(iot_tunnel_table_connect(&table, token_of(&source), 1, text(CLIENT), 2, MINUTE, &record, &effects));
    CHECK(record == &slots[1]);
}

static void operations_find_their_tunnel(void)
{
    iot_tunnel_record *record = NULL;
    iot_tunnel_description seen;
    empty();
    CHECK_OK(open_tunnel("a", 1));
    CHECK_OK(open_tunnel("b", 1));
    CHECK_OK(iot_tunnel_table_connect(&table, token_of(&source), 1, NO_TEXT, 5, 1, &record, &effects));
    CHECK_OK(iot_tunnel_table_connect(&table, token_of(&destination), 2, NO_TEXT, 6, 1, &record, &effects));
    CHECK_OK(iot_tunnel_record_describe(record, 1, &seen));
    CHECK(seen.source.connected && seen.destination.connected);
    CHECK_OK(iot_tunnel_table_disconnect(&table, text("b"), 1, 5, 2, &effects));
    CHECK_EQUAL(effects.reset_peer, IOT_TUNNEL_SIDE_DESTINATION);
    /* The id may be the one that the record lends. */
    CHECK_OK(iot_tunnel_table_rotate(&table, seen.id, 2, NULL, 3, draw(), &source, &destination, &effects));
    CHECK_EQUAL(effects.destination.connection, 6);
    CHECK(source.length == 0 && destination.length > 0);
    CHECK_OK(iot_tunnel_table_close(&table, seen.id, true, 3, &effects));
    CHECK_STATUS(iot_tunnel_table_disconnect(&table, text("b"), 1, 5, 2, &effects), REFUSAL_TUNNEL_NOT_FOUND);
    CHECK_STATUS(iot_tunnel_table_close(&table, text("b"), true, 2, &effects), REFUSAL_TUNNEL_NOT_FOUND);
    CHECK_STATUS(iot_tunnel_table_rotate(&table, text("b"), 1, NULL, 2, draw(), &source, &destination, &effects),
                 REFUSAL_TUNNEL_NOT_FOUND);
}

/* A request's own faults come before the tunnel's. */
static void a_rotation_is_judged_before_its_tunnel_is_looked_up(void)
{
    const iot_tunnel_destination_config config = { { NULL, 0 }, { { "SSH", 3 }, { NULL, 0 }, { NULL, 0 } }, 1 };
    empty();
    CHECK_STATUS(iot_tunnel_table_rotate(&table, text("b"), 1, &config, 2, draw(), &source, &destination, &effects),
                 MISUSE_DESTINATION_CONFIG_WITH_SOURCE);
}

/* A config that is lent out of a slot lies in memory that the call changes. */
static void a_lent_config_is_refused(void)
{
    const iot_tunnel_destination_config config = { { "pump-7", 6 }, { { "SSH", 3 }, { NULL, 0 }, { NULL, 0 } }, 1 };
    iot_tunnel_description seen;
    empty();
    CHECK_OK(iot_tunnel_table_open(&table, text("a"), &config, 1, 0, draw(), &source, &destination, &effects));
    CHECK_OK(iot_tunnel_record_describe(&slots[0], 0, &seen));
    CHECK_TEXT(seen.destination_config.thing_name, "pump-7");
    CHECK_STATUS(iot_tunnel_table_open(&table, text("b"), &seen.destination_config, 1, 0, draw(), &source, &destination, &effects),
                 MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_table_rotate(&table, seen.id, 3, &seen.destination_config, 0, draw(), &source, &destination, &effects),
                 MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_record_rotate(&slots[0], 3, &seen.destination_config, 0, draw(), &source, &destination, &effects),
                 MISUSE_OVERLAPPING_MEMORY);
}

static void time_does_its_work_one_tunnel_at_a_time(void)
{
    iot_tunnel_expired expired;
    uint64_t deadline = 0;
    empty();
    CHECK_OK(iot_tunnel_table_next_deadline(&table, &deadline));
    CHECK_EQUAL(deadline, UINT64_MAX);
    CHECK_OK(open_tunnel("a", 2));
    CHECK_OK(open_tunnel("b", 1));
    CHECK_OK(iot_tunnel_table_connect(&table, token_of(&source), 1, NO_TEXT, 5, 1, &(iot_tunnel_record *){ NULL }, &effects));
    CHECK_OK(iot_tunnel_table_next_deadline(&table, &deadline));
    CHECK_EQUAL(deadline, MINUTE);
    CHECK_OK(iot_tunnel_table_expire(&table, MINUTE - 1, &expired));
    CHECK_EQUAL(expired.length, 0);
    CHECK_OK(iot_tunnel_table_expire(&table, 2 * MINUTE, &expired));
    CHECK_EQUAL(expired.length, 1);
    CHECK_EQUAL(expired.tunnel_id[0], 'b');
    CHECK_EQUAL(expired.effects.source.reason, IOT_TUNNEL_DISCONNECT_REASON_TUNNEL_CLOSED);
    CHECK_EQUAL(expired.effects.source.connection, 5);
    CHECK_OK(iot_tunnel_table_expire(&table, 2 * MINUTE, &expired));
    CHECK_EQUAL(expired.length, 0);
    CHECK_OK(iot_tunnel_table_expire(&table, UINT64_MAX, &expired));
    CHECK(expired.length == 1 && expired.effects.deleted);
    CHECK_OK(iot_tunnel_table_expire(&table, UINT64_MAX, &expired));
    CHECK(expired.length == 1 && expired.effects.deleted);
    CHECK_OK(iot_tunnel_table_expire(&table, UINT64_MAX, &expired));
    CHECK_EQUAL(expired.length, 0);
    CHECK_OK(iot_tunnel_table_next_deadline(&table, &deadline));
    CHECK_EQUAL(deadline, UINT64_MAX);
}

/* Every call on a table, with what else it takes being right. */
static void nothing_works_on(const iot_tunnel_table *given, iot_tunnel_status expected)
{
    iot_tunnel_record *record = NULL;
    iot_tunnel_expired expired;
    uint64_t deadline = 77;
    CHECK_EQUAL(iot_tunnel_table_open(given, text("z"), NULL, 1, 0, draw(), &source, &destination, &effects), expected);
    CHECK_EQUAL(iot_tunnel_table_find(given, text("a"), &record), expected);
    CHECK_EQUAL(iot_tunnel_table_connect(given, text("x"), 1, NO_TEXT, 1, 0, &record, &effects), expected);
    CHECK_EQUAL(iot_tunnel_table_disconnect(given, text("a"), 1, 1, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_table_rotate(given, text("a"), 1, NULL, 0, draw(), &source, &destination, &effects), expected);
    CHECK_EQUAL(iot_tunnel_table_close(given, text("a"), true, 0, &effects), expected);
    CHECK_EQUAL(iot_tunnel_table_expire(given, 0, &expired), expected);
    CHECK_EQUAL(iot_tunnel_table_next_deadline(given, &deadline), expected);
    CHECK(record == NULL && deadline == 77);
}

static void what_is_no_table_is_refused(void)
{
    const iot_tunnel_table nowhere = { NULL, 1, sizeof slots[0] }, small = { slots, SLOTS, sizeof slots[0] - 8 },
                           large = { slots, SLOTS, sizeof slots[0] + 8 }, zeroes = { NULL, 0, 0 }, none = { NULL, 0, sizeof slots[0] };
    empty();
    CHECK_OK(open_tunnel("a", 1));
    memcpy(before, slots, sizeof slots);
    nothing_works_on(NULL, IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER);
    nothing_works_on(&nowhere, IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER);
    nothing_works_on(&small, IOT_TUNNEL_STATUS_MISUSE_STORAGE_SIZE_MISMATCH);
    nothing_works_on(&large, IOT_TUNNEL_STATUS_MISUSE_STORAGE_SIZE_MISMATCH);
    nothing_works_on(&zeroes, IOT_TUNNEL_STATUS_MISUSE_STORAGE_SIZE_MISMATCH);
    CHECK_STATUS(iot_tunnel_table_open(&none, text("z"), NULL, 1, 0, draw(), &source, &destination, &effects), CAPACITY_TABLE_FULL);
    CHECK(same_storage(before, slots, sizeof slots));
}

static void a_failed_call_changes_nothing(void)
{
    const iot_tunnel_text nowhere = { NULL, 1 };
    iot_tunnel_record *record = NULL;
    iot_tunnel_table own = table;
    iot_tunnel_effects *inside = (iot_tunnel_effects *)(void *)&slots[2];
    uint8_t stuck[64];
    memset(stuck, 1, sizeof stuck);
    empty();
    CHECK_OK(open_tunnel("a", 1));
    memcpy(before, slots, sizeof slots);
#define CALL_IS(status, call) CHECK_STATUS(call, status); CHECK(same_storage(before, slots, sizeof slots))
    CALL_IS(MISUSE_INVALID_TUNNEL_ID, open_tunnel("", 1));
    CALL_IS(MISUSE_LIFETIME_OUT_OF_RANGE, open_tunnel("b", 721));
    CALL_IS(MISUSE_STUCK_ENTROPY, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, stuck, &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, NULL, &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_open(&table, nowhere, NULL, 1, 0, draw(), &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, draw(), NULL, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, draw(), &source, NULL, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, draw(), &source, &destination, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, draw(), &source, &source, &effects));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_open(&table, text("b"), NULL, 1, 0, draw(), &source, &destination, inside));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_find(&table, text("a"), NULL));
    CALL_IS(MISUSE_NOT_UTF8, iot_tunnel_table_find(&table, text("\xff"), &record));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, iot_tunnel_table_connect(&table, token_of(&source), 0, NO_TEXT, 1, 0, &record, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_connect(&table, nowhere, 1, NO_TEXT, 1, 0, &record, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_connect(&table, token_of(&source), 1, NO_TEXT, 1, 0, NULL, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_connect(&table, token_of(&source), 1, NO_TEXT, 1, 0, &record, NULL));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, iot_tunnel_table_disconnect(&table, text("a"), 9, 1, 0, &effects));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_disconnect(&table, text("a"), 1, 1, 0, inside));
    CALL_IS(MISUSE_UNKNOWN_ENUM_VALUE, iot_tunnel_table_rotate(&table, text("a"), 0, NULL, 0, draw(), &source, &destination, &effects));
    CALL_IS(REFUSAL_TUNNEL_EXPIRED, iot_tunnel_table_rotate(&table, text("a"), 1, NULL, MINUTE, draw(), &source, &destination, &effects));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_close(&table, text("a"), true, 0, NULL));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_expire(&table, UINT64_MAX, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_expire(&table, UINT64_MAX, (iot_tunnel_expired *)(void *)&slots[0]));
    CALL_IS(MISUSE_NULL_POINTER, iot_tunnel_table_next_deadline(&table, NULL));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_next_deadline(&own, (uint64_t *)(void *)&own.count));
    CALL_IS(MISUSE_OVERLAPPING_MEMORY, iot_tunnel_table_find(&own, text("a"), &own.slots));
    CHECK(record == NULL && own.slots == slots && own.count == SLOTS);
}

int main(void)
{
    a_table_takes_as_many_as_it_has_slots();
    a_client_token_belongs_to_one_access_token();
    operations_find_their_tunnel();
    a_rotation_is_judged_before_its_tunnel_is_looked_up();
    a_lent_config_is_refused();
    time_does_its_work_one_tunnel_at_a_time();
    what_is_no_table_is_refused();
    a_failed_call_changes_nothing();
    return check_report("tables");
}
