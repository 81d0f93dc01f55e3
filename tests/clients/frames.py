"""The tunnel's messages as bytes: a length of two bytes, then proto3 (data-plane.md §3). For the models of AWS's clients."""

import dataclasses

TYPES = [
    "UNKNOWN", "DATA", "STREAM_START", "STREAM_RESET", "SESSION_RESET", "SERVICE_IDS", "CONNECTION_START", "CONNECTION_RESET",
]
MAX_PAYLOAD = 64_512


@dataclasses.dataclass(frozen=True)
class Message:
    type: str
    stream: int = 0
    ignorable: bool = False
    payload: bytes = b""
    service: str = ""
    services: tuple = ()
    connection: int = 0

    @property
    def format(self):
        """The oldest format that it can be of: 1, 2 or 3."""
        return 3 if self.connection else 2 if self.service else 1


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def encode(message):
    """Its frame."""
    fields = [(1, TYPES.index(message.type)), (2, message.stream), (3, int(message.ignorable)), (4, message.payload)]
    fields += [(5, message.service.encode())] + [(6, service.encode()) for service in message.services]
    out = bytearray()
    for number, value in [*fields, (7, message.connection)]:
        if value and isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        elif value:
            out += _varint(number << 3 | 2) + _varint(len(value)) + value
    return len(out).to_bytes(2, "big") + bytes(out)


def _decode(data):
    at, fields, services = 0, {}, []

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at, number, shift = at + 1, number | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return number

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            fields[key >> 3] = varint()
        elif key & 7 == 2:
            length = varint()
            if at + length > len(data):
                raise ValueError("a field is longer than its message")
            fields[key >> 3] = bytes(data[at : at + length])
            at += length
            if key >> 3 == 6:
                services.append(fields[6].decode())
        else:
            raise ValueError(f"no such wire type: {key & 7}")
    number = fields.get(1, 0)
    return Message(
        TYPES[number] if number < len(TYPES) else "UNKNOWN", fields.get(2, 0), bool(fields.get(3)), fields.get(4, b""),
        fields.get(5, b"").decode(), tuple(services), fields.get(7, 0),
    )


def take(buffer):
    """The messages that are whole in a bytearray, which loses them.

    Raises ValueError or IndexError for what is no message.
    """
    messages = []
    while len(buffer) >= 2 and len(buffer) >= 2 + (length := int.from_bytes(buffer[:2], "big")):
        messages.append(_decode(memoryview(bytes(buffer[2 : 2 + length]))))
        del buffer[: 2 + length]
    return messages
