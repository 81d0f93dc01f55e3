//! The `Authorization` header.

use http::header::{HeaderName, HeaderValue};

use super::{ALGORITHM, TERMINATOR};
use crate::auth::error::{AuthenticationError, AuthorizationPart};
use crate::auth::key::AccessKeyId;

/// The `Authorization` header, taken apart: right in form, not yet verified.
#[derive(Debug)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: AccessKeyId,
    /// `YYYYMMDD`, where it is a day at all: it is compared with the day of the request's date.
    pub(super) day: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// In ascending order, each once.
    pub(super) signed_headers: Vec<HeaderName>,
    pub(super) signature: [u8; 32],
}

impl<'a> Authorization<'a> {
    /// Takes the header apart.
    ///
    /// # Errors
    /// `OtherScheme`, `MalformedAuthorization`, `MissingPart`, `RepeatedPart`, `MalformedPart`.
    pub(super) fn parse(value: &'a HeaderValue) -> Result<Self, AuthenticationError> {
        let text = value
            .to_str()
            .map_err(|_| AuthenticationError::MalformedAuthorization)?;
        let (scheme, parts) = text.trim().split_once(' ').unwrap_or((text, ""));
        if scheme != ALGORITHM {
            return Err(AuthenticationError::OtherScheme);
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in parts.split(',') {
            let (name, value) = part
                .trim()
                .split_once('=')
                .ok_or(AuthenticationError::MalformedAuthorization)?;
            let part = AuthorizationPart::named(name).ok_or(AuthenticationError::MalformedAuthorization)?;
            let slot = match part {
                AuthorizationPart::Credential => &mut credential,
                AuthorizationPart::SignedHeaders => &mut signed_headers,
                AuthorizationPart::Signature => &mut signature,
            };
            if slot.replace(value).is_some() {
                return Err(AuthenticationError::RepeatedPart { part });
            }
        }
        let (access_key_id, day, region, service) =
            read(AuthorizationPart::Credential, credential, parse_credential)?;
        Ok(Self {
            access_key_id,
            day,
            region,
            service,
            signed_headers: read(
                AuthorizationPart::SignedHeaders,
                signed_headers,
                parse_signed_headers,
            )?,
            signature: read(AuthorizationPart::Signature, signature, parse_signature)?,
        })
    }
}

fn read<'a, T>(
    part: AuthorizationPart,
    value: Option<&'a str>,
    parse: impl FnOnce(&'a str) -> Option<T>,
) -> Result<T, AuthenticationError> {
    let value = value.ok_or(AuthenticationError::MissingPart { part })?;
    parse(value).ok_or(AuthenticationError::MalformedPart { part })
}

/// `<access key id>/<day>/<region>/<service>/aws4_request`.
fn parse_credential(text: &str) -> Option<(AccessKeyId, &str, &str, &str)> {
    let mut parts = text.split('/');
    let access_key_id = AccessKeyId::parse(parts.next()?)?;
    let (day, region, service) = (parts.next()?, parts.next()?, parts.next()?);
    let complete = parts.next() == Some(TERMINATOR) && parts.next().is_none();
    (complete && [day, region, service].into_iter().all(is_scope_name)).then_some((
        access_key_id,
        day,
        region,
        service,
    ))
}

/// Whether a part of the scope is short and plain enough to be shown in an error (ours).
fn is_scope_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Header names in lower case and ascending order, each once: only so is the canonical request unambiguous.
fn parse_signed_headers(text: &str) -> Option<Vec<HeaderName>> {
    let name = |text: &str| {
        HeaderName::from_bytes(text.as_bytes())
            .ok()
            .filter(|name| name.as_str() == text)
    };
    let names: Vec<HeaderName> = text.split(';').map(name).collect::<Option<_>>()?;
    names
        .is_sorted_by(|a, b| a.as_str() < b.as_str())
        .then_some(names)
}

/// 64 lower-case hexadecimal digits.
fn parse_signature(text: &str) -> Option<[u8; 32]> {
    let mut signature = [0; 32];
    let decoded = base16ct::lower::decode(text, &mut signature).ok()?;
    (decoded.len() == 32).then_some(signature)
}
