//! Core's errors, thrown as the package's own classes.

use alloc::format;
use core::fmt::Display;

use iot_tunnel_core::{Error, InvalidText};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    /// Makes the error of that number. An empty `message` stands for its general text, which JavaScript has.
    #[wasm_bindgen(js_name = tunnelError)]
    fn tunnel_error(number: u16, message: &str) -> JsValue;
}

/// What a failed call throws.
pub struct Fault(JsValue);

impl Fault {
    /// An error, and what exactly was wrong.
    #[cold]
    #[inline(never)]
    pub(crate) fn new(error: Error, message: &dyn Display) -> Self {
        Self(tunnel_error(error.code(), &format!("{message}")))
    }

    /// What JavaScript has thrown already.
    pub(crate) const fn thrown(error: JsValue) -> Self {
        Self(error)
    }

    /// Not inline, so that the way from errors to exceptions is there once.
    #[cold]
    #[inline(never)]
    fn of(error: Error) -> Self {
        Self(tunnel_error(error.code(), ""))
    }
}

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::of(error.into())
    }
}

impl From<Fault> for JsValue {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

/// The error of a value that breaks its rule, and how exactly.
#[cold]
pub(crate) fn invalid(text: InvalidText) -> Fault {
    Fault::new(text.into(), &text)
}
