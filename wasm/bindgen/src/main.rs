//! Writes the JavaScript and the WebAssembly of the raw bindings, `NAME_bg.js` and `NAME_bg.wasm`, and the types of both,
//! `NAME.d.ts`: `iot-tunnel-bindgen COMPILED.wasm FOLDER NAME`.

use std::error::Error;

use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(compiled), Some(folder), Some(name), None) = (
        arguments.next(),
        arguments.next(),
        arguments.next(),
        arguments.next(),
    ) else {
        return Err(
            "give the compiled file, the folder to write to and the files' name, nothing else".into(),
        );
    };
    Bindgen::new()
        .input_path(compiled)
        // The package's own `load.ts` loads it: that of `web` is 1 KB, gzipped.
        .bundler(true)?
        .typescript(true)
        .out_name(&name)
        // Every engine that can load it has it.
        .encode_into(EncodeInto::Always)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
