//! Time as numbers: the caller brings the clock.

use core::fmt;

use crate::error::Misuse;

/// A moment, in milliseconds since an epoch of the caller's choice. The service counts from 1970-01-01 UTC, so
/// that a record means the same after a restart; a device may count from its start.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// One minute.
    pub const MINUTE: u64 = 60_000;

    /// The moment `milliseconds` later; the end of time, should it be later than that.
    // A function of its own: 64 bits are much work for a microcontroller, and time is never what takes it.
    #[must_use]
    #[inline(never)]
    pub const fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

/// The moment it is: a [`Millis`], or a closure that asks a clock. That is for clocks which are slow to ask: it is called when
/// the moment matters, and not otherwise.
pub trait Now: Copy {
    /// The moment it is.
    fn now(self) -> Millis;
}

impl Now for Millis {
    fn now(self) -> Millis {
        self
    }
}

impl<Ask: Fn() -> Millis + Copy> Now for Ask {
    fn now(self) -> Millis {
        self()
    }
}

/// How long a tunnel lives, in whole minutes from its creation: 1–720 (`maxLifetimeTimeoutMinutes`).
/// A rotation never extends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Lifetime(u16);

impl Lifetime {
    /// The shortest, in minutes.
    pub const MIN_MINUTES: u16 = 1;
    /// The longest, in minutes: 12 hours.
    pub const MAX_MINUTES: u16 = 720;

    /// A lifetime of that many minutes.
    ///
    /// # Errors
    /// [`Misuse::LifetimeOutOfRange`] outside 1–720.
    pub const fn from_minutes(minutes: u32) -> Result<Self, Misuse> {
        if minutes < Self::MIN_MINUTES as u32 || minutes > Self::MAX_MINUTES as u32 {
            return Err(Misuse::LifetimeOutOfRange);
        }
        // The range just checked fits 16 bits.
        Ok(Self(minutes as u16))
    }

    /// The number of minutes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The moment a tunnel created at `created_at` ends.
    #[must_use]
    pub const fn end(self, created_at: Millis) -> Millis {
        created_at.after(self.0 as u64 * Millis::MINUTE)
    }
}

impl Default for Lifetime {
    /// 720 minutes, the API's default.
    fn default() -> Self {
        Self(Self::MAX_MINUTES)
    }
}

impl TryFrom<u32> for Lifetime {
    type Error = Misuse;
    fn try_from(minutes: u32) -> Result<Self, Misuse> {
        Self::from_minutes(minutes)
    }
}

impl From<Lifetime> for u32 {
    fn from(lifetime: Lifetime) -> Self {
        Self::from(lifetime.0)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minutes", self.0)
    }
}
