/* A source opens, ends and opens again, twenty times beside each of AWS's destinations: every connection is served, and hears
 * nothing that was said to another one. */
#include "destinations.h"
#include "states.h"

enum { TIMES = 20 };
/* How long what a destination has queued is under way, and a pause of a person, in milliseconds. */
#define LATENCY 100ULL
#define PAUSE 3000ULL

typedef struct {
    subject source;
    destination peer;
    iot_tunnel_deframer deframer;
    uint8_t room[2048];
    uint64_t now;
    iot_tunnel_connection open;
    bool has_ended;
    char heard[512];
    size_t heard_length;
} tunnel;

/* Gives the source one message of the destination. */
static void source_receive(tunnel *self, const iot_tunnel_message *message)
{
    uint8_t frame[512];
    iot_tunnel_bytes input = { frame, 0 };
    iot_tunnel_event event;
    CHECK_OK(iot_tunnel_message_encode_frame(message, frame, sizeof frame, &input.len));
    CHECK_OK(iot_tunnel_session_handle_bytes(self->source.session, self->now, &input, &event));
    switch (event.kind) {
    case IOT_TUNNEL_EVENT_KIND_DATA:
        CHECK_EQUAL(event.connection.serial, self->open.serial);
        if (CHECK(event.payload.len < sizeof self->heard - self->heard_length)) {
            memcpy(self->heard + self->heard_length, event.payload.ptr, event.payload.len);
            self->heard_length += event.payload.len;
        }
        break;
    case IOT_TUNNEL_EVENT_KIND_ENDED: self->has_ended |= event.connection.serial == self->open.serial; break;
    case IOT_TUNNEL_EVENT_KIND_STREAM_ENDED: self->has_ended = true; break;
    default: CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_HANDLED); break;
    }
}

/* What the source has to send reaches the destination. */
static void source_sends(tunnel *self)
{
    iot_tunnel_output output;
    for (;;) {
        iot_tunnel_bytes input, bytes;
        iot_tunnel_message message;
        CHECK_OK(iot_tunnel_session_poll_output(self->source.session, &output));
        if (output.kind == IOT_TUNNEL_OUTPUT_KIND_PING) {
            CHECK_OK(iot_tunnel_session_handle_pong(self->source.session, self->now));
            continue;
        }
        if (output.kind != IOT_TUNNEL_OUTPUT_KIND_SEND) {
            CHECK_EQUAL(output.kind, IOT_TUNNEL_OUTPUT_KIND_WAIT);
            return;
        }
        input.ptr = output.bytes.ptr;
        input.len = output.bytes.len;
        while (iot_tunnel_deframer_next(&self->deframer, &input, &bytes) == IOT_TUNNEL_STATUS_OK && bytes.len > 0) {
            CHECK_OK(iot_tunnel_message_decode(bytes, &message));
            destination_receive(&self->peer, &message);
        }
        CHECK_OK(iot_tunnel_session_sent(self->source.session, output.bytes.len));
    }
}

/* What the destination has queued reaches the source, at most `most` messages. */
static void destination_sends(tunnel *self, size_t most)
{
    iot_tunnel_message message;
    char payload[MOST_PAYLOAD];
    for (; most > 0 && self->peer.queue_length > 0; most--) {
        if (destination_send(&self->peer, &message, payload)) {
            source_receive(self, &message);
            source_sends(self);
        }
    }
}

static void pass(tunnel *self, uint64_t duration)
{
    self->now += duration;
    CHECK_OK(iot_tunnel_session_handle_timeout(self->source.session, self->now, NULL));
    source_sends(self);
    if (duration >= LATENCY) {
        destination_sends(self, SIZE_MAX);
    }
}

static void open_next(tunnel *self)
{
    uint64_t begin = self->now, deadline;
    unsigned waits = 0;
    self->open.serial = 0;
    self->has_ended = false;
    self->heard_length = 0;
    while (iot_tunnel_session_open(self->source.session, 0, &self->open) == IOT_TUNNEL_STATUS_WOULD_BLOCK) {
        CHECK_OK(iot_tunnel_session_deadline(self->source.session, &deadline));
        /* The pause begins with the first time that the session is given. */
        if (!CHECK(++waits <= 3)) {
            return;
        }
        pass(self, deadline > self->now ? deadline - self->now : 0);
    }
    CHECK(self->open.serial != 0 && self->now - begin <= 500);
    source_sends(self);
}

static void say(tunnel *self, const char *text)
{
    iot_tunnel_bytes data = { (const uint8_t *)text, strlen(text) };
    size_t taken;
    CHECK_OK(iot_tunnel_session_send(self->source.session, self->open, data, &taken));
    CHECK_EQUAL(taken, data.len);
    source_sends(self);
}

static void end(tunnel *self)
{
    if (!self->has_ended) {
        CHECK_OK(iot_tunnel_session_reset(self->source.session, self->open));
        source_sends(self);
    }
}

/* The connection that the destination has started latest, which must be this one's. */
static served *of_open(tunnel *self, unsigned number)
{
    CHECK_EQUAL(self->peer.count, number);
    return &self->peer.list[self->peer.count - 1];
}

/* One connection, from its opening to its end, by number. */
typedef void script(tunnel *self, unsigned number);

static void is_answered(tunnel *self, unsigned number)
{
    char answer[MOST_PAYLOAD];
    open_next(self);
    say(self, "question");
    CHECK_EQUAL(of_open(self, number)->got_length, strlen("question"));
    snprintf(answer, sizeof answer, "answer %u", number);
    destination_queue(&self->peer, IOT_TUNNEL_MESSAGE_KIND_DATA, of_open(self, number)->id, answer);
    destination_sends(self, SIZE_MAX);
    CHECK_EQUAL(self->heard_length, strlen(answer));
    CHECK(memcmp(self->heard, answer, self->heard_length) == 0);
    end(self);
}

static void is_spoken_to_first(tunnel *self, unsigned number)
{
    char greeting[MOST_PAYLOAD];
    self->peer.greeting = "hello ";
    snprintf(greeting, sizeof greeting, "hello %u", number);
    open_next(self);
    destination_sends(self, SIZE_MAX);
    CHECK_EQUAL(self->heard_length, strlen(greeting));
    CHECK(memcmp(self->heard, greeting, self->heard_length) == 0);
    end(self);
}

static void writes_and_closes(tunnel *self, unsigned number)
{
    static const char all[] = "everything there is";
    served *got;
    open_next(self);
    say(self, all);
    end(self);
    got = of_open(self, number);
    CHECK(got->got_length == sizeof all - 1 && memcmp(got->got, all, got->got_length) == 0);
    CHECK(!got->live);
}

static void is_ended_by_the_service(tunnel *self, unsigned number)
{
    served *at;
    open_next(self);
    at = of_open(self, number);
    destination_queue(&self->peer, IOT_TUNNEL_MESSAGE_KIND_DATA, at->id, "bye");
    destination_sends(self, SIZE_MAX);
    CHECK_EQUAL(self->heard_length, 3);
    at->live = false;
    if (self->peer.has_ids) {
        destination_queue(&self->peer, IOT_TUNNEL_MESSAGE_KIND_CONNECTION_RESET, at->id, "");
        destination_sends(self, SIZE_MAX);
    } else {
        destination_queue(&self->peer, IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET, 0, "");
        destination_sends(self, SIZE_MAX);
        self->peer.has_stream = false;
    }
    CHECK(self->has_ended);
    end(self);
}

/* The application aborts a download: what the destination has queued for it is still there when the next connection opens. */
static void is_aborted(tunnel *self, unsigned number)
{
    char part[MOST_PAYLOAD];
    size_t i;
    open_next(self);
    snprintf(part, sizeof part, "part of %u;", number);
    for (i = 0; i < 8; i++) {
        destination_queue(&self->peer, IOT_TUNNEL_MESSAGE_KIND_DATA, of_open(self, number)->id, part);
    }
    destination_sends(self, self->peer.queue_length - 5);
    CHECK(self->heard_length >= 3 * strlen(part) && memcmp(self->heard, part, strlen(part)) == 0);
    for (i = 0; i + strlen(part) <= self->heard_length; i += strlen(part)) {
        CHECK(memcmp(self->heard + i, part, strlen(part)) == 0);
    }
    end(self);
}

static void twenty_times(destination_kind kind, iot_tunnel_subprotocol format, script *play, bool pauses)
{
    static tunnel self;
    iot_tunnel_session_config config = subject_config();
    iot_tunnel_token_taken taken;
    static const uint8_t SERVICE_IDS[] = "\x00\x07\x08\x05\x32\x03SSH";
    iot_tunnel_bytes input = { SERVICE_IDS, sizeof SERVICE_IDS - 1 };
    iot_tunnel_event event;
    unsigned number;
    memset(&self, 0, sizeof self);
    self.source = subject_in(AWAITING_TOKEN, text("token"), 2048);
    self.peer.kind = kind;
    self.now = 1000;
    config.format = format;
    CHECK_OK(iot_tunnel_session_wipe(self.source.session));
    CHECK_OK(iot_tunnel_session_init(self.source.session, sizeof *self.source.session, &config, sizeof config, self.source.incoming,
                                     2048, self.source.outgoing, 2048));
    CHECK_OK(iot_tunnel_session_handle_token(self.source.session, self.now, IOT_TUNNEL_SIDE_SOURCE, text("token"),
                                             IOT_TUNNEL_BINDING_FRESH, NO_TEXT, draw(), &taken));
    subject_connect(&self.source);
    subject_request(&self.source);
    subject_accept(&self.source);
    CHECK_OK(iot_tunnel_session_handle_bytes(self.source.session, self.now, &input, &event));
    CHECK_EQUAL(event.kind, IOT_TUNNEL_EVENT_KIND_OPEN);
    CHECK_OK(iot_tunnel_deframer_init(&self.deframer, sizeof self.deframer, self.room, sizeof self.room));
    for (number = 1; number <= TIMES; number++) {
        play(&self, number);
        if (pauses) {
            pass(&self, PAUSE);
        }
    }
    CHECK_EQUAL(self.peer.count, TIMES);
    CHECK_OK(iot_tunnel_deframer_wipe(&self.deframer));
    subject_free(&self.source);
}

int main(void)
{
    static script *const SCRIPTS[] = { is_answered, is_spoken_to_first, writes_and_closes, is_ended_by_the_service, is_aborted };
    static const iot_tunnel_subprotocol FORMATS[] = { IOT_TUNNEL_SUBPROTOCOL_V2, IOT_TUNNEL_SUBPROTOCOL_V3 };
    size_t play, format, pauses;
    for (play = 0; play < sizeof SCRIPTS / sizeof *SCRIPTS; play++) {
        for (format = 0; format < sizeof FORMATS / sizeof *FORMATS; format++) {
            for (pauses = 0; pauses < 2; pauses++) {
                twenty_times(REFERENCE_PROXY, FORMATS[format], SCRIPTS[play], pauses != 0);
                twenty_times(AWS_C_CLIENT, FORMATS[format], SCRIPTS[play], pauses != 0);
            }
        }
    }
    return check_report("a source opens and ends connections beside AWS's destinations");
}
