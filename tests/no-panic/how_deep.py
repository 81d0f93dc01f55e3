"""Tells how much stack the exported functions of an object file take, and on which chain of calls.

    how_deep.py [--limit BYTES] [--all] [--show NAME] [--exported PREFIX] OBJECT

The object is for a Cortex-M, made by link-time optimisation and compiled with `-Z emit-stack-sizes`: every function has a
section of its own, its frame is in a `.stack_sizes`, and the relocations of its section are its calls. Prints the exported
functions whose deepest chain of calls takes more than the limit, or all of them. Exits 1 if there is one that DEEP does not
allow, and shows its chain. What a call graph cannot tell is said beside the bytes:

    through a pointer   A function on the way calls whatever it was given. It is taken to call every function whose
                        address is taken within reach. What the exported function itself was given is its caller's.
    recursive           Functions on the way call each other in a circle. Each is counted once.
"""

import argparse
import re
import sys

from elf import Object, readable

# Exported function -> how deep it may be, and why no device minds.
DEEP = {
    r"gate_session_new": (5_632, "moves a whole session; a device makes it in its place, by gate_session_init"),
    r"gate_(notification|rotate_response)": (36_864, "moves tokens of 3 KiB; a device reads in place"),
    r"gate_(rotate_request|violations)": (4_096, "a service's"),
    r"gate_(table_)?(open|open_in|rotate)": (6_144, "a service's; C lends the places, and `make sizes` measures that"),
}

# The compiler's own library comes compiled, without stack sizes. By its code, none of the functions that core needs of
# it takes more, in bytes, with what it calls.
LIBRARY = re.compile(r"__aeabi_\w+|__clzsi2|mem(cpy|move|set|cmp)")
LIBRARY_FRAME = 128

# What ends in a panic: who_panics.py shows that nobody can reach it.
PANIC = re.compile(r"^core::panicking::|^core::.*(_fail|_failed|_fail_rt)$|^a_caller_can_reach_a_panic$")


class Graph:
    """What functions take and what they call. A function is the index of its section, or a name from outside."""

    def __init__(self, path):
        self.object = Object(path)
        self.frames = self.object.stack_sizes()
        texts = readable([self.name(function) for function in self.frames])
        self.panics = {function for function, text in zip(self.frames, texts) if PANIC.search(text)}
        self.indirect = {function for function in self.frames if self.object.calls_through_a_pointer(function)}

    def name(self, function):
        return function if isinstance(function, str) else self.object.sections[function].function_name()

    def frame(self, function):
        if function in self.frames:
            # The outliner's functions have no frame; where one is called from has saved its way back.
            return max(self.frames[function], 8)
        if isinstance(function, str) and LIBRARY.fullmatch(function):
            return LIBRARY_FRAME
        raise SystemExit(f"how_deep: nothing is known of the stack of {self.name(function)}")

    def calls(self, root):
        """{function: what it calls} of all that `root` can reach."""
        calls, taken, waiting, seen = {}, set(), [root], {root}
        while waiting:
            place = waiting.pop()
            if place in self.frames or isinstance(place, str):
                calls[place] = set()
            for target, is_branch in self.object.references.get(place, ()):
                if target in self.panics or isinstance(target, str) and PANIC.search(target):
                    continue
                if target in self.frames or isinstance(target, str):
                    if place in self.frames:
                        calls[place].add(target)
                    if not is_branch:
                        taken.add(target)
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        for function in self.indirect & calls.keys() - {root}:
            calls[function] |= taken
        return calls

    def deepest(self, root):
        """The bytes of the deepest chain, that chain, and what the call graph does not tell."""
        calls, depths, circle_of, remarks = self.calls(root), {}, {}, set()
        for circle in circles(calls):
            callees = {callee for function in circle for callee in calls[function]}
            circle_of |= dict.fromkeys(circle, circle[0])
            below = {circle_of[callee] for callee in callees} - {circle[0]}
            depth, chain = max((depths[callee] for callee in below), key=lambda found: found[0], default=(0, []))
            depths[circle[0]] = (depth + sum(map(self.frame, circle)), [*circle, *chain])
            if callees & set(circle):
                remarks.add("recursive")
        if self.indirect & calls.keys() - {root}:
            remarks.add("through a pointer")
        return *depths[circle_of[root]], sorted(remarks)


def circles(calls):
    """The functions in groups that call each other, callees before their callers (Tarjan)."""
    order, low, stack, found = {}, {}, [], []

    def visit(function):
        order[function] = low[function] = len(order)
        stack.append(function)
        for callee in sorted(calls[function], key=str):
            if callee not in order:
                visit(callee)
                low[function] = min(low[function], low[callee])
            elif callee in stack:
                low[function] = min(low[function], order[callee])
        if low[function] == order[function]:
            start = stack.index(function)
            found.append(stack[start:])
            del stack[start:]

    for function in calls:
        if function not in order:
            visit(function)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=2048, metavar="BYTES", help="of a function that DEEP does not list")
    parser.add_argument("--all", action="store_true", help="print all functions")
    parser.add_argument("--show", default="", metavar="NAME", help="a function whose chain is shown in any case")
    parser.add_argument("--exported", default="gate_", metavar="PREFIX", help="of the names of the exported functions")
    parser.add_argument("object")
    arguments = parser.parse_args()

    graph, found, deep = Graph(arguments.object), [], 0
    for root in graph.frames:
        if (name := graph.name(root)).startswith(arguments.exported):
            found.append((name, *graph.deepest(root)))
    if not found:
        raise SystemExit("how_deep: the object exports nothing, or was compiled without stack sizes")
    for name, depth, chain, remarks in sorted(found, key=lambda entry: (-entry[1], entry[0])):
        allowed = next((entry for rule, entry in DEEP.items() if re.fullmatch(rule, name)), (arguments.limit, None))
        remarks += [allowed[1]] if depth > arguments.limit and allowed[1] else []
        if arguments.all or depth > arguments.limit or name == arguments.show:
            print(f"{depth:6}  {name}", *([f"({'; '.join(remarks)})"] if remarks else []))
        deep += depth > allowed[0]
        if depth > allowed[0] or name == arguments.show:
            for function, text in zip(chain, readable([graph.name(function) for function in chain])):
                print(f"        {graph.frame(function):6}  {text}")
    if deep:
        print(f"{deep} of {len(found)} functions take too much stack; the limit is {arguments.limit} bytes")
    return deep > 0


sys.setrecursionlimit(10_000)
sys.exit(main())
