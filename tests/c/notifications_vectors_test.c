/* notifications.json through the header: a device reads a notification whole, or refuses it whole and keeps the payload as it was;
 * what is read is written and read again. */
#include "vectors.h"

typedef struct {
    iot_tunnel_text token, region, services[3];
    iot_tunnel_side side;
    size_t service_count;
} expected;

static bool is_as_expected(const iot_tunnel_notification *read, const expected *should)
{
    size_t i;
    bool same = same_text(read->client_access_token, should->token) && read->client_mode == should->side
        && same_text(read->region, should->region) && read->service_count == should->service_count;
    for (i = 0; same && i < should->service_count; i++) {
        same = same_text(read->services[i], should->services[i]);
    }
    return same;
}

static bool survives(const iot_tunnel_notification *read, const expected *should)
{
    iot_tunnel_notification again;
    size_t length = 0;
    uint8_t *json;
    bool same;
    iot_tunnel_notification_write(read, NULL, 0, &length);
    json = exactly(length);
    same = iot_tunnel_notification_write(read, (char *)json, length, &length) == IOT_TUNNEL_STATUS_OK
        && iot_tunnel_notification_parse(json, length, &again) == IOT_TUNNEL_STATUS_OK && is_as_expected(&again, should);
    free(json);
    return same;
}

int main(int argc, char **argv)
{
    vector_lines lines = vectors_open(argc, argv, "notifications.txt");
    vector_tally tally = { "notifications.json in C", 0, 0 };
    while (vectors_next(&lines)) {
        iot_tunnel_text body = vectors_text(&lines), why = vectors_text(&lines);
        bool ok = vectors_is(vectors_word(&lines), "ok");
        uint8_t *payload = copy_of(body.ptr, body.len);
        iot_tunnel_notification read;
        char message[2048];
        size_t words = 0;
        bool passed = iot_tunnel_notification_explain(payload, body.len, message, sizeof message, &words) == IOT_TUNNEL_STATUS_OK
            && (words == 0) == ok;
        iot_tunnel_status status = iot_tunnel_notification_parse(payload, body.len, &read);
        if (ok) {
            expected should;
            should.token = vectors_text(&lines);
            should.side = 0;
            passed &= iot_tunnel_side_parse(text(vectors_word(&lines)), &should.side) == IOT_TUNNEL_STATUS_OK;
            should.region = vectors_text(&lines);
            should.service_count = vectors_list(&lines, should.services, 3);
            passed &= status == IOT_TUNNEL_STATUS_OK && is_as_expected(&read, &should) && survives(&read, &should);
        } else {
            iot_tunnel_party party = iot_tunnel_status_party(status);
            passed &= (party == IOT_TUNNEL_PARTY_PEER || status == IOT_TUNNEL_STATUS_CAPACITY_ACCESS_TOKEN_TOO_LONG)
                && (body.len == 0 || memcmp(payload, body.ptr, body.len) == 0);
        }
        vectors_count(&tally, passed, &lines, why);
        free(payload);
    }
    return vectors_report(&tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}
