/* scenarios.json through the header: each lives in a table of its own, in virtual time. */
#include "vectors.h"

#define SLOTS 256

/* The vectors' names for real values, and the connections that are up. Names are the vectors', so they are copied. */
typedef struct {
    char *name, *value;
} pair;

typedef struct {
    pair *pairs;
    size_t count;
} dictionary;

static iot_tunnel_record slots[SLOTS];
static const iot_tunnel_table table = { slots, SLOTS, sizeof slots[0] };
static dictionary tunnels, tokens;
static uint64_t now, counter;

static char *string_of(iot_tunnel_text text)
{
    char *string = exactly(text.len + 1);
    if (text.len > 0) {
        memcpy(string, text.ptr, text.len);
    }
    string[text.len] = 0;
    return string;
}

static void put(dictionary *names, iot_tunnel_text name, iot_tunnel_text value)
{
    names->pairs = realloc(names->pairs, (names->count + 1) * sizeof *names->pairs);
    if (names->pairs == NULL) {
        vectors_give_up("no memory for", "a name");
    }
    names->pairs[names->count].name = string_of(name);
    names->pairs[names->count].value = string_of(value);
    names->count++;
}

/* What a name stands for; itself, if it was never given. The last one given counts. */
static iot_tunnel_text look_up(const dictionary *names, iot_tunnel_text name)
{
    size_t i = names->count;
    while (i-- > 0) {
        if (same_text(text(names->pairs[i].name), name)) {
            return text(names->pairs[i].value);
        }
    }
    return name;
}

static bool holds(const dictionary *names, iot_tunnel_text value)
{
    size_t i;
    for (i = 0; i < names->count; i++) {
        if (same_text(text(names->pairs[i].value), value)) {
            return true;
        }
    }
    return false;
}

static void forget(dictionary *names)
{
    while (names->count > 0) {
        names->count--;
        free(names->pairs[names->count].name);
        free(names->pairs[names->count].value);
    }
    free(names->pairs);
    names->pairs = NULL;
}

static iot_tunnel_side side_of(const char *word)
{
    iot_tunnel_side side = 0;
    if (iot_tunnel_side_parse(text(word), &side) != IOT_TUNNEL_STATUS_OK) {
        vectors_give_up("no side:", word);
    }
    return side;
}

static iot_tunnel_description describe(iot_tunnel_text id)
{
    iot_tunnel_record *record = NULL;
    iot_tunnel_description seen;
    memset(&seen, 0, sizeof seen);
    if (iot_tunnel_table_find(&table, id, &record) == IOT_TUNNEL_STATUS_OK) {
        iot_tunnel_record_describe(record, now, &seen);
    }
    return seen;
}

/* A token by its expected name: issued if and only if it was named, and never before. */
static bool learn_token(iot_tunnel_text name, const iot_tunnel_issued *issued)
{
    const iot_tunnel_text value = { issued->text, issued->length };
    if (name.ptr == NULL) {
        return issued->length == 0;
    }
    if (issued->length == 0 || holds(&tokens, value)) {
        return false;
    }
    put(&tokens, name, value);
    return true;
}

/* The fields of `issued` in vectors.py against what open and rotate have given. */
static bool learn(vector_lines *lines, iot_tunnel_text id, const iot_tunnel_issued *source, const iot_tunnel_issued *destination,
                  const iot_tunnel_effects *effects)
{
    iot_tunnel_text first = vectors_text(lines), second = vectors_text(lines);
    bool right = learn_token(first, source);
    right &= learn_token(second, destination);
    if (!vectors_is(vectors_word(lines), "notified")) {
        return right && !effects->notify;
    } else {
        const iot_tunnel_text thing = vectors_text(lines), token = look_up(&tokens, vectors_text(lines));
        const iot_tunnel_text issued = { destination->text, destination->length };
        const iot_tunnel_description seen = describe(id);
        iot_tunnel_text services[3];
        size_t i, count = vectors_list(lines, services, 3);
        right &= effects->notify && same_text(seen.destination_config.thing_name, thing) && same_text(token, issued)
            && seen.destination_config.service_count == count;
        for (i = 0; right && i < count; i++) {
            right = same_text(seen.destination_config.services[i], services[i]);
        }
        return right;
    }
}

static bool play_open(vector_lines *lines)
{
    const uint32_t minutes = (uint32_t)vectors_number(lines);
    iot_tunnel_destination_config config;
    iot_tunnel_issued source, destination;
    iot_tunnel_effects effects;
    char id[32];
    iot_tunnel_status status;
    config.thing_name = vectors_text(lines);
    config.service_count = (uint32_t)vectors_list(lines, config.services, 3);
    snprintf(id, sizeof id, "tunnel-%lu", (unsigned long)++counter);
    status = iot_tunnel_table_open(&table, text(id), config.service_count ? &config : NULL, minutes, now, draw(), &source,
                                   &destination, &effects);
    put(&tunnels, vectors_text(lines), text(id));
    return status == IOT_TUNNEL_STATUS_OK && learn(lines, text(id), &source, &destination, &effects);
}

static bool play_describe(vector_lines *lines)
{
    const iot_tunnel_description seen = describe(look_up(&tunnels, vectors_text(lines)));
    bool open = vectors_is(vectors_word(lines), "OPEN"), source = vectors_is(vectors_word(lines), "CONNECTED"),
         destination = vectors_is(vectors_word(lines), "CONNECTED");
    return seen.status == (open ? IOT_TUNNEL_TUNNEL_STATUS_OPEN : IOT_TUNNEL_TUNNEL_STATUS_CLOSED)
        && seen.source.connected == source && seen.destination.connected == destination
        && seen.ends_at == (uint64_t)vectors_number(lines) * 60000;
}

/* The vectors' word for the outcome of a handshake. */
static const char *word_of(iot_tunnel_status status, bool replaced)
{
    switch (status) {
    case IOT_TUNNEL_STATUS_OK: return replaced ? "replaced" : "accepted";
    case IOT_TUNNEL_STATUS_REFUSAL_UNKNOWN_ACCESS_TOKEN: return "invalid token";
    case IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_CLOSED:
    case IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_EXPIRED: return "tunnel closed";
    case IOT_TUNNEL_STATUS_REFUSAL_ACCESS_TOKEN_REVOKED: return "revoked";
    case IOT_TUNNEL_STATUS_REFUSAL_MODE_MISMATCH: return "wrong side";
    case IOT_TUNNEL_STATUS_REFUSAL_ACCESS_TOKEN_USED: return "already used";
    case IOT_TUNNEL_STATUS_REFUSAL_CLIENT_TOKEN_MISMATCH: return "client token mismatch";
    case IOT_TUNNEL_STATUS_REFUSAL_CLIENT_TOKEN_IN_USE: return "client token in use";
    default: return "something else";
    }
}

static bool play_connect(vector_lines *lines)
{
    const iot_tunnel_text token = look_up(&tokens, vectors_text(lines));
    const iot_tunnel_side side = side_of(vectors_word(lines));
    const iot_tunnel_text client_token = vectors_text(lines), expected = vectors_text(lines);
    iot_tunnel_record *record = NULL;
    iot_tunnel_effects effects;
    iot_tunnel_status status = iot_tunnel_table_connect(&table, token, side, client_token, ++counter, now, &record, &effects);
    bool replaced = false;
    if (status == IOT_TUNNEL_STATUS_OK) {
        const iot_tunnel_disconnect *old = side == IOT_TUNNEL_SIDE_SOURCE ? &effects.source : &effects.destination;
        replaced = old->reason == IOT_TUNNEL_DISCONNECT_REASON_REPLACED;
        if (record < slots || record >= slots + SLOTS) {
            return false;
        }
    }
    return same_text(text(word_of(status, replaced)), expected);
}

static bool play_disconnect(vector_lines *lines)
{
    const iot_tunnel_text id = look_up(&tunnels, vectors_text(lines));
    const iot_tunnel_side side = side_of(vectors_word(lines));
    const iot_tunnel_description seen = describe(id);
    const iot_tunnel_side_description *of = side == IOT_TUNNEL_SIDE_SOURCE ? &seen.source : &seen.destination;
    iot_tunnel_effects effects;
    return !of->connected || iot_tunnel_table_disconnect(&table, id, side, of->connection, now, &effects) == IOT_TUNNEL_STATUS_OK;
}

static const char *exception_of(iot_tunnel_status status)
{
    switch (status) {
    case IOT_TUNNEL_STATUS_MISUSE_DESTINATION_CONFIG_WITH_SOURCE: return "ValidationException";
    case IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_NOT_FOUND:
    case IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_CLOSED:
    case IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_EXPIRED: return "ResourceNotFoundException";
    default: return "something else";
    }
}

static bool play_rotate(vector_lines *lines)
{
    const iot_tunnel_text id = look_up(&tunnels, vectors_text(lines));
    iot_tunnel_client_mode mode = 0;
    iot_tunnel_destination_config config;
    iot_tunnel_issued source, destination;
    iot_tunnel_effects effects;
    iot_tunnel_status status = iot_tunnel_client_mode_parse(text(vectors_word(lines)), &mode);
    bool has_config = vectors_is(vectors_word(lines), "config"), right;
    if (status != IOT_TUNNEL_STATUS_OK) {
        vectors_give_up("no clientMode in", "a step");
    }
    if (has_config) {
        config.thing_name = vectors_text(lines);
        config.service_count = (uint32_t)vectors_list(lines, config.services, 3);
    }
    status = iot_tunnel_table_rotate(&table, id, mode, has_config ? &config : NULL, now, draw(), &source, &destination, &effects);
    if (vectors_is(vectors_word(lines), "error")) {
        return vectors_is(exception_of(status), vectors_word(lines));
    }
    if (status != IOT_TUNNEL_STATUS_OK) {
        return false;
    }
    right = (effects.source.reason != IOT_TUNNEL_DISCONNECT_REASON_NONE) == (vectors_number(lines) != 0);
    right &= (effects.destination.reason != IOT_TUNNEL_DISCONNECT_REASON_NONE) == (vectors_number(lines) != 0);
    right &= learn(lines, id, &source, &destination, &effects);
    return right;
}

static bool play_close(vector_lines *lines)
{
    iot_tunnel_effects effects;
    return iot_tunnel_table_close(&table, look_up(&tunnels, vectors_text(lines)), false, now, &effects) == IOT_TUNNEL_STATUS_OK;
}

static bool play(vector_lines *lines, const char *op)
{
    if (vectors_is(op, "open")) {
        return play_open(lines);
    } else if (vectors_is(op, "describe")) {
        return play_describe(lines);
    } else if (vectors_is(op, "connect")) {
        return play_connect(lines);
    } else if (vectors_is(op, "disconnect")) {
        return play_disconnect(lines);
    } else if (vectors_is(op, "rotate")) {
        return play_rotate(lines);
    } else if (vectors_is(op, "advance")) {
        now += (uint64_t)vectors_number(lines) * 60000;
        return true;
    } else if (vectors_is(op, "close")) {
        return play_close(lines);
    }
    vectors_give_up("a step that this program does not know:", op);
    return false;
}

static void begin(void)
{
    size_t i;
    for (i = 0; i < SLOTS; i++) {
        iot_tunnel_record_wipe(&slots[i]);
    }
    forget(&tunnels);
    forget(&tokens);
    now = 0;
}

int main(int argc, char **argv)
{
    vector_lines lines = vectors_open(argc, argv, "scenarios.txt");
    vector_tally tally = { "scenarios.json in C", 0, 0 };
    char *name = NULL;
    unsigned long steps = 0;
    bool passed = true;
    while (vectors_next(&lines)) {
        const char *op = vectors_word(&lines);
        if (vectors_is(op, "scenario")) {
            if (name != NULL) {
                vectors_count(&tally, passed, &lines, text(name));
            }
            free(name);
            name = string_of(vectors_text(&lines));
            passed = true;
            begin();
        } else if (passed) {
            steps++;
            passed = play(&lines, op);
            if (!passed) {
                printf("vectors: %s, line %lu: %s\n", name, lines.number, op);
            }
        }
    }
    if (name != NULL) {
        vectors_count(&tally, passed, &lines, text(name));
    }
    free(name);
    begin();
    printf("vectors: scenarios.json in C: %lu steps\n", steps);
    return vectors_report(&tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}
