//! Everything that core offers, each behind one exported function, built for a target without an operating
//! system.
//!
//! The panic handler calls a function that exists nowhere. After link-time optimisation the archive asks for that
//! function only if some caller can reach a panic; `tests/cross.sh` looks, and names the functions that can. The
//! arguments and results are core's own types: the optimiser knows no more of them than of a caller's.
#![cfg_attr(target_os = "none", no_std)]

use core::fmt::{self, Write};
use core::mem::MaybeUninit;

use iot_tunnel_core::handshake::{
    Answer, Endpoint, HandshakeFault, HandshakeRequest, InvalidEndpoint, Offer, PeerText, PendingUpgrade,
    Rejection, Subprotocol, Upgrade, UpgradeAccept, UpgradeKey, UpgradeRequest, UpgradeRequestError,
};
use iot_tunnel_core::json::{
    self, BufferTooSmall, DestinationConfigRef, ErrorBody, JsonFault, MessageFault, Notification,
    NotificationRef, RotateRequest, RotateRequestError, RotateRequestRef, RotateResponse, RotateResponseRef,
    Violation,
};
use iot_tunnel_core::session::{
    Announced, Binding, Config, Connection, Event as SessionEvent, Output, Progress, Session, Status,
    Timeout, TokenTaken,
};
use iot_tunnel_core::token::MAX_ACCESS_TOKEN;
use iot_tunnel_core::websocket::{
    Close, CloseCode, CloseHandshake, Event, Frame, FrameHeader, MaskKey, Opcode, Receiver, SendError, Sender,
};
use iot_tunnel_core::wire::{
    ContentFault, DecodeFault, Deframer, EncodeFault, Envelope, FrameFault, Message, Origin, Verdict,
};
use iot_tunnel_core::{
    AccessToken, Claim, ClientMode, ClientToken, ConnectionId, Description, DestinationConfig,
    DisconnectReason, Effects, Entropy, Error, Handshake, InvalidText, IssuedToken, Lifetime, Millis, Misuse,
    Opened, PeerFault, Refusal, Region, Rotated, Rotation, ServiceId, Side, Slot, Table, TableIn, ThingName,
    TokenDigest, Tunnel, TunnelArn, TunnelId,
};

#[cfg(target_os = "none")]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_caller_can_reach_a_panic() -> !;
    }
    // SAFETY: it exists nowhere: a program that could get here does not link.
    unsafe { a_caller_can_reach_a_panic() }
}

/// Exports functions under their own names, so that each is a root of the link.
macro_rules! export {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty $body:block)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub fn $name($($argument: $kind),*) -> $result $body
    )*};
}

/// Big enough for any token and any id.
type Token = AccessToken<512>;
/// Any number shows the same code.
type Tunnels = Table<4>;
/// As a device in C has it.
type Client<'b> = Session<&'b mut [u8]>;

/// A caller's buffer to print into.
pub struct Line<'b> {
    room: &'b mut [u8],
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.room.split_off_mut(..text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A slot as C has it: all zero is free.
pub struct Record {
    taken: bool,
    tunnel: MaybeUninit<Tunnel>,
}

impl Slot for Record {
    fn get(&self) -> Option<&Tunnel> {
        // SAFETY: a record that is taken has been written by `fill`.
        self.taken.then(|| unsafe { self.tunnel.assume_init_ref() })
    }

    fn get_mut(&mut self) -> Option<&mut Tunnel> {
        // SAFETY: as above.
        self.taken.then(|| unsafe { self.tunnel.assume_init_mut() })
    }

    fn fill(&mut self, make: impl FnOnce() -> Tunnel) {
        self.tunnel.write(make());
        self.taken = true;
    }

    fn free(&mut self) {
        self.taken = false;
    }
}

export! {
    /// Parsing.
    fn gate_tunnel_id(text: &str) -> Result<TunnelId, InvalidText> { TunnelId::parse(text) }
    /// Parsing.
    fn gate_thing_name(text: &str) -> Result<ThingName, InvalidText> { ThingName::parse(text) }
    /// Parsing.
    fn gate_service_id(text: &str) -> Result<ServiceId, InvalidText> { ServiceId::parse(text) }
    /// Parsing.
    fn gate_region(text: &str) -> Result<Region, InvalidText> { Region::parse(text) }
    /// Parsing.
    fn gate_tunnel_arn(text: &str) -> Result<TunnelArn, InvalidText> { TunnelArn::parse(text) }
    /// Composing.
    fn gate_tunnel_arn_of(region: &Region, account: &str, id: &TunnelId) -> Result<TunnelArn, InvalidText> {
        TunnelArn::of(region, account, id)
    }
    /// Taking apart.
    fn gate_tunnel_arn_tunnel_id(arn: &TunnelArn) -> Option<TunnelId> { arn.tunnel_id() }
    /// Parsing.
    fn gate_access_token(text: &str) -> Result<Token, Error> { Token::parse(text) }
    /// Parsing.
    fn gate_client_token(text: &str) -> Result<ClientToken, InvalidText> { ClientToken::parse(text) }
    /// Parsing.
    fn gate_claim(text: &str) -> Option<Claim> { Claim::read(text) }
    /// Parsing.
    fn gate_looks_issued(text: &str) -> bool { iot_tunnel_core::token::looks_issued(text) }
    /// Hashing.
    fn gate_token_digest(text: &str) -> TokenDigest { TokenDigest::of(text) }
    /// Comparing in constant time.
    fn gate_token_digest_eq(one: &TokenDigest, other: &TokenDigest) -> bool { one == other }
    /// Comparing in constant time.
    fn gate_access_token_eq(one: &Token, other: &Token) -> bool { one == other }
    /// Random bytes that a caller drew.
    fn gate_entropy(bytes: [u8; 64]) -> Result<Entropy, Misuse> { Entropy::new(bytes) }
    /// Parsing.
    fn gate_client_mode(text: &str) -> Option<ClientMode> { ClientMode::from_name(text) }
    /// The rotation table.
    fn gate_rotation(mode: ClientMode, with_config: bool) -> Result<Rotation, Misuse> {
        mode.rotation(with_config)
    }
    /// Parsing.
    fn gate_side(text: &str) -> Option<Side> { Side::from_name(text) }
    /// The range check.
    fn gate_lifetime(minutes: u32) -> Result<Lifetime, Misuse> { Lifetime::from_minutes(minutes) }
    /// Composing.
    fn gate_destination(
        thing: Option<ThingName>, services: &[ServiceId]
    ) -> Result<DestinationConfig, Error> {
        DestinationConfig::new(thing, services)
    }

    /// The record.
    fn gate_open(
        id: TunnelId, config: Option<DestinationConfig>, lifetime: Lifetime, now: Millis, entropy: &Entropy
    ) -> Result<(Tunnel, Opened), Error> {
        Tunnel::open(id, config, lifetime, now, entropy)
    }
    /// The record.
    fn gate_connect(
        tunnel: &mut Tunnel, handshake: Handshake<'_>, connection: ConnectionId, in_use: bool, now: Millis
    ) -> Result<Effects, Refusal> {
        tunnel.connect(handshake, connection, |_| in_use, now)
    }
    /// The record.
    fn gate_disconnect(tunnel: &mut Tunnel, side: Side, connection: ConnectionId, now: Millis) -> Effects {
        tunnel.disconnect(side, connection, now)
    }
    /// The record.
    fn gate_rotate(
        tunnel: &mut Tunnel, mode: ClientMode, config: Option<DestinationConfig>, now: Millis,
        entropy: &Entropy
    ) -> Result<Rotated, Error> {
        tunnel.rotate(mode, config, now, entropy)
    }
    /// The record.
    fn gate_close(tunnel: &mut Tunnel, delete: bool, now: Millis) -> Effects { tunnel.close(delete, now) }
    /// The record.
    fn gate_expire(tunnel: &mut Tunnel, now: Millis) -> Effects { tunnel.expire(now) }
    /// The record.
    fn gate_describe(tunnel: &Tunnel, now: Millis) -> Description { tunnel.describe(now) }

    /// The table.
    fn gate_table_open(
        table: &mut Tunnels, id: TunnelId, config: Option<DestinationConfig>, now: Millis, entropy: &Entropy
    ) -> Result<Opened, Error> {
        table.open(id, config, Lifetime::default(), now, entropy)
    }
    /// A record in memory of the caller's.
    fn gate_in_place_open(
        slot: &mut Record, id: &TunnelId, config: Option<DestinationConfigRef<'_>>, now: Millis,
        entropy: &Entropy, give: fn(Side, &IssuedToken)
    ) -> Result<Effects, Error> {
        Tunnel::open_in(slot, id, config, Lifetime::default(), now, entropy, give)
    }
    /// A record in memory of the caller's.
    fn gate_in_place_rotate(
        tunnel: &mut Tunnel, mode: ClientMode, config: Option<DestinationConfigRef<'_>>, now: Millis,
        entropy: &Entropy, give: fn(Side, &IssuedToken)
    ) -> Result<Effects, Error> {
        tunnel.rotate_in(mode, config, now, entropy, give)
    }
    /// A table in memory of the caller's.
    fn gate_table_over(slots: &mut [Record], id: &TunnelId, now: Millis) -> Option<Effects> {
        let mut table = TableIn::over(slots);
        table.vacancy(id).ok()?;
        table.expire_next(now).map(|(_, effects)| effects)
    }
    /// The table.
    fn gate_table_connect(
        table: &mut Tunnels, handshake: Handshake<'_>, connection: ConnectionId, now: Millis
    ) -> Result<(TunnelId, Effects), Refusal> {
        table.connect(handshake, connection, now)
    }
    /// The table.
    fn gate_table_disconnect(
        table: &mut Tunnels, id: &TunnelId, side: Side, connection: ConnectionId, now: Millis
    ) -> Result<Effects, Refusal> {
        table.disconnect(id, side, connection, now)
    }
    /// The table.
    fn gate_table_rotate(
        table: &mut Tunnels, id: &TunnelId, mode: ClientMode, config: Option<DestinationConfig>, now: Millis,
        entropy: &Entropy
    ) -> Result<Rotated, Error> {
        table.rotate(id, mode, config, now, entropy)
    }
    /// The table.
    fn gate_table_close(
        table: &mut Tunnels, id: &TunnelId, delete: bool, now: Millis
    ) -> Result<Effects, Refusal> {
        table.close(id, delete, now)
    }
    /// The table.
    fn gate_table_expire(table: &mut Tunnels, now: Millis, sink: fn(&TunnelId, Effects)) -> Option<Millis> {
        table.expire(now, sink);
        table.next_deadline()
    }

    /// The handshake, a client's end.
    fn gate_endpoint(text: &str) -> Result<Endpoint, InvalidEndpoint> { Endpoint::parse(text) }
    /// The handshake, a client's end.
    fn gate_endpoint_aws(region: &Region) -> [Endpoint; 2] { [Endpoint::aws(region), Endpoint::aws_fips(region)] }
    /// The handshake, a client's end.
    fn gate_endpoint_host(endpoint: &Endpoint) -> &str { endpoint.host() }
    /// The handshake, a client's end.
    fn gate_upgrade_key(entropy: [u8; 16]) -> Result<UpgradeKey, Misuse> { UpgradeKey::new(entropy) }
    /// The handshake, a client's end.
    fn gate_offer(offer: Offer, subprotocol: Subprotocol) -> bool { offer.has(subprotocol) }
    /// The handshake, a client's end.
    fn gate_upgrade_request(
        request: &UpgradeRequest<'_>, buffer: &mut [u8]
    ) -> Result<usize, UpgradeRequestError> {
        request.write(buffer)
    }
    /// The handshake, a client's end.
    fn gate_upgrade_headers(request: &UpgradeRequest<'_>, visit: fn(&str, &str)) -> &'static str {
        request.headers().for_each(|(name, value)| visit(name, value));
        request.target()
    }
    /// An answer from a network.
    fn gate_upgrade_answer(
        pending: &PendingUpgrade, received: &[u8], ended: bool, visit: fn(Result<Answer<'_>, PeerFault>)
    ) -> () {
        visit(pending.read(received, ended));
    }
    /// An answer that a library has read.
    fn gate_upgrade_judge(
        pending: &PendingUpgrade, status: u16, headers: &[(&[u8], &[u8])], body: &[u8],
        visit: fn(Result<Upgrade<'_>, PeerFault>)
    ) -> () {
        visit(pending.judge(status, headers.iter().copied(), body));
    }
    /// The handshake, the service's end: a request from a network.
    fn gate_handshake_request(
        method: &str, target: &str, headers: &[(&[u8], &[u8])],
        visit: fn(Result<HandshakeRequest<'_>, HandshakeFault>)
    ) -> () {
        visit(HandshakeRequest::judge(method, target, headers.iter().copied()));
    }
    /// The handshake, the service's end.
    fn gate_upgrade_accept(value: &[u8]) -> Option<UpgradeAccept> {
        UpgradeKey::parse(value).map(|key| key.accept())
    }
    /// The handshake, the service's end.
    fn gate_rejection(fault: HandshakeFault, refusal: Refusal) -> [Rejection; 2] {
        [fault.into(), refusal.into()]
    }
    /// Reading.
    fn gate_subprotocol(name: &[u8], message_type: i32) -> bool {
        Subprotocol::from_name(name).is_some_and(|subprotocol| subprotocol.defines(message_type))
    }

    /// JSON from a network.
    fn gate_json_check(body: &[u8]) -> Result<&str, JsonFault> { json::check(body) }
    /// JSON from a network.
    fn gate_rotate_request(body: &[u8]) -> Result<RotateRequest, RotateRequestError<'_>> {
        RotateRequest::parse(body)
    }
    /// Every violation, one by one and as the message of the exception.
    fn gate_violations(
        error: &RotateRequestError<'_>, visit: fn(Violation<'_>), out: &mut Line<'_>
    ) -> fmt::Result {
        if let RotateRequestError::Validation(violations) = error {
            violations.for_each(visit);
        }
        write!(out, "{error}")
    }
    /// JSON from a network.
    fn gate_rotate_response(body: &[u8]) -> Result<RotateResponse, MessageFault> { RotateResponse::parse(body) }
    /// JSON from a network.
    fn gate_notification(body: &[u8]) -> Result<Notification, MessageFault> { Notification::parse(body) }
    /// JSON from a network, where it stands.
    fn gate_rotate_request_in_place(body: &mut [u8]) -> Result<RotateRequestRef<'_>, Error> {
        RotateRequestRef::parse_in_place(body)
    }
    /// JSON from a network, where it stands.
    fn gate_rotate_response_in_place(body: &mut [u8]) -> Result<RotateResponseRef<'_>, Error> {
        RotateResponseRef::parse_in_place(body)
    }
    /// JSON from a network, where it stands.
    fn gate_notification_in_place(payload: &mut [u8]) -> Result<NotificationRef<'_>, Error> {
        NotificationRef::parse_in_place(payload)
    }
    /// JSON from a network, judged.
    fn gate_json_messages(
        body: &[u8]
    ) -> (Result<(), RotateRequestError<'_>>, Result<(), MessageFault>, Result<(), MessageFault>) {
        (RotateRequestRef::check(body), RotateResponseRef::check(body), NotificationRef::check(body))
    }
    /// Composing.
    fn gate_rotate_request_ref(
        tunnel_id: &'static str, mode: ClientMode, thing: Option<&'static str>, services: &[&'static str]
    ) -> Result<RotateRequestRef<'static>, Error> {
        RotateRequestRef::new(tunnel_id, mode, Some(DestinationConfigRef::new(thing, services)?))
    }
    /// Composing.
    fn gate_rotate_response_ref(
        arn: &'static str, tokens: [Option<&'static str>; 2]
    ) -> Result<RotateResponseRef<'static>, Error> {
        let [source, destination] = tokens;
        RotateResponseRef::new(arn, source, destination)
    }
    /// Composing.
    fn gate_notification_ref(
        token: &'static str, side: Side, region: &'static str, services: &[&'static str]
    ) -> Result<NotificationRef<'static>, Error> {
        NotificationRef::new(token, side, region, services)
    }
    /// JSON into a caller's buffer.
    fn gate_write_lent(
        values: &(RotateRequestRef<'_>, RotateResponseRef<'_>, NotificationRef<'_>), buffer: &mut [u8]
    ) -> Result<usize, BufferTooSmall> {
        let (request, response, notification) = values;
        Ok(request.write(buffer)? + response.write(buffer)? + notification.write(buffer)?)
    }
    /// JSON from a network.
    fn gate_error_body(body: &[u8]) -> Result<ErrorBody<'_>, MessageFault> { ErrorBody::parse(body) }
    /// JSON into a caller's buffer.
    fn gate_write_rotate_request(value: &RotateRequest, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        value.write(buffer)
    }
    /// JSON into a caller's buffer.
    fn gate_write_rotate_response(value: &RotateResponse, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        value.write(buffer)
    }
    /// JSON into a caller's buffer.
    fn gate_write_notification(value: &Notification, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        value.write(buffer)
    }
    /// JSON into a caller's buffer.
    fn gate_write_error_body(value: &ErrorBody<'_>, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        value.write(buffer)
    }

    /// WebSocket frames from a network, read to the end.
    fn gate_websocket_receive(
        receiver: &mut Receiver, input: &mut &[u8], visit: fn(Event<'_>)
    ) -> Result<(), PeerFault> {
        while let Some(event) = receiver.receive(input)? {
            visit(event);
        }
        Ok(())
    }
    /// A client's WebSocket frames, without their mask.
    fn gate_websocket_receive_masked(
        receiver: &mut Receiver, input: &mut &mut [u8], visit: fn(Event<'_>)
    ) -> Result<(), PeerFault> {
        while let Some(event) = receiver.receive_masked(input)? {
            visit(event);
        }
        Ok(())
    }
    /// A server's WebSocket frames into a caller's buffer.
    fn gate_websocket_write_unmasked(
        sender: &mut Sender, frame: Frame<'_>, buffer: &mut [u8]
    ) -> Result<usize, SendError> {
        sender.write_unmasked(frame, buffer)
    }
    /// What stands around a payload that the caller sends.
    fn gate_session_envelope(
        session: &mut Session<&mut [u8]>, connection: Connection, data: &[u8], buffer: &mut [u8]
    ) -> Option<usize> {
        match session.envelope(connection, data, buffer) {
            Ok(Progress::Done((envelope, count))) => Some(envelope.head.len() + count),
            Ok(Progress::WouldBlock) | Err(_) => None,
        }
    }
    /// WebSocket frames into a caller's buffer.
    fn gate_websocket_write(
        sender: &mut Sender, frame: Frame<'_>, key: MaskKey, buffer: &mut [u8]
    ) -> Result<usize, SendError> {
        sender.write(frame, key, buffer)
    }
    /// WebSocket frames in the caller's memory.
    fn gate_websocket_mask(
        sender: &Sender, payload: &mut [u8], key: MaskKey, header: &mut [u8]
    ) -> Result<usize, SendError> {
        sender.mask(payload, key, header)
    }
    /// Both ends of a WebSocket.
    fn gate_websocket_close_handshake(sender: &Sender, receiver: &Receiver) -> CloseHandshake {
        CloseHandshake::of(sender, receiver)
    }
    /// What ends a WebSocket.
    fn gate_disconnect_reason(close: Close<'_>) -> Option<DisconnectReason> { DisconnectReason::of(close) }
    /// What ends a WebSocket.
    fn gate_websocket_close_code(fault: PeerFault) -> CloseCode { fault.close_code() }
    /// A header from a network.
    fn gate_frame_header_decode(bytes: &[u8]) -> Result<Option<(FrameHeader, usize)>, PeerFault> {
        FrameHeader::decode(bytes)
    }
    /// A header into a caller's buffer.
    fn gate_frame_header_encode(header: &FrameHeader, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        header.encode(buffer)
    }
    /// Composing.
    fn gate_frame_header_whole(
        opcode: Opcode, length: usize, mask: Option<MaskKey>
    ) -> Result<FrameHeader, Misuse> {
        FrameHeader::whole(opcode, length, mask)
    }

    /// Messages from a network.
    fn gate_decode(bytes: &[u8]) -> Result<Message<'_>, DecodeFault> { Message::decode(bytes) }
    /// Messages from a network.
    fn gate_available_service_ids(message: &Message<'_>, visit: fn(&str)) -> bool {
        message.available_service_ids.iter().for_each(visit);
        message.available_service_ids.is_empty()
    }
    /// Messages from a network.
    fn gate_check(message: &Message<'_>, origin: Origin) -> Result<Verdict, ContentFault> {
        message.check(origin)
    }
    /// Messages into a caller's buffer.
    fn gate_encode(message: &Message<'_>, buffer: &mut [u8]) -> Result<usize, EncodeFault> {
        message.encode(buffer)
    }
    /// Messages into a caller's buffer.
    fn gate_encode_frame(message: &Message<'_>, buffer: &mut [u8]) -> Result<usize, EncodeFault> {
        message.encode_frame(buffer)
    }
    /// Messages into a caller's buffer.
    fn gate_encode_envelope(
        message: &Message<'_>, buffer: &mut [u8], send: fn(Envelope<'_>)
    ) -> Result<(), EncodeFault> {
        message.encode_envelope(buffer).map(send)
    }
    /// A stream from a network, with the buffer in the deframer.
    fn gate_deframe_inside(
        deframer: &mut Deframer<[u8; 64]>, input: &mut &[u8], visit: fn(&[u8])
    ) -> Result<Option<()>, FrameFault> {
        Ok(deframer.next(input)?.map(visit))
    }
    /// A stream from a network, with the buffer elsewhere.
    fn gate_deframe_outside(
        deframer: &mut Deframer<&mut [u8]>, input: &mut &[u8], visit: fn(&[u8])
    ) -> Result<Option<()>, FrameFault> {
        Ok(deframer.next(input)?.map(visit))
    }

    /// Printing.
    fn gate_print_message_type(message: &Message<'_>, out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{}", message.message_type)
    }
    /// Printing.
    fn gate_print_wire_faults(
        faults: &(FrameFault, DecodeFault, ContentFault, EncodeFault), out: &mut Line<'_>
    ) -> fmt::Result {
        let (frame, decode, content, encode) = faults;
        write!(out, "{frame} {decode} {content} {encode}")
    }

    /// A client's end of a tunnel.
    fn gate_session_new(config: &Config<'_>, buffers: [&'static mut [u8]; 2]) -> Result<Client<'static>, Error> {
        let [incoming, outgoing] = buffers;
        Client::new(config, incoming, outgoing)
    }
    /// A client's end of a tunnel, made in its place.
    fn gate_session_init(
        place: &mut MaybeUninit<Client<'static>>, config: &Config<'_>, buffers: [&'static mut [u8]; 2]
    ) -> Result<(), Error> {
        let [incoming, outgoing] = buffers;
        Client::init(place, config, incoming, outgoing).map(drop)
    }
    /// A client's end of a tunnel.
    fn gate_session_token(
        session: &mut Client<'_>, now: Millis, side: Side, token: &str, binding: &Binding, entropy: &Entropy
    ) -> Result<TokenTaken, Error> {
        session.handle_token(now, side, token, binding, entropy)
    }
    /// A client's end of a tunnel.
    fn gate_session_upgrade(
        session: &mut Client<'_>, now: Millis, upgrade: &Upgrade<'_>
    ) -> Result<Status, Misuse> {
        session.handle_upgrade(now, upgrade)
    }
    /// Messages from a network.
    fn gate_session_bytes(
        session: &mut Client<'_>, now: Millis, input: &mut &[u8], visit: fn(SessionEvent<'_>)
    ) -> Result<(), Misuse> {
        while let Some(event) = session.handle_bytes(now, input)? {
            visit(event);
        }
        Ok(())
    }
    /// What a network announced.
    fn gate_session_announced(announced: &Announced<'_>, visit: fn(&str)) -> bool {
        announced.only_in_tunnel().for_each(visit);
        announced.only_in_session().for_each(|service| visit(service.as_str()));
        announced.needs_name()
    }
    /// A client's end of a tunnel.
    fn gate_session_closed(
        session: &mut Client<'_>, now: Millis, close: Option<Close<'_>>
    ) -> Result<Status, Misuse> {
        session.handle_closed(now, close)
    }
    /// A client's end of a tunnel.
    fn gate_session_services(session: &Client<'_>, visit: fn(&[ServiceId])) -> () { visit(session.services()) }
    /// A client's end of a tunnel.
    fn gate_session_ping(session: &mut Client<'_>, now: Millis) -> Result<(), Misuse> { session.handle_ping(now) }
    /// A client's end of a tunnel.
    fn gate_session_deadline(session: &Client<'_>) -> Option<Millis> { session.deadline() }
    /// A client's end of a tunnel.
    fn gate_session_pong(session: &mut Client<'_>, now: Millis) -> Result<(), Misuse> { session.handle_pong(now) }
    /// A client's end of a tunnel.
    fn gate_session_timeout(session: &mut Client<'_>, now: Millis) -> Timeout { session.handle_timeout(now) }
    /// A client's end of a tunnel.
    fn gate_session_pause(session: &mut Client<'_>, now: Millis, paused: bool) -> Result<(), Misuse> {
        session.pause(now, paused)
    }
    /// A client's end of a tunnel.
    fn gate_session_open(session: &mut Client<'_>, service: usize) -> Result<Progress<Connection>, Error> {
        session.open(service)
    }
    /// A client's end of a tunnel.
    fn gate_session_send(
        session: &mut Client<'_>, connection: Connection, data: &[u8]
    ) -> Result<Progress<usize>, Misuse> {
        session.send(connection, data)
    }
    /// A client's end of a tunnel.
    fn gate_session_reset(session: &mut Client<'_>, connection: Connection) -> Result<(), Misuse> {
        session.reset(connection)
    }
    /// A client's end of a tunnel.
    fn gate_session_close(session: &mut Client<'_>) -> () { session.close() }
    /// What is to be done.
    fn gate_session_poll(session: &mut Client<'_>, visit: fn(Output<'_, MAX_ACCESS_TOKEN>)) -> () { visit(session.poll_output()) }
    /// A client's end of a tunnel.
    fn gate_session_sent(session: &mut Client<'_>, count: usize) -> Result<(), Misuse> { session.sent(count) }

    /// Printing.
    fn gate_print_error(error: &Error, out: &mut Line<'_>) -> fmt::Result { write!(out, "{error}") }
    /// Printing.
    fn gate_print_invalid_text(error: &InvalidText, out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{error}")
    }
    /// Printing.
    fn gate_print_json_fault(error: &JsonFault, out: &mut Line<'_>) -> fmt::Result { write!(out, "{error}") }
    /// Printing.
    fn gate_print_message_fault(error: &MessageFault, out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{error}")
    }
    /// Printing.
    fn gate_print_endpoint(
        endpoint: &Endpoint, error: &InvalidEndpoint, out: &mut Line<'_>
    ) -> fmt::Result {
        write!(out, "{endpoint} {error}")
    }
    /// Printing.
    fn gate_print_upgrade_request_error(error: &UpgradeRequestError, out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{error}")
    }
    /// Printing.
    fn gate_print_handshake_fault(fault: &HandshakeFault, out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{fault}")
    }
    /// Printing what a network wrote.
    fn gate_print_peer_text(bytes: &[u8], out: &mut Line<'_>) -> fmt::Result {
        write!(out, "{}", PeerText::new(bytes))
    }
}
