"""nginx on a free loopback port, with the files of one folder: the device's web server."""

import pathlib
import socket
import subprocess
import tempfile
import time

from service import free_port, tool

CONFIG = """
daemon off;
master_process off;
pid {run}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class WebServer:
    """A running nginx; a context manager."""

    def __init__(self, folder):
        self._run = tempfile.TemporaryDirectory(prefix="iot-tunnel-nginx-")
        self.port = free_port()
        config = pathlib.Path(self._run.name, "nginx.conf")
        config.write_text(CONFIG.format(run=self._run.name, port=self.port, folder=folder))
        self._command = [tool("nginx"), "-p", self._run.name, "-c", str(config), "-e", "stderr"]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("nginx did not start")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def listens(port):
    """Whether somebody takes connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
