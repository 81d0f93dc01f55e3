#!/bin/sh
# `make cross`: core builds for targets without an operating system, holds no panic that a caller can reach, and needs
# little stack.
#
#   tests/cross.sh [--targets]     --targets only prints their names
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/cross-cargo.sh
. tests/cross-cargo.sh

TARGETS="$FIRMWARE_TARGETS wasm32-unknown-unknown"
# What is examined: the smallest instruction set and the one most firmware runs on, each optimised for size in two ways.
GATED="thumbv6m-none-eabi thumbv7em-none-eabihf"
LEVELS="s z"
# What a device calls. At z the compiler inlines too little to see of everything that it cannot panic.
DEVICE='gate_(session|websocket|endpoint|service_id|client_token|entropy|upgrade_(key|request|headers|answer|judge)).*'

if [ "${1:-}" = --targets ]; then echo "$TARGETS"; exit; fi

passed=0
for target in $TARGETS; do
    cross_cargo "$target" build --release --quiet -p iot-tunnel-core
    echo "cross: iot-tunnel-core builds for $target ($compiler)"
    passed=$((passed + 1))
done

# Settings of a firmware: small, one unit, everything unreachable thrown away.
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
    CARGO_PROFILE_RELEASE_DEBUG=0 RUSTC_BOOTSTRAP=1
failed=0

# examine WHAT SCRIPT ARGUMENT...: asks a script of no-panic about the object.
examine() {
    what=$1 script=$2
    shift 2
    if said=$(python3 "tests/no-panic/$script" "$object" "$@"); then
        passed=$((passed + 1))
        echo "cross: $what on $target at opt-level $level ($compiler)"
        [ -z "$said" ] || echo "$said"
    else
        failed=$((failed + 1))
        printf 'cross: NOT %s on %s at opt-level %s:\n%s\n' "$what" "$target" "$level" "$said"
    fi
}

for target in $GATED; do
    for level in $LEVELS; do
        export CARGO_PROFILE_RELEASE_OPT_LEVEL="$level"
        cross_cargo "$target" build --release --quiet --config tests/no-panic/stack-sizes.toml -p iot-tunnel-no-panic
        archive=$folder/$target/release/libiot_tunnel_no_panic.a
        # The archive's first object is ours with all of its dependencies; the rest is the compiler's own arithmetic.
        object=$folder/$target/no-panic.o
        ar p "$archive" "$(ar t "$archive" | grep '^iot_tunnel_no_panic-' | head -n 1)" >"$object"
        exported=$(nm --defined-only "$object" | grep -c ' T gate_' || true)
        if [ "$exported" -eq 0 ]; then
            echo "cross: $archive exports nothing: the gate looked at nothing" >&2
            exit 1
        fi
        case $level in
            z) examine "no panic can be reached from what a device calls" who_panics.py "$DEVICE" ;;
            *) examine "no panic can be reached from $exported functions" who_panics.py ;;
        esac
        examine "2 KiB of stack are enough for a device" how_deep.py
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
