"""Reads what matters of an ELF object for a 32-bit ARM: sections, relocations, stack sizes, calls through a pointer."""

import re
import struct
import subprocess

# Relocations of branches: R_ARM_THM_CALL, R_ARM_CALL, R_ARM_JUMP24, R_ARM_THM_JUMP24, _JUMP19, _JUMP11, _JUMP8.
BRANCHES = {10, 28, 29, 30, 51, 102, 103}
SYMBOLS, RELA, REL = 2, 4, 9


class Section:
    """A section: its header, and its bytes."""

    def __init__(self, data, header):
        self.name, self.kind, self.flags, _, offset, size, self.link, self.info = header[:8]
        self.data = data[offset:offset + size]

    def function_name(self):
        return re.sub(r"^\.text\.(?:unlikely\.|hot\.)?", "", self.name)


class Object:
    """`sections` by index; `references`: {section: {(section or outside name, whether a branch)}}."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:6] != b"\x7fELF\x01\x01" or struct.unpack_from("<H", data, 18) != (40,):
            raise SystemExit(f"{path}: not an ELF object for a 32-bit ARM")
        (start,) = struct.unpack_from("<I", data, 32)
        size, count, names = struct.unpack_from("<HHH", data, 46)
        if count == 0:  # Too many for the field: the first header has the number.
            count, = struct.unpack_from("<I", data, start + 20)
        if names == 0xFFFF:
            names, = struct.unpack_from("<I", data, start + 24)
        headers = [struct.unpack_from("<10I", data, start + size * index) for index in range(count)]
        self.sections = [Section(data, header) for header in headers]
        for section in self.sections:
            section.name = self.text(names, section.name)
        self.symbols = self.read_symbols()
        self.references = self.read_references()

    def text(self, table, offset):
        data = self.sections[table].data
        return data[offset:data.index(b"\0", offset)].decode()

    def read_symbols(self):
        """[(name, value, index of its section)]"""
        table = next(section for section in self.sections if section.kind == SYMBOLS)
        entries = struct.iter_unpack("<IIIBBH", table.data)
        return [(self.text(table.link, name), value, section) for name, value, _, _, _, section in entries]

    def read_references(self):
        references = {}
        for section in self.sections:
            if section.kind in (REL, RELA):
                form = "<II" if section.kind == REL else "<III"
                for _, info, *_ in struct.iter_unpack(form, section.data):
                    name, _, target = self.symbols[info >> 8]
                    reference = (target or name, (info & 0xFF) in BRANCHES)
                    references.setdefault(section.info, set()).add(reference)
        return references

    def stack_sizes(self):
        """{section of a function: bytes of its frame}"""
        sizes = {}
        for section in self.sections:
            if section.name == ".stack_sizes":
                size, shift = 0, 0
                for byte in section.data[4:]:  # After the function's address: a number in LEB128.
                    size |= (byte & 0x7F) << shift
                    shift += 7
                    if byte < 0x80:
                        break
                if len(section.data) != 4 + shift // 7 or section.link in sizes:
                    raise SystemExit(f"{self.sections[section.link].name} has more than one function")
                sizes[section.link] = size
        return sizes

    def calls_through_a_pointer(self, function):
        """Whether the function has a `blx` or, beside its return, a `bx` of a register."""
        data = self.sections[function].data
        # Where code ($t) and data ($d) lie.
        marks = sorted((value & ~1, name) for name, value, section in self.symbols_of(function))
        ends = [value for value, _ in marks[1:]] + [len(data)]
        for (start, name), end in zip(marks, ends):
            position = start
            while name.startswith("$t") and position < end:
                (half,) = struct.unpack_from("<H", data, position)
                if half & 0xFF87 == 0x4780 or half & 0xFF87 == 0x4700 and half != 0x4770:
                    return True
                position += 4 if half >> 11 in (0b11101, 0b11110, 0b11111) else 2
        return False

    def symbols_of(self, function):
        if not hasattr(self, "marks"):
            self.marks = {}
            for symbol in self.symbols:
                if re.match(r"\$[td]", symbol[0]):
                    self.marks.setdefault(symbol[2], []).append(symbol)
        return self.marks.get(function, [])


def readable(names):
    """The names as people write them, without hashes, and without the types that a generic function was made for."""
    done = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True)
    return [re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}$|::<.*>$", "", name) for name in done.stdout.splitlines()]
