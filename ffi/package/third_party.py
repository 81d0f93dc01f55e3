"""ffi/THIRD_PARTY: which crates are linked into the C library, and their licenses, which go wherever it goes.

    third_party.py           writes it
    third_party.py --check   exits 1 if it is not what it should be

The crates are those that Cargo.lock has for the crate ffi, for any target; what only builds others (macros) is not linked.
Where a crate lets one choose, it is taken under the first license of CHOICE that it offers.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "ffi" / "THIRD_PARTY"
# License -> the file of a crate with its text. Apache's is the same for all, and it is in LICENSE.
CHOICE = {"Apache-2.0": None, "MIT": "LICENSE-MIT", "BSD-3-Clause": "LICENSE"}

HEAD = """\
What else is linked into the C library of iot-tunnel
====================================================

iot-tunnel itself: Apache-2.0, in LICENSE. The library holds parts of the crates below. "Apache-2.0" is the text of LICENSE.
ffi/package/third_party.py writes this file.

Rust's core library: MIT OR Apache-2.0, taken under Apache-2.0.
Copyright The Rust Project Developers.

compiler_builtins, in the archive: MIT AND Apache-2.0 WITH LLVM-exception AND (MIT OR Apache-2.0).
Copyright The Rust Project Developers and the LLVM Project. What of it is under MIT, with the text that stands at byteorder,
is musl's mathematics, Copyright Rich Felker and others; iot-tunnel calls none of it.
"""


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked():
    """The packages that end up in the library."""
    tree = run("cargo", "tree", "--locked", "--package=iot-tunnel-ffi", "--edges=normal,no-proc-macro", "--target=all",
               "--prefix=none", "--format={p}")
    wanted = {tuple(line.split()[:2]) for line in tree.splitlines()}
    packages = json.loads(run("cargo", "metadata", "--locked", "--format-version=1"))["packages"]
    found = [package for package in packages if (package["name"], "v" + package["version"]) in wanted and package["source"]]
    return sorted(found, key=lambda package: package["name"])


def entry(package):
    """What is to be said of a package."""
    name, offered = package["name"], package["license"] or "no license"
    choices = re.split(r" OR |/", offered)
    taken = next((license for license in CHOICE if license in choices), None)
    if taken is None:
        raise SystemExit(f"third_party: {name} is under {offered}: see whether it may be linked, and how")
    authors = ", ".join(re.sub(r" <.*?>", "", author) for author in package["authors"])
    lines = [f"{name} {package['version']}: {offered}" + (f", taken under {taken}" if offered != taken else "")]
    lines += [authors] * bool(authors) + [package["repository"] or ""]
    folder = pathlib.Path(package["manifest_path"]).parent
    if CHOICE[taken]:
        lines += ["", (folder / CHOICE[taken]).read_text(encoding="utf-8").strip()]
    for notice in sorted(folder.glob("NOTICE*")):
        lines += ["", notice.read_text(encoding="utf-8").strip()]
    return "\n".join(lines)


def main(check):
    packages = linked()
    text = "\n\n".join([HEAD.strip(), *(entry(package) for package in packages)]) + "\n"
    if not check:
        FILE.write_text(text, encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != text:
        print(f"third_party: FAILED: {FILE} is not what Cargo.lock says: run ffi/package/third_party.py")
        return 1
    print(f"third_party: {len(packages)} crates are linked: {', '.join(package['name'] for package in packages)}")
    return 0


sys.exit(main(sys.argv[1:] == ["--check"]))
