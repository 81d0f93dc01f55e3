"""`make demo`: the main job, shown with real programs and checked step by step.

The AWS CLI is the operator, the agent in C of ffi/examples/agent the device (with DEVICE=rust it is `iot-tunnel agent`),
nginx what runs on it, `iot-tunnel proxy` the operator's end, curl the person in front of it, and the service runs on loopback
with a throw-away store. A download is under way when both ends' tokens are rotated. Every line marked ✓ was verified; the
first that does not hold ends the demo with a non-zero exit code. With STAY=1 everything is left running until Ctrl-C.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "clients"))

from ends import Agent, CAgent, Destination, Source, until  # noqa: E402
from service import Service, tool  # noqa: E402
from story import AWS, KEYS, TOKENS, Broken, Operator, Timeline, colour, device_file, end_of, sha256  # noqa: E402
from webserver import WebServer  # noqa: E402

# What DEVICE can be: the agent, the language it is in, and how it is called.
DEVICES = {"c": (CAgent, "C", "agent"), "rust": (Agent, "Rust", "iot-tunnel agent")}
THING = "pump-7"
FILE = "firmware.bin"
SIZE = 64 << 20
# The download is slowed down, so that the rotation finds it in the middle.
RATE = 4 << 20
END = {signal.SIGINT, signal.SIGTERM}
BACK_SECONDS = 1.0


def curl(url, into, *options):
    return subprocess.Popen(["curl", "-sS", "-f", "-o", str(into), *options, url], stderr=subprocess.PIPE, text=True)


def answers(url):
    """Whether the device's web server answers through the tunnel."""
    done = subprocess.run(["curl", "-sS", "-f", "-o", os.devnull, "-r", "0-0", "--max-time", "10", url], capture_output=True)
    return done.returncode == 0


def open_tunnel(timeline, operator, agent):
    timeline.step(f"The operator opens a tunnel to {THING}, which hears of it over MQTT and connects")
    opened = operator.call(
        "open-tunnel", "--destination-config", f"thingName={THING},services=HTTP",
        "--timeout-config", "maxLifetimeTimeoutMinutes=60",
    )
    tunnel_id = opened["tunnelId"]
    timeline.check(opened["tunnelArn"].endswith(f":tunnel/{tunnel_id}"), "the answer has an id, an ARN and two tokens")
    until(lambda: operator.tunnel(tunnel_id)["destinationConnectionState"]["status"] == "CONNECTED", "the device")
    timeline.check(agent.is_running(), "the device is CONNECTED as the destination")
    return opened


def rotate_in_a_download(timeline, operator, tunnel_id, source, url, firmware, folder):
    """The heart of it. Returns the new tokens."""
    downloaded = folder / "downloaded.bin"
    timeline.step("A download is under way, and in the middle of it the operator rotates ALL")
    timeline.command(f"curl --limit-rate {RATE >> 20}M -o downloaded.bin {url}")
    download = curl(url, downloaded, "--limit-rate", str(RATE))
    until(lambda: downloaded.exists() and downloaded.stat().st_size > SIZE // 16, "the first bytes")
    rotated = operator.rotate(tunnel_id, "ALL")
    answered = time.monotonic()
    source.hand(rotated["sourceAccessToken"])
    timeline.show("the operator writes the new source token to", "the proxy's --token-file; the device gets its own over MQTT")
    until(lambda: answers(url), "the web server, through the new connections")
    back = time.monotonic() - answered
    timeline.check(back < BACK_SECONDS, f"both ends are back with their new tokens {back * 1000:.0f} ms after the answer")
    download.wait(60)
    before = downloaded.read_bytes()
    timeline.show("curl says", download.stderr.read().strip())
    timeline.check(download.returncode != 0 and 0 < len(before) < SIZE, "the old connection ended, and curl was told")
    timeline.check(
        sha256(before) == sha256(firmware[: len(before)]),
        f"the {len(before):,} bytes from before the rotation are the file's first, by SHA-256",
    )
    timeline.step("The download goes on where it was cut, through the new connections")
    timeline.command(f"curl -C - -o downloaded.bin {url}")
    timeline.check(curl(url, downloaded, "-C", "-").wait(120) == 0, "curl has the rest")
    after = downloaded.read_bytes()
    timeline.check(
        sha256(after[len(before):]) == sha256(firmware[len(before):]),
        f"the {len(after) - len(before):,} bytes from after the rotation are the file's last, by SHA-256",
    )
    timeline.check(sha256(after) == sha256(firmware), f"and the whole is the file: {sha256(after)[:16]}…")
    return rotated


def old_tokens(timeline, service, opened):
    timeline.step("The old tokens, tried again")
    for name, end in ((TOKENS[0], Source), (TOKENS[1], Destination)):
        services = ["HTTP"] if end is Source else {"HTTP": 9}
        token = opened[name]
        if end is Source:
            late = Source(service, None, services=services, env={"AWSIOT_TUNNEL_ACCESS_TOKEN": token})
        else:
            late = Destination(service, token, services)
        late.until_ready()
        code = late.ended()
        said = next(line for line in late.log().splitlines() if line.startswith("error: "))
        timeline.show(name, said.removeprefix("error: "))
        timeline.check(code == 3 and "revoked by a rotation" in said, "refused by name; the proxy ends with code 3")


def one_side_at_a_time(timeline, operator, tunnel_id, source, url, end):
    for mode, title in (
        ("SOURCE", "Rotate SOURCE alone: the operator's token leaked"),
        ("DESTINATION", "Rotate DESTINATION alone: the device gets a fresh one"),
    ):
        timeline.step(title)
        rotated = operator.rotate(tunnel_id, mode)
        if "sourceAccessToken" in rotated:
            source.hand(rotated["sourceAccessToken"])
        until(lambda: answers(url), "the web server")
        timeline.check(True, "the web server answers through the tunnel again")
        timeline.check(end_of(operator.tunnel(tunnel_id)) == end, "the end of the tunnel did not move")


def broken_rules(timeline, operator, tunnel_id, source, agent):
    rotation = "rotate-tunnel-access-token"
    before = operator.tunnel(tunnel_id)
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
    timeline.step("The operator closes the tunnel")
    operator.call("close-tunnel", "--tunnel-id", tunnel_id)
    timeline.check(source.ended() == 4, "the proxy says so and ends with code 4")
    timeline.check(agent.is_running(), "the device goes on and waits for its next tunnel")
    operator.refused(
        rotation, "--tunnel-id", tunnel_id, "--client-mode", "ALL", error="ResourceNotFoundException", naming="closed"
    )


def stay(service, source, url):
    """Leaves everything running until Ctrl-C."""
    signal.pthread_sigmask(signal.SIG_BLOCK, END)
    keys = " ".join(f"{name}={value}" for name, value in KEYS.items())
    print(f"\n{colour('1', 'Everything stays up. In another terminal:')}")
    print(f"  curl -I {url}                  # the device's web server, through the tunnel")
    print(f"  export {keys} AWS_ENDPOINT_URL={service.control}")
    print(f"  {AWS} iotsecuretunneling list-tunnels")
    print(f"  {AWS} iotsecuretunneling rotate-tunnel-access-token --client-mode ALL --tunnel-id ID")
    print(f"  echo TOKEN > {source.token_file}     # the new sourceAccessToken: the proxy takes it")
    print(f"  curl {service.control}/metrics")
    print("Ctrl-C ends it.", flush=True)
    signal.sigwait(END)


def show(timeline, service, agent, folder, firmware):
    operator = Operator(timeline, service.control)
    opened = open_tunnel(timeline, operator, agent)
    tunnel_id = opened["tunnelId"]
    end = end_of(operator.tunnel(tunnel_id))
    timeline.show("the tunnel ends at", time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(end)))
    timeline.step("The operator's proxy listens for HTTP and connects as the source")
    timeline.command("iot-tunnel proxy -e wss://… -c ca.pem --token-file token -s HTTP=0")
    with Source(service, opened["sourceAccessToken"], services=["HTTP"]) as source:
        url = f"http://127.0.0.1:{source.port('HTTP')}/{FILE}"
        until(lambda: answers(url), "the web server")
        timeline.check(True, f"the device's nginx answers at {url}")
        rotate_in_a_download(timeline, operator, tunnel_id, source, url, firmware, folder)
        timeline.check(end_of(operator.tunnel(tunnel_id)) == end, "the end of the tunnel did not move")
        old_tokens(timeline, service, opened)
        one_side_at_a_time(timeline, operator, tunnel_id, source, url, end)
        if os.environ.get("STAY") == "1":
            return stay(service, source, url)
        broken_rules(timeline, operator, tunnel_id, source, agent)


def main():
    wanted = os.environ.get("DEVICE") or "c"
    if wanted not in DEVICES:
        print(f"there is no DEVICE {wanted!r}; there are: {' '.join(DEVICES)}", file=sys.stderr)
        return 2
    device, language, name = DEVICES[wanted]
    timeline = Timeline()
    for needed in ("nginx", "curl"):
        tool(needed)
    with tempfile.TemporaryDirectory(prefix="iot-tunnel-demo-") as folder:
        folder = pathlib.Path(folder)
        (folder / "www").mkdir()
        firmware = device_file(folder / "www", FILE, SIZE)
        timeline.step("The service starts on loopback, with a store in memory and a certificate of its own")
        timeline.command("iot-tunnel serve --control 127.0.0.1:0 --data 127.0.0.1:0 --mqtt 127.0.0.1:0 --store memory --ready")
        with Service() as service, WebServer(folder / "www") as web:
            for place in ("control", "data", "ca", "mqtt"):
                timeline.show(place, service.ready[place])
            timeline.step(f"The device {THING} starts its agent, the one in {language}; its nginx has {FILE}, {SIZE >> 20} MiB")
            timeline.command(f"{name} --thing {THING} --mqtt mqtt://… -e wss://… -c ca.pem -d HTTP=127.0.0.1:{web.port}")
            with device(service, THING, {"HTTP": web.port}) as agent:
                try:
                    show(timeline, service, agent, folder, firmware)
                except (Broken, TimeoutError) as fault:
                    print(f"\n{colour('31', '✗ does not hold:')} {fault}", file=sys.stderr)
                    print(f"The service's log:\n{service.log()}\nThe agent's log:\n{agent.log()}", file=sys.stderr)
                    return 1
        timeline.step("The agent and the service got SIGTERM and exited 0")
    print(f"\n{colour('1;32', f'Demo: all {timeline.checks} checks hold.')}")
    print("1 tunnel, 3 rotations, both ends never restarted; a download cut by one of them and completed after it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
