//! The answer to RotateTunnelAccessToken: the tokens of the rotated sides, and no other.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::fault::{BufferTooSmall, MessageFault, Unexpected};
use super::guard;
use super::object::{Slot, Value};
use super::text::Text;
use super::token;
use super::violation::{Constraint, Path};
use super::write::write;
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
        let members = Members::read(guard::check(body)?)?;
        Ok(Self {
            tunnel_arn: members.tunnel_arn().map_err(MessageFault::member(TUNNEL_ARN))?,
            source_access_token: token::optional(SOURCE_ACCESS_TOKEN, &members.source)?,
            destination_access_token: token::optional(DESTINATION_ACCESS_TOKEN, &members.destination)?,
        })
    }

    /// Writes the answer to the start of `buffer`; returns its length in bytes. Absent tokens are left out.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed; the buffer then holds no part of a token.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(&Exposed(self), buffer)
    }
}

/// The answer with its tokens in clear. Only `write` makes one, so no other serializer can be given a token.
struct Exposed<'a, const N: usize>(&'a RotateResponse<N>);

impl<const N: usize> Serialize for Exposed<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(response) = self;
        let mut object = serializer.serialize_struct("RotateResponse", 3)?;
        object.serialize_field(TUNNEL_ARN, &response.tunnel_arn)?;
        for (name, token) in [
            (SOURCE_ACCESS_TOKEN, &response.source_access_token),
            (DESTINATION_ACCESS_TOKEN, &response.destination_access_token),
        ] {
            match token {
                Some(token) => object.serialize_field(name, token.expose())?,
                None => object.skip_field(name)?,
            }
        }
        object.end()
    }
}

#[derive(Default)]
struct Members<'a> {
    tunnel_arn: Slot<Text<'a>>,
    source: Slot<Text<'a>>,
    destination: Slot<Text<'a>>,
}

impl<'a> Members<'a> {
    fn read(body: &'a str) -> Result<Self, Unexpected> {
        let mut members = Self::default();
        for (name, value) in Value::of(body).members(Path::of(""))? {
            if name == TUNNEL_ARN {
                members.tunnel_arn.take(TUNNEL_ARN, value, Value::text)?;
            } else if name == SOURCE_ACCESS_TOKEN {
                members.source.take(SOURCE_ACCESS_TOKEN, value, Value::text)?;
            } else if name == DESTINATION_ACCESS_TOKEN {
                members
                    .destination
                    .take(DESTINATION_ACCESS_TOKEN, value, Value::text)?;
            }
        }
        Ok(members)
    }

    fn tunnel_arn(&self) -> Result<TunnelArn, Constraint<'static>> {
        let text = self.tunnel_arn.get().ok_or(Constraint::NotNull)?;
        TunnelArn::from_chars(text.chars()).map_err(Constraint::Rule)
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
    }
}
