"""Each gate of gates.py refuses a program that has what it is there for, says what, and takes one that has nothing of it.

    gates_test.py

Programs for a Cortex-M4, a line of C each; a name in the assembler is what Rust's compiler would have called the function.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

GATES = pathlib.Path(__file__).with_name("gates.py")
COMPILER = ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4", "-O1", "-fno-builtin", "-nostdlib", "-Wl,-e,start", "-x", "c", "-"]
# Not a token of anybody: only the beginning is real.
TOKEN = "iot1AQAA" + "Zx9_-3Qa" * 9


def function(name, mangled=None):
    """A program that calls a function, whose body is of no interest."""
    label = f' __asm__("{mangled}")' if mangled else ""
    return f"void {name}(void){label}; __attribute__((noinline)) void {name}(void) {{ __asm__ volatile(\"\"); }} " \
           f"void start(void) {{ {name}(); }}"


def variable(text, kind="const char"):
    return f'{kind} kept[] = "{text}"; const volatile void *start(void) {{ return kept; }}'


PANIC = "_ZN4core9panicking9panic_fmt17h0123456789abcdefE"
# What it is -> its source, arguments for gates.py, and what that has to say.
REFUSED = {
    "a panic": (function("f", PANIC), [], "has a panic: core::panicking::panic_fmt"),
    "who calls it": (function("f", PANIC), [], "core::panicking::panic_fmt is called by start"),
    "a panic, in Rust's newer names": (
        function("f", "_RNvNtCs5jdNNfXVG5f_4core9panicking18panic_bounds_check"), [], "has a panic: core::panicking::"),
    "a panic handler": (function("rust_begin_unwind"), [], "has a panic: rust_begin_unwind"),
    "a panic handler, in Rust's newer names": (
        function("f", "_RNvCsgSOZsSYk5Tt_7___rustc17rust_begin_unwind"), [], "has a panic: __rustc::rust_begin_unwind"),
    "an index out of range": (
        function("f", "_ZN4core5slice5index16slice_index_fail17h0123456789abcdefE"), [], "has a panic: core::slice::index::"),
    "an unwrap": (function("f", "_ZN4core6result13unwrap_failed17h0123456789abcdefE"), [], "has a panic: core::result::"),
    **{f"an allocator: {name}": (function("f", name), [], f"has an allocator: {name}")
       for name in ["malloc", "free", "calloc", "realloc", "_sbrk", "_malloc_r", "memalign", "__rust_alloc", "__rdl_dealloc"]},
    "an allocator of Rust, in its newer names": (
        function("f", "_RNvCsgSOZsSYk5Tt_7___rustc12___rust_alloc"), [], "has an allocator: __rustc::__rust_alloc"),
    "a copy of an allocator's function": (function("f", "malloc.part.0"), [], "has an allocator: malloc"),
    "new": (function("f", "_Znwj"), [], "has an allocator: operator new"),
    "Rust's vectors": (function("f", "_ZN5alloc7raw_vec11finish_grow17h0123456789abcdefE"), [], "has an allocator: alloc::"),
    "formatting": (function("f", "_ZN4core3fmt5write17h0123456789abcdefE"), [], "has formatting: core::fmt::write"),
    "formatting of a type": (
        function("f", "_ZN43_$LT$char$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE"), [],
        "has formatting: <char as core::fmt::Display>::fmt"),
    "a token among the constants": (variable(TOKEN), [], "has an access token"),
    "a token as the first value of a variable": (variable(TOKEN, "volatile char"), [], "has an access token"),
    "a token of another service": (variable("AQGAAXhM2t5RcBdA0000"), ["--token", "AQGAAXhM2t5RcBdA0000"], "has an access token"),
    "a piece of it": (variable("XhM2t5RcBdA00000"), ["--token", "AQGAAXhM2t5RcBdA00000"], "has an access token"),
    "a text that could be anybody's": ("void start(void) {}", ["--token", "short"], "a token has at least 16 bytes"),
    "no symbols": ("void start(void) {}", ["strip"], "has no symbols"),
    "not linked": ("void start(void) {}", ["object"], "loads nothing"),
    "not an ELF": (None, [], "is no ELF"),
}
TAKEN = {
    "nothing of it": (variable("nothing"), []),
    "its own copying": (function("memcpy"), []),
    "names that only begin alike": (function("free_slots"), []),
    "words behind the mark": (variable("iot1" + "InvalidThingNameInvalidServiceId" * 3), []),
    "the mark alone": (variable("iot1 is what a token begins with, and this is no token"), []),
    "another token": (variable(TOKEN[4:]), ["--token", "AQGAAXhM2t5RcBdA00000"]),
}


def judged(folder, source, arguments):
    """Exit code of gates.py and what it said of a program."""
    program = f"{folder}/program"
    if source is None:
        pathlib.Path(program).write_text("#!/bin/sh\n", encoding="ascii")
    else:
        command = [*COMPILER, "-o", program, *(["-c"] if "object" in arguments else [])]
        subprocess.run(command, input=source, text=True, check=True)
    if "strip" in arguments:
        subprocess.run(["arm-none-eabi-strip", program], check=True)
    options = [argument for argument in arguments if argument not in ("strip", "object")]
    done = subprocess.run([sys.executable, GATES, *options, program], capture_output=True, text=True, check=False)
    os.remove(program)
    return done.returncode, done.stdout + done.stderr


def main():
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for what, (source, arguments, words) in REFUSED.items():
            code, said = judged(folder, source, arguments)
            if code == 0 or words not in said:
                faults.append(f"{what} is not refused with '{words}', but {code}: {said}")
            if re.search(r"iot1\w{9}|AQGA|XhM2", said):
                faults.append(f"{what}: the token is told: {said}")
        for what, (source, arguments) in TAKEN.items():
            code, said = judged(folder, source, arguments)
            if code != 0 or "no panic, no allocator, no formatting, no token" not in said:
                faults.append(f"{what} is refused: {code}: {said}")
    for fault in faults:
        print(f"gates_test: FAILED: {fault}")
    print(f"gates_test: {len(REFUSED)} programs to be refused, {len(TAKEN)} to be taken, {len(faults)} faults")
    return bool(faults)


sys.exit(main())
