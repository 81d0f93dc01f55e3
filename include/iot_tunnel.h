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
 * may be called twice.
 *
 * No pointer is kept beyond a call, except where a function says so. What is written must not overlap with anything else that a
 * call is given, MISUSE_OVERLAPPING_MEMORY. No call needs more than 2 KiB of stack, except those with `explain` in their name.
 *
 * # Threads
 *
 * The library has no state of its own. One call at a time for an object and for the memory it was given; different objects are
 * independent. Functions that take no object, and those that take only const ones, may be called at any time, also in an
 * interrupt.
 *
 * # Secrets
 *
 * Access tokens and client tokens are secrets. They never stand in a message of iot_tunnel_..._explain. A record holds digests
 * only; a session holds its token until it is wiped. Wherever a function puts a token into the caller's memory, it says so, and
 * the caller wipes it.
 *
 * # Time and entropy
 *
 * Times are milliseconds in 64 bits, of any clock that does not go backwards: a record's is best UTC, a session's may begin
 * with the device. A `deadline` is a time of the same clock; UINT64_MAX: never.
 *
 * Entropy is 64 bytes from a cryptographic random source, drawn for that one call. 64 equal bytes are
 * MISUSE_STUCK_ENTROPY: a source that was never started reads like that.
 *
 * # The loop of a gateway
 *
 * 1. Read the clock, and draw entropy if the call takes it.
 * 2. Copy the record, or take it where it stands if it need not survive a reset.
 * 3. Call one operation: open, connect, disconnect, rotate, close or expire.
 * 4. If it is refused, answer with the status. The record is as it was.
 * 5. Store the record. Until that is durable, nothing has happened: the use of a token must survive a reset.
 * 6. Answer, then do what the effects say, in the order that iot_tunnel_effects gives.
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
 * Longest access token that a record issues, in characters.
 */
#define IOT_TUNNEL_MAX_ISSUED 224

/**
 * The version of this header, as iot_tunnel_version has the library's.
 */
#define IOT_TUNNEL_VERSION 256

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
     * An upgrade request that the service refuses; `HandshakeFault` says why.
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
 * Do it in this order: close the connections, with the code 1008 and the reason's text; send SESSION_RESET to the peer;
 * publish the notification; drop the record.
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
     * The side that stays connected and is to be told that every stream is reset; 0: neither.
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
 * @param capacity The bytes there is room for; 760 are enough for a token that a record has issued.
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
 * Opens a tunnel: both sides disconnected, a fresh access token each.
 *
 * @param record Where the record goes. Whatever was there is forgotten. On an error it stays as it was.
 * @param size sizeof(iot_tunnel_record).
 * @param id The tunnel's id. It must never have been used before, not even by a deleted tunnel: that is what makes every
 *        token unique.
 * @param config What stands at the destination; NULL: nothing, a tunnel without services.
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
 * @param config The tunnel's new destination config; NULL: it stays. Not allowed with SOURCE.
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
 * @param delete Whether the tunnel is to be deleted at once.
 * @param now The time, in milliseconds.
 * @param effects Where it goes what to do next: the connections to close, and deleted.
 * @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
 */
iot_tunnel_status iot_tunnel_record_close(iot_tunnel_record *record,
                                          bool delete_,
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
 * @param capacity The bytes there is room for; 740 are always enough.
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IOT_TUNNEL_H */
