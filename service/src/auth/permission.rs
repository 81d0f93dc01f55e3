//! What a key may do: actions and conditions, after AWS's own IAM condition keys.

use super::key::{AccessKeyId, Key};

/// The actions a key can be given, without their prefix `iot:`: the eight operations of the API.
pub const ACTIONS: [&str; 8] = [
    "CloseTunnel",
    "DescribeTunnel",
    "ListTagsForResource",
    "ListTunnels",
    "OpenTunnel",
    ROTATE,
    "TagResource",
    "UntagResource",
];

/// The one action with the condition key `iot:ClientMode`.
const ROTATE: &str = "RotateTunnelAccessToken";

/// What every action's IAM name begins with.
pub(super) const PREFIX: &str = "iot:";

/// What a request wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The operation's API name, for example `RotateTunnelAccessToken`. One that is not in [`ACTIONS`] is
    /// never permitted.
    pub action: &'a str,
    /// The request's `clientMode`, where the operation has one.
    pub client_mode: Option<&'a str>,
    /// Every destination that the request touches: the one the tunnel has, and the one the request brings.
    pub destinations: &'a [Destination<'a>],
}

/// A tunnel's `destinationConfig`, as far as permission looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// `thingName`.
    pub thing_name: Option<&'a str>,
    /// `services`.
    pub services: &'a [&'a str],
}

impl Key {
    /// Judges whether this key may do what is asked.
    ///
    /// A condition that the key does not have restricts nothing. One that it has is met only by what is
    /// *named* and listed, never by silence, as in IAM, where a condition on an absent value does not hold:
    /// - `client_modes`: for `RotateTunnelAccessToken` alone; the asked mode itself is listed. `SOURCE` and
    ///   `DESTINATION` do not add up to `ALL`, nor does `ALL` include them: IAM compares strings.
    /// - `thing_names`: there is a destination, and each has a listed thing name. Such a key can do
    ///   nothing to a tunnel without a thing, nor list the tunnels of every thing.
    /// - `services`: there is a destination, each names a service, and each service is listed. A tunnel that
    ///   names no service is not limited to any, so such a key can do nothing to it (ours).
    ///
    /// # Errors
    /// [`AccessDenied`] with the first rule that refused.
    pub fn permits(&self, asked: &Asked<'_>) -> Result<(), AccessDenied> {
        self.permits_action(asked.action)?;
        self.judge(asked)
            .map_err(|denial| self.denied(asked.action, denial))
    }

    /// Judges whether this key has an action at all, under whatever conditions.
    ///
    /// # Errors
    /// [`AccessDenied`] with [`Denial::Action`].
    pub fn permits_action(&self, action: &str) -> Result<(), AccessDenied> {
        if self.actions.any(|pattern| pattern.covers(action)) {
            return Ok(());
        }
        let allowed = self.actions.to_string();
        Err(self.denied(action, Denial::Action { allowed }))
    }

    fn denied(&self, action: &str, denial: Denial) -> AccessDenied {
        AccessDenied {
            access_key_id: self.access_key_id().clone(),
            action: action.to_owned(),
            denial,
        }
    }

    /// Judges the conditions.
    fn judge(&self, asked: &Asked<'_>) -> Result<(), Denial> {
        if let Some(allowed) = &self.client_modes
            && asked.action == ROTATE
            && !asked
                .client_mode
                .is_some_and(|asked| allowed.any(|mode| mode.is(asked)))
        {
            return Err(Denial::ClientMode {
                allowed: allowed.to_string(),
            });
        }
        if let Some(allowed) = &self.thing_names
            && !every(asked.destinations, |destination| {
                destination
                    .thing_name
                    .is_some_and(|thing| allowed.any(|pattern| pattern.covers(thing)))
            })
        {
            return Err(Denial::ThingName {
                allowed: allowed.to_string(),
            });
        }
        if let Some(allowed) = &self.services
            && !every(asked.destinations, |destination| {
                every(destination.services, |service| {
                    allowed.any(|pattern| pattern.covers(service))
                })
            })
        {
            return Err(Denial::Service {
                allowed: allowed.to_string(),
            });
        }
        Ok(())
    }
}

/// Whether there is an item and each passes: unlike `Iterator::all`, nothing at all does not pass.
fn every<T>(items: &[T], passes: impl Fn(&T) -> bool) -> bool {
    !items.is_empty() && items.iter().all(passes)
}

/// The refusal of an authenticated request, in AWS's words: the message of `AccessDeniedException`.
///
/// It names what the key may do, which its holder may know, and nothing of the tunnel, which he may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("User: {access_key_id} is not authorized to perform: {PREFIX}{action} because {denial}")]
pub struct AccessDenied {
    /// The key that was refused.
    pub access_key_id: AccessKeyId,
    /// The operation's API name.
    pub action: String,
    /// The rule that refused.
    pub denial: Denial,
}

/// The rule that refused, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The key does not have the action.
    #[error("its credentials allow only the actions {allowed}")]
    Action {
        /// The key's `actions`.
        allowed: String,
    },
    /// The asked `clientMode` is not one of the key's.
    #[error("the condition iot:ClientMode (client_modes) allows only {allowed}")]
    ClientMode {
        /// The key's `client_modes`.
        allowed: String,
    },
    /// A destination has no thing name, or one that the key does not have.
    #[error("the condition iot:ThingGroupArn (thing_names) allows only the things {allowed}")]
    ThingName {
        /// The key's `thing_names`.
        allowed: String,
    },
    /// A destination names no service, or one that the key does not have.
    #[error("the condition iot:TunnelDestinationService (services) allows only the services {allowed}")]
    Service {
        /// The key's `services`.
        allowed: String,
    },
}

#[cfg(test)]
mod tests;
