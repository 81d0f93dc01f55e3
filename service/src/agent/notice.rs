//! A notification, judged: what it is good for here.

use iot_tunnel_core::json::{MessageFault, Notification};
use iot_tunnel_core::{AccessToken, Region, ServiceId, Side};

use super::policy::Kind;
use crate::program::Mapping;

/// A token, and what it is for.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) access_token: AccessToken,
    pub(super) region: Region,
    pub(super) kind: Kind,
    /// What of this thing serves it.
    pub(super) mappings: Vec<Mapping>,
    /// Services of the tunnel that this thing does not have.
    pub(super) unserved: Vec<ServiceId>,
}

/// Why a notification is refused whole. It shows nothing of the token.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoticeError {
    /// It cannot be read.
    #[error("{0}")]
    Malformed(MessageFault),
    /// It is for somebody else.
    #[error("its clientMode is source, and a thing is the destination")]
    OtherSide,
    /// This thing has none of the tunnel's services.
    #[error("none of its services is offered here: {0}")]
    Unserved(String),
}

impl Notice {
    /// Judges a payload, for a thing that offers these services.
    ///
    /// # Errors
    /// [`NoticeError`]: what is wrong with it.
    pub(super) fn read(payload: &[u8], offered: &[Mapping]) -> Result<Self, NoticeError> {
        let notification: Notification = Notification::parse(payload).map_err(NoticeError::Malformed)?;
        if notification.client_mode != Side::Destination {
            return Err(NoticeError::OtherSide);
        }
        let mut services: Vec<ServiceId> = notification.services.iter().cloned().collect();
        services.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        services.dedup();
        let serves = |mapping: &Mapping| match &mapping.service {
            // It stands for the one that the tunnel has; a tunnel without services has no name for any.
            None => true,
            Some(service) => services.is_empty() || services.contains(service),
        };
        let mappings: Vec<Mapping> = offered
            .iter()
            .filter(|mapping| serves(mapping))
            .cloned()
            .collect();
        let mut unserved = services.clone();
        unserved.retain(|service| {
            let has = |mapping: &Mapping| mapping.service.as_ref().is_none_or(|own| own == service);
            !mappings.iter().any(has)
        });
        if mappings.is_empty() {
            let names: Vec<&str> = services.iter().map(ServiceId::as_str).collect();
            return Err(NoticeError::Unserved(names.join(", ")));
        }
        Ok(Self {
            access_token: notification.client_access_token,
            kind: Kind {
                region: notification.region.clone(),
                services,
            },
            region: notification.region,
            mappings,
            unserved,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Mappings;

    fn read(offered: &str, members: &str) -> Result<Notice, NoticeError> {
        let offered: Mappings = offered.parse().expect("mappings");
        let payload = format!(r#"{{"clientAccessToken":"secret","region":"us-east-1",{members}}}"#);
        Notice::read(payload.as_bytes(), &offered.0)
    }

    #[test]
    fn a_notification_finds_the_services_that_are_offered() {
        let services = |list: &str| format!(r#""clientMode":"destination","services":{list}"#);
        for (offered, list, serving, unserved) in [
            ("SSH=22,HTTP=80", r#"["SSH"]"#, 1, 0),
            ("SSH=22,HTTP=80", r#"["HTTP","SSH"]"#, 2, 0),
            ("SSH=22", r#"["SSH","HTTP"]"#, 1, 1),
            ("22", r#"["SSH"]"#, 1, 0),
            ("SSH=22", "[]", 1, 0),
        ] {
            let notice = read(offered, &services(list)).expect("a notice");
            assert_eq!(
                (notice.mappings.len(), notice.unserved.len()),
                (serving, unserved),
                "{offered} {list}"
            );
        }
    }

    #[test]
    fn the_order_of_services_makes_no_other_kind() {
        let one = read("22", r#""clientMode":"destination","services":["A","B"]"#).expect("a notice");
        let other = read("22", r#""clientMode":"destination","services":["B","A"]"#).expect("a notice");
        assert_eq!(one.kind, other.kind);
    }

    #[test]
    fn a_notification_that_is_of_no_use_is_refused_whole_and_shows_no_token() {
        for (members, why) in [
            (
                r#""clientMode":"source""#,
                "its clientMode is source, and a thing is the destination",
            ),
            (
                r#""clientMode":"destination","services":["VNC","RDP"]"#,
                "none of its services is offered here: RDP, VNC",
            ),
            (
                r#""services":["SSH"]"#,
                "Value at 'clientMode' failed to satisfy constraint: Member must not be null",
            ),
        ] {
            let error = read("SSH=22", members).expect_err(members);
            assert_eq!(error.to_string(), why);
            assert!(!format!("{error:?}").contains("secret"));
        }
        assert!(Notice::read(b"\x00", &[]).is_err());
    }
}
