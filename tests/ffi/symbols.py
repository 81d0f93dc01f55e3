"""Where the bytes of a program go: by module, and within it by function."""

import collections
import re
import subprocess


def readable(names):
    """What people call functions, without hashes and without the types that a generic function was made for."""
    done = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True).stdout
    return [re.sub(r"\[[0-9a-f]+\]|::h[0-9a-f]{16}$|::<[^<>]*>$", "", name) for name in done.splitlines()]


def module(function):
    """What a function belongs to: the header, a module of ours, or the crate of others."""
    if function.startswith("iot_tunnel_") and "::" not in function:
        return "ffi: the header's functions"
    if function.startswith("OUTLINED_FUNCTION_"):
        return "what several functions have in common"
    # Of <type as trait>::function the type, or the trait where the type is anybody's.
    path = re.sub(r"^<(?:&mut |&|\[)*([\w:]+).*$", r"\1", function)
    if "::" not in path:
        path = re.sub(r"^<.* as ([\w:]+).*$", r"\1", function)
    parts = path.split("::")
    match parts[0]:
        case "iot_tunnel":
            return f"ffi: {parts[1]}"
        case "iot_tunnel_core":
            return f"core: {'::'.join(parts[1:3] if parts[1] in ('json', 'session', 'handshake') else parts[1:2])}"
        case "core":
            return "Rust's core library"
    return parts[0] if "::" in path else "the compiler's and the C library's own"


def show(contents):
    """Prints what is in flash: {section: {input section: bytes}}."""
    functions = collections.Counter()
    names = [name for name in contents[".text"] if name.startswith(".text.")]
    for name, text in zip(names, readable([re.sub(r"^\.text\.(unlikely\.|hot\.)?", "", name) for name in names])):
        functions[text] += contents[".text"][name]
    modules = collections.defaultdict(dict)
    for function, size in functions.items():
        modules[module(function)][function] = size
    for section, parts in contents.items():
        others = {name: size for name, size in parts.items() if section != ".text" or name not in names}
        if sum(others.values()):
            modules[f"{section}, what has no name"] = others
    for name, parts in sorted(modules.items(), key=lambda entry: -sum(entry[1].values())):
        print(f"  {sum(parts.values()):7,}  {name}")
        for function, size in sorted(parts.items(), key=lambda entry: -entry[1]):
            if size:
                print(f"        {size:7,}  {function}")
