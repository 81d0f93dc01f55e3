//! How a session is made: moved to its place, or in it.

use core::mem::MaybeUninit;

use super::Session;
use super::config::Config;
use super::machine::Machine;
use super::outgoing::MIN_OUTGOING;
use super::services::ServiceList;
use crate::error::{Capacity, Error, Misuse};
use crate::wire::{Deframer, MAX_PAYLOAD};

impl<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize>
    Session<B, TOKEN, SERVICES, CONNECTIONS>
where
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// A session that awaits its token. It owns nothing but what it is given: `incoming` reassembles messages and has
    /// room for the longest that is taken ([`MAX_MESSAGE`](crate::wire::MAX_MESSAGE) for every one), `outgoing` holds
    /// what waits to be sent, at least [`MIN_OUTGOING`] bytes. Their lengths must not change. Where the stack is small, use
    /// [`init`](Self::init).
    ///
    /// # Errors
    /// [`Misuse::InvalidServiceId`], [`Misuse::NoServices`], [`Misuse::DuplicateService`],
    /// [`Misuse::MaxPayloadOutOfRange`], [`Capacity::ServiceTableFull`], [`Capacity::OutgoingBufferTooSmall`].
    pub fn new<S: AsRef<str>>(config: &Config<'_, S>, incoming: B, outgoing: B) -> Result<Self, Error> {
        Self::check(config, &outgoing)?;
        let mut session = Self::blank(config, incoming, outgoing);
        session.services.fill(&config.services);
        Ok(session)
    }

    /// As [`new`](Self::new), but makes the session where it stays: nothing of its kilobytes moves through the stack.
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use iot_tunnel_core::session::{Config, Session, Status};
    /// use iot_tunnel_core::{ServiceId, Side};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut incoming, mut outgoing) = ([0; 1024], [0; 512]);
    /// let mut place = MaybeUninit::<Session<&mut [u8]>>::uninit();
    /// let services = [ServiceId::parse("SSH")?];
    /// let config = Config::new(Side::Destination, &services);
    /// let session = Session::init(&mut place, &config, &mut incoming[..], &mut outgoing[..])?;
    /// assert!(matches!(session.status(), Status::AwaitingToken(_)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`new`](Self::new). The place is as it was.
    pub fn init<'p, S: AsRef<str>>(
        place: &'p mut MaybeUninit<Self>,
        config: &Config<'_, S>,
        incoming: B,
        outgoing: B,
    ) -> Result<&'p mut Self, Error> {
        Self::check(config, &outgoing)?;
        let session = place.write(Self::blank(config, incoming, outgoing));
        session.services.fill(&config.services);
        Ok(session)
    }

    fn check<S: AsRef<str>>(config: &Config<'_, S>, outgoing: &B) -> Result<(), Error> {
        const {
            assert!(SERVICES >= 1 && SERVICES <= 255 && CONNECTIONS >= 1);
        }
        ServiceList::<SERVICES>::check(&config.services)?;
        if !(1..=MAX_PAYLOAD).contains(&config.max_payload) {
            return Err(Misuse::MaxPayloadOutOfRange.into());
        }
        if outgoing.as_ref().len() < MIN_OUTGOING {
            return Err(Capacity::OutgoingBufferTooSmall.into());
        }
        Ok(())
    }

    /// A session without its names. Nearly all of it is room, which is not written: so the compiler makes it in its place.
    #[inline(always)]
    const fn blank<S>(config: &Config<'_, S>, incoming: B, outgoing: B) -> Self {
        Self {
            services: ServiceList::new(&config.services),
            deframer: Deframer::new(incoming),
            machine: Machine::new(config, outgoing),
        }
    }
}
