#!/bin/sh
# `make npm`: builds the package into dist/ and packs it: core and the raw bindings to WebAssembly, their JavaScript by
# wasm-bindgen, smaller by wasm-opt, and as JavaScript by embed.js; then the TypeScript on top.
#
# The compiler is rustup's where it has the target, else Debian's rustc-web, which builds Rust's own library from source.
set -eu
cd "$(dirname "$0")"

TARGET=wasm32-unknown-unknown
PROFILE=wasm
# One round of SHA-256 in a loop instead of 64 in a row: 3 KB less, gzipped, and tokens are all that is hashed.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS='--cfg sha2_backend_soft="compact"'

# compile FEATURE: prints the path of the compiled module.
compile() {
    set -- --quiet --locked --profile "$PROFILE" --target "$TARGET" -p iot-tunnel-wasm --no-default-features --features "$1"
    if rustup target list --installed 2>/dev/null | grep -qx "$TARGET"; then
        folder=../target
        cargo build --target-dir "$folder" "$@"
    elif [ -x /usr/bin/cargo ] && [ -d /usr/src/rustc-"$(/usr/bin/rustc -V | cut -d' ' -f2)" ]; then
        folder=../target/debian
        PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
            /usr/bin/cargo build --target-dir "$folder" "$@" -Z build-std=std,panic_abort
    else
        echo "npm: no compiler for $TARGET: run \`make setup\`" >&2
        return 1
    fi
    echo "$folder/$TARGET/$PROFILE/iot_tunnel.wasm"
}

rm -rf dist
mkdir -p dist/raw
for module in connection local; do
    compiled=$(compile "$module")
    cargo run --quiet --locked -p iot-tunnel-bindgen -- "$compiled" dist/raw "$module"
    # In the place of what would import the WebAssembly as a module, which few can.
    mv "dist/raw/${module}_bg.js" "dist/raw/$module.js"
    optimized=dist/raw/${module}_bg.wasm
    node_modules/.bin/wasm-opt -Oz -Oz --converge --low-memory-unused --reorder-functions \
        --strip-debug --strip-producers --strip-target-features "$optimized" -o "$optimized"
    node embed.js "$optimized" "dist/raw/$module-embedded.js"
done
# What describes the raw exports is wasm-bindgen's own business.
rm dist/raw/*.wasm.d.ts
node_modules/.bin/tsc
# npm packs it from here alone.
cp ../LICENSE .
npm pack --silent
