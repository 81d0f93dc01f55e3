"""Models of AWS's own clients as destinations: real WebSockets and sockets, and what they do is what tests/models/ says."""

import collections
import contextlib
import dataclasses
import json
import socket
import threading
import time
import uuid

import wsproto
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, RejectConnection, Request
from wsproto.utilities import LocalProtocolError

from frames import MAX_PAYLOAD, Message, encode, take
from network import CHUNK
from service import ROOT

TABLES = {"reference": "reference-destination", "c": "aws-c-client"}
# What waits for the tunnel before the model reads no more of a service, in messages; for a service, in bytes.
QUEUED_MESSAGES = 32
READ_BYTES = 16 * 1024
UNWRITTEN_BYTES = 1 << 20
SENT_BYTES = 64 * 1024
SUBPROTOCOL = "aws.iot.securetunneling-3.0"
# A reconnect of the reference that could not connect, in seconds: every 2.5 s without end.
REFERENCE_RETRY_SECONDS = 2.5


class Refused(Exception):
    """The service took no WebSocket."""


def upgrade(port, access_token, client_token):
    """A destination's WebSocket over plain TCP: (the socket, the protocol, the events that came with the answer)."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What waits is to wait in the model's queue, as its table says, and not in the system's.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)
    protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    headers = [(b"access-token", access_token.encode()), (b"client-token", client_token.encode())]
    request = Request(
        host="127.0.0.1", target="/tunnel?local-proxy-mode=destination", extra_headers=headers, subprotocols=[SUBPROTOCOL]
    )
    try:
        stream.sendall(protocol.send(request))
        while True:
            chunk = stream.recv(CHUNK)
            if not chunk:
                raise Refused
            protocol.receive_data(chunk)
            events = list(protocol.events())
            if any(isinstance(event, AcceptConnection) for event in events):
                stream.settimeout(None)
                return stream, protocol, events
            if any(isinstance(event, RejectConnection) for event in events):
                raise Refused
    except BaseException:
        stream.close()
        raise


class Local:
    """A connection to the service behind the model. What is delivered is written by a thread of its own."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.settimeout(None)
        self.unwritten, self.changed, self.ended = bytearray(), threading.Condition(), False
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self):
        with contextlib.suppress(OSError):
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: self.unwritten or self.ended)
                    chunk = bytes(self.unwritten)
                    self.unwritten.clear()
                    self.changed.notify_all()
                if not chunk:
                    break
                self.socket.sendall(chunk)
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def deliver(self, payload):
        with self.changed:
            self.unwritten += payload
            self.changed.notify_all()

    def wait_for_room(self):
        with self.changed:
            self.changed.wait_for(lambda: len(self.unwritten) < UNWRITTEN_BYTES or self.ended, 60)

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()


class AwsClient:
    """One of AWS's clients as a destination of `servers`, {service: port}; a context manager.

    `harm` lists what its table calls an exit, a crash, deafness, or a WebSocket that it drops; `websockets` counts those that
    it has opened.
    """

    def __init__(self, kind, port, access_token, servers, told_v1=False):
        table = json.loads((ROOT / "tests/models" / f"{TABLES[kind]}.json").read_text())
        self._kind, self._port, self._servers = kind, port, servers
        self._access_token, self._client_token = access_token, uuid.uuid4().hex
        self._rows, self._first = table["rows"], table["first-state"]
        self._is_state_of_service = table["state-of"] == "service"
        self._only_service = next(iter(servers)) if told_v1 else None
        self._speaks = 0 if kind == "c" else 1 if told_v1 else 3
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._states, self._streams, self._connections = {}, {}, {}
        self._queue, self._rest, self._outbox, self._pongs = collections.deque(), bytearray(), None, bytearray()
        self._stopped, self._reads_when_sent, self._generation = False, False, 0
        self._resume = None
        self.harm, self.websockets, self.opened_at = [], 0, None

    # --- the table

    def _key(self, message):
        return self._only_service if self._only_service and not message.service else message.service

    def _happen(self, event, message, connection=None):
        """What an event brings about; under the lock. Returns its effects."""
        key = self._key(message)
        state_of = key if self._is_state_of_service and event not in ("SERVICE_IDS", "TCP_END", "CLOSE_FRAME") else ""
        state = self._states.get(state_of, self._states.get("", self._first))
        stream = self._streams.get(key)
        name = (key, message.connection)
        facts = {
            "stream": "same" if stream and (stream == message.stream or event.startswith("SEND_")) else "other",
            "connection": {"absent"} if not message.connection else set(),
            "format": "same" if message.format == self._speaks else "other",
            "speaks": f"V{self._speaks}",
            "service": "named" if message.service else "unnamed",
            "payload": "some" if message.payload else "none",
            "ignorable": "yes" if message.ignorable else "no",
        }
        facts["connection"].add("known" if name in self._connections else "unknown")
        for row in self._rows:
            conditions = row.get("where", {})
            fits = all(
                value in facts[what] if what == "connection" else facts[what] == value for what, value in conditions.items()
            )
            if row["state"] in (state, "any") and row["event"] == event and fits:
                break
        else:
            raise LookupError(f"no row fits {event} in the state {state}")
        if "next" in row:
            self._states[state_of] = row["next"]
        for effect in row["effects"]:
            self._take_effect(effect, key, name, message)
        self._changed.notify_all()
        return row["effects"]

    def _take_effect(self, effect, key, name, message):
        match effect:
            case "ignore" | "send-rest" | "drop-message" | "pong" | "keep-half-message" | "reconnect":
                pass
            case "take-services":
                if self._is_state_of_service:
                    self._states = {"": self._states.get("", self._first)}
                self.opened_at = time.monotonic()
            case "forget-services":
                self._streams = {service: stream for service, stream in self._streams.items() if not service}
                if self._is_state_of_service:
                    self._states.clear()
                    self._speaks = 1 if self._only_service else 3
                self._end(lambda key, _: True)
            case "set-format":
                self._speaks = message.format
            case "speak-v2":
                self._speaks = min(self._speaks, 2)
            case "adopt-stream":
                self._streams[key] = message.stream
            case "forget-stream":
                self._streams.pop(key, None)
            case "forget-connections" | "end-all-connections":
                self._end(lambda service, _: service == key)
            case "start-connection":
                self._start(name, message)
            case "deliver":
                # In a stream without connection ids there is one connection.
                if local := self._connections.get(name):
                    local.deliver(message.payload)
            case "end-connection":
                self._end(lambda *other: other == name)
            case "queue" | "stamp-and-queue":
                stream = 0 if effect == "queue" else self._streams[key]
                self._queue.append(dataclasses.replace(message, stream=stream))
            case "stamp-and-send":
                self._outbox = dataclasses.replace(message, stream=message.stream or self._streams[key])
            case "queue-connection-reset" | "queue-stream-reset":
                kind = "CONNECTION_RESET" if effect == "queue-connection-reset" else "STREAM_RESET"
                stream = self._streams.get(key, 0) if self._is_state_of_service else 0
                self._queue.append(dataclasses.replace(message, type=kind, stream=stream, payload=b""))
            case "read-on-when-sent":
                self._reads_when_sent = bool(self._queue)
            case "append-to-data":
                self._rest += message.payload
            case "forget-half-message":
                self._rest.clear()
            case "resume-start":
                self._resume = message
            case "drop-websocket" | "read-no-more" | "exit" | "crash":
                self.harm.append(effect)
            case _:
                raise LookupError(f"there is no effect {effect}")

    def _end(self, which):
        for name in [name for name in self._connections if which(*name)]:
            self._connections.pop(name).end()

    # --- the services behind it

    def _start(self, name, message):
        try:
            local = self._connections[name] = Local(self._servers.get(name[0]) or next(iter(self._servers.values())))
        except OSError:
            self._happen("LOCAL_END", message)
            return
        threading.Thread(target=self._read, args=(name, local, message), daemon=True).start()

    def _read(self, name, local, start):
        """Brings what the service sends, for as long as the connection lives."""
        message = dataclasses.replace(start, type="DATA", stream=0, payload=b"")
        while True:
            try:
                chunk = local.socket.recv(READ_BYTES)
            except OSError:
                chunk = b""
            with self._changed:
                self._changed.wait_for(lambda: len(self._queue) < QUEUED_MESSAGES or self._connections.get(name) is not local)
                if self._connections.get(name) is not local:
                    break
                if not chunk:
                    self._happen("LOCAL_END", message)
                    break
                self._happen("LOCAL_DATA", dataclasses.replace(message, payload=chunk))
        local.end()

    # --- its WebSocket

    def _run(self):
        failures = 0
        while not self._stopped and not {"exit", "crash"} & set(self.harm):
            try:
                stream, protocol, events = upgrade(self._port, self._access_token, self._client_token)
            except (OSError, Refused):
                failures += 1
                self._wait(failures)
                continue
            failures = 0
            with self._changed:
                self.websockets += 1
                self._generation += 1
                self._stream = stream
                self._pongs.clear()
            threading.Thread(target=self._send, args=(self._generation, stream, protocol), daemon=True).start()
            self._live(stream, protocol, events)
            with self._changed:
                self._generation += 1
                self._changed.notify_all()
            stream.close()
            if self._kind == "c":
                self._wait(0)

    def _wait(self, failures):
        # The C client takes anything between 0 and a ceiling that doubles; here always the middle, so that runs are alike.
        seconds = REFERENCE_RETRY_SECONDS if self._kind == "reference" else min(2**failures, 120) / 2
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, seconds)

    def _live(self, stream, protocol, events):
        """One WebSocket, to its end."""
        while True:
            for event in events:
                if not self._hear(stream, protocol, event):
                    return
            try:
                chunk = stream.recv(CHUNK)
            except OSError:
                chunk = b""
            if not chunk:
                with self._lock:
                    self._happen("TCP_END", Message("UNKNOWN"))
                return
            protocol.receive_data(chunk)
            events = list(protocol.events())

    def _hear(self, stream, protocol, event):
        """Whether the WebSocket goes on."""
        match event:
            case BytesMessage(data=data):
                return self._bytes(data)
            case Ping(payload=payload):
                with self._lock:
                    self._pongs += protocol.send(event.response())
                    self._happen("PING", Message("UNKNOWN", payload=bytes(payload)))
            case Pong():
                with self._lock:
                    self._happen("PONG", Message("UNKNOWN"))
            case CloseConnection(code=code, reason=reason):
                with self._lock:
                    # Nothing can be sent any more.
                    self._generation += 1
                bare = code in (None, 1005)
                payload = b"" if bare else int(code).to_bytes(2, "big") + (reason or "").encode()
                with self._lock:
                    self._happen("CLOSE_FRAME", Message("UNKNOWN", payload=payload))
                return False
        return True

    def _bytes(self, data):
        with self._lock:
            self._rest += data
            try:
                messages = take(self._rest)
            except (ValueError, IndexError):
                self.harm.append("garbage")
                return False
        for message in messages:
            with self._changed:
                self._changed.wait_for(lambda: not self._reads_when_sent or self._stopped)
                effects = self._happen(message.type, message)
                if message.type == "SERVICE_IDS" and self._resume:
                    resumed, self._resume = self._resume, None
                    self._happen(resumed.type, resumed)
                locals_ = list(self._connections.values())
            if {"drop-websocket", "read-no-more", "exit", "crash"} & set(effects):
                return False
            for local in locals_:
                local.wait_for_room()
        return True

    def _send(self, generation, stream, protocol):
        """Sends what is queued, one message after another, for as long as this WebSocket lives."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._pongs or self._generation != generation)
                if self._generation != generation:
                    return
                data = bytes(self._pongs)
                self._pongs.clear()
                if self._queue:
                    message = self._queue.popleft()
                    self._happen(f"SEND_{message.type}", message)
                    self._reads_when_sent &= bool(self._queue)
                    self._changed.notify_all()
                    if self._outbox:
                        message, self._outbox = self._outbox, None
                        try:
                            data += protocol.send(BytesMessage(data=encode(message)))
                        except LocalProtocolError:
                            # The other side has just closed it.
                            return
            try:
                stream.sendall(data)
            except OSError:
                return

    def lead_to(self, port):
        """The service is at that port from now on."""
        self._port = port

    def __enter__(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        with self._changed:
            if not self._changed.wait_for(lambda: self.opened_at, 30):
                raise TimeoutError("the model of an AWS client did not open")
        return self

    def __exit__(self, *_):
        with self._changed:
            self._stopped = True
            self._end(lambda *_: True)
            self._changed.notify_all()
            with contextlib.suppress(OSError):
                self._stream.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)


assert READ_BYTES <= MAX_PAYLOAD
