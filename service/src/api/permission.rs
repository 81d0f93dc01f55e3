//! What a request touches, for the permission check.

use iot_tunnel_core::{DestinationConfig, ServiceId, ThingName};

use super::call::Call;
use crate::auth::{AccessDenied, Asked, Destination, Key};
use crate::record::Record;

/// Whether the key may make this call, to be asked of the record that the call is about.
///
/// A key's conditions apply to the destination of the tunnel *and* to the one that the request brings. A tunnel without a
/// `destinationConfig` has a destination that names nothing, which no condition allows: otherwise a key for one thing
/// could take over such a tunnel by rotating it with a `destinationConfig` of that thing. A tunnel that does not exist is
/// treated in the same way, so that the answer does not tell the two apart.
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
        let names_a_tunnel = !matches!(call, Call::Open(_) | Call::List(_));
        (
            key,
            call.operation().name(),
            call.client_mode(),
            names_a_tunnel,
            config,
            thing_name,
        )
    });
    move |record| {
        let Some((key, action, client_mode, names_a_tunnel, asks, listed)) = &asked else {
            return Ok(());
        };
        let has = names_a_tunnel.then(|| {
            let config = record.and_then(|record| record.tunnel.destination_config());
            config.map_or_else(Named::default, Named::of)
        });
        let configs: Vec<_> = has.into_iter().chain(asks.as_ref().map(Named::of)).collect();
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

/// A destination config by its names; by default one that names nothing.
#[derive(Default)]
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
