/* What a session makes of an answer that is no 101: later, never, or not the service at all; and how long it then waits. */
#include "states.h"

/* A refusal's wait is drawn anew each time: so often. */
enum { DRAWS = 64 };
#define SECOND 1000ULL

static iot_tunnel_session_status status_of(const subject *self)
{
    iot_tunnel_session_status status;
    CHECK_OK(iot_tunnel_session_describe(self->session, &status));
    return status;
}

static iot_tunnel_upgrade_answer answered(subject *self, uint64_t now, const char *bytes, size_t length)
{
    iot_tunnel_upgrade_answer answer;
    CHECK_OK(iot_tunnel_session_handle_upgrade(self->session, now, (const uint8_t *)bytes, length, true, &answer));
    return answer;
}

static iot_tunnel_upgrade_answer answers(subject *self, uint64_t now, const char *bytes)
{
    return answered(self, now, bytes, strlen(bytes));
}

/* Lets the back-off pass and asks again; the time then. */
static uint64_t ask_again(subject *self)
{
    uint64_t now = status_of(self).backoff_until;
    CHECK_OK(iot_tunnel_session_handle_timeout(self->session, now, NULL));
    subject_connect(self);
    subject_request(self);
    return now;
}

static void later_is_later_and_never_is_never(void)
{
    static const struct {
        const char *answer;
        iot_tunnel_upgrade_answer_kind kind;
        uint16_t http_status;
        uint32_t retry_after;
    } ANSWERS[] = {
        { "HTTP/1.1 503 Busy\r\nretry-after: 7\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY, 503, 7 },
        { "HTTP/1.1 503 Busy\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY, 503, 0 },
        { "HTTP/1.1 503 Busy\r\nretry-after: Tue, 01 Dec 2026 00:00:00 GMT\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY, 503, 0 },
        { "HTTP/1.1 429 Slowly\r\nretry-after: 30\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY, 429, 30 },
        { "HTTP/1.1 408 Late\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY, 408, 0 },
        { "HTTP/1.1 400 No\r\nretry-after: 7\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED, 400, 0 },
        { "HTTP/1.1 410 Gone\r\n\r\n", IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED, 410, 0 },
    };
    size_t i;
    for (i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        subject self = subject_in(REQUESTED, text("token"), 1024);
        iot_tunnel_upgrade_answer answer = answers(&self, 2 * SECOND, ANSWERS[i].answer);
        CHECK_EQUAL(answer.kind, ANSWERS[i].kind);
        CHECK_EQUAL(answer.http_status, ANSWERS[i].http_status);
        CHECK_EQUAL(answer.retry_after, ANSWERS[i].retry_after);
        CHECK_EQUAL(status_of(&self).state, answer.kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY ? IOT_TUNNEL_SESSION_STATE_BACKOFF
                                                                                               : IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN);
        subject_free(&self);
    }
}

/* The wait behind a drop follows `max_backoff`; that behind a refusal never falls below retry-after, and its ceiling is 120 s. */
static void waits_follow_their_cause(void)
{
    subject self = subject_in(REQUESTED, text("token"), 1024);
    uint64_t now = 2 * SECOND, longest = 0;
    int i;
    for (i = 0; i < DRAWS; i++) {
        uint64_t wait;
        (void)answers(&self, now, "HTTP/1.1 503 Busy\r\nretry-after: 9\r\n\r\n");
        wait = status_of(&self).backoff_until - now;
        CHECK(wait >= 9 * SECOND && wait <= (9 + 120) * SECOND);
        longest = wait > longest ? wait : longest;
        now = ask_again(&self);
    }
    CHECK(longest > 60 * SECOND);
    (void)answers(&self, now, "HTTP/1.1 503 Busy\r\nretry-after: 86400\r\n\r\n");
    CHECK(status_of(&self).backoff_until - now <= (600 + 120) * SECOND);
    subject_free(&self);
}

static subject impatient(uint32_t max_backoff)
{
    subject self = subject_in(REQUESTED, text("token"), 1024);
    iot_tunnel_session_config config = subject_config();
    iot_tunnel_token_taken taken;
    config.max_backoff = max_backoff;
    CHECK_OK(iot_tunnel_session_wipe(self.session));
    CHECK_OK(iot_tunnel_session_init(self.session, sizeof *self.session, &config, sizeof config, self.incoming, self.buffer_length,
                                     self.outgoing, self.buffer_length));
    CHECK_OK(iot_tunnel_session_handle_token(self.session, 1000, IOT_TUNNEL_SIDE_SOURCE, text("token"), IOT_TUNNEL_BINDING_FRESH,
                                             NO_TEXT, draw(), &taken));
    subject_connect(&self);
    subject_request(&self);
    return self;
}

static void a_failed_connect_waits_no_longer_than_the_configuration_says(void)
{
    static const struct {
        uint32_t max_backoff;
        uint64_t ceiling;
    } CEILINGS[] = { { 5000, 5 * SECOND }, { 1, 1 }, { 0, 120 * SECOND }, { 120000, 120 * SECOND }, { UINT32_MAX, 120 * SECOND } };
    size_t i;
    for (i = 0; i < sizeof CEILINGS / sizeof *CEILINGS; i++) {
        subject self = impatient(CEILINGS[i].max_backoff);
        uint64_t now = 2 * SECOND, longest = 0;
        int draws;
        for (draws = 0; draws < DRAWS; draws++) {
            uint64_t wait;
            CHECK_OK(iot_tunnel_session_handle_closed(self.session, now, 0, NO_TEXT));
            wait = status_of(&self).backoff_until - now;
            longest = wait > longest ? wait : longest;
            now = ask_again(&self);
        }
        CHECK(longest <= CEILINGS[i].ceiling && longest > CEILINGS[i].ceiling / 2);
        subject_free(&self);
    }
}

/* The first attempt after a drop is at once; drops that follow each other before anything was carried are said to be contested. */
static void drops_that_prove_nothing_are_contested(void)
{
    subject self = impatient(5000);
    uint64_t now = 2 * SECOND;
    int drops;
    for (drops = 1; drops <= 6; drops++) {
        subject_accept(&self);
        subject_go_open(&self);
        CHECK_OK(iot_tunnel_session_handle_closed(self.session, now, 0, NO_TEXT));
        if (drops == 1) {
            CHECK_EQUAL(status_of(&self).backoff_until, now);
        }
        CHECK_EQUAL(status_of(&self).contested, drops >= 4);
        now = ask_again(&self);
    }
    subject_free(&self);
}

static void what_is_not_the_service_is_named_and_not_followed(void)
{
    static const struct {
        const char *answer;
        uint16_t http_status;
        const char *location;
    } ANSWERS[] = {
        { "HTTP/1.1 302 Found\r\nLocation: https://portal.test/login\r\n\r\n", 302, "https://portal.test/login" },
        { "HTTP/1.1 307 Go\r\nlocation: /\x9b" "31m\r\n\r\n", 307, "/\\x9b31m" },
        { "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", 200, "" },
        { "HTTP/1.1 600 ?\r\n\r\n", 600, "" },
    };
    size_t i;
    for (i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        subject self = subject_in(REQUESTED, text("token"), 1024);
        iot_tunnel_upgrade_answer answer = answers(&self, 2 * SECOND, ANSWERS[i].answer);
        CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_UNEXPECTED);
        CHECK_EQUAL(answer.http_status, ANSWERS[i].http_status);
        CHECK_SHOWN(answer.location, ANSWERS[i].location);
        CHECK_EQUAL(answer.reason.len, 0);
        /* The token is as good as before. */
        CHECK_EQUAL(status_of(&self).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
        subject_free(&self);
    }
}

static void any_bytes_of_a_peer_can_be_shown(void)
{
    static const char LATIN_1[] = "HTTP/1.1 403 No\r\nchannel-id: \xe9\r\n\r\n\xff\xfe" "caf\xe9\0\x1b[2J\\n";
    subject self = subject_in(REQUESTED, text("token"), 1024);
    iot_tunnel_upgrade_answer answer = answered(&self, 2 * SECOND, LATIN_1, sizeof LATIN_1 - 1);
    static const char SHOWN[] = "\\xff\\xfecaf\\xe9\\x00\\x1b[2J\\x5cn";
    char buffer[sizeof SHOWN];
    size_t length = 0, capacity;
    CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED);
    CHECK_SHOWN(answer.reason, SHOWN);
    CHECK_SHOWN(answer.channel_id, "\\xe9");
    for (capacity = 0; capacity < sizeof SHOWN - 1; capacity++) {
        CHECK_STATUS(iot_tunnel_peer_text_write(answer.reason, buffer, capacity, &length), CAPACITY_BUFFER_TOO_SMALL);
        CHECK_EQUAL(length, sizeof SHOWN - 1);
    }
    CHECK_OK(iot_tunnel_peer_text_write(NO_BYTES, NULL, 0, &length));
    CHECK_EQUAL(length, 0);
    CHECK_STATUS(iot_tunnel_peer_text_write(answer.reason, NULL, 1, &length), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_peer_text_write(answer.reason, buffer, sizeof buffer, NULL), MISUSE_NULL_POINTER);
    subject_free(&self);
}

int main(void)
{
    later_is_later_and_never_is_never();
    waits_follow_their_cause();
    a_failed_connect_waits_no_longer_than_the_configuration_says();
    drops_that_prove_nothing_are_contested();
    what_is_not_the_service_is_named_and_not_followed();
    any_bytes_of_a_peer_can_be_shown();
    return check_report("what a session makes of an answer that is no 101");
}
