//! AWS's own signer, for requests of [`api`](crate::api).

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::Request;
use hyper::body::Bytes;
use iot_tunnel_core::Millis;

use crate::api::SERVICE;

/// A key and what it signs for.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The region.
    pub region: &'a str,
    /// When it is signed.
    pub at: Millis,
}

impl Signer<'_> {
    /// Signs in the `Authorization` header, as the SDKs do.
    ///
    /// # Panics
    /// If AWS's signer refuses the request.
    #[must_use]
    pub fn sign(&self, request: Request<Bytes>) -> Request<Bytes> {
        self.sign_in(SignatureLocation::Headers, request)
    }

    /// Signs in the query string: a presigned URL.
    ///
    /// # Panics
    /// If AWS's signer refuses the request.
    #[must_use]
    pub fn presign(&self, request: Request<Bytes>) -> Request<Bytes> {
        let mut request = self.sign_in(SignatureLocation::QueryParams, request);
        let path = request
            .uri()
            .path_and_query()
            .expect("a path")
            .as_str()
            .to_owned();
        *request.uri_mut() = path.parse().expect("a path and a query");
        request
    }

    fn sign_in(&self, location: SignatureLocation, mut request: Request<Bytes>) -> Request<Bytes> {
        let identity = Credentials::new(self.access_key_id, self.secret, None, None, "test").into();
        let mut settings = SigningSettings::default();
        settings.signature_location = location;
        settings.expires_in = (location == SignatureLocation::QueryParams).then_some(Duration::from_secs(60));
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(SERVICE)
            .time(UNIX_EPOCH + Duration::from_millis(self.at.0))
            .settings(settings)
            .build()
            .expect("all parameters are given")
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("a header of text")));
        let uri = request.uri().to_string();
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body)
            .expect("a request that can be signed");
        let (instructions, _) = sign(signable, &params).expect("a signature").into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request
    }
}
