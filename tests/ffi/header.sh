#!/bin/sh
# include/iot_tunnel.h compiles alone, as every C and C++ that a user may have, and says nothing with all warnings on.
set -eu
cd "$(dirname "$0")/../.."

passed=0 failed=0
# compile LANGUAGE COMPILER...: a file with nothing but the header, included twice.
compile() {
    language=$1
    shift
    # -fsyntax-only would be enough for errors; some warnings need the whole way.
    if said=$(printf '#include "iot_tunnel.h"\n#include "iot_tunnel.h"\n' |
        "$@" -Wall -Wextra -Wpedantic -Werror -Iinclude -x "$language" -c - -o /dev/null 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'header: FAILED: %s\n%s\n' "$*" "$said"
    fi
}

for c in gcc clang arm-none-eabi-gcc; do
    for standard in c99 c11 c17 c2x; do
        compile c "$c" -std=$standard -Wconversion -Wstrict-prototypes
    done
    # Where there is no C library at all.
    compile c "$c" -std=c99 -ffreestanding
done
for cxx in g++ clang++ arm-none-eabi-g++; do
    for standard in c++11 c++14 c++17 c++20; do
        compile c++ "$cxx" -std=$standard
    done
done
echo "header: compiles with gcc, clang and arm-none-eabi-gcc: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
