//! What the log says of a tunnel.

use std::time::Duration;

use crate::client::{Event, Open};
use crate::logging::Short;

/// Notes an event. `tunnel` tells one tunnel from another.
pub(crate) fn note(tunnel: &str, event: &Event) {
    match event {
        Event::Connecting => tracing::debug!(tunnel, "connecting"),
        Event::Open(open) => note_open(tunnel, open),
        Event::Lost { why, retry_in } => match retry_in {
            Some(wait) => tracing::warn!(tunnel, retry_in = %shown(*wait), "not connected: {why}"),
            None => tracing::warn!(tunnel, "not connected: {why}"),
        },
        Event::Contested => tracing::warn!(
            tunnel,
            "connections are lost again and again as soon as they are made: another instance may be using the same tokens"
        ),
        Event::Refused(refused) => {
            let channel_id = refused.channel_id.as_deref();
            tracing::warn!(
                tunnel,
                channel_id,
                "the service refused the access token: {refused}"
            );
        }
        Event::NeedsToken { why } => tracing::debug!(tunnel, ?why, "an access token is needed"),
        Event::TunnelClosed => tracing::warn!(tunnel, "the service closed the tunnel"),
        Event::Closed => tracing::debug!(tunnel, "ended"),
    }
}

fn note_open(tunnel: &str, open: &Open) {
    let services = match open.services.as_slice() {
        [] => "(none named)".to_owned(),
        services => named(services),
    };
    tracing::info!(
        tunnel,
        services,
        channel_id = open.channel_id.as_deref(),
        "the tunnel is open"
    );
    if open.needs_name {
        tracing::warn!(
            tunnel,
            "the tunnel has several services, and none was chosen: no connection can be made; \
             start again with SERVICE= before the port"
        );
        return;
    }
    if !open.only_here.is_empty() {
        let services = named(&open.only_here);
        tracing::warn!(
            tunnel,
            services,
            "the tunnel does not have these services: no connection to them can be made"
        );
    }
    if !open.only_in_tunnel.is_empty() {
        let services = named(&open.only_in_tunnel);
        tracing::warn!(
            tunnel,
            services,
            "nothing here belongs to these services of the tunnel"
        );
    }
}

/// Names of services, as far as a line has room for them: the service decides how many it sends.
fn named(services: &[String]) -> String {
    Short(&services.join(", ")).to_string()
}

/// A wait, for people.
fn shown(wait: Duration) -> String {
    format!("{:.1}s", wait.as_secs_f32())
}
