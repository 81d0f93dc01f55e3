//! Core's errors, thrown as the package's own classes.

use alloc::string::{String, ToString};
use core::fmt::Display;

use iot_tunnel_core::{Capacity, Error, InvalidText, Misuse, PeerFault, Refusal};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = tunnelError)]
    fn tunnel_error(number: u16, code: &str, message: &str) -> JsValue;
}

/// What a failed call throws.
pub struct Fault {
    error: Error,
    /// What is said instead of the error's own text.
    message: Option<String>,
}

impl Fault {
    /// An error, and what exactly was wrong.
    pub(crate) fn new(error: impl Into<Error>, message: impl Display) -> Self {
        Self {
            error: error.into(),
            message: Some(message.to_string()),
        }
    }
}

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            message: None,
        }
    }
}

impl From<Fault> for JsValue {
    fn from(Fault { error, message }: Fault) -> Self {
        let (name, text) = name_and_text(error);
        tunnel_error(error.code(), name, message.as_deref().unwrap_or(text))
    }
}

/// The error of a value that breaks its rule, and how exactly.
pub(crate) fn invalid(text: InvalidText) -> Fault {
    Fault::new(text, text)
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
