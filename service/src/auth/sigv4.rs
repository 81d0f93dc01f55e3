//! AWS Signature Version 4: recomputes a request's signature and compares it in constant time.
//!
//! Only the header form, with long-lived keys: no session tokens, no presigned URLs, no unsigned bodies.

mod authorization;
mod canonical;
mod date;

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use self::authorization::Authorization;
use self::date::RequestDate;
use super::credentials::Credentials;
use super::error::AuthenticationError;
use super::key::Key;

/// The service's name in a credential scope: `signingName` of the API model.
pub const SIGNING_NAME: &str = "IoTSecuredTunneling";

/// How far a request's date may be from the service's clock, either way, in seconds: SigV4's five minutes.
pub const CLOCK_WINDOW_SECONDS: u64 = 300;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// Names software and decides nothing, and some SDKs leave it unsigned.
const USER_AGENT: HeaderName = HeaderName::from_static("x-amz-user-agent");

/// A request as it came, before anything was decoded.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a http::Method,
    /// The request target; over HTTP/2 its authority stands in for an absent `host` header.
    pub uri: &'a http::Uri,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

impl Credentials {
    /// Verifies a request's signature for this service in `region`, at `now_unix_seconds`, and returns the
    /// key that made it.
    ///
    /// Signed must be `host`, the date (`x-amz-date`, or `date` in its absence) and every `x-amz-*` header
    /// but `x-amz-user-agent`: an unsigned `x-amz-target` could be changed into another operation. The digest
    /// of the body is always computed.
    ///
    /// # Errors
    /// [`AuthenticationError`]: the first thing that is wrong. The signature itself is checked last.
    pub fn authenticate(
        &self,
        request: &SignedRequest<'_>,
        region: &str,
        now_unix_seconds: u64,
    ) -> Result<&Arc<Key>, AuthenticationError> {
        let endpoint = Endpoint {
            region,
            service: SIGNING_NAME,
        };
        verify(self, request, &endpoint, now_unix_seconds)
    }
}

/// What a signature must be scoped to.
struct Endpoint<'a> {
    region: &'a str,
    service: &'a str,
}

fn verify<'k>(
    credentials: &'k Credentials,
    request: &SignedRequest<'_>,
    endpoint: &Endpoint<'_>,
    now_unix_seconds: u64,
) -> Result<&'k Arc<Key>, AuthenticationError> {
    if canonical::is_signed_in_query(request.uri) {
        return Err(AuthenticationError::QueryAuthentication);
    }
    if request.headers.contains_key(SECURITY_TOKEN) {
        return Err(AuthenticationError::SessionToken);
    }
    let header = single(request.headers, AUTHORIZATION)?;
    let authorization = Authorization::parse(header.ok_or(AuthenticationError::NoAuthorization)?)?;
    let Some(key) = credentials.key(authorization.access_key_id.as_str()) else {
        return Err(AuthenticationError::UnknownAccessKey {
            access_key_id: authorization.access_key_id,
        });
    };
    let date = RequestDate::of(request.headers)?;
    check_scope(&authorization, endpoint, &date)?;
    check_signed_headers(&authorization, request.headers, &date)?;
    date.check_clock(now_unix_seconds)?;

    let body_digest = hex(&Sha256::digest(request.body));
    let mut claimed_digests = request.headers.get_all(CONTENT_SHA256).iter();
    if claimed_digests.any(|claimed| claimed != body_digest.as_str()) {
        return Err(AuthenticationError::WrongBodyDigest);
    }
    let canonical = canonical::request(request, &authorization.signed_headers, &body_digest)?;
    let text = string_to_sign(&date, endpoint, &canonical);
    if is_signature(&authorization.signature, key.secret(), &date, endpoint, &text) {
        Ok(key)
    } else {
        Err(AuthenticationError::WrongSignature)
    }
}

fn check_scope(
    authorization: &Authorization<'_>,
    endpoint: &Endpoint<'_>,
    date: &RequestDate,
) -> Result<(), AuthenticationError> {
    if authorization.region != endpoint.region {
        return Err(AuthenticationError::WrongRegion {
            region: authorization.region.to_owned(),
            allowed: endpoint.region.to_owned(),
        });
    }
    if authorization.service != endpoint.service {
        return Err(AuthenticationError::WrongService {
            service: authorization.service.to_owned(),
        });
    }
    if authorization.day != date.day() {
        return Err(AuthenticationError::WrongDay {
            date: date.day().to_owned(),
        });
    }
    Ok(())
}

/// Checks that everything is signed that decides what the request means, and when.
fn check_signed_headers(
    authorization: &Authorization<'_>,
    headers: &HeaderMap,
    date: &RequestDate,
) -> Result<(), AuthenticationError> {
    let amazon = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-amz-") && **name != USER_AGENT);
    for name in [&HOST, date.header()].into_iter().chain(amazon) {
        if !authorization.signed_headers.contains(name) {
            return Err(AuthenticationError::UnsignedHeader { name: name.clone() });
        }
    }
    Ok(())
}

fn string_to_sign(date: &RequestDate, endpoint: &Endpoint<'_>, canonical_request: &[u8]) -> String {
    let Endpoint { region, service } = endpoint;
    let digest = hex(&Sha256::digest(canonical_request));
    format!(
        "{ALGORITHM}\n{}\n{}/{region}/{service}/{TERMINATOR}\n{digest}",
        date.text(),
        date.day()
    )
}

/// Whether `signature` is the one of `text`. `verify_slice` compares in constant time.
fn is_signature(
    signature: &[u8],
    secret: &[u8],
    date: &RequestDate,
    endpoint: &Endpoint<'_>,
    text: &str,
) -> bool {
    let secret = Zeroizing::new([b"AWS4", secret].concat());
    [date.day(), endpoint.region, endpoint.service, TERMINATOR]
        .into_iter()
        .try_fold(secret, |key, part| {
            let derived = hmac(&key, part.as_bytes())?.finalize().into_bytes();
            Some(Zeroizing::new(derived.to_vec()))
        })
        .and_then(|signing_key| hmac(&signing_key, text.as_bytes()))
        .is_some_and(|expected| expected.verify_slice(signature).is_ok())
}

/// HMAC-SHA-256. A key of any length is allowed, so this is never `None`; were it so, nothing is admitted.
fn hmac(key: &[u8], data: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key)
        .ok()
        .map(|mac: Hmac<Sha256>| mac.chain_update(data))
}

fn hex(digest: &[u8]) -> String {
    base16ct::lower::encode_string(digest)
}

/// The value of a header that may be given only once.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, AuthenticationError> {
    let mut values = headers.get_all(&name).iter();
    let value = values.next();
    if values.next().is_some() {
        Err(AuthenticationError::RepeatedHeader { name })
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
