//! Objects and lists of JavaScript that a call fills.

use alloc::boxed::Box;
use alloc::string::String;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A plain object. Members are set by name.
    #[wasm_bindgen(typescript_type = "object")]
    pub type Members;

    #[wasm_bindgen(method, structural, indexing_setter)]
    pub(crate) fn text(this: &Members, name: &str, value: &str);

    #[wasm_bindgen(method, structural, indexing_setter)]
    pub(crate) fn number(this: &Members, name: &str, value: f64);

    #[wasm_bindgen(method, structural, indexing_setter)]
    pub(crate) fn flag(this: &Members, name: &str, value: bool);

    /// The object gets a copy.
    #[wasm_bindgen(method, structural, indexing_setter)]
    pub(crate) fn bytes(this: &Members, name: &str, value: Box<[u8]>);

    /// An array of strings.
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type Texts;

    #[wasm_bindgen(method)]
    pub(crate) fn push(this: &Texts, text: &str);

    #[wasm_bindgen(method, getter)]
    pub(crate) fn length(this: &Texts) -> u32;

    /// Fails for what is no text.
    #[wasm_bindgen(method, structural, indexing_getter, catch)]
    pub(crate) fn get(this: &Texts, index: u32) -> Result<String, JsValue>;
}
