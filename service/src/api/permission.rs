//! What a request touches, for the permission check.

use iot_tunnel_core::{DestinationConfig, ServiceId, ThingName, TunnelId};

use super::call::Call;
use super::exception::Exception;
use crate::auth::{Asked, Destination, Key};
use crate::tunnels::{Tunnels, TunnelsError};

/// Whether the key may make this call.
///
/// A key's conditions hold for what the request names *and* for what the tunnel has: whoever may reach one thing only
/// must not rotate or close another thing's tunnel, nor take it over by naming an allowed thing. A tunnel that does not
/// exist has nothing to protect; that it does not exist is said afterwards.
pub(super) async fn check(key: &Key, call: &Call, tunnels: &Tunnels) -> Result<(), Exception> {
    let has = match tunnel(call) {
        Some(id) => match tunnels.get(id).await {
            Ok(record) => Some(record.tunnel.destination_config().cloned()),
            Err(TunnelsError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let asks = match call {
        Call::Rotate(request) => request.destination_config.as_ref(),
        Call::Open(request) => request.destination_config.as_ref(),
        _ => None,
    };
    let configs: Vec<_> = [has.as_ref().and_then(Option::as_ref), asks]
        .into_iter()
        .flatten()
        .map(Named::of)
        .collect();
    let mut destinations: Vec<_> = configs.iter().map(Named::destination).collect();
    if let Call::List(query) = call
        && let Some(thing_name) = &query.thing_name
    {
        destinations.push(Destination {
            thing_name: Some(thing_name),
            services: &[],
        });
    }
    let asked = Asked {
        action: call.operation().name(),
        client_mode: call.client_mode(),
        destinations: &destinations,
    };
    Ok(key.permits(&asked)?)
}

/// The tunnel that a call is about, if it is about one.
fn tunnel(call: &Call) -> Option<&TunnelId> {
    match call {
        Call::Rotate(request) => Some(&request.tunnel_id),
        Call::Describe(id) | Call::ListTags(id) => Some(id),
        Call::Close { id, .. } | Call::Tag { id, .. } | Call::Untag { id, .. } => Some(id),
        Call::Open(_) | Call::List(_) => None,
    }
}

/// A destination config by its names.
struct Named<'a> {
    thing_name: Option<&'a str>,
    services: Vec<&'a str>,
}

impl<'a> Named<'a> {
    fn of(config: &'a DestinationConfig) -> Self {
        let services = config.services().iter().map(ServiceId::as_str).collect();
        Self {
            thing_name: config.thing_name().map(ThingName::as_str),
            services,
        }
    }

    fn destination(&self) -> Destination<'_> {
        Destination {
            thing_name: self.thing_name,
            services: &self.services,
        }
    }
}
