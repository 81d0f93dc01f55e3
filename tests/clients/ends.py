"""Both ends of a tunnel as programs: `iot-tunnel proxy`, and `iot-tunnel agent` or the one in C of ffi/examples/agent.

Needs only Python's standard library, like service.py.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from service import ROOT, START_SECONDS, Lines, end, program

# What must happen soon gets this long; nothing here measures a speed.
SOON_SECONDS = 30


class Program:
    """One running program; a context manager. Its log is kept, and shown when something is missing in it."""

    def __init__(self, *arguments, env=None, command=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("IOT_TUNNEL_", "AWS", "HTTPS_PROXY", "https_proxy"))}
        self._process = subprocess.Popen(
            [*(command or [program()]), *arguments, "--ready"], env=clean | (env or {}), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        self._log, self._news = [], threading.Condition()
        threading.Thread(target=self._read_log, daemon=True).start()
        self._stdout = Lines(self._process.stdout)
        self.ready = None
        self._end_was_expected = False

    def _read_log(self):
        for line in self._process.stderr:
            with self._news:
                self._log.append(line)
                self._news.notify_all()
        with self._news:
            self._log.append("")
            self._news.notify_all()

    def until_ready(self):
        """Waits for its `--ready` line."""
        line = self._stdout.next(START_SECONDS)
        if not line:
            raise RuntimeError(f"no --ready line within {START_SECONDS} s; the log says:\n{self.log()}")
        self.ready = json.loads(line)
        return self

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        """Everything it wrote to stderr so far."""
        with self._news:
            return "".join(self._log)

    def until_log(self, text, count=1, seconds=SOON_SECONDS):
        """Waits until its log holds `text` that many times."""
        with self._news:
            if not self._news.wait_for(lambda: "".join(self._log).count(text) >= count, seconds):
                raise TimeoutError(f"the log does not say {text!r} {count} times; it says:\n{''.join(self._log)}")

    def ended(self, seconds=SOON_SECONDS):
        """Waits until it ends by itself; its exit code."""
        code = self._process.wait(seconds)
        self._end_was_expected = True
        with self._news:
            self._news.wait_for(lambda: self._log and self._log[-1] == "", SOON_SECONDS)
        return code

    def signal(self, number):
        self._process.send_signal(number)

    def is_running(self):
        return self._process.poll() is None

    def stop(self):
        """SIGTERM: it ends in order with code 0, or this raises; unless its end was expected before."""
        if not self._end_was_expected:
            end(self._process, self.log)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        try:
            return self.until_ready()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind, *_):
        # What the test says is worth more than what follows from it.
        if kind is None:
            self.stop()
        else:
            self.kill()


def trust(service):
    """The flags with which an end comes to a service over TLS."""
    return ["-e", service.ready["data"], "-c", service.ready["ca"]]


def listen_flag(services):
    return ",".join(f"{name}=0" if name else "0" for name in services)


def serve_flag(servers):
    """`{service: port}`, or `{service: "host:port"}`, as the value of -d."""
    places = {name: place if isinstance(place, str) else f"127.0.0.1:{place}" for name, place in servers.items()}
    return ",".join(f"{name}={place}" if name else place for name, place in places.items())


class Source(Program):
    """`iot-tunnel proxy` as the source. Its access token is in a file that can be written again."""

    def __init__(self, service, token, *flags, services=("SSH",), env=None, reach=None):
        self._folder = tempfile.TemporaryDirectory(prefix="iot-tunnel-token-")
        self.token_file = pathlib.Path(self._folder.name, "token")
        given = []
        if token is not None:
            self.hand(token)
            given = ["--token-file", str(self.token_file)]
        super().__init__("proxy", *(reach or trust(service)), "-s", listen_flag(services), *given, *flags, env=env)

    def hand(self, token):
        """Hands it a token, as an operator does: a new file takes the place of the old one."""
        new = self.token_file.with_suffix(".new")
        new.write_text(token + "\n")
        new.rename(self.token_file)

    def port(self, service="SSH"):
        """Where it listens for a service."""
        listeners = {listener["service"]: listener["address"] for listener in self.ready["listeners"]}
        return int(listeners[service].rsplit(":", 1)[1])


class Destination(Program):
    """`iot-tunnel proxy` as the destination."""

    def __init__(self, service, token, servers, *flags, env=None, reach=None):
        environment = {"AWSIOT_TUNNEL_ACCESS_TOKEN": token} | (env or {})
        super().__init__("proxy", *(reach or trust(service)), "-d", serve_flag(servers), *flags, env=environment)


class Agent(Program):
    """`iot-tunnel agent`: it hears of its thing's tunnels over MQTT, from the service's broker or another one."""

    def __init__(self, service, thing, servers, *flags, mqtt=None, reach=None, command=None, env=None):
        super().__init__(
            "--thing", thing, "--mqtt", mqtt or service.ready["mqtt"], *(reach or trust(service)), "-d", serve_flag(servers),
            *flags, command=command or [program(), "agent"], env=env,
        )


class CAgent(Agent):
    """The agent in C, of ffi/examples/agent, which takes the same flags: the program named by IOT_TUNNEL_C_AGENT, else the
    one that `make agent` builds."""

    def __init__(self, service, thing, servers, *flags, program=None, **more):
        path = pathlib.Path(program or os.environ.get("IOT_TUNNEL_C_AGENT") or ROOT / "target/agent/agent")
        if not path.is_file():
            raise SystemExit(f"{path} does not exist: run `make agent`, or set IOT_TUNNEL_C_AGENT")
        super().__init__(service, thing, servers, *flags, command=[str(path)], **more)


def until(holds, what, seconds=SOON_SECONDS):
    """Waits until `holds()` gives something true, and gives that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if outcome := holds():
            return outcome
    raise TimeoutError(f"{what} did not come within {seconds} s")
