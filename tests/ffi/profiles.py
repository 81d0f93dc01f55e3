"""Programs for a microcontroller that do nothing but hold what a firmware uses of the library."""

import collections
import pathlib
import re
import subprocess

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include"

# What a rotate request's members must be, for a program that has JSON of its own.
MEMBERS = [
    "tunnel_id_check", "thing_name_check", "service_id_check", "client_token_check", "client_mode_parse", "client_mode_text",
    "client_mode_rotation",
]
RULES = [
    *MEMBERS, "rotate_request_parse", "rotate_request_write", "rotate_response_parse", "rotate_response_write",
]
DESTINATION = [
    "notification_parse",
    *(f"session_{verb}" for verb in [
        "init", "wipe", "handle_token", "upgrade_request", "handle_upgrade", "poll_output", "sent", "handle_bytes",
        "handle_closed", "handle_ping", "handle_pong", "handle_timeout", "pause", "send", "reset", "describe", "close",
    ]),
]
WEBSOCKET = [f"websocket_{verb}" for verb in ["init", "wipe", "receive", "write", "mask", "write_close", "close_code"]]

# Name of a profile -> its functions, which are what the linker keeps and everything that they reach.
PROFILES = {"members": MEMBERS, "rules": RULES, "destination": DESTINATION, "websocket": DESTINATION + WEBSOCKET}

# What a compiler of C asks of every C library, by the names that it and the linker use.
MEMORY = [
    "memcpy", "memmove", "memset", "memcmp",
    *(f"__aeabi_{name}{words}" for name in ["memcpy", "memmove", "memset", "memclr"] for words in ["", "4", "8"]),
]
C_COMPILERS = {
    "thumbv6m-none-eabi": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0"],
    "thumbv7m-none-eabi": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m3"],
    "thumbv7em-none-eabihf": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


class Linker:
    """Links the profiles of an archive."""

    def __init__(self, target, archive, folder):
        self.compile, self.archive, self.folder = C_COMPILERS[target], archive, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def link(self, name, functions):
        """Links FOLDER/name.elf. Gives what of it is in flash, as `flash` tells it."""
        source, program, listing = (self.folder / f"{name}.{kind}" for kind in ["c", "elf", "map"])
        source.write_text("int main(void) { return 0; }\n", encoding="ascii")
        roots = [*MEMORY, *(f"iot_tunnel_{function}" for function in functions)]
        # The C library comes first: where both know a function, its is taken.
        run(*self.compile, "-Os", "-nostdlib", "-Wl,--gc-sections,-e,main", f"-Wl,-Map,{listing}",
            *(f"-Wl,--undefined={root}" for root in roots), source, "-lc_nano", self.archive, "-o", program)
        sizes, contents = section_sizes(program), flash(listing.read_text(encoding="utf-8"))
        contents = {section: contents[section] for section in sizes}
        for section, parts in contents.items():
            if sum(parts.values()) != sizes[section]:
                raise SystemExit(f"{program}: {section} has {sizes[section]} bytes, by the map {sum(parts.values())}")
        return contents

    def session_size(self):
        """sizeof(iot_tunnel_session), as the C compiler sees it."""
        source, size = '#include "iot_tunnel.h"\nchar size[sizeof(iot_tunnel_session)];\n', self.folder / "size.o"
        run(*self.compile, f"-I{HEADER}", "-x", "c", "-c", "-", "-o", size, input=source)
        return int(re.search(r"^\S+ ([0-9a-f]+) . size$", run("arm-none-eabi-nm", "-S", size), re.M)[1], 16)


def section_sizes(program):
    """{section: bytes} of those that a programmer writes into flash."""
    sizes = {}
    for line in run("arm-none-eabi-readelf", "-SW", program).splitlines():
        if section := re.match(r" +\[ *\d+\] (\S+) +PROGBITS +\S+ +\S+ +(\S+) +\S+ +(\w*A\w*) ", line):
            sizes[section[1]] = int(section[2], 16)
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
