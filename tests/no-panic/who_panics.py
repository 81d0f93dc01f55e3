"""Tells which functions of an object file can reach `a_caller_can_reach_a_panic`, by the calls its relocations show.

    who_panics.py OBJECT [PATTERN]

Every function has a section of its own, so the relocations of a section are the calls of that function. If a chain of
calls leads from an exported function to the panic, prints the calls, from the panic outwards, and exits 1. The pattern
says which exported functions matter, by default all. The compiler keeps a panic where it cannot see that an index is in
range; PROVEN lists the functions of a library where a person can.
"""

import re
import subprocess
import sys

PANIC = "a_caller_can_reach_a_panic"

# A library's function -> why no input makes it panic. Nothing of core's own belongs here.
PROVEN = {
    # Where the standard library is built from source, and for size.
    r"^<[iu]([0-9]+|size) as core::fmt::Display>::fmt$": "its buffer is as long as the longest number",
}


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
    # Without hashes, and without the types that a generic function was made for.
    return [re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}$|::<.*>$", "", name) for name in done.stdout.splitlines()]


def main(path, pattern="gate_.*"):
    callers, exported = calls(path), set()
    wave, seen, lines, proven = [PANIC], {PANIC}, [], set()
    while wave:
        callee = wave.pop(0)
        further = sorted(callers.get(callee, set()) - {callee})
        name, *by = readable([callee, *further])
        trusted = {caller for caller, text in zip(further, by) if any(re.search(rule, text) for rule in PROVEN)}
        proven |= {text for caller, text in zip(further, by) if caller in trusted}
        by = [text for caller, text in zip(further, by) if caller not in trusted]
        if by:
            lines.append(f"    {name} is called by {', '.join(sorted(set(by)))}")
        exported |= {caller for caller in further if re.fullmatch(pattern, caller)}
        wave += [caller for caller in further if caller not in seen | trusted]
        seen.update(further)
    if exported:
        print("\n".join(lines))
        return 1
    for text in sorted(proven):
        print(f"    taken as proven, see who_panics.py: {text}")
    return 0


sys.exit(main(*sys.argv[1:]))
