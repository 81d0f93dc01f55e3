"""Servers that note how a connection ended."""

from network import Listening


class Ends(Listening):
    """A server that notes what each connection brought, and whether it was an end or a reset that was last. `greet` is called
    with each connection first."""

    def __init__(self, greet=lambda connection: None):
        super().__init__(self._read)
        self._greet, self.heard, self.seen = greet, b"", []

    def _read(self, connection):
        received = b""
        try:
            self._greet(connection)
            while chunk := connection.recv(65536):
                received += chunk
                self.heard = received
        except ConnectionResetError:
            self.seen.append((received, "reset"))
        else:
            self.seen.append((received, "end"))
