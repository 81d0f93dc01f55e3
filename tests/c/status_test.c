/* The statuses: numbers, names and texts are core's, in the header and in the library, and nobody has more of them. */
#include "check.h"

static const struct {
    int32_t number, constant;
    const char *name, *text;
    iot_tunnel_party party;
} table[] = {
#include "status_table.inc"
};
#define ROWS (sizeof table / sizeof *table)

static void every_number_is_cores(void)
{
    int32_t number;
    size_t i = 0;
    for (number = -2; number < 1000; number++) {
        iot_tunnel_text name = iot_tunnel_status_name(number), words = iot_tunnel_status_text(number);
        if (i < ROWS && table[i].number == number) {
            CHECK_EQUAL(table[i].constant, number);
            CHECK_TEXT(name, table[i].name);
            CHECK(words.len > 0);
            if (table[i].text[0] != 0) {
                CHECK_TEXT(words, table[i].text);
            }
            CHECK_EQUAL(iot_tunnel_status_party(number), table[i].party);
            i++;
        } else {
            CHECK_EQUAL(name.len, 0);
            CHECK_TEXT(words, "this number is no status of iot-tunnel");
        }
    }
    CHECK_EQUAL(i, ROWS);
    CHECK(ROWS > 90);
}

static void a_number_far_away_is_none(void)
{
    static const int32_t far[] = { INT32_MIN, INT32_MAX, 65536 + 101, -101 };
    size_t i;
    for (i = 0; i < sizeof far / sizeof *far; i++) {
        CHECK_EQUAL(iot_tunnel_status_name(far[i]).len, 0);
        CHECK_EQUAL(iot_tunnel_status_party(far[i]), IOT_TUNNEL_PARTY_NONE);
    }
}

static void library_and_header_are_of_one_version(void)
{
    char version[32];
    CHECK_EQUAL(iot_tunnel_version(), IOT_TUNNEL_VERSION);
    snprintf(version, sizeof version, "%d.%d.%d", IOT_TUNNEL_VERSION >> 16, IOT_TUNNEL_VERSION >> 8 & 255, IOT_TUNNEL_VERSION & 255);
    CHECK_TEXT(text(version), IOT_TUNNEL_VERSION_STRING);
}

int main(void)
{
    every_number_is_cores();
    a_number_far_away_is_none();
    library_and_header_are_of_one_version();
    return check_report("statuses");
}
