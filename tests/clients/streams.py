"""Bytes through a tunnel, and whether they are the right ones."""

import contextlib
import hashlib
import itertools
import random
import socket
import threading
import time

CHUNK = 256 * 1024
# No single call waits longer; a test that moves much moves it in many calls.
CALL_SECONDS = 60
# One of the records of Load.
RECORD = 64


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=CALL_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exactly(connection, count):
    """So many bytes, or fewer if the connection ends."""
    received = bytearray()
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        if not chunk:
            break
        received += chunk
    return bytes(received)


def until_reset(connection):
    """The bytes that come before the connection is reset; an orderly end is a failure."""
    received = bytearray()
    try:
        while chunk := connection.recv(CHUNK):
            received += chunk
    except ConnectionResetError:
        return bytes(received)
    raise AssertionError(f"an orderly end after {len(received)} bytes in place of a reset")


def answers(port):
    """Whether a byte comes back through a new connection. One that is ended, or not served, is an answer too: no."""
    try:
        with connect(port) as connection:
            connection.sendall(b"?")
            return connection.recv(1) == b"?"
    except OSError:
        return False


def until_answers(port, seconds=30):
    """Waits until a byte comes back through a new connection."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing comes back through port {port}")


def transferred(port, seed, count):
    """Sends pseudo-random bytes through a new connection to an echo, and reads them back meanwhile.

    Returns "whole" if what came back is, to the last byte, what was sent; "cut" if it ended early, or broke, and is the first
    part of that; "stuck" if no more came and no end; and "wrong" if it is something else.
    """
    sent, received = random.Random(seed).randbytes(count), bytearray()
    try:
        with connect(port) as connection:

            def send():
                with contextlib.suppress(OSError):
                    connection.sendall(sent)

            threading.Thread(target=send, daemon=True).start()
            while len(received) < count and (chunk := connection.recv(min(count - len(received), CHUNK))):
                received += chunk
    except TimeoutError:
        return "stuck"
    except OSError:
        pass
    if received != sent[: len(received)]:
        return "wrong"
    return "whole" if len(received) == count else "cut"


def echoed(port, seed, count):
    """Whether a transfer comes back whole."""
    return transferred(port, seed, count) == "whole"


def carried(port, seed, count):
    """Sends pseudo-random bytes through a new connection to a `digest` server; whether it got exactly these."""
    source, sent = random.Random(seed), hashlib.sha256()
    with connect(port) as connection:
        connection.sendall(count.to_bytes(8, "big"))
        left = count
        while left:
            chunk = source.randbytes(min(left, CHUNK))
            sent.update(chunk)
            connection.sendall(chunk)
            left -= len(chunk)
        return exactly(connection, sent.digest_size) == sent.digest()


class Load:
    """Sends records that name their connection and number, for as long as it lives, and checks every one that returns."""

    def __init__(self, port):
        self._port, self._stop = port, threading.Event()
        self.connections, self.records, self.wrong = 0, 0, []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        for number in itertools.count():
            if self._stop.is_set():
                return
            try:
                self._connection(number)
            except OSError:
                pass

    def _connection(self, number):
        with connect(self._port) as connection:
            self.connections += 1
            for record in itertools.count():
                if self._stop.is_set():
                    return
                sent = f"{number}:{record};".encode().ljust(RECORD, b".")
                connection.sendall(sent)
                received = exactly(connection, RECORD)
                # A rotation may cut an answer, but never change or mix it.
                if received != sent[: len(received)]:
                    self.wrong.append((sent, received))
                if len(received) < RECORD:
                    return
                self.records += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)
