"""Tells which functions of an object file can reach `a_caller_can_reach_a_panic`, by the calls its relocations show.

    who_panics.py OBJECT

Every function has a section of its own, so the relocations of a section are the calls of that function. Prints each
chain of calls, from the panic outwards; exits 1 if there is one, 0 if the object asks for no panic.
"""

import re
import subprocess
import sys

PANIC = "a_caller_can_reach_a_panic"


def calls(path):
    """{called function: the functions that call it}, mangled."""
    callers, caller = {}, None
    listing = subprocess.run(["readelf", "-rW", path], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        if section := re.match(r"Relocation section '\.rela?(\.\S*)'", line):
            function = re.fullmatch(r"\.text\.(?:unlikely\.|hot\.)?(\S+)", section[1])
            caller = function and function[1]
        elif caller and (entry := re.match(r"[0-9a-f]+ +[0-9a-f]+ +R_\S+ +[0-9a-f]+ +(\S+)", line)):
            called = re.sub(r"^\.text\.(?:unlikely\.|hot\.)?", "", entry[1])
            callers.setdefault(called, set()).add(caller)
    return callers


def readable(names):
    """The names as people write them."""
    done = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True)
    return [re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}$", "", name) for name in done.stdout.splitlines()]


def main(path):
    callers = calls(path)
    if PANIC not in callers:
        return 0
    wave, seen = [PANIC], {PANIC}
    while wave:
        callee = wave.pop(0)
        further = sorted(callers.get(callee, set()) - {callee})
        if further:
            name, *by = readable([callee, *further])
            print(f"    {name} is called by {', '.join(by)}")
        wave += [caller for caller in further if caller not in seen]
        seen.update(further)
    return 1


sys.exit(main(sys.argv[1]))
