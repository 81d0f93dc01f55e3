"""A host that answers no ping, as AWS is said to be until a source is connected: our ends stay connected.

In real time, so `make soak` runs it and `make test` does not; there virtual time has its place (core's heartbeat tests).
"""

import contextlib
import os
import threading
import time

import wsproto
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request

from aws_clients import SUBPROTOCOL
from ends import Agent, Destination, Source, until
from frames import Message, encode
from network import CHUNK, Listening

SECONDS = int(os.environ.get("SOAK_SECONDS", "300"))
# Clients ping about that often.
PING_SECONDS = 20


class SilentHost(Listening):
    """Takes every token, says its one service, and never answers a ping."""

    def __init__(self):
        self.pings, self._counts = {}, threading.Lock()
        super().__init__(self._one)

    @property
    def endpoint(self):
        return f"ws://127.0.0.1:{self.port}"

    def _one(self, stream):
        protocol = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        with self._counts:
            me = len(self.pings)
            self.pings[me] = 0
        while chunk := stream.recv(CHUNK):
            protocol.receive_data(chunk)
            for event in protocol.events():
                match event:
                    case Request():
                        headers = [(b"channel-id", b"silent")]
                        stream.sendall(protocol.send(AcceptConnection(subprotocol=SUBPROTOCOL, extra_headers=headers)))
                        services = Message("SERVICE_IDS", services=("SSH",))
                        stream.sendall(protocol.send(BytesMessage(data=encode(services))))
                    case Ping():
                        with self._counts:
                            self.pings[me] += 1
                    case CloseConnection():
                        return


def test_proxy_and_agent_stay_with_a_host_that_answers_no_ping(service, tunnels, thing, server):
    tunnel = tunnels.open_tunnel(destinationConfig={"thingName": thing, "services": ["SSH"]})
    with SilentHost() as host, contextlib.ExitStack() as stack:
        reach = ["-e", host.endpoint]
        agent = stack.enter_context(Agent(service, thing, {"SSH": server.port}, reach=reach))
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="DESTINATION")
        source = stack.enter_context(Source(service, tunnel["sourceAccessToken"], reach=reach))
        token = tunnel["destinationAccessToken"]
        destination = stack.enter_context(Destination(service, token, {"SSH": server.port}, reach=reach))
        until(lambda: len(host.pings) == 3, "three WebSockets")
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            # Fails at the first drop, not at the end of an hour.
            assert host.connections == 3 and len(host.pings) == 3, (time.monotonic() - began, agent.log(), source.log())
            time.sleep(1)
        assert min(host.pings.values()) >= SECONDS // PING_SECONDS - 1, host.pings
        assert all(end.is_running() for end in (agent, source, destination))
