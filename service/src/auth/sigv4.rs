//! AWS Signature Version 4: recomputes a request's signature and compares it in constant time.
//!
//! Only the header form, with long-lived access keys: no session tokens, no presigned URLs, no unsigned bodies.

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
use super::credentials::{Credentials, Key};
use super::error::AuthenticationError;

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
    /// Verifies a request's signature for this service in `region`, at `now_unix_seconds`, and returns the key that
    /// made it.
    ///
    /// Signed must be `host`, the date (`x-amz-date`, or `date` in its absence) and every `x-amz-*` header: an
    /// unsigned `x-amz-target` could be changed into another operation. The digest of the body is always computed.
    ///
    /// # Errors
    /// [`AuthenticationError`]: the first thing that is wrong. The signature itself is checked last.
    pub fn authenticate(
        &self,
        request: &SignedRequest<'_>,
        region: &str,
        now_unix_seconds: u64,
    ) -> Result<&Arc<Key>, AuthenticationError> {
        verify(
            self,
            request,
            &Endpoint {
                region,
                service: SIGNING_NAME,
            },
            now_unix_seconds,
        )
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
    let header = single(request.headers, &AUTHORIZATION, "authorization")?;
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
    if request
        .headers
        .get_all(CONTENT_SHA256)
        .iter()
        .any(|claimed| claimed != body_digest.as_str())
    {
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

/// Whether `signature` is the one of `text`, in constant time.
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
            Some(Zeroizing::new(
                hmac(&key, part.as_bytes())?.finalize().into_bytes().to_vec(),
            ))
        })
        .and_then(|signing_key| hmac(&signing_key, text.as_bytes()))
        .is_some_and(|expected| expected.verify_slice(signature).is_ok())
}

/// HMAC-SHA-256. It takes a key of any length, so there always is one; should that ever change, nothing is admitted.
fn hmac(key: &[u8], data: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key)
        .ok()
        .map(|mac: Hmac<Sha256>| mac.chain_update(data))
}

fn hex(digest: &[u8]) -> String {
    base16ct::lower::encode_string(digest)
}

/// The value of a header that may be given only once.
fn single<'a>(
    headers: &'a HeaderMap,
    header: &HeaderName,
    name: &'static str,
) -> Result<Option<&'a HeaderValue>, AuthenticationError> {
    let mut values = headers.get_all(header).iter();
    let value = values.next();
    if values.next().is_some() {
        Err(AuthenticationError::RepeatedHeader { name })
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
