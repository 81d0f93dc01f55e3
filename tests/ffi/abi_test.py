"""abi.py refuses a header that breaks what another one promises, in each way there is, and takes one that only adds.

    abi_test.py HEADER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ABI = pathlib.Path(__file__).with_name("abi.py")

# What is done to the header -> a pattern, what stands there instead, and the line that must be missed.
BROKEN = {
    "a function has gone": (r"iot_tunnel_status iot_tunnel_session_pause\([^;]*;", "", "function iot_tunnel_session_pause("),
    "a function has another name": (r"iot_tunnel_session_pause\(", "iot_tunnel_session_halt(", "function iot_tunnel_session_pause("),
    "a function takes more": (r"(iot_tunnel_session_pause\([^)]*)\)", r"\1, bool for_ever)", "function iot_tunnel_session_pause("),
    "a parameter has another type": (r"(iot_tunnel_session_sent\([^)]*)size_t", r"\1uint32_t", "function iot_tunnel_session_sent("),
    "a parameter is const no more": (r"(iot_tunnel_record_describe\()const ", r"\1", "function iot_tunnel_record_describe("),
    "a function answers something else": (r"uint32_t (iot_tunnel_version\()", r"uint64_t \1", "function iot_tunnel_version("),
    "a number has changed": (r"(IOT_TUNNEL_EVENT_KIND_DATA) = 4", r"\1 = 40", "number IOT_TUNNEL_EVENT_KIND_DATA"),
    "a number has gone": (r"IOT_TUNNEL_STATUS_WOULD_BLOCK = 1,", "", "number IOT_TUNNEL_STATUS_WOULD_BLOCK"),
    "a constant has changed": (r"(IOT_TUNNEL_MAX_ISSUED) 224", r"\1 225", "constant IOT_TUNNEL_MAX_ISSUED"),
    "an enum has another width": (r"int32_t (iot_tunnel_side;)", r"int8_t \1", "type iot_tunnel_side"),
    "storage has grown": (
        r"uint64_t opaque\[(\d+)\](;\s*\} iot_tunnel_session;)", r"uint64_t opaque[\g<1>0]\2", "lp64 struct iot_tunnel_session:"),
    "a struct has grown": (r"(\} iot_tunnel_rotation;)", r"bool new_member; \1", "ilp32 struct iot_tunnel_rotation:"),
    "members have changed places": (
        r"(const uint8_t \*ptr;)(.{1,80}?)(size_t len;)(\s*\} iot_tunnel_bytes;)", r"\3\2\1\4",
        "lp64 member iot_tunnel_bytes.len:"),
    "a member has another name": (r"size_t len;(\s*\} iot_tunnel_bytes;)", r"size_t length;\1", "lp64 member iot_tunnel_bytes.len:"),
    "a member has another type of the same size": (
        r"size_t len;(\s*\} iot_tunnel_bytes;)", r"const char *len;\1", "ilp32 member iot_tunnel_bytes.len:"),
}
ADDED = {
    "nothing is new": (r"\Z", ""),
    "a function is new": (r"uint32_t iot_tunnel_version\(", r"uint32_t iot_tunnel_age(void);\n\g<0>"),
    "a number is new": (r"(IOT_TUNNEL_EVENT_KIND_LOST = 8,)", r"\1\nIOT_TUNNEL_EVENT_KIND_NEWS = 9,"),
    "a struct is new": (r"uint32_t iot_tunnel_version\(", r"typedef struct { int32_t age; } iot_tunnel_age;\n\g<0>"),
    "a parameter has another name": (r"(iot_tunnel_session_pause\([^)]*)\)", r"\1_or_not)"),
}


def abi(*arguments):
    done = subprocess.run([sys.executable, ABI, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def main(header):
    written = pathlib.Path(header).read_text(encoding="utf-8")
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        recorded, changed = f"{folder}/recorded.txt", f"{folder}/changed.h"
        pathlib.Path(recorded).write_text(abi(header)[1], encoding="utf-8")
        for what, (pattern, instead, *missed) in {**BROKEN, **ADDED}.items():
            text, count = re.subn(pattern, instead, written, flags=re.S)
            pathlib.Path(changed).write_text(text, encoding="utf-8")
            code, said = abi(changed, recorded)
            expected = (1, f"promises\n    {missed[0]}") if missed else (0, " 0 broken")
            if count != 1 or code != expected[0] or expected[1] not in said:
                faults.append(f"{what} ({count} places): {code}: {said}")
        pathlib.Path(changed).write_text("#include <stdint.h>\n", encoding="utf-8")
        if abi(changed, recorded)[0] != 1:
            faults.append("a header without anything in it is taken")
    for fault in faults:
        print(f"abi_test: FAILED: {fault}")
    print(f"abi_test: {len(BROKEN) + 1} headers to be refused, {len(ADDED)} to be taken, {len(faults)} faults")
    return bool(faults)


sys.exit(main(*sys.argv[1:]))
