"""The firmware of ffi/examples/firmware on a board that QEMU emulates; the modem that brings it notifications, and the wire
that ties it to the service."""

import contextlib
import re
import socket
import subprocess
import threading
import time

from ends import SOON_SECONDS
from network import CHUNK, Link, pump
from service import ROOT, Device, tool
from streams import exactly

FIRMWARE = ROOT / "ffi/examples/firmware/build/firmware.elf"


class Board:
    """QEMU with the firmware; a context manager. UART0 is tied to a port of this machine, and to a new connection a second
    after one has ended; UART1 is ours; what the firmware says comes by semihosting."""

    def __init__(self, port):
        self._log, self._news = [], threading.Condition()
        with socket.create_server(("127.0.0.1", 0)) as notices:
            notices.settimeout(SOON_SECONDS)
            self._qemu = subprocess.Popen(
                [tool("qemu-system-arm"), "-M", "lm3s6965evb", "-kernel", str(FIRMWARE), "-display", "none", "-monitor", "none"]
                + ["-semihosting-config", "enable=on,target=native"]
                + ["-chardev", f"socket,id=net,host=127.0.0.1,port={port},reconnect=1,nodelay=on", "-serial", "chardev:net"]
                + ["-chardev", f"socket,id=notices,host=127.0.0.1,port={notices.getsockname()[1]}", "-serial", "chardev:notices"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
            )
            threading.Thread(target=self._read_log, daemon=True).start()
            try:
                self._notices, _ = notices.accept()
            except TimeoutError:
                self._kill()
                raise RuntimeError(f"QEMU did not start; it said:\n{self.log()}") from None

    def _read_log(self):
        for line in self._qemu.stderr:
            with self._news:
                self._log.append(line)
                self._news.notify_all()

    def log(self):
        """Everything the firmware said so far."""
        with self._news:
            return "".join(self._log)

    def until_says(self, text, count=1, seconds=SOON_SECONDS):
        """Waits until it has said `text` that many times."""
        with self._news:
            if not self._news.wait_for(lambda: "".join(self._log).count(text) >= count, seconds):
                raise TimeoutError(f"the firmware does not say {text!r} {count} times; it says:\n{''.join(self._log)}")

    def said(self, text):
        """How often it has said `text`."""
        return self.log().count(text)

    def hear(self, line):
        """A line of bytes for UART1."""
        self._notices.sendall(line + b"\n")

    def stack(self):
        """(most bytes of the stack that were ever used, its size), as it told last."""
        used, size = re.findall(r"firmware: stack used=(\d+) of (\d+)", self.log())[-1]
        return int(used), int(size)

    def _kill(self):
        self._qemu.kill()
        self._qemu.wait()

    def __enter__(self):
        try:
            self.until_says("firmware: ready")
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_):
        still_runs = self._qemu.poll() is None
        self._kill()
        self._notices.close()
        # Faults end QEMU.
        assert still_runs and "FAULT" not in self.log() and "MISTAKE" not in self.log(), self.log()


class Modem:
    """What stands between MQTT and UART1: it hands each notification over as a line. A context manager."""

    def __init__(self, service, thing, board):
        self._device, self._board, self._stopped = Device(service.mqtt_port, thing), board, threading.Event()
        self.heard = []

    def _run(self):
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                text = self._device.notification(seconds=1)["text"].encode()
                self.heard.append(text)
                self._board.hear(text)

    def __enter__(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        self._device.__exit__()


class Wire(Link):
    """A link that loses what it is told to lose."""

    def __init__(self, port):
        super().__init__(port)
        self._to_swallow, self._to_bring = 0, None

    def swallow(self, count):
        """The next connection's first bytes on their way to the port are lost."""
        self._to_swallow = count

    def end_after(self, count):
        """After so many more bytes from the port the connection they are in has ended."""
        self._to_bring = count

    def _forward(self, connection):
        if time.monotonic() < self._down_until:
            return
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._bring, args=(onward, connection), daemon=True)
            back.start()
            if self._to_swallow:
                exactly(connection, self._to_swallow)
                self._to_swallow = 0
            pump(connection, onward)
            back.join()

    def _bring(self, onward, connection):
        with contextlib.suppress(OSError):
            while chunk := onward.recv(CHUNK):
                if self._to_bring is not None and len(chunk) >= self._to_bring:
                    connection.sendall(chunk[: self._to_bring])
                    self._to_bring = None
                    break
                if self._to_bring is not None:
                    self._to_bring -= len(chunk)
                connection.sendall(chunk)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
