//! What stands at a tunnel's destination: the thing and its services.

use iot_tunnel_core::{DestinationConfigRef, Error, MAX_SERVICES};

use crate::memory::{Area, Text, apart, given};
use crate::services::{self, Services};

/// What stands at a tunnel's destination.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DestinationConfig {
    /// The thing that is told the destination's token by a notification; empty: none.
    pub thing_name: Text,
    /// The services, the first service_count of them.
    pub services: [Text; 3],
    /// How many: 1 to 3.
    pub service_count: u32,
}

const _: () = assert!(MAX_SERVICES == 3);

impl DestinationConfig {
    /// Checked, its texts lent, apart from what is written.
    ///
    /// # Safety
    /// As of [`Text::beside`], of each text.
    pub(crate) unsafe fn beside<'a>(&self, written: &[Area]) -> Result<DestinationConfigRef<'a>, Error> {
        // SAFETY: as this function's.
        let (thing_name, services) = unsafe {
            (
                self.thing_name.beside(written)?,
                Services::get(&self.services, self.service_count, written)?,
            )
        };
        DestinationConfigRef::new(given(thing_name), services.names())
    }

    /// What stands there; it lasts as long as its names.
    pub(crate) fn of<'a>(thing_name: Option<&'a str>, names: impl Iterator<Item = &'a str>) -> Self {
        let (services, service_count) = services::list(names);
        Self {
            thing_name: Text::optional(thing_name),
            services,
            service_count,
        }
    }
}

/// A config that a caller lends, if there is one, apart from what changes meanwhile.
///
/// # Safety
/// `config` is NULL or points to one that lasts, and so do its texts.
pub(crate) unsafe fn lent<'a>(
    config: *const DestinationConfig,
    changing: Area,
) -> Result<Option<DestinationConfigRef<'a>>, Error> {
    apart(&[changing], &[Area::of(config, 1)])?;
    // SAFETY: as this function's.
    let Some(config) = (unsafe { config.as_ref() }) else {
        return Ok(None);
    };
    // SAFETY: as this function's.
    unsafe { config.beside(&[changing]) }.map(Some)
}
