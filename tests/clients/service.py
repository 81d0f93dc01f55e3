"""Starts `iot-tunnel serve` on free loopback ports and stops it the way an operator does.

Needs only Python's standard library, so that the demo and every test suite share it. The program is the one named by
IOT_TUNNEL_BIN, else the debug build of this checkout.
"""

import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
START_SECONDS = 30
STOP_SECONDS = 30


def program():
    """The path of the program under test."""
    path = pathlib.Path(os.environ.get("IOT_TUNNEL_BIN") or ROOT / "target/debug/iot-tunnel")
    if not path.is_file():
        raise SystemExit(f"{path} does not exist: run `cargo build -p iot-tunnel`, or set IOT_TUNNEL_BIN")
    return str(path)


def tool(name):
    """The full path of a Debian tool; an ordinary user's PATH often lacks the sbin folders."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not path:
        raise SystemExit(f"{name} is not installed: run `make setup`")
    return path


def free_port():
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lines:
    """The lines a child process writes, each waited for with a deadline."""

    def __init__(self, stream):
        self._queue = queue.Queue()
        threading.Thread(target=self._pump, args=(stream,), daemon=True).start()

    def _pump(self, stream):
        for line in stream:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def next(self, seconds):
        """The next line, or None when there is none within `seconds` or the stream has ended."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None


def end(process, log):
    """SIGTERM: a program ends in order with code 0, or this raises with its log."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"still running {STOP_SECONDS} s after SIGTERM; the log says:\n{log()}") from None
    if code != 0:
        raise RuntimeError(f"exit code {code}; the log says:\n{log()}")


class Service:
    """One running `iot-tunnel serve`; a context manager that checks the clean stop too."""

    def __init__(self, *flags, store="memory", mqtt_broker=None, env=None):
        self._flags, self._store, self._broker, self._env = flags, store, mqtt_broker, env or {}
        self._tls = tempfile.TemporaryDirectory(prefix="iot-tunnel-tls-")
        self._log = tempfile.NamedTemporaryFile(mode="r", prefix="iot-tunnel-", suffix=".log")
        self._process = None

    def start(self):
        """Starts the program and waits for its `--ready` line."""
        command = [program(), "serve", "--control", "127.0.0.1:0", "--store", str(self._store), "--ready"]
        command += ["--data", "127.0.0.1:0", "--data-plain", "127.0.0.1:0", "--tls-dir", self._tls.name]
        command += ["--region", REGION, "--account", ACCOUNT, *self._flags]
        command += ["--mqtt-broker", self._broker] if self._broker else ["--mqtt", "127.0.0.1:0"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("IOT_TUNNEL_")} | self._env
        with open(self._log.name, "a") as log:
            # A session of its own: a Ctrl-C in the terminal is for the caller, which then stops the program.
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True,
            )
        line = Lines(self._process.stdout).next(START_SECONDS)
        if not line:
            self.kill()
            raise RuntimeError(f"no --ready line within {START_SECONDS} s; the log says:\n{self.log()}")
        self.ready = json.loads(line)
        return self

    @property
    def control(self):
        """The endpoint URL of the control plane."""
        return self.ready["control"]

    @property
    def mqtt_port(self):
        """The port of the embedded broker."""
        return int(self.ready["mqtt"].rsplit(":", 1)[1])

    @property
    def pid(self):
        """The process id, to be measured or killed."""
        return self._process.pid

    def log(self):
        """Everything the program wrote to stderr so far."""
        return pathlib.Path(self._log.name).read_text()

    def stop(self):
        """SIGTERM: the program drains and exits 0, or this raises."""
        end(self._process, self.log)

    def kill(self):
        """SIGKILL: the program gets no chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Device:
    """`mosquitto_sub` in the part of a thing's device agent: it hears the thing's tunnel notifications.

    With `persistent` the broker keeps the device's session, and what it missed, while it is away.
    """

    def __init__(self, port, thing, persistent=False):
        self.topic = f"$aws/things/{thing}/tunnels/notify"
        self._process = subprocess.Popen(
            # stdbuf: mosquitto_sub would keep its lines in a buffer when stdout is a pipe.
            ["stdbuf", "-oL", tool("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port)]
            + ["-i", f"device-{thing}", "-q", "1", "-d", "-t", self.topic, "-F", "NOTIFICATION %j"]
            + (["-c"] if persistent else []),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self._lines = Lines(self._process.stdout)
        # What a broker has kept for the device can come before its SUBACK.
        self._early = []
        self._until(lambda line: line.startswith("Subscribed"), 20, "a SUBACK", self._early)

    def _until(self, wanted, seconds, what, seen=None):
        deadline, seen = time.monotonic() + seconds, [] if seen is None else seen
        while (left := deadline - time.monotonic()) > 0:
            line = self._lines.next(left)
            if line is None:
                break
            seen.append(line)
            if wanted(line):
                return line
        raise TimeoutError(f"the device did not get {what} within {seconds} s; it saw {len(seen)} other lines")

    def notification(self, seconds=20):
        """The next notification: {"topic", "qos", "retain", "payload", "text"}: the payload parsed, and as it came."""
        early = [line for line in self._early if line.startswith("NOTIFICATION ")]
        if early:
            line = early[0]
            self._early.remove(line)
        else:
            line = self._until(lambda line: line.startswith("NOTIFICATION "), seconds, "a notification")
        message = json.loads(line.removeprefix("NOTIFICATION "))
        message["text"] = message["payload"]
        message["payload"] = json.loads(message["text"])
        return message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
