//! The device's notification: what `$aws/things/<thingName>/tunnels/notify` carries.

mod lent;

use heapless::Vec;

pub use self::lent::NotificationRef;
use super::fault::{BufferTooSmall, JsonFault, MessageFault, Unexpected};
use super::guard;
use super::object::{Member, Value};
use super::services::{List, required};
use super::text::Quoted;
use super::token;
use super::violation::{Constraint, Path};
use crate::destination::MAX_SERVICES;
use crate::id::{Region, ServiceId};
use crate::mode::Side;
use crate::token::{AccessToken, MAX_ACCESS_TOKEN};

const CLIENT_ACCESS_TOKEN: &str = "clientAccessToken";
const CLIENT_MODE: &str = "clientMode";
const REGION: &str = "region";
const SERVICES: &str = "services";

const SIDES: [&str; 2] = {
    let [source, destination] = Side::BOTH;
    [source.as_str(), destination.as_str()]
};

/// A notification, with room for `N` characters of its token. `Debug` shows no token.
///
/// ```
/// use iot_tunnel_core::json::Notification;
/// let payload = br#"{"clientAccessToken":"T","clientMode":"destination","region":"eu-west-1","services":["SSH"]}"#;
/// let notification = Notification::<300>::parse(payload).unwrap();
/// assert_eq!(notification.client_access_token.expose(), "T");
/// assert_eq!(notification.services[0].as_str(), "SSH");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification<const N: usize = MAX_ACCESS_TOKEN> {
    /// The token to connect with.
    pub client_access_token: AccessToken<N>,
    /// The side it is for; a device's is the destination.
    pub client_mode: Side,
    /// The region of the tunnel, part of the host name to connect to.
    pub region: Region,
    /// The services of the tunnel: none for one without a destination config.
    pub services: Vec<ServiceId, MAX_SERVICES, u8>,
}

impl<const N: usize> Notification<N> {
    /// Reads a notification out of an untrusted network. Unknown members are ignored; anything else that is not as
    /// control-plane.md, "The device's notification", has it refuses the whole.
    ///
    /// # Errors
    /// [`MessageFault`]: the first thing wrong with it. It names the member, never its value.
    pub fn parse(payload: &[u8]) -> Result<Self, MessageFault> {
        let judged = Judged::of::<MessageFault>(payload, N)?;
        Ok(Self {
            client_access_token: token::copy(CLIENT_ACCESS_TOKEN, judged.client_access_token.into())?,
            client_mode: judged.client_mode,
            region: Region::from_text(judged.region.into())
                .map_err(|error| MessageFault::member(REGION)(Constraint::Rule(error)))?,
            services: judged.services.services(),
        })
    }

    /// Writes the notification to the start of `buffer`; returns its length in bytes. Without services the member
    /// is left out.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed; the buffer then holds no part of the token.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        NotificationRef::of(self).write(buffer)
    }
}

static KNOWN: [Member; 4] = [
    Member::text(CLIENT_ACCESS_TOKEN),
    Member::text(CLIENT_MODE),
    Member::text(REGION),
    Member::texts(SERVICES),
];

/// A notification that keeps every rule, as it stands in its payload.
struct Judged<'a> {
    client_access_token: Quoted<'a>,
    client_mode: Side,
    region: Quoted<'a>,
    services: List<'a>,
}

impl<'a> Judged<'a> {
    /// Judges a payload as a whole, with room for so many characters of its token.
    fn of<E>(payload: &'a [u8], room: usize) -> Result<Self, E>
    where
        E: From<JsonFault> + From<Unexpected> + From<MessageFault>,
    {
        let [token, client_mode, region, services] =
            Value::of(guard::check(payload)?).read::<_, E>("", &KNOWN)?;
        let (token, region) = (token.text(), region.text());
        let client_access_token = token
            .ok_or(Constraint::NotNull)
            .map_err(MessageFault::member(CLIENT_ACCESS_TOKEN))?;
        token::judge(client_access_token.into(), room).map_err(token::fault(CLIENT_ACCESS_TOKEN, room))?;
        let client_mode = side(client_mode.text()).map_err(MessageFault::member(CLIENT_MODE))?;
        required(Region::RULE, region).map_err(MessageFault::member(REGION))?;
        Ok(Self {
            client_access_token,
            client_mode,
            region: region.unwrap_or_default(),
            services: judge_services(services.texts().unwrap_or_default())?,
        })
    }
}

fn side(name: Option<Quoted<'_>>) -> Result<Side, Constraint<'static>> {
    let name = name.ok_or(Constraint::NotNull)?.into();
    Side::from_text(name).ok_or(Constraint::EnumValueSet(&SIDES))
}

// Inside of its callers the compiler sees which of them wants no more than a number.
#[inline(always)]
fn judge_services(list: List<'_>) -> Result<List<'_>, MessageFault> {
    let mut first = None;
    list.judge(|position, _, constraint| first = first.or(Some((position, constraint))));
    if let Some((position, constraint)) = first {
        return Err(MessageFault::member(Path::of(SERVICES).element(position))(
            constraint,
        ));
    }
    match list.len() > MAX_SERVICES {
        true => Err(MessageFault::member(SERVICES)(Constraint::LengthAtMost(
            MAX_SERVICES,
        ))),
        false => Ok(list),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capacity, Error, Misuse};
    use std::format;
    use std::string::{String, ToString};

    fn refusal(members: &str) -> String {
        let payload =
            format!(r#"{{"clientAccessToken":"secret","clientMode":"destination","region":"r",{members}}}"#);
        Notification::<8>::parse(payload.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn it_is_written_in_the_order_of_the_documentation() {
        let payload =
            br#"{"clientAccessToken":"T","clientMode":"source","region":"eu-west-1","services":["SSH"]}"#;
        let notification = Notification::<8>::parse(payload).unwrap();
        let mut buffer = [0; 128];
        let length = notification.write(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], payload);
    }

    #[test]
    fn services_are_refused_whole() {
        for (services, message) in [
            (
                r#"["a","b","c","d"]"#,
                "Value at 'services' failed to satisfy constraint: Member must have length less than or equal to 3",
            ),
            (
                r#"["a",null]"#,
                "Value at 'services.2.member' failed to satisfy constraint: Member must not be null",
            ),
            (r#"["a",1]"#, "services.2.member must be a string"),
            ("{}", "services must be an array"),
        ] {
            assert_eq!(refusal(&format!(r#""services":{services}"#)), message);
        }
        assert_eq!(
            refusal(r#""services":[],"services":[]"#),
            "services is given twice"
        );
        assert_eq!(refusal(r#""regi\u006fn":"s""#), "region is given twice");
    }

    #[test]
    fn null_services_are_none() {
        let payload = br#"{"clientAccessToken":"T","clientMode":"source","region":"r","services":null}"#;
        assert!(Notification::<8>::parse(payload).unwrap().services.is_empty());
    }

    #[test]
    fn no_token_prints() {
        let payload = br#"{"clientAccessToken":"secret","clientMode":"source","region":"r"}"#;
        assert!(!format!("{:?}", Notification::<8>::parse(payload)).contains("secret"));
        let lent = NotificationRef::new("secret", Side::Source, "r", &["SSH"]).unwrap();
        assert_eq!(
            format!("{lent:?}"),
            r#"NotificationRef { client_mode: Source, region: "r", services: ["SSH"], .. }"#
        );
        let payload = br#"{"clientAccessToken":"secret","clientMode":"secret","region":"sec ret"}"#;
        assert!(!format!("{:?}", Notification::<8>::parse(payload)).contains("secret"));
    }

    #[test]
    fn what_is_put_together_keeps_the_rules() {
        let long = "t".repeat(MAX_ACCESS_TOKEN + 1);
        let new = |token, region, services| {
            let made = NotificationRef::new(token, Side::Source, region, services);
            made.err().map(Error::code)
        };
        assert_eq!(new(&long[1..], "r", &["a", "b", "c"]), None);
        for (token, region, services, number) in [
            ("", "r", &[][..], Misuse::InvalidAccessToken.into()),
            ("a b", "r", &[], Misuse::InvalidAccessToken.into()),
            (&long, "r", &[], Capacity::AccessTokenTooLong.into()),
            ("t", "R", &[], Misuse::InvalidRegion.into()),
            ("t", "r", &["a", ""], Misuse::InvalidServiceId.into()),
            (
                "t",
                "r",
                &["a", "b", "c", "d"],
                Error::from(Capacity::TooManyServices),
            ),
        ] {
            assert_eq!(
                new(token, region, services),
                Some(number.code()),
                "{token} {region}"
            );
        }
    }
}
