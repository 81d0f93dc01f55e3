"""Names that take long to look up hold nobody up, and have addresses that lead nowhere."""

import contextlib
import os
import socket
import subprocess

import pytest

from ends import CAgent, Source, until
from network import Link, Listening
from service import ROOT
from streams import answers, connect, echoed, exactly, until_answers

MIB = 1 << 20


class Names:
    """An agent whose resolver is resolver.c's, and how fast that one answers."""

    def __init__(self, folder):
        self._gate = folder / "gate"
        self._library = folder / "resolver.so"
        source = ROOT / "tests/clients/c_agent/resolver.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self._library, source, "-ldl"], check=True)
        self.answer()

    def answer(self):
        self._gate.touch()

    def stall(self):
        self._gate.unlink()

    def agent(self, service, thing, servers, mqtt=None):
        """The one without a sanitizer, which wants to be loaded first."""
        env = {"LD_PRELOAD": str(self._library), "RESOLVER_GATE": str(self._gate)}
        return CAgent(service, thing, servers, mqtt=mqtt, program=ROOT / "target/agent/agent", env=env)


@pytest.fixture
def names(tmp_path):
    running = Names(tmp_path)
    yield running
    running.answer()


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def test_a_service_whose_name_is_looked_up_holds_up_no_other(service, opened, thing, server, names):
    got = []

    def note(connection):
        received = b""
        while chunk := connection.recv(4096):
            received += chunk
        got.append(received)

    with Listening(note) as slow:
        names.stall()
        with names.agent(service, thing, {"SSH": server.port, "SLOW": f"slow.test:{slow.port}"}):
            tunnel = opened("SSH", "SLOW", thing=thing)
            with Source(service, tunnel["sourceAccessToken"], services=["SSH", "SLOW"]) as source:
                until_answers(source.port("SSH"))
                with connect(source.port("SLOW")) as silent:
                    assert echoed(source.port("SSH"), 1, MIB)
                    # Until the proxy has taken its end: what comes later goes behind that in the tunnel.
                    silent.shutdown(socket.SHUT_WR)
                    assert silent.recv(1) == b""
                # So the agent knows of it, and nobody connects for it any more: it has brought nothing.
                assert answers(source.port("SSH"))
                with connect(source.port("SLOW")) as brief:
                    brief.sendall(b"all that there is")
                names.answer()
                until(lambda: got, "what was sent before the end")
                assert got == [b"all that there is"]
                assert echoed(source.port("SSH"), 2, MIB)


def test_a_broker_whose_name_is_looked_up_holds_up_no_tunnel(service, opened, thing, server, names):
    with Link(port_of(service.ready["mqtt"])) as link:
        with names.agent(service, thing, {"SSH": server.port}, f"mqtt://slow.test:{link.port}") as agent:
            tunnel = opened("SSH", thing=thing)
            with Source(service, tunnel["sourceAccessToken"]) as source, connect_when_served(source.port()) as connection:
                names.stall()
                link.drop(0)
                agent.until_log("no connection to the MQTT broker")
                until(lambda: threads(agent) == 2, "the lookup")
                connection.sendall(b"still here")
                assert exactly(connection, 10) == b"still here"
                assert echoed(source.port(), 1, MIB)
                assert agent.log().count("subscribed to") == 1
                names.answer()
                agent.until_log("subscribed to", count=2)


def connect_when_served(port):
    until_answers(port)
    return connect(port)


def test_it_ends_in_order_in_the_middle_of_a_lookup(service, thing, names):
    names.stall()
    agent = names.agent(service, thing, {"SSH": 1}, "mqtt://slow.test:1")
    # It waits, since nobody answers; code 0, or this raises.
    until(lambda: threads(agent) == 2, "the lookup")
    agent.stop()


def threads(agent):
    return len(os.listdir(f"/proc/{agent.pid}/task"))


def test_a_broker_that_does_not_answer_by_ipv6_is_reached_by_ipv4(service, opened, thing, server, names):
    """Connections by IPv6 come about, and that is all: libmosquitto never tries the other address by itself."""
    with Link(port_of(service.ready["mqtt"])) as link, socket.create_server(("::1", link.port), family=socket.AF_INET6) as nowhere:
        nowhere.settimeout(30)
        agent = names.agent(service, thing, {"SSH": server.port}, f"mqtt://both.test:{link.port}")
        with contextlib.closing(nowhere.accept()[0]):
            pass
        with agent:
            agent.until_log("subscribed to")
            tunnel = opened("SSH", thing=thing)
            with Source(service, tunnel["sourceAccessToken"]) as source:
                until_answers(source.port())
