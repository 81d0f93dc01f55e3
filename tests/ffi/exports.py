"""The shared library exports what the header declares, exactly that, and asks a system for nothing but memcpy and its kind.

    exports.py HEADER SHARED ARCHIVE

No malloc, no realloc, no free: what is not asked for cannot be called. The archive is held to the same.
"""

import re
import subprocess
import sys

# What a C library, or a compiler's own, has to give. Everything else would be a dependency that the header does not name.
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "bcmp"}
# A compiler's own arithmetic on integers that are wider than the machine's: __udivti3 and such.
COMPILERS = re.compile(r"__[a-z]+[sdt]i[2-4]")
# What every shared library of gcc asks for, weakly.
LOADER = {"_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize", "__gmon_start__"}


def nm(*arguments):
    """[(name, kind, the archive's member)] as nm tells."""
    # Without the plugins of other compilers, which stumble over Rust's objects.
    done = subprocess.run(["nm", "-P", "--plugin", "", *arguments], check=True, capture_output=True, text=True)
    symbols = []
    for line in done.stdout.splitlines():
        if symbol := re.match(r"(?:\S+\[(\S+)\]: )?(\S+) (\w)\b", line):
            symbols.append((symbol[2].split("@")[0], symbol[3], symbol[1] or ""))
    return symbols


def declared(header):
    """The functions of the header."""
    with open(header, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/|^\s*#.*?$", "", file.read(), flags=re.S | re.M)
    return set(re.findall(r"\b(iot_tunnel_\w+)\s*\([^;{}]*\)\s*;", text))


def main(header, shared, archive):
    functions, faults = declared(header), []
    if len(functions) < 5:
        faults.append(f"only {len(functions)} functions were found in {header}")

    exported = {name for name, _, _ in nm("-D", "--defined-only", shared)}
    faults += [f"{name} is declared, but not exported" for name in sorted(functions - exported)]
    faults += [f"{name} is exported, but not declared" for name in sorted(exported - functions)]
    asked = {name for name, _, _ in nm("-D", "--undefined-only", shared)} - LOADER
    faults += [f"the shared library asks for {name}" for name in sorted(asked - ALLOWED)]

    dynamic = subprocess.run(["readelf", "-dW", shared], check=True, capture_output=True, text=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    faults += [f"the shared library needs {name}" for name in sorted(needed - {"libc.so.6"})]

    # Our object of the archive; the others are the compiler's own arithmetic, linked if something asks for it.
    symbols = [(name, kind) for name, kind, member in nm("-A", archive) if member.startswith("iot_tunnel")]
    wanted = {name for name, kind in symbols if kind == "U"}
    faults += [f"the archive asks for {name}" for name in sorted(wanted - ALLOWED) if not COMPILERS.fullmatch(name)]
    defined = {name for name, kind in symbols if kind in "TDBRWV"}
    faults += [f"the archive lacks {name}" for name in sorted(functions - defined)]
    faults += [f"the archive defines {name}, which is not declared" for name in sorted(defined - functions)]

    for fault in faults:
        print(f"exports: FAILED: {fault}")
    print(f"exports: {len(functions)} functions declared, {len(exported)} exported; asked for: "
          f"{', '.join(sorted(asked | wanted)) or 'nothing'}")
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
