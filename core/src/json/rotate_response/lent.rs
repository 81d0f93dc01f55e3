//! [`RotateResponseRef`]: an answer that owns no text.

use core::fmt;

use super::{DESTINATION_ACCESS_TOKEN, Judged, RotateResponse, SOURCE_ACCESS_TOKEN, TUNNEL_ARN};
use crate::error::Error;
use crate::id::TunnelArn;
use crate::json::fault::{BufferTooSmall, MessageFault};
use crate::json::in_place;
use crate::json::text::Text;
use crate::json::token;
use crate::json::write::write;
use crate::token::{AccessToken, MAX_ACCESS_TOKEN};

/// An answer whose texts stand elsewhere, most often in its body: no token is copied. It keeps every rule that
/// [`RotateResponse`] keeps. `Debug` shows no token.
///
/// ```
/// use iot_tunnel_core::json::RotateResponseRef;
/// let mut body = *br#"{"tunnelArn":"arn:aws:iot:eu-west-1:1:tunnel\/t","sourceAccessToken":"S"}"#;
/// let response = RotateResponseRef::parse_in_place(&mut body)?;
/// assert_eq!(response.tunnel_arn(), "arn:aws:iot:eu-west-1:1:tunnel/t");
/// assert_eq!(response.source_access_token(), Some("S"));
/// # Ok::<(), iot_tunnel_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RotateResponseRef<'a> {
    tunnel_arn: &'a str,
    source_access_token: Option<&'a str>,
    destination_access_token: Option<&'a str>,
}

impl<'a> RotateResponseRef<'a> {
    /// Judges a body as [`RotateResponse::parse`] does, and changes nothing.
    ///
    /// # Errors
    /// [`MessageFault`]: the first thing wrong with it. It names the member, never its value.
    pub fn check(body: &[u8]) -> Result<(), MessageFault> {
        Judged::of::<MessageFault>(body, MAX_ACCESS_TOKEN).map(|_| ())
    }

    /// Reads an answer as [`RotateResponse::parse`] does, and lends its texts out of the body: where one has escapes,
    /// they are decoded in its place. The body then still holds the tokens; wiping it is the caller's.
    ///
    /// # Errors
    /// The number of what is wrong. The body is then as it was, so [`check`](Self::check) can tell more.
    pub fn parse_in_place(body: &'a mut [u8]) -> Result<Self, Error> {
        let judged = Judged::of::<Error>(body, MAX_ACCESS_TOKEN)?;
        let texts = [Some(judged.tunnel_arn), judged.source, judged.destination];
        let places = texts.map(|text| text.map(|text| text.place_in(body)));
        let [tunnel_arn, source_access_token, destination_access_token] = in_place::decode(body, places);
        Ok(Self {
            tunnel_arn: tunnel_arn.unwrap_or_default(),
            source_access_token,
            destination_access_token,
        })
    }

    /// Puts an answer together.
    ///
    /// # Errors
    /// The number of the first text that breaks its rule: [`Misuse::InvalidTunnelArn`](crate::Misuse),
    /// [`Misuse::InvalidAccessToken`](crate::Misuse), [`Capacity::AccessTokenTooLong`](crate::Capacity).
    pub fn new(
        tunnel_arn: &'a str,
        source_access_token: Option<&'a str>,
        destination_access_token: Option<&'a str>,
    ) -> Result<Self, Error> {
        TunnelArn::RULE.check(tunnel_arn)?;
        for token in [source_access_token, destination_access_token]
            .into_iter()
            .flatten()
        {
            token::judge(Text::plain(token), MAX_ACCESS_TOKEN)?;
        }
        Ok(Self {
            tunnel_arn,
            source_access_token,
            destination_access_token,
        })
    }

    pub(super) fn of<const N: usize>(response: &'a RotateResponse<N>) -> Self {
        Self {
            tunnel_arn: response.tunnel_arn.as_str(),
            source_access_token: response.source_access_token.as_ref().map(AccessToken::expose),
            destination_access_token: response
                .destination_access_token
                .as_ref()
                .map(AccessToken::expose),
        }
    }

    /// The tunnel, as [`TunnelArn`] allows it.
    #[must_use]
    pub const fn tunnel_arn(&self) -> &'a str {
        self.tunnel_arn
    }

    /// The source's new token, if that side was rotated: 1 to [`MAX_ACCESS_TOKEN`] visible ASCII characters. A secret.
    #[must_use]
    pub const fn source_access_token(&self) -> Option<&'a str> {
        self.source_access_token
    }

    /// The destination's new token, if that side was rotated; as the source's.
    #[must_use]
    pub const fn destination_access_token(&self) -> Option<&'a str> {
        self.destination_access_token
    }

    /// Writes the answer to the start of `buffer`; returns its length in bytes. Absent tokens are left out.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed; the buffer then holds no part of a token.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(buffer, |json| {
            json.open(b'{');
            json.member(TUNNEL_ARN, self.tunnel_arn);
            json.optional(SOURCE_ACCESS_TOKEN, self.source_access_token);
            json.optional(DESTINATION_ACCESS_TOKEN, self.destination_access_token);
            json.close(b'}');
        })
    }
}

impl fmt::Debug for RotateResponseRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateResponseRef")
            .field("tunnel_arn", &self.tunnel_arn)
            .finish_non_exhaustive()
    }
}
