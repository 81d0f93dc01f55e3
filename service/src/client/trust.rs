//! Whom TLS trusts.

mod verifier;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedCipherSuite,
};

pub(super) use verifier::Untrusted;
use verifier::Verifier;

/// Which certificates of a server are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system's root certificates vouch for, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    #[default]
    System,
    /// Those that these root certificates vouch for, and no other: a PEM file, or a directory of PEM files.
    Roots(PathBuf),
    /// Those of [`Trust::System`], and those that these root certificates vouch for: a PEM file, or a directory of PEM
    /// files. If there are none, the system's are trusted alone.
    SystemAnd(PathBuf),
    /// Every one, of any host. Whoever is on the way can read the tokens and everything else.
    Anybody,
}

/// Why there is nothing to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The system has no root certificates.
    #[error("this machine has no root certificates: install them, or name a PEM file or directory")]
    NoSystemRoots,
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is something in a PEM file that is no certificate.
    #[error("{} is not a file of certificates in PEM: {}", path.display(), in_words(source))]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A certificate cannot be a root.
    #[error("a certificate in {} cannot be used: {source}", path.display())]
    NotARoot {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// There is none.
    #[error("there is no certificate in {}: name a PEM file, or a directory of PEM files", path.display())]
    NoRoots {
        /// The file or directory.
        path: PathBuf,
    },
    /// The TLS library refuses to start.
    #[error("TLS does not start: {0}")]
    Tls(#[from] rustls::Error),
}

impl Trust {
    /// What a TLS client needs to know.
    ///
    /// # Errors
    /// [`TrustError`]: what cannot be read.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(provider());
        let builder =
            ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let roots = match self {
            Self::Anybody => {
                let verifier = Arc::new(NoVerification(provider));
                let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
                return Ok(builder.with_no_client_auth());
            }
            Self::System | Self::Roots(_) | Self::SystemAnd(_) => self.roots()?,
        };
        let verifier = Arc::new(Verifier::new(roots, provider)?);
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        Ok(builder.with_no_client_auth())
    }

    /// The root certificates: at least one, and each can be one. None for [`Trust::Anybody`].
    ///
    /// # Errors
    /// [`TrustError`]: what cannot be read.
    pub(crate) fn roots(&self) -> Result<Vec<CertificateDer<'static>>, TrustError> {
        match self {
            Self::System => system_roots(),
            Self::Roots(path) => roots_of(path),
            Self::SystemAnd(path) => with_systems(roots_of(path)),
            Self::Anybody => Ok(Vec::new()),
        }
    }
}

/// What is wrong with a PEM file.
fn in_words(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => {
            "it is truncated: a -----BEGIN line has no matching -----END line".to_owned()
        }
        pem::Error::IllegalSectionStart { .. } => {
            "it is truncated or damaged: a -----BEGIN line is incomplete".to_owned()
        }
        pem::Error::Base64Decode(_) => {
            "it is damaged: the text between -----BEGIN and -----END is not base64".to_owned()
        }
        other => other.to_string(),
    }
}

/// ring, but with AES-128 before AES-256: every byte of a tunnel is encrypted and decrypted twice, and the longer key costs a
/// third more where 128 bits are enough. A service that prefers another cipher has it.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    let is_aes_128 = |suite: &SupportedCipherSuite| {
        matches!(
            suite.suite(),
            CipherSuite::TLS13_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        )
    };
    // Stable: apart from that the order stays. TLS 1.3 goes before 1.2 whatever the order.
    provider.cipher_suites.sort_by_key(|suite| !is_aes_128(suite));
    provider
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, TrustError> {
    // One unreadable certificate among the system's must not fail every connection.
    let mut roots = rustls_native_certs::load_native_certs().certs;
    roots.retain(|root| RootCertStore::empty().add(root.clone()).is_ok());
    match roots.is_empty() {
        true => Err(TrustError::NoSystemRoots),
        false => Ok(roots),
    }
}

/// The system's root certificates and others. If one of the two cannot be read, the rest is what there is.
fn with_systems(
    others: Result<Vec<CertificateDer<'static>>, TrustError>,
) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    match (system_roots(), others) {
        (Ok(mut roots), Ok(others)) => {
            roots.extend(others);
            Ok(roots)
        }
        (Ok(roots), Err(error)) => {
            tracing::warn!(%error, "only the system's root certificates are trusted");
            Ok(roots)
        }
        (Err(_), others) => others,
    }
}

fn roots_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let unreadable = |source| TrustError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut roots = Vec::new();
    if path.is_dir() {
        for entry in path.read_dir().map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            // Directories of certificates also hold other files, and links that lead nowhere.
            match roots_of_file(&file) {
                Ok(found) => roots.extend(found),
                Err(error) => tracing::debug!(file = %file.display(), %error, "passed over"),
            }
        }
    } else {
        roots = roots_of_file(path)?;
    }
    match roots.is_empty() {
        true => Err(TrustError::NoRoots {
            path: path.to_owned(),
        }),
        false => Ok(roots),
    }
}

fn roots_of_file(file: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let roots = certificates(file)?;
    for root in &roots {
        let usable = RootCertStore::empty().add(root.clone());
        usable.map_err(|source| TrustError::NotARoot {
            path: file.to_owned(),
            source,
        })?;
    }
    Ok(roots)
}

/// The certificates of a PEM file.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let not_pem = |source| match source {
        pem::Error::Io(source) => TrustError::Unreadable {
            path: file.to_owned(),
            source,
        },
        source => TrustError::NotPem {
            path: file.to_owned(),
            source,
        },
    };
    let certificates = CertificateDer::pem_file_iter(file).map_err(not_pem)?;
    certificates.collect::<Result<_, _>>().map_err(not_pem)
}

/// Takes every certificate. Signatures are still checked: a server without the certificate's key is no server.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_key_goes_first_and_no_cipher_is_lost() {
        let (ours, rings) = (provider().cipher_suites, ring::default_provider().cipher_suites);
        assert_eq!(ours[0].suite(), CipherSuite::TLS13_AES_128_GCM_SHA256);
        assert_eq!(ours.len(), rings.len());
        assert!(rings.iter().all(|suite| ours.contains(suite)));
    }
}
