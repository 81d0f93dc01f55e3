//! Core's errors, thrown as the package's own classes.

use alloc::format;
use core::fmt::Display;

use iot_tunnel_core::{Capacity, Error, InvalidText, Misuse, PeerFault, Refusal};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    /// Makes the error of that number. `table` has its line; an empty `message` stands for the text there.
    #[wasm_bindgen(js_name = tunnelError)]
    fn tunnel_error(number: u16, table: &str, message: &str) -> JsValue;
}

/// What a failed call throws.
pub struct Fault(JsValue);

impl Fault {
    /// An error, and what exactly was wrong.
    #[cold]
    #[inline(never)]
    pub(crate) fn new(error: Error, message: &dyn Display) -> Self {
        Self(of_number(error.code(), &format!("{message}")))
    }

    /// What JavaScript has thrown already.
    pub(crate) const fn thrown(error: JsValue) -> Self {
        Self(error)
    }

    /// Not inline, so that the way from errors to exceptions is there once.
    #[cold]
    #[inline(never)]
    fn of(error: Error) -> Self {
        Self(of_number(error.code(), ""))
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

/// The error of a number, as it would be thrown; `undefined` if there is none.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(number: u16) -> JsValue {
    of_number(number, "")
}

fn of_number(number: u16, message: &str) -> JsValue {
    let table = match number / 100 {
        1 => Misuse::TABLE,
        2 => Refusal::TABLE,
        3 => PeerFault::TABLE,
        _ => Capacity::TABLE,
    };
    tunnel_error(number, table, message)
}
