"""Kill -9 in the middle of writes: what was acknowledged before is there after the restart.

Several clients change tunnels as fast as they can; the service is killed at a random moment; what each client was told
has to hold when the service is back on the same store. A change that was under way, not acknowledged, may have
happened or not, so each tunnel belongs to one client, which stops at its first unanswered call.
"""

import os
import random
import threading
from datetime import datetime, timezone

import pytest
from botocore.exceptions import BotoCoreError

from conftest import connect
from service import Service

ROUNDS = int(os.environ.get("IOT_TUNNEL_CRASH_ROUNDS", "15"))
CLIENTS = 4
# The kill comes after so many acknowledged changes, at random, so that every round has work to lose.
CHANGES = (20, 400)


class Acknowledged:
    """What a client knows of one tunnel: the last answered state, and the change nobody answered."""

    def __init__(self, tunnel):
        self.tunnel_id, self.arn = tunnel["tunnelId"], tunnel["tunnelArn"]
        self.updated = self.destination = self.unanswered = None
        self.closed, self.tags, self.rotations = False, {}, 0


class Client(threading.Thread):
    """Opens, rotates, tags and closes tunnels of its own until the service stops answering."""

    def __init__(self, service, seed, count):
        super().__init__(daemon=True)
        self._tunnels, self._random, self._count = connect(service), random.Random(seed), count
        self.known, self.fault = [], None

    def run(self):
        try:
            while True:
                self._one_tunnel()
        except BotoCoreError:
            pass  # The service is gone, as planned.
        except Exception as fault:  # noqa: BLE001 — reported by the test, which fails.
            self.fault = fault
            self._count()

    def _one_tunnel(self):
        known = Acknowledged(self._tunnels.open_tunnel(destinationConfig={"thingName": "pump-0", "services": ["SSH"]}))
        self.known.append(known)
        self._count()
        for _ in range(self._random.randrange(1, 12)):
            self._change(known, self._random.choice(["rotate", "move", "tag", "untag"]))
        if self._random.random() < 0.4:
            self._change(known, "close")

    def _change(self, known, change):
        name = f"pump-{known.rotations + 1}"
        known.unanswered = change
        called = datetime.now(timezone.utc)
        if change == "rotate":
            self._tunnels.rotate_tunnel_access_token(tunnelId=known.tunnel_id, clientMode="ALL")
        elif change == "move":
            config = {"thingName": name, "services": ["SSH"]}
            self._tunnels.rotate_tunnel_access_token(
                tunnelId=known.tunnel_id, clientMode="DESTINATION", destinationConfig=config
            )
            known.destination, known.rotations = name, known.rotations + 1
        elif change == "tag":
            self._tunnels.tag_resource(resourceArn=known.arn, tags=[{"key": "k", "value": name}])
            known.tags = {"k": name}
        elif change == "untag":
            self._tunnels.untag_resource(resourceArn=known.arn, tagKeys=["k"])
            known.tags = {}
        else:
            self._tunnels.close_tunnel(tunnelId=known.tunnel_id)
            known.closed = True
        if change in ("rotate", "move"):
            known.updated = called
        known.unanswered = None
        self._count()


def check(tunnels, known):
    """Compares one tunnel with what its client was told."""
    found = tunnels.describe_tunnel(tunnelId=known.tunnel_id)["tunnel"]
    under_way = known.unanswered
    assert found["tunnelArn"] == known.arn
    if known.closed:
        assert found["status"] == "CLOSED"
    elif under_way != "close":
        assert found["status"] == "OPEN"
    if known.updated:
        # Timestamps may be coarser than the client's clock: down to the millisecond below.
        assert found["lastUpdatedAt"].timestamp() >= known.updated.timestamp() - 0.001
    if under_way != "move":
        assert found["destinationConfig"]["thingName"] == (known.destination or "pump-0")
    if under_way not in ("tag", "untag"):
        assert {tag["key"]: tag["value"] for tag in found.get("tags", [])} == known.tags
    return found["status"] == "OPEN"


def test_no_acknowledged_change_is_lost(tmp_path):
    store, seed = tmp_path / "store", random.randrange(2**32)
    print(f"seed {seed}")
    everything, acknowledged = [], 0
    for number in range(ROUNDS):
        chance = random.Random(seed + number)
        limit, done, lock = chance.randrange(*CHANGES), threading.Event(), threading.Lock()
        count = [0]

        def one_more():
            with lock:
                count[0] += 1
                if count[0] >= limit:
                    done.set()

        service = Service(store=store).start()
        clients = [Client(service, chance.random(), one_more) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        in_time = done.wait(120)
        service.kill()
        for client in clients:
            client.join(60)
            assert not client.is_alive()
            if client.fault:
                raise client.fault
            everything += client.known
        assert in_time, f"only {count[0]} of {limit} changes were acknowledged within two minutes"
        acknowledged += count[0]

        with Service(store=store) as again:
            tunnels = connect(again)
            for known in everything[-600:]:
                if check(tunnels, known):
                    answer = tunnels.rotate_tunnel_access_token(tunnelId=known.tunnel_id, clientMode="SOURCE")
                    assert answer["tunnelArn"] == known.arn
                else:
                    with pytest.raises(tunnels.exceptions.ResourceNotFoundException):
                        tunnels.rotate_tunnel_access_token(tunnelId=known.tunnel_id, clientMode="SOURCE")
                settle(tunnels, known)
    print(f"{ROUNDS} kills, {acknowledged} acknowledged changes of {len(everything)} tunnels, none lost")


def settle(tunnels, known):
    """Takes the outcome of the unanswered change as the new truth: from now on it has to stay."""
    found = tunnels.describe_tunnel(tunnelId=known.tunnel_id)["tunnel"]
    known.unanswered, known.closed = None, found["status"] == "CLOSED"
    known.destination = found["destinationConfig"]["thingName"]
    known.tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    known.updated = found["lastUpdatedAt"]
