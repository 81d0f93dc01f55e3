//! How a tunnel looks at one moment.

use iot_tunnel_core::{self as core, ClosedBy as By, ConnectionId, Millis, Tunnel};

use crate::destination::DestinationConfig;
use crate::memory::Text;

/// How `TunnelStatus` stands in a struct.
pub type TunnelStatusCode = i32;

/// The status of a tunnel.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelStatus {
    /// It can be connected and rotated.
    Open = 1,
    /// Closed, for good.
    Closed = 2,
}

/// How `ClosedBy` stands in a struct.
pub type ClosedByCode = i32;

/// What closed a tunnel.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// Nothing: it is open.
    None = 0,
    /// A call of close.
    Request = 1,
    /// The end of its lifetime.
    Lifetime = 2,
}

/// One side of a tunnel.
#[repr(C)]
pub struct SideDescription {
    /// Whether a peer is connected.
    pub connected: bool,
    /// Its connection, as its caller named it; 0 if none is connected.
    pub connection: u64,
    /// When `connected` last changed, in milliseconds.
    pub last_updated_at: u64,
    /// How often the side's token has been rotated. A notification carries the token of one such number: it is current as
    /// long as the number stands.
    pub generation: u32,
}

/// How a tunnel looks at one moment. All times are in milliseconds, as the caller counts them.
#[repr(C)]
pub struct Description {
    /// The tunnel's id. It lasts as long as the record stays where it is and is not opened again or wiped.
    pub id: Text,
    /// One of iot_tunnel_tunnel_status.
    pub status: TunnelStatusCode,
    /// One of iot_tunnel_closed_by.
    pub closed_by: ClosedByCode,
    /// Since when it is closed; 0 while it is open.
    pub closed_at: u64,
    /// When it was opened.
    pub created_at: u64,
    /// When it closes by itself. Nothing ever moves it.
    pub ends_at: u64,
    /// When the tunnel last changed.
    pub last_updated_at: u64,
    /// When iot_tunnel_record_expire will next have something to do.
    pub next_deadline: u64,
    /// The lifetime it was opened with.
    pub lifetime_minutes: u32,
    /// The source.
    pub source: SideDescription,
    /// The destination.
    pub destination: SideDescription,
    /// Whether something stands at the destination.
    pub has_destination_config: bool,
    /// What stands there now. Its texts last as long as no rotation replaces it, and as id.
    pub destination_config: DestinationConfig,
}

impl Description {
    /// The tunnel's at that moment.
    pub(crate) fn of(tunnel: &Tunnel, now: Millis) -> Self {
        let description = tunnel.describe(now);
        let side = |side| {
            let state = description.connection(side);
            let live = tunnel.connection(side).filter(|_| state.connected);
            SideDescription {
                connected: state.connected,
                connection: live.map_or(0, |ConnectionId(number)| number),
                last_updated_at: state.last_updated_at.0,
                generation: tunnel.generation(side),
            }
        };
        let (status, closed_by, closed_at) = match description.status {
            core::TunnelStatus::Open => (TunnelStatus::Open, ClosedBy::None, 0),
            core::TunnelStatus::Closed { at, by } => (
                TunnelStatus::Closed,
                match by {
                    By::Request => ClosedBy::Request,
                    By::Lifetime => ClosedBy::Lifetime,
                },
                at.0,
            ),
        };
        let config = tunnel.destination_config();
        let services = config.map(core::DestinationConfig::services).unwrap_or_default();
        Self {
            id: Text::of(tunnel.id().as_str()),
            status: status as TunnelStatusCode,
            closed_by: closed_by as ClosedByCode,
            closed_at,
            created_at: tunnel.created_at().0,
            ends_at: tunnel.ends_at().0,
            last_updated_at: description.last_updated_at.0,
            next_deadline: tunnel.next_deadline().0,
            lifetime_minutes: tunnel.lifetime().minutes().into(),
            source: side(core::Side::Source),
            destination: side(core::Side::Destination),
            has_destination_config: config.is_some(),
            destination_config: DestinationConfig::of(
                config
                    .and_then(|config| config.thing_name())
                    .map(core::ThingName::as_str),
                services.iter().map(core::ServiceId::as_str),
            ),
        }
    }
}
