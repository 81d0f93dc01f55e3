"""The header as a manual: what its comments name is there.

    manual.py HEADER     exits 1 if a @param is not the parameter at that place, a path does not exist, or a word is Rust's
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def names(parameters):
    """Of a prototype's parameters: `const uint8_t entropy[64]` is entropy."""
    return [re.search(r"(\w+)(?:\[\w+\])*$", parameter.strip())[1] for parameter in parameters.split(",") if parameter != "void"]


def faults(header):
    """What is wrong, in words."""
    functions = re.findall(r"/\*\*((?:(?!\*/).)*)\*/\s*[\w \t*]+?\b(iot_tunnel_\w+)\(([^()]*)\);", header, re.S)
    if len(functions) != len(re.findall(r"^[\w *]+\biot_tunnel_\w+\([^;]*\);$", header, re.M)):
        yield "a function has no comment, or is not understood here"
    for comment, name, parameters in functions:
        told = re.findall(r"@param (\w+)", comment)
        if told != names(parameters):
            yield f"{name} tells of {told}, and takes {names(parameters)}"
    for path in re.findall(r"\b(?:ffi|include|core|tests)/[\w./]+", header):
        if not (TOP / path.rstrip(".")).exists():
            yield f"{path} does not exist"
    for word in set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w*(?=`)|`[A-Z][a-z]\w*`|\w+::\w+", header)):
        yield f"{word} is Rust's name for something"


def main(path):
    found = list(faults(pathlib.Path(path).read_text(encoding="utf-8")))
    for fault in found:
        print(f"manual: {fault}")
    if not found:
        print("manual: every @param is a parameter, every path is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
