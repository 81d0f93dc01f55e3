#!/bin/sh
# `make sizes` and the suite `sizes`: builds what tests/ffi/sizes.py measures, which gets all arguments, and holds what it
# has linked against the gates.
set -eu
cd "$(dirname "$0")/../.."
target=thumbv7em-none-eabihf

ffi/package/build.sh $target >/dev/null
# The compiler tells the size of each function's frame if it is asked by an option that it keeps to itself.
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zemit-stack-sizes ffi/package/build.sh $target target/sizes >/dev/null
failed=0
python3 tests/ffi/sizes.py --programs target/sizes --target $target "$@" \
    target/firmware/$target/libiot_tunnel.a target/sizes/libiot_tunnel.a || failed=1
python3 tests/ffi/gates.py target/sizes/members.elf target/sizes/rules.elf target/sizes/destination.elf \
    target/sizes/websocket.elf || failed=1
[ "$failed" -eq 0 ]
