//! Writes the ES module and the WebAssembly of the raw bindings: `iot-tunnel-bindgen COMPILED.wasm FOLDER`.

use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

/// The files' name, before `.js`, `.d.ts` and `_bg.wasm`.
const NAME: &str = "iot_tunnel";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(compiled), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("give the compiled file and the folder to write to, nothing else".into());
    };
    Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .typescript(true)
        .out_name(NAME)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
