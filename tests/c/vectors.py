#!/usr/bin/env python3
"""Turns the vector files into lines that a C program reads without a JSON parser.

    vectors.py FOLDER

The files come from tests/vectors, or from where IOT_TUNNEL_VECTORS points (relative to the project's root). FOLDER gets one
.txt for each. A case is a line of fields with tabs between them: numbers and the vectors' own words as they are, every other
text in hexadecimal, null as '-', a list as its length and its elements. What a field means stands below, and in the *_test.c
that reads it.
"""
import base64
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIDES = ("source", "destination")


def text(value):
    return "-" if value is None else value.encode("utf-8", "surrogatepass").hex()


def items(values):
    return [len(values), *map(text, values)]


def body(case):
    return [base64.b64decode(case["body_base64"]).hex(), text(case["why"])]


def outcome(case):
    """A case says what is read, or that it is an error."""
    if ("ok" in case) == ("error" in case):
        raise ValueError(f"a case has one of 'ok' and 'error': {case}")
    return "ok" if "ok" in case else "error"


def ids(file):
    """kind, value, valid, why"""
    for kind, cases in file.items():
        if kind != "about":
            for case in cases:
                yield [kind, text(case["value"]), int(case["valid"]), text(case["why"])]


def rotate_requests(file):
    """body, why, 'ok', tunnelId, clientMode, config | body, why, 'error', exception, members"""
    for case in file["cases"]:
        if outcome(case) == "ok":
            ok = case["ok"]
            yield [*body(case), "ok", text(ok["tunnelId"]), ok["clientMode"], *config(ok.get("destinationConfig"))]
        else:
            yield [*body(case), "error", case["error"], *items(sorted(set(case.get("members", []))))]


def config(value):
    """'-' | 'config', thingName, services"""
    return ["-"] if value is None else ["config", text(value.get("thingName")), *items(value["services"])]


def notifications(file):
    """body, why, 'ok', token, side, region, services | body, why, 'error'"""
    for case in file["cases"]:
        if outcome(case) == "ok":
            ok = case["ok"]
            read = [text(ok["clientAccessToken"]), ok["clientMode"], text(ok["region"]), *items(ok["services"])]
            yield [*body(case), "ok", *read]
        else:
            yield [*body(case), "error"]


def messages(file):
    """kind, bytes, why, and unless refused: type, streamId, ignorable, payload, serviceId, connectionId, availableServiceIds"""
    for kind in ("canonical", "accepted", "refused"):
        for case in file[kind]:
            line = [kind, case["hex"], text(case["why"])]
            if kind != "refused":
                fields = case["fields"]
                line += [fields["type"], fields["streamId"], int(fields["ignorable"]), fields["payload_hex"]]
                line += [text(fields["serviceId"]), fields["connectionId"], *items(fields["availableServiceIds"])]
            yield line


def scenarios(file):
    """'scenario', name; then its steps: the op and its fields"""
    for scenario in file["scenarios"]:
        yield ["scenario", text(scenario["name"])]
        for step in scenario["steps"]:
            yield [step["op"], *STEPS[step["op"]](step)]


def issued(expect):
    """The source's and the destination's new token by its name, and the notification."""
    if not set(expect["tokens"]) <= set(SIDES):
        raise ValueError(f"unknown side in {expect}")
    tokens = [text(expect["tokens"].get(side)) for side in SIDES]
    notified = expect.get("notified")
    if notified is None:
        return [*tokens, "-"]
    return [*tokens, "notified", text(notified["thing"]), text(notified["token"]), *items(notified["services"])]


def opened(step):
    services = items(step["services"])
    return [step["minutes"], text(step.get("thing")), *services, text(step["expect"]["tunnel"]), *issued(step["expect"])]


def described(step):
    expect = step["expect"]
    return [text(step["tunnel"]), *(expect[of] for of in ("status", *SIDES, "closesAtMinute"))]


def connected(step):
    return [text(step["token"]), step["side"], text(step.get("clientToken")), text(step["expect"])]


def rotated(step):
    expect = step["expect"]
    call = [text(step["tunnel"]), step["clientMode"], *config(step.get("destinationConfig"))]
    if "error" in expect:
        return [*call, "error", expect["error"]]
    closed = [int(side in expect["disconnected"]) for side in SIDES]
    return [*call, "rotated", *closed, *issued(expect)]


STEPS = {
    "open": opened,
    "describe": described,
    "connect": connected,
    "disconnect": lambda step: [text(step["tunnel"]), step["side"]],
    "rotate": rotated,
    "advance": lambda step: [step["minutes"]],
    "close": lambda step: [text(step["tunnel"])],
}


def main():
    folder = ROOT / os.environ.get("IOT_TUNNEL_VECTORS", "tests/vectors")
    target = pathlib.Path(sys.argv[1])
    for convert in (ids, rotate_requests, notifications, messages, scenarios):
        name = convert.__name__
        file = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with open(target / f"{name}.txt", "w", encoding="utf-8", newline="\n") as lines:
            for fields in convert(file):
                print(*fields, sep="\t", file=lines)


main()
