"""A service that stopped reading is in the way of the others of its tunnel for a limited time, and then reset alone."""

import contextlib
import threading
import time

import pytest

from c_agent.servers import Ends
from ends import CAgent, Source, until
from streams import connect, echoed, exactly, until_answers

MIB = 1 << 20
# The agent's default, and how much longer it waits for a connection that is alone.
DEFAULT, ALONE = 10, 3


def pour(connection):
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(bytes(MIB))


@contextlib.contextmanager
def stalled(service, opened, thing, server, *flags):
    """A tunnel to an echo and to a service that reads nothing, which is sent more than has room. Gives what is asked about it:
    the agent, the port of the echo, the client that pours, and a connection to the echo that is older."""
    may_read = threading.Event()
    with Ends(lambda connection: may_read.wait(120)) as slow:
        slow.hold(4096)
        with CAgent(service, thing, {"SSH": server.port, "SLOW": slow.port}, *flags) as agent:
            tunnel = opened("SSH", "SLOW", thing=thing)
            with Source(service, tunnel["sourceAccessToken"], services=["SSH", "SLOW"]) as source:
                agent.until_log("open: bytes can flow")
                yield agent, source, slow, may_read
                may_read.set()


def start_to_pour(source):
    client = connect(source.port("SLOW"))
    threading.Thread(target=pour, args=(client,), daemon=True).start()
    return client


@pytest.mark.parametrize("flags", [(), ("--stall-limit", "2")], ids=["default", "2 s"])
def test_a_stalled_connection_is_reset_when_others_have_waited_for_the_limit(service, opened, thing, server, flags):
    limit = int(flags[1]) if flags else DEFAULT
    with stalled(service, opened, thing, server, *flags) as (agent, source, slow, may_read):
        with connect(source.port("SSH")) as other:
            other.sendall(b"one")
            assert exactly(other, 3) == b"one"
            begin = time.monotonic()
            with start_to_pour(source):
                agent.until_log(f"the service SLOW takes nothing for {limit} s: its connection is reset, because others wait behind it")
                assert time.monotonic() - begin >= limit
                # The other connection goes on, and so does the tunnel.
                other.sendall(b"two")
                assert exactly(other, 3) == b"two"
                assert echoed(source.port("SSH"), 1, 4 * MIB)
        # The service has got a part, so this was no end.
        may_read.set()
        until(lambda: slow.seen, "the end at the service")
        assert slow.seen[0][1] == "reset"
        assert agent.log().count("connecting to") == 1


def test_a_new_connection_waits_behind_one_that_is_stalled_and_alone_for_a_limited_time(service, opened, thing, server):
    """The agent cannot see it: its start stands behind the bytes of the stalled one."""
    with stalled(service, opened, thing, server, "--stall-limit", "1") as (agent, source, slow, may_read):
        begin = time.monotonic()
        with start_to_pour(source):
            agent.until_log(f"the service SLOW takes nothing for {ALONE} s: its connection is reset")
            assert time.monotonic() - begin >= ALONE
            until_answers(source.port("SSH"))


def test_a_service_that_takes_a_little_now_and_then_is_not_stalled(service, opened, thing, server):
    with stalled(service, opened, thing, server, "--stall-limit", "2") as (agent, source, slow, may_read):
        with connect(source.port("SSH")) as other, start_to_pour(source):
            other.sendall(b"one")
            may_read.set()
            # It reads on after less than the limit, and everything flows.
            assert exactly(other, 3) == b"one"
            until(lambda: len(slow.heard) > 8 * MIB, "some of what is poured")
        assert "takes nothing" not in agent.log()


@pytest.mark.parametrize(
    ("flag", "value"), [(flag, value) for flag in ("--stall-limit", "--half-close-silence") for value in ("", "-1", "1s", "86401", "1.5")]
)
def test_a_limit_that_is_no_number_of_seconds_is_refused(service, thing, flag, value):
    agent = CAgent(service, thing, {"SSH": 22}, flag, value)
    assert agent.ended() == 2
    assert f"{flag}: '{value}': expected seconds, 0 to 86400; see --help" in agent.log()
