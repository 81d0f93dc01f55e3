//! Writes `include/iot_tunnel.h` from the source of the C ABI; with `--check`, says whether the committed one differs.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let header = root.join("include/iot_tunnel.h");
    let config = cbindgen::Config::from_file(root.join("ffi/cbindgen.toml"))?;
    let mut generated = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_crate(root.join("ffi"))
        .generate()?
        .write(&mut generated);
    match std::env::args().nth(1).as_deref() {
        None => std::fs::write(header, generated)?,
        Some("--check") if std::fs::read(&header)? == generated => {}
        Some("--check") => return Err("include/iot_tunnel.h is out of date: run `make header`".into()),
        Some(other) => return Err(format!("unknown argument {other}; there is --check").into()),
    }
    Ok(())
}
