/* Every function of a session, in every state of it and with every wrong argument, answers the status that its description
 * says, and a call that fails changes nothing. */
#include "states.h"

static const char *const NAMES[] = { "blank",  "awaiting a token", "connect due", "connecting", "requested", "awaiting services",
                                     "open",   "back-off",         "refused",     "spent",      "closed",    "wiped" };

/* What a call answers in each state. */
static iot_tunnel_status expected_status(char letter)
{
    switch (letter) {
    case '0': return IOT_TUNNEL_STATUS_OK;
    case 'W': return IOT_TUNNEL_STATUS_WOULD_BLOCK;
    case 'I': return IOT_TUNNEL_STATUS_MISUSE_NOT_INITIALISED;
    case 'G': return IOT_TUNNEL_STATUS_MISUSE_NOT_CONNECTING;
    case 'N': return IOT_TUNNEL_STATUS_MISUSE_NOT_CONNECTED;
    case 'O': return IOT_TUNNEL_STATUS_MISUSE_NOT_OPEN;
    case 'E': return IOT_TUNNEL_STATUS_MISUSE_CONNECTION_ENDED;
    case 'C': return IOT_TUNNEL_STATUS_MISUSE_SESSION_CLOSED;
    case 'T': return IOT_TUNNEL_STATUS_MISUSE_SENT_TOO_MUCH;
    case 'L': return IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER;
    default: return -1;
    }
}

/* The calls, with arguments that are right. `result` is where the result goes, or NULL. */
static union {
    iot_tunnel_token_taken taken;
    iot_tunnel_upgrade_answer answer;
    iot_tunnel_event event;
    iot_tunnel_output output;
    iot_tunnel_session_status status;
    iot_tunnel_connection connection;
    iot_tunnel_envelope envelope;
    iot_tunnel_timeout timeout;
    iot_tunnel_text name;
    size_t length;
    uint64_t deadline;
} result;

static iot_tunnel_status token(subject *s, void *out)
{
    return iot_tunnel_session_handle_token(s->session, 2000, IOT_TUNNEL_SIDE_SOURCE, text("another"), IOT_TUNNEL_BINDING_FRESH,
                                           NO_TEXT, draw(), out);
}
static iot_tunnel_status upgrade_request(subject *s, void *out)
{
    return iot_tunnel_session_upgrade_request(s->session, text("[::1]:8443"), 0, draw(), s->request, sizeof s->request, out);
}
static iot_tunnel_status upgrade(subject *s, void *out)
{
    return iot_tunnel_session_handle_upgrade(s->session, 2000, (const uint8_t *)"HTTP/1.1 10", 11, false, out);
}
static iot_tunnel_status bytes(subject *s, void *out)
{
    iot_tunnel_bytes half = { (const uint8_t *)"", 1 };
    return iot_tunnel_session_handle_bytes(s->session, 2000, &half, out);
}
static iot_tunnel_status no_bytes(subject *s, void *out)
{
    iot_tunnel_bytes none = { NULL, 0 };
    return iot_tunnel_session_handle_bytes(s->session, 2000, &none, out);
}
static iot_tunnel_status closed(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_handle_closed(s->session, 2000, 1006, NO_TEXT);
}
static iot_tunnel_status ping(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_handle_ping(s->session, 2000);
}
static iot_tunnel_status pong(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_handle_pong(s->session, 2000);
}
static iot_tunnel_status pause_reading(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_pause(s->session, 2000, true);
}
static iot_tunnel_status timeout(subject *s, void *out) { return iot_tunnel_session_handle_timeout(s->session, 2000, out); }
static iot_tunnel_status open_one(subject *s, void *out) { return iot_tunnel_session_open(s->session, 0, out); }
static iot_tunnel_status send_some(subject *s, void *out)
{
    iot_tunnel_bytes data = { (const uint8_t *)"data", 4 };
    return iot_tunnel_session_send(s->session, s->connection, data, out);
}
static iot_tunnel_status envelope(subject *s, void *out)
{
    static uint8_t room[IOT_TUNNEL_MAX_ENVELOPE];
    iot_tunnel_bytes data = { (const uint8_t *)"data", 4 };
    return iot_tunnel_session_envelope(s->session, s->connection, data, room, sizeof room, out);
}
static iot_tunnel_status reset(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_reset(s->session, s->connection);
}
static iot_tunnel_status poll_output(subject *s, void *out) { return iot_tunnel_session_poll_output(s->session, out); }
static iot_tunnel_status sent(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_sent(s->session, 1);
}
static iot_tunnel_status deadline(subject *s, void *out) { return iot_tunnel_session_deadline(s->session, out); }
static iot_tunnel_status describe(subject *s, void *out) { return iot_tunnel_session_describe(s->session, out); }
static iot_tunnel_status name(subject *s, void *out) { return iot_tunnel_session_service(s->session, 0, out); }
static iot_tunnel_status close_it(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_close(s->session);
}
static iot_tunnel_status wipe(subject *s, void *out)
{
    (void)out;
    return iot_tunnel_session_wipe(s->session);
}

static const struct {
    const char *name;
    iot_tunnel_status (*call)(subject *, void *);
    /* A letter for each state. */
    const char *expected;
    /* Whether it has a result that must not be NULL. */
    bool has_result;
} CALLS[] = {
    /*                                    b    a    cd   c    r    as   o    bo   rf   sp   cl   w */
    { "handle_token", token,             "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "C" "I", true },
    { "upgrade_request", upgrade_request, "I" "G" "G" "0" "0" "G" "G" "G" "G" "G" "C" "I", true },
    { "handle_upgrade", upgrade,         "I" "G" "G" "G" "0" "G" "G" "G" "G" "G" "C" "I", true },
    { "handle_bytes", bytes,             "I" "N" "N" "N" "N" "0" "0" "N" "N" "N" "C" "I", true },
    { "handle_bytes of none", no_bytes,  "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", true },
    { "handle_closed", closed,           "I" "N" "N" "0" "0" "0" "0" "N" "N" "N" "C" "I", false },
    { "handle_ping", ping,               "I" "N" "N" "N" "N" "0" "0" "N" "N" "N" "C" "I", false },
    { "handle_pong", pong,               "I" "N" "N" "N" "N" "0" "0" "N" "N" "N" "C" "I", false },
    { "pause", pause_reading,            "I" "N" "N" "N" "N" "0" "0" "N" "N" "N" "C" "I", false },
    { "handle_timeout", timeout,         "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", false },
    { "open", open_one,                  "I" "O" "O" "O" "O" "O" "0" "O" "O" "O" "C" "I", true },
    { "send", send_some,                 "I" "E" "E" "E" "E" "E" "0" "E" "E" "E" "C" "I", true },
    { "envelope", envelope,              "I" "E" "E" "E" "E" "E" "W" "E" "E" "E" "C" "I", true },
    { "reset", reset,                    "I" "E" "E" "E" "E" "E" "0" "E" "E" "E" "C" "I", false },
    { "poll_output", poll_output,        "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", true },
    { "sent", sent,                      "I" "T" "T" "T" "T" "T" "0" "T" "T" "T" "T" "I", false },
    { "deadline", deadline,              "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", true },
    { "describe", describe,              "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", true },
    { "service", name,                   "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", true },
    { "close", close_it,                 "I" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "I", false },
    { "wipe", wipe,                      "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0" "0", false },
};

/* Makes a call, and if it fails sees that nothing has changed. */
static void call(size_t number, state in, subject *self, void *out, char letter)
{
    iot_tunnel_session *before = copy_of(self->session, sizeof *before);
    uint8_t *incoming = copy_of(self->incoming, self->buffer_length), *outgoing = copy_of(self->outgoing, self->buffer_length);
    uint8_t untouched[sizeof result];
    char what[96];
    iot_tunnel_status status;
    memset(&result, 0x5A, sizeof result);
    memcpy(untouched, &result, sizeof result);
    snprintf(what, sizeof what, "%s when %s", CALLS[number].name, NAMES[in]);
    status = CALLS[number].call(self, out);
    check_status(status, expected_status(letter), what, __FILE__, __LINE__);
    if (status > IOT_TUNNEL_STATUS_WOULD_BLOCK) {
        bool same;
        known(self->session, sizeof *before);
        same = memcmp(before, self->session, sizeof *before) == 0 && memcmp(incoming, self->incoming, self->buffer_length) == 0 &&
                    memcmp(outgoing, self->outgoing, self->buffer_length) == 0 && memcmp(untouched, &result, sizeof result) == 0;
        check_that(same, what, __FILE__, __LINE__);
    }
    free(before);
    free(incoming);
    free(outgoing);
}

static void every_function_in_every_state(void)
{
    size_t number;
    state in;
    for (number = 0; number < sizeof CALLS / sizeof *CALLS; number++) {
        CHECK_EQUAL(strlen(CALLS[number].expected), STATES);
        for (in = BLANK; in < STATES; in++) {
            char letter = CALLS[number].expected[in];
            subject self = subject_in(in, text("first"), 1024);
            if (CALLS[number].has_result && letter == '0') {
                call(number, in, &self, NULL, 'L');
            }
            call(number, in, &self, &result, letter);
            subject_free(&self);
        }
    }
}

static void without_a_session(void)
{
    static subject none;
    size_t number;
    for (number = 0; number < sizeof CALLS / sizeof *CALLS; number++) {
        check_status(CALLS[number].call(&none, &result), IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER, CALLS[number].name, __FILE__, __LINE__);
    }
}

/* Init with one thing changed. */
#define INIT_STATUS(change, status)                                                                                              \
    do {                                                                                                                         \
        iot_tunnel_session storage, copy;                                                                                        \
        iot_tunnel_session_config config = subject_config();                                                                     \
        static uint8_t buffers[1024 + 1024];                                                                                     \
        uint8_t *incoming = buffers, *outgoing = buffers + 1024;                                                                 \
        size_t size = sizeof storage, config_size = sizeof config, in = 1024, out = 1024;                                        \
        const iot_tunnel_session_config *with = &config;                                                                         \
        iot_tunnel_session *at = &storage;                                                                                       \
        memset(&storage, 0, sizeof storage);                                                                                     \
        copy = storage;                                                                                                          \
        change;                                                                                                                  \
        CHECK_STATUS(iot_tunnel_session_init(at, size, with, config_size, incoming, in, outgoing, out), status);                 \
        CHECK(memcmp(&storage, &copy, sizeof copy) == 0 || IOT_TUNNEL_STATUS_##status == IOT_TUNNEL_STATUS_OK);                  \
        (void)iot_tunnel_session_wipe(&storage);                                                                                 \
    } while (0)

static void init_with_wrong_arguments(void)
{
    static const char LONG_NAME[130] = { 0 };
    INIT_STATUS((void)at, OK);
    INIT_STATUS(at = NULL, MISUSE_NULL_POINTER);
    INIT_STATUS(with = NULL, MISUSE_NULL_POINTER);
    INIT_STATUS(incoming = NULL, MISUSE_NULL_POINTER);
    INIT_STATUS(outgoing = NULL, MISUSE_NULL_POINTER);
    INIT_STATUS(size -= 8, MISUSE_STORAGE_SIZE_MISMATCH);
    INIT_STATUS(size += 8, MISUSE_STORAGE_SIZE_MISMATCH);
    INIT_STATUS(size = 0, MISUSE_STORAGE_SIZE_MISMATCH);
    INIT_STATUS(config_size -= 4, MISUSE_STORAGE_SIZE_MISMATCH);
    /* What is smaller ends earlier, and there may be a buffer then. */
    INIT_STATUS((size -= 8, incoming = (uint8_t *)&storage + size, in = 8), MISUSE_STORAGE_SIZE_MISMATCH);
    INIT_STATUS((config_size -= 4, outgoing = (uint8_t *)&config + config_size, out = 4), MISUSE_STORAGE_SIZE_MISMATCH);
    INIT_STATUS(config.side = 0, MISUSE_UNKNOWN_ENUM_VALUE);
    INIT_STATUS(config.side = 3, MISUSE_UNKNOWN_ENUM_VALUE);
    INIT_STATUS(config.side = -1, MISUSE_UNKNOWN_ENUM_VALUE);
    INIT_STATUS(config.format = 4, MISUSE_UNKNOWN_ENUM_VALUE);
    INIT_STATUS(config.format = INT32_MIN, MISUSE_UNKNOWN_ENUM_VALUE);
    INIT_STATUS(config.max_payload = 64513, MISUSE_MAX_PAYLOAD_OUT_OF_RANGE);
    INIT_STATUS(config.max_payload = UINT32_MAX, MISUSE_MAX_PAYLOAD_OUT_OF_RANGE);
    INIT_STATUS(config.max_payload = 1, OK);
    INIT_STATUS(config.service_count = 0, OK);
    INIT_STATUS(config.service_count = 4, CAPACITY_TOO_MANY_SERVICES);
    INIT_STATUS(config.service_count = UINT32_MAX, CAPACITY_TOO_MANY_SERVICES);
    INIT_STATUS(config.service_count = 2, MISUSE_INVALID_SERVICE_ID);
    INIT_STATUS(config.services[0] = text("no space"), MISUSE_INVALID_SERVICE_ID);
    INIT_STATUS((config.services[0].ptr = LONG_NAME, config.services[0].len = 129), MISUSE_INVALID_SERVICE_ID);
    INIT_STATUS(config.services[0] = text("\xff"), MISUSE_NOT_UTF8);
    INIT_STATUS(config.services[0].ptr = NULL, MISUSE_NULL_POINTER);
    INIT_STATUS((config.service_count = 2, config.services[1] = text("SSH")), MISUSE_DUPLICATE_SERVICE);
    INIT_STATUS((config.service_count = 3, config.services[1] = text("A"), config.services[2] = text("B")), OK);
    INIT_STATUS(in = 511, CAPACITY_BUFFER_TOO_SMALL);
    INIT_STATUS(in = 0, CAPACITY_BUFFER_TOO_SMALL);
    INIT_STATUS((in = 0, incoming = NULL), CAPACITY_BUFFER_TOO_SMALL);
    INIT_STATUS(out = 511, CAPACITY_OUTGOING_BUFFER_TOO_SMALL);
    INIT_STATUS((out = 0, outgoing = NULL), CAPACITY_OUTGOING_BUFFER_TOO_SMALL);
    INIT_STATUS((in = 512, out = 512), OK);
    INIT_STATUS(outgoing -= 1, MISUSE_OVERLAPPING_MEMORY);
    INIT_STATUS(outgoing = incoming, MISUSE_OVERLAPPING_MEMORY);
    INIT_STATUS(incoming = (uint8_t *)at, MISUSE_OVERLAPPING_MEMORY);
    INIT_STATUS(outgoing = (uint8_t *)at + sizeof storage - 1, MISUSE_OVERLAPPING_MEMORY);
    INIT_STATUS((outgoing = (uint8_t *)&config, out = 8), MISUSE_OVERLAPPING_MEMORY);
    INIT_STATUS((config.services[0].ptr = (char *)incoming, config.services[0].len = 3), MISUSE_OVERLAPPING_MEMORY);
}

static void tokens_that_are_none(void)
{
    static char token[3073];
    subject self = subject_in(AWAITING_TOKEN, NO_TEXT, 1024);
    iot_tunnel_session copy = *self.session;
    iot_tunnel_session *s = self.session;
    iot_tunnel_text good = text("token"), longest = { token, 3072 }, too_long = { token, 3073 }, null = { NULL, 1 };
    iot_tunnel_token_taken taken = 77;
    uint8_t stuck[64] = { 0 };
    iot_tunnel_text inside = { (const char *)self.session + 8, 32 }, in_buffer = { (const char *)self.outgoing, 8 };
    memset(token, 'x', sizeof token);
#define TOKEN(side, token, binding, client_token, entropy, out)                                                                 \
    iot_tunnel_session_handle_token(s, 5, side, token, binding, client_token, entropy, out)
    CHECK_STATUS(TOKEN(2, good, 0, NO_TEXT, draw(), &taken), MISUSE_TOKEN_OF_OTHER_SIDE);
    CHECK_STATUS(TOKEN(0, good, 0, NO_TEXT, draw(), &taken), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(TOKEN(1, good, 3, NO_TEXT, draw(), &taken), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(TOKEN(1, good, -1, NO_TEXT, draw(), &taken), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(TOKEN(1, NO_TEXT, 0, NO_TEXT, draw(), &taken), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_STATUS(TOKEN(1, text("a b"), 0, NO_TEXT, draw(), &taken), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_STATUS(TOKEN(1, text("a\r\nb"), 0, NO_TEXT, draw(), &taken), MISUSE_INVALID_ACCESS_TOKEN);
    CHECK_STATUS(TOKEN(1, text("\xff"), 0, NO_TEXT, draw(), &taken), MISUSE_NOT_UTF8);
    CHECK_STATUS(TOKEN(1, null, 0, NO_TEXT, draw(), &taken), MISUSE_NULL_POINTER);
    CHECK_STATUS(TOKEN(1, too_long, 0, NO_TEXT, draw(), &taken), CAPACITY_ACCESS_TOKEN_TOO_LONG);
    CHECK_STATUS(TOKEN(1, good, 1, text("short"), draw(), &taken), MISUSE_INVALID_CLIENT_TOKEN);
    CHECK_STATUS(TOKEN(1, good, 1, NO_TEXT, draw(), &taken), MISUSE_INVALID_CLIENT_TOKEN);
    CHECK_STATUS(TOKEN(1, good, 0, NO_TEXT, stuck, &taken), MISUSE_STUCK_ENTROPY);
    CHECK_STATUS(TOKEN(1, good, 0, NO_TEXT, NULL, &taken), MISUSE_NULL_POINTER);
    CHECK_STATUS(TOKEN(1, good, 2, NO_TEXT, draw(), NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(TOKEN(1, inside, 0, NO_TEXT, draw(), &taken), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(TOKEN(1, in_buffer, 0, NO_TEXT, draw(), &taken), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(TOKEN(1, good, 1, inside, draw(), &taken), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(TOKEN(1, good, 0, NO_TEXT, draw(), (iot_tunnel_token_taken *)(void *)((uint8_t *)s + 16)), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(taken, 77);
    CHECK(memcmp(s, &copy, sizeof copy) == 0);
    /* What is not looked at may be anything. */
    CHECK_OK(TOKEN(1, longest, 2, null, draw(), &taken));
    CHECK_EQUAL(taken, IOT_TUNNEL_TOKEN_TAKEN_NEW);
    subject_free(&self);
}

/* A request is written anew each time, with one nonce. */
static int32_t write_request(const void *given, char *buffer, size_t capacity, size_t *length)
{
    static const uint8_t NONCE[17] = "the sample nonce";
    return iot_tunnel_session_upgrade_request(((const subject *)given)->session, text("localhost"), 0, NONCE, buffer, capacity,
                                              length);
}

static void requests_that_cannot_be(void)
{
    static const uint8_t STUCK[16] = { 0 };
    subject self = subject_in(CONNECTING, text("token"), 1024);
    iot_tunnel_session copy = *self.session;
    iot_tunnel_session *s = self.session;
    char expected[IOT_TUNNEL_MAX_UPGRADE_REQUEST], buffer[IOT_TUNNEL_MAX_UPGRADE_REQUEST];
    size_t length = 7, expected_length;
#define REQUEST(endpoint, offer, nonce, buffer)                                                                                 \
    iot_tunnel_session_upgrade_request(s, endpoint, offer, nonce, buffer, sizeof expected, &length)
    CHECK_STATUS(REQUEST(NO_TEXT, 0, draw(), buffer), MISUSE_INVALID_ENDPOINT);
    CHECK_STATUS(REQUEST(text("a b"), 0, draw(), buffer), MISUSE_INVALID_ENDPOINT);
    CHECK_STATUS(REQUEST(text("wss://a"), 0, draw(), buffer), MISUSE_INVALID_ENDPOINT);
    CHECK_STATUS(REQUEST(text("\xff"), 0, draw(), buffer), MISUSE_NOT_UTF8);
    CHECK_STATUS(REQUEST(text("a"), 4, draw(), buffer), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(REQUEST(text("a"), -1, draw(), buffer), MISUSE_UNKNOWN_ENUM_VALUE);
    CHECK_STATUS(REQUEST(text("a"), 0, STUCK, buffer), MISUSE_STUCK_ENTROPY);
    CHECK_STATUS(REQUEST(text("a"), 0, NULL, buffer), MISUSE_NULL_POINTER);
    CHECK_STATUS(REQUEST(text("a"), 0, draw(), NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(REQUEST(text("a"), 0, draw(), (char *)self.outgoing), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(REQUEST(text("a"), 0, (uint8_t *)buffer, buffer), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(length, 7);
    CHECK(memcmp(s, &copy, sizeof copy) == 0);
    CHECK_OK(write_request(&self, expected, sizeof expected, &expected_length));
    check_every_size(write_request, &self, expected, expected_length);
    subject_free(&self);
}

static void answers_that_are_none(void)
{
    static const struct {
        const char *answer;
        bool ended;
        iot_tunnel_status fault;
    } ANSWERS[] = {
        { "SSH-2.0-OpenSSH\r\n\r\n", false, IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_UPGRADE_ANSWER },
        { "HTTP/1.1 101 S\r\nupgr", true, IOT_TUNNEL_STATUS_PEER_FAULT_UPGRADE_ANSWER_ENDS_EARLY },
        { "HTTP/1.1 101 S\r\n\r\n", false, IOT_TUNNEL_STATUS_PEER_FAULT_NOT_WEB_SOCKET },
        { "HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", false,
          IOT_TUNNEL_STATUS_PEER_FAULT_WRONG_WEB_SOCKET_ACCEPT },
    };
    subject self = subject_in(REQUESTED, text("token"), 1024);
    iot_tunnel_session copy = *self.session;
    iot_tunnel_upgrade_answer answer;
    iot_tunnel_output output;
    char reason[] = "HTTP/1.1 403 No\r\nchannel-id: c\xff\r\n\r\ngo\x1b[2J away";
    size_t i;
    for (i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        check_status(iot_tunnel_session_handle_upgrade(self.session, 2000, (const uint8_t *)ANSWERS[i].answer,
                                                       strlen(ANSWERS[i].answer), ANSWERS[i].ended, &answer),
                     ANSWERS[i].fault, ANSWERS[i].answer, __FILE__, __LINE__);
    }
    CHECK_STATUS(iot_tunnel_session_handle_upgrade(self.session, 2000, NULL, 1, false, &answer), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_session_handle_upgrade(self.session, 2000, self.incoming, 1, false, &answer), MISUSE_OVERLAPPING_MEMORY);
    CHECK(memcmp(self.session, &copy, sizeof copy) == 0);
    CHECK_OK(iot_tunnel_session_handle_upgrade(self.session, 2000, NULL, 0, false, &answer));
    CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE);
    CHECK(memcmp(self.session, &copy, sizeof copy) == 0);
    CHECK_OK(iot_tunnel_session_handle_upgrade(self.session, 2000, (uint8_t *)reason, sizeof reason - 1, true, &answer));
    CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED);
    CHECK_EQUAL(answer.http_status, 403);
    /* Nothing that moves a terminal's cursor. */
    CHECK_SHOWN(answer.reason, "go\\x1b[2J away");
    CHECK_SHOWN(answer.channel_id, "c\\xff");
    subject_free(&self);
    /* A fault is a connection that did not come about: the answer to the next request is another one's. */
    self = subject_in(REQUESTED, text("token"), 1024);
    CHECK_OK(iot_tunnel_session_handle_closed(self.session, 2000, 0, NO_TEXT));
    CHECK_OK(iot_tunnel_session_handle_timeout(self.session, 5000, NULL));
    CHECK_OK(iot_tunnel_session_poll_output(self.session, &output));
    CHECK_EQUAL(output.kind, IOT_TUNNEL_OUTPUT_KIND_CONNECT);
    CHECK_STATUS(iot_tunnel_session_handle_upgrade(self.session, 5000, NULL, 0, false, &answer), MISUSE_NOT_CONNECTING);
    subject_free(&self);
}

static void an_application_that_is_wrong(void)
{
    subject self = subject_in(OPEN, text("token"), 1024);
    iot_tunnel_session *s = self.session;
    iot_tunnel_connection made_up = { 0, 12345 }, none = { 0, 0 }, far = { 300, self.connection.serial }, other;
    iot_tunnel_bytes data = { (const uint8_t *)"data", 4 }, null = { NULL, 1 }, in_outgoing = { self.outgoing, 4 },
                     in_session = { (const uint8_t *)self.session + 100, 4 }, in_incoming = { self.incoming, 4 };
    iot_tunnel_envelope envelope;
    iot_tunnel_output output;
    iot_tunnel_text service;
    uint8_t room[200];
    size_t taken = 7;
    other = self.connection;
    other.service = 1;
    CHECK_STATUS(iot_tunnel_session_send(s, made_up, data, &taken), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_send(s, none, data, &taken), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_send(s, far, data, &taken), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_send(s, other, data, &taken), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_reset(s, none), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_reset(s, far), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_send(s, self.connection, null, &taken), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_session_send(s, self.connection, in_outgoing, &taken), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_session_send(s, self.connection, in_session, &taken), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_session_envelope(s, self.connection, in_outgoing, room, sizeof room, &envelope), MISUSE_OVERLAPPING_MEMORY);
    data.ptr = room + 20;
    CHECK_STATUS(iot_tunnel_session_envelope(s, self.connection, data, room, sizeof room, &envelope), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_session_envelope(s, self.connection, in_incoming, self.outgoing, 200, &envelope), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(taken, 7);
    CHECK_OK(iot_tunnel_session_send(s, self.connection, NO_BYTES, &taken));
    CHECK_EQUAL(taken, 0);
    CHECK_OK(iot_tunnel_session_send(s, self.connection, in_incoming, &taken));
    CHECK_EQUAL(taken, 4);
    CHECK_STATUS(iot_tunnel_session_open(s, 1, &other), MISUSE_UNKNOWN_SERVICE);
    CHECK_STATUS(iot_tunnel_session_open(s, UINT32_MAX, &other), MISUSE_UNKNOWN_SERVICE);
    CHECK_STATUS(iot_tunnel_session_service(s, 1, &service), MISUSE_UNKNOWN_SERVICE);
    CHECK_STATUS(iot_tunnel_session_service(s, UINT32_MAX, &service), MISUSE_UNKNOWN_SERVICE);
    CHECK_OK(iot_tunnel_session_service(s, 0, &service));
    CHECK_TEXT(service, "SSH");
    CHECK_STATUS(iot_tunnel_session_handle_closed(s, 1, 1000, text("\xff")), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_session_handle_closed(s, 1, 1000, (iot_tunnel_text){ NULL, 5 }), MISUSE_NULL_POINTER);
    CHECK_OK(iot_tunnel_session_poll_output(s, &output));
    CHECK_EQUAL(output.kind, IOT_TUNNEL_OUTPUT_KIND_SEND);
    CHECK(output.bytes.ptr >= self.outgoing && output.bytes.ptr + output.bytes.len <= self.outgoing + self.buffer_length);
    CHECK_STATUS(iot_tunnel_session_sent(s, output.bytes.len + 1), MISUSE_SENT_TOO_MUCH);
    CHECK_STATUS(iot_tunnel_session_sent(s, SIZE_MAX), MISUSE_SENT_TOO_MUCH);
    CHECK_OK(iot_tunnel_session_sent(s, output.bytes.len));
    CHECK_STATUS(iot_tunnel_session_sent(s, 1), MISUSE_SENT_TOO_MUCH);
    CHECK_OK(iot_tunnel_session_sent(s, 0));
    subject_free(&self);
}

static void input_that_is_wrong(void)
{
    subject self = subject_in(OPEN, text("token"), 1024);
    iot_tunnel_session copy = *self.session;
    iot_tunnel_bytes null = { NULL, 1 }, in_incoming = { self.incoming + 1023, 1 }, in_session = { (const uint8_t *)self.session, 1 },
                     input = { (const uint8_t *)"", 1 };
    iot_tunnel_event event;
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, NULL, &event), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, &null, &event), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, &in_incoming, &event), MISUSE_OVERLAPPING_MEMORY);
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, &in_session, &event), MISUSE_OVERLAPPING_MEMORY);
    input.ptr = (const uint8_t *)&event;
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, &input, &event), MISUSE_OVERLAPPING_MEMORY);
    input.ptr = (const uint8_t *)&input;
    CHECK_STATUS(iot_tunnel_session_handle_bytes(self.session, 1, &input, &event), MISUSE_OVERLAPPING_MEMORY);
    CHECK(memcmp(self.session, &copy, sizeof copy) == 0);
    subject_free(&self);
}

int main(void)
{
    every_function_in_every_state();
    without_a_session();
    init_with_wrong_arguments();
    tokens_that_are_none();
    requests_that_cannot_be();
    answers_that_are_none();
    an_application_that_is_wrong();
    input_that_is_wrong();
    return check_report("a session that is used wrongly says how, and changes nothing");
}
