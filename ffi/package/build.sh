#!/bin/sh
# `make ffi` and `make firmware`: the C library for this machine, or the static one for a microcontroller.
#
#   ffi/package/build.sh host       target/ffi/libiot_tunnel.a and .so
#   ffi/package/build.sh TARGET     target/firmware/TARGET/libiot_tunnel.a
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
    export RUSTFLAGS="${RUSTFLAGS:-} --cfg sha2_backend_soft=\"compact\""
    cross_cargo "$wanted" rustc --profile firmware -p iot-tunnel-ffi --crate-type staticlib
    output=target/firmware/$wanted
    mkdir -p "$output"
    cp "$folder/$wanted/firmware/libiot_tunnel.a" "$output/"
    set -- "$PWD/$output/libiot_tunnel.a"
fi
printf 'library: %s\n' "$@"
echo "header:  $PWD/include/iot_tunnel.h"
