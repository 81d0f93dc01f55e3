//! The rules of single values, and the rotation table.

use iot_tunnel_core::{AccessToken, ClientToken, Region, ServiceId, ThingName, TunnelArn, TunnelId};
use wasm_bindgen::prelude::*;

use crate::fault::{Fault, invalid};
use crate::words::{ClientMode, Kind};

/// Throws what is wrong with a value of that kind.
#[wasm_bindgen]
pub fn check(kind: Kind, value: &str) -> Result<(), Fault> {
    match kind {
        Kind::TunnelId => TunnelId::RULE.check(value),
        Kind::ThingName => ThingName::RULE.check(value),
        Kind::Service => ServiceId::RULE.check(value),
        Kind::Region => Region::RULE.check(value),
        Kind::TunnelArn => TunnelArn::RULE.check(value),
        Kind::ClientToken => ClientToken::RULE.check(value),
        Kind::AccessToken | Kind::__Invalid => {
            let _: AccessToken = AccessToken::parse(value)?;
            Ok(())
        }
    }
    .map_err(invalid)
}

/// A row of the rotation table: 1 for a new token of the source, 2 for one of the destination, 4 for a new
/// destination config, added up.
#[wasm_bindgen]
pub fn rotation(mode: ClientMode, with_destination_config: bool) -> Result<u8, Fault> {
    let rotation = mode.core()?.rotation(with_destination_config)?;
    let bits = [
        rotation.source,
        rotation.destination,
        rotation.replaces_destination_config,
    ];
    Ok(bits.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit)))
}
