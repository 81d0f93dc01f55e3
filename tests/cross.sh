#!/bin/sh
# `make cross`: core builds for targets without an operating system, holds no panic that a caller can reach, and needs
# little stack.
#
# The compiler is rustup's where its targets are installed (`make setup` tries to), else Debian's rustc-web, which
# builds Rust's own library from source; called by full path, so that rustup's tools stay in front everywhere else.
#
#   tests/cross.sh [--targets]     --targets only prints their names
set -eu
cd "$(dirname "$0")/.."

TARGETS="thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf wasm32-unknown-unknown"
# What is examined: the smallest instruction set and the one most firmware runs on, each optimised for size in two ways.
GATED="thumbv6m-none-eabi thumbv7em-none-eabihf"
LEVELS="s z"

if [ "${1:-}" = --targets ]; then echo "$TARGETS"; exit; fi

# build TARGET CARGO-ARGUMENT...: `cargo build --release` by the compiler that has the target.
build() {
    target=$1
    shift
    if rustup target list --installed 2>/dev/null | grep -qx "$target"; then
        compiler=rustup
        cargo build --release --locked --target "$target" --target-dir target/cross "$@"
    elif [ -x /usr/bin/cargo ] && [ -d /usr/src/rustc-"$(/usr/bin/rustc -V | cut -d' ' -f2)" ]; then
        compiler=rustc-web
        PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
            /usr/bin/cargo build --release --locked --target "$target" --target-dir target/cross-debian \
            -Z build-std=core,panic_abort "$@"
    else
        echo "cross: no compiler for $target: run \`make setup\`" >&2
        exit 1
    fi
}

passed=0
for target in $TARGETS; do
    build "$target" --quiet -p iot-tunnel-core
    echo "cross: iot-tunnel-core builds for $target ($compiler)"
    passed=$((passed + 1))
done

# Settings of a firmware: small, one unit, everything unreachable thrown away. The compiler tells the size of each
# function's frame if it is asked by an option that it keeps to itself.
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
    CARGO_PROFILE_RELEASE_DEBUG=0 RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zemit-stack-sizes
failed=0

# examine SCRIPT WHAT: what a script of no-panic says of the object is shown if it finds fault, else one line.
examine() {
    if said=$(python3 "tests/no-panic/$1" "$object"); then
        passed=$((passed + 1))
        echo "cross: $2 on $target at opt-level $level ($compiler)"
    else
        failed=$((failed + 1))
        printf 'cross: NOT %s on %s at opt-level %s:\n%s\n' "$2" "$target" "$level" "$said"
    fi
}

for target in $GATED; do
    for level in $LEVELS; do
        export CARGO_PROFILE_RELEASE_OPT_LEVEL="$level"
        build "$target" --quiet -p iot-tunnel-no-panic
        folder=target/cross
        [ "$compiler" = rustup ] || folder=target/cross-debian
        archive=$folder/$target/release/libiot_tunnel_no_panic.a
        # The archive's first object is ours with all of its dependencies; the rest is the compiler's own arithmetic.
        object=$folder/$target/no-panic.o
        ar p "$archive" "$(ar t "$archive" | grep '^iot_tunnel_no_panic-' | head -n 1)" >"$object"
        exported=$(nm --defined-only "$object" | grep -c ' T gate_' || true)
        if [ "$exported" -eq 0 ]; then
            echo "cross: $archive exports nothing: the gate looked at nothing" >&2
            exit 1
        fi
        # At z the compiler inlines too little to see what is in range, in core and in libraries.
        [ "$level" = z ] || examine who_panics.py "no panic can be reached from $exported functions"
        examine how_deep.py "2 KiB of stack are enough for a device"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
