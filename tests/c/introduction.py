#!/usr/bin/env python3
"""Takes the programs out of the header's introduction, so that they are compiled and run like every other.

    introduction.py HEADER FOLDER

A program stands between @code and @endcode in the header's first comment. FOLDER gets 1_introduction.c and so on.
"""
import pathlib
import re
import sys


def main():
    header = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    introduction = header[: header.index("*/")]
    programs = re.findall(r"^ \* @code(?:\{\.c\})?\n(.*?)^ \* @endcode", introduction, re.MULTILINE | re.DOTALL)
    if not programs:
        raise SystemExit("introduction.py: there is no program in the introduction")
    for number, program in enumerate(programs, 1):
        lines = (re.sub(r"^ \* ?", "", line) for line in program.splitlines())
        path = pathlib.Path(sys.argv[2]) / f"{number}_introduction.c"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
