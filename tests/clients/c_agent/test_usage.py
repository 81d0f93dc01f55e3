"""What the agent in C says to a wrong command line, and how it ends."""

import os
import subprocess

import pytest

from ends import CAgent
from service import ROOT

GOOD = {"--thing": "pump-7", "--mqtt": "mqtt://127.0.0.1:1883", "-e": "wss://127.0.0.1:1", "-d": "SSH=22"}
TLS = {"--mqtt": "mqtts://127.0.0.1:1"}
PORT, PATH = "a port is 1 to 65535, behind the host and ':'", "a path is not allowed"
LENGTH, ALLOWED = "allowed are 1 to 253", "allowed is [a-zA-Z0-9._-]"
MQTT_FORM, ENDPOINT_FORM = "expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT]", "expected HOST[:PORT] or wss://HOST[:PORT]"
SERVICE_FORM = "expected [SERVICE=][HOST:]PORT"
CLIENT_ID = "a client id is 1 to 65535 bytes of UTF-8, without control characters"


def flags_of(changes):
    """A good command line, with some values changed; None leaves a flag out."""
    return [part for flag, value in (GOOD | changes).items() if value is not None for part in (flag, value)]


def run(*flags):
    program = os.environ.get("IOT_TUNNEL_C_AGENT") or ROOT / "target/agent/agent"
    return subprocess.run([program, *flags], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def refused(*flags):
    """What it says to a command line that it does not take."""
    done = run(*flags)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "see --help" in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"--thing": "a b"}, "--thing: 'a b': a thingName is 1 to 128 characters of [a-zA-Z0-9:_-]"),
        ({"--thing": "x" * 129}, f"--thing: '{'x' * 64}...': a thingName is"),
        ({"--thing": ""}, "--thing: '': a thingName is"),
        ({"--mqtt": "http://host"}, f"--mqtt: 'http://host': {MQTT_FORM}; "),
        ({"--mqtt": "mqtt://host:0"}, f"--mqtt: 'mqtt://host:0': {MQTT_FORM}: {PORT}; "),
        ({"--mqtt": "mqtt://host/path"}, f"--mqtt: 'mqtt://host/path': {MQTT_FORM}: {PATH}; "),
        ({"--mqtt": "mqtt://host:1883/"}, f"--mqtt: 'mqtt://host:1883/': {MQTT_FORM}: {PATH}; "),
        ({"--mqtt": "mqtt://ho st"}, f"--mqtt: 'mqtt://ho st': {MQTT_FORM}: the host has ' ' at position 2; {ALLOWED}; "),
        ({"--mqtt": "mqtt://" + "h" * 300}, f"--mqtt: 'mqtt://{'h' * 57}...': {MQTT_FORM}: the host has 300 characters; {LENGTH}; "),
        ({"--mqtt-client-id": ""}, f"--mqtt-client-id: '': {CLIENT_ID}"),
        ({"--mqtt-client-id": "x" * 65536}, f"--mqtt-client-id: '{'x' * 64}...': {CLIENT_ID}"),
        ({"--mqtt-client-id": b"a\xffb"}, f"--mqtt-client-id: 'a?b': {CLIENT_ID}"),
        ({"--mqtt-client-id": "a\tb"}, f"--mqtt-client-id: 'a?b': {CLIENT_ID}"),
        ({"-e": "ws://host"}, f"--proxy-endpoint: 'ws://host': {ENDPOINT_FORM}: this agent speaks TLS only; "),
        ({"-e": "wss://host/tunnel"}, f"--proxy-endpoint: 'wss://host/tunnel': {ENDPOINT_FORM}: {PATH}; "),
        ({"-e": "host:port"}, f"--proxy-endpoint: 'host:port': {ENDPOINT_FORM}: {PORT}; "),
        ({"-e": ""}, f"--proxy-endpoint: '': {ENDPOINT_FORM}: the host has 0 characters; {LENGTH}; "),
        ({"-d": ""}, f"--destination-app: '': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH"}, f"--destination-app: 'SSH': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH="}, f"--destination-app: 'SSH=': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=0"}, f"--destination-app: 'SSH=0': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=65536"}, f"--destination-app: 'SSH=65536': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=4294967318"}, f"--destination-app: 'SSH=4294967318': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=+22"}, f"--destination-app: 'SSH=+22': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=abc"}, f"--destination-app: 'SSH=abc': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "SSH=22,"}, f"--destination-app: '': {SERVICE_FORM}: {PORT}; "),
        ({"-d": "HTTP=80,SSH=-host:22"}, f"--destination-app: 'SSH=-host:22': {SERVICE_FORM}: each part of the host between dots has 1 to 63 characters and neither starts nor ends with '-'; "),
        ({"-d": "SSH=::1:22"}, f"--destination-app: 'SSH=::1:22': {SERVICE_FORM}: an IPv6 address stands in brackets, such as [::1] or [::1]:8443, without a zone; "),
        ({"-d": "SSH=[::1]"}, f"--destination-app: 'SSH=[::1]': {SERVICE_FORM}: the port is missing; "),
        ({"-d": "S S=22"}, "--destination-app: 'S S=22': a service is 1 to 128 characters of [a-zA-Z0-9:_-]"),
        ({"-d": "SSH=23,22"}, "--destination-app: '22': with several services each needs a name"),
        ({"-d": "SSH=22,SSH=23"}, "--destination-app: 'SSH=23': the same service stands there twice"),
        ({"-d": "A=1,B=2,C=3,D=4"}, "--destination-app: 'D=4': a tunnel has at most 3 services"),
    ],
)
def test_a_wrong_value_is_shown_with_its_flag_and_what_is_allowed(changes, says):
    assert says in refused(*flags_of(changes))


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "--thing: it is missing"),
        (flags_of({"--thing": None}), "--thing: it is missing"),
        (flags_of({"--mqtt": None}), "--mqtt: it is missing"),
        (flags_of({"-d": None}), "--destination-app: it is missing"),
        (flags_of({"--mqtt-cert": "a.pem"}), "--mqtt-cert: it goes with --mqtt-key"),
        (flags_of({"--mqtt-ca": "a.pem"}), "--mqtt: --mqtt-ca, --mqtt-cert and --mqtt-key go with mqtts://"),
        ([*flags_of({}), "word"], "word: this is no flag"),
        ([*flags_of({}), "--no-such"], "--no-such"),
        ([*flags_of({}), "--thing"], "thing"),
    ],
)
def test_flags_that_are_missing_or_do_not_go_together_are_named(flags, says):
    assert says in refused(*flags)


@pytest.mark.parametrize("url", ["mqtt://user:secret@host", "http://user:secret@host", "mqtt://user:secret@host:0"])
def test_a_password_for_the_broker_is_not_taken_and_not_shown(url):
    said = refused(*flags_of({"--mqtt": url}))
    assert "--mqtt: '...@host" in said and "no user and password are taken" in said and "secret" not in said


def test_no_password_is_shown_of_an_endpoint_either():
    said = refused(*flags_of({"-e": "wss://user:secret@host"}))
    assert f"--proxy-endpoint: '...@host': {ENDPOINT_FORM}: a user and a password are not allowed; " in said
    assert "secret" not in said


@pytest.mark.parametrize("flag", ["--thing", "--mqtt", "--mqtt-ca", "--mqtt-cert", "--mqtt-key", "--mqtt-client-id", "--capath"])
def test_a_flag_that_is_given_twice_is_refused(flag):
    value = GOOD.get(flag, "x")
    assert f"{flag}: it is given twice" in refused(flag, value, flag, value)


def test_so_is_one_that_is_given_by_both_its_names_or_has_no_value():
    assert "--proxy-endpoint: it is given twice" in refused(*flags_of({}), "--proxy-endpoint", "host")
    assert "--destination-app: it is given twice: put commas between" in refused(*flags_of({}), "-d", "HTTP=80")
    assert "--ready: it is given twice" in refused(*flags_of({}), "--ready", "--ready")


NO_CERTIFICATE, NO_KEY = (f"expected a PEM file with a {what} in it; " for what in ("CERTIFICATE", "PRIVATE KEY"))


@pytest.mark.parametrize(
    ("flag", "name", "says"),
    [
        *((flag, name, says) for flag in ("--mqtt-ca", "--mqtt-cert") for name, says in (
            ("no-such.pem", "No such file or directory"), (".", NO_CERTIFICATE), ("empty.pem", NO_CERTIFICATE),
            ("own.der", NO_CERTIFICATE), ("own.key", NO_CERTIFICATE), ("garbage.pem", "X509 - "),
        )),
        *(("--mqtt-key", name, says) for name, says in (
            ("no-such.pem", "No such file or directory"), (".", NO_KEY), ("empty.pem", NO_KEY), ("own.pem", NO_KEY),
            ("garbage.key", "PK - "), ("other.key", "it is not the key of the certificate in --mqtt-cert"),
        )),
    ],
)
def test_a_file_for_the_broker_that_cannot_be_used_is_shown_with_its_flag_and_why(pem, flag, name, says):
    files = {"--mqtt-cert": str(pem / "own.pem"), "--mqtt-key": str(pem / "own.key")}
    assert f"{flag}: '{pem / name}': {says}" in refused(*flags_of(TLS | files | {flag: str(pem / name)}))


@pytest.mark.parametrize(
    ("path", "says"),
    [("/no/such.pem", "No such file or directory"), ("/dev/null", ""), ("/", "there is no certificate in it")],
)
def test_roots_for_the_tunnel_that_cannot_be_used_are_shown_with_their_flag_and_why(path, says):
    assert f"--capath: '{path}': {says}" in refused(*flags_of({"-c": path}))


def test_help_and_version_end_with_0_and_name_every_flag():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for flag in ("--thing", "--mqtt", "--proxy-endpoint", "--destination-app", "--capath", "--ready", "the latest notification wins",
                 "was restarted"):
        assert flag in done.stdout
    version = run("--version")
    assert version.returncode == 0 and version.stdout.startswith("agent 0.")


def test_it_waits_for_a_broker_that_is_not_there_and_ends_in_order_without(service, thing):
    agent = CAgent(service, thing, {"SSH": 22}, mqtt="mqtt://127.0.0.1:1")
    try:
        agent.until_log("no connection to the MQTT broker 127.0.0.1:1: Connection refused", count=2)
    finally:
        agent.stop()


def test_a_broker_by_ipv6_is_shown_in_brackets(service, thing):
    agent = CAgent(service, thing, {"SSH": 22}, mqtt="mqtt://[::1]:1")
    try:
        agent.until_log("no connection to the MQTT broker [::1]:1: ")
    finally:
        agent.stop()
