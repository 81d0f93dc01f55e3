"""What the demo tells its story with: a timeline of checked steps, and the operator's AWS CLI."""

import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

from service import REGION, ROOT

AWS = ROOT / ".tools/python/bin/aws"
TOKENS = ("sourceAccessToken", "destinationAccessToken")
# The name says what it is: the service runs without --credentials, so any key will do.
KEYS = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_DEFAULT_REGION": REGION}


def colour(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def short(token):
    """What can be shown of a token."""
    return f"{token[:8]}… ({len(token)} characters, SHA-256 {sha256(token.encode())[:8]}…)"


class Broken(Exception):
    """A check that did not hold."""


class Timeline:
    """What the reader sees, and the count of what was checked."""

    def __init__(self):
        self._begin, self.checks = time.monotonic(), 0

    def step(self, text):
        print(f"\n{colour('2', f'{time.monotonic() - self._begin:6.1f} s')}  {colour('1', text)}", flush=True)

    def command(self, text):
        print(f"          {colour('36', '$ ' + text)}", flush=True)

    def show(self, name, text):
        print(f"            {name}: {text}", flush=True)

    def check(self, holds, text):
        if not holds:
            raise Broken(text)
        self.checks += 1
        print(f"          {colour('32', '✓')} {text}", flush=True)


class Operator:
    """The AWS CLI against the service."""

    def __init__(self, timeline, endpoint):
        self._timeline, self._endpoint = timeline, endpoint
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self._environment |= KEYS | {"AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

    def _run(self, operation, *options, quiet=False):
        if not quiet:
            self._timeline.command(shlex.join(["aws", "iotsecuretunneling", operation, *options]))
        command = [str(AWS), "iotsecuretunneling", operation, *options, "--endpoint-url", self._endpoint]
        return subprocess.run(
            [*command, "--output", "json"], env=self._environment, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=60,
        )

    def call(self, operation, *options, quiet=False):
        """The answer of an operation that has to succeed; shown, with its tokens shortened."""
        done = self._run(operation, *options, quiet=quiet)
        if done.returncode != 0:
            raise Broken(f"{operation} succeeds; it said: {done.stderr.strip()}")
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
        if not quiet:
            for name, value in answer.items():
                self._timeline.show(name, short(value) if name in TOKENS else value)
        return answer

    def refused(self, operation, *options, error, naming):
        """An operation that the service has to refuse with `error`, in words that hold `naming`."""
        done = self._run(operation, *options)
        said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "nothing"
        self._timeline.show("answer", said)
        self._timeline.check(
            done.returncode != 0 and f"({error})" in said and naming in said,
            f"refused with {error}, and the message names {naming!r}",
        )

    def tunnel(self, tunnel_id):
        """What DescribeTunnel says, not shown."""
        return self.call("describe-tunnel", "--tunnel-id", tunnel_id, quiet=True)["tunnel"]

    def rotate(self, tunnel_id, mode, *options):
        """Rotates, and checks that the answer holds the new tokens and no other."""
        answer = self.call("rotate-tunnel-access-token", "--tunnel-id", tunnel_id, "--client-mode", mode, *options)
        wanted = {"SOURCE": TOKENS[:1], "DESTINATION": TOKENS[1:], "ALL": TOKENS}[mode]
        missing = [name for name in TOKENS if name not in wanted]
        text = f"the answer holds {' and '.join(wanted)}" + (f", and no {missing[0]}" if missing else "")
        self._timeline.check(set(answer) == {"tunnelArn", *wanted}, text)
        return answer


def end_of(tunnel):
    """When the tunnel closes, in epoch seconds."""
    return tunnel["createdAt"] + 60 * tunnel["timeoutConfig"]["maxLifetimeTimeoutMinutes"]


def device_file(folder, name, size):
    """A file of random bytes in `folder`; its bytes."""
    data = os.urandom(size)
    pathlib.Path(folder, name).write_bytes(data)
    return data
