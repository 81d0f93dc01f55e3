"""What the library costs a firmware on a Cortex-M4: flash by what it uses, RAM of a session, stack of a call.

    sizes.py [--ceilings] [--symbols] [--programs FOLDER] ARCHIVE WITH_STACK_SIZES

Flash: .text, .rodata and .data of a program that holds the functions of a profile, without what --gc-sections takes out,
minus the program without them. memcpy, memmove, memset and memcmp are newlib-nano's; a firmware has them in any case, and
they do not count. Stack: the deepest chain of calls from any function of the header, by tests/no-panic/how_deep.py, in
WITH_STACK_SIZES, which is ARCHIVE compiled with -Z emit-stack-sizes.

Exits 1 if a budget is exceeded; with --ceilings, if a ceiling is. --symbols shows the functions of each profile and where
the bytes go; --programs keeps what was linked.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import symbols
from profiles import C_COMPILERS, PROFILES, Linker

NO_PANIC = pathlib.Path(__file__).resolve().parents[1] / "no-panic"
KIB = 1024

# What is measured -> its budget, and where that is not met, what it may cost today: the figure of the day it was
# written and 2 %. Lower it when the figure falls; never raise it without a reason in the commit.
# "destination" has 1.5 KB since waits follow their cause (Retry-After, contested tokens, an answer of another service) and a
# source uses an emptied stream again, which is one code with what a destination does.
LIMITS = {
    "members": ("flash: ids, client token, clientMode and what it rotates, no JSON", 6 * KIB, None),
    "rules": ("flash: the same with the JSON of rotate request and answer", 6 * KIB, 8_950),
    "destination": ("flash: destination session, frames, handshake, notification", 20 * KIB, 22_450),
    "websocket": ("flash: the same with WebSocket", 26 * KIB, None),
    "session": ("RAM: a session, without its token", 4 * KIB, None),
    "stack": ("stack: any call", 2 * KIB, None),
    "explain": ("stack: what puts a refusal into words", 2 * KIB, None),
}
# Room for the token in a session (MAX_ACCESS_TOKEN), in bytes.
TOKEN_ROOM = 3072


def measure(arguments, folder):
    """{what is measured: bytes}, {profile: what is in its flash}, and what is to be told of the stack."""
    linker = Linker(arguments.target, arguments.archive, folder)
    empty = linker.link("empty", [])
    contents = {name: linker.link(name, functions) for name, functions in PROFILES.items()}
    for sections in contents.values():
        for section, parts in sections.items():
            parts.subtract(empty.get(section, {}))
    measured = {name: size(parts) for name, parts in contents.items()}
    measured["session"] = linker.session_size() - TOKEN_ROOM
    report, depths = stacks(arguments.with_stack_sizes, folder)
    for name, is_meant in [("stack", False), ("explain", True)]:
        measured[name] = max(depth for function, depth in depths.items() if function.endswith("_explain") == is_meant)
    return measured, contents, report


def size(contents):
    return sum(sum(parts.values()) for parts in contents.values())


def stacks(archive, folder):
    """What how_deep.py says of the functions of the header, and {function: bytes of stack}."""
    members = subprocess.run(["ar", "t", archive], check=True, capture_output=True, text=True).stdout.split()
    # The archive's own object holds all of its dependencies; the rest is the compiler's own arithmetic.
    own = next(member for member in members if member.startswith("iot_tunnel-"))
    object_file = pathlib.Path(folder) / "stack.o"
    object_file.write_bytes(subprocess.run(["ar", "p", archive, own], check=True, capture_output=True).stdout)
    done = subprocess.run([sys.executable, NO_PANIC / "how_deep.py", "--all", "--exported", "iot_tunnel_", object_file],
                          capture_output=True, text=True, check=False)
    depths = {name: int(depth) for depth, name in re.findall(r"^([ \d]{6})  (iot_tunnel_\w+)", done.stdout, re.M)}
    if not depths:
        raise SystemExit(f"sizes: how_deep.py tells nothing:\n{done.stdout}{done.stderr}")
    return done.stdout, depths


def table(measured, target):
    """Prints it; which figures are over their budget, and which over their ceiling."""
    over, above = [], []
    print(f"{target:66}{'budget':>9}{'measured':>10}")
    for name, (what, budget, ceiling) in LIMITS.items():
        figure = measured[name]
        verdict = "ok"
        if figure > budget:
            over.append(name)
            verdict = f"OVER by {figure - budget:,}"
        if figure > max(budget, ceiling or 0):
            above.append(name)
            verdict += f", and over its ceiling of {ceiling:,}" if ceiling else ""
        print(f"  {what:64}{budget:9,}{figure:10,}  {verdict}")
    return over, above


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ceilings", action="store_true")
    parser.add_argument("--symbols", action="store_true")
    parser.add_argument("--programs", metavar="FOLDER")
    parser.add_argument("--target", choices=C_COMPILERS, default="thumbv7em-none-eabihf")
    parser.add_argument("archive")
    parser.add_argument("with_stack_sizes")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        measured, contents, stack = measure(arguments, arguments.programs or temporary)
    over, above = table(measured, arguments.target)
    if arguments.symbols:
        for name, parts in contents.items():
            print(f"\n{name}: {', '.join(PROFILES[name])}")
            symbols.show(parts)
        print(f"\nstack, in bytes\n{stack}", end="")
    return bool(above if arguments.ceilings else over)


sys.exit(main())
