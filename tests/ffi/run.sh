#!/bin/sh
# The suite `ffi`: how the C library is built, installed and linked. What its functions do is the suite `c`.
set -eu
cd "$(dirname "$0")/../.."

passed=0 failed=0
# part NAME COMMAND...: all of them run, whatever became of the ones before.
part() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "ffi: FAILED: $name"
    fi
}

ffi/package/build.sh host
part header tests/ffi/header.sh
part manual python3 tests/ffi/manual.py include/iot_tunnel.h
part exports python3 tests/ffi/exports.py include/iot_tunnel.h target/ffi/libiot_tunnel.so target/ffi/libiot_tunnel.a
part abi python3 tests/ffi/abi.py include/iot_tunnel.h tests/ffi/abi/*.txt
part abi-test python3 tests/ffi/abi_test.py include/iot_tunnel.h
part third-party python3 ffi/package/third_party.py --check
part consumers tests/ffi/consumers.sh
part firmware tests/ffi/firmware.sh
part gates-test python3 tests/ffi/gates_test.py
echo "ffi: $passed parts passed, $failed failed"
[ "$failed" -eq 0 ]
