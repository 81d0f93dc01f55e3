#!/bin/sh
# `make cross`: core builds for targets without an operating system, and holds no panic that a caller can reach.
#
#   tests/cross.sh [--targets]     --targets only prints their names
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=tests/cross-cargo.sh
. tests/cross-cargo.sh

TARGETS="$FIRMWARE_TARGETS wasm32-unknown-unknown"
# The targets of the panic gate: the smallest instruction set, and the one most firmware runs on.
GATED="thumbv6m-none-eabi thumbv7em-none-eabihf"

if [ "${1:-}" = --targets ]; then echo "$TARGETS"; exit; fi

passed=0
for target in $TARGETS; do
    cross_cargo "$target" build --release --quiet -p iot-tunnel-core
    echo "cross: iot-tunnel-core builds for $target ($compiler)"
    passed=$((passed + 1))
done

# The gate's settings are those of a firmware: small, one unit, everything unreachable thrown away.
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_OPT_LEVEL=s CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
    CARGO_PROFILE_RELEASE_PANIC=abort CARGO_PROFILE_RELEASE_DEBUG=0
failed=0
for target in $GATED; do
    cross_cargo "$target" build --release --quiet -p iot-tunnel-no-panic
    archive=$folder/$target/release/libiot_tunnel_no_panic.a
    # The archive's first object is ours with all of its dependencies; the rest is the compiler's own arithmetic.
    object=$folder/$target/no-panic.o
    ar p "$archive" "$(ar t "$archive" | grep '^iot_tunnel_no_panic-' | head -n 1)" >"$object"
    exported=$(nm --defined-only "$object" | grep -c ' T gate_' || true)
    if [ "$exported" -eq 0 ]; then
        echo "cross: $archive exports nothing: the gate looked at nothing" >&2
        exit 1
    fi
    if reached=$(python3 tests/no-panic/who_panics.py "$object"); then
        passed=$((passed + 1))
        echo "cross: no panic can be reached from $exported functions on $target ($compiler)"
        [ -z "$reached" ] || echo "$reached"
    else
        failed=$((failed + 1))
        printf 'cross: a caller can reach a panic on %s:\n%s\n' "$target" "$reached"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
