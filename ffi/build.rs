//! Links the shared library as a system's linker wants it.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let abi = var("CARGO_PKG_VERSION_MAJOR").expect("cargo says the version");
    for argument in [
        // The name that programs look it up by; tests/ffi holds what it promises.
        format!("-Wl,-soname,libiot_tunnel.so.{abi}"),
        // For memcpy and its kind. Nothing else may be left open.
        "-lc".to_owned(),
        "-Wl,--as-needed,-z,defs".to_owned(),
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
