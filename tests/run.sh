#!/bin/sh
# `make test`: runs every suite, whatever became of the ones before, and ends with what a person needs to know: which
# passed, which failed, which could not run on this machine. Exits non-zero on a failure; with CI set, also when a suite
# could not run.
#
#   tests/run.sh [SUITE...]     no name: all of them
set -eu
cd "$(dirname "$0")/.."

SUITES="lint cargo-test vectors npm console c cross ffi sizes fuzz aws-sdk-rust aws-sdk-js boto3-and-aws-cli mosquitto kill-9 tunnel firmware c-agent demo"
# No suite takes a quarter of this; a hang must not look like patience.
SUITE_SECONDS=1500

# What a suite needs from tests/setup.sh.
needs() {
    case $1 in
        vectors) echo wasm js chromium ;;
        npm) echo wasm js consumers chromium ;;
        console) echo wasm console js chromium ;;
        c) echo c ;;
        cross) echo cross ;;
        ffi | sizes) echo ffi cross ;;
        fuzz) echo fuzz ;;
        aws-sdk-js) echo node ;;
        boto3-and-aws-cli | kill-9) echo python ;;
        mosquitto) echo python mqtt broker ;;
        tunnel) echo python web ssh sockets ;;
        c-agent) echo python mqtt broker certificates c agent ;;
        firmware) echo python mqtt web cross firmware ;;
        demo) echo python web agent ;;
    esac
}

# The program that the clients talk to: the one that `cargo test` builds for its own tests, so that nothing is built twice.
build_service() { [ -n "${IOT_TUNNEL_BIN:-}" ] || cargo test --locked --quiet --no-run; }

# A program that holds the console's page, beside the other one, which has its place when it is built next. As a part of
# what `cargo test` builds: its dependencies are the same then.
build_embedded() {
    cargo test --locked --quiet --no-run --workspace --test program --features iot-tunnel/embedded-console
    cp target/debug/iot-tunnel target/iot-tunnel-embedded
    export IOT_TUNNEL_EMBEDDED="$PWD/target/iot-tunnel-embedded"
}

# pytest on one folder of tests/clients, in the environment of tests/setup.sh.
clients() { (cd tests/clients && PYTHONDONTWRITEBYTECODE=1 ../../.tools/python/bin/python -m pytest "$@"); }

# The same for tests that wait more than they work, such as for what takes a device half a minute to find out.
side_by_side() { clients "$@" -n 4 --dist worksteal; }

# The commands of one suite. It runs in a shell of its own (see below), where `set -e` holds.
suite() {
    case $1 in
        lint)
            cargo fmt --all --check
            cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
            # Two calls: the program's library and the one for C have the same name.
            RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps -p iot-tunnel-ffi
            RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps --workspace --exclude iot-tunnel-ffi
            cargo run --locked --quiet -p iot-tunnel-header -- --check
            echo "rustfmt, clippy and rustdoc: no warnings; the C header is up to date"
            ;;
        cargo-test) cargo test --locked ;;
        vectors)
            cargo test --locked --test vectors -- --nocapture
            wasm/build.sh && (cd tests/js && node --test vectors*.test.js)
            ;;
        npm) build_service && wasm/build.sh && (cd tests/js && npm test --silent && npm run --silent sizes) ;;
        console)
            # Line by line: in a list with `&&` a failure of all but the last would be passed over.
            wasm/build.sh
            (cd wasm/console && npm run --silent build)
            # What a release is made of, then the program that reads the page where it was built.
            build_embedded
            build_service
            rm -rf target/console-screenshots
            (cd tests/js && npm run --silent console-embedded)
            (cd tests/js && npm run --silent console)
            echo "pictures of what it looked like: $(find target/console-screenshots -name '*.png' | wc -l) in target/console-screenshots"
            ;;
        c) tests/c/run.sh ;;
        cross) tests/cross.sh ;;
        ffi) tests/ffi/run.sh ;;
        # It shows what is over its budget, and fails where that became more.
        sizes) tests/ffi/sizes.sh --ceilings ;;
        fuzz) tests/fuzz.sh --check && tests/fuzz.sh ;;
        aws-sdk-rust) build_service && cargo test --locked -p iot-tunnel-aws-sdk-tests ;;
        aws-sdk-js) build_service && (cd tests/clients/js && npm test --silent) ;;
        boto3-and-aws-cli) build_service && clients python ;;
        mosquitto) build_service && clients mqtt ;;
        kill-9) build_service && clients crash -s ;;
        # AWS's clients at the other end: models, and the reference proxy itself where IOT_TUNNEL_REFERENCE_PROXY names it.
        tunnel) build_service && clients tunnel peers ;;
        firmware)
            build_service
            make --silent -C ffi/examples/firmware
            python3 tests/ffi/gates.py ffi/examples/firmware/build/firmware.elf
            side_by_side firmware -s
            ;;
        c-agent)
            build_service
            make --no-print-directory agent
            # Most tests run the one with sanitizers, whose every complaint is an end with another code than 0.
            make --no-print-directory -C ffi/examples/agent SANITIZE=1
            IOT_TUNNEL_C_AGENT=$PWD/target/agent-sanitized/agent side_by_side c_agent
            ;;
        demo)
            build_service
            make --no-print-directory agent
            DEVICE=c python3 tests/demo.py && DEVICE=rust python3 tests/demo.py
            ;;
    esac
}

if [ "${1:-}" = --one ]; then
    suite "$2"
    exit
fi

# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $SUITES
for name in "$@"; do
    case " $SUITES " in
        *" $name "*) ;;
        *) echo "there is no suite '$name'; there are: $SUITES" >&2; exit 2 ;;
    esac
done

passed='' failed='' not_run='' passes=0 fails=0 skips=0
for name in "$@"; do
    printf '\n=== %s\n' "$name"
    begin=$(date +%s)
    # shellcheck disable=SC2046 # a list of words
    if [ -n "$(needs "$name")" ] && ! tests/setup.sh $(needs "$name"); then
        not_run="$not_run $name" skips=$((skips + 1))
        echo "=== $name could not run: its set-up failed"
    elif timeout --foreground "$SUITE_SECONDS" "$0" --one "$name"; then
        passed="$passed $name" passes=$((passes + 1))
        echo "=== $name passed in $(($(date +%s) - begin)) s"
    else
        failed="$failed $name" fails=$((fails + 1))
        echo "=== $name FAILED after $(($(date +%s) - begin)) s"
    fi
done

printf '\n'
[ -z "$passed" ] || echo "passed:$passed"
[ -z "$failed" ] || echo "FAILED:$failed"
[ -z "$not_run" ] || echo "NOT RUN:$not_run (their set-up failed on this machine; in CI this is a failure)"
echo "suites: $passes passed, $fails failed, $skips skipped"
[ "$fails" -eq 0 ] && { [ "$skips" -eq 0 ] || [ -z "${CI:-}" ]; }
