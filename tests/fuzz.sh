#!/bin/sh
# `make fuzz`: plays the fuzz targets of tests/fuzz, two at a time, each for a while, from its seeds and, with FUZZ_SEED=0,
# what was found before (tests/fuzz/corpus). Ends with what each has done; a failure leaves its input in tests/fuzz/artifacts.
#
# Any compiler will do. There is no sanitizer: core has no unsafe code, arithmetic is checked for overflow all the same,
# and with AddressSanitizer a target plays a fifth of the inputs. FUZZ_SANITIZER=address has it nevertheless.
#
#   tests/fuzz.sh [TARGET...]            no name: all of them. FUZZ_SECONDS=30 each; FUZZ_SEED=0 draws other inputs
#   tests/fuzz.sh --replay TARGET FILE   plays one input again
#   tests/fuzz.sh --check                what the compiler says of the targets, their own tests, their seeds
set -eu
cd "$(dirname "$0")/.."

TARGETS="message deframer websocket upgrade_answer session_script"
# One takes more than half a core to itself; the machines that this runs on have two.
AT_A_TIME=2
# An input that takes as long as this hangs. None takes a tenth of a second; but a busy machine may stop for many.
INPUT_SECONDS=120

seconds=${FUZZ_SECONDS:-30}
# The same inputs every time, as long as nothing has changed: a test must not fail by chance. 0 draws others.
seed=${FUZZ_SEED:-1}
sanitizer=${FUZZ_SANITIZER:-none}
folder=tests/fuzz
built=target/fuzz

# Every target, in one go.
build() {
    host=$(rustc -vV | sed -n 's/^host: //p')
    # Of a sanitizer the compiler says that it is for nightlies alone, though every release has it.
    [ "$sanitizer" = none ] || export RUSTC_BOOTSTRAP=1
    echo "fuzz: $(rustc -V), sanitizer: $sanitizer"
    .tools/cargo-fuzz/bin/cargo-fuzz build --fuzz-dir "$folder" --target-dir "$built" --target "$host" \
        --sanitizer "$sanitizer"
    programs=$built/$host/release
}

# play TARGET: one target for its time, and a line of what it has done.
play() {
    target=$1
    log=$built/$target.log
    artifacts=$folder/artifacts/$target
    if [ "$seed" -eq 0 ]; then
        corpus=$folder/corpus/$target
        # An input that takes long is changed less often: a second is worth several times as many inputs.
        pace=-entropic_scale_per_exec_time=1
    else
        # What was found before, and how fast the machine is, would make other inputs.
        corpus=$built/corpus/$target pace=''
        rm -rf "$corpus"
    fi
    mkdir -p "$corpus" "$artifacts"
    # shellcheck disable=SC2086 # one flag or none
    if "$programs/$target" -max_total_time="$seconds" -seed="$seed" $pace -timeout="$INPUT_SECONDS" \
        -artifact_prefix="$artifacts/" "$corpus" "$folder/seeds/$target" >"$log" 2>&1 && grep -q 'DONE ' "$log"; then
        inputs=$(sed -n 's/^#\([0-9]*\)\tDONE .*/\1/p' "$log")
        reached=$(sed -n 's/.*DONE .*cov: \([0-9]*\) .*/\1/p' "$log")
        edges=$(sed -n 's/.*(\([0-9]*\) inline 8-bit counters).*/\1/p' "$log")
        echo "fuzz: $target: $inputs inputs in $seconds s, $reached of $edges edges reached"
        return
    fi
    input=$(sed -n 's/.*Test unit written to //p' "$log")
    echo "fuzz: $target FAILED"
    # What the target said, up to its stack.
    sed -n '/ panicked at /,/^stack backtrace/p; /^SUMMARY/p; /ERROR/p' "$log" | grep -v '^stack backtrace' | head -n 20
    if [ -n "$input" ]; then
        echo "the input: $input"
        echo "again:     tests/fuzz.sh --replay $target $input"
    else
        tail -n 20 "$log"
    fi
    return 1
}

# cargo COMMAND on the crate of the targets, without the fuzzer.
crate() {
    command=$1
    shift
    cargo "$command" --locked --quiet --manifest-path "$folder/Cargo.toml" --target-dir "$built" "$@"
}

check() {
    cargo fmt --manifest-path "$folder/Cargo.toml" --check
    crate clippy --all-targets -- -D warnings
    crate test --lib
    crate run --example seeds -- --check
}

case ${1:-} in
    --check) check ;;
    --replay)
        build
        # First what it stands for.
        RUST_LIBFUZZER_DEBUG_PATH=/dev/stdout "$programs/$2" "$3" 2>/dev/null
        "$programs/$2" "$3"
        ;;
    --play)
        programs=$2
        play "$3"
        ;;
    *)
        # shellcheck disable=SC2086 # a list of words
        [ $# -gt 0 ] || set -- $TARGETS
        for target in "$@"; do
            case " $TARGETS " in
                *" $target "*) ;;
                *) echo "there is no target '$target'; there are: $TARGETS" >&2; exit 2 ;;
            esac
        done
        build
        printf '%s\n' "$@" | xargs -n 1 -P "$AT_A_TIME" "$0" --play "$programs"
        ;;
esac
