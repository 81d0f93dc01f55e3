//! What the service keeps of a tunnel: core's record, and what only the API knows of.

use iot_tunnel_core::{Millis, Side, TokenDigest, Tunnel};
use serde::{Deserialize, Serialize};

/// One tunnel in the store. It holds digests, never a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The rules' part: identity, lifetime, tokens' digests, connections.
    pub tunnel: Tunnel,
    /// OpenTunnel's description: 1–2048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The tags, in the order they were first set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Whether the thing has been told its current token.
    #[serde(default)]
    pub notification: Notification,
}

/// A tag of a tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1–128 characters, unique on one tunnel.
    pub key: String,
    /// 0–256 characters.
    pub value: String,
}

/// What has become of the notification of the destination's current token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Notification {
    /// There is no thing to tell.
    #[default]
    None,
    /// It has not reached the broker yet. A restart finds this and says so in the log: the token itself is not
    /// stored, so only a rotation can help then.
    Pending,
    /// The broker has it.
    Delivered,
}

impl Record {
    /// The moment until which the tunnel counts as open, or `None` once it is closed.
    #[must_use]
    pub fn open_until(&self) -> Option<Millis> {
        self.tunnel
            .is_open(Millis::default())
            .then(|| self.tunnel.ends_at())
    }

    /// The thing at the destination, if one is named.
    #[must_use]
    pub fn thing_name(&self) -> Option<&str> {
        Some(self.tunnel.destination_config()?.thing_name()?.as_str())
    }

    /// The digests of the client tokens that are bound now, with the side that holds each.
    pub fn client_tokens(&self) -> impl Iterator<Item = (TokenDigest, Side)> + '_ {
        Side::BOTH
            .into_iter()
            .filter_map(|side| Some((self.tunnel.bound_client_token(side)?, side)))
    }
}
