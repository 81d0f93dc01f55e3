"""What the agent in C says of an answer that is no 101, whatever bytes it has, and when it comes again."""

import contextlib
import time

import pytest

from broker import Broker
from c_agent.relay import CLOSE, Relay, notify
from ends import until


@contextlib.contextmanager
def device(pem, thing, serve):
    """A device with a token for a relay that treats each connection as `serve` does: its log, and what the relay has got."""
    with Broker() as broker, Relay(pem / "own.pem", pem / "own.key", serve) as relay:
        with relay.agent(broker, thing, {"SSH": 22}) as agent:
            notify(broker, thing, "a-token-that-is-secret")
            yield agent, relay
            assert "secret" not in agent.log()


def http(status, body=b"", **headers):
    """An answer, as it stands on the wire."""
    lines = [f"HTTP/1.1 {status}"] + [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


SHOWN = {
    "a body that is no UTF-8": (http("403 No", b"\xff\xfe caf\xe9"), r"answers 403: \xff\xfe caf\xe9"),
    "a body with a zero in it": (http("403 No", b"\0hidden"), r"answers 403: \x00hidden"),
    "a body that moves the cursor": (http("403 No", b"\x1b[2Jgone"), r"answers 403: \x1b[2Jgone"),
    "a body of several lines": (http("403 No", b"one\r\ntwo"), r"answers 403: one\x0d\x0atwo"),
    "a redirect": (
        http("302 Found", b"<html>", location="https://portal.test/login"),
        "answers 302, which is no answer of this service, and leads to https://portal.test/login\n",
    ),
    "a page": (http("200 OK", b"<html>"), "answers 200, which is no answer of this service\n"),
    "no status of HTTP": (http("600 What"), "answers 600, which is no answer of this service\n"),
    "an overload": (http("503 Busy", b"try later", retry_after=9), "answers 503: try later (come back after 9 s)\n"),
}


@pytest.mark.parametrize(("answer", "says"), SHOWN.values(), ids=SHOWN)
def test_an_answer_is_shown_with_its_status_and_in_visible_characters(pem, thing, answer, says):
    with device(pem, thing, lambda peer: peer.answer(answer)) as (agent, relay):
        agent.until_log(says)


def test_the_reason_of_a_close_frame_is_shown_in_visible_characters(pem, thing):
    def close(peer):
        peer.accept("SSH")
        peer.send(b"\x03\xf0" + "tel\u00e9 \x1b[2J".encode(), CLOSE)
        peer.recv(1 << 16)

    with device(pem, thing, close) as (agent, relay):
        agent.until_log(r"closes the connection: 1008 tel\xc3\xa9 \x1b[2J")


@pytest.mark.parametrize("status", ["408 Late", "429 Slowly", "503 Busy"])
def test_later_is_tried_again_with_the_same_token_and_not_before_retry_after(pem, thing, status):
    wait, times = 2, []

    def serve(peer):
        times.append(time.monotonic())
        peer.answer(http(status, retry_after=wait))

    with device(pem, thing, serve) as (agent, relay):
        until(lambda: len(times) == 2, "the second attempt")
        assert times[1] - times[0] >= wait
        assert "of no more use" not in agent.log()


def test_a_refusal_is_not_tried_again(pem, thing):
    with device(pem, thing, lambda peer: peer.answer(http("400 No", b"no such tunnel"))) as (agent, relay):
        agent.until_log("this access token is of no more use")
        assert len(relay.requests) == 1


def test_the_first_attempt_after_a_drop_is_at_once(pem, thing):
    times = []

    def drop(peer):
        times.append(time.monotonic())
        peer.accept("SSH")
        if len(times) > 1:
            peer.recv(1 << 16)

    with device(pem, thing, drop) as (agent, relay):
        agent.until_log("connecting again in 0 ms")
        until(lambda: len(times) == 2, "the second attempt")
        agent.until_log("open: bytes can flow", count=2)


def test_connections_that_are_lost_again_and_again_are_said_to_be_contested(pem, thing):
    with device(pem, thing, lambda peer: peer.accept("SSH")) as (agent, relay):
        agent.until_log("another instance may be using the same tokens", seconds=60)
        assert len(relay.requests) >= 4
