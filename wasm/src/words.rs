//! The words that cross in place of numbers.
#![expect(missing_docs, reason = "the macro adds to each enum what nobody but it uses")]

use iot_tunnel_core::Misuse;
use wasm_bindgen::prelude::*;

use crate::fault::Fault;

/// A side of a tunnel.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Side {
    Source = "source",
    Destination = "destination",
}

impl Side {
    pub(crate) fn core(self) -> Result<iot_tunnel_core::Side, Fault> {
        match self {
            Self::Source => Ok(iot_tunnel_core::Side::Source),
            Self::Destination => Ok(iot_tunnel_core::Side::Destination),
            Self::__Invalid => Err(Fault::new(
                Misuse::UnknownEnumValue.into(),
                &"a side is 'source' or 'destination'",
            )),
        }
    }
}

/// Whose access token a rotation replaces.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum ClientMode {
    Source = "SOURCE",
    Destination = "DESTINATION",
    All = "ALL",
}

impl ClientMode {
    pub(crate) fn core(self) -> Result<iot_tunnel_core::ClientMode, Fault> {
        match self {
            Self::Source => Ok(iot_tunnel_core::ClientMode::Source),
            Self::Destination => Ok(iot_tunnel_core::ClientMode::Destination),
            Self::All => Ok(iot_tunnel_core::ClientMode::All),
            Self::__Invalid => Err(Fault::new(
                Misuse::UnknownClientMode.into(),
                &"a clientMode is 'SOURCE', 'DESTINATION' or 'ALL'",
            )),
        }
    }
}

/// What is to be said to a request: nothing, or the exception that the API answers with.
#[cfg(feature = "connection")]
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Verdict {
    Valid = "valid",
    Serialization = "SerializationException",
    Validation = "ValidationException",
    LimitExceeded = "LimitExceededException",
}

#[cfg(feature = "connection")]
/// A kind of value that has a rule.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Kind {
    TunnelId = "tunnelId",
    ThingName = "thingName",
    Service = "service",
    Region = "region",
    TunnelArn = "tunnelArn",
    ClientToken = "clientToken",
    AccessToken = "accessToken",
}
