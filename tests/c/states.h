/* A session in each of its states, brought there by the calls that lead there. */
#ifndef STATES_H
#define STATES_H

#include "known.h"
#include "service.h"

typedef enum {
    BLANK,
    AWAITING_TOKEN,
    CONNECT_DUE,
    CONNECTING,
    REQUESTED,
    AWAITING_SERVICES,
    OPEN,
    BACKOFF,
    REFUSED,
    SPENT,
    CLOSED,
    WIPED,
    STATES
} state;

/* A source with the one service SSH, in memory of exactly its size. */
typedef struct {
    iot_tunnel_session *session;
    uint8_t *incoming, *outgoing;
    size_t buffer_length;
    /* The latest upgrade request. */
    char request[IOT_TUNNEL_MAX_UPGRADE_REQUEST];
    size_t request_length;
    /* A connection that was opened in OPEN. */
    iot_tunnel_connection connection;
} subject;

static const iot_tunnel_bytes NO_BYTES = { NULL, 0 };

static iot_tunnel_session_config subject_config(void)
{
    iot_tunnel_session_config config;
    memset(&config, 0, sizeof config);
    config.side = IOT_TUNNEL_SIDE_SOURCE;
    config.services[0] = text("SSH");
    config.service_count = 1;
    return config;
}

static void subject_request(subject *self)
{
    CHECK_OK(iot_tunnel_session_upgrade_request(self->session, text("localhost"), 0, draw(), self->request, sizeof self->request,
                                                &self->request_length));
}

static void subject_accept(subject *self)
{
    iot_tunnel_handshake handshake;
    iot_tunnel_rejection rejection;
    iot_tunnel_upgrade_answer answer;
    char bytes[512];
    size_t length;
    CHECK_OK(request_judge((const uint8_t *)self->request, self->request_length, &handshake, &rejection));
    length = accepting_answer(&handshake, bytes, sizeof bytes);
    CHECK_OK(iot_tunnel_session_handle_upgrade(self->session, 1000, (const uint8_t *)bytes, length, false, &answer));
    CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED);
    CHECK_EQUAL(answer.consumed, length);
}

static void subject_refuse(subject *self)
{
    static const char NO[] = "HTTP/1.1 403 No\r\nx-status-reason: no\r\n\r\n";
    iot_tunnel_upgrade_answer answer;
    CHECK_OK(iot_tunnel_session_handle_upgrade(self->session, 1000, (const uint8_t *)NO, sizeof NO - 1, false, &answer));
    CHECK_EQUAL(answer.kind, IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED);
    CHECK_SHOWN(answer.reason, "no");
}

static void subject_go_open(subject *self)
{
    /* SERVICE_IDS of SSH. */
    static const uint8_t FRAME[] = "\x00\x07\x08\x05\x32\x03SSH";
    iot_tunnel_bytes input = { FRAME, sizeof FRAME - 1 };
    iot_tunnel_event event;
    CHECK_OK(iot_tunnel_session_handle_bytes(self->session, 1000, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_OPEN);
    CHECK_OK(iot_tunnel_session_open(self->session, 0, &self->connection));
}

static void subject_connect(subject *self)
{
    iot_tunnel_output output;
    CHECK_OK(iot_tunnel_session_poll_output(self->session, &output));
    CHECK_EQUAL(output.kind, IOT_TUNNEL_OUTPUT_KIND_CONNECT);
}

static subject subject_made(state wanted, iot_tunnel_text token, size_t buffer_length)
{
    subject self;
    iot_tunnel_session_config config = subject_config();
    iot_tunnel_token_taken taken;
    iot_tunnel_binding binding = wanted == SPENT ? IOT_TUNNEL_BINDING_NONE : IOT_TUNNEL_BINDING_FRESH;
    memset(&self, 0, sizeof self);
    self.session = exactly(sizeof *self.session);
    self.incoming = exactly(buffer_length);
    self.outgoing = exactly(buffer_length);
    self.buffer_length = buffer_length;
    memset(self.session, 0, sizeof *self.session);
    if (wanted == BLANK) {
        return self;
    }
    CHECK_OK(iot_tunnel_session_init(self.session, sizeof *self.session, &config, sizeof config, self.incoming, buffer_length,
                                     self.outgoing, buffer_length));
    if (wanted == AWAITING_TOKEN) {
        return self;
    }
    CHECK_OK(iot_tunnel_session_handle_token(self.session, 1000, IOT_TUNNEL_SIDE_SOURCE, token, binding, NO_TEXT, draw(), &taken));
    if (wanted == CONNECT_DUE) {
        return self;
    }
    subject_connect(&self);
    if (wanted == CONNECTING) {
        return self;
    }
    subject_request(&self);
    if (wanted == REQUESTED) {
        return self;
    }
    if (wanted == REFUSED) {
        subject_refuse(&self);
        return self;
    }
    subject_accept(&self);
    if (wanted == AWAITING_SERVICES) {
        return self;
    }
    subject_go_open(&self);
    if (wanted == BACKOFF || wanted == SPENT) {
        CHECK_OK(iot_tunnel_session_handle_closed(self.session, 1000, 0, NO_TEXT));
    } else if (wanted == CLOSED) {
        CHECK_OK(iot_tunnel_session_close(self.session));
    } else if (wanted == WIPED) {
        CHECK_OK(iot_tunnel_session_wipe(self.session));
    }
    return self;
}

/* A session in that state; that in SPENT has no client token. Tests look at all of its storage. */
static MAYBE_UNUSED subject subject_in(state wanted, iot_tunnel_text token, size_t buffer_length)
{
    subject self = subject_made(wanted, token, buffer_length);
    known(self.session, sizeof *self.session);
    return self;
}

static MAYBE_UNUSED void subject_free(subject *self)
{
    CHECK_OK(iot_tunnel_session_wipe(self->session));
    free(self->session);
    free(self->incoming);
    free(self->outgoing);
}

#endif
