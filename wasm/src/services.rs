//! The services of a tunnel, by their names.

use alloc::vec::Vec;

use iot_tunnel_core::ServiceId;

use crate::fault::{Fault, invalid};
use crate::members::Texts;

/// The names as they came, each checked.
pub(crate) fn service_ids(names: &Texts) -> Result<Vec<ServiceId>, Fault> {
    let mut services = Vec::new();
    for index in 0..names.length() {
        let name = names.get(index).map_err(Fault::thrown)?;
        services.push(ServiceId::parse(&name).map_err(invalid)?);
    }
    Ok(services)
}
