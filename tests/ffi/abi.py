"""The ABI that the header promises, as text: constants, numbers of enums, types, functions, and where members lie.

    abi.py HEADER                   prints it
    abi.py HEADER RECORDED...       exits 1 if something of what was recorded has gone or has changed

What is new breaks nobody. Layouts are those of a 64-bit machine (lp64) and of a microcontroller (ilp32).
tests/ffi/exports.py holds the library to the header, so this needs no library.
"""

import pathlib
import re
import struct
import subprocess
import sys
import tempfile

# Data model -> compiler, and the tool that takes a section out of what it makes.
MODELS = {
    "lp64": (["gcc"], "objcopy"),
    "ilp32": (["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m3"], "arm-none-eabi-objcopy"),
}


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout


def one_line(text):
    return re.sub(r"\s*([*,])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def split(declaration):
    """(type, name) of a member or a parameter: `const char *ptr`, `iot_tunnel_text services[3]`."""
    kind, name, count = re.fullmatch(r"(.*?)\b(\w+)((?:\[\w+\])*)", one_line(declaration), re.S).groups()
    return one_line(kind + count), name


class Header:
    """What stands in a header that cbindgen wrote."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        text = run("gcc", "-std=c99", "-E", "-P", "-x", "c", self.path, text=True)
        written = self.path.read_text(encoding="utf-8")
        self.constants = [(name, value) for name, value in re.findall(r"^#define (IOT_TUNNEL_\w+) (\S+)$", written, re.M)
                          if not name.startswith("IOT_TUNNEL_VERSION")]
        self.enums = [number for body in re.findall(r"\benum iot_tunnel_\w+\s*\{(.*?)\}", text, re.S)
                      for number in re.findall(r"(\w+) = (-?\w+)", body)]
        self.names = [(name, one_line(kind)) for kind, name in re.findall(r"\btypedef ([^{};]*?)(\biot_tunnel_\w+);", text)]
        self.structs = {name: [split(member) for member in body.split(";") if member.strip()]
                        for body, name in re.findall(r"\btypedef struct\s*\{([^{}]*)\}\s*(iot_tunnel_\w+);", text, re.S)}
        self.functions = []
        for kind, name, parameters in re.findall(r"([\w \t*]+?)\b(iot_tunnel_\w+)\(([^()]*)\);", text):
            types = [split(parameter)[0] for parameter in parameters.split(",")] if parameters != "void" else []
            self.functions.append((name, one_line(kind), types))

    def layout(self, compiler, objcopy, folder):
        """The lines of the structs of a data model."""
        asked = []
        for name, members in self.structs.items():
            asked += [f"sizeof({name})", f"_Alignof({name})"]
            for _, member in members:
                asked += [f"offsetof({name}, {member})", f"sizeof((({name} *)0)->{member})"]
        source = f'#include "{self.path}"\n__attribute__((section(".abi"))) const uint64_t abi[] = {{ {", ".join(asked)} }};\n'
        object_file, table = f"{folder}/abi.o", f"{folder}/abi.bin"
        run(*compiler, "-x", "c", "-c", "-", "-o", object_file, input=source.encode())
        run(objcopy, "-O", "binary", "-j", ".abi", object_file, table)
        numbers = iter(struct.unpack(f"={len(asked)}Q", pathlib.Path(table).read_bytes()))
        for name, members in self.structs.items():
            yield f"struct {name}: {next(numbers)} bytes, aligned to {next(numbers)}"
            for kind, member in members:
                yield f"member {name}.{member}: {kind}, {next(numbers)}+{next(numbers)}"

    def lines(self):
        yield from (f"constant {name} = {value}" for name, value in sorted(self.constants))
        yield from (f"number {name} = {value}" for name, value in self.enums)
        yield from (f"type {name} = {kind}" for name, kind in sorted(self.names))
        yield from (f"function {name}({', '.join(types)}) -> {kind}" for name, kind, types in sorted(self.functions))
        with tempfile.TemporaryDirectory() as folder:
            for model, (compiler, objcopy) in MODELS.items():
                yield from (f"{model} {line}" for line in self.layout(compiler, objcopy, folder))


def main(header, *recorded):
    lines = list(Header(header).lines())
    kinds = {kind: sum(line.startswith(kind) for line in lines) for kind in ["constant", "number", "type", "function", *MODELS]}
    if not all(kinds.values()) or len(set(lines)) != len(lines):
        print(f"abi: FAILED: {header} was not understood: {kinds}")
        return 1
    if not recorded:
        print("\n".join(lines))
    faults = 0
    for file in recorded:
        promised = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
        broken = sorted(set(promised) - set(lines))
        faults += len(broken)
        for line in broken:
            subject = re.match(r"(?:\w+ )?\w+ [\w.]+", line)[0]
            now = [found for found in lines if re.match(re.escape(subject) + r"\b(?![.])", found)]
            print(f"abi: FAILED: {file} promises\n    {line}\n    now: {now[0] if now else 'nothing of that name'}")
        print(f"abi: {file}: {len(promised)} promises, {len(broken)} broken; {len(set(lines) - set(promised))} new")
    return bool(faults)


sys.exit(main(*sys.argv[1:]))
