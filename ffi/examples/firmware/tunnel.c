#include "tunnel.h"

#include "app.h"
#include "board.h"
#include "config.h"
#include "entropy.h"
#include "handshake.h"
#include "line.h"
#include "notice.h"
#include "text.h"

#include <string.h>

struct tunnel_counts tunnel_counts;

static iot_tunnel_session session;
static iot_tunnel_websocket websocket;
static uint8_t incoming[INCOMING], outgoing[OUTGOING];
static bool had_token;

/* Where the connection to the service is. */
static enum {
    /* None is wanted. What arrives is left of an old one. */
    DOWN,
    /* One is wanted, and the line is not settled yet. */
    SETTLING,
    /* The upgrade request is written, and not answered. */
    ASKED,
    /* A WebSocket. */
    UP,
} link;

static uint64_t probe_due;

static const iot_tunnel_text NO_TEXT = {NULL, 0};
static const iot_tunnel_bytes NO_BYTES = {NULL, 0};

/* A call that the library refuses is a mistake of this file, not something that happens, and what the call was for is not
 * there. Nothing that comes from outside leads here: that is an event, or a status that is looked at. */
static void must(iot_tunnel_status status) {
    if (status != IOT_TUNNEL_STATUS_OK) {
        report("MISTAKE: %t", iot_tunnel_status_name(status));
        board_stop();
    }
}

static iot_tunnel_text text_of(const char *string) {
    return (iot_tunnel_text){string, strlen(string)};
}

void tunnel_start(void) {
    iot_tunnel_session_config config = {.side = IOT_TUNNEL_SIDE_DESTINATION, .service_count = APP_SERVICES};
    memcpy(config.services, app_names, sizeof app_names);
    iot_tunnel_session_wipe(&session);
    must(iot_tunnel_session_init(
        &session, sizeof session, &config, sizeof config, incoming, sizeof incoming, outgoing, sizeof outgoing));
    had_token = false;
}

/* ---- How the connection to the service ends. */

static void put_down(void) {
    if (link == UP) {
        app_ended_all();
    }
    link = DOWN;
}

/* It is over, and the session knows. Of a tunnel that is closed nothing is left; the next token is another tunnel's. */
static void settle(void) {
    iot_tunnel_session_status status;
    put_down();
    must(iot_tunnel_session_describe(&session, &status));
    if (status.state == IOT_TUNNEL_SESSION_STATE_CLOSED) {
        report("tunnel closed");
        tunnel_start();
    }
}

/* It is over, or did not come about. */
static void lose(uint64_t now, iot_tunnel_text why) {
    report("lost: %t", why);
    must(iot_tunnel_session_handle_closed(&session, now, 0, NO_TEXT));
    settle();
}

/* ---- What goes to the service. */

enum { CONTROL_FRAME = 14 + 125 };

static void write_control(iot_tunnel_frame kind, iot_tunnel_bytes payload) {
    uint8_t frame[CONTROL_FRAME], key[4];
    size_t length;
    entropy_fill(key, sizeof key);
    must(iot_tunnel_websocket_write(&websocket, kind, payload, key, frame, sizeof frame, &length));
    line_write(frame, length);
}

static void write_close(uint16_t code) {
    uint8_t frame[CONTROL_FRAME], key[4];
    size_t length;
    entropy_fill(key, sizeof key);
    must(iot_tunnel_websocket_write_close(&websocket, code, NO_TEXT, key, frame, sizeof frame, &length));
    line_write(frame, length);
}

/* Masks the bytes where they lie, so that a frame needs no room of its own. */
static void write_binary(iot_tunnel_output output) {
    uint8_t header[14], key[4];
    size_t length;
    entropy_fill(key, sizeof key);
    must(iot_tunnel_websocket_mask(&websocket, output.bytes.ptr, output.bytes.len, key, header, &length));
    line_write(header, length);
    line_write(output.bytes.ptr, output.bytes.len);
    must(iot_tunnel_session_sent(&session, output.bytes.len));
}

/* Does what the session wants done. The UART takes everything, so nothing is left afterwards. */
static void flush(void) {
    for (;;) {
        iot_tunnel_output output;
        must(iot_tunnel_session_poll_output(&session, &output));
        switch (output.kind) {
        case IOT_TUNNEL_OUTPUT_KIND_CLOSE_WEBSOCKET:
            if (link == UP) {
                write_close(output.close_code);
            }
            settle();
            break;
        case IOT_TUNNEL_OUTPUT_KIND_CONNECT:
            link = SETTLING;
            break;
        case IOT_TUNNEL_OUTPUT_KIND_PING:
            write_control(IOT_TUNNEL_FRAME_PING, NO_BYTES);
            break;
        case IOT_TUNNEL_OUTPUT_KIND_SEND:
            write_binary(output);
            break;
        default:
            return;
        }
    }
}

void tunnel_send(uint64_t now) {
    flush();
    if (link == SETTLING && line_is_settled()) {
        report("connecting");
        must(handshake_ask(now, &session));
        link = ASKED;
    }
}

bool tunnel_write(iot_tunnel_connection connection, const void *bytes, size_t length) {
    iot_tunnel_bytes data = {bytes, length};
    while (data.len > 0) {
        size_t taken = 0;
        iot_tunnel_status status = iot_tunnel_session_send(&session, connection, data, &taken);
        if (status != IOT_TUNNEL_STATUS_OK && status != IOT_TUNNEL_STATUS_WOULD_BLOCK) {
            return false;
        }
        data.ptr += taken;
        data.len -= taken;
        tunnel_counts.bytes_out += taken;
        flush();
    }
    return true;
}

void tunnel_end(iot_tunnel_connection connection) {
    /* It may have ended at the same moment. */
    iot_tunnel_session_reset(&session, connection);
}

/* ---- What comes from the service. */

static void report_open(const iot_tunnel_event *event) {
    static const iot_tunnel_text comma = {",", 1};
    const iot_tunnel_text *names = event->services;
    uint32_t count = event->service_count;
    report(
        "open services=%t%t%t%t%t", count > 0 ? names[0] : NO_TEXT, count > 1 ? comma : NO_TEXT, count > 1 ? names[1] : NO_TEXT,
        count > 2 ? comma : NO_TEXT, count > 2 ? names[2] : NO_TEXT);
}

static void handle_event(const iot_tunnel_event *event) {
    switch (event->kind) {
    case IOT_TUNNEL_EVENT_KIND_OPEN:
        report_open(event);
        break;
    case IOT_TUNNEL_EVENT_KIND_STARTED:
        tunnel_counts.connections++;
        app_started(event->connection, event->replaces);
        break;
    case IOT_TUNNEL_EVENT_KIND_DATA:
        tunnel_counts.bytes_in += event->payload.len;
        app_received(event->connection, event->payload);
        break;
    case IOT_TUNNEL_EVENT_KIND_ENDED:
        app_ended(event->connection);
        break;
    case IOT_TUNNEL_EVENT_KIND_STREAM_ENDED:
        app_ended_service(event->service);
        break;
    case IOT_TUNNEL_EVENT_KIND_SESSION_RESET:
        app_ended_all();
        break;
    case IOT_TUNNEL_EVENT_KIND_LOST:
        report("lost: %t", iot_tunnel_status_text(event->fault));
        break;
    default:
        break;
    }
}

static void hear_tunnel(uint64_t now, iot_tunnel_bytes input) {
    while (link == UP && input.len > 0) {
        iot_tunnel_event event;
        must(iot_tunnel_session_handle_bytes(&session, now, &input, &event));
        handle_event(&event);
        /* An answer may have to go out before the session takes more. */
        flush();
    }
}

/* Returns how many bytes it has taken. When the WebSocket ends, what lies behind is nobody's. */
static size_t hear_websocket(uint64_t now, uint8_t *bytes, size_t length) {
    iot_tunnel_buffer input = {bytes, length};
    while (link == UP) {
        iot_tunnel_websocket_event event;
        iot_tunnel_status status = iot_tunnel_websocket_receive(&websocket, &input, &event);
        if (status != IOT_TUNNEL_STATUS_OK) {
            write_close(iot_tunnel_websocket_close_code(status));
            lose(now, iot_tunnel_status_text(status));
            break;
        }
        switch (event.kind) {
        case IOT_TUNNEL_FRAME_BINARY:
            hear_tunnel(now, event.payload);
            break;
        case IOT_TUNNEL_FRAME_PING:
            write_control(IOT_TUNNEL_FRAME_PONG, event.payload);
            must(iot_tunnel_session_handle_ping(&session, now));
            break;
        case IOT_TUNNEL_FRAME_PONG:
            must(iot_tunnel_session_handle_pong(&session, now));
            break;
        case IOT_TUNNEL_FRAME_CLOSE:
            report("closed: code=%u reason=%t", event.close_code, event.close_reason);
            write_close(event.close_code);
            must(iot_tunnel_session_handle_closed(&session, now, event.close_code, event.close_reason));
            settle();
            break;
        default:
            return length;
        }
    }
    return length;
}

/* A text of the peer, which report makes printable. */
static iot_tunnel_text as_text(iot_tunnel_bytes bytes) {
    return (iot_tunnel_text){(const char *)bytes.ptr, bytes.len};
}

/* An answer that is no 101. */
static void report_answer(const iot_tunnel_upgrade_answer *answer) {
    if (answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_UNEXPECTED) {
        report("not the service: status=%u location=%t", answer->http_status, as_text(answer->location));
    } else if (answer->kind == IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY) {
        report("later: status=%u after=%u reason=%t", answer->http_status, (unsigned)answer->retry_after, as_text(answer->reason));
    } else {
        report("refused: status=%u reason=%t", answer->http_status, as_text(answer->reason));
    }
}

static size_t hear_answer(uint64_t now, const uint8_t *bytes, size_t length) {
    iot_tunnel_upgrade_answer answer;
    iot_tunnel_text fault;
    size_t taken = handshake_hear(now, &session, bytes, length, &answer, &fault);
    if (fault.len > 0) {
        lose(now, fault);
        return length;
    }
    switch (answer.kind) {
    case IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE:
        break;
    case IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED:
        must(iot_tunnel_websocket_init(&websocket, sizeof websocket, IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT));
        link = UP;
        probe_due = now + PROBE_MS;
        tunnel_counts.handshakes++;
        break;
    default:
        report_answer(&answer);
        settle();
        break;
    }
    return taken;
}

bool tunnel_receive(uint64_t now) {
    uint8_t *bytes;
    size_t length = line_peek(&bytes);
    /* Behind the look at the bytes: a damaged one among them is known by now. */
    if ((link == ASKED || link == UP) && line_fault() != NULL) {
        lose(now, text_of(line_fault()));
    }
    if (length == 0) {
        return false;
    }
    switch (link) {
    case ASKED:
        length = hear_answer(now, bytes, length);
        break;
    case UP:
        if (line_was_cut()) {
            lose(now, text_of("the service does not know this connection"));
        } else {
            length = hear_websocket(now, bytes, length);
        }
        break;
    default:
        break;
    }
    line_take(length);
    return true;
}

/* ---- What is due, and what the notifications bring. */

void tunnel_time(uint64_t now) {
    iot_tunnel_timeout timeout;
    if (link == ASKED && handshake_is_late(now)) {
        lose(now, text_of("no answer"));
    }
    if (link == UP && now >= probe_due) {
        probe_due = now + PROBE_MS;
        write_control(IOT_TUNNEL_FRAME_PING, NO_BYTES);
    }
    must(iot_tunnel_session_handle_timeout(&session, now, &timeout));
    if (timeout != IOT_TUNNEL_TIMEOUT_NONE) {
        report("timed out: %u", (unsigned)timeout);
    }
}

static void take_token(uint64_t now, const iot_tunnel_notification *notification) {
    uint8_t entropy[64];
    iot_tunnel_token_taken taken;
    entropy_fill(entropy, sizeof entropy);
    iot_tunnel_status status = iot_tunnel_session_handle_token(
        &session, now, notification->client_mode, notification->client_access_token, IOT_TUNNEL_BINDING_FRESH, NO_TEXT, entropy,
        &taken);
    entropy_wipe(entropy, sizeof entropy);
    if (status != IOT_TUNNEL_STATUS_OK) {
        report("notification ignored: %t", iot_tunnel_status_text(status));
    } else if (taken != IOT_TUNNEL_TOKEN_TAKEN_NEW) {
        report("notification ignored: the token is known");
    } else {
        report(had_token ? "token rotated" : "token taken");
        tunnel_counts.rotations += had_token;
        had_token = true;
        handshake_start();
        /* What the old connection still brings is not for this session any more. */
        flush();
    }
}

bool tunnel_hear(uint64_t now) {
    size_t length;
    uint8_t *line = notice_next(&length);
    if (line == NULL) {
        return false;
    }
    iot_tunnel_notification notification;
    iot_tunnel_status status = iot_tunnel_notification_parse(line, length, &notification);
    if (status == IOT_TUNNEL_STATUS_OK) {
        take_token(now, &notification);
    } else {
        report("notification ignored: %t", iot_tunnel_status_text(status));
    }
    return true;
}
