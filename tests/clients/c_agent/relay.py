"""A relay that a test writes itself: TLS, the answer to the upgrade request, and frames of the tunnel, byte by byte."""

import base64
import hashlib
import json
import ssl
import struct
import subprocess

from ends import CAgent
from network import Listening
from service import tool
from streams import exactly

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Opcodes of RFC 6455, 5.2.
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
# Types of the tunnel's messages.
DATA, STREAM_START, STREAM_RESET, SESSION_RESET, SERVICE_IDS, CONNECTION_START, CONNECTION_RESET = range(1, 8)


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def message(kind, stream=0, payload=b"", service="", services=(), connection=0):
    """One message of the tunnel in its frame, fields in the order of their numbers."""
    out = b"\x08" + varint(kind)
    out += b"\x10" + varint(stream) if stream else b""
    out += b"\x22" + varint(len(payload)) + payload if payload else b""
    out += b"\x2a" + varint(len(service)) + service.encode() if service else b""
    for name in services:
        out += b"\x32" + varint(len(name)) + name.encode()
    out += b"\x38" + varint(connection) if connection else b""
    return struct.pack("!H", len(out)) + out


def frame(payload, opcode=BINARY):
    """A WebSocket frame of a server."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, length])
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, length)
    return head + payload


def received(peer):
    """The next frame of a client, without its mask: (opcode, payload), or None at the end."""
    head = exactly(peer, 2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length >= 126:
        length = int.from_bytes(exactly(peer, 2 if length == 126 else 8), "big")
    key = exactly(peer, 4)
    masked = int.from_bytes(exactly(peer, length), "big")
    whole = int.from_bytes((key * (length // 4 + 1))[:length], "big")
    return head[0] & 0x0F, (masked ^ whole).to_bytes(length, "big")


class Peer:
    """One connection of the device, behind its TLS handshake and upgrade request."""

    def __init__(self, secured, request):
        self.socket, self.request = secured, request

    def answer(self, raw):
        self.socket.sendall(raw)

    def accept(self, *services):
        """101, and the tunnel's services."""
        fields = dict(line.split(": ", 1) for line in self.request.split("\r\n")[1:] if ": " in line)
        key = next(value for name, value in fields.items() if name.lower() == "sec-websocket-key")
        proof = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        head = ["HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: upgrade"]
        head += [f"sec-websocket-accept: {proof}", "sec-websocket-protocol: aws.iot.securetunneling-3.0", "", ""]
        self.answer("\r\n".join(head).encode())
        self.send(message(SERVICE_IDS, services=services))

    def send(self, payload, opcode=BINARY):
        self.socket.sendall(frame(payload, opcode))

    def recv(self, count):
        return self.socket.recv(count)


class Relay(Listening):
    """What `serve(peer)` does with each connection. `requests` holds every upgrade request."""

    def __init__(self, certificate, key, serve):
        super().__init__(self._serve_tls)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._serve_peer, self._certificate, self.requests = serve, certificate, []

    def _serve_tls(self, connection):
        with self._tls.wrap_socket(connection, server_side=True) as secured:
            request = b""
            while b"\r\n\r\n" not in request:
                chunk = secured.recv(4096)
                if not chunk:
                    return
                request += chunk
            self.requests.append(request.decode())
            self._serve_peer(Peer(secured, request.decode()))

    def agent(self, broker, thing, servers, *flags, **more):
        """A device that comes to this relay."""
        self.ready = {"mqtt": broker.url, "data": f"wss://localhost:{self.port}", "ca": str(self._certificate)}
        return CAgent(self, thing, servers, *flags, **more)


def notify(broker, thing, token, services=("SSH",)):
    """Tells a device of a tunnel, as the service does."""
    payload = {"clientAccessToken": token, "clientMode": "destination", "region": "us-east-1", "services": list(services)}
    subprocess.run(
        [tool("mosquitto_pub"), "-p", str(broker.port), "-t", f"$aws/things/{thing}/tunnels/notify", "-q", "1", "-s"],
        input=json.dumps(payload).encode(), check=True, timeout=30,
    )
