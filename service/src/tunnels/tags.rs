//! The tags of a tunnel.

use iot_tunnel_core::TunnelId;

use super::{Permit, Tunnels, TunnelsError};
use crate::record::Tag;

/// Tags that a tunnel can have: as many as one request can set (control-plane.md, "Constraints").
pub const MAX_TAGS: usize = 200;

impl Tunnels {
    /// TagResource: sets tags; a key that is there gets the new value.
    ///
    /// # Errors
    /// [`TunnelsError::Denied`], [`TunnelsError::NotFound`], [`TunnelsError::TooManyTags`], [`TunnelsError::Store`].
    pub async fn tag(&self, id: &TunnelId, tags: &[Tag], permit: Permit<'_>) -> Result<(), TunnelsError> {
        self.update(id, permit, |record, _| {
            for tag in tags {
                match record.tags.iter_mut().find(|known| known.key == tag.key) {
                    Some(known) => known.value.clone_from(&tag.value),
                    None => record.tags.push(tag.clone()),
                }
            }
            match record.tags.len() {
                count if count > MAX_TAGS => Err(TunnelsError::TooManyTags { count, max: MAX_TAGS }),
                _ => Ok(()),
            }
        })
        .await
        .map(|_| ())
    }

    /// UntagResource: removes tags; keys that are not there are no error.
    ///
    /// # Errors
    /// [`TunnelsError::Denied`], [`TunnelsError::NotFound`], [`TunnelsError::Store`].
    pub async fn untag(
        &self,
        id: &TunnelId,
        keys: &[String],
        permit: Permit<'_>,
    ) -> Result<(), TunnelsError> {
        self.update(id, permit, |record, _| {
            record.tags.retain(|tag| !keys.contains(&tag.key));
            Ok(())
        })
        .await
        .map(|_| ())
    }
}
