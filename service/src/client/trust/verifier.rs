//! Verifies a server's certificate as rustls does, and explains a refusal in one sentence.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// rustls's verifier with two additions: refusals are explained, as [`Untrusted`], and a self-signed certificate is accepted
/// where it is itself one of the roots.
#[derive(Debug)]
pub(super) struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
}

/// Why a server's certificate is not taken, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Untrusted(String);

impl Verifier {
    /// A verifier that trusts these root certificates. Those that cannot be roots do not count.
    pub(super) fn new(
        roots: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        let inner = inner.map_err(|error| Error::General(error.to_string()))?;
        Ok(Self { inner, roots })
    }

    /// Whether a certificate is itself one of the roots, and valid for the name and the time. rustls refuses a server that
    /// shows a certificate authority's certificate; OpenSSL and curl accept one that is a trusted root, and many appliances
    /// have no other.
    fn is_a_root(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> bool {
        self.roots.iter().any(|root| root == certificate)
            && ParsedCertificate::try_from(certificate)
                .and_then(|parsed| verify_server_name(&parsed, name))
                .is_ok()
            && X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| {
                let validity = parsed.validity();
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                validity.not_before.timestamp() <= now && now <= validity.not_after.timestamp()
            })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.inner
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let Err(Error::InvalidCertificate(why)) = verified else {
            return verified;
        };
        if matches!(why, CertificateError::Other(_)) && self.is_a_root(end_entity, server_name, now) {
            return Ok(ServerCertVerified::assertion());
        }
        let text = explain(&why, end_entity, intermediates, server_name, now);
        let other = OtherError(Arc::new(Untrusted(text)));
        Err(Error::InvalidCertificate(CertificateError::Other(other)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// One sentence. Names within a certificate are the peer's: they are escaped.
fn explain(
    why: &CertificateError,
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> String {
    let own = X509Certificate::from_der(end_entity).ok().map(|(_, own)| own);
    let Some(own) = own else {
        return "the service's certificate cannot be read".to_owned();
    };
    let host = server_name.to_str();
    let subject = shown(&own.subject().to_string());
    // The issuer of the last certificate that was sent is the root that is missing.
    let last = intermediates
        .last()
        .and_then(|last| X509Certificate::from_der(last).ok());
    let issuer = last.map_or_else(|| own.issuer().to_string(), |(_, last)| last.issuer().to_string());
    let issuer = shown(&issuer);
    let clock = UnixTime::as_secs(&now);
    match why {
        CertificateError::UnknownIssuer if own.subject() == own.issuer() => format!(
            "the certificate of {host} is self-signed ({subject}) and not trusted: pass that certificate to --capath (-c), or use one \
             that a trusted authority signed"
        ),
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} was issued by {issuer}, which is not trusted: pass the root certificate of that authority to \
             --capath (-c); if a firewall that inspects TLS issued it, ask its administrator for that root"
        ),
        CertificateError::BadSignature => format!(
            "the certificate of {host} was issued by {issuer}, but not with the key of the trusted authority of that name: if the \
             authority was recreated, pass its new root certificate to --capath (-c)"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!(
            "the certificate of {host} expired on {}: the service needs a new one, unless the clock of this machine is wrong \
             (it says {})",
            own.validity().not_after,
            date(clock)
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
            "the certificate of {host} is not valid before {}: the clock of this machine may be wrong (it says {})",
            own.validity().not_before,
            date(clock)
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = names(&own);
            match names.is_empty() {
                true => format!(
                    "the certificate of {host} has no subjectAltName, and its common name ({subject}) does not count: the service \
                     needs a certificate with {host} in subjectAltName"
                ),
                false => format!(
                    "the certificate is for {}, not for {host}: connect by one of these names, or have a certificate issued for {host}",
                    names.join(", ")
                ),
            }
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!(
                "the certificate of {host} is not a server certificate: its extended key usage lacks serverAuth"
            )
        }
        CertificateError::Other(_) if own.is_ca() => format!(
            "the certificate of {host} is that of a certificate authority ({subject}): pass exactly this certificate to --capath (-c), \
             or install a server certificate on {host}"
        ),
        other => format!("the certificate of {host} ({subject}) is not valid: {other}"),
    }
}

/// The names that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    use x509_parser::prelude::GeneralName;
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let names = alternatives.map(|names| names.value.general_names.as_slice());
    let shown = names.unwrap_or_default().iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(shown(name)),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(std::net::IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    });
    shown.take(MAX_NAMES).collect()
}

/// How many of a certificate's names a sentence has, and the longest text of the peer in it (ours).
const MAX_NAMES: usize = 8;
const MAX_SHOWN: usize = 200;

fn shown(text: &str) -> String {
    text.chars()
        .take(MAX_SHOWN)
        .flat_map(char::escape_debug)
        .collect()
}

/// A moment as certificates have it.
fn date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    x509_parser::prelude::ASN1Time::from_timestamp(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests;
