"""What the library costs a firmware on a Cortex-M4: flash by what it uses, RAM of a session, stack of a call.

    sizes.py [--symbols] [--target TARGET] ARCHIVE

Flash: a program that does nothing, linked with the functions of a profile (--gc-sections takes out the rest), minus the program without
them: .text, .rodata and .data. No C library is linked; memcpy, memmove, memset and memcmp come from the
archive and count. Prints a table and exits 1 if a budget is exceeded. --symbols shows where the bytes of each profile go.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include"

RULES = [
    "tunnel_id_check", "client_token_check", "client_mode_parse", "client_mode_text", "client_mode_rotation",
    "rotate_request_parse", "rotate_request_write", "rotate_response_parse", "rotate_response_write",
]
SESSION = [
    "notification_parse",
    *(f"session_{verb}" for verb in [
        "init", "wipe", "handle_token", "upgrade_request", "handle_upgrade", "poll_output", "sent", "handle_bytes",
        "handle_closed", "handle_ping", "handle_pong", "handle_timeout", "pause", "send", "reset", "describe", "close",
    ]),
]
WEBSOCKET = [f"websocket_{verb}" for verb in ["init", "wipe", "receive", "write", "mask", "write_close", "close_code"]]

# What a firmware uses -> its functions, and the bytes of flash it may cost.
PROFILES = {
    "rules: id, client token, clientMode, rotate request and answer": (RULES, 6 * 1024),
    "destination: session, frames, handshake, notification": (SESSION, 20 * 1024),
    "destination with WebSocket": (SESSION + WEBSOCKET, 26 * 1024),
}
# A session without the room for its token, in bytes.
SESSION_BUDGET, TOKEN_ROOM = 4 * 1024, 3072

C_COMPILERS = {
    "thumbv6m-none-eabi": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0"],
    "thumbv7m-none-eabi": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m3"],
    "thumbv7em-none-eabihf": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
}


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Linker:
    """Links programs that do nothing."""

    def __init__(self, target, archive, folder):
        self.compile, self.archive, self.folder = C_COMPILERS[target], archive, folder

    def link(self, functions):
        """What is in flash, as `flash` gives it, and how many bytes."""
        roots = [f"-Wl,--undefined=iot_tunnel_{function}" for function in functions]
        source, program, listing = (f"{self.folder}/{name}" for name in ["main.c", "program", "map"])
        pathlib.Path(source).write_text("int main(void) { return 0; }\n", encoding="ascii")
        run(*self.compile, "-Os", "-nostdlib", "-Wl,--gc-sections,-e,main", f"-Wl,-Map,{listing}", *roots,
            source, self.archive, "-o", program)
        sizes = section_sizes(program)
        contents = flash(pathlib.Path(listing).read_text(encoding="utf-8"))
        contents = {section: contents[section] for section in sizes}
        for section, parts in contents.items():
            if abs(sum(parts.values()) - sizes[section]) > 0:
                raise SystemExit(f"sizes: {section} has {sizes[section]} bytes, by the map {sum(parts.values())}")
        return contents, sum(sizes.values())

    def session_size(self):
        """sizeof(iot_tunnel_session), as the C compiler sees it."""
        source = '#include "iot_tunnel.h"\nchar size[sizeof(iot_tunnel_session)];\n'
        run(*self.compile, f"-I{HEADER}", "-x", "c", "-c", "-", "-o", f"{self.folder}/size.o", input=source)
        return int(re.search(r"^\S+ ([0-9a-f]+) . size$", run("arm-none-eabi-nm", "-S", f"{self.folder}/size.o"), re.M)[1], 16)


def section_sizes(program):
    """{section: bytes} of those that a programmer writes into flash."""
    sizes = {}
    for line in run("arm-none-eabi-readelf", "-SW", program).splitlines():
        if section := re.match(r" +\[ *\d+\] (\S+) +(PROGBITS) +\S+ +\S+ +(\S+) +\S+ +(\w*A\w*) ", line):
            sizes[section[1]] = int(section[3], 16)
    return sizes


def flash(listing):
    """{section of the program: {input section: bytes}}, from the linker's map."""
    contents, section, name = collections.defaultdict(collections.Counter), None, None
    for line in listing[listing.index("Linker script and memory map"):].splitlines():
        if output := re.match(r"\S+", line):
            section = output[0]
        elif part := re.match(r" (\S+)(?: +0x\S+ +0x(\S+).*)?$", line):
            # A long name has its size on the next line.
            name = part[1]
            if part[2]:
                contents[section][name] += int(part[2], 16)
        elif part := re.match(r" +0x\S+ +0x(\S+) \S", line):
            contents[section][name] += int(part[1], 16)
    return contents


def readable(names):
    """What people call functions, without hashes and without the types that a generic function was made for."""
    done = run("c++filt", input="\n".join(names))
    return [re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}$|::<[^<>]*>$", "", name) for name in done.splitlines()]


def group(function):
    """The module that a function belongs to: of ours two levels, of others the crate."""
    if function.startswith("iot_tunnel_") and "::" not in function:
        return "ffi: the header's functions"
    path = re.sub(r"^<(?:&mut |&)?([\w:]+).*$", r"\1", function)
    parts = path.split("::")
    match parts[0]:
        case "iot_tunnel":
            return f"ffi: {parts[1]}"
        case "iot_tunnel_core":
            return f"core: {'::'.join(parts[1:3] if parts[1] in ('json', 'session', 'handshake') else parts[1:2])}"
    return parts[0]


def symbols(contents):
    """Where the bytes go: by group, and within it by function."""
    functions = collections.Counter()
    names = [name for name in contents[".text"] if name.startswith(".text.")]
    for name, text in zip(names, readable([re.sub(r"^\.text\.(unlikely\.|hot\.)?", "", name) for name in names])):
        functions[text] += contents[".text"][name]
    groups = collections.defaultdict(dict)
    for function, size in functions.items():
        groups[group(function)][function] = size
    for section, parts in contents.items():
        others = {name: size for name, size in parts.items() if section != ".text" or name not in names}
        if sum(others.values()):
            groups[f"{section}, what has no name"] = others
    for name, parts in sorted(groups.items(), key=lambda entry: -sum(entry[1].values())):
        print(f"  {sum(parts.values()):7,}  {name}")
        for function, size in sorted(parts.items(), key=lambda entry: -entry[1]):
            if size:
                print(f"        {size:7,}  {function}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", action="store_true")
    parser.add_argument("--target", choices=C_COMPILERS, default="thumbv7em-none-eabihf")
    parser.add_argument("archive")
    arguments = parser.parse_args()

    table, details = [], []
    with tempfile.TemporaryDirectory() as folder:
        linker = Linker(arguments.target, arguments.archive, folder)
        _, empty = linker.link([])
        for what, (functions, budget) in PROFILES.items():
            contents, size = linker.link(functions)
            table.append((f"flash: {what}", budget, size - empty))
            details.append((what, contents))
        table.append(("RAM: session without its token", SESSION_BUDGET, linker.session_size() - TOKEN_ROOM))

    print(f"{arguments.target}{'':40}{'budget':>10}{'measured':>10}")
    for what, budget, measured in table:
        print(f"  {what:68}{budget:10,}{measured:10,}  {'ok' if measured <= budget else 'OVER'}")
    if arguments.symbols:
        for what, contents in details:
            print(f"\n{what}")
            symbols(contents)
    return any(measured > budget for _, budget, measured in table)


sys.exit(main())
