//! The services of a tunnel, by their names.

use alloc::string::String;
use alloc::vec::Vec;

use iot_tunnel_core::ServiceId;

use crate::fault::{Fault, invalid};

/// The names as they came, each checked.
pub(crate) fn service_ids(names: Vec<String>) -> Result<Vec<ServiceId>, Fault> {
    let parse = |name: String| ServiceId::parse(&name).map_err(invalid);
    names.into_iter().map(parse).collect()
}
