//! Writes the ES module and the WebAssembly of the raw bindings: `iot-tunnel-bindgen COMPILED.wasm FOLDER NAME`.

use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

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
        .web(true)?
        .typescript(true)
        .out_name(&name)
        // The package's own files say where it is, so that Node can read it and bundlers find it once.
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
