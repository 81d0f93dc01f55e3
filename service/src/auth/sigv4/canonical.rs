//! The canonical request: the one form of a request that both ends sign.

use http::Uri;
use http::header::{HOST, HeaderName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::SignedRequest;
use crate::auth::error::AuthenticationError;

/// Everything but the unreserved characters of RFC 3986 is encoded.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// The canonical request.
///
/// # Errors
/// `AbsentHeader`: a signed header is not there.
pub(super) fn request(
    request: &SignedRequest<'_>,
    signed_headers: &[HeaderName],
    body_digest: &str,
) -> Result<Vec<u8>, AuthenticationError> {
    let SignedRequest { method, uri, .. } = request;
    let mut text = format!("{method}\n{}\n{}\n", path(uri), query(uri)).into_bytes();
    for name in signed_headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.push(b':');
        text.extend_from_slice(&header(request, name)?);
        text.push(b'\n');
    }
    let names: Vec<&str> = signed_headers.iter().map(HeaderName::as_str).collect();
    text.extend_from_slice(format!("\n{}\n{body_digest}", names.join(";")).as_bytes());
    Ok(text)
}

/// Whether the query string tries to authenticate the request, as a presigned URL does.
pub(super) fn is_signed_in_query(uri: &Uri) -> bool {
    const PREFIX: &[u8] = b"x-amz-";
    pairs(uri).any(|(name, _)| {
        let name: Vec<u8> = percent_decode_str(name).collect();
        name.get(..PREFIX.len())
            .is_some_and(|beginning| beginning.eq_ignore_ascii_case(PREFIX))
    })
}

/// The path without `.`, `..` and empty segments (RFC 3986, section 5.2.4), its bytes encoded as they came:
/// `%20` becomes `%2520`. So do all services but S3.
fn path(uri: &Uri) -> String {
    let mut segments = Vec::new();
    for segment in uri.path().split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let is_folder = matches!(uri.path().rsplit('/').next(), Some("" | "." | ".."));
    let end = if is_folder && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    let path = format!("/{}{end}", segments.join("/"));
    percent_encode(path.as_bytes(), PATH).to_string()
}

/// The parameters, decoded, encoded anew, and sorted. A `+` is a `+`: SigV4 writes a space as `%20`.
fn query(uri: &Uri) -> String {
    let encode = |text| percent_encode(&percent_decode_str(text).collect::<Vec<u8>>(), QUERY).to_string();
    let mut pairs: Vec<_> = pairs(uri)
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort_unstable();
    let parameters: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parameters.join("&")
}

fn pairs(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    let parameters = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| !parameter.is_empty());
    parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// The values of a header, joined by commas, each trimmed and with inner runs of white space as one space.
fn header(request: &SignedRequest<'_>, name: &HeaderName) -> Result<Vec<u8>, AuthenticationError> {
    let values: Vec<Vec<u8>> = request
        .headers
        .get_all(name)
        .iter()
        .map(|value| fold(value.as_bytes()))
        .collect();
    if !values.is_empty() {
        return Ok(values.join(&b','));
    }
    match request.uri.authority() {
        Some(authority) if *name == HOST => Ok(authority.as_str().as_bytes().to_vec()),
        _ => Err(AuthenticationError::AbsentHeader { name: name.clone() }),
    }
}

fn fold(value: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = value
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(&b' ')
}
