"""Fixtures of the firmware's suite: a thing with a board, tied to the service by a wire that can break."""

import sys
import uuid

import pytest

from board import Board, Modem, Wire

# What README promises: the most bytes of stack that the firmware ever uses, the library's calls and interrupts included.
STACK_BUDGET = 2_560


@pytest.fixture
def thing():
    """A thing nobody else uses."""
    return f"valve-{uuid.uuid4()}"


@pytest.fixture
def opened(tunnels, thing):
    """Opens a tunnel to the board's services: `opened()` gives the answer of OpenTunnel."""

    def open_tunnel():
        return tunnels.open_tunnel(destinationConfig={"services": ["ECHO", "HTTP"], "thingName": thing})

    return open_tunnel


@pytest.fixture
def wire(service):
    """What ties the board to the service's port without TLS."""
    with Wire(int(service.ready["data_plain"].rsplit(":", 1)[1])) as running:
        yield running


@pytest.fixture
def board(wire):
    """The board. At the end its stack is held against the budget."""
    with Board(wire.port) as running:
        yield running
        used, size = running.stack()
        # Not to the standard output: beside each other, tests talk to their runner there.
        print(f"stack: {used} of {size} bytes used", file=sys.stderr)
        assert 0 < used <= STACK_BUDGET


@pytest.fixture
def modem(service, thing, board):
    """It hears the thing's notifications from now on."""
    with Modem(service, thing, board) as running:
        yield running
