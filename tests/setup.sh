#!/bin/sh
# Installs what the demo and the tests need beside cargo, a C compiler, node and python3. Idempotent; what is there
# already costs nothing. Everything lands in this checkout (.tools/, node_modules of the npm packages), except Debian's
# packages and rustup's targets, which belong to the machine.
#
#   tests/setup.sh [PART...]     no part: all of them
set -eu
cd "$(dirname "$0")/.."

PARTS="python node mqtt broker certificates web ssh sockets c cross ffi fuzz firmware agent wasm js consumers console chromium"

say() { printf 'setup: %s\n' "$*"; }

# debian PACKAGE...: installs the packages that are missing.
debian() {
    missing=''
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian or Ubuntu: install yourself what provides$missing" >&2
        return 1
    fi
    say "installing$missing"
    as_root=''
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -qq
    # RUNLEVEL=1: the packages' services are not started; the tests run their own on free ports.
    # shellcheck disable=SC2086 # $missing is a list of package names.
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing
}

# A virtual environment with exactly the versions of requirements.txt.
setup_python() {
    wanted=tests/clients/requirements.txt
    venv=.tools/python
    cmp -s "$wanted" "$venv/requirements.txt" && "$venv/bin/python" -c '' 2>/dev/null && return 0
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
    say "python packages into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$venv/requirements.txt"
}

# node_modules FOLDER: exactly as its package-lock.json says.
node_modules() {
    modules=$1/node_modules
    cmp -s "$1/package-lock.json" "$modules/.installed-lock.json" && return 0
    command -v npm >/dev/null || debian npm
    say "node packages into $modules"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$1/package-lock.json" "$modules/.installed-lock.json"
}

# The AWS SDK for JavaScript, as a client of the service.
setup_node() { node_modules tests/clients/js; }

# What the npm package is built with, and what its tests need.
setup_wasm() { compilers_of wasm32-unknown-unknown && node_modules wasm; }
setup_js() { node_modules tests/js; }

# What projects that use the npm package have: bundlers, the compiler, and what judges a package.
setup_consumers() { node_modules tests/js/consumers; }

# What the console is built with, and the browser that tests drive; CHROMIUM names another one.
setup_console() { node_modules wasm/console; }
setup_chromium() { [ -n "${CHROMIUM:-}" ] || debian chromium; }

# The device's client; and a broker of somebody else's, for the tests of an outage.
setup_mqtt() { debian mosquitto-clients; }
setup_broker() { debian mosquitto; }
# What makes the certificates of a broker with TLS.
setup_certificates() { debian openssl; }

# What runs at the two ends of a tunnel: a web server and its client, and SSH.
setup_web() { debian nginx-light curl; }
setup_ssh() { debian openssh-server openssh-client; }
# Programs that end only what they send.
setup_sockets() { debian netcat-openbsd socat; }

# The tests in C: a compiler with its sanitizers, and what sees every byte that is read.
setup_c() { debian gcc libc6-dev valgrind; }

# The firmware example's compiler, and the board that it runs on.
setup_firmware() { debian gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm; }

# compilers_of TARGET...: rustup's targets, or where rustup cannot have them, Debian's compiler with its source.
compilers_of() {
    if command -v rustup >/dev/null; then
        installed=$(rustup target list --installed)
        absent=''
        for target in "$@"; do
            printf '%s\n' "$installed" | grep -qx "$target" || absent="$absent $target"
        done
        [ -n "$absent" ] || return 0
        say "rustup targets$absent"
        # shellcheck disable=SC2086 # $absent is a list.
        if rustup target add $absent; then return 0; fi
        say "rustup cannot add them here: Debian's compiler instead"
    fi
    debian rustc-web cargo-web rust-web-src lld-22
}

# The targets of tests/cross.sh.
setup_cross() {
    # shellcheck disable=SC2046 # a list
    compilers_of $(tests/cross.sh --targets)
}

# The C library: the compilers that the header has to please, those of microcontrollers, and every way to find a library.
setup_ffi() {
    debian gcc g++ make clang gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf \
        pkg-config cmake meson ninja-build abigail-tools
}

# The agent in C, with its two libraries.
setup_agent() { debian gcc make pkg-config libmosquitto-dev libmbedtls-dev; }

# The fuzzer's driver, and the C++ compiler that libFuzzer is built with.
CARGO_FUZZ=0.13.2
setup_fuzz() {
    command -v c++ >/dev/null || debian g++
    root=.tools/cargo-fuzz
    [ "$("$root/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $CARGO_FUZZ" ] || return 0
    say "cargo-fuzz into $root"
    cargo install --quiet --locked cargo-fuzz --version "$CARGO_FUZZ" --root "$root"
}

# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $PARTS
for part in "$@"; do
    case " $PARTS " in
        *" $part "*) "setup_$part" ;;
        *) say "unknown part '$part'; there are: $PARTS" >&2; exit 2 ;;
    esac
done
