/* Sides and modes: names both ways, the table of rotations, and no number that is not one. */
#include "check.h"

static void every_name_is_read_and_written(void)
{
    static const char *const sides[] = { "source", "destination" }, *const modes[] = { "SOURCE", "DESTINATION", "ALL" };
    int32_t number;
    for (number = 1; number <= 2; number++) {
        iot_tunnel_side side = 0;
        iot_tunnel_text name = NO_TEXT;
        CHECK_OK(iot_tunnel_side_text(number, &name));
        CHECK_TEXT(name, sides[number - 1]);
        CHECK_OK(iot_tunnel_side_parse(name, &side));
        CHECK_EQUAL(side, number);
    }
    for (number = 1; number <= 3; number++) {
        iot_tunnel_client_mode mode = 0;
        iot_tunnel_text name = NO_TEXT;
        CHECK_OK(iot_tunnel_client_mode_text(number, &name));
        CHECK_TEXT(name, modes[number - 1]);
        CHECK_OK(iot_tunnel_client_mode_parse(name, &mode));
        CHECK_EQUAL(mode, number);
    }
}

static void every_other_name_is_refused(void)
{
    static const char *const wrong[] = { "", "Source", "sources", "ALL ", "all", "\xc3\xa9" };
    const iot_tunnel_text nowhere = { NULL, 3 }, broken = { "\xff", 1 };
    iot_tunnel_side side = 77;
    iot_tunnel_client_mode mode = 77;
    size_t i;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_STATUS(iot_tunnel_side_parse(text(wrong[i]), &side), MISUSE_UNKNOWN_SIDE);
        CHECK_STATUS(iot_tunnel_client_mode_parse(text(wrong[i]), &mode), MISUSE_UNKNOWN_CLIENT_MODE);
    }
    CHECK_STATUS(iot_tunnel_side_parse(text("SOURCE"), &side), MISUSE_UNKNOWN_SIDE);
    CHECK_STATUS(iot_tunnel_client_mode_parse(text("source"), &mode), MISUSE_UNKNOWN_CLIENT_MODE);
    CHECK_STATUS(iot_tunnel_side_parse(nowhere, &side), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_client_mode_parse(nowhere, &mode), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_side_parse(broken, &side), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_client_mode_parse(broken, &mode), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_side_parse(text("source"), NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_client_mode_parse(text("ALL"), NULL), MISUSE_NULL_POINTER);
    CHECK_EQUAL(side, 77);
    CHECK_EQUAL(mode, 77);
}

static void a_number_that_is_none_is_refused(void)
{
    static const int32_t wrong[] = { 0, 4, -1, 256 + 1, INT32_MIN, INT32_MAX };
    iot_tunnel_text name = { "kept", 4 };
    iot_tunnel_rotation rotation = { true, false, true };
    size_t i;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_STATUS(iot_tunnel_side_text(wrong[i], &name), MISUSE_UNKNOWN_ENUM_VALUE);
        CHECK_STATUS(iot_tunnel_client_mode_text(wrong[i], &name), MISUSE_UNKNOWN_ENUM_VALUE);
        CHECK_STATUS(iot_tunnel_disconnect_reason_text(wrong[i], &name), MISUSE_UNKNOWN_ENUM_VALUE);
        CHECK_STATUS(iot_tunnel_client_mode_rotation(wrong[i], false, &rotation), MISUSE_UNKNOWN_ENUM_VALUE);
    }
    CHECK_STATUS(iot_tunnel_side_text(3, &name), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(iot_tunnel_side_text(1, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_client_mode_text(1, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_disconnect_reason_text(1, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_client_mode_rotation(1, false, NULL), MISUSE_NULL_POINTER);
    CHECK_TEXT(name, "kept");
    CHECK(rotation.source && !rotation.destination && rotation.replaces_destination_config);
}

static void a_rotation_is_a_row_of_the_table(void)
{
    static const struct {
        iot_tunnel_client_mode mode;
        bool with_config, source, destination;
    } table[] = {
        { IOT_TUNNEL_CLIENT_MODE_SOURCE, false, true, false },
        { IOT_TUNNEL_CLIENT_MODE_DESTINATION, false, false, true },
        { IOT_TUNNEL_CLIENT_MODE_DESTINATION, true, false, true },
        { IOT_TUNNEL_CLIENT_MODE_ALL, false, true, true },
        { IOT_TUNNEL_CLIENT_MODE_ALL, true, true, true },
    };
    iot_tunnel_rotation rotation;
    size_t i;
    for (i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK_OK(iot_tunnel_client_mode_rotation(table[i].mode, table[i].with_config, &rotation));
        CHECK_EQUAL(rotation.source, table[i].source);
        CHECK_EQUAL(rotation.destination, table[i].destination);
        CHECK_EQUAL(rotation.replaces_destination_config, table[i].with_config);
    }
    CHECK_STATUS(iot_tunnel_client_mode_rotation(IOT_TUNNEL_CLIENT_MODE_SOURCE, true, &rotation),
                 MISUSE_DESTINATION_CONFIG_WITH_SOURCE);
}

static void a_result_may_not_lie_in_the_name(void)
{
    int32_t memory[2] = { 0, 0 };
    const iot_tunnel_text name = { (char *)memory, sizeof memory };
    CHECK_STATUS(iot_tunnel_side_parse(name, memory + 1), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_client_mode_parse(name, memory), MISUSE_OVERLAPPING_MEMORY);
}

int main(void)
{
    every_name_is_read_and_written();
    every_other_name_is_refused();
    a_number_that_is_none_is_refused();
    a_rotation_is_a_row_of_the_table();
    a_result_may_not_lie_in_the_name();
    return check_report("sides and modes");
}
