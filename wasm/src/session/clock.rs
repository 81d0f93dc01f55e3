//! The clock of whoever has the session.

use iot_tunnel_core::Millis;
use wasm_bindgen::prelude::*;

use crate::millis;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since any moment. They never go back, and to ask never throws: it would leave a session locked.
    #[wasm_bindgen(typescript_type = "{ now(): number }")]
    pub type Clock;

    #[wasm_bindgen(method)]
    fn now(this: &Clock) -> f64;
}

impl Clock {
    /// The moment it is. A session asks when it matters: in a browser that takes as long as to take a message.
    pub(super) fn moment(&self) -> Millis {
        millis(self.now())
    }
}
