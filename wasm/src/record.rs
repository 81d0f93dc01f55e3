//! [`TunnelRecord`]: the service's record of one tunnel.

use alloc::string::{String, ToString};

use iot_tunnel_core::{
    Claim, ClientToken, ClosedBy, ConnectionId, DestinationConfig, Effect, Effects, Handshake, IssuedToken,
    Lifetime, Refusal, ThingName, Tunnel, TunnelId, TunnelStatus,
};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::fault::{Fault, invalid};
use crate::members::{Members, Texts};
use crate::services::service_ids;
use crate::words::{ClientMode, Side};
use crate::{entropy, millis, number};

/// A tunnel as the service has it.
///
/// Each operation fills an object with what the caller is to do next, in the order of these members:
/// `disconnectSource` and `disconnectDestination` (the connections to be closed, by the caller's numbers), `reason` (why,
/// for the close frame), `resetPeer` (the side to which every stream is reset), `notify` (the thing is to be told the
/// destination's new token), `deleted` (the record is to be forgotten).
#[wasm_bindgen]
pub struct TunnelRecord {
    tunnel: Tunnel,
}

#[wasm_bindgen]
impl TunnelRecord {
    /// Opens a tunnel. `services` are 1 to 3 names; without them there is no destination config, and no thing. `lifetime` is
    /// in minutes, 1 to 720. `effects` also gets `sourceAccessToken` and `destinationAccessToken`.
    pub fn open(
        now: f64,
        id: &str,
        thing: Option<String>,
        services: Option<Texts>,
        lifetime: u32,
        effects: &Members,
    ) -> Result<Self, Fault> {
        let (tunnel, opened) = Tunnel::open(
            TunnelId::parse(id).map_err(invalid)?,
            destination_config(thing, services)?,
            Lifetime::from_minutes(lifetime)?,
            millis(now),
            &entropy::draw()?,
        )?;
        tell_tokens(effects, Some(&opened.source), Some(&opened.destination));
        tell(effects, &opened.effects);
        Ok(Self { tunnel })
    }

    /// A peer's handshake. `clientTokenInUse` says whether any open tunnel, this one too, `binds` the client token.
    /// `connection` is the caller's number for it, and no other of this tunnel has had the same.
    #[expect(clippy::too_many_arguments, reason = "an object of them would cost a class")]
    pub fn connect(
        &mut self,
        now: f64,
        side: Side,
        #[wasm_bindgen(js_name = accessToken)] access_token: String,
        #[wasm_bindgen(js_name = clientToken)] client_token: Option<String>,
        #[wasm_bindgen(js_name = clientTokenInUse)] client_token_in_use: bool,
        connection: f64,
        effects: &Members,
    ) -> Result<(), Fault> {
        let access_token = Zeroizing::new(access_token);
        let client_token = client_token.map(client_token_of).transpose()?;
        let handshake = Handshake {
            access_token: &access_token,
            side: side.core()?,
            client_token: client_token.as_ref(),
        };
        let connection = ConnectionId(connection as u64);
        let done = self
            .tunnel
            .connect(handshake, connection, |_| client_token_in_use, millis(now))?;
        tell(effects, &done);
        Ok(())
    }

    /// Whether it is open and one of its access tokens is bound to that client token.
    pub fn binds(
        &self,
        now: f64,
        #[wasm_bindgen(js_name = clientToken)] client_token: String,
    ) -> Result<bool, Fault> {
        let digest = Some(client_token_of(client_token)?.digest());
        let mut sides = iot_tunnel_core::Side::BOTH.iter();
        Ok(self.tunnel.is_open(millis(now))
            && sides.any(|side| self.tunnel.bound_client_token(*side) == digest))
    }

    /// A peer's connection has ended.
    pub fn disconnect(
        &mut self,
        now: f64,
        side: Side,
        connection: f64,
        effects: &Members,
    ) -> Result<(), Fault> {
        let connection = ConnectionId(connection as u64);
        tell(
            effects,
            &self.tunnel.disconnect(side.core()?, connection, millis(now)),
        );
        Ok(())
    }

    /// Rotates. `effects` also gets the new tokens.
    pub fn rotate(
        &mut self,
        now: f64,
        mode: ClientMode,
        thing: Option<String>,
        services: Option<Texts>,
        effects: &Members,
    ) -> Result<(), Fault> {
        let config = destination_config(thing, services)?;
        let rotated = self
            .tunnel
            .rotate(mode.core()?, config, millis(now), &entropy::draw()?)?;
        tell_tokens(effects, rotated.source.as_ref(), rotated.destination.as_ref());
        tell(effects, &rotated.effects);
        Ok(())
    }

    /// Closes it.
    pub fn close(&mut self, now: f64, delete: bool, effects: &Members) {
        tell(effects, &self.tunnel.close(delete, millis(now)));
    }

    /// Does what time asks for. Due at `deadline`, harmless at any other time.
    pub fn expire(&mut self, now: f64, effects: &Members) {
        tell(effects, &self.tunnel.expire(millis(now)));
    }

    /// When `expire` is due.
    #[wasm_bindgen(getter)]
    pub fn deadline(&self) -> f64 {
        number(self.tunnel.next_deadline())
    }

    /// How it looks at a moment: fills `into` with `tunnelId`, `status`, `createdAt`, `endsAt`, `lastUpdatedAt`,
    /// `lifetimeMinutes`, `thingName`, for each side (`source`, `destination`) `…Status`, `…LastUpdatedAt` and
    /// `…Generation`, and for a closed tunnel `closedAt` and `closedBy`; `services` with the services.
    pub fn describe(&self, now: f64, into: &Members, services: &Texts) {
        let Self { tunnel } = self;
        let description = tunnel.describe(millis(now));
        into.text("tunnelId", tunnel.id().as_str());
        into.text("status", description.status.as_str());
        into.number("createdAt", number(tunnel.created_at()));
        into.number("endsAt", number(tunnel.ends_at()));
        into.number("lastUpdatedAt", number(description.last_updated_at));
        into.number("lifetimeMinutes", f64::from(tunnel.lifetime().minutes()));
        if let TunnelStatus::Closed { at, by } = description.status {
            into.number("closedAt", number(at));
            into.text(
                "closedBy",
                match by {
                    ClosedBy::Request => "request",
                    ClosedBy::Lifetime => "lifetime",
                },
            );
        }
        for (side, [status, changed, generation]) in [
            (
                iot_tunnel_core::Side::Source,
                ["sourceStatus", "sourceLastUpdatedAt", "sourceGeneration"],
            ),
            (
                iot_tunnel_core::Side::Destination,
                [
                    "destinationStatus",
                    "destinationLastUpdatedAt",
                    "destinationGeneration",
                ],
            ),
        ] {
            let connection = description.connection(side);
            into.text(status, connection.as_str());
            into.number(changed, number(connection.last_updated_at));
            into.number(generation, f64::from(tunnel.generation(side)));
        }
        if let Some(config) = tunnel.destination_config() {
            if let Some(thing) = config.thing_name() {
                into.text("thingName", thing.as_str());
            }
            config
                .services()
                .iter()
                .for_each(|service| services.push(service.as_str()));
        }
    }
}

/// The tunnel that an access token says it is for. It proves nothing.
#[wasm_bindgen(js_name = claimedTunnelId)]
pub fn claimed_tunnel_id(
    #[wasm_bindgen(js_name = accessToken)] access_token: String,
) -> Result<String, Fault> {
    let claim = Claim::read(&Zeroizing::new(access_token)).ok_or(Refusal::UnknownAccessToken)?;
    Ok(claim.tunnel_id.to_string())
}

fn client_token_of(text: String) -> Result<ClientToken, Fault> {
    ClientToken::parse(&Zeroizing::new(text)).map_err(invalid)
}

fn destination_config(
    thing: Option<String>,
    services: Option<Texts>,
) -> Result<Option<DestinationConfig>, Fault> {
    let Some(services) = services else { return Ok(None) };
    let thing = thing
        .map(|name| ThingName::parse(&name))
        .transpose()
        .map_err(invalid)?;
    Ok(Some(DestinationConfig::new(thing, &service_ids(&services)?)?))
}

fn tell_tokens(into: &Members, source: Option<&IssuedToken>, destination: Option<&IssuedToken>) {
    for (name, token) in [
        ("sourceAccessToken", source),
        ("destinationAccessToken", destination),
    ] {
        if let Some(token) = token {
            into.text(name, token.expose());
        }
    }
}

fn tell(into: &Members, effects: &Effects) {
    for effect in effects.iter() {
        match effect {
            Effect::Disconnect(disconnect) => {
                let side = match disconnect.side {
                    iot_tunnel_core::Side::Source => "disconnectSource",
                    iot_tunnel_core::Side::Destination => "disconnectDestination",
                };
                into.number(side, disconnect.connection.0 as f64);
                into.text("reason", disconnect.reason.text());
            }
            Effect::ResetPeer(side) => into.text("resetPeer", side.as_str()),
            Effect::Notify => into.flag("notify", true),
            Effect::Deleted => into.flag("deleted", true),
        }
    }
}
