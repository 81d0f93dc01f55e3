//! What a request touches, for the permission check.

use iot_tunnel_core::{DestinationConfig, ServiceId, ThingName};

use super::call::Call;
use crate::auth::{AccessDenied, Asked, Destination, Key};
use crate::record::Record;

/// Whether the key may make this call, to be asked of the record that the call is about.
///
/// A key's conditions hold for what the request names *and* for what the tunnel has: whoever may reach one thing only
/// must not rotate or close another thing's tunnel, nor take it over by naming an allowed thing. A tunnel that does not
/// exist has nothing to protect; that it does not exist is said afterwards.
pub(super) fn of<'k>(
    key: Option<&'k Key>,
    call: &Call,
) -> impl Fn(Option<&Record>) -> Result<(), AccessDenied> + Sync + use<'k> {
    let asked = key.map(|key| {
        let (config, thing_name) = match call {
            Call::Rotate(request) => (request.destination_config.clone(), None),
            Call::Open(request) => (request.destination_config.clone(), None),
            Call::List(query) => (None, query.thing_name.clone()),
            _ => (None, None),
        };
        (
            key,
            call.operation().name(),
            call.client_mode(),
            config,
            thing_name,
        )
    });
    move |record| {
        let Some((key, action, client_mode, asks, listed)) = &asked else {
            return Ok(());
        };
        let has = record.and_then(|record| record.tunnel.destination_config());
        let configs: Vec<_> = [has, asks.as_ref()]
            .into_iter()
            .flatten()
            .map(Named::of)
            .collect();
        let mut destinations: Vec<_> = configs.iter().map(Named::destination).collect();
        if let Some(thing_name) = listed {
            destinations.push(Destination {
                thing_name: Some(thing_name),
                services: &[],
            });
        }
        key.permits(&Asked {
            action,
            client_mode: *client_mode,
            destinations: &destinations,
        })
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
