#!/bin/sh
# The tests in C: every tests/c/*_test.c, and the program in the header's introduction, as they are, under ASan and UBSan, and
# under valgrind. The sanitizers have the debug library, which checks more of itself, such as every sum; the others have the one
# that is installed.
#
#   tests/c/run.sh [NAME...]     no name: all; a name is a file's without _test.c
set -eu
cd "$(dirname "$0")/../.."

build=${CARGO_TARGET_DIR:-target}/c
# The warnings that our own C is held to.
warnings='-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror'
# What Rust's standard library needs of the system.
system='-lpthread -ldl -lm'
# A test takes seconds; valgrind makes that minutes. A hang must not look like patience.
seconds=600

for tool in gcc valgrind python3; do
    command -v "$tool" >/dev/null || { echo "c: $tool is missing: tests/setup.sh c installs it" >&2; exit 1; }
done
rm -rf "$build"
mkdir -p "$build"
cargo build --locked --quiet -p iot-tunnel-ffi
ffi/package/build.sh host >"$build/library.log" 2>&1 || { cat "$build/library.log" >&2; exit 1; }
cargo run --locked --quiet -p iot-tunnel-header -- --check
cargo run --locked --quiet -p iot-tunnel-header --bin status_table >"$build/status_table.inc"
python3 tests/c/vectors.py "$build"
python3 tests/c/introduction.py include/iot_tunnel.h "$build"
installed=$(dirname "$build")/ffi/libiot_tunnel.a
debug=$(dirname "$build")/debug/libiot_tunnel.a

programs=0 failed=''
# compile FLAGS SOURCE LIBRARY PROGRAM
compile() {
    # shellcheck disable=SC2086 # lists of words
    gcc $warnings $1 -Iinclude -Itests/c -I"$build" "$2" "$3" $system -o "$4"
}
# run MODE PROGRAM COMMAND...: runs a test; its output is shown if it failed, and its last words in any case.
run() {
    mode=$1 name=$2
    shift 2
    programs=$((programs + 1))
    if timeout "$seconds" "$@" >"$build/$mode-$name.log" 2>&1; then
        grep -E '^(vectors|c): ' "$build/$mode-$name.log" | sed "s/^/[$mode] /"
    else
        sed "s/^/[$mode] /" "$build/$mode-$name.log"
        echo "[$mode] $name FAILED"
        failed="$failed $mode:$name"
    fi
}

# tests SOURCE...: compiles and runs each in every mode.
tests() {
    for source in "$@"; do
        name=$(basename "$source" .c)
        arguments=''
        case $name in *_vectors_test) arguments=$build ;; esac
        # shellcheck disable=SC2086 # no argument or one
        if compile '-g -O2' "$source" "$installed" "$build/$name" && compile \
            '-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all' "$source" "$debug" "$build/$name-sanitized"; then
            run plain "$name" "$build/$name" $arguments
            run sanitizers "$name" env ASAN_OPTIONS=detect_leaks=1 "$build/$name-sanitized" $arguments
            run valgrind "$name" valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
                "$build/$name" $arguments
        else
            failed="$failed compiling:$name"
        fi
    done
}

if [ $# -gt 0 ]; then
    for name in "$@"; do tests "tests/c/${name}_test.c"; done
else
    tests tests/c/*_test.c "$build"/*_introduction.c
fi

checks=$(cat "$build"/*.log | sed -n 's/^c: .*: \([0-9]*\) of [0-9]* checks passed$/\1/p' | awk '{ sum += $1 } END { print sum + 0 }')
echo "c: $programs runs of programs in C (plain, sanitizers, valgrind), $checks checks passed; failed:${failed:- none}"
[ -z "$failed" ] && [ "$programs" -gt 0 ]
