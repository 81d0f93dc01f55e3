#include "handshake.h"

#include "config.h"
#include "entropy.h"
#include "line.h"

#include <string.h>

/* The request, while it is written; then the answer, as far as it has come. */
static uint8_t scratch[IOT_TUNNEL_MAX_UPGRADE_ANSWER];
_Static_assert(sizeof scratch >= IOT_TUNNEL_MAX_UPGRADE_REQUEST, "the request is the shorter one");
static size_t gathered;
static uint64_t late_at;

#define TEXT(literal) ((iot_tunnel_text){literal, sizeof literal - 1})

iot_tunnel_status handshake_ask(uint64_t now, iot_tunnel_session *session) {
    uint8_t nonce[16];
    size_t length;
    entropy_fill(nonce, sizeof nonce);
    iot_tunnel_status status = iot_tunnel_session_upgrade_request(
        session, TEXT(SERVICE_NAME), 0, nonce, (char *)scratch, sizeof scratch, &length);
    if (status != IOT_TUNNEL_STATUS_OK) {
        return status;
    }
    /* Empty lines in front of a request are passed over (RFC 9112 §2.2). If the beginning of something else is on its way,
     * they end it: it cannot become the beginning of our request. */
    static const uint8_t end_of_anything[] = "\r\n\r\n";
    line_write(end_of_anything, sizeof end_of_anything - 1);
    line_write(scratch, length);
    /* It held the tokens. */
    memset(scratch, 0, length);
    gathered = 0;
    late_at = now + ANSWER_MS;
    return status;
}

bool handshake_is_late(uint64_t now) {
    return now >= late_at;
}

/* Whether `word`, in lower case, stands in what was gathered, in any case. */
static bool has(const char *word) {
    size_t length = strlen(word);
    for (size_t start = 0; start + length <= gathered; start++) {
        size_t n = 0;
        while (n < length && (scratch[start + n] | (word[n] >= 'a' ? 0x20 : 0)) == word[n]) {
            n++;
        }
        if (n == length) {
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
    if (!has("\r\n\r\n") && !full) {
        return count;
    }
    /* Half a request, whose beginning was lost on the line, is refused by an HTTP server before it becomes the service's: no
     * channel has an id then. It says nothing of the token, so the session shall not hear of it. */
    if (has("http/1.1 400") && !has("channel-id:")) {
        *fault = TEXT("the request was lost in part");
        return count;
    }
    iot_tunnel_status status = iot_tunnel_session_handle_upgrade(session, now, scratch, gathered, full, answer);
    if (status != IOT_TUNNEL_STATUS_OK) {
        *fault = iot_tunnel_status_text(status);
        return count;
    }
    bool accepted = answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED;
    return accepted ? answer->consumed - before : count;
}
