/* ids.json through the header: every identifier is accepted or refused as the vectors say. */
#include "vectors.h"

typedef iot_tunnel_status (*checker)(iot_tunnel_text text, size_t *position);

static struct {
    vector_tally tally;
    const char *kind;
    checker check;
    iot_tunnel_status refusal;
} kinds[] = {
    { { "ids.json tunnelId in C", 0, 0 }, "tunnelId", iot_tunnel_tunnel_id_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_TUNNEL_ID },
    { { "ids.json thingName in C", 0, 0 }, "thingName", iot_tunnel_thing_name_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_THING_NAME },
    { { "ids.json service in C", 0, 0 }, "service", iot_tunnel_service_id_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_SERVICE_ID },
    { { "ids.json clientToken in C", 0, 0 }, "clientToken", iot_tunnel_client_token_check, IOT_TUNNEL_STATUS_MISUSE_INVALID_CLIENT_TOKEN },
};
#define KINDS (sizeof kinds / sizeof *kinds)

int main(int argc, char **argv)
{
    vector_lines lines = vectors_open(argc, argv, "ids.txt");
    bool all = true;
    size_t i;
    while (vectors_next(&lines)) {
        const char *kind = vectors_word(&lines);
        iot_tunnel_text value = vectors_text(&lines), why;
        bool valid = vectors_number(&lines) != 0;
        char *memory = copy_of(value.ptr, value.len);
        iot_tunnel_text given = { memory, value.len };
        size_t position = SIZE_MAX - 1;
        iot_tunnel_status status;
        why = vectors_text(&lines);
        for (i = 0; i < KINDS && !vectors_is(kind, kinds[i].kind); i++) {
        }
        if (i == KINDS) {
            vectors_give_up("a kind of id that this program does not know:", kind);
        }
        status = kinds[i].check(given, &position);
        vectors_count(&kinds[i].tally,
                      valid ? status == IOT_TUNNEL_STATUS_OK && position == SIZE_MAX - 1
                            : status == kinds[i].refusal && (position == SIZE_MAX || position < value.len),
                      &lines, why);
        free(memory);
    }
    for (i = 0; i < KINDS; i++) {
        all &= vectors_report(&kinds[i].tally);
    }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
