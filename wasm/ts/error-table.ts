// Written by tests/tests/error_table.rs from core's table; do not edit.

/** Number, name and text of each error that is thrown here; no text where each says what exactly is wrong. */
export const THROWN = `101 DestinationConfigWithSource destinationConfig is allowed with clientMode DESTINATION or ALL, not with SOURCE
102 LifetimeOutOfRange maxLifetimeTimeoutMinutes must be 1 to 720
103 NoServices a destination config or a session needs at least 1 service
104 StuckEntropy every byte of the entropy is the same: the random source is not running
106 InvalidAccessToken an access token is 1 or more visible ASCII characters
107 PayloadTooLong the payload of a message has at most 64,512 bytes: send more in several messages
108 MessageTooLong a message has at most 65,535 bytes
109 EmptyMessage a message with no field set has no bytes, and a frame must hold some: set its type
110 InvalidTunnelId 
111 InvalidThingName 
112 InvalidServiceId 
113 InvalidRegion 
114 InvalidTunnelArn 
115 InvalidClientToken 
116 UnknownClientMode 
160 NotConnecting the session waits for no handshake: report its end once, and only of the latest Connect
161 NotConnected the session has no connection: report nothing of one that was lost or is to be closed
162 NotOpen the session is not open: wait until its status says so
163 ConnectionEnded this connection of the tunnel has ended
164 SessionClosed the session is closed: make another one
165 TokenOfOtherSide the token is for the other side of the tunnel, and this session keeps its side
166 UnknownService there is no service of this number: count the configured ones from 0
167 ServiceNotInTunnel the tunnel does not have this service
168 ServiceNeedsName without service ids (V1, or a tunnel without services) a session has exactly one service
169 NotSource a source opens connections, a destination does not
170 SentTooMuch more bytes were reported as sent than the session had to send
171 DuplicateService each service is configured once
172 MaxPayloadOutOfRange the longest payload is 1 to 64512 bytes
173 ServiceNotChosen the tunnel has several services, and the session has no name for its own: configure one of theirs
183 UnknownEnumValue 
190 NoWebSocket there is no WebSocket here that can carry an access token: give one
201 UnknownAccessToken Invalid access token
202 TunnelClosed The tunnel is closed
203 TunnelExpired The tunnel is closed: its lifetime has ended
204 AccessTokenRevoked Invalid access token: The access token was revoked by a rotation
205 ModeMismatch The access token belongs to the other side: local-proxy-mode does not match it
206 AccessTokenUsed Invalid access token: The access token was previously used and cannot be used again
207 ClientTokenMismatch The client token does not match the one that the access token was first used with
208 ClientTokenInUse The client token is in use with another access token: make a fresh one for each access token
209 TunnelNotFound There is no such tunnel
301 MalformedJson 
302 UnexpectedJson 
303 InvalidMember 
304 EmptyFrame a frame must hold a message, and this one has the length 0
305 MalformedMessage the bytes are not a message in protobuf
306 UnknownMessageType the message's type is not known, and the message may not be ignored
307 UnexpectedMessage this sender may not send messages of this type
308 StreamIdMissing a message of this type needs a streamId other than 0
309 PayloadTooLong the payload of a message has at most 64,512 bytes
326 WrongSubprotocol a 101 needs one sec-websocket-protocol, and it must be one that was offered
348 TextFrame a tunnel takes binary WebSocket messages, not text
360 MessageBeforeServiceIds the first message over V2 and V3 is SERVICE_IDS
361 StreamWithoutConnectionIds the stream was started without a connection id: it has one connection, and no CONNECTION_* message
401 BufferTooSmall the buffer is too small
403 TooManyServices a tunnel has at most 3 services
404 AccessTokenTooLong the access token is longer than the room for it
405 RotationsExhausted this side has been rotated as often as a tunnel can be
440 ConnectionTableFull the service has as many connections as the session has room for
441 OneConnectionOnly over V1 and V2 a service has one connection at a time
442 ServiceTableFull these are more services than the session has room for
450 ReceiveLimitExceeded more bytes wait to be read than the limit allows: read faster, or raise the limit`;

/** The others, such as those of programs in C, and the texts that are not above. */
export const ELSEWHERE = `105 TunnelIdTaken a tunnel with this id exists already; every tunnel needs an id of its own
110 InvalidTunnelId a tunnelId is 1 to 128 characters of [a-zA-Z0-9_\\-+=:]
111 InvalidThingName a thingName is 1 to 128 characters of [a-zA-Z0-9:_-]
112 InvalidServiceId a service is 1 to 128 characters of [a-zA-Z0-9:_-]
113 InvalidRegion a region is 1 to 32 characters of [a-z0-9-]
114 InvalidTunnelArn a tunnelArn is 1 to 1600 visible ASCII characters
115 InvalidClientToken a client token is 32 to 128 characters of [a-zA-Z0-9-]
116 UnknownClientMode a clientMode is SOURCE, DESTINATION or ALL, in upper case
117 UnknownSide a side is source or destination, in lower case
120 InvalidEndpoint an endpoint is host, host:port, [IPv6 address] or [IPv6 address]:port
140 FramePayloadTooLong the payload of a WebSocket frame is at most 131,076 bytes
141 ControlPayloadTooLong a ping or pong carries at most 125 bytes, and the reason of a close has at most 123
142 SendAfterClose a close frame has been sent: nothing may follow it
180 NullPointer a pointer is NULL, and only one to 0 bytes or to something optional may be
181 NotInitialised the storage holds nothing yet, or was wiped: initialise it first
182 StorageSizeMismatch the size given is not this library's: compile with the header of the same version
183 UnknownEnumValue the number is no value of its enumeration: use the names in the header
184 NotUtf8 a text must be UTF-8
185 OverlappingMemory two regions of memory overlap, and one of them is to be written
210 HandshakeRefused The handshake was refused
301 MalformedJson the text is not JSON as RFC 8259 defines it, or is nested too deep
302 UnexpectedJson the JSON does not have the shape of this message
303 InvalidMember a member's value is not allowed
320 MalformedUpgradeAnswer the answer to the upgrade request is not the head of an HTTP/1.1 response
321 UpgradeAnswerTooLong the head of the answer to the upgrade request is longer than 4096 bytes
322 UpgradeAnswerEndsEarly the connection ended before the answer to the upgrade request did
323 UnexpectedUpgradeStatus the answer to an upgrade request is 101, 400 to 499 or 500 to 599
324 NotWebSocket a 101 needs one header 'upgrade: websocket' and 'connection: upgrade'
325 WrongWebSocketAccept a 101 needs one sec-websocket-accept, and it must belong to the request's key
327 UnofferedExtension a 101 must not have sec-websocket-extensions: none was offered
328 InvalidUpgradeRequest the upgrade request breaks a rule of the handshake
340 ReservedBitsSet a WebSocket frame sets reserved bits, and no extension was agreed
341 ReservedOpcode a WebSocket frame has a reserved opcode
342 FragmentedControlFrame a ping, pong or close frame must not be fragmented
343 ControlFrameTooLong the payload of a ping, pong or close frame is at most 125 bytes
344 FrameLengthNotMinimal the length of a WebSocket frame must be written with as few bytes as it needs
345 FrameLengthOutOfRange the length of a WebSocket frame is at most 2^63 - 1 bytes
346 FramePayloadTooLong the payload of a WebSocket frame is at most 131,076 bytes
347 MaskedFrame a server must not mask its WebSocket frames
349 ContinuationWithoutStart a WebSocket continuation frame needs a message that it continues
350 MessageInterrupted a WebSocket message must be complete before the next one begins
351 CloseCodeTruncated the payload of a close frame is empty or at least 2 bytes
352 CloseCodeNotAllowed the code of a close frame is 1000 to 1003, 1007 to 1014 or 3000 to 4999
353 CloseReasonNotUtf8 the reason of a close frame must be UTF-8
354 FrameAfterClose nothing may follow a close frame
355 UnmaskedFrame a client must mask its WebSocket frames
370 ConnectionLost the connection was cut: the WebSocket, or the peer behind it, is gone
402 TableFull the table of tunnels is full
420 UpgradeRequestTooLong the upgrade request would be longer than the 4096 bytes that the service takes
443 OutgoingBufferTooSmall the buffer for what is to be sent needs at least 512 bytes`;
