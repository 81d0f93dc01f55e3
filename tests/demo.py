"""`make demo`: the main job, shown with real clients and checked step by step.

The AWS CLI is the operator, mosquitto_sub is the device, and the service runs on loopback with a throw-away store.
Every line marked ✓ was verified; the first that does not hold ends the demo with a non-zero exit code. With STAY=1
the service is left running until Ctrl-C.
"""

import hashlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "clients"))

from service import REGION, Device, Service, tool  # noqa: E402

AWS = HERE.parent / ".tools/python/bin/aws"
THING = "pump-7"
TOKENS = ("sourceAccessToken", "destinationAccessToken")
END = {signal.SIGINT, signal.SIGTERM}
# The name says what it is: the service runs without --credentials, so any key will do.
KEYS = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_DEFAULT_REGION": REGION}


def colour(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def short(token):
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f"{token[:8]}… ({len(token)} characters, SHA-256 {digest[:8]}…)"


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


def end_of(tunnel):
    """When the tunnel closes, in epoch seconds."""
    return tunnel["createdAt"] + 60 * tunnel["timeoutConfig"]["maxLifetimeTimeoutMinutes"]


def expect_notification(timeline, device, token, services):
    message = device.notification()
    payload = message["payload"]
    timeline.show("the device hears", f"{message['topic']}, QoS {message['qos']}")
    shown = {**payload, "clientAccessToken": short(payload["clientAccessToken"])}
    timeline.show("  payload", json.dumps(shown, ensure_ascii=False))
    expected = {"clientAccessToken": token, "clientMode": "destination", "region": REGION, "services": services}
    timeline.check(payload == expected and message["qos"] == 1, "the device got exactly the new destination token")


def rotate(timeline, operator, tunnel_id, mode, *options):
    answer = operator.call("rotate-tunnel-access-token", "--tunnel-id", tunnel_id, "--client-mode", mode, *options)
    wanted = {"SOURCE": TOKENS[:1], "DESTINATION": TOKENS[1:], "ALL": TOKENS}[mode]
    missing = [name for name in TOKENS if name not in wanted]
    text = f"the answer holds {' and '.join(wanted)}" + (f", and no {missing[0]}" if missing else "")
    timeline.check(set(answer) == {"tunnelArn", *wanted}, text)
    return answer


def show(timeline, operator, device):
    """The whole story; returns how many tokens were issued."""
    issued = []

    timeline.step(f"The operator opens a tunnel to {THING}")
    opened = operator.call(
        "open-tunnel", "--destination-config", f"thingName={THING},services=SSH",
        "--timeout-config", "maxLifetimeTimeoutMinutes=60",
    )
    issued += [opened[name] for name in TOKENS]
    tunnel_id = opened["tunnelId"]
    timeline.check(opened["tunnelArn"].endswith(f":tunnel/{tunnel_id}"), "the answer has an id, an ARN and two tokens")
    expect_notification(timeline, device, opened["destinationAccessToken"], ["SSH"])
    end = end_of(operator.tunnel(tunnel_id))
    timeline.show("the tunnel ends at", time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(end)))

    rotations = [
        ("SOURCE", (), "Rotate SOURCE: the operator's token leaked", ["SSH"]),
        ("DESTINATION", (), "Rotate DESTINATION: the device needs a fresh token", ["SSH"]),
        (
            "ALL", ("--destination-config", f"thingName={THING},services=SSH,HTTP"),
            "Rotate ALL, with a new destination config: both sides start again, and HTTP is added", ["SSH", "HTTP"],
        ),
    ]
    for mode, options, title, services in rotations:
        timeline.step(title)
        answer = rotate(timeline, operator, tunnel_id, mode, *options)
        tokens = [answer[name] for name in TOKENS if name in answer]
        timeline.check(not set(tokens) & set(issued) and len(set(tokens)) == len(tokens), "no token value came back")
        issued += tokens
        if mode != "SOURCE":
            # After a SOURCE rotation nothing is to be heard: the next check would hear a stray message first.
            expect_notification(timeline, device, answer["destinationAccessToken"], services)
        else:
            timeline.show("the device hears", "nothing (its next message, below, is that of the next rotation)")
        tunnel = operator.tunnel(tunnel_id)
        timeline.check(end_of(tunnel) == end, "the end of the tunnel did not move")
        timeline.check(tunnel["destinationConfig"]["services"] == services, f"its services are {', '.join(services)}")

    before = operator.tunnel(tunnel_id)
    rotation = "rotate-tunnel-access-token"
    timeline.step("Broken rule: SOURCE with a destinationConfig")
    operator.refused(
        rotation, "--tunnel-id", tunnel_id, "--client-mode", "SOURCE", "--destination-config", "services=SSH",
        error="ValidationException", naming="destinationConfig",
    )
    timeline.step("Broken rule: a tunnelId that cannot be one")
    operator.refused(
        rotation, "--tunnel-id", "no such/tunnel", "--client-mode", "ALL",
        error="ValidationException", naming="tunnelId",
    )
    timeline.step("Broken rule: a tunnel that was never opened")
    operator.refused(
        rotation, "--tunnel-id", "never-opened", "--client-mode", "ALL",
        error="ResourceNotFoundException", naming="never-opened",
    )
    timeline.check(operator.tunnel(tunnel_id) == before, "none of the refusals changed the tunnel")

    timeline.step("Broken rule: a closed tunnel")
    operator.call("close-tunnel", "--tunnel-id", tunnel_id)
    operator.refused(
        rotation, "--tunnel-id", tunnel_id, "--client-mode", "ALL", error="ResourceNotFoundException", naming="closed"
    )
    timeline.check(operator.tunnel(tunnel_id)["status"] == "CLOSED", "the tunnel is CLOSED, and stays so")
    return len(issued)


def stay(service):
    """Leaves the service running until Ctrl-C."""
    signal.pthread_sigmask(signal.SIG_BLOCK, END)
    keys = " ".join(f"{name}={value}" for name, value in KEYS.items())
    print(f"\n{colour('1', 'The service stays up. In another terminal:')}")
    print(f"  export {keys}")
    print(f"  {AWS} iotsecuretunneling open-tunnel --endpoint-url {service.control} \\")
    print(f"    --destination-config thingName={THING},services=SSH")
    print(f"  mosquitto_sub -h 127.0.0.1 -p {service.mqtt_port} -q 1 -t '$aws/things/{THING}/tunnels/notify'")
    print(f"  curl {service.control}/metrics")
    print("Ctrl-C ends it.", flush=True)
    signal.sigwait(END)


def main():
    timeline = Timeline()
    tool("mosquitto_sub")
    timeline.step("The service starts on loopback, with a store in memory")
    timeline.command("iot-tunnel serve --control 127.0.0.1:0 --mqtt 127.0.0.1:0 --store memory --ready")
    with Service() as service:
        timeline.show("ready", json.dumps(service.ready))
        timeline.step(f"The device subscribes: mosquitto_sub in the part of {THING}")
        timeline.command(f"mosquitto_sub -p {service.mqtt_port} -q 1 -t '$aws/things/{THING}/tunnels/notify'")
        try:
            with Device(service.mqtt_port, THING) as device:
                tokens = show(timeline, Operator(timeline, service.control), device)
        except (Broken, TimeoutError) as fault:
            print(f"\n{colour('31', '✗ does not hold:')} {fault}", file=sys.stderr)
            print(f"The service's log:\n{service.log()}", file=sys.stderr)
            return 1
        if os.environ.get("STAY") == "1":
            stay(service)
    timeline.step("The service got SIGTERM, drained and exited 0")
    print(f"\n{colour('1;32', f'Demo: all {timeline.checks} checks hold.')}")
    print(f"1 tunnel, 3 rotations, {tokens} tokens, none of them twice; 3 notifications to the device;")
    print("4 broken rules, each refused by name and without a change.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
