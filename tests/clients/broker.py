"""A mosquitto of our own, on a port that stays the same over outages."""

import getpass
import pathlib
import socket
import subprocess
import tempfile
import time

from service import free_port, tool


class Broker:
    """One mosquitto process; `stop` and `start` make an outage that its clients' sessions survive. `settings` are more lines
    of its configuration, for its listener."""

    def __init__(self, *settings):
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="mosquitto-")
        self._config = pathlib.Path(self._folder.name) / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
            f"persistence true\npersistence_location {self._folder.name}/\nuser {getpass.getuser()}\n"
            + "".join(f"{line}\n" for line in settings)
        )
        self._process = None

    @property
    def url(self):
        """What `--mqtt-broker` takes."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self, seconds=20):
        """Starts mosquitto and waits until it accepts connections."""
        command = [tool("mosquitto"), "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise TimeoutError(f"mosquitto did not listen on port {self.port} within {seconds} s")

    def stop(self):
        """The broker goes away; it writes its clients' sessions to its folder first."""
        self._process.terminate()
        self._process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self._folder.cleanup()
