//! Entropy from the JavaScript engine.

use iot_tunnel_core::{Entropy, Misuse};
use zeroize::Zeroizing;

use crate::fault::Fault;

/// Draws what one operation needs.
pub(crate) fn draw() -> Result<Entropy, Fault> {
    let mut bytes = Zeroizing::new([0; 64]);
    getrandom::fill(&mut *bytes).map_err(|_| Misuse::StuckEntropy)?;
    Ok(Entropy::new(*bytes)?)
}
