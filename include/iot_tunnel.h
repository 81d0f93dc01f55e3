/**
 * iot-tunnel: a tunnel's end for device agents and firmware, and the service's record for gateways.
 * Copyright the iot-tunnel authors. SPDX-License-Identifier: Apache-2.0
 *
 * This file is made by `make header` and is the manual of the C API.
 */


#ifndef IOT_TUNNEL_H
#define IOT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Longest upgrade request, in bytes.
 */
#define IOT_TUNNEL_MAX_UPGRADE_REQUEST 4096

/**
 * Bytes of a buffer that takes in every answer to an upgrade request.
 */
#define IOT_TUNNEL_MAX_UPGRADE_ANSWER 4352

/**
 * Bytes that are enough for what stands around a payload.
 */
#define IOT_TUNNEL_MAX_ENVELOPE 167

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
 * A side of a tunnel. 0 is none.
 */
enum iot_tunnel_side
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Who opens connections.
     */
    IOT_TUNNEL_SIDE_SOURCE = 1,
    /**
     * Who serves them: the device.
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
     * The peer was silent for 30 seconds after a ping.
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
     * 400–499: the session has wiped the token and awaits another. Close the socket.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_REFUSED = 2,
    /**
     * 500–599: the session waits, then it connects again. Close the socket.
     */
    IOT_TUNNEL_UPGRADE_ANSWER_KIND_RETRY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum iot_tunnel_upgrade_answer_kind iot_tunnel_upgrade_answer_kind;
#else
typedef int32_t iot_tunnel_upgrade_answer_kind;
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
     * The peer ended `connection`: flush what came before, then close it. There is nothing to answer.
     */
    IOT_TUNNEL_EVENT_KIND_ENDED = 5,
    /**
     * All connections of `service` are over, as each of them would be by ENDED. `fault` says what the other side did
     * wrong, if that is why.
     */
    IOT_TUNNEL_EVENT_KIND_STREAM_ENDED = 6,
    /**
     * The service ended all connections. The WebSocket stays.
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
    IOT_TUNNEL_OUTPUT_KIND_CLOSE_WEB_SOCKET = 1,
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
 * Bytes, as Text.
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
 * A session: a client's end of a tunnel, source or destination. Storage only; make it with iot_tunnel_session_init, and
 * let it lie where it is until it is wiped. It holds access and client token.
 */
typedef struct {
    uint64_t opaque[644];
} iot_tunnel_session;

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
 * No connection.
 */
#define iot_tunnel_connection_NONE (iot_tunnel_connection){ .service = 0, .serial = 0 }

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
 * What a session is told when it is made. Zero it, then set what you need.
 */
typedef struct {
    /**
     * The side of the tunnel, an iot_tunnel_side: a token for the other side is refused.
     */
    int32_t side;
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
    int32_t format;
    /**
     * The longest payload of a message that is sent, 1 to 64512 bytes; 0 is 64512. Less where the peers agreed on less.
     */
    uint32_t max_payload;
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
     * The bytes of the answer's head. With ACCEPTED, those behind it are the WebSocket's first.
     */
    size_t consumed;
    /**
     * Why it was refused, in the service's words: what they start with of visible ASCII and spaces, at most 256. It lies in
     * `received`. Empty if it gave none.
     */
    iot_tunnel_text reason;
    /**
     * An id of the attempt, for AWS's support; likewise.
     */
    iot_tunnel_text channel_id;
} iot_tunnel_upgrade_answer;

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
     * DATA: the bytes. They lie in the input or in the incoming buffer and last until the input is changed or another
     * function of this session is called that takes bytes, a token, an upgrade or the end of a connection
     * (iot_tunnel_session_handle_...). Sending them back by iot_tunnel_session_send is allowed.
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
} iot_tunnel_session_status;

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
 * A message. A field that is absent on the wire is 0, false or empty here; there is no difference.
 */
typedef struct {
    /**
     * What it is about, an iot_tunnel_message_kind or another number.
     */
    int32_t kind;
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

/**
 * Cuts a stream of bytes into the messages of its frames. Storage only; make it with iot_tunnel_deframer_init.
 */
typedef struct {
    uint64_t opaque[8];
} iot_tunnel_deframer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Checks where to connect to: `host`, `host:port`, `[IPv6 address]` or `[IPv6 address]:port`. A host name is 1–253 of
 * [a-zA-Z0-9._-] with labels of 1–63 that neither start nor end with '-'; a port is 1–65535.
 *
 * @param endpoint The text.
 * @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_endpoint_check(iot_tunnel_text endpoint);

/**
 * Says what to resolve and to dial.
 *
 * @param endpoint What iot_tunnel_endpoint_check allows.
 * @param host The host name or address, without brackets, also the name in TLS. It lies in `endpoint`.
 * @param port The port, 1–65535; 443 if none is given.
 * @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
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
                                          uint8_t *buffer,
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
 * @return OK, PEER_FAULT_INVALID_UPGRADE_REQUEST, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8 (method or target).
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
 * Takes the end of the socket that CONNECT asked for, whatever it was: no connection, no TLS, no answer, a close frame, a
 * broken connection.
 *
 * @param session The session.
 * @param now The time, in milliseconds of a monotonic clock.
 * @param close_code What a close frame said; 0 if none came or it said nothing. A number that stands in no close frame,
 *        such as 1006, is taken for 0.
 * @param close_reason What it said for people. With it the session knows a closed tunnel from a lost connection.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_NOT_CONNECTED (the session has given the
 *         socket up itself), MISUSE_SESSION_CLOSED.
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
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
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
 * @param session The session.
 * @param service The place in the session's services, from 0.
 * @param connection The new connection.
 * @return OK, WOULD_BLOCK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_SOURCE, MISUSE_NOT_OPEN,
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
 * Takes an access token, in any state: the first one, or one that a rotation issued. A new one replaces the latest: a live
 * connection is closed with all that was in it, and another is made at once. One that the session has had before is no news
 * and changes nothing, so every notification can be brought here.
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
                                                  int32_t side,
                                                  iot_tunnel_text access_token,
                                                  int32_t binding,
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
                                                     int32_t offer,
                                                     const uint8_t nonce[16],
                                                     uint8_t *buffer,
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
 *         MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY. A PEER_FAULT 320–327 is what the answer breaks: whoever
 *         answers is no such service. Close the socket and call iot_tunnel_session_handle_closed.
 */
iot_tunnel_status iot_tunnel_session_handle_upgrade(iot_tunnel_session *session,
                                                    uint64_t now,
                                                    const uint8_t *received,
                                                    size_t length,
                                                    bool ended,
                                                    iot_tunnel_upgrade_answer *answer);

/**
 * Takes the next message off the start of the input, the payload of binary WebSocket messages in any split, and says what
 * it means. Call it as long as it gives an event and the application can take one: nothing is kept for you. An application
 * that cannot take another event keeps the input, reads no more from the socket and says so by iot_tunnel_session_pause.
 *
 * With NONE the input is used up. At a destination there is one exception: while the outgoing buffer has no room for an
 * answer, the input stays as it is. Send first, then call again with the same input.
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
 * Says what is to be done next. Do it and call again, until it says WAIT or the socket takes no more. CLOSE_WEBSOCKET,
 * CONNECT and PING are said once.
 *
 * @param session The session.
 * @param output What is to be done.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
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
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
 */
iot_tunnel_status iot_tunnel_session_deadline(iot_tunnel_session *session,
                                              uint64_t *deadline);

/**
 * Says where a session is.
 *
 * @param session The session.
 * @param status Where it is.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
 */
iot_tunnel_status iot_tunnel_session_describe(iot_tunnel_session *session,
                                              iot_tunnel_session_status *status);

/**
 * Says the name of a service of the session.
 *
 * @param session The session.
 * @param service Its place, from 0.
 * @param name Its name. Empty if it has none: the session was made without, and the tunnel says none or does not say it yet.
 *        It lies in the session: copy it if another call follows.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_UNKNOWN_SERVICE.
 */
iot_tunnel_status iot_tunnel_session_service(iot_tunnel_session *session,
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
 * Makes a WebSocket, right behind the answer to the upgrade request.
 *
 * @param websocket The storage. Whatever is in it is forgotten.
 * @param sizeof_websocket sizeof(iot_tunnel_websocket).
 * @param role Which end this is, an iot_tunnel_websocket_role.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_UNKNOWN_ENUM_VALUE.
 */
iot_tunnel_status iot_tunnel_websocket_init(iot_tunnel_websocket *websocket,
                                            size_t sizeof_websocket,
                                            int32_t role);

/**
 * Zeroes the storage: afterwards it is "not initialised". Twice is harmless.
 *
 * @param websocket The WebSocket, or storage without one.
 * @return OK, MISUSE_NULL_POINTER.
 */
iot_tunnel_status iot_tunnel_websocket_wipe(iot_tunnel_websocket *websocket);

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
                                             int32_t kind,
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
 * Says where the closing stands.
 *
 * @param websocket The WebSocket.
 * @param state Where it stands.
 * @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
 */
iot_tunnel_status iot_tunnel_websocket_describe(iot_tunnel_websocket *websocket,
                                                iot_tunnel_websocket_state *state);

/**
 * The code of the close frame that answers a fault.
 *
 * @param status A PEER_FAULT that a function answered.
 * @return The code; 1002, a protocol error, for every number that has none of its own.
 */
uint16_t iot_tunnel_websocket_close_code(iot_tunnel_status status);

/**
 * Decodes a message, by the rules of proto3.
 *
 * @param bytes The message, without the length of its frame.
 * @param message What it says. Payload and texts lie in `bytes`.
 * @return OK, PEER_FAULT_MALFORMED_MESSAGE, CAPACITY_TOO_MANY_SERVICES (more than 8), MISUSE_NULL_POINTER.
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
 * @return OK, MISUSE_NULL_POINTER, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8, CAPACITY_TOO_MANY_SERVICES,
 *         PEER_FAULT_UNKNOWN_MESSAGE_TYPE, PEER_FAULT_UNEXPECTED_MESSAGE, PEER_FAULT_STREAM_ID_MISSING,
 *         PEER_FAULT_PAYLOAD_TOO_LONG.
 */
iot_tunnel_status iot_tunnel_message_check(const iot_tunnel_message *message,
                                           int32_t origin,
                                           bool *skip);

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IOT_TUNNEL_H */
