"""What stands between and behind the ends of a tunnel: servers, a link that can be cut, an HTTP CONNECT proxy.

All of it listens on free loopback ports and ends with its context.
"""

import contextlib
import hashlib
import socket
import struct
import threading
import time

CHUNK = 256 * 1024


class Listening:
    """A TCP server that handles each connection in a thread of its own; a context manager."""

    def __init__(self, handle, host="127.0.0.1"):
        self._handle, self._open, self._lock = handle, set(), threading.Lock()
        self._socket = socket.create_server((host, 0), backlog=256)
        self.port = self._socket.getsockname()[1]

    def hold(self, count):
        """From now on a connection holds few more bytes than that which the server has not read."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, count)

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # A connection that breaks is its other end's to notice.
        with contextlib.suppress(OSError):
            self._handle(connection)
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def cut(self):
        """Resets every connection at once; the server stays up. Returns how many that were."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
        return len(connections)

    @property
    def connections(self):
        """How many connections are open."""
        with self._lock:
            return len(self._open)

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # A blocked accept() does not notice close() alone.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.cut()


def pump(source, sink, passes=lambda: True):
    """Moves bytes until `source` ends, and passes the end on: what `passes()` says no to is thrown away."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            if passes():
                sink.sendall(chunk)
    if passes():
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def both_ways(one, other, passes=lambda: True):
    """Moves bytes between two sockets until both have ended."""
    back = threading.Thread(target=pump, args=(other, one, passes), daemon=True)
    back.start()
    pump(one, other, passes)
    back.join()


def echo():
    """A server that sends everything back."""
    return Listening(lambda connection: pump(connection, connection))


def digest():
    """A server that is told in 8 bytes how much comes, and answers with the SHA-256 of that."""

    def answer(connection):
        head = b""
        while len(head) < 8:
            head += connection.recv(8 - len(head))
        left, digest = int.from_bytes(head, "big"), hashlib.sha256()
        while left:
            chunk = connection.recv(min(left, CHUNK))
            if not chunk:
                return
            digest.update(chunk)
            left -= len(chunk)
        connection.sendall(digest.digest())

    return Listening(answer)


class Link(Listening):
    """A stretch of network to a port. `drop(seconds)` breaks what it carries, and carries nothing for that long."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(self._forward, host)
        self._port, self._down_until, self._silent = port, 0.0, set()

    def lead_to(self, port):
        """What comes from now on goes to that port."""
        self._port = port

    def drop(self, seconds):
        self._down_until = time.monotonic() + seconds
        return self.cut()

    def silence(self):
        """What is connected now carries nothing any more, not even an end. Returns how many that are."""
        with self._lock:
            self._silent |= self._open
            return len(self._open)

    def _forward(self, connection):
        if time.monotonic() < self._down_until:
            return
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            both_ways(connection, onward, lambda: connection not in self._silent)


class ConnectProxy(Listening):
    """An HTTP proxy that knows CONNECT (RFC 9110 §9.3.6) and asks for a user and a password if it has any."""

    def __init__(self, authorization=None):
        super().__init__(self._connect)
        self._authorization, self.requests = authorization, []

    def _connect(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(4096)
            if not received:
                return
            head += received
        lines = head.decode().split("\r\n")
        self.requests.append(lines[0])
        method, target, _ = lines[0].split(" ")
        wanted = f"proxy-authorization: {self._authorization}"
        if self._authorization and wanted.lower() not in (line.lower() for line in lines):
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        elif method != "CONNECT":
            connection.sendall(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
        else:
            host, port = target.rsplit(":", 1)
            with socket.create_connection((host.strip("[]"), int(port))) as onward:
                onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                both_ways(connection, onward)
