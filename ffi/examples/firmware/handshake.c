#include "handshake.h"

#include "config.h"
#include "entropy.h"
#include "line.h"

#include <string.h>

/* The request, while it is written; then the answer, as far as it has come. */
static uint8_t scratch[IOT_TUNNEL_MAX_UPGRADE_ANSWER];
#if IOT_TUNNEL_MAX_UPGRADE_ANSWER < IOT_TUNNEL_MAX_UPGRADE_REQUEST
#error "the request is taken for the shorter one"
#endif
static size_t gathered;
static uint64_t late_at;
static bool was_refused;

#define TEXT(literal) ((iot_tunnel_text){literal, sizeof literal - 1})

void handshake_start(void) {
    was_refused = false;
}

iot_tunnel_status handshake_ask(uint64_t now, iot_tunnel_session *session) {
    uint8_t nonce[16];
    size_t length;
    entropy_fill(nonce, sizeof nonce);
    iot_tunnel_status status = iot_tunnel_session_upgrade_request(
        session, TEXT(SERVICE_NAME), 0, nonce, (char *)scratch, sizeof scratch, &length);
    if (status != IOT_TUNNEL_STATUS_OK) {
        return status;
    }
    /* Empty lines in front of a request are passed over (RFC 9112 §2.2). If the start of something else is on its way, they
     * end it: it cannot become the start of our request. */
    static const uint8_t end_of_anything[] = "\r\n\r\n";
    line_mend();
    line_write(end_of_anything, sizeof end_of_anything - 1);
    line_write(scratch, length);
    /* It held the tokens. */
    entropy_wipe(scratch, length);
    gathered = 0;
    late_at = now + ANSWER_MS;
    return status;
}

bool handshake_is_late(uint64_t now) {
    return now >= late_at;
}

/* Where the status stands in an answer, whose first line begins as "HTTP/1.1 400 ". */
enum { STATUS_AT = 9, STATUS_LENGTH = 3 };

static bool has_status(const char *status) {
    return gathered >= STATUS_AT + STATUS_LENGTH && memcmp(&scratch[STATUS_AT], status, STATUS_LENGTH) == 0;
}

/* Whether the answer refuses the token for good: 408 and 429 only put it off. */
static bool is_refusal(void) {
    return gathered > STATUS_AT && scratch[STATUS_AT] == '4' && !has_status("408") && !has_status("429");
}

/* Whether the head of the answer is whole. */
static bool has_head(void) {
    for (size_t end = 4; end <= gathered; end++) {
        if (memcmp(&scratch[end - 4], "\r\n\r\n", 4) == 0) {
            return true;
        }
    }
    return false;
}

size_t handshake_hear(
    uint64_t now, iot_tunnel_session *session, const uint8_t *bytes, size_t length, iot_tunnel_upgrade_answer *answer,
    iot_tunnel_text *fault) {
    size_t before = gathered;
    size_t room = sizeof scratch - gathered;
    size_t count = length < room ? length : room;
    memcpy(&scratch[gathered], bytes, count);
    gathered += count;
    bool full = gathered == sizeof scratch;
    *fault = (iot_tunnel_text){NULL, 0};
    *answer = (iot_tunnel_upgrade_answer){.kind = IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE};
    if (!has_head() && !full) {
        return count;
    }
    /* A request whose start was lost on the line is refused too, and that says nothing of the token. So the session hears of
     * a refusal, which is for good, when it comes a second time. */
    if (is_refusal() && !was_refused) {
        was_refused = true;
        *fault = TEXT("refused, perhaps for what was lost on the line");
        return count;
    }
    iot_tunnel_status status = iot_tunnel_session_handle_upgrade(session, now, scratch, gathered, full, answer);
    if (status != IOT_TUNNEL_STATUS_OK) {
        *fault = iot_tunnel_status_text(status);
        return count;
    }
    was_refused = was_refused && answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE;
    bool accepted = answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED;
    return accepted ? answer->consumed - before : count;
}
