//! Core's errors, thrown as the package's own classes.

use alloc::format;
use core::fmt::Display;

use iot_tunnel_core::{Capacity, Error, InvalidText, Misuse, PeerFault, Refusal};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = tunnelError)]
    fn tunnel_error(number: u16, code: &str, message: &str) -> JsValue;
}

/// What a failed call throws.
pub struct Fault(JsValue);

impl Fault {
    /// An error, and what exactly was wrong.
    #[cold]
    pub(crate) fn new(error: impl Into<Error>, message: &dyn Display) -> Self {
        Self::with_text(error.into(), &format!("{message}"))
    }

    fn with_text(error: Error, text: &str) -> Self {
        Self(tunnel_error(error.code(), name_and_text(error).0, text))
    }

    /// The one place where errors become exceptions, so that the code for it is there once.
    #[cold]
    #[inline(never)]
    fn of(error: Error) -> Self {
        Self::with_text(error, name_and_text(error).1)
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
#[inline(never)]
pub(crate) fn invalid(text: InvalidText) -> Fault {
    Fault::new(text, &text)
}

fn name_and_text(error: Error) -> (&'static str, &'static str) {
    match error {
        Error::Misuse(error) => (error.name(), error.text()),
        Error::Refusal(error) => (error.name(), error.text()),
        Error::Peer(error) => (error.name(), error.text()),
        Error::Capacity(error) => (error.name(), error.text()),
    }
}

/// The error of a number, as it would be thrown; `undefined` if there is none.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(number: u16) -> JsValue {
    fn find<E: Copy + Into<Error>>(every: &[E], number: u16) -> Option<Error> {
        let mut errors = every.iter().map(|error| (*error).into());
        errors.find(|error: &Error| error.code() == number)
    }
    let error = match number / 100 {
        1 => find(Misuse::EVERY, number),
        2 => find(Refusal::EVERY, number),
        3 => find(PeerFault::EVERY, number),
        _ => find(Capacity::EVERY, number),
    };
    error.map_or(JsValue::UNDEFINED, |error| Fault::from(error).into())
}
