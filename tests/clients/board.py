"""The firmware of ffi/examples/firmware on a board that QEMU emulates; the modem that brings it notifications, and the wire
that ties it to the service."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time

from ends import SOON_SECONDS
from network import CHUNK, Link, pump
from service import ROOT, Device, tool
from streams import exactly

# The board's.
RAM_START, RAM_BYTES = 0x20000000, 64 * 1024
FIRMWARE = ROOT / "ffi/examples/firmware/build/firmware.elf"


class Board:
    """QEMU with the firmware; a context manager. UART0 is tied to a port of this machine, and to a new connection a second
    after one has ended; UART1 is ours; what the firmware says comes by semihosting; QMP is QEMU's own interface."""

    def __init__(self, port):
        self._log, self._news = [], threading.Condition()
        with socket.create_server(("127.0.0.1", 0)) as notices, socket.create_server(("127.0.0.1", 0)) as qmp:
            notices.settimeout(SOON_SECONDS)
            qmp.settimeout(SOON_SECONDS)
            self._qemu = subprocess.Popen(
                [tool("qemu-system-arm"), "-M", "lm3s6965evb", "-kernel", str(FIRMWARE), "-display", "none", "-monitor", "none"]
                + ["-semihosting-config", "enable=on,target=native"]
                + ["-chardev", f"socket,id=net,host=127.0.0.1,port={port},reconnect=1,nodelay=on", "-serial", "chardev:net"]
                + ["-chardev", f"socket,id=notices,host=127.0.0.1,port={notices.getsockname()[1]}", "-serial", "chardev:notices"]
                + ["-qmp", f"tcp:127.0.0.1:{qmp.getsockname()[1]}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
            )
            threading.Thread(target=self._read_log, daemon=True).start()
            try:
                self._qmp = qmp.accept()[0].makefile("rw")
                self._notices, _ = notices.accept()
            except TimeoutError:
                self._kill()
                raise RuntimeError(f"QEMU did not start; it said:\n{self.log()}") from None

    def _tell_qemu(self, command, **arguments):
        """Has QEMU do something. Events and its greeting stand between the answers."""
        self._qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while not {"return", "error"} & (answer := json.loads(self._qmp.readline())).keys():
            pass
        assert "return" in answer, answer

    def send_break(self):
        """A damaged byte for UART0, as a line that breaks sends it."""
        self._tell_qemu("chardev-send-break", id="net")

    def ram(self):
        """All of its memory, at this moment."""
        with tempfile.TemporaryDirectory(prefix="board-") as folder:
            path = pathlib.Path(folder, "ram")
            self._tell_qemu("pmemsave", val=RAM_START, size=RAM_BYTES, filename=str(path))
            return path.read_bytes()

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
            self._tell_qemu("qmp_capabilities")
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_):
        still_runs = self._qemu.poll() is None
        self._kill()
        self._notices.close()
        self._qmp.close()
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
        self._to_swallow, self._to_bring, self._pause = 0, None, None

    def swallow(self, count):
        """The next connection's first bytes on their way to the port are lost."""
        self._to_swallow = count

    def end_after(self, count):
        """After so many more bytes from the port the connection they are in has ended."""
        self._to_bring = count

    def pause_after(self, count, seconds):
        """After so many more bytes from the port nothing comes for that long."""
        self._pause, self.paused = (count, seconds), False

    def _forward(self, connection):
        if time.monotonic() < self._down_until:
            return
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            onward.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._bring, args=(onward, connection), daemon=True)
            back.start()
            if self._to_swallow:
                # Of one that is cut before it has brought anything, nothing is lost: it is the next one's turn.
                self._to_swallow -= len(exactly(connection, self._to_swallow))
            pump(connection, onward)
            back.join()

    def _stand_still(self, chunk, connection):
        """Brings what is before the pause; what is left for behind it."""
        count, seconds = self._pause
        if len(chunk) <= count:
            self._pause = (count - len(chunk), seconds)
            return chunk
        connection.sendall(chunk[:count])
        time.sleep(seconds)
        self._pause, self.paused = None, True
        return chunk[count:]

    def _bring(self, onward, connection):
        with contextlib.suppress(OSError):
            while chunk := onward.recv(CHUNK):
                if self._pause is not None:
                    chunk = self._stand_still(chunk, connection)
                if self._to_bring is not None and len(chunk) >= self._to_bring:
                    connection.sendall(chunk[: self._to_bring])
                    self._to_bring = None
                    break
                if self._to_bring is not None:
                    self._to_bring -= len(chunk)
                connection.sendall(chunk)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
