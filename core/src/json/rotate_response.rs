//! The answer to RotateTunnelAccessToken: the tokens of the rotated sides, and no other.

mod lent;

pub use self::lent::RotateResponseRef;
use super::fault::{BufferTooSmall, JsonFault, MessageFault, Unexpected};
use super::guard;
use super::object::{Member, Slot, Value};
use super::services::required;
use super::text::Quoted;
use super::token;
use super::violation::Constraint;
use crate::id::TunnelArn;
use crate::token::{AccessToken, MAX_ACCESS_TOKEN};

const TUNNEL_ARN: &str = "tunnelArn";
const SOURCE_ACCESS_TOKEN: &str = "sourceAccessToken";
const DESTINATION_ACCESS_TOKEN: &str = "destinationAccessToken";

/// The answer, with room for `N` characters a token. `Debug` shows no token.
///
/// ```
/// use iot_tunnel_core::json::RotateResponse;
/// let body = br#"{"tunnelArn":"arn:aws:iot:eu-west-1:1:tunnel/t","sourceAccessToken":"S"}"#;
/// let response = RotateResponse::<300>::parse(body).unwrap();
/// assert_eq!(response.source_access_token.unwrap().expose(), "S");
/// assert_eq!(response.destination_access_token, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateResponse<const N: usize = MAX_ACCESS_TOKEN> {
    /// The tunnel.
    pub tunnel_arn: TunnelArn,
    /// The source's new token, if that side was rotated.
    pub source_access_token: Option<AccessToken<N>>,
    /// The destination's new token, if that side was rotated.
    pub destination_access_token: Option<AccessToken<N>>,
}

impl<const N: usize> RotateResponse<N> {
    /// Reads an answer. Unknown members are ignored.
    ///
    /// # Errors
    /// [`MessageFault`]: the first thing wrong with it. It names the member, never its value.
    pub fn parse(body: &[u8]) -> Result<Self, MessageFault> {
        let judged = Judged::of::<MessageFault>(body, N)?;
        let copy = |member, token: Option<Quoted<'_>>| {
            token.map(|token| token::copy(member, token.into())).transpose()
        };
        Ok(Self {
            tunnel_arn: TunnelArn::from_text(judged.tunnel_arn.into())
                .map_err(|error| MessageFault::member(TUNNEL_ARN)(Constraint::Rule(error)))?,
            source_access_token: copy(SOURCE_ACCESS_TOKEN, judged.source)?,
            destination_access_token: copy(DESTINATION_ACCESS_TOKEN, judged.destination)?,
        })
    }

    /// Writes the answer to the start of `buffer`; returns its length in bytes. Absent tokens are left out.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed; the buffer then holds no part of a token.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        RotateResponseRef::of(self).write(buffer)
    }
}

static KNOWN: [Member; 3] = [
    Member::text(TUNNEL_ARN),
    Member::text(SOURCE_ACCESS_TOKEN),
    Member::text(DESTINATION_ACCESS_TOKEN),
];

/// An answer that keeps every rule, as it stands in its body.
struct Judged<'a> {
    tunnel_arn: Quoted<'a>,
    source: Option<Quoted<'a>>,
    destination: Option<Quoted<'a>>,
}

impl<'a> Judged<'a> {
    /// Judges a body as a whole, with room for so many characters of each token.
    fn of<E>(body: &'a [u8], room: usize) -> Result<Self, E>
    where
        E: From<JsonFault> + From<Unexpected> + From<MessageFault>,
    {
        let members = Value::of(guard::check(body)?).read::<_, E>("", &KNOWN)?;
        let [tunnel_arn, source, destination] = members.map(Slot::text);
        required(TunnelArn::RULE, tunnel_arn).map_err(MessageFault::member(TUNNEL_ARN))?;
        for (member, token) in [
            (SOURCE_ACCESS_TOKEN, source),
            (DESTINATION_ACCESS_TOKEN, destination),
        ] {
            if let Some(token) = token {
                token::judge(token.into(), room).map_err(token::fault(member, room))?;
            }
        }
        Ok(Self {
            tunnel_arn: tunnel_arn.unwrap_or_default(),
            source,
            destination,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    fn refusal(body: &str) -> std::string::String {
        RotateResponse::<8>::parse(body.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn absent_tokens_are_left_out() {
        let response = RotateResponse::<8> {
            tunnel_arn: TunnelArn::parse("arn").unwrap(),
            source_access_token: None,
            destination_access_token: Some(AccessToken::parse(r#"a"\b"#).unwrap()),
        };
        let mut buffer = [0; 99];
        let length = response.write(&mut buffer).unwrap();
        let body = br#"{"tunnelArn":"arn","destinationAccessToken":"a\"\\b"}"#;
        assert_eq!(&buffer[..length], body);
        assert_eq!(RotateResponse::parse(body), Ok(response));
    }

    #[test]
    fn a_wrong_answer_is_refused_without_showing_its_tokens() {
        for (body, message) in [
            (
                r#"{"sourceAccessToken":"secret"}"#,
                "Value at 'tunnelArn' failed to satisfy constraint: Member must not be null",
            ),
            (
                r#"{"tunnelArn":"arn","sourceAccessToken":"sec ret"}"#,
                "Value at 'sourceAccessToken' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [!-~]+",
            ),
            (
                r#"{"tunnelArn":"arn","destinationAccessToken":"secretsec"}"#,
                "destinationAccessToken is longer than the 8 characters there is room for",
            ),
            (
                r#"{"tunnelArn":"arn","sourceAccessToken":["secret"]}"#,
                "sourceAccessToken must be a string",
            ),
        ] {
            assert_eq!(refusal(body), message);
        }
    }

    #[test]
    fn no_token_prints() {
        let body = br#"{"tunnelArn":"arn","sourceAccessToken":"secret","destinationAccessToken":"secret"}"#;
        let response = RotateResponse::<8>::parse(body).unwrap();
        assert!(!format!("{response:?}").contains("secret"));
        let lent = RotateResponseRef::new("arn", Some("secret"), Some("secret")).unwrap();
        assert_eq!(
            format!("{lent:?}"),
            r#"RotateResponseRef { tunnel_arn: "arn", .. }"#
        );
    }
}
