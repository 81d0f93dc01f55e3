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
    /// This thing has none of the tunnel's services. Names are compared as AWS compares them, letter case included.
    #[error("it asks for the services {wanted}; this device offers {offered}{}", case_hint(*.case))]
    Unserved {
        /// The tunnel's.
        wanted: String,
        /// This thing's.
        offered: String,
        /// Whether only upper and lower case differ.
        case: bool,
    },
    /// The tunnel names no service, and this thing has more than one.
    #[error("it names no service and this device offers several: {0}; open the tunnel with one of them")]
    Ambiguous(String),
}

fn case_hint(case: bool) -> &'static str {
    match case {
        true => " (names are case-sensitive)",
        false => "",
    }
}

/// The names of what this thing offers.
fn names(offered: &[Mapping]) -> String {
    let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
    names.join(", ")
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
            let wanted: Vec<&str> = services.iter().map(ServiceId::as_str).collect();
            let differs_by_case = |mapping: &Mapping| {
                let mut services = services.iter();
                let own = mapping.service.as_ref();
                own.is_some_and(|own| services.any(|name| name.as_str().eq_ignore_ascii_case(own.as_str())))
            };
            return Err(NoticeError::Unserved {
                wanted: wanted.join(", "),
                offered: names(offered),
                case: offered.iter().any(differs_by_case),
            });
        }
        // A tunnel without services has one connection at a time, which says nothing of where it leads.
        if services.is_empty() && mappings.len() > 1 {
            return Err(NoticeError::Ambiguous(names(offered)));
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
                "it asks for the services RDP, VNC; this device offers SSH",
            ),
            (
                r#""clientMode":"destination","services":["ssh"]"#,
                "it asks for the services ssh; this device offers SSH (names are case-sensitive)",
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

    #[test]
    fn a_device_offers_more_services_than_a_tunnel_has() {
        let offered = Mappings::offered("A=1,B=2,C=3,D=4,E=5,F=6").expect("mappings");
        let read = |services: &str| {
            let payload = format!(
                r#"{{"clientAccessToken":"secret","region":"us-east-1","clientMode":"destination","services":{services}}}"#
            );
            Notice::read(payload.as_bytes(), &offered.0)
        };
        let notice = read(r#"["F","B"]"#).expect("a notice");
        let served: Vec<String> = notice.mappings.iter().map(ToString::to_string).collect();
        assert_eq!(served, ["B", "F"]);
        let error = read("[]").expect_err("which one?");
        assert_eq!(
            error.to_string(),
            "it names no service and this device offers several: A, B, C, D, E, F; open the tunnel with one of them"
        );
    }
}
