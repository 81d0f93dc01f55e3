//! Writes the JavaScript and the WebAssembly of the raw bindings, `NAME_bg.js` and `NAME_bg.wasm`, and the types of both,
//! `NAME.d.ts`: `iot-tunnel-bindgen COMPILED.wasm FOLDER NAME`.

use std::error::Error;
use std::fs;
use std::path::Path;

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
    let mut output = Bindgen::new()
        .input_path(compiled)
        // The package's own `load.ts` loads it: that of `web` is 1 KB, gzipped.
        .bundler(true)?
        .typescript(true)
        .out_name(&name)
        // Every engine that can load it has it.
        .encode_into(EncodeInto::Always)
        .remove_producers_section(true)
        .generate_output()?;
    let mut renamed = Vec::new();
    for import in output.wasm_mut().imports.iter_mut() {
        let short = without_hash(&import.name).to_owned();
        let long = std::mem::replace(&mut import.name, short.clone());
        if renamed.iter().any(|(_, other)| *other == short) {
            return Err(format!("two imports are called {short}: one needs a js_name of its own").into());
        }
        renamed.push((long, short));
    }
    output.emit(&folder)?;
    let script = Path::new(&folder).join(format!("{name}_bg.js"));
    let mut text = fs::read_to_string(&script)?;
    for (long, short) in renamed {
        text = text.replace(&long, &short);
    }
    Ok(fs::write(script, text)?)
}

/// The name of an import without the hash behind it, which tells crates apart; and which no gzip makes smaller.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((short, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => short,
        _ => name,
    }
}
