"""AWS's reference local proxy as an end of a tunnel: the program that IOT_TUNNEL_REFERENCE_PROXY names.

It is not part of this project, and nothing here builds or installs it.
"""

import os
import pathlib
import subprocess
import tempfile
import uuid

from ends import SOON_SECONDS, serve_flag, until
from service import free_port

VARIABLE = "IOT_TUNNEL_REFERENCE_PROXY"
NOT_RUN = f"not run: {VARIABLE} is not set"


def path():
    """The program's path, or None."""
    return os.environ.get(VARIABLE) or None


class Reference:
    """The running program; a context manager. It ends by SIGKILL: it has no orderly end worth waiting for."""

    def __init__(self, service, token, *flags):
        authority = service.ready["data"].removeprefix("wss://")
        self._log = tempfile.NamedTemporaryFile(mode="r", prefix="reference-proxy-", suffix=".log")
        self._folder = tempfile.TemporaryDirectory(prefix="reference-proxy-")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWSIOT_")}
        with open(self._log.name, "w") as log:
            self._process = subprocess.Popen(
                # -k: its way of trusting a folder of certificates needs names made by OpenSSL's rehash.
                [path(), "-e", authority, "-k", "-i", uuid.uuid4().hex, "-v", "5", *flags],
                env=environment | {"AWSIOT_TUNNEL_ACCESS_TOKEN": token}, cwd=self._folder.name,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )

    def log(self):
        """Everything it wrote so far."""
        return pathlib.Path(self._log.name).read_text(errors="replace")

    def until_log(self, text, seconds=SOON_SECONDS):
        def said():
            if not self.is_running():
                raise RuntimeError(f"the reference proxy ended with {self._process.returncode}; its log says:\n{self.log()}")
            return text in self.log()

        until(said, f"{text!r} in the reference proxy's log", seconds)

    def is_running(self):
        return self._process.poll() is None

    def kill(self):
        self._process.kill()
        self._process.wait()

    def __exit__(self, *_):
        self.kill()


class ReferenceSource(Reference):
    """The reference proxy as the source of one service, or of a tunnel without services; `format` is V1, V2 or V3."""

    def __init__(self, service, token, name, format):
        self._port = free_port()
        older = [] if format == "V3" else ["-y", format]
        super().__init__(service, token, "-s", f"{name}={self._port}" if name else str(self._port), *older)

    def port(self):
        return self._port

    def __enter__(self):
        self.until_log(f"Listening for new connection on port {self._port}")
        return self


class ReferenceDestination(Reference):
    """The reference proxy as the destination. Only a V1 source has to be announced to it."""

    def __init__(self, service, token, servers, format):
        older = ["-y", "V1"] if format == "V1" else []
        super().__init__(service, token, "-d", serve_flag(servers), *older)

    def __enter__(self):
        self.until_log("Successfully established websocket connection")
        return self
