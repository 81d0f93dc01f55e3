#!/bin/sh
# `make ffi` and `make firmware`: the C library for this machine, or the static one for a microcontroller.
#
#   ffi/package/build.sh host                target/ffi/libiot_tunnel.a and .so
#   ffi/package/build.sh TARGET [FOLDER]     FOLDER/libiot_tunnel.a; FOLDER is target/firmware/TARGET if not given
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/cross-cargo.sh
. tests/cross-cargo.sh

if [ "${1:-}" = host ]; then
    cargo rustc --locked --profile ffi -p iot-tunnel-ffi --crate-type staticlib,cdylib
    set -- "$PWD/target/ffi/libiot_tunnel.a" "$PWD/target/ffi/libiot_tunnel.so"
else
    wanted=${1:-}
    known=''
    for target in $FIRMWARE_TARGETS; do
        [ "$target" != "$wanted" ] || known=yes
    done
    if [ -z "$known" ]; then
        echo "firmware: '$wanted' is no target of this library; TARGET is one of" >&2
        printf '    %s\n' $FIRMWARE_TARGETS >&2
        exit 2
    fi
    # SHA-256 in a loop, not unrolled: it saves 6 KiB of flash, and hashes only a token now and then.
    # Functions of this size are still inlined: where the compiler sees both sides of a call, it sees that no index is out
    # of range. That leaves no panic, which alone `z` does, and is 1 KiB smaller than `z` and 3 KiB smaller than `s`.
    export RUSTFLAGS="${RUSTFLAGS:-} --cfg sha2_backend_soft=\"compact\" -Cllvm-args=-inline-threshold=50"
    cross_cargo "$wanted" rustc --profile firmware -p iot-tunnel-ffi --crate-type staticlib
    output=${2:-$PWD/target/firmware/$wanted}
    mkdir -p "$output"
    cp "$folder/$wanted/firmware/libiot_tunnel.a" "$output/"
    set -- "$output/libiot_tunnel.a"
fi
printf 'library: %s\n' "$@"
echo "header:  $PWD/include/iot_tunnel.h"
