"""What must not be in a linked firmware: a panic of Rust, an allocator, Rust's formatting, an access token.

    gates.py [--token TEXT] ELF...

The first three are told by the symbols, with the functions that call what was found. A token is told by its text, which
--token gives, or by what every token of ours looks like; it is looked for in all that is loaded into the machine: code,
constants, the first values of variables. Exits 1 if an ELF has any of it, or if it tells too little to be judged.
"""

import argparse
import collections
import pathlib
import re
import struct
import subprocess
import sys

# What is refused -> the readable names that give it away.
REFUSED = {
    # Every panic ends in one of the first two, whatever became of the others.
    "a panic": re.compile(
        r"^core::panicking::|^(?:__rustc::)?(?:rust_begin_unwind|rust_panic)$|^std::panicking::|^_?Unwind_RaiseException$"
        r"|^core::.*(?:_fail|_failed|_fail_rt)$"),
    "an allocator": re.compile(
        r"^_?(?:malloc|calloc|realloc|reallocf|reallocarray|free|memalign|aligned_alloc|posix_memalign|p?valloc|sbrk|brk)(?:_r)?$"
        r"|^(?:__rustc::)?__(?:rust|rdl|rg)_(?:alloc|alloc_zeroed|dealloc|realloc|oom|no_alloc_shim_is_unstable.*)$"
        r"|^<?alloc::|^operator (?:new|delete)\b"),
    "formatting": re.compile(r"^core::fmt::|\bas core::fmt::\w+>::|^<core::fmt::"),
}
# 41 bytes at least in base64url, of which the first three are the same in all (core/src/token.rs); then come the side, 0 or 1,
# and how often that was rotated, which in no life of a tunnel needs all of its 32 bits. Words may stand behind the mark by
# chance: a linker puts constants side by side.
TOKEN = re.compile(rb"iot1A[AQ][A-Za-z0-9_-]{38,}")
# This many bytes of a token in a row are one: a copy may have been cut.
PART_OF_A_TOKEN = 16

# Machine of the ELF -> what the names of its tools begin with.
TOOLS = {40: "arm-none-eabi-", 243: "riscv64-unknown-elf-"}


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def readable(names):
    """{name in the ELF: as people write it, without hashes and without what a compiler adds to a copy of a function}"""
    done = run("c++filt", input="\n".join(names)).splitlines()
    return {
        name: re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}\b|(?:\.\w+)+$| \[clone .*$|\(.*\)$", "", text)
        for name, text in zip(names, done)
    }


class Elf:
    """A linked program: the names in it, what it loads, and who calls whom."""

    def __init__(self, path):
        self.path, self.data = path, pathlib.Path(path).read_bytes()
        if self.data[:4] != b"\x7fELF":
            raise ValueError("is no ELF")
        # Without the plugins of other compilers, which stumble over Rust's objects.
        names = [line.split()[0] for line in run("nm", "-P", "--plugin", "", path).splitlines() if line.split()]
        self.names = readable(sorted(set(names)))
        self.loaded = b"".join(self.segments())
        if not self.names:
            raise ValueError("has no symbols: strip it after it was judged")
        if not self.loaded:
            raise ValueError("loads nothing: it is not linked")

    def segments(self):
        """The bytes of each segment that is loaded (PT_LOAD), zeroes that the file does not hold left out."""
        wide = self.data[4] == 2
        order = "<" if self.data[5] == 1 else ">"
        start, = struct.unpack_from(order + ("Q" if wide else "I"), self.data, 32 if wide else 28)
        size, count = struct.unpack_from(order + "HH", self.data, 54 if wide else 42)
        for header in (start + size * index for index in range(count)):
            if struct.unpack_from(order + "I", self.data, header) == (1,):
                place = struct.unpack_from(order + ("Q" if wide else "I"), self.data, header + (8 if wide else 4))[0]
                length = struct.unpack_from(order + ("Q" if wide else "I"), self.data, header + (32 if wide else 16))[0]
                yield self.data[place:place + length] + b"\0"

    def callers(self):
        """{called function: the functions that call it}, readable, by the branches in the machine code."""
        machine, = struct.unpack_from("<H", self.data, 18)
        callers, caller = collections.defaultdict(set), None
        for line in run(f"{TOOLS.get(machine, '')}objdump", "-d", "--no-show-raw-insn", self.path).splitlines():
            if function := re.fullmatch(r"[0-9a-f]+ <(\S+)>:", line):
                caller = function[1]
            elif branch := re.search(r"\s[0-9a-f]+ <([^>+]+)>$", line):
                if branch[1] != caller:
                    callers[self.names.get(branch[1], branch[1])].add(self.names.get(caller, caller))
        return callers

    def faults(self, tokens):
        """What it must not have: [(what, readable names or text)]"""
        for what, rule in REFUSED.items():
            if found := sorted({text for text in self.names.values() if rule.search(text)}):
                yield what, found
        parts = {token[at:at + PART_OF_A_TOKEN] for token in tokens for at in range(len(token) - PART_OF_A_TOKEN + 1)}
        if TOKEN.search(self.loaded) or any(part in self.loaded for part in parts):
            # Not the token itself: what prints it would leak it once more.
            yield "an access token", [f"{self.loaded.count(b'iot1')} times 'iot1', of the given texts "
                                      f"{sum(part in self.loaded for part in parts)} parts of {PART_OF_A_TOKEN} bytes"]


def chain(callers, found):
    """Who calls what was found, outwards, up to the first functions that are not a compiler's or Rust's own."""
    waiting, seen = list(found), set(found)
    while waiting:
        callee = waiting.pop(0)
        if by := sorted(callers.get(callee, ())):
            yield f"{callee} is called by {', '.join(by)}"
        for caller in by:
            if caller not in seen and re.match(r"<?core::|OUTLINED_FUNCTION", caller):
                waiting.append(caller)
            seen.add(caller)


def judge(path, tokens):
    """Prints what is wrong with an ELF; whether nothing is."""
    try:
        elf = Elf(path)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"gates: FAILED: {path} {getattr(error, 'stderr', None) or error}")
        return False
    faults = list(elf.faults(tokens))
    callers = elf.callers() if faults else {}
    for what, found in faults:
        print(f"gates: FAILED: {path} has {what}: {', '.join(found)}")
        for line in chain(callers, found):
            print(f"    {line}")
    if not faults:
        print(f"gates: {path}: no panic, no allocator, no formatting, no token in {len(elf.names)} symbols and "
              f"{len(elf.loaded)} bytes")
    return not faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--token", action="append", default=[], metavar="TEXT")
    parser.add_argument("elf", nargs="+")
    arguments = parser.parse_args()
    tokens = [token.encode() for token in arguments.token]
    if any(len(token) < PART_OF_A_TOKEN for token in tokens):
        parser.error(f"a token has at least {PART_OF_A_TOKEN} bytes")
    return not all([judge(path, tokens) for path in arguments.elf])


sys.exit(main())
