/**
 * iot-tunnel: a tunnel's end for device agents and firmware, and the service's record for gateways.
 * Copyright the iot-tunnel authors. SPDX-License-Identifier: Apache-2.0
 *
 * This file is made by `make header` and is the manual of the C API.
 *
 * # What it is
 *
 * AWS IoT Secure Tunneling with the rotation of client access tokens: every rule of it, and nothing else. The library has no
 * socket, no clock, no random source, no thread, no allocator, no global and no log. What it decides on comes in as an
 * argument, what is to be done comes out as a result. It is written in Rust without a runtime, and it does not panic.
 *
 * - A device agent takes a notification (iot_tunnel_notification), opens the tunnel with a session (iot_tunnel_session) and
 *   serves TCP connections through it, also through a rotation of its token.
 * - A gateway that is the service keeps a record of each tunnel (iot_tunnel_record, iot_tunnel_table): who may connect, what a
 *   rotation does, when a tunnel ends.
 * - Whoever calls RotateTunnelAccessToken writes the request and reads the answer (iot_tunnel_rotate_request,
 *   iot_tunnel_rotate_response).
 *
 * # Conventions
 *
 * - A function is called iot_tunnel_<noun>_<verb>, a constant IOT_TUNNEL_<NOUN>_<VALUE>.
 * - A function answers an iot_tunnel_status. OK and WOULD_BLOCK are no errors; the numbers of errors stand in hundreds by
 *   whose fault they are (iot_tunnel_status_party). The descriptions list what a function can answer, without the prefix
 *   IOT_TUNNEL_STATUS_. The first fault found is answered.
 * - **A call that fails changes nothing**: not its object, and not its results. The one exception is a length: where a result
 *   does not fit its buffer (CAPACITY_BUFFER_TOO_SMALL), the length says how much room it needs, and the buffer holds nothing
 *   of the result. A capacity of 0 asks for that length.
 * - Text is UTF-8 with a length and without a zero at its end (iot_tunnel_text). Bytes are the same (iot_tunnel_bytes).
 *   {NULL, 0} is empty.
 * - A parameter whose type is an enum may be any number: one that is no value of it is MISUSE_UNKNOWN_ENUM_VALUE.
 * - A pointer that must not be NULL and is one is MISUSE_NULL_POINTER. A function says which may be NULL.
 * - A struct that is handed over has a value in every member that counts.
 *
 * # Memory
 *
 * The caller owns all of it. Storage (a struct whose one member is `opaque`) is made a value by its init or open, which are told
 * its sizeof, so that a program compiled with another version's header is MISUSE_STORAGE_SIZE_MISMATCH. Storage of zeroes is
 * "not initialised": every other call on it is MISUSE_NOT_INITIALISED. There is no free. A wipe makes storage zeroes again; it
 * may be called twice. A record may be copied and moved; other storage stays where it is.
 *
 * No pointer is kept beyond a call, except those of the buffers that a session or a deframer is made with. What is written must
 * not overlap with anything else that a call is given, MISUSE_OVERLAPPING_MEMORY. No call needs more than 2 KiB of stack on a
 * Cortex-M, except those with `explain` in their name.
 *
 * # Threads
 *
 * The library has no state of its own. One call at a time for an object and for the memory it was given; different objects are
 * independent. Calls that take an object as const may run at once; a table's calls may not, for its slots are the object. Functions
 * that take no object may be called at any time, also in an interrupt.
 *
 * # Secrets
 *
 * Access tokens and client tokens are secrets. They never stand in a message of iot_tunnel_..._explain. A record holds digests
 * only; a session holds its token until it is wiped. Wherever a function puts a token into the caller's memory, it says so, and
 * the caller wipes it.
 *
 * # Time and entropy
 *
 * Times are milliseconds in 64 bits. A session takes those of a monotonic clock, which may begin with the device. A record
 * takes UTC if it is to mean the same after a reset: open none before that clock is set, for a step ahead takes from a tunnel's
 * lifetime, and a step back adds to it. A `deadline` is a time of the same clock; UINT64_MAX: never.
 *
 * Entropy is 64 bytes from a cryptographic random source, drawn for that one call. 64 equal bytes are
 * MISUSE_STUCK_ENTROPY: a source that was never started reads like that.
 *
 * # The loop of a device
 *
 * 1. Make the session with iot_tunnel_session_init: a side, the services, two buffers that stay its own. Subscribe to
 *    $aws/things/<thing name>/tunnels/notify.
 * 2. A notification has come, the first or a later one: iot_tunnel_notification_parse, then iot_tunnel_session_handle_token
 *    with its token, side and fresh entropy; wipe the payload. The same token twice and a late one are told apart: you need
 *    not. What the broker has retained may be older than that, and is best left alone while there is a tunnel.
 * 3. Ask iot_tunnel_session_poll_output what is to be done, and do it, until it says WAIT or the socket takes no more:
 *    - CONNECT: TCP and TLS to the endpoint (iot_tunnel_endpoint_aws makes it of the notification's region). Send what
 *      iot_tunnel_session_upgrade_request writes, and give iot_tunnel_session_handle_upgrade the answer. NEED_MORE: call it
 *      again when there is more. ACCEPTED: iot_tunnel_websocket_init; the bytes behind `consumed` are for 5. REFUSED and RETRY:
 *      close the socket, and ask again.
 *    - SEND: as much of the bytes as the socket takes, in frames of iot_tunnel_websocket_write or, where they lie, of
 *      iot_tunnel_websocket_mask; then iot_tunnel_session_sent. PING: a ping frame.
 *    - CLOSE_WEBSOCKET: a close frame, unless half of another frame is out, then close the socket.
 * 4. Wait for the first of:
 *    - bytes from the socket; room in it, if it took no more, and the end of its connecting;
 *    - bytes from a served connection, unless iot_tunnel_session_send said WOULD_BLOCK to the last ones: that is back-pressure;
 *      room in one that has not taken all of its DATA;
 *    - a notification; the deadline.
 * 5. Bytes from the socket: iot_tunnel_websocket_receive makes frames of them. Binary ones go through
 *    iot_tunnel_session_handle_bytes, which gives one event at a time: STARTED is a connection to make to the service, DATA is
 *    for it, ENDED is its end. While DATA has no room, leave the rest where it is, and say so by iot_tunnel_session_pause.
 *    Answer a ping, and say iot_tunnel_session_handle_ping or _pong. A close frame, the end of the socket or an error of it:
 *    iot_tunnel_session_handle_closed.
 * 6. Bytes from a served connection: iot_tunnel_session_send; its end: iot_tunnel_session_reset.
 * 7. The deadline has come: iot_tunnel_session_handle_timeout, after 5: a pong that lies in the socket is no silence.
 * 8. Go on with 3. Lost connections, back-off and rotations are the session's: after each it says CONNECT again or waits for a
 *    token, as iot_tunnel_session_describe tells. One thing it does not come back from is CLOSED, the end of the tunnel: wipe
 *    it and go on with 1, so that the next notification finds a session.
 *
 * ffi/examples/agent is this loop on Linux, ffi/examples/firmware on a microcontroller without an operating system.
 *
 * # The loop of a gateway
 *
 * 1. Read the clock, and draw entropy if the call takes it.
 * 2. Copy the record, or take it where it stands if it need not survive a reset. A table (iot_tunnel_table) finds it among
 *    others.
 * 3. Call one operation: open, connect, disconnect, rotate, close or expire.
 * 4. If it is refused, answer with the status. The record is as it was.
 * 5. Store the record. Until that is durable, nothing has happened: the use of a token must survive a reset.
 * 6. Answer, then do what the effects say, in the order that iot_tunnel_effects gives.
 *
 * What passes through its sockets:
 *
 * - An upgrade request: iot_tunnel_handshake_judge, then the loop with iot_tunnel_record_connect. Refused: the rejection's
 *   status, with its reason as the body and in `x-status-reason`. Admitted: 101 with `upgrade`, `connection`,
 *   `sec-websocket-accept`, `sec-websocket-protocol` (aws.iot.securetunneling-1.0, -2.0 or -3.0, as the handshake's subprotocol)
 *   and `channel-id`, an id of your choice that helps whoever looks for a fault.
 * - Then frames: iot_tunnel_websocket_init as the server, and a deframer for what the binary ones carry. Answer pings. First of
 *   all send SERVICE_IDS with the tunnel's services, which may be none, alone in its WebSocket message; with V1 leave it out.
 * - Messages: iot_tunnel_message_decode and iot_tunnel_message_check judge each; 1002 closes the connection of a client whose
 *   message breaks a rule. Pass every other to the other side as it is, each in a WebSocket message of its own, and note each
 *   STREAM_START until a STREAM_RESET of its stream passes: these are the streams that iot_tunnel_effects speaks of.
 * - While the other side is away nothing is kept: answer STREAM_START and CONNECTION_START at once by a STREAM_RESET with the ids
 *   that came, and drop all else.
 * - When a connection ends, whoever ends it: iot_tunnel_record_disconnect, and what its effects say.
 *
 * A program: one tunnel is opened, its source comes, and is rotated out.
 *
 * @code{.c}
 * #include <stdio.h>
 * #include <stdlib.h>
 * #include "iot_tunnel.h"
 *
 * static iot_tunnel_record record; // zeroes: a free slot
 * static iot_tunnel_issued source, destination;
 *
 * static void draw(uint8_t entropy[64]) // whatever the system has
 * {
 *     FILE *random = fopen("/dev/urandom", "rb");
 *     if (random == NULL || fread(entropy, 64, 1, random) != 1) {
 *         exit(EXIT_FAILURE);
 *     }
 *     fclose(random);
 * }
 *
 * static void must(iot_tunnel_status status)
 * {
 *     if (status != IOT_TUNNEL_STATUS_OK) {
 *         iot_tunnel_text why = iot_tunnel_status_text(status);
 *         printf("%d: %.*s", (int)status, (int)why.len, why.ptr);
 *         exit(EXIT_FAILURE);
 *     }
 * }
 *
 * int main(void)
 * {
 *     const iot_tunnel_text id = { "t-1", 3 }, no_client_token = { NULL, 0 };
 *     const iot_tunnel_destination_config config = { { "pump-7", 6 }, { { "SSH", 3 } }, 1 };
 *     const uint64_t name = 1; // of the connection, by which the gateway finds its socket
 *     uint64_t now = 0;
 *     uint8_t entropy[64];
 *     iot_tunnel_effects effects;
 *
 *     draw(entropy);
 *     must(iot_tunnel_record_open(&record, sizeof record, id, &config, 0, now, entropy, &source, &destination, &effects));
 *     // effects.notify: publish destination to pump-7 with iot_tunnel_notification_write.
 *
 *     now += 60000;
 *     const iot_tunnel_text token = { source.text, source.length }; // as the source presents it
 *     must(iot_tunnel_record_connect(&record, token, IOT_TUNNEL_SIDE_SOURCE, no_client_token, false, name, now, &effects));
 *
 *     now += 60000;
 *     draw(entropy);
 *     must(iot_tunnel_record_rotate(&record, IOT_TUNNEL_CLIENT_MODE_SOURCE, NULL, now, entropy, &source, &destination, &effects));
 *     if (effects.source.reason != IOT_TUNNEL_DISCONNECT_REASON_NONE) {
 *         iot_tunnel_text reason;
 *         must(iot_tunnel_disconnect_reason_text(effects.source.reason, &reason));
 *         printf("close connection %d with 1008 %.*s", (int)effects.source.connection, (int)reason.len, reason.ptr);
 *     }
 *
 *     must(iot_tunnel_issued_wipe(&source));
 *     must(iot_tunnel_issued_wipe(&destination));
 *     must(iot_tunnel_record_wipe(&record));
 *     return EXIT_SUCCESS;
 * }
 * @endcode
 */


#ifndef IOT_TUNNEL_H
#define IOT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The version of this header, for people.
 */
#define IOT_TUNNEL_VERSION_STRING "0.1.0"


/**
 * Longest upgrade request, in bytes.
 */
#define IOT_TUNNEL_MAX_UPGRADE_REQUEST 4096

/**
 * Bytes of a buffer that takes in every answer to an upgrade request.
 */
#define IOT_TUNNEL_MAX_UPGRADE_ANSWER 4352

/**
 * Longest access token that a record issues, in characters.
 */
#define IOT_TUNNEL_MAX_ISSUED 224

/**
 * The longest notification with a token that a record has issued, in bytes.
 */
#define IOT_TUNNEL_MAX_NOTIFICATION 725

/**
 * Bytes of a buffer that has room for every text of a peer that the library gives, once it is fit to be shown.
 */
#define IOT_TUNNEL_MAX_SHOWN 1024

/**
 * The longest body that iot_tunnel_rotate_request_write writes, in bytes.
 */
#define IOT_TUNNEL_MAX_ROTATE_REQUEST 741

/**
 * Fewest bytes of a session's incoming buffer: every message without payload has room (ours).
 */
#define IOT_TUNNEL_MIN_INCOMING 512

/**
 * Fewest bytes of a session's outgoing buffer: a control message, and what stands around a payload, and some payload (ours).
 */
#define IOT_TUNNEL_MIN_OUTGOING 512

/**
 * Bytes of an incoming buffer that has room for every message of the protocol.
 */
#define IOT_TUNNEL_MAX_MESSAGE 65535

/**
 * Bytes that are enough for what stands around a payload.
 */
#define IOT_TUNNEL_MAX_ENVELOPE 167

/**
 * The version of this header, as iot_tunnel_version has the library's.
 */
#define IOT_TUNNEL_VERSION 256

/**
 * Longest header of a frame, in bytes.
 */
#define IOT_TUNNEL_MAX_FRAME_HEADER 14

/**
 * Longest payload of a BINARY frame, in bytes.
 */
#define IOT_TUNNEL_MAX_BINARY_PAYLOAD 131076

/**
 * What an access token was to a session.
 */
enum iot_tunnel_token_taken
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Another than the latest: the session connects with it.
     */
    IOT_TUNNEL_TOKEN_TAKEN_NEW = 1,
    /**
     * The latest once more, as a redelivered notification has it: nothing changes, even if it was refused.
     */
    IOT_TUNNEL_TOKEN_TAKEN_SAME = 2,
    /**
     * One of the three before the latest, as a late notification has it: a rotation has revoked it. Nothing changes.
     */
    IOT_TUNNEL_TOKEN_TAKEN_EARLIER = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_token_taken iot_tunnel_token_taken;
#else
typedef int32_t iot_tunnel_token_taken;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the handshake goes on.
 */
enum iot_tunnel_upgrade_answer_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Receive more, behind what is there, and call again with all of it. Nothing has changed.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_NEED_MORE = 0,
    /**
     * 101: from here on the socket is a WebSocket. Its first bytes may stand behind the consumed ones.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_ACCEPTED = 1,
    /**
     * 400–499 but 408 and 429: the session has wiped the token and awaits another. Close the socket.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED = 2,
    /**
     * 408, 429 or 500–599: the session waits, at least as long as `retry_after` says, then it connects again. Close the socket.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY = 3,
    /**
     * Another status, such as the redirect or the page of a captive portal: what answers is not this service. Nothing of it is
     * followed. The session waits as after a lost connection, then it connects again. Close the socket.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_UNEXPECTED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_upgrade_answer_kind iot_tunnel_upgrade_answer_kind;
#else
typedef int32_t iot_tunnel_upgrade_answer_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is to be done.
 */
enum iot_tunnel_output_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing, until something is to be reported or the deadline has come.
     */
    IOT_TUNNEL_OUTPUT_KIND_WAIT = 0,
    /**
     * Close the socket, whatever it is at; with `close_code` if it is a WebSocket. Report nothing more of it.
     */
    IOT_TUNNEL_OUTPUT_KIND_CLOSE_WEBSOCKET = 1,
    /**
     * Make a connection: TCP, TLS, then iot_tunnel_session_upgrade_request and iot_tunnel_session_handle_upgrade. If it
     * does not come so far, close the socket and call iot_tunnel_session_handle_closed.
     */
    IOT_TUNNEL_OUTPUT_KIND_CONNECT = 2,
    /**
     * Send a WebSocket ping, and report its pong by iot_tunnel_session_handle_pong.
     */
    IOT_TUNNEL_OUTPUT_KIND_PING = 3,
    /**
     * Send `bytes`, as many as the socket takes, in binary messages cut anywhere; then call iot_tunnel_session_sent.
     */
    IOT_TUNNEL_OUTPUT_KIND_SEND = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_output_kind iot_tunnel_output_kind;
#else
typedef int32_t iot_tunnel_output_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What one message of the tunnel means.
 */
enum iot_tunnel_event_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is no whole message. All input is taken, unless something is to be sent first: see
     * iot_tunnel_session_handle_bytes.
     */
    IOT_TUNNEL_EVENT_KIND_NONE = 0,
    /**
     * Nothing: the session has dealt with it. Call again.
     */
    IOT_TUNNEL_EVENT_KIND_HANDLED = 1,
    /**
     * The session is open, and `services` are the tunnel's.
     */
    IOT_TUNNEL_EVENT_KIND_OPEN = 2,
    /**
     * At a destination: `connection` was started. Connect to its service; if you cannot, call iot_tunnel_session_reset at
     * once. If `replaces`, all other connections of that service are over, as each of them would be by ENDED.
     */
    IOT_TUNNEL_EVENT_KIND_STARTED = 3,
    /**
     * `payload` came on `connection`: at least one byte.
     */
    IOT_TUNNEL_EVENT_KIND_DATA = 4,
    /**
     * The peer ended `connection`, so that what came before is the whole of it: flush that, then close. There is nothing to answer.
     */
    IOT_TUNNEL_EVENT_KIND_ENDED = 5,
    /**
     * All connections of `service` were cut off: the other side is gone, was replaced or rejects the service. What came may be a part
     * of a whole: a TCP connection to a local program is best ended by a reset. `fault` says what the other side did wrong, if that is
     * why.
     */
    IOT_TUNNEL_EVENT_KIND_STREAM_ENDED = 6,
    /**
     * The service cut off all connections, as by STREAM_ENDED. The WebSocket stays.
     */
    IOT_TUNNEL_EVENT_KIND_SESSION_RESET = 7,
    /**
     * The peer broke the protocol, by `fault`: every connection is over, and iot_tunnel_session_poll_output goes on.
     * CAPACITY_BUFFER_TOO_SMALL is a message longer than the incoming buffer. The rest of the input is gone.
     */
    IOT_TUNNEL_EVENT_KIND_LOST = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_event_kind iot_tunnel_event_kind;
#else
typedef int32_t iot_tunnel_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What ran out.
 */
enum iot_tunnel_timeout
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing that ends a connection: it was too early, a ping is due, or a wait is over.
     */
    IOT_TUNNEL_TIMEOUT_NONE = 0,
    /**
     * The handshake was not answered within 30 seconds.
     */
    IOT_TUNNEL_TIMEOUT_CONNECT = 1,
    /**
     * The service did not say its services within 30 seconds.
     */
    IOT_TUNNEL_TIMEOUT_SERVICE_IDS = 2,
    /**
     * The peer, which has answered a ping on this connection before, was silent for 30 seconds after one. A service may leave pings
     * unanswered: where none was ever answered, silence ends nothing, and TCP keepalive of the socket is to find out a peer that is
     * gone.
     */
    IOT_TUNNEL_TIMEOUT_PONG = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_timeout iot_tunnel_timeout;
#else
typedef int32_t iot_tunnel_timeout;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a session is.
 */
enum iot_tunnel_session_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It needs a token.
     */
    IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN = 1,
    /**
     * It connects: the handshake is to be made or answered.
     */
    IOT_TUNNEL_SESSION_STATE_CONNECTING = 2,
    /**
     * The WebSocket is up, and the service is to say which services there are.
     */
    IOT_TUNNEL_SESSION_STATE_AWAITING_SERVICES = 3,
    /**
     * Bytes flow.
     */
    IOT_TUNNEL_SESSION_STATE_OPEN = 4,
    /**
     * It waits before it connects again.
     */
    IOT_TUNNEL_SESSION_STATE_BACKOFF = 5,
    /**
     * It is over.
     */
    IOT_TUNNEL_SESSION_STATE_CLOSED = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_session_state iot_tunnel_session_state;
#else
typedef int32_t iot_tunnel_session_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a session has no token to connect with.
 */
enum iot_tunnel_no_token
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It has one, or is closed.
     */
    IOT_TUNNEL_NO_TOKEN_NOT_SO = 0,
    /**
     * It has had none.
     */
    IOT_TUNNEL_NO_TOKEN_NEVER = 1,
    /**
     * Its connection was lost, and without a client token the access token cannot be used again.
     */
    IOT_TUNNEL_NO_TOKEN_SPENT = 2,
    /**
     * The service refused it, for good: `http_status`. The tunnel is closed or expired, or a rotation has revoked the token.
     */
    IOT_TUNNEL_NO_TOKEN_REFUSED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_no_token iot_tunnel_no_token;
#else
typedef int32_t iot_tunnel_no_token;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose fault a status is.
 */
enum iot_tunnel_party
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nobody's: it is no error, or no status at all.
     */
    IOT_TUNNEL_PARTY_NONE = 0,
    /**
     * The caller's, 100–199: mend the call.
     */
    IOT_TUNNEL_PARTY_CALLER = 1,
    /**
     * The service's rule said no, 200–299: get another token or tunnel.
     */
    IOT_TUNNEL_PARTY_SERVICE = 2,
    /**
     * The other side's, 300–399: drop what it sent.
     */
    IOT_TUNNEL_PARTY_PEER = 3,
    /**
     * Too little room, 400–499: give more.
     */
    IOT_TUNNEL_PARTY_ROOM = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_party iot_tunnel_party;
#else
typedef int32_t iot_tunnel_party;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where the closing of a WebSocket stands.
 */
enum iot_tunnel_websocket_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nobody has sent a close frame.
     */
    IOT_TUNNEL_WEBSOCKET_STATE_OPEN = 1,
    /**
     * We have; the peer's is awaited, and its data until then.
     */
    IOT_TUNNEL_WEBSOCKET_STATE_CLOSE_SENT = 2,
    /**
     * The peer has; ours is due.
     */
    IOT_TUNNEL_WEBSOCKET_STATE_CLOSE_RECEIVED = 3,
    /**
     * Both have: the socket can go.
     */
    IOT_TUNNEL_WEBSOCKET_STATE_CLOSED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_websocket_state iot_tunnel_websocket_state;
#else
typedef int32_t iot_tunnel_websocket_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a frame is.
 */
enum iot_tunnel_frame
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * None: the input is used up.
     */
    IOT_TUNNEL_FRAME_NONE = 0,
    /**
     * Bytes of the tunnel.
     */
    IOT_TUNNEL_FRAME_BINARY = 1,
    /**
     * To be answered with a PONG of the same payload.
     */
    IOT_TUNNEL_FRAME_PING = 2,
    /**
     * The answer to a PING.
     */
    IOT_TUNNEL_FRAME_PONG = 3,
    /**
     * The last frame. To be answered with one, unless one was sent; then close the socket.
     */
    IOT_TUNNEL_FRAME_CLOSE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_frame iot_tunnel_frame;
#else
typedef int32_t iot_tunnel_frame;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a function answers. Numbers in the hundreds say whose fault it is and what helps; they are the same in Rust and
 * JavaScript, and none is ever used again for something else.
 */
enum iot_tunnel_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    IOT_TUNNEL_STATUS_OK = 0,
    /**
     * Nothing was done, and nothing is wrong: call again when some of what waits to be sent was sent.
     */
    IOT_TUNNEL_STATUS_WOULD_BLOCK = 1,
    /**
     * A SOURCE rotation came with a destination config.
     */
    IOT_TUNNEL_STATUS_MISUSE_DESTINATION_CONFIG_WITH_SOURCE = 101,
    /**
     * A lifetime outside 1–720 minutes.
     */
    IOT_TUNNEL_STATUS_MISUSE_LIFETIME_OUT_OF_RANGE = 102,
    /**
     * A destination config or a session without a service.
     */
    IOT_TUNNEL_STATUS_MISUSE_NO_SERVICES = 103,
    /**
     * All bytes of the entropy are the same: the random source is not running.
     */
    IOT_TUNNEL_STATUS_MISUSE_STUCK_ENTROPY = 104,
    /**
     * A tunnel with that id is in the table already.
     */
    IOT_TUNNEL_STATUS_MISUSE_TUNNEL_ID_TAKEN = 105,
    /**
     * An access token with no character, or with one that is not visible ASCII.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_ACCESS_TOKEN = 106,
    /**
     * A payload to be sent is over the protocol's maximum.
     */
    IOT_TUNNEL_STATUS_MISUSE_PAYLOAD_TOO_LONG = 107,
    /**
     * A message to be sent is longer than a frame can say.
     */
    IOT_TUNNEL_STATUS_MISUSE_MESSAGE_TOO_LONG = 108,
    /**
     * A frame was to hold a message whose every field has its default.
     */
    IOT_TUNNEL_STATUS_MISUSE_EMPTY_MESSAGE = 109,
    /**
     * What is no tunnel id.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_TUNNEL_ID = 110,
    /**
     * What is no thing name.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_THING_NAME = 111,
    /**
     * What is no service.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_SERVICE_ID = 112,
    /**
     * What is no region.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_REGION = 113,
    /**
     * What is no tunnel's ARN.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_TUNNEL_ARN = 114,
    /**
     * What is no client token.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_CLIENT_TOKEN = 115,
    /**
     * What is no clientMode.
     */
    IOT_TUNNEL_STATUS_MISUSE_UNKNOWN_CLIENT_MODE = 116,
    /**
     * What is no side.
     */
    IOT_TUNNEL_STATUS_MISUSE_UNKNOWN_SIDE = 117,
    /**
     * What is no host name or address with an optional port.
     */
    IOT_TUNNEL_STATUS_MISUSE_INVALID_ENDPOINT = 120,
    /**
     * A WebSocket frame with more payload than a peer takes.
     */
    IOT_TUNNEL_STATUS_MISUSE_FRAME_PAYLOAD_TOO_LONG = 140,
    /**
     * A ping, pong or close frame with more payload than RFC 6455 allows.
     */
    IOT_TUNNEL_STATUS_MISUSE_CONTROL_PAYLOAD_TOO_LONG = 141,
    /**
     * A WebSocket frame after the close frame.
     */
    IOT_TUNNEL_STATUS_MISUSE_SEND_AFTER_CLOSE = 142,
    /**
     * A report of a handshake that the session does not wait for.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_CONNECTING = 160,
    /**
     * A report of a WebSocket that the session does not have.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_CONNECTED = 161,
    /**
     * A connection was to be opened too early.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_OPEN = 162,
    /**
     * A connection that is over was used.
     */
    IOT_TUNNEL_STATUS_MISUSE_CONNECTION_ENDED = 163,
    /**
     * A call after the end.
     */
    IOT_TUNNEL_STATUS_MISUSE_SESSION_CLOSED = 164,
    /**
     * A token for the other side.
     */
    IOT_TUNNEL_STATUS_MISUSE_TOKEN_OF_OTHER_SIDE = 165,
    /**
     * A service that is not in the session's list.
     */
    IOT_TUNNEL_STATUS_MISUSE_UNKNOWN_SERVICE = 166,
    /**
     * The tunnel was opened with other services.
     */
    IOT_TUNNEL_STATUS_MISUSE_SERVICE_NOT_IN_TUNNEL = 167,
    /**
     * The peers cannot tell services apart.
     */
    IOT_TUNNEL_STATUS_MISUSE_SERVICE_NEEDS_NAME = 168,
    /**
     * A destination was to open a connection.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_SOURCE = 169,
    /**
     * More bytes were reported as sent than there were.
     */
    IOT_TUNNEL_STATUS_MISUSE_SENT_TOO_MUCH = 170,
    /**
     * The same service twice.
     */
    IOT_TUNNEL_STATUS_MISUSE_DUPLICATE_SERVICE = 171,
    /**
     * An agreed maximum outside of the protocol's.
     */
    IOT_TUNNEL_STATUS_MISUSE_MAX_PAYLOAD_OUT_OF_RANGE = 172,
    /**
     * A session without a name for its service came into a tunnel with several.
     */
    IOT_TUNNEL_STATUS_MISUSE_SERVICE_NOT_CHOSEN = 173,
    /**
     * A pointer that must not be NULL is.
     */
    IOT_TUNNEL_STATUS_MISUSE_NULL_POINTER = 180,
    /**
     * Storage without a value in it.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_INITIALISED = 181,
    /**
     * Header and library do not belong together.
     */
    IOT_TUNNEL_STATUS_MISUSE_STORAGE_SIZE_MISMATCH = 182,
    /**
     * A number that is no value of its enum.
     */
    IOT_TUNNEL_STATUS_MISUSE_UNKNOWN_ENUM_VALUE = 183,
    /**
     * Text that is not UTF-8.
     */
    IOT_TUNNEL_STATUS_MISUSE_NOT_UTF8 = 184,
    /**
     * Two areas of memory that must be apart are not.
     */
    IOT_TUNNEL_STATUS_MISUSE_OVERLAPPING_MEMORY = 185,
    /**
     * Of JavaScript only: there is no WebSocket that serves.
     */
    IOT_TUNNEL_STATUS_MISUSE_NO_WEB_SOCKET = 190,
    /**
     * Never issued, or malformed.
     */
    IOT_TUNNEL_STATUS_REFUSAL_UNKNOWN_ACCESS_TOKEN = 201,
    /**
     * The tunnel was closed by CloseTunnel.
     */
    IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_CLOSED = 202,
    /**
     * The tunnel's lifetime is over.
     */
    IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_EXPIRED = 203,
    /**
     * A rotation has replaced the token.
     */
    IOT_TUNNEL_STATUS_REFUSAL_ACCESS_TOKEN_REVOKED = 204,
    /**
     * The token belongs to the other side.
     */
    IOT_TUNNEL_STATUS_REFUSAL_MODE_MISMATCH = 205,
    /**
     * Used before, and bound to no client token.
     */
    IOT_TUNNEL_STATUS_REFUSAL_ACCESS_TOKEN_USED = 206,
    /**
     * Used before with another client token.
     */
    IOT_TUNNEL_STATUS_REFUSAL_CLIENT_TOKEN_MISMATCH = 207,
    /**
     * The client token is bound to another access token of an open tunnel.
     */
    IOT_TUNNEL_STATUS_REFUSAL_CLIENT_TOKEN_IN_USE = 208,
    /**
     * No such tunnel, or it has been deleted.
     */
    IOT_TUNNEL_STATUS_REFUSAL_TUNNEL_NOT_FOUND = 209,
    /**
     * Of JavaScript only: any other rule of whoever answered the handshake.
     */
    IOT_TUNNEL_STATUS_REFUSAL_HANDSHAKE_REFUSED = 210,
    /**
     * Not JSON text, or deeper than allowed.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_JSON = 301,
    /**
     * JSON, but not of the message's shape.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_JSON = 302,
    /**
     * A member's value breaks its rule.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_MEMBER = 303,
    /**
     * A frame without a message.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_EMPTY_FRAME = 304,
    /**
     * Not protobuf.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_MESSAGE = 305,
    /**
     * A type that is not known on a message that may not be ignored, or the type 0.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNKNOWN_MESSAGE_TYPE = 306,
    /**
     * Not from this side, or not from the service.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_MESSAGE = 307,
    /**
     * A stream without an id.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_STREAM_ID_MISSING = 308,
    /**
     * A payload over the protocol's maximum.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_PAYLOAD_TOO_LONG = 309,
    /**
     * What should answer the upgrade request is no HTTP.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MALFORMED_UPGRADE_ANSWER = 320,
    /**
     * The head of the answer does not end within its limit.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UPGRADE_ANSWER_TOO_LONG = 321,
    /**
     * The connection ended before the answer did.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UPGRADE_ANSWER_ENDS_EARLY = 322,
    /**
     * A status that is no answer to an upgrade request.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNEXPECTED_UPGRADE_STATUS = 323,
    /**
     * A 101 that does not switch to WebSocket.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_NOT_WEB_SOCKET = 324,
    /**
     * A 101 to another request.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_WRONG_WEB_SOCKET_ACCEPT = 325,
    /**
     * A 101 without a subprotocol, or with one that was not offered.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_WRONG_SUBPROTOCOL = 326,
    /**
     * A 101 with an extension.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNOFFERED_EXTENSION = 327,
    /**
     * An upgrade request that the service refuses; the iot_tunnel_rejection says why.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_INVALID_UPGRADE_REQUEST = 328,
    /**
     * A WebSocket frame uses reserved bits.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_RESERVED_BITS_SET = 340,
    /**
     * A WebSocket frame is of an unknown kind.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_RESERVED_OPCODE = 341,
    /**
     * A ping, pong or close frame comes in parts.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_FRAGMENTED_CONTROL_FRAME = 342,
    /**
     * A ping, pong or close frame is too long.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CONTROL_FRAME_TOO_LONG = 343,
    /**
     * The length of a WebSocket frame could be written with fewer bytes.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_LENGTH_NOT_MINIMAL = 344,
    /**
     * The length of a WebSocket frame has its highest bit set.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_LENGTH_OUT_OF_RANGE = 345,
    /**
     * A WebSocket frame has more payload than a peer takes.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_PAYLOAD_TOO_LONG = 346,
    /**
     * The server masks its frames.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MASKED_FRAME = 347,
    /**
     * A text message.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_TEXT_FRAME = 348,
    /**
     * A further fragment, but of no message.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CONTINUATION_WITHOUT_START = 349,
    /**
     * A new message before the end of another.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MESSAGE_INTERRUPTED = 350,
    /**
     * A close frame with half of a code.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_CODE_TRUNCATED = 351,
    /**
     * A close frame with a number that is no code.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_CODE_NOT_ALLOWED = 352,
    /**
     * A close frame with a reason that is not text.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CLOSE_REASON_NOT_UTF8 = 353,
    /**
     * Anything after a close frame.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_FRAME_AFTER_CLOSE = 354,
    /**
     * A client does not mask its frames.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_UNMASKED_FRAME = 355,
    /**
     * Something else came first.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_MESSAGE_BEFORE_SERVICE_IDS = 360,
    /**
     * CONNECTION_START or CONNECTION_RESET in a stream without connection ids.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_STREAM_WITHOUT_CONNECTION_IDS = 361,
    /**
     * Of JavaScript only: a connection in the tunnel did not end in order.
     */
    IOT_TUNNEL_STATUS_PEER_FAULT_CONNECTION_LOST = 370,
    /**
     * The output buffer.
     */
    IOT_TUNNEL_STATUS_CAPACITY_BUFFER_TOO_SMALL = 401,
    /**
     * The table of tunnels.
     */
    IOT_TUNNEL_STATUS_CAPACITY_TABLE_FULL = 402,
    /**
     * More services than a tunnel can have.
     */
    IOT_TUNNEL_STATUS_CAPACITY_TOO_MANY_SERVICES = 403,
    /**
     * The token is longer than the room for it.
     */
    IOT_TUNNEL_STATUS_CAPACITY_ACCESS_TOKEN_TOO_LONG = 404,
    /**
     * A side has been rotated 4,294,967,295 times.
     */
    IOT_TUNNEL_STATUS_CAPACITY_ROTATIONS_EXHAUSTED = 405,
    /**
     * The upgrade request would be longer than the service takes.
     */
    IOT_TUNNEL_STATUS_CAPACITY_UPGRADE_REQUEST_TOO_LONG = 420,
    /**
     * The service has as many connections as the session has room for.
     */
    IOT_TUNNEL_STATUS_CAPACITY_CONNECTION_TABLE_FULL = 440,
    /**
     * V1 and V2 have one connection a service.
     */
    IOT_TUNNEL_STATUS_CAPACITY_ONE_CONNECTION_ONLY = 441,
    /**
     * More services than the session has room for.
     */
    IOT_TUNNEL_STATUS_CAPACITY_SERVICE_TABLE_FULL = 442,
    /**
     * A buffer for what is to be sent without room for two messages.
     */
    IOT_TUNNEL_STATUS_CAPACITY_OUTGOING_BUFFER_TOO_SMALL = 443,
    /**
     * Of JavaScript only: more was received than the application reads.
     */
    IOT_TUNNEL_STATUS_CAPACITY_RECEIVE_LIMIT_EXCEEDED = 450,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_status iot_tunnel_status;
#else
typedef int32_t iot_tunnel_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One end of a tunnel. 0 is none.
 */
enum iot_tunnel_side
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The operator's end: it opens connections.
     */
    IOT_TUNNEL_SIDE_SOURCE = 1,
    /**
     * The device's end: it serves them.
     */
    IOT_TUNNEL_SIDE_DESTINATION = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_side iot_tunnel_side;
#else
typedef int32_t iot_tunnel_side;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose access token a rotation replaces. 0 is none.
 */
enum iot_tunnel_client_mode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The source's.
     */
    IOT_TUNNEL_CLIENT_MODE_SOURCE = 1,
    /**
     * The destination's.
     */
    IOT_TUNNEL_CLIENT_MODE_DESTINATION = 2,
    /**
     * Both.
     */
    IOT_TUNNEL_CLIENT_MODE_ALL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_client_mode iot_tunnel_client_mode;
#else
typedef int32_t iot_tunnel_client_mode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a peer's connection is to be closed.
 */
enum iot_tunnel_disconnect_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It is not to be closed, or there is none.
     */
    IOT_TUNNEL_DISCONNECT_REASON_NONE = 0,
    /**
     * Its access token was rotated.
     */
    IOT_TUNNEL_DISCONNECT_REASON_ROTATED = 1,
    /**
     * The same client came back on a new connection.
     */
    IOT_TUNNEL_DISCONNECT_REASON_REPLACED = 2,
    /**
     * The tunnel closed.
     */
    IOT_TUNNEL_DISCONNECT_REASON_TUNNEL_CLOSED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_disconnect_reason iot_tunnel_disconnect_reason;
#else
typedef int32_t iot_tunnel_disconnect_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The status of a tunnel.
 */
enum iot_tunnel_tunnel_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It can be connected and rotated.
     */
    IOT_TUNNEL_TUNNEL_STATUS_OPEN = 1,
    /**
     * Closed, for good.
     */
    IOT_TUNNEL_TUNNEL_STATUS_CLOSED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_tunnel_status iot_tunnel_tunnel_status;
#else
typedef int32_t iot_tunnel_tunnel_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What closed a tunnel.
 */
enum iot_tunnel_closed_by
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing: it is open.
     */
    IOT_TUNNEL_CLOSED_BY_NONE = 0,
    /**
     * A call of close.
     */
    IOT_TUNNEL_CLOSED_BY_REQUEST = 1,
    /**
     * The end of its lifetime.
     */
    IOT_TUNNEL_CLOSED_BY_LIFETIME = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_closed_by iot_tunnel_closed_by;
#else
typedef int32_t iot_tunnel_closed_by;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A version of the tunneling protocol, as offered and accepted in the handshake.
 */
enum iot_tunnel_subprotocol
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * aws.iot.securetunneling-1.0: one service, one connection.
     */
    IOT_TUNNEL_SUBPROTOCOL_V1 = 1,
    /**
     * aws.iot.securetunneling-2.0: several services.
     */
    IOT_TUNNEL_SUBPROTOCOL_V2 = 2,
    /**
     * aws.iot.securetunneling-3.0: several services, each with several connections.
     */
    IOT_TUNNEL_SUBPROTOCOL_V3 = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_subprotocol iot_tunnel_subprotocol;
#else
typedef int32_t iot_tunnel_subprotocol;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * With what client token an access token goes.
 */
enum iot_tunnel_binding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A fresh one, so that the session can connect again after a drop. What a device wants.
     */
    IOT_TUNNEL_BINDING_FRESH = 0,
    /**
     * The one that is given. The service refuses it if it is in use with another access token.
     */
    IOT_TUNNEL_BINDING_GIVEN = 1,
    /**
     * None: the access token can be used for one connection only.
     */
    IOT_TUNNEL_BINDING_NONE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_binding iot_tunnel_binding;
#else
typedef int32_t iot_tunnel_binding;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which end of a WebSocket it is.
 */
enum iot_tunnel_websocket_role
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Who asked for it: a device.
     */
    IOT_TUNNEL_WEBSOCKET_ROLE_CLIENT = 1,
    /**
     * Who answered: a gateway that is the service.
     */
    IOT_TUNNEL_WEBSOCKET_ROLE_SERVER = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_websocket_role iot_tunnel_websocket_role;
#else
typedef int32_t iot_tunnel_websocket_role;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The types of messages. A message may have another number: of a later version of the protocol.
 */
enum iot_tunnel_message_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Bytes of a stream.
     */
    IOT_TUNNEL_MESSAGE_KIND_DATA = 1,
    /**
     * A source starts a stream.
     */
    IOT_TUNNEL_MESSAGE_KIND_STREAM_START = 2,
    /**
     * A stream ends.
     */
    IOT_TUNNEL_MESSAGE_KIND_STREAM_RESET = 3,
    /**
     * The service ends every stream.
     */
    IOT_TUNNEL_MESSAGE_KIND_SESSION_RESET = 4,
    /**
     * The service names the tunnel's services; since V2.
     */
    IOT_TUNNEL_MESSAGE_KIND_SERVICE_IDS = 5,
    /**
     * A source opens a further connection in a stream; since V3.
     */
    IOT_TUNNEL_MESSAGE_KIND_CONNECTION_START = 6,
    /**
     * A connection ends; since V3.
     */
    IOT_TUNNEL_MESSAGE_KIND_CONNECTION_RESET = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_message_kind iot_tunnel_message_kind;
#else
typedef int32_t iot_tunnel_message_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose messages arrive on a connection.
 */
enum iot_tunnel_origin
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * At the service: a source's.
     */
    IOT_TUNNEL_ORIGIN_SOURCE = 1,
    /**
     * At the service: a destination's.
     */
    IOT_TUNNEL_ORIGIN_DESTINATION = 2,
    /**
     * At a source: the service's, and those of the destination that it passes on.
     */
    IOT_TUNNEL_ORIGIN_SERVICE_TO_SOURCE = 3,
    /**
     * At a destination: the service's, and those of the source that it passes on.
     */
    IOT_TUNNEL_ORIGIN_SERVICE_TO_DESTINATION = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_origin iot_tunnel_origin;
#else
typedef int32_t iot_tunnel_origin;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Text: UTF-8, without a zero at its end. `{NULL, 0}` is empty. It belongs to whoever made it; a text that a function
 * gives says how long it lasts.
 */
typedef struct {
    /**
     * The first byte.
     */
    const char *ptr;
    /**
     * How many bytes.
     */
    size_t len;
} iot_tunnel_text;

/**
 * Bytes. `{NULL, 0}` is none. They belong to whoever made them, as a text does.
 */
typedef struct {
    /**
     * The first one.
     */
    const uint8_t *ptr;
    /**
     * How many.
     */
    size_t len;
} iot_tunnel_bytes;

/**
 * A header of an HTTP request.
 */
typedef struct {
    /**
     * Its name, in any case.
     */
    iot_tunnel_bytes name;
    /**
     * Its value, without white space around it.
     */
    iot_tunnel_bytes value;
} iot_tunnel_header;

/**
 * An upgrade request that keeps the rules. Whether its token admits is the record's to say.
 */
typedef struct {
    /**
     * The side that wants to connect.
     */
    iot_tunnel_side side;
    /**
     * The highest subprotocol offered: name it in the answer.
     */
    iot_tunnel_subprotocol subprotocol;
    /**
     * The access token, in the headers given.
     */
    iot_tunnel_text access_token;
    /**
     * The client token, likewise; empty if there is none.
     */
    iot_tunnel_text client_token;
    /**
     * The value of `sec-websocket-accept` in the answer. No zero follows it.
     */
    uint8_t accept[28];
} iot_tunnel_handshake;

/**
 * How to refuse an upgrade request, before any 101.
 */
typedef struct {
    /**
     * The HTTP status. With 400–499 a client gives its token up, with 500–599 it tries again.
     */
    uint16_t http_status;
    /**
     * The body and the value of `x-status-reason`: visible ASCII and spaces. It lasts for ever.
     */
    iot_tunnel_text reason;
} iot_tunnel_rejection;

/**
 * An access token that was issued. It is a secret and stands nowhere else: a record keeps its digest only. Hand it to
 * whoever it is for, then wipe it with iot_tunnel_issued_wipe.
 */
typedef struct {
    /**
     * The token, visible ASCII, without a zero at its end unless it is shorter than the room for it.
     */
    char text[IOT_TUNNEL_MAX_ISSUED];
    /**
     * Its length; 0: none was issued.
     */
    size_t length;
} iot_tunnel_issued;

/**
 * What one rotation does.
 */
typedef struct {
    /**
     * The source gets a new token.
     */
    bool source;
    /**
     * The destination gets a new token.
     */
    bool destination;
    /**
     * The tunnel's destination config is replaced by the request's.
     */
    bool replaces_destination_config;
} iot_tunnel_rotation;

/**
 * What comes over MQTT on $aws/things/<thing name>/tunnels/notify when a tunnel is opened for the thing, and again each time
 * its token is rotated. It may come twice, and late.
 */
typedef struct {
    /**
     * The token to connect with: 1 to 3072 visible ASCII characters. A secret.
     */
    iot_tunnel_text client_access_token;
    /**
     * The side that the token is for, one of iot_tunnel_side; a device's is the destination.
     */
    iot_tunnel_side client_mode;
    /**
     * The tunnel's region, a part of the host name to connect to.
     */
    iot_tunnel_text region;
    /**
     * The tunnel's services, the first service_count of them.
     */
    iot_tunnel_text services[3];
    /**
     * How many: 0 to 3. A tunnel without a destination config has none.
     */
    uint32_t service_count;
} iot_tunnel_notification;

/**
 * The service's record of one tunnel. All zeroes: a free slot, not a tunnel.
 *
 * It holds no pointer, so it may be copied and moved like any struct: an operation on a copy, and the copy stored when all is
 * well, is how a call is undone. It holds no token, only digests. Its bytes have no meaning outside of the program that made
 * them.
 */
typedef struct {
    uint64_t opaque[110];
} iot_tunnel_record;

/**
 * What stands at a tunnel's destination.
 */
typedef struct {
    /**
     * The thing that is told the destination's token by a notification; empty: none.
     */
    iot_tunnel_text thing_name;
    /**
     * The services, the first service_count of them.
     */
    iot_tunnel_text services[3];
    /**
     * How many: 1 to 3.
     */
    uint32_t service_count;
} iot_tunnel_destination_config;

/**
 * A connection to close.
 */
typedef struct {
    /**
     * Why; NONE: there is nothing to close.
     */
    iot_tunnel_disconnect_reason reason;
    /**
     * The connection, as its caller named it when it connected.
     */
    uint64_t connection;
} iot_tunnel_disconnect;

/**
 * What to do after an operation, once the record is stored. All zeroes: nothing.
 *
 * Do it in this order: close the connections, with the code 1008 and the reason's text; tell the peer that its streams are
 * over; publish the notification; drop the record.
 */
typedef struct {
    /**
     * The source's connection to close.
     */
    iot_tunnel_disconnect source;
    /**
     * The destination's connection to close.
     */
    iot_tunnel_disconnect destination;
    /**
     * The side that stays connected and is to be told that its streams are over; 0: neither. Tell it by a STREAM_RESET for each
     * service's stream that was started and not reset since, with the ids of its STREAM_START. (SESSION_RESET would say it in
     * one message, but makes a public client deaf.)
     */
    iot_tunnel_side reset_peer;
    /**
     * The destination's new token is to be published to the thing.
     */
    bool notify;
    /**
     * The tunnel is to be deleted.
     */
    bool deleted;
} iot_tunnel_effects;

/**
 * One side of a tunnel.
 */
typedef struct {
    /**
     * Whether a peer is connected.
     */
    bool connected;
    /**
     * Its connection, as its caller named it; 0 if none is connected.
     */
    uint64_t connection;
    /**
     * When `connected` last changed, in milliseconds.
     */
    uint64_t last_updated_at;
    /**
     * How often the side's token has been rotated. A notification carries the token of one such number: it is current as
     * long as the number stands.
     */
    uint32_t generation;
} iot_tunnel_side_description;

/**
 * How a tunnel looks at one moment. All times are in milliseconds, as the caller counts them.
 */
typedef struct {
    /**
     * The tunnel's id. It lasts as long as the record stays where it is and is not opened again or wiped.
     */
    iot_tunnel_text id;
    /**
     * One of iot_tunnel_tunnel_status.
     */
    iot_tunnel_tunnel_status status;
    /**
     * One of iot_tunnel_closed_by.
     */
    iot_tunnel_closed_by closed_by;
    /**
     * Since when it is closed; 0 while it is open.
     */
    uint64_t closed_at;
    /**
     * When it was opened.
     */
    uint64_t created_at;
    /**
     * When it closes by itself. Nothing ever moves it.
     */
    uint64_t ends_at;
    /**
     * When the tunnel last changed.
     */
    uint64_t last_updated_at;
    /**
     * When iot_tunnel_record_expire will next have something to do.
     */
    uint64_t next_deadline;
    /**
     * The lifetime it was opened with.
     */
    uint32_t lifetime_minutes;
    /**
     * The source.
     */
    iot_tunnel_side_description source;
    /**
     * The destination.
     */
    iot_tunnel_side_description destination;
    /**
     * Whether something stands at the destination.
     */
    bool has_destination_config;
    /**
     * What stands there now. Its texts last as long as no rotation replaces it, and as id.
     */
    iot_tunnel_destination_config destination_config;
} iot_tunnel_description;

/**
 * The request of RotateTunnelAccessToken.
 */
typedef struct {
    /**
     * The tunnel.
     */
    iot_tunnel_text tunnel_id;
    /**
     * Whose token is replaced: one of iot_tunnel_client_mode.
     */
    iot_tunnel_client_mode client_mode;
    /**
     * Whether destination_config is meant. It is not allowed with SOURCE.
     */
    bool has_destination_config;
    /**
     * The tunnel's new destination config.
     */
    iot_tunnel_destination_config destination_config;
} iot_tunnel_rotate_request;

/**
 * The answer to RotateTunnelAccessToken: the tokens of the rotated sides, and no other. Its tokens are secrets.
 */
typedef struct {
    /**
     * The tunnel's ARN.
     */
    iot_tunnel_text tunnel_arn;
    /**
     * The source's new token; empty: the source was not rotated.
     */
    iot_tunnel_text source_access_token;
    /**
     * The destination's new token; empty: the destination was not rotated.
     */
    iot_tunnel_text destination_access_token;
} iot_tunnel_rotate_response;

/**
 * A session: a client's end of a tunnel, source or destination. Storage only; make it with iot_tunnel_session_init, and
 * let it lie where it is until it is wiped. It holds access and client token.
 *
 * The introduction has its loop, step by step.
 *
 * An answer of the application goes out like this: iot_tunnel_session_send copies it into the outgoing buffer, as a frame of
 * the tunnel; poll_output says SEND; its bytes go into a WebSocket frame, by iot_tunnel_websocket_write into another
 * buffer, or where they lie by iot_tunnel_websocket_mask; iot_tunnel_session_sent lets go of them. A WebSocket library or a
 * proxy may take the part of iot_tunnel_websocket.
 *
 * What is masked where it lies must go out whole before any other frame: meanwhile a PING that poll_output says, and a pong
 * that is due, wait; iot_tunnel_session_sent takes it in steps; and each time poll_output says again where the rest lies.
 */
typedef struct {
    uint64_t opaque[601];
} iot_tunnel_session;

/**
 * What a session is told when it is made. Zero it, then set what you need.
 */
typedef struct {
    /**
     * The side of the tunnel, an iot_tunnel_side: a token for the other side is refused.
     */
    iot_tunnel_side side;
    /**
     * The services that a source opens connections to, or that a destination serves, each once: 1 to 128 of
     * [a-zA-Z0-9:_-]. Each is known by its place, from 0.
     */
    iot_tunnel_text services[3];
    /**
     * How many they are, 0 to 3. 0: one service without a configured name. Its name is then the tunnel's to say; if the
     * tunnel has several, the event OPEN has needs_name.
     */
    uint32_t service_count;
    /**
     * For a source: the newest format of messages that it speaks, an iot_tunnel_subprotocol; 0 is V3. A destination
     * answers in the format of each stream.
     */
    iot_tunnel_subprotocol format;
    /**
     * The longest payload of a message that is sent, 1 to 64512 bytes; 0 is 64512. Less where the peers agreed on less.
     */
    uint32_t max_payload;
    /**
     * The ceiling of the random waits after a failed connect or a lost connection, in milliseconds: 1 to 120000, which higher values
     * count as; 0 is 120000. 5000 suits a person who waits, 120000 a fleet of devices. After 408, 429 and 5xx the ceiling is always
     * 120000, and so it is while `contested` of iot_tunnel_session_status is set.
     */
    uint32_t max_backoff;
} iot_tunnel_session_config;

/**
 * The answer of the service to an upgrade request.
 */
typedef struct {
    /**
     * How it goes on.
     */
    iot_tunnel_upgrade_answer_kind kind;
    /**
     * The HTTP status; 0 with NEED_MORE.
     */
    uint16_t http_status;
    /**
     * RETRY: the seconds to wait at least, as the service's header retry-after says; 0 if it has none. The session keeps to at most 600 of
     * them, and adds a random wait.
     */
    uint32_t retry_after;
    /**
     * The bytes of the answer's head. With ACCEPTED, those behind it are the WebSocket's first.
     */
    size_t consumed;
    /**
     * REFUSED, RETRY: why, in the service's words, at most 256 bytes of anything: show it by iot_tunnel_peer_text_write. It lies in
     * `received`. Empty if it gave none.
     */
    iot_tunnel_bytes reason;
    /**
     * An id of the attempt, for AWS's support; likewise.
     */
    iot_tunnel_bytes channel_id;
    /**
     * UNEXPECTED: where the answer leads to, as its header location says; likewise.
     */
    iot_tunnel_bytes location;
} iot_tunnel_upgrade_answer;

/**
 * Bytes that are changed where they lie.
 */
typedef struct {
    /**
     * The first one.
     */
    uint8_t *ptr;
    /**
     * How many.
     */
    size_t len;
} iot_tunnel_buffer;

/**
 * What is to be done.
 */
typedef struct {
    /**
     * What it is.
     */
    iot_tunnel_output_kind kind;
    /**
     * CLOSE_WEBSOCKET: the code of the close frame, such as 1000. Otherwise 0.
     */
    uint16_t close_code;
    /**
     * SEND: the first bytes of what waits, 1 to 131076. They lie in the outgoing buffer until the next call of a function
     * of this session, and are handed out again until iot_tunnel_session_sent lets go of them. Who has no room for a copy
     * may mask them where they lie: see iot_tunnel_websocket_mask.
     */
    iot_tunnel_buffer bytes;
    /**
     * When iot_tunnel_session_handle_timeout is due, whatever the kind; UINT64_MAX: never.
     */
    uint64_t deadline;
} iot_tunnel_output;

/**
 * A connection in the tunnel, by name: copy it as you like. It names this one from its start to its end and never another
 * one. All zero is none.
 */
typedef struct {
    /**
     * Its service: the place in the session's services, from 0.
     */
    uint32_t service;
    /**
     * What tells it from every other one. 0: this is no connection.
     */
    uint32_t serial;
} iot_tunnel_connection;

/**
 * What one message of the tunnel means. What a kind does not name is zero.
 */
typedef struct {
    /**
     * What it is.
     */
    iot_tunnel_event_kind kind;
    /**
     * STARTED, DATA, ENDED: the connection.
     */
    iot_tunnel_connection connection;
    /**
     * DATA: the bytes. They lie in the input or in the incoming buffer, and last until the input is used for something else
     * or iot_tunnel_session_handle_bytes is called again. They may be sent back from there by iot_tunnel_session_send.
     */
    iot_tunnel_bytes payload;
    /**
     * STREAM_ENDED: the service, by its place in the session's services.
     */
    uint32_t service;
    /**
     * STARTED: whether all other connections of that service are over.
     */
    bool replaces;
    /**
     * OPEN: whether the session was given no name for its service and the tunnel has several: no connection will come of
     * it. Make another session with one of these names.
     */
    bool needs_name;
    /**
     * STREAM_ENDED, LOST: a status; 0 if the other side did nothing wrong.
     */
    iot_tunnel_status fault;
    /**
     * OPEN: the tunnel's services. They last as `payload`.
     */
    iot_tunnel_text services[3];
    /**
     * OPEN: how many of them are here, 0 to 3. 0: the tunnel was opened without.
     */
    uint32_t service_count;
    /**
     * OPEN: how many more the service named. A tunnel of AWS has no more than 3.
     */
    uint32_t services_omitted;
} iot_tunnel_event;

/**
 * What stands around a payload in its frame.
 */
typedef struct {
    /**
     * What goes before the payload.
     */
    iot_tunnel_bytes head;
    /**
     * What goes after it.
     */
    iot_tunnel_bytes tail;
    /**
     * How many bytes of the payload belong between the two.
     */
    size_t taken;
} iot_tunnel_envelope;

/**
 * Where a session is, with what belongs to it.
 */
typedef struct {
    /**
     * Where it is.
     */
    iot_tunnel_session_state state;
    /**
     * AWAITING_TOKEN: why.
     */
    iot_tunnel_no_token no_token;
    /**
     * AWAITING_TOKEN after REFUSED: the HTTP status, 400–499. Otherwise 0.
     */
    uint16_t http_status;
    /**
     * BACKOFF: until when, in milliseconds of the clock that `now` is of. Otherwise 0.
     */
    uint64_t backoff_until;
    /**
     * Whether the latest 4 or more connections in a row were accepted and then lost before they proved usable. The usual cause is
     * another client with the same access token and client token: the service lets each replace the other.
     */
    bool contested;
} iot_tunnel_session_status;

/**
 * As many tunnels as there are slots. It adds the rule that no record can know alone: a client token belongs to one access
 * token among all open tunnels. All that it knows is in the slots: any number of these structs may say the same.
 *
 * iot_tunnel_table table = { slots, 8, sizeof slots[0] };
 *
 * Every call on a table uses its slots, so there is one at a time, also where the struct is const to it. A tunnel is looked up by
 * walking the slots: meant for tens of tunnels, not thousands. The id that a call is given may be one
 * that iot_tunnel_record_describe has lent out of a slot; a destination config may not.
 */
typedef struct {
    /**
     * The slots. Zeroes are a free one.
     */
    iot_tunnel_record *slots;
    /**
     * How many.
     */
    size_t count;
    /**
     * sizeof(iot_tunnel_record).
     */
    size_t slot_size;
} iot_tunnel_table;

/**
 * What time has done to one tunnel of a table.
 */
typedef struct {
    /**
     * The tunnel's id, without a zero at its end unless it is shorter than the room for it.
     */
    char tunnel_id[128];
    /**
     * Its length; 0: there is nothing to do at that time, or no more.
     */
    size_t length;
    /**
     * What to do next.
     */
    iot_tunnel_effects effects;
} iot_tunnel_expired;

/**
 * The two ends of a WebSocket: what is received and what is sent. Storage only; make it with iot_tunnel_websocket_init.
 */
typedef struct {
    uint64_t opaque[20];
} iot_tunnel_websocket;

/**
 * What was received. What a kind does not name is zero.
 */
typedef struct {
    /**
     * What it is.
     */
    iot_tunnel_frame kind;
    /**
     * BINARY: the next bytes, at least one; where they end means nothing. PING, PONG: the payload, at most 125 bytes.
     * BINARY lies in the input; the others in the storage until the next call of iot_tunnel_websocket_receive.
     */
    iot_tunnel_bytes payload;
    /**
     * CLOSE: the code; 0 if none was given.
     */
    uint16_t close_code;
    /**
     * CLOSE: the reason, at most 123 bytes, as `payload`. It is the peer's text: escape it before you show it.
     */
    iot_tunnel_text close_reason;
} iot_tunnel_websocket_event;

/**
 * Cuts a stream of bytes into the messages of its frames. Storage only; make it with iot_tunnel_deframer_init.
 */
typedef struct {
    uint64_t opaque[8];
} iot_tunnel_deframer;

/**
 * A message. A field that is absent on the wire is 0, false or empty here; there is no difference.
 */
typedef struct {
    /**
     * What it is about, an iot_tunnel_message_kind or another number.
     */
    iot_tunnel_message_kind kind;
    /**
     * The stream it belongs to; 0 where there is none.
     */
    int32_t stream_id;
    /**
     * Whether a receiver that does not know the kind may skip it.
     */
    bool ignorable;
    /**
     * The data of the stream, at most 64512 bytes where it is sent.
     */
    iot_tunnel_bytes payload;
    /**
     * The service that the stream is of, since V2.
     */
    iot_tunnel_text service_id;
    /**
     * The connection in the stream, since V3; 0 where there is none.
     */
    uint32_t connection_id;
    /**
     * The services of the tunnel, in SERVICE_IDS, since V2.
     */
    iot_tunnel_text available_service_ids[8];
    /**
     * How many they are, 0 to 8. A tunnel has at most 3.
     */
    uint32_t available_service_id_count;
} iot_tunnel_message;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The reason for the WebSocket close frame, whose code is 1008.
 *
 * @param reason ROTATED, REPLACED or TUNNEL_CLOSED of iot_tunnel_disconnect_reason.
 * @param text Where the result goes. The text lasts for ever.
 * @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_disconnect_reason_text(iot_tunnel_disconnect_reason reason,
                                                    iot_tunnel_text *text);

/**
 * Checks where to connect to: `host`, `host:port`, `[IPv6 address]` or `[IPv6 address]:port`. A host name is 1–253 of
 * [a-zA-Z0-9._-] with labels of 1–63 that neither start nor end with '-'; a port is 1–65535.
 *
 * @param endpoint The text.
 * @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_endpoint_check(iot_tunnel_text endpoint);

/**
 * Says what is wrong with a text that iot_tunnel_endpoint_check refuses: the first thing, and what is allowed.
 *
 * @param endpoint The text.
 * @param buffer Where the message goes, without a zero at its end.
 * @param capacity The bytes there is room for. 128 are always enough.
 * @param length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
 * @return OK, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_endpoint_explain(iot_tunnel_text endpoint,
                                              char *buffer,
                                              size_t capacity,
                                              size_t *length);

/**
 * Says what to resolve and to dial.
 *
 * @param endpoint What iot_tunnel_endpoint_check allows.
 * @param host The host name or address, without brackets, also the name in TLS. It lies in `endpoint`.
 * @param port The port, 1–65535; 443 if none is given.
 * @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_endpoint_split(iot_tunnel_text endpoint,
                                            iot_tunnel_text *host,
                                            uint16_t *port);

/**
 * Writes AWS's endpoint of the data plane in a region, as iot_tunnel_session_upgrade_request takes it:
 * data.tunneling.iot.<region>.amazonaws.com, .amazonaws.com.cn in China.
 *
 * @param region The region: 1 to 32 of [a-z0-9-].
 * @param fips Whether that with FIPS 140 cryptography (`iot-fips`). Not every region has one.
 * @param buffer Takes the text.
 * @param capacity Its length in bytes. 96 is always enough.
 * @param length The text's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_INVALID_REGION, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY,
 *         CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_endpoint_aws(iot_tunnel_text region,
                                          bool fips,
                                          char *buffer,
                                          size_t capacity,
                                          size_t *length);

/**
 * For a gateway that is the service: judges an upgrade request that its HTTP server has read.
 *
 * @param method Such as GET.
 * @param target Path and query.
 * @param headers All its headers.
 * @param header_count How many.
 * @param handshake What it asks for. Written with OK.
 * @param rejection How to answer if it is refused. Written with PEER_FAULT_INVALID_UPGRADE_REQUEST.
 * @return OK, PEER_FAULT_INVALID_UPGRADE_REQUEST, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8 (method or target),
 *         MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_handshake_judge(iot_tunnel_text method,
                                             iot_tunnel_text target,
                                             const iot_tunnel_header *headers,
                                             size_t header_count,
                                             iot_tunnel_handshake *handshake,
                                             iot_tunnel_rejection *rejection);

/**
 * For a gateway that is the service: says how to refuse a client whose token the record did not admit.
 *
 * @param status What iot_tunnel_record_connect answered: a REFUSAL 201–299. Every other number is an inner failure, of which
 *        the client is told no more than that it may try again (503).
 * @param rejection How to answer.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_rejection_of(iot_tunnel_status status,
                                          iot_tunnel_rejection *rejection);

/**
 * Checks a tunnel's id: 1 to 128 of [a-zA-Z0-9_+=:-].
 *
 * @param text The id.
 * @param position Unless NULL: where the first character stands that is not allowed, counted in characters from 0; SIZE_MAX
 *        if the length is wrong. Written on MISUSE_INVALID_TUNNEL_ID only.
 * @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_tunnel_id_check(iot_tunnel_text text,
                                             size_t *position);

/**
 * Checks the name of a thing: 1 to 128 of [a-zA-Z0-9:_-].
 *
 * @param text The name.
 * @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_THING_NAME only.
 * @return OK, MISUSE_INVALID_THING_NAME, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_thing_name_check(iot_tunnel_text text, size_t *position);

/**
 * Checks the name of a service, such as SSH: 1 to 128 of [a-zA-Z0-9:_-].
 *
 * @param text The name.
 * @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_SERVICE_ID only.
 * @return OK, MISUSE_INVALID_SERVICE_ID, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_service_id_check(iot_tunnel_text text, size_t *position);

/**
 * Checks a region, such as us-east-1: 1 to 32 of [a-z0-9-].
 *
 * @param text The region.
 * @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_REGION only.
 * @return OK, MISUSE_INVALID_REGION, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_region_check(iot_tunnel_text text, size_t *position);

/**
 * Checks a tunnel's ARN: 1 to 1600 visible ASCII characters. Whether it names a tunnel, iot_tunnel_tunnel_arn_tunnel_id
 * says.
 *
 * @param text The ARN.
 * @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_TUNNEL_ARN only.
 * @return OK, MISUSE_INVALID_TUNNEL_ARN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_tunnel_arn_check(iot_tunnel_text text,
                                              size_t *position);

/**
 * Checks a client token: 32 to 128 of [a-zA-Z0-9-].
 *
 * @param text The client token.
 * @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_CLIENT_TOKEN only.
 * @return OK, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_client_token_check(iot_tunnel_text text, size_t *position);

/**
 * Checks an access token: 1 to 3072 visible ASCII characters.
 *
 * @param text The token.
 * @param position Unless NULL: where the first character stands that is not allowed, counted in characters from 0; SIZE_MAX
 *        if there is none at all. Written on MISUSE_INVALID_ACCESS_TOKEN only.
 * @return OK, MISUSE_INVALID_ACCESS_TOKEN, CAPACITY_ACCESS_TOKEN_TOO_LONG, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_access_token_check(iot_tunnel_text text,
                                                size_t *position);

/**
 * Composes a tunnel's ARN: arn:aws:iot:<region>:<account>:tunnel/<tunnel id>, in the regions cn-* with aws-cn, in us-gov-*
 * with aws-us-gov.
 *
 * @param region The region.
 * @param account The account, usually 12 digits.
 * @param tunnel_id The tunnel's id.
 * @param buffer Where the ARN goes, without a zero at its end; nothing is written unless it fits.
 * @param capacity The bytes there is room for; 256 are enough for an account of 12 digits.
 * @param length The length of the ARN in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL.
 * @return OK, MISUSE_INVALID_REGION, MISUSE_INVALID_TUNNEL_ARN (the account), MISUSE_INVALID_TUNNEL_ID, MISUSE_NOT_UTF8,
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_tunnel_arn_write(iot_tunnel_text region,
                                              iot_tunnel_text account,
                                              iot_tunnel_text tunnel_id,
                                              char *buffer,
                                              size_t capacity,
                                              size_t *length);

/**
 * The id of the tunnel that an ARN names.
 *
 * @param arn The ARN.
 * @param tunnel_id Where the result goes: a part of arn, which lasts as long as that.
 * @return OK, MISUSE_INVALID_TUNNEL_ARN if it does not have the form arn:...:iot:...:...:tunnel/<tunnel id>, MISUSE_NOT_UTF8,
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_tunnel_arn_tunnel_id(iot_tunnel_text arn,
                                                  iot_tunnel_text *tunnel_id);

/**
 * Makes a fresh client token: 64 hexadecimal digits. A session makes its own; this is for a client that keeps one to
 * come back with after a restart. It is a secret like the access token.
 *
 * @param entropy 64 fresh random bytes, used for nothing else.
 * @param buffer Where the client token goes, without a zero at its end; nothing is written unless it fits.
 * @param capacity The bytes there is room for.
 * @param length 64, on OK and on CAPACITY_BUFFER_TOO_SMALL.
 * @return OK, MISUSE_STUCK_ENTROPY, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_client_token_write(const uint8_t *entropy,
                                                char *buffer,
                                                size_t capacity,
                                                size_t *length);

/**
 * Makes it zero in a way that no compiler leaves out.
 *
 * @param issued What is no longer needed.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_issued_wipe(iot_tunnel_issued *issued);

/**
 * Reads a side's name, in lower case, as a notification and the header `local-proxy-mode` have it.
 *
 * @param name `source` or `destination`.
 * @param side Where the result goes.
 * @return OK, MISUSE_UNKNOWN_SIDE, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_side_parse(iot_tunnel_text name, iot_tunnel_side *side);

/**
 * The name of a side: `source` or `destination`.
 *
 * @param side One of iot_tunnel_side.
 * @param name Where the result goes. The text lasts for ever.
 * @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_side_text(iot_tunnel_side side, iot_tunnel_text *name);

/**
 * Reads the name of a clientMode, in upper case, as the API has it.
 *
 * @param name `SOURCE`, `DESTINATION` or `ALL`.
 * @param client_mode Where the result goes.
 * @return OK, MISUSE_UNKNOWN_CLIENT_MODE, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_client_mode_parse(iot_tunnel_text name,
                                               iot_tunnel_client_mode *client_mode);

/**
 * The name of a clientMode: `SOURCE`, `DESTINATION` or `ALL`.
 *
 * @param client_mode One of iot_tunnel_client_mode.
 * @param name Where the result goes. The text lasts for ever.
 * @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_client_mode_text(iot_tunnel_client_mode client_mode,
                                              iot_tunnel_text *name);

/**
 * What a rotation does.
 *
 * | clientMode  | without destination config | with destination config                       |
 * |-------------|----------------------------|-----------------------------------------------|
 * | SOURCE      | source token               | refused                                       |
 * | DESTINATION | destination token          | destination token; the config is replaced     |
 * | ALL         | both                       | both; the config is replaced                  |
 *
 * @param client_mode One of iot_tunnel_client_mode.
 * @param with_destination_config Whether the request has a destination config.
 * @param rotation Where the result goes.
 * @return OK, MISUSE_DESTINATION_CONFIG_WITH_SOURCE, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_client_mode_rotation(iot_tunnel_client_mode client_mode,
                                                  bool with_destination_config,
                                                  iot_tunnel_rotation *rotation);

/**
 * Reads a notification out of an untrusted network: as a whole, or not at all. Members that are not known are ignored.
 *
 * @param payload The payload. On OK it has become the memory of the texts in notification: where one has escapes, they are
 *        decoded in its place, so the token is not copied; wipe it when the session has taken the token. Otherwise it is as it
 *        was.
 * @param length Its length in bytes.
 * @param notification Where the result goes. Its texts last as long as payload.
 * @return OK, PEER_FAULT_MALFORMED_JSON, PEER_FAULT_UNEXPECTED_JSON, PEER_FAULT_INVALID_MEMBER,
 *         CAPACITY_ACCESS_TOKEN_TOO_LONG (over 3072 characters), MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_notification_parse(uint8_t *payload,
                                                size_t length,
                                                iot_tunnel_notification *notification);

/**
 * Writes a notification.
 *
 * @param notification The notification.
 * @param buffer Where the JSON goes, without a zero at its end. It holds the token: wipe it when it was sent.
 * @param capacity The bytes there is room for; IOT_TUNNEL_MAX_NOTIFICATION are enough for a token that a
 *        record has issued.
 * @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case no part of the
 *        token is left in buffer.
 * @return OK, MISUSE_INVALID_ACCESS_TOKEN, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_INVALID_REGION, MISUSE_INVALID_SERVICE_ID,
 *         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG,
 *         CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_notification_write(const iot_tunnel_notification *notification,
                                                char *buffer,
                                                size_t capacity,
                                                size_t *length);

/**
 * Says what is wrong with a notification: the first thing, naming the member, never showing the token.
 *
 * @param payload The payload, as it was given to iot_tunnel_notification_parse.
 * @param length Its length in bytes.
 * @param buffer Where the message goes, without a zero at its end.
 * @param capacity The bytes there is room for.
 * @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_notification_explain(const uint8_t *payload,
                                                  size_t length,
                                                  char *buffer,
                                                  size_t capacity,
                                                  size_t *message_length);

/**
 * Writes a text of a peer so that a terminal or a log can show it, whatever bytes it has: visible ASCII and spaces as they are,
 * everything else, and a backslash, as \xNN in hexadecimal digits.
 *
 * @param text The text: `reason`, `location` or `channel_id` of an answer, or the bytes of a close frame's reason.
 * @param buffer Takes what can be shown.
 * @param capacity Its length in bytes. IOT_TUNNEL_MAX_SHOWN is enough for every text that the library gives.
 * @param length Its length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_peer_text_write(iot_tunnel_bytes text,
                                             char *buffer,
                                             size_t capacity,
                                             size_t *length);

/**
 * Opens a tunnel: both sides disconnected, a fresh access token each.
 *
 * @param record Where the record goes. Whatever was there is forgotten. On an error it stays as it was.
 * @param size sizeof(iot_tunnel_record).
 * @param id The tunnel's id. It must never have been used before, not even by a deleted tunnel: that is what makes every
 *        token unique.
 * @param config What stands at the destination; NULL: nothing, a tunnel without services. It is copied into the record, so it
 *        may not be one that this record has lent out.
 * @param lifetime_minutes How long the tunnel lives, 1 to 720; 0: 720. Nothing extends it.
 * @param now The time, in milliseconds. For a service it should be UTC, so that records mean the same after a restart.
 * @param entropy 64 fresh random bytes, used for nothing else.
 * @param source Where the source's token goes.
 * @param destination Where the destination's token goes.
 * @param effects Where it goes what to do next: notify, if the config names a thing.
 * @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_INVALID_THING_NAME, MISUSE_INVALID_SERVICE_ID, MISUSE_NO_SERVICES,
 *         MISUSE_LIFETIME_OUT_OF_RANGE, MISUSE_STUCK_ENTROPY, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES.
 */
iot_tunnel_status iot_tunnel_record_open(iot_tunnel_record *record,
                                         size_t size,
                                         iot_tunnel_text id,
                                         const iot_tunnel_destination_config *config,
                                         uint32_t lifetime_minutes,
                                         uint64_t now,
                                         const uint8_t *entropy,
                                         iot_tunnel_issued *source,
                                         iot_tunnel_issued *destination,
                                         iot_tunnel_effects *effects);

/**
 * Judges a peer's handshake, and marks the token used if it is accepted: with the record so stored, answer 101. The use must
 * be durable before that answer is sent.
 *
 * The refusals come in this order: REFUSAL_UNKNOWN_ACCESS_TOKEN, REFUSAL_TUNNEL_CLOSED or REFUSAL_TUNNEL_EXPIRED,
 * REFUSAL_ACCESS_TOKEN_REVOKED, REFUSAL_MODE_MISMATCH, REFUSAL_ACCESS_TOKEN_USED, REFUSAL_CLIENT_TOKEN_MISMATCH,
 * REFUSAL_CLIENT_TOKEN_IN_USE. Their texts can be sent to the peer. On any error the record stays as it was.
 *
 * @param record The record.
 * @param access_token The access token as the peer sent it. Whatever it holds, it is judged.
 * @param side The side that the peer wants to be: its local-proxy-mode.
 * @param client_token The client token, if the peer sent one; else empty.
 * @param client_token_in_use Whether the client token is bound to another access token of any open tunnel; see
 *        iot_tunnel_record_has_client_token. In a table, iot_tunnel_table_connect finds that out.
 * @param connection A name for the new connection, which differs from every other of this tunnel.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next: the connection that is replaced, and the peer to reset.
 * @return OK, the refusals above, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_INITIALISED,
 *         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_connect(iot_tunnel_record *record,
                                            iot_tunnel_text access_token,
                                            iot_tunnel_side side,
                                            iot_tunnel_text client_token,
                                            bool client_token_in_use,
                                            uint64_t connection,
                                            uint64_t now,
                                            iot_tunnel_effects *effects);

/**
 * Says that a peer's connection has ended. What a connection that was replaced, rotated out or closed leaves behind is no
 * news: that changes nothing and has no effects.
 *
 * @param record The record.
 * @param side The connection's side.
 * @param connection The connection, as it was named when it connected.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next: the peer to reset.
 * @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_disconnect(iot_tunnel_record *record,
                                               iot_tunnel_side side,
                                               uint64_t connection,
                                               uint64_t now,
                                               iot_tunnel_effects *effects);

/**
 * RotateTunnelAccessToken: revokes the current token of each chosen side and issues a new one. The end of the tunnel does not
 * move. On an error the record stays as it was.
 *
 * @param record The record.
 * @param client_mode Whose token is replaced: one of iot_tunnel_client_mode.
 * @param config The tunnel's new destination config; NULL: it stays. Not allowed with SOURCE. It is copied into the record, so
 *        it may not be one that this record has lent out.
 * @param now The time, in milliseconds.
 * @param entropy 64 fresh random bytes, used for nothing else.
 * @param source Where the source's token goes; all zeroes if the source is not rotated.
 * @param destination Where the destination's token goes; all zeroes if the destination is not rotated.
 * @param effects Where it goes what to do next: the connections of rotated sides to close, the peer to reset, and notify.
 * @return OK, REFUSAL_TUNNEL_CLOSED, REFUSAL_TUNNEL_EXPIRED, MISUSE_DESTINATION_CONFIG_WITH_SOURCE, MISUSE_NO_SERVICES,
 *         MISUSE_INVALID_THING_NAME, MISUSE_INVALID_SERVICE_ID, MISUSE_STUCK_ENTROPY, MISUSE_UNKNOWN_ENUM_VALUE,
 *         MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY,
 *         CAPACITY_TOO_MANY_SERVICES, CAPACITY_ROTATIONS_EXHAUSTED.
 */
iot_tunnel_status iot_tunnel_record_rotate(iot_tunnel_record *record,
                                           iot_tunnel_client_mode client_mode,
                                           const iot_tunnel_destination_config *config,
                                           uint64_t now,
                                           const uint8_t *entropy,
                                           iot_tunnel_issued *source,
                                           iot_tunnel_issued *destination,
                                           iot_tunnel_effects *effects);

/**
 * CloseTunnel. Closing a closed tunnel is OK and changes nothing.
 *
 * @param record The record. It stays until it is wiped.
 * @param delete_now Whether the tunnel is also to be deleted.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next: the connections to close, and deleted.
 * @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_close(iot_tunnel_record *record,
                                          bool delete_now,
                                          uint64_t now,
                                          iot_tunnel_effects *effects);

/**
 * Does what time asks for: closes the tunnel at the end of its lifetime, and has it deleted three hours after it closed.
 * Earlier or again it does nothing.
 *
 * @param record The record. It stays until it is wiped.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next: the connections to close, and deleted.
 * @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_expire(iot_tunnel_record *record,
                                           uint64_t now,
                                           iot_tunnel_effects *effects);

/**
 * How the tunnel looks at a moment: expired is closed, whether or not iot_tunnel_record_expire has run.
 *
 * @param record The record.
 * @param now The time, in milliseconds.
 * @param description Where the result goes. Its texts are in the record; see there how long they last.
 * @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_describe(const iot_tunnel_record *record,
                                             uint64_t now,
                                             iot_tunnel_description *description);

/**
 * Whether a client token is bound to one of the tunnel's current access tokens, while the tunnel is open. A service asks all
 * its records before it lets a new access token be bound to a client token.
 *
 * @param record The record.
 * @param client_token The client token.
 * @param now The time, in milliseconds.
 * @param has Where the result goes.
 * @return OK, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
 *         MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_has_client_token(const iot_tunnel_record *record,
                                                     iot_tunnel_text client_token,
                                                     uint64_t now,
                                                     bool *has);

/**
 * Makes a record a free slot: all zeroes, in a way that no compiler leaves out. Twice is harmless.
 *
 * @param record The record, or anything else that is to be a free slot.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_record_wipe(iot_tunnel_record *record);

/**
 * Reads the body of a request, and judges it by every rule that needs no state. Members that are not known are ignored.
 *
 * @param body The body. On OK it has become the memory of the texts in request: where one has escapes, they are decoded in its
 *        place. Otherwise it is as it was, so that iot_tunnel_rotate_request_explain can be asked about it.
 * @param length Its length in bytes.
 * @param request Where the result goes. Its texts last as long as body.
 * @return OK, PEER_FAULT_MALFORMED_JSON and PEER_FAULT_UNEXPECTED_JSON (the API's SerializationException),
 *         PEER_FAULT_INVALID_MEMBER (ValidationException), CAPACITY_TOO_MANY_SERVICES (LimitExceededException),
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_rotate_request_parse(uint8_t *body,
                                                  size_t length,
                                                  iot_tunnel_rotate_request *request);

/**
 * Writes the body of a request.
 *
 * @param request The request.
 * @param buffer Where the JSON goes, without a zero at its end.
 * @param capacity The bytes there is room for; IOT_TUNNEL_MAX_ROTATE_REQUEST are always enough.
 * @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case nothing of the
 *        JSON is left in buffer.
 * @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_DESTINATION_CONFIG_WITH_SOURCE,
 *         MISUSE_NO_SERVICES, MISUSE_INVALID_SERVICE_ID, MISUSE_INVALID_THING_NAME, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
 *         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_rotate_request_write(const iot_tunnel_rotate_request *request,
                                                  char *buffer,
                                                  size_t capacity,
                                                  size_t *length);

/**
 * Says what is wrong with the body of a request: every broken constraint in one message, as the API words it.
 *
 * @param body The body, as it was given to iot_tunnel_rotate_request_parse.
 * @param length Its length in bytes.
 * @param buffer Where the message goes, without a zero at its end.
 * @param capacity The bytes there is room for.
 * @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_rotate_request_explain(const uint8_t *body,
                                                    size_t length,
                                                    char *buffer,
                                                    size_t capacity,
                                                    size_t *message_length);

/**
 * Reads the body of an answer. Members that are not known are ignored.
 *
 * @param body The body. On OK it has become the memory of the texts in response: where one has escapes, they are decoded in
 *        its place, so no token is copied; wipe it when the tokens are no longer needed. Otherwise it is as it was.
 * @param length Its length in bytes.
 * @param response Where the result goes. Its texts last as long as body.
 * @return OK, PEER_FAULT_MALFORMED_JSON, PEER_FAULT_UNEXPECTED_JSON, PEER_FAULT_INVALID_MEMBER,
 *         CAPACITY_ACCESS_TOKEN_TOO_LONG (over 3072 characters), MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_rotate_response_parse(uint8_t *body,
                                                   size_t length,
                                                   iot_tunnel_rotate_response *response);

/**
 * Writes the body of an answer.
 *
 * @param response The answer.
 * @param buffer Where the JSON goes, without a zero at its end. It holds the tokens: wipe it when it was sent.
 * @param capacity The bytes there is room for.
 * @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case no part of a token
 *        is left in buffer.
 * @return OK, MISUSE_INVALID_TUNNEL_ARN, MISUSE_INVALID_ACCESS_TOKEN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
 *         MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_rotate_response_write(const iot_tunnel_rotate_response *response,
                                                   char *buffer,
                                                   size_t capacity,
                                                   size_t *length);

/**
 * Says what is wrong with the body of an answer: the first thing, naming the member, never showing a token.
 *
 * @param body The body, as it was given to iot_tunnel_rotate_response_parse.
 * @param length Its length in bytes.
 * @param buffer Where the message goes, without a zero at its end.
 * @param capacity The bytes there is room for.
 * @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_rotate_response_explain(const uint8_t *body,
                                                     size_t length,
                                                     char *buffer,
                                                     size_t capacity,
                                                     size_t *message_length);

/**
 * Makes a session that awaits its token. It copies what the configuration says.
 *
 * The two buffers are lent to it until iot_tunnel_session_wipe: they must stay where they are, and be changed by nobody.
 * Whatever is in them does not matter. They and the storage must not overlap.
 *
 * @param session The storage. Whatever is in it is forgotten: wipe a session first.
 * @param sizeof_session sizeof(iot_tunnel_session).
 * @param config The configuration, needed for this call only.
 * @param sizeof_config sizeof(iot_tunnel_session_config).
 * @param incoming Reassembles messages that come in parts.
 * @param incoming_length Its length in bytes, 512 or more: the longest message that the session takes. With
 *        IOT_TUNNEL_MAX_MESSAGE it takes every one; AWS's own clients send 63 KiB in one message if they have as much. A
 *        longer one ends the connection to the service by the event LOST.
 * @param outgoing Holds what waits to be sent.
 * @param outgoing_length Its length in bytes, 512 or more. What goes out in one message has at most this length less
 *        2 * IOT_TUNNEL_MAX_ENVELOPE.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8,
 *         MISUSE_INVALID_SERVICE_ID, MISUSE_DUPLICATE_SERVICE, MISUSE_MAX_PAYLOAD_OUT_OF_RANGE,
 *         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL (the incoming one),
 *         CAPACITY_OUTGOING_BUFFER_TOO_SMALL. On an error the storage is as it was.
 */
iot_tunnel_status iot_tunnel_session_init(iot_tunnel_session *session,
                                          size_t sizeof_session,
                                          const iot_tunnel_session_config *config,
                                          size_t sizeof_config,
                                          uint8_t *incoming,
                                          size_t incoming_length,
                                          uint8_t *outgoing,
                                          size_t outgoing_length);

/**
 * Ends a session and zeroes its storage, tokens included: afterwards it is "not initialised", and its buffers are the
 * caller's again. Twice is harmless. The buffers are not zeroed: what ran through the tunnel may be in them. Nobody is
 * told: call iot_tunnel_session_close and do what iot_tunnel_session_poll_output says before, if the WebSocket is to be
 * closed in order.
 *
 * @param session The session, or storage without one.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_session_wipe(iot_tunnel_session *session);

/**
 * Takes an access token, in any state but CLOSED: the first one, or one that a rotation issued. A new one replaces the latest:
 * a live connection is closed with all that was in it, and another is made at once. The latest once more and the three before
 * it are no news and change nothing, so every notification can be brought here. An older one counts as new: the service
 * refuses it, and the session awaits another.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param side The side that the token came for, an iot_tunnel_side: clientMode of the notification.
 * @param access_token 1 to 3072 visible ASCII characters. The session keeps a copy: wipe yours.
 * @param binding With what client token it goes, an iot_tunnel_binding.
 * @param client_token With GIVEN: 32 to 128 of [a-zA-Z0-9-]. Otherwise it is not looked at.
 * @param entropy 64 fresh bytes of a cryptographic random source, used once; wipe yours.
 * @param taken What the token was.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8,
 *         MISUSE_INVALID_ACCESS_TOKEN, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_STUCK_ENTROPY, MISUSE_TOKEN_OF_OTHER_SIDE,
 *         MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG.
 *
 */
iot_tunnel_status iot_tunnel_session_handle_token(iot_tunnel_session *session,
                                                  uint64_t now,
                                                  iot_tunnel_side side,
                                                  iot_tunnel_text access_token,
                                                  iot_tunnel_binding binding,
                                                  iot_tunnel_text client_token,
                                                  const uint8_t entropy[64],
                                                  iot_tunnel_token_taken *taken);

/**
 * Writes the upgrade request of the connection that iot_tunnel_session_poll_output asked for with CONNECT. Send all of it,
 * then wipe the buffer: it holds the tokens in clear. The session remembers what judges the answer; written once more, the
 * request replaces the one before.
 *
 * @param session The session.
 * @param endpoint The host, as iot_tunnel_endpoint_check allows it: it goes into the header `host`.
 * @param offer The subprotocol to offer, an iot_tunnel_subprotocol; 0 is V3, as AWS's own clients do.
 * @param nonce 16 fresh bytes of a random source, used once.
 * @param buffer Takes the request.
 * @param capacity Its length in bytes. IOT_TUNNEL_MAX_UPGRADE_REQUEST is always enough.
 * @param length The request's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTING, MISUSE_SESSION_CLOSED,
 *         MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8, MISUSE_INVALID_ENDPOINT, MISUSE_STUCK_ENTROPY,
 *         MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 *
 */
iot_tunnel_status iot_tunnel_session_upgrade_request(iot_tunnel_session *session,
                                                     iot_tunnel_text endpoint,
                                                     iot_tunnel_subprotocol offer,
                                                     const uint8_t nonce[16],
                                                     char *buffer,
                                                     size_t capacity,
                                                     size_t *length);

/**
 * Takes what the socket has received since the upgrade request was sent.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param received All of it, from the first byte on. IOT_TUNNEL_MAX_UPGRADE_ANSWER bytes take in every answer.
 * @param length Its length in bytes.
 * @param ended Whether no more will come, or there is no room for more.
 * @param answer What the service said.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTING (also if no upgrade request was written),
 *         MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY. A PEER_FAULT 320–327 but 323 is what the answer breaks: what
 *         answers is not this service. Close the socket and call iot_tunnel_session_handle_closed.
 */
iot_tunnel_status iot_tunnel_session_handle_upgrade(iot_tunnel_session *session,
                                                    uint64_t now,
                                                    const uint8_t *received,
                                                    size_t length,
                                                    bool ended,
                                                    iot_tunnel_upgrade_answer *answer);

/**
 * Says what is to be done next. Do it and call again, until it says WAIT or the socket takes no more. CLOSE_WEBSOCKET,
 * CONNECT and PING are said once.
 *
 * @param session The session.
 * @param output What is to be done.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_session_poll_output(iot_tunnel_session *session,
                                                 iot_tunnel_output *output);

/**
 * Takes that the first bytes of SEND were sent, or stand where they will be sent from.
 *
 * @param session The session.
 * @param count How many bytes.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_SENT_TOO_MUCH.
 */
iot_tunnel_status iot_tunnel_session_sent(iot_tunnel_session *session, size_t count);

/**
 * Says when iot_tunnel_session_handle_timeout is due: what iot_tunnel_session_poll_output says too, for a caller whose
 * socket takes no more.
 *
 * @param session The session.
 * @param deadline The time, in milliseconds of the clock that `now` is of; UINT64_MAX: never.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_session_deadline(const iot_tunnel_session *session,
                                              uint64_t *deadline);

/**
 * Takes the next message off the start of the input, the payload of binary WebSocket messages in any split, and says what
 * it means. Call it as long as it gives an event and the application can take one: nothing is kept for you. An application
 * that cannot take another event keeps the input, reads no more from the socket and says so by iot_tunnel_session_pause.
 *
 * With NONE the input is used up. At a destination there is one exception: while the outgoing buffer has no room for an
 * answer, the input stays as it is, and the peer is not taken for silent. Send first, then call again with the same input.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param input What was received. It is moved behind what was taken. It must not lie in a buffer of the session.
 * @param event What the message means.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY; unless the input is empty also
 *         MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED. What the peer does wrong is the event LOST.
 */
iot_tunnel_status iot_tunnel_session_handle_bytes(iot_tunnel_session *session,
                                                  uint64_t now,
                                                  iot_tunnel_bytes *input,
                                                  iot_tunnel_event *event);

/**
 * Takes the end of the socket that CONNECT asked for, whatever it was: no connection, no TLS, no answer, a close frame, a
 * broken connection.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param close_code What a close frame said; 0 if none came or it said nothing. A number that stands in no close frame,
 *        such as 1006, is taken for 0.
 * @param close_reason What it said for people. With it the session knows a closed tunnel from a lost connection.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_NOT_UTF8,
 *         MISUSE_NOT_CONNECTED (the session has given the socket up itself), MISUSE_SESSION_CLOSED.
 */
iot_tunnel_status iot_tunnel_session_handle_closed(iot_tunnel_session *session,
                                                   uint64_t now,
                                                   uint16_t close_code,
                                                   iot_tunnel_text close_reason);

/**
 * Takes a ping of the peer, which the WebSocket itself answers: a sign of life.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
 */
iot_tunnel_status iot_tunnel_session_handle_ping(iot_tunnel_session *session,
                                                 uint64_t now);

/**
 * Takes the pong that answers PING.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
 */
iot_tunnel_status iot_tunnel_session_handle_pong(iot_tunnel_session *session,
                                                 uint64_t now);

/**
 * Takes the time: due at the deadline, harmless at any other moment. A connection to the service that ran out is given up,
 * and iot_tunnel_session_poll_output goes on.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param timeout What ran out. May be NULL.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_session_handle_timeout(iot_tunnel_session *session,
                                                    uint64_t now,
                                                    iot_tunnel_timeout *timeout);

/**
 * Says that the application leaves the peer's bytes in the socket from now on, or that it reads again. Meanwhile the peer
 * is not taken for silent.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param paused Whether they are left there.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
 */
iot_tunnel_status iot_tunnel_session_pause(iot_tunnel_session *session,
                                           uint64_t now,
                                           bool paused);

/**
 * At a source: opens a connection to a service. Its destination may answer by the event ENDED that it cannot.
 *
 * WOULD_BLOCK: the outgoing buffer has no room; or, in V1 and V2 format, this session ended the service's connection less than
 * 500 ms ago, so that bytes which are still under way from it could not be told from those of the next. Call again when something
 * was sent, or at the deadline.
 *
 * @param session The session.
 * @param service The place in the session's services, from 0.
 * @param connection The new connection.
 * @return OK, WOULD_BLOCK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_NOT_SOURCE,
 *         MISUSE_NOT_OPEN,
 *         MISUSE_SESSION_CLOSED, MISUSE_UNKNOWN_SERVICE, MISUSE_SERVICE_NOT_IN_TUNNEL, MISUSE_SERVICE_NEEDS_NAME,
 *         MISUSE_SERVICE_NOT_CHOSEN, CAPACITY_CONNECTION_TABLE_FULL (32 of a service), CAPACITY_ONE_CONNECTION_ONLY.
 */
iot_tunnel_status iot_tunnel_session_open(iot_tunnel_session *session,
                                          uint32_t service,
                                          iot_tunnel_connection *connection);

/**
 * Sends bytes of a connection: the first of them, as many as the outgoing buffer has room for and one message takes.
 *
 * @param session The session.
 * @param connection The connection.
 * @param data The bytes. They are copied. They may be the payload of an event of this session.
 * @param taken How many were taken; with WOULD_BLOCK 0.
 * @return OK, WOULD_BLOCK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED,
 *         MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_session_send(iot_tunnel_session *session,
                                          iot_tunnel_connection connection,
                                          iot_tunnel_bytes data,
                                          size_t *taken);

/**
 * As iot_tunnel_session_send, without a copy: says what stands before and after the first bytes of `data` in their frame.
 * Send head, those bytes and tail at once, before iot_tunnel_session_poll_output is asked again.
 *
 * @param session The session.
 * @param connection The connection.
 * @param data The bytes. They are not looked at: their length counts.
 * @param buffer Takes head and tail.
 * @param capacity Its length in bytes. IOT_TUNNEL_MAX_ENVELOPE is enough.
 * @param envelope Head and tail, in `buffer`, and how many bytes of `data` belong between them.
 * @return OK, WOULD_BLOCK (something else waits to be sent, or `data` is empty), MISUSE_NULL_POINTER,
 *         MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY,
 *         CAPACITY_BUFFER_TOO_SMALL.
 */
iot_tunnel_status iot_tunnel_session_envelope(iot_tunnel_session *session,
                                              iot_tunnel_connection connection,
                                              iot_tunnel_bytes data,
                                              uint8_t *buffer,
                                              size_t capacity,
                                              iot_tunnel_envelope *envelope);

/**
 * Ends a connection; the peer is told after what was sent before. It never waits for room. Over V1 and V2 this ends the
 * service's stream.
 *
 * @param session The session.
 * @param connection The connection.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED.
 */
iot_tunnel_status iot_tunnel_session_reset(iot_tunnel_session *session,
                                           iot_tunnel_connection connection);

/**
 * Ends the session: every connection is over, the tokens are wiped, and what waits to be sent is forgotten. If there is a
 * socket, iot_tunnel_session_poll_output says once that it is to be closed. Twice is harmless.
 *
 * @param session The session.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
 */
iot_tunnel_status iot_tunnel_session_close(iot_tunnel_session *session);

/**
 * Says where a session is.
 *
 * @param session The session.
 * @param status Where it is.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_session_describe(const iot_tunnel_session *session,
                                              iot_tunnel_session_status *status);

/**
 * Says the name of a service of the session.
 *
 * @param session The session.
 * @param service Its place, from 0.
 * @param name Its name. Empty if it has none: the session was made without, and the tunnel says none or does not say it yet.
 *        It lies in the session: copy it if another call follows.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_UNKNOWN_SERVICE.
 */
iot_tunnel_status iot_tunnel_session_service(const iot_tunnel_session *session,
                                             uint32_t service,
                                             iot_tunnel_text *name);

/**
 * What a status means, for people.
 *
 * @param status Any number.
 * @return Text that lasts for ever; of a number that is no status, text that says so.
 */
iot_tunnel_text iot_tunnel_status_text(iot_tunnel_status status);

/**
 * The name of a status, as Rust and JavaScript have it: DestinationConfigWithSource.
 *
 * @param status Any number.
 * @return Text that lasts for ever; empty for a number that is no status.
 */
iot_tunnel_text iot_tunnel_status_name(iot_tunnel_status status);

/**
 * Whose fault a status is.
 *
 * @param status Any number.
 * @return One of iot_tunnel_party.
 */
iot_tunnel_party iot_tunnel_status_party(iot_tunnel_status status);

/**
 * The library's version, 0x00MMmmpp for MM.mm.pp. A program that was compiled with another header sees it here: compare
 * it with IOT_TUNNEL_VERSION.
 */
uint32_t iot_tunnel_version(void);

/**
 * Opens a tunnel in a free slot; see iot_tunnel_record_open.
 *
 * @param table The table.
 * @param id The tunnel's id. It must never have been used before, not even by a deleted tunnel.
 * @param config What stands at the destination; NULL: nothing, a tunnel without services.
 * @param lifetime_minutes How long the tunnel lives, 1 to 720; 0: 720.
 * @param now The time, in milliseconds.
 * @param entropy 64 fresh random bytes, used for nothing else.
 * @param source Where the source's token goes.
 * @param destination Where the destination's token goes.
 * @param effects Where it goes what to do next.
 * @return OK, MISUSE_TUNNEL_ID_TAKEN, CAPACITY_TABLE_FULL (closed tunnels count until they are deleted), and what
 *         iot_tunnel_record_open answers.
 */
iot_tunnel_status iot_tunnel_table_open(const iot_tunnel_table *table,
                                        iot_tunnel_text id,
                                        const iot_tunnel_destination_config *config,
                                        uint32_t lifetime_minutes,
                                        uint64_t now,
                                        const uint8_t *entropy,
                                        iot_tunnel_issued *source,
                                        iot_tunnel_issued *destination,
                                        iot_tunnel_effects *effects);

/**
 * Finds the record of a tunnel.
 *
 * @param table The table.
 * @param id The tunnel's id.
 * @param record Where the result goes: the slot. It holds the tunnel until that is deleted.
 * @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_table_find(const iot_tunnel_table *table,
                                        iot_tunnel_text id,
                                        iot_tunnel_record **record);

/**
 * Judges a peer's handshake, and marks the token used if it is accepted; see iot_tunnel_record_connect. The token says which
 * tunnel is meant.
 *
 * @param table The table.
 * @param access_token The access token as the peer sent it. Whatever it holds, it is judged.
 * @param side The side that the peer wants to be: its local-proxy-mode.
 * @param client_token The client token, if the peer sent one; else empty.
 * @param connection A name for the new connection, which differs from every other of its tunnel.
 * @param now The time, in milliseconds.
 * @param record Where the tunnel's slot goes.
 * @param effects Where it goes what to do next.
 * @return OK, MISUSE_STORAGE_SIZE_MISMATCH, and what iot_tunnel_record_connect answers.
 */
iot_tunnel_status iot_tunnel_table_connect(const iot_tunnel_table *table,
                                           iot_tunnel_text access_token,
                                           iot_tunnel_side side,
                                           iot_tunnel_text client_token,
                                           uint64_t connection,
                                           uint64_t now,
                                           iot_tunnel_record **record,
                                           iot_tunnel_effects *effects);

/**
 * Says that a peer's connection has ended; see iot_tunnel_record_disconnect.
 *
 * @param table The table.
 * @param id The tunnel's id.
 * @param side The connection's side.
 * @param connection The connection, as it was named when it connected.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next.
 * @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_STORAGE_SIZE_MISMATCH,
 *         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_table_disconnect(const iot_tunnel_table *table,
                                              iot_tunnel_text id,
                                              iot_tunnel_side side,
                                              uint64_t connection,
                                              uint64_t now,
                                              iot_tunnel_effects *effects);

/**
 * RotateTunnelAccessToken; see iot_tunnel_record_rotate.
 *
 * @param table The table.
 * @param id The tunnel's id.
 * @param client_mode Whose token is replaced: one of iot_tunnel_client_mode.
 * @param config The tunnel's new destination config; NULL: it stays. Not allowed with SOURCE.
 * @param now The time, in milliseconds.
 * @param entropy 64 fresh random bytes, used for nothing else.
 * @param source Where the source's token goes; all zeroes if the source is not rotated.
 * @param destination Where the destination's token goes; all zeroes if the destination is not rotated.
 * @param effects Where it goes what to do next.
 * @return OK, MISUSE_DESTINATION_CONFIG_WITH_SOURCE before all else about the tunnel, REFUSAL_TUNNEL_NOT_FOUND,
 *         MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, and what iot_tunnel_record_rotate answers.
 */
iot_tunnel_status iot_tunnel_table_rotate(const iot_tunnel_table *table,
                                          iot_tunnel_text id,
                                          iot_tunnel_client_mode client_mode,
                                          const iot_tunnel_destination_config *config,
                                          uint64_t now,
                                          const uint8_t *entropy,
                                          iot_tunnel_issued *source,
                                          iot_tunnel_issued *destination,
                                          iot_tunnel_effects *effects);

/**
 * CloseTunnel; see iot_tunnel_record_close.
 *
 * @param table The table.
 * @param id The tunnel's id.
 * @param delete_now Whether the tunnel is also to be deleted: its slot is then free.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next.
 * @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
 *         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_table_close(const iot_tunnel_table *table,
                                         iot_tunnel_text id,
                                         bool delete_now,
                                         uint64_t now,
                                         iot_tunnel_effects *effects);

/**
 * Does what time asks for, one tunnel at a time: closes it at the end of its lifetime, frees its slot three hours after it
 * closed. Call it until nothing is left to do, when iot_tunnel_table_next_deadline comes.
 *
 * @param table The table.
 * @param now The time, in milliseconds.
 * @param expired Where it goes which tunnel that was and what to do next. Its length is 0 when nothing was left to do.
 * @return OK, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_table_expire(const iot_tunnel_table *table,
                                          uint64_t now,
                                          iot_tunnel_expired *expired);

/**
 * When iot_tunnel_table_expire will next have something to do.
 *
 * @param table The table.
 * @param deadline Where the result goes; UINT64_MAX: never, there is no tunnel.
 * @return OK, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_table_next_deadline(const iot_tunnel_table *table, uint64_t *deadline);

/**
 * Makes a WebSocket, right behind the answer to the upgrade request.
 *
 * @param websocket The storage. Whatever is in it is forgotten.
 * @param sizeof_websocket sizeof(iot_tunnel_websocket).
 * @param role Which end this is, an iot_tunnel_websocket_role.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_UNKNOWN_ENUM_VALUE.
 */
iot_tunnel_status iot_tunnel_websocket_init(iot_tunnel_websocket *websocket,
                                            size_t sizeof_websocket,
                                            iot_tunnel_websocket_role role);

/**
 * Zeroes the storage: afterwards it is "not initialised". Twice is harmless.
 *
 * @param websocket The WebSocket, or storage without one.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_websocket_wipe(iot_tunnel_websocket *websocket);

/**
 * Says where the closing stands.
 *
 * @param websocket The WebSocket.
 * @param state Where it stands.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_websocket_describe(const iot_tunnel_websocket *websocket,
                                                iot_tunnel_websocket_state *state);

/**
 * The code of the close frame that answers a fault.
 *
 * @param status A PEER_FAULT that a function answered.
 * @return The code; 1002, a protocol error, for every number that has none of its own.
 */
uint16_t iot_tunnel_websocket_close_code(iot_tunnel_status status);

/**
 * Takes the next event out of the input, bytes of the socket in any split. Call it until it gives NONE.
 *
 * @param websocket The WebSocket.
 * @param input What was received. It is moved behind what was taken; a server's is unmasked where it lies, a client's is
 *        only read.
 * @param event What it means.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY. A PEER_FAULT 340–355 is what the peer
 *         broke; every later call gives the same. Send a close frame with iot_tunnel_websocket_close_code of it, close the
 *         socket and call iot_tunnel_session_handle_closed.
 */
iot_tunnel_status iot_tunnel_websocket_receive(iot_tunnel_websocket *websocket,
                                               iot_tunnel_buffer *input,
                                               iot_tunnel_websocket_event *event);

/**
 * Writes a whole frame of any kind but CLOSE into a buffer. It counts as sent.
 *
 * @param websocket The WebSocket.
 * @param kind BINARY, PING or PONG, an iot_tunnel_frame. A PONG answers a PING and is sent for no other reason.
 * @param payload What it carries: BINARY up to 131076 bytes, PING and PONG up to 125. That of a PING that was received may
 *        be given as it is.
 * @param mask_key A client's: 4 fresh bytes of a cryptographic random source. A server's frames have none: NULL.
 * @param buffer Takes the frame.
 * @param capacity Its length in bytes. IOT_TUNNEL_MAX_FRAME_HEADER more than the payload's are enough.
 * @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_FRAME_PAYLOAD_TOO_LONG,
 *         MISUSE_CONTROL_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 *
 */
iot_tunnel_status iot_tunnel_websocket_write(iot_tunnel_websocket *websocket,
                                             iot_tunnel_frame kind,
                                             iot_tunnel_bytes payload,
                                             const uint8_t mask_key[4],
                                             uint8_t *buffer,
                                             size_t capacity,
                                             size_t *length);

/**
 * Writes a close frame into a buffer. Nothing can be sent after it.
 *
 * @param websocket The WebSocket.
 * @param close_code Why, for programs: 1000–1003, 1007–1014 or 3000–4999; 0 says nothing.
 * @param close_reason Why, for people: at most 123 bytes; none with code 0. That of a CLOSE that was received may be given as
 *        it is.
 * @param mask_key As of iot_tunnel_websocket_write.
 * @param buffer Takes the frame.
 * @param capacity Its length in bytes. 131 are enough.
 * @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_UNKNOWN_ENUM_VALUE (the code),
 *         MISUSE_CONTROL_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
 *
 */
iot_tunnel_status iot_tunnel_websocket_write_close(iot_tunnel_websocket *websocket,
                                                   uint16_t close_code,
                                                   iot_tunnel_text close_reason,
                                                   const uint8_t mask_key[4],
                                                   uint8_t *buffer,
                                                   size_t capacity,
                                                   size_t *length);

/**
 * Makes a BINARY frame of a payload without a copy: a client's is masked where it lies. Send the header, and right after it
 * the payload.
 *
 * The bytes of iot_tunnel_output may be given: then send all of them as they are now, in any number of steps, and tell
 * each by iot_tunnel_session_sent. Until all are sent, they are masked already and stand in no further frame; bytes that the
 * session adds behind them are not.
 *
 * @param websocket The WebSocket.
 * @param payload The bytes, at most 131076.
 * @param length How many.
 * @param mask_key As of iot_tunnel_websocket_write.
 * @param header Takes the header.
 * @param header_length The header's length in bytes, 2 to 14.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_FRAME_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE,
 *         MISUSE_OVERLAPPING_MEMORY. On an error the payload is as it was.
 *
 */
iot_tunnel_status iot_tunnel_websocket_mask(iot_tunnel_websocket *websocket,
                                            uint8_t *payload,
                                            size_t length,
                                            const uint8_t mask_key[4],
                                            uint8_t header[14],
                                            size_t *header_length);

/**
 * Makes a deframer at the start of a stream. The buffer is lent to it until iot_tunnel_deframer_wipe.
 *
 * @param deframer The storage. Whatever is in it is forgotten.
 * @param sizeof_deframer sizeof(iot_tunnel_deframer).
 * @param buffer Reassembles messages that come in parts.
 * @param buffer_length Its length in bytes: the longest message that is taken. IOT_TUNNEL_MAX_MESSAGE for every one.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_deframer_init(iot_tunnel_deframer *deframer,
                                           size_t sizeof_deframer,
                                           uint8_t *buffer,
                                           size_t buffer_length);

/**
 * Zeroes the storage: afterwards it is "not initialised", and the buffer is the caller's again. Twice is harmless.
 *
 * @param deframer The deframer, or storage without one.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_deframer_wipe(iot_tunnel_deframer *deframer);

/**
 * Takes the next message off the start of the input.
 *
 * @param deframer The deframer.
 * @param input What was received. It is moved behind what was taken. It must not lie in the deframer's buffer.
 * @param message The message. It lies in the input or in the deframer's buffer and lasts until the next call. Empty: all
 *        input is taken, and the message goes on in what comes next.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, PEER_FAULT_EMPTY_FRAME,
 *         CAPACITY_BUFFER_TOO_SMALL (the message is longer than the deframer's buffer). After either of these two nothing is
 *         taken, and every further call says the same until iot_tunnel_deframer_clear.
 */
iot_tunnel_status iot_tunnel_deframer_next(iot_tunnel_deframer *deframer,
                                           iot_tunnel_bytes *input,
                                           iot_tunnel_bytes *message);

/**
 * Forgets what has come of a frame, for a new connection: its stream starts with a frame.
 *
 * @param deframer The deframer.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
 */
iot_tunnel_status iot_tunnel_deframer_clear(iot_tunnel_deframer *deframer);

/**
 * Decodes a message, by the rules of proto3.
 *
 * @param bytes The message, without the length of its frame.
 * @param message What it says. Payload and texts lie in `bytes`.
 * @return OK, PEER_FAULT_MALFORMED_MESSAGE, CAPACITY_TOO_MANY_SERVICES (more than 8), MISUSE_NULL_POINTER,
 *         MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_message_decode(iot_tunnel_bytes bytes,
                                            iot_tunnel_message *message);

/**
 * Encodes a message, without the length of its frame.
 *
 * @param message The message.
 * @param buffer Takes its bytes.
 * @param capacity Its length in bytes.
 * @param length The message's length in bytes, which may be 0; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8, MISUSE_PAYLOAD_TOO_LONG, MISUSE_MESSAGE_TOO_LONG,
 *         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL. On an error the buffer is as it
 *         was.
 */
iot_tunnel_status iot_tunnel_message_encode(const iot_tunnel_message *message,
                                            uint8_t *buffer,
                                            size_t capacity,
                                            size_t *length);

/**
 * Encodes a message as a frame, with its length before it: what goes into binary WebSocket messages.
 *
 * @param message The message, with some field set.
 * @param buffer Takes the frame.
 * @param capacity Its length in bytes.
 * @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
 * @return As iot_tunnel_message_encode, and MISUSE_EMPTY_MESSAGE.
 */
iot_tunnel_status iot_tunnel_message_encode_frame(const iot_tunnel_message *message,
                                                  uint8_t *buffer,
                                                  size_t capacity,
                                                  size_t *length);

/**
 * Judges whether a message may come from there.
 *
 * @param message The message.
 * @param origin Whose it is, an iot_tunnel_origin.
 * @param skip Whether its receiver skips it: the kind is not known, and the message says that it may be ignored.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8, MISUSE_OVERLAPPING_MEMORY,
 *         CAPACITY_TOO_MANY_SERVICES,
 *         PEER_FAULT_UNKNOWN_MESSAGE_TYPE, PEER_FAULT_UNEXPECTED_MESSAGE, PEER_FAULT_STREAM_ID_MISSING,
 *         PEER_FAULT_PAYLOAD_TOO_LONG.
 */
iot_tunnel_status iot_tunnel_message_check(const iot_tunnel_message *message,
                                           iot_tunnel_origin origin,
                                           bool *skip);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IOT_TUNNEL_H */
