//! Which side of a tunnel, and which sides a rotation touches.

use core::fmt;

use crate::error::Misuse;
use crate::json::Text;

/// One end of a tunnel. The wire writes it in lower case (`source`, `destination`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The operator's end: it starts streams.
    Source,
    /// The device's end: it serves them.
    Destination,
}

impl Side {
    /// Both sides, source first.
    pub const BOTH: [Self; 2] = [Self::Source, Self::Destination];

    /// The side across the tunnel.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }

    /// The name in `local-proxy-mode` and in a notification's `clientMode`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// Reads the lower-case name; nothing else is a side.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_text(name.into())
    }

    /// Reads the name out of a message.
    pub(crate) fn from_text(name: Text<'_>) -> Option<Self> {
        Self::BOTH.into_iter().find(|side| name == side.as_str())
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose access token a rotation replaces: the `clientMode` of RotateTunnelAccessToken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientMode {
    /// The source's.
    Source,
    /// The destination's.
    Destination,
    /// Both.
    All,
}

impl ClientMode {
    /// All three, in the order the API lists them.
    pub const EVERY: [Self; 3] = [Self::Source, Self::Destination, Self::All];

    /// The name in the API: upper case exactly.
    #[cfg_attr(target_os = "none", inline(never))]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "SOURCE",
            Self::Destination => "DESTINATION",
            Self::All => "ALL",
        }
    }

    /// Reads the API's name; case matters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_text(name.into())
    }

    /// Reads the name out of a message.
    pub(crate) fn from_text(name: Text<'_>) -> Option<Self> {
        Self::EVERY.into_iter().find(|mode| name == mode.as_str())
    }

    /// What a rotation in this mode does (control-plane.md, "RotateTunnelAccessToken, exactly").
    ///
    /// | clientMode | without destinationConfig | with destinationConfig |
    /// |---|---|---|
    /// | SOURCE | source token | refused |
    /// | DESTINATION | destination token | destination token; the config is replaced |
    /// | ALL | both | both; the config is replaced |
    ///
    /// ```
    /// use iot_tunnel_core::{ClientMode, Misuse, Side};
    /// let rotation = ClientMode::All.rotation(false).unwrap();
    /// assert!(rotation.rotates(Side::Source) && rotation.rotates(Side::Destination));
    /// assert_eq!(ClientMode::Source.rotation(true), Err(Misuse::DestinationConfigWithSource));
    /// ```
    ///
    /// # Errors
    /// [`Misuse::DestinationConfigWithSource`]: a source has no destination config to replace.
    pub const fn rotation(self, with_destination_config: bool) -> Result<Rotation, Misuse> {
        match (self, with_destination_config) {
            (Self::Source, true) => Err(Misuse::DestinationConfigWithSource),
            _ => Ok(Rotation {
                source: !matches!(self, Self::Destination),
                destination: !matches!(self, Self::Source),
                replaces_destination_config: with_destination_config,
            }),
        }
    }
}

impl fmt::Display for ClientMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one rotation does: a row of the table at [`ClientMode::rotation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The source gets a new token.
    pub source: bool,
    /// The destination gets a new token.
    pub destination: bool,
    /// The tunnel's destination config is replaced by the request's.
    pub replaces_destination_config: bool,
}

impl Rotation {
    /// Whether that side gets a new token.
    #[must_use]
    pub const fn rotates(self, side: Side) -> bool {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }
}
