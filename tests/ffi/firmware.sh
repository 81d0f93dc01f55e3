#!/bin/sh
# `make firmware` builds a library for every target, a C program for that target links it, and of another target it says
# which there are.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/cross-cargo.sh
. tests/cross-cargo.sh

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
passed=0 failed=0

# c_compiler TARGET: the C compiler of a target and what tells it the machine.
c_compiler() {
    case $1 in
        thumbv6m-*) echo arm-none-eabi-gcc -mthumb -mcpu=cortex-m0 ;;
        thumbv7m-*) echo arm-none-eabi-gcc -mthumb -mcpu=cortex-m3 ;;
        thumbv7em-*) echo arm-none-eabi-gcc -mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16 ;;
        riscv32imc-*) echo riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 ;;
    esac
}

# links TARGET LIBRARY...: the program with the library, and nothing else but LIBRARY.
links() {
    target=$1
    shift
    # shellcheck disable=SC2046 # a list of words
    $(c_compiler "$target") -std=c99 -Os -Wall -Wextra -Wpedantic -Werror -ffreestanding -nostdlib -Iinclude \
        -Wl,--gc-sections,-e,firmware_main tests/ffi/firmware.c -o "$temporary/program" \
        "target/firmware/$target/libiot_tunnel.a" "$@"
    "${cross}nm" "$temporary/program" | grep -q ' T iot_tunnel_tunnel_id_check$'
}

for target in $FIRMWARE_TARGETS; do
    cross=$(c_compiler "$target" | sed 's/gcc .*//')
    # With a C library too: a firmware has one, and both know memcpy.
    case $cross in arm-*) libraries="-lc_nano -lgcc" ;; *) libraries=-lgcc ;; esac
    # shellcheck disable=SC2086 # a list of words
    if make --no-print-directory firmware TARGET="$target" >"$temporary/log" 2>&1 &&
        grep -qx "library: $PWD/target/firmware/$target/libiot_tunnel.a" "$temporary/log" &&
        grep -qx "header:  $PWD/include/iot_tunnel.h" "$temporary/log" &&
        links "$target" >>"$temporary/log" 2>&1 &&
        links "$target" $libraries >>"$temporary/log" 2>&1; then
        passed=$((passed + 1))
        cross_compiler "$target"
        echo "firmware: $target builds ($compiler) and links (${cross}gcc)"
    else
        failed=$((failed + 1))
        echo "firmware: FAILED: $target"
        sed 's/^/    /' "$temporary/log"
    fi
done

for wrong in '' msp430-none-elf "thumbv6m-none-eabi thumbv7m-none-eabi"; do
    if make --no-print-directory firmware TARGET="$wrong" >"$temporary/log" 2>&1 ||
        ! grep -q "'$wrong' is no target" "$temporary/log" || ! grep -q '^    thumbv7m-none-eabi$' "$temporary/log"; then
        failed=$((failed + 1))
        echo "firmware: FAILED: the target '$wrong' is refused, with the list of those there are"
        sed 's/^/    /' "$temporary/log"
    else
        passed=$((passed + 1))
    fi
done
echo "firmware: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
