/* A session lives through what happens to a tunnel: rotations, drops, refusals, silence, the end. */
#include "client.h"

static const char *const SERVICES[] = { "SSH", "HTTP" };

/* A tunnel with its service and both ends. */
static service *tunnel;
static client *ends[2];
#define source ends[0]
#define device ends[1]

static void begin_with(uint32_t count, iot_tunnel_binding binding)
{
    size_t i;
    tunnel = calloc(1, sizeof *tunnel);
    service_open(tunnel, SERVICES, count);
    for (i = 0; i < 2; i++) {
        ends[i] = client_new(tunnel, side_of(i), SERVICES, count);
        client_token(ends[i], issued_text(&tunnel->tokens[i]), binding);
    }
    device->echoes = true;
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(source).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
}

static void begin(void) { begin_with(2, IOT_TUNNEL_BINDING_FRESH); }

static void finish(void)
{
    client_free(source);
    client_free(device);
    service_forget(tunnel, 0);
    service_forget(tunnel, 1);
    free(tunnel);
}

/* A connection works: what is said on it comes back. */
static void works(link *at)
{
    static const char word[] = "ping-pong";
    size_t before = at->heard.length;
    queue_put(&at->to_say, word, sizeof word);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(at->heard.length - before, sizeof word);
    CHECK(memcmp(at->heard.bytes + before, word, sizeof word) == 0);
}

static void a_rotated_token_replaces_the_connection(void)
{
    iot_tunnel_issued first;
    iot_tunnel_bytes data = { (const uint8_t *)"x", 1 };
    link *at;
    size_t taken, heard;
    unsigned long connects;
    begin();
    at = client_open(source, 0);
    works(at);
    heard = at->heard.length;
    /* Redelivered: nothing happens. */
    connects = device->connects;
    CHECK_EQUAL(client_token(device, issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_FRESH), IOT_TUNNEL_TOKEN_TAKEN_SAME);
    works(at);
    CHECK_EQUAL(device->connects, connects);
    /* Rotated in the middle of what is being said. */
    first = tunnel->tokens[1];
    queue_put(&at->to_say, draw(), 64);
    client_say(source);
    service_rotate(tunnel, IOT_TUNNEL_CLIENT_MODE_DESTINATION);
    CHECK_EQUAL(client_token(device, issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_FRESH), IOT_TUNNEL_TOKEN_TAKEN_NEW);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_CONNECTING);
    CHECK_STATUS(iot_tunnel_session_send(device->session, device->links[0].name, data, &taken), MISUSE_CONNECTION_ENDED);
    CHECK_STATUS(iot_tunnel_session_reset(device->session, device->links[0].name), MISUSE_CONNECTION_ENDED);
    client_end(device, -1);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(device->connects, connects + 1);
    CHECK_EQUAL(device->close_code, 1000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    /* The source heard that the stream is over, and nothing of the old one. */
    CHECK_EQUAL(source->streams_ended, 1);
    CHECK(!at->live);
    CHECK_STATUS(iot_tunnel_session_send(source->session, at->name, data, &taken), MISUSE_CONNECTION_ENDED);
    works(client_open(source, 0));
    CHECK_EQUAL(at->heard.length, heard + 10);
    /* The token before, late: nothing happens. */
    CHECK_EQUAL(client_token(device, issued_text(&first), IOT_TUNNEL_BINDING_FRESH), IOT_TUNNEL_TOKEN_TAKEN_EARLIER);
    works(client_open(source, 1));
    CHECK_EQUAL(device->connects, connects + 1);
    finish();
}

static void an_end_that_is_rotated_out_waits_for_its_token(void)
{
    begin();
    service_rotate(tunnel, IOT_TUNNEL_CLIENT_MODE_ALL);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    CHECK(client_status(device).backoff_until >= tunnel->now && client_status(device).backoff_until <= tunnel->now + 1000);
    pass_time(tunnel, ends, 2, 1000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN);
    CHECK_EQUAL(client_status(device).no_token, IOT_TUNNEL_NO_TOKEN_REFUSED);
    CHECK_EQUAL(client_status(device).http_status, 400);
    CHECK_EQUAL(device->answered, IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED);
    CHECK(strstr(device->reason, "revoked by a rotation") != NULL);
    pass_time(tunnel, ends, 2, 600000);
    CHECK_EQUAL(device->connects, 2);
    client_token(source, issued_text(&tunnel->tokens[0]), IOT_TUNNEL_BINDING_FRESH);
    client_token(device, issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_FRESH);
    settle(tunnel, ends, 2);
    works(client_open(source, 0));
    finish();
}

static void a_dropped_connection_comes_back_with_its_client_token(void)
{
    link *at;
    begin();
    at = client_open(source, 0);
    works(at);
    service_lose(tunnel, 1);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    CHECK(!at->live);
    pass_time(tunnel, ends, 2, 1000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    works(client_open(source, 0));
    finish();
}

static void without_a_client_token_a_drop_spends_the_token(void)
{
    begin_with(2, IOT_TUNNEL_BINDING_NONE);
    works(client_open(source, 0));
    service_lose(tunnel, 1);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN);
    CHECK_EQUAL(client_status(device).no_token, IOT_TUNNEL_NO_TOKEN_SPENT);
    pass_time(tunnel, ends, 2, 600000);
    CHECK_EQUAL(device->connects, 1);
    finish();
}

static void a_given_client_token_is_the_one_that_is_presented(void)
{
    iot_tunnel_token_taken taken;
    iot_tunnel_text mine = text("my-own-client-token-of-32-letters");
    bool has = false;
    begin();
    service_rotate(tunnel, IOT_TUNNEL_CLIENT_MODE_DESTINATION);
    CHECK_OK(iot_tunnel_session_handle_token(device->session, tunnel->now, IOT_TUNNEL_SIDE_DESTINATION,
                                             issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_GIVEN, mine, draw(), &taken));
    client_end(device, -1);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    CHECK_OK(iot_tunnel_record_has_client_token(&tunnel->record, mine, tunnel->now, &has));
    CHECK(has);
    finish();
}

static void a_service_that_is_busy_is_asked_again_later(void)
{
    unsigned long connects;
    begin();
    tunnel->refuses = 503;
    service_lose(tunnel, 1);
    pass_time(tunnel, ends, 2, 60000);
    connects = device->connects;
    CHECK_EQUAL(device->answered, IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY);
    CHECK_EQUAL(device->http_status, 503);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    CHECK(connects > 3 && connects < 40);
    tunnel->refuses = 0;
    pass_time(tunnel, ends, 2, 120000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    works(client_open(source, 0));
    finish();
}

static void a_tunnel_that_expires_closes_its_sessions(void)
{
    iot_tunnel_effects effects;
    iot_tunnel_output output;
    iot_tunnel_connection name;
    begin();
    works(client_open(source, 0));
    tunnel->now += 60 * 60000;
    CHECK_OK(iot_tunnel_record_expire(&tunnel->record, tunnel->now, &effects));
    service_follow(tunnel, &effects);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(source).state, IOT_TUNNEL_SESSION_STATE_CLOSED);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_CLOSED);
    CHECK_STATUS(iot_tunnel_session_open(source->session, 0, &name), MISUSE_SESSION_CLOSED);
    CHECK_OK(iot_tunnel_session_poll_output(device->session, &output));
    CHECK_EQUAL(output.kind, IOT_TUNNEL_OUTPUT_KIND_WAIT);
    CHECK_EQUAL(output.deadline, UINT64_MAX);
    finish();
}

static void an_application_that_closes_hangs_up_in_order(void)
{
    begin();
    works(client_open(source, 0));
    CHECK_OK(iot_tunnel_session_close(device->session));
    settle(tunnel, ends, 2);
    CHECK_EQUAL(device->closes, 1);
    CHECK_EQUAL(device->close_code, 1000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_CLOSED);
    CHECK_EQUAL(source->streams_ended, 1);
    CHECK_OK(iot_tunnel_session_close(device->session));
    finish();
}

static void an_idle_connection_is_pinged_and_a_silent_one_is_dropped(void)
{
    iot_tunnel_timeout timeout = -1;
    uint64_t deadline;
    begin();
    pass_time(tunnel, ends, 2, 100000);
    CHECK_EQUAL(tunnel->peers[1].pings, 5);
    works(client_open(source, 0));
    tunnel->is_mute = true;
    CHECK_OK(iot_tunnel_session_deadline(device->session, &deadline));
    CHECK_EQUAL(deadline, tunnel->now + 20000);
    tunnel->now += 20000;
    CHECK_OK(iot_tunnel_session_handle_timeout(device->session, tunnel->now, &timeout));
    CHECK_EQUAL(timeout, IOT_TUNNEL_TIMEOUT_NONE);
    client_do(device);
    tunnel->now += 30000;
    CHECK_OK(iot_tunnel_session_handle_timeout(device->session, tunnel->now, &timeout));
    CHECK_EQUAL(timeout, IOT_TUNNEL_TIMEOUT_PONG);
    client_do(device);
    CHECK_EQUAL(device->close_code, 1001);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    finish();
}

static void an_application_that_reads_nothing_is_not_dropped(void)
{
    begin();
    tunnel->is_mute = true;
    CHECK_OK(iot_tunnel_session_pause(source->session, tunnel->now, true));
    CHECK_OK(iot_tunnel_session_pause(device->session, tunnel->now, true));
    pass_time(tunnel, ends, 2, 300000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    tunnel->is_mute = false;
    CHECK_OK(iot_tunnel_session_pause(source->session, tunnel->now, false));
    CHECK_OK(iot_tunnel_session_pause(device->session, tunnel->now, false));
    pass_time(tunnel, ends, 2, 300000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    works(client_open(source, 0));
    finish();
}

static void a_service_that_never_answers_is_given_up(void)
{
    iot_tunnel_timeout timeout = -1;
    begin();
    service_lose(tunnel, 1);
    settle(tunnel, ends, 2);
    tunnel->sleeps = true;
    pass_time(tunnel, ends, 2, 1000);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_CONNECTING);
    tunnel->now += 30000;
    CHECK_OK(iot_tunnel_session_handle_timeout(device->session, tunnel->now, &timeout));
    CHECK_EQUAL(timeout, IOT_TUNNEL_TIMEOUT_CONNECT);
    client_do(device);
    CHECK_EQUAL(device->close_code, 1001);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    finish();
}

/* The service's message to the device, as one frame. */
static void tell_device(iot_tunnel_message_kind kind, int32_t stream, const char *service_id, size_t payload)
{
    static const uint8_t zeros[IOT_TUNNEL_MAX_MESSAGE];
    iot_tunnel_message message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    message.stream_id = stream;
    message.service_id = text(service_id);
    message.payload.ptr = zeros;
    message.payload.len = payload;
    service_say(tunnel, 1, &message);
    settle(tunnel, ends, 2);
}

static void a_peer_that_breaks_the_protocol_is_hung_up_on(void)
{
    iot_tunnel_session_config config;
    begin();
    tell_device(99, 1, "SSH", 0);
    CHECK_EQUAL(device->losses, 1);
    CHECK_EQUAL(device->fault, IOT_TUNNEL_STATUS_PEER_FAULT_UNKNOWN_MESSAGE_TYPE);
    CHECK_EQUAL(device->close_code, 1002);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_BACKOFF);
    finish();

    /* A message longer than the buffer for it. */
    begin();
    client_free(device);
    memset(&config, 0, sizeof config);
    config.side = IOT_TUNNEL_SIDE_DESTINATION;
    device = client_of(tunnel, &config, 600, 600);
    service_lose(tunnel, 1);
    tunnel->wires[1].exists = false;
    service_rotate(tunnel, IOT_TUNNEL_CLIENT_MODE_DESTINATION);
    client_token(device, issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_FRESH);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(client_status(device).state, IOT_TUNNEL_SESSION_STATE_OPEN);
    tell_device(IOT_TUNNEL_MESSAGE_KIND_DATA, 1, "SSH", 550);
    CHECK_EQUAL(device->losses, 0);
    tell_device(IOT_TUNNEL_MESSAGE_KIND_DATA, 1, "SSH", 600);
    CHECK_EQUAL(device->losses, 1);
    CHECK_EQUAL(device->fault, IOT_TUNNEL_STATUS_CAPACITY_BUFFER_TOO_SMALL);
    CHECK_EQUAL(device->close_code, 1009);
    finish();
}

static void an_unnamed_service_has_the_tunnels_name_or_needs_one(void)
{
    iot_tunnel_session_config config;
    iot_tunnel_text name;
    uint32_t count;
    for (count = 1; count <= 2; count++) {
        begin_with(count, IOT_TUNNEL_BINDING_FRESH);
        memset(&config, 0, sizeof config);
        config.side = IOT_TUNNEL_SIDE_DESTINATION;
        client_free(device);
        service_lose(tunnel, 1);
        tunnel->wires[1].exists = false;
        device = client_of(tunnel, &config, IOT_TUNNEL_MIN_INCOMING, IOT_TUNNEL_MIN_OUTGOING);
        device->echoes = true;
        service_rotate(tunnel, IOT_TUNNEL_CLIENT_MODE_DESTINATION);
        client_token(device, issued_text(&tunnel->tokens[1]), IOT_TUNNEL_BINDING_FRESH);
        CHECK_OK(iot_tunnel_session_service(device->session, 0, &name));
        CHECK_EQUAL(name.len, 0);
        settle(tunnel, ends, 2);
        CHECK_EQUAL(device->open_event.needs_name, count == 2);
        CHECK_OK(iot_tunnel_session_service(device->session, 0, &name));
        CHECK_TEXT(name, count == 1 ? "SSH" : "");
        CHECK_STATUS(iot_tunnel_session_service(device->session, 1, &name), MISUSE_UNKNOWN_SERVICE);
        if (count == 1) {
            works(client_open(source, 0));
        }
        finish();
    }
}

static void a_stream_that_the_service_ends_is_over(void)
{
    iot_tunnel_message message;
    uint8_t frame[64];
    size_t length;
    link *at;
    begin();
    at = client_open(source, 0);
    works(at);
    service_lose(tunnel, 1);
    settle(tunnel, ends, 2);
    CHECK(!at->live);
    CHECK_EQUAL(source->streams_ended, 1);
    /* Nobody is there: what the source opens ends at once. */
    at = client_open(source, 0);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(source->streams_ended, 2);
    CHECK(!at->live);
    memset(&message, 0, sizeof message);
    CHECK_STATUS(iot_tunnel_message_encode_frame(&message, frame, sizeof frame, &length), MISUSE_EMPTY_MESSAGE);
    finish();
}

static void a_service_may_end_all_streams_at_once(void)
{
    iot_tunnel_message message;
    link *ssh, *http;
    begin();
    ssh = client_open(source, 0);
    http = client_open(source, 1);
    works(ssh);
    works(http);
    memset(&message, 0, sizeof message);
    message.kind = IOT_TUNNEL_MESSAGE_KIND_SESSION_RESET;
    service_say(tunnel, 0, &message);
    service_say(tunnel, 1, &message);
    settle(tunnel, ends, 2);
    CHECK_EQUAL(source->session_resets, 1);
    CHECK_EQUAL(device->session_resets, 1);
    CHECK(!ssh->live && !http->live);
    /* The WebSockets stay. */
    works(client_open(source, 0));
    CHECK_EQUAL(source->connects, 1);
    CHECK_EQUAL(device->connects, 1);
    finish();
}

static void a_table_of_connections_has_an_end(void)
{
    iot_tunnel_connection name;
    unsigned i;
    begin();
    for (i = 0; i < 32; i++) {
        CHECK_OK(iot_tunnel_session_open(source->session, 0, &name));
    }
    CHECK_STATUS(iot_tunnel_session_open(source->session, 0, &name), CAPACITY_CONNECTION_TABLE_FULL);
    CHECK_OK(iot_tunnel_session_open(source->session, 1, &name));
    finish();
}

int main(void)
{
    a_rotated_token_replaces_the_connection();
    an_end_that_is_rotated_out_waits_for_its_token();
    a_dropped_connection_comes_back_with_its_client_token();
    without_a_client_token_a_drop_spends_the_token();
    a_given_client_token_is_the_one_that_is_presented();
    a_service_that_is_busy_is_asked_again_later();
    a_tunnel_that_expires_closes_its_sessions();
    an_application_that_closes_hangs_up_in_order();
    an_idle_connection_is_pinged_and_a_silent_one_is_dropped();
    an_application_that_reads_nothing_is_not_dropped();
    a_service_that_never_answers_is_given_up();
    a_peer_that_breaks_the_protocol_is_hung_up_on();
    an_unnamed_service_has_the_tunnels_name_or_needs_one();
    a_stream_that_the_service_ends_is_over();
    a_service_may_end_all_streams_at_once();
    a_table_of_connections_has_an_end();
    return check_report("a session lives through what happens to its tunnel");
}
