/* A session leaves no token where it does not need one: not behind a replacement, a refusal or an end, and nothing at all
 * behind a wipe. */
#include "states.h"

#define MARK "SECRET-0123456789"

static char token[3072], token_after[3072];

static iot_tunnel_text secret(char *room, char kind)
{
    static const char mark[] = MARK;
    iot_tunnel_text made = { room, sizeof token };
    size_t i;
    for (i = 0; i < sizeof token; i++) {
        room[i] = i % sizeof mark == sizeof mark - 1 ? kind : mark[i % sizeof mark];
    }
    return made;
}

static bool has(const void *memory, size_t size, const void *bytes, size_t length)
{
    const uint8_t *at = memory;
    size_t i;
    for (i = 0; i + length <= size; i++) {
        if (memcmp(at + i, bytes, length) == 0) {
            return true;
        }
    }
    return false;
}

/* What stands for a token: a stretch of it. */
static bool has_token(const subject *self, char kind)
{
    char stretch[] = { kind, 'S', 'E', 'C', 'R', 'E', 'T' };
    return has(self->session, sizeof *self->session, stretch, sizeof stretch);
}

/* The client token in the upgrade request: a stretch of it. */
static bool has_client_token(const subject *self)
{
    static const char NAME[] = "client-token: ";
    size_t i;
    for (i = 0; i + sizeof NAME + 16 < self->request_length; i++) {
        if (memcmp(self->request + i, NAME, sizeof NAME - 1) == 0) {
            return has(self->session, sizeof *self->session, self->request + i + sizeof NAME - 1, 16);
        }
    }
    return false;
}

static bool is_zero(const void *memory, size_t size)
{
    static const uint8_t ZEROS[sizeof(iot_tunnel_session)];
    return memcmp(memory, ZEROS, size) == 0;
}

static void a_token_goes_when_it_is_of_no_more_use(void)
{
    static const bool keeps[STATES] = {
        [CONNECT_DUE] = true, [CONNECTING] = true, [REQUESTED] = true, [AWAITING_SERVICES] = true, [OPEN] = true, [BACKOFF] = true,
    };
    state in;
    for (in = AWAITING_TOKEN; in < STATES; in++) {
        subject self = subject_in(in, secret(token, 'A'), 1024);
        CHECK_EQUAL(has_token(&self, 'A'), keeps[in]);
        if (self.request_length > 0) {
            CHECK_EQUAL(has_client_token(&self), keeps[in] && in != SPENT);
        }
        CHECK(!has(self.incoming, 1024, "SECRET", 6) && !has(self.outgoing, 1024, "SECRET", 6));
        subject_free(&self);
    }
}

static void a_replaced_token_goes(void)
{
    subject self = subject_in(OPEN, secret(token, 'A'), 1024);
    iot_tunnel_text shorter = secret(token_after, 'B');
    iot_tunnel_token_taken taken;
    shorter.len = 100;
    CHECK_OK(iot_tunnel_session_handle_token(self.session, 2000, IOT_TUNNEL_SIDE_SOURCE, shorter, IOT_TUNNEL_BINDING_FRESH, NO_TEXT,
                                             draw(), &taken));
    known(self.session, sizeof *self.session);
    CHECK(!has_token(&self, 'A') && has_token(&self, 'B') && !has_client_token(&self));
    subject_free(&self);
}

static void a_wiped_session_is_zeroes(void)
{
    state in;
    for (in = BLANK; in < STATES; in++) {
        subject self = subject_in(in, secret(token, 'A'), 1024);
        CHECK_OK(iot_tunnel_session_wipe(self.session));
        CHECK(is_zero(self.session, sizeof *self.session));
        CHECK_OK(iot_tunnel_session_wipe(self.session));
        subject_free(&self);
    }
}

/* Storage that was never made a session may hold anything, and is wiped too. */
static void garbage_is_wiped(void)
{
    iot_tunnel_session garbage;
    memset(&garbage, 0xA5, sizeof garbage);
    CHECK_OK(iot_tunnel_session_wipe(&garbage));
    CHECK(is_zero(&garbage, sizeof garbage));
}

int main(void)
{
    a_token_goes_when_it_is_of_no_more_use();
    a_replaced_token_goes();
    a_wiped_session_is_zeroes();
    garbage_is_wiped();
    return check_report("a session keeps a token no longer than it needs it");
}
