//! The console's page, as cargo sees it: a build that holds it is built anew when the page changed.

use std::path::Path;
use std::{env, fs, io};

const CONSOLE: &str = "../wasm/console";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Outside of its repository the program has no page.
    if !Path::new(CONSOLE).is_dir() {
        return Ok(());
    }
    let page = Path::new(CONSOLE).join("dist");
    // A debug build reads the page when it is asked for, from a folder that must be there when it is built.
    fs::create_dir_all(&page)?;
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release || env::var_os("CARGO_FEATURE_EMBEDDED_CONSOLE").is_some() {
        println!("cargo::rerun-if-changed={}", page.display());
        if !page.join("index.html").is_file() {
            println!(
                "cargo::warning=this program will have no console: `make console` builds its page first"
            );
        }
    }
    Ok(())
}
