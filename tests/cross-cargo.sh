# shellcheck shell=sh
# Sourced by what builds for a target without an operating system: which compiler builds it, and where to.
#
# The compiler is rustup's where the target is installed (`make setup` tries to), else Debian's rustc-web, which builds
# Rust's own library from source; called by full path, so that rustup's tools stay in front everywhere else.
# IOT_TUNNEL_CROSS=rustup or =rustc-web takes that one or fails.

FIRMWARE_TARGETS="thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imc-unknown-none-elf"

# cross_compiler TARGET: sets `compiler`, and `folder`, which holds TARGET/PROFILE.
cross_compiler() {
    if [ "${IOT_TUNNEL_CROSS:-rustup}" = rustup ] && rustup target list --installed 2>/dev/null | grep -qx "$1"; then
        compiler=rustup
    elif [ "${IOT_TUNNEL_CROSS:-rustc-web}" = rustc-web ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] &&
        [ -d /usr/src/rustc-"$(/usr/bin/rustc -V | cut -d' ' -f2)" ]; then
        compiler=rustc-web
    else
        echo "no ${IOT_TUNNEL_CROSS:-}${IOT_TUNNEL_CROSS:+ }compiler for $1: run \`make setup\`" >&2
        return 1
    fi
    # A compiler that is let use its unstable options builds all anew: in a folder of its own, it does so once.
    folder=target/cross/$compiler${RUSTC_BOOTSTRAP:+-unstable}
}

# cross_cargo TARGET COMMAND ARGUMENT...: cargo with the compiler that has the target.
cross_cargo() {
    cross_compiler "$1" || return
    target=$1 command=$2
    shift 2
    set -- "$command" --locked --target "$target" --target-dir "$folder" "$@"
    case $compiler in
        rustup) cargo "$@" ;;
        rustc-web)
            PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
                CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
                /usr/bin/cargo "$@" -Z build-std=core,panic_abort
            ;;
    esac
}
