"""What the agent in C says to a wrong command line, and how it ends."""

import os
import subprocess

import pytest

from ends import CAgent
from service import ROOT

GOOD = ["--thing", "pump-7", "--mqtt", "mqtt://127.0.0.1:1883", "-e", "wss://127.0.0.1:1", "-d", "SSH=22"]


def run(*flags):
    program = os.environ.get("IOT_TUNNEL_C_AGENT") or ROOT / "target/agent/agent"
    return subprocess.run([program, *flags], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "--thing: it is missing"),
        (GOOD[2:], "--thing: it is missing"),
        (GOOD[:2] + GOOD[4:], "--mqtt: it is missing"),
        (GOOD[:6], "--destination-app: it is missing"),
        ([*GOOD, "--thing", "a b"], "--thing: "),
        ([*GOOD, "--thing", "x" * 129], "--thing: "),
        ([*GOOD, "--mqtt", "http://host"], "--mqtt: expected mqtt://host:port or mqtts://host:port"),
        ([*GOOD, "--mqtt", "mqtt://user:secret@host"], "--mqtt: no user and password are taken"),
        ([*GOOD, "--mqtt", "mqtt://host:0"], "--mqtt: an endpoint is host, host:port, [IPv6 address] or [IPv6 address]:port"),
        ([*GOOD, "--mqtt", "mqtt://" + "h" * 300], "--mqtt: the host is too long"),
        ([*GOOD, "--mqtt-cert", "a.pem"], "--mqtt-cert: it goes with --mqtt-key"),
        ([*GOOD, "--mqtt-ca", "a.pem"], "--mqtt: certificates go with mqtts://"),
        ([*GOOD, "-e", "ws://host"], "--proxy-endpoint: this agent speaks TLS only"),
        ([*GOOD, "-e", "host:port"], "--proxy-endpoint: an endpoint is host, host:port"),
        ([*GOOD, "-d", ""], "--destination-app: "),
        ([*GOOD, "-d", "SSH=65536"], "--destination-app: an endpoint is host, host:port"),
        ([*GOOD, "-d", "SSH="], "--destination-app: an endpoint is host, host:port"),
        ([*GOOD, "-d", "S S=22"], "--destination-app: "),
        ([*GOOD, "-d", "22,23"], "--destination-app: with several services each needs a name"),
        ([*GOOD, "-d", "SSH=22,SSH=23"], "--destination-app: the same service stands there twice"),
        ([*GOOD, "-d", "A=1,B=2,C=3,D=4"], "--destination-app: a tunnel has at most 3 services"),
        ([*GOOD, "word"], "word: this is no flag"),
        ([*GOOD, "--no-such"], "--no-such"),
        ([*GOOD, "--thing"], "thing"),
    ],
)
def test_a_wrong_command_line_is_named_and_ends_with_2(flags, says):
    done = run(*flags)
    assert done.returncode == 2
    assert says in done.stderr and "see --help" in done.stderr
    assert done.stdout == "" and "secret" not in done.stderr


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["-c", "/no/such.pem"], "--capath: /no/such.pem: No such file or directory"),
        (["-c", "/dev/null"], "--capath: /dev/null: "),
        (["-c", "{tmp_path}"], "--capath: {tmp_path}: there is no certificate in it"),
        (["--mqtt", "mqtts://host", "--mqtt-ca", "/no/such.pem"], "--mqtt-ca, --mqtt-cert or --mqtt-key cannot be read"),
    ],
)
def test_files_that_cannot_be_used_are_named_and_end_with_1(flags, says, tmp_path):
    done = run(*GOOD, *(flag.format(tmp_path=tmp_path) for flag in flags))
    assert (done.returncode, done.stdout) == (1, "")
    assert says.format(tmp_path=tmp_path) in done.stderr


def test_help_and_version_end_with_0_and_name_every_flag():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for flag in ("--thing", "--mqtt", "--proxy-endpoint", "--destination-app", "--capath", "--ready", "the latest notification wins",
                 "was restarted"):
        assert flag in done.stdout
    version = run("--version")
    assert version.returncode == 0 and version.stdout.startswith("agent 0.")


def test_it_waits_for_a_broker_that_is_not_there_and_ends_in_order_without(service, thing):
    class Nowhere:
        ready = service.ready | {"mqtt": "mqtt://127.0.0.1:1"}

    agent = CAgent(Nowhere, thing, {"SSH": 22})
    agent.until_log("no connection to the MQTT broker 127.0.0.1:1: Connection refused", count=2)
    agent.stop()
