//! The certificate of the data plane: one that the operator names, or one of this service's own.
//!
//! Its own is signed by an authority that is made on the first start and kept in two files: `ca.pem`, which clients are
//! given to trust (`-c`), and `ca-key.pem`, which stays here. The certificate itself is made at every start, so it never
//! grows old and fits the addresses of that start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData as _,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The authority's certificate, for clients.
const CA_FILE: &str = "ca.pem";
/// The authority's key.
const CA_KEY_FILE: &str = "ca-key.pem";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was tried, such as `reading`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// What a file holds.
    #[error("{path} holds no {what} in PEM: {source}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What is wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// A file without the one thing that it is read for.
    #[error("{path} holds no certificate in PEM")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not go together, or rustls takes them not.
    #[error("the certificate and its key: {0}")]
    Rustls(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("making a certificate: {0}")]
    Making(#[from] rcgen::Error),
}

/// Which certificate the data plane shows.
#[derive(Clone, Debug)]
pub enum CertificateChoice {
    /// The operator's: a chain and its key, in PEM.
    Files {
        /// The chain, the service's own certificate first.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// Its own, by an authority that is kept in this folder.
    Kept {
        /// The folder.
        folder: PathBuf,
        /// Names that clients know this machine by, beside `localhost` and the addresses.
        names: Vec<String>,
    },
    /// Its own, by an authority that ends with this process.
    Forgotten,
}

/// A certificate that is ready to be shown.
pub(crate) struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
    /// The authority's certificate in PEM, if it is this service's own.
    pub(crate) ca_pem: Option<String>,
    /// Where that is kept.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Certificate {
    /// Reads it or makes it. `address` is where the data plane will listen.
    pub(crate) fn obtain(choice: &CertificateChoice, address: IpAddr) -> Result<Self, TlsError> {
        match choice {
            CertificateChoice::Files { certificate, key } => {
                let chain = read_chain(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|source| match source {
                    rustls::pki_types::pem::Error::Io(source) => file_error("reading", key, source),
                    source => TlsError::Pem {
                        path: key.clone(),
                        what: "private key",
                        source,
                    },
                })?;
                Ok(Self {
                    config: config(chain, key)?,
                    ca_pem: None,
                    ca_file: None,
                })
            }
            CertificateChoice::Kept { folder, names } => {
                let key = kept_key(folder)?;
                let public_key = key.subject_public_key_info();
                let mut certificate = issued_by(key, names, address)?;
                let path = folder.join(CA_FILE);
                // A signature is another one each time; what clients were given stays as it is.
                let kept = CertificateDer::from_pem_file(&path);
                let is_of_key =
                    |kept: &CertificateDer<'_>| kept.windows(public_key.len()).any(|part| part == public_key);
                if !kept.is_ok_and(|kept| is_of_key(&kept)) {
                    fs::write(&path, certificate.ca_pem.as_deref().unwrap_or_default())
                        .map_err(|source| file_error("writing", &path, source))?;
                }
                certificate.ca_file = Some(path);
                Ok(certificate)
            }
            CertificateChoice::Forgotten => issued_by(KeyPair::generate()?, &[], address),
        }
    }
}

fn file_error(doing: &'static str, path: &Path, source: io::Error) -> TlsError {
    TlsError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = fs::read(path).map_err(|source| file_error("reading", path, source))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|source| TlsError::Pem {
        path: path.to_owned(),
        what: "certificate",
        source,
    })?;
    match chain.is_empty() {
        true => Err(TlsError::NoCertificate {
            path: path.to_owned(),
        }),
        false => Ok(chain),
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = builder
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

/// The key of the authority in that folder; the first start makes it, for this user's eyes only.
fn kept_key(folder: &Path) -> Result<KeyPair, TlsError> {
    let path = folder.join(CA_KEY_FILE);
    if !path.exists() {
        fs::create_dir_all(folder).map_err(|source| file_error("creating", folder, source))?;
        let unfinished = folder.join(format!("{CA_KEY_FILE}.{}", uuid::Uuid::new_v4()));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(
                KeyPair::generate()
                    .map_err(io::Error::other)?
                    .serialize_pem()
                    .as_bytes(),
            )?;
            file.sync_all()?;
            // It is whole when it gets its name, and whoever comes second takes the first one's.
            match fs::hard_link(&unfinished, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked,
            }
        };
        let written = write();
        // If it cannot be removed it does no harm.
        let _ = fs::remove_file(&unfinished);
        written.map_err(|source| file_error("writing", &path, source))?;
    }
    let pem = fs::read_to_string(&path).map_err(|source| file_error("reading", &path, source))?;
    Ok(KeyPair::from_pem(&pem)?)
}

/// A certificate for this machine. The authority's differs each time in its signature only.
fn issued_by(ca_key: KeyPair, names: &[String], address: IpAddr) -> Result<Certificate, TlsError> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name = named("iot-tunnel local authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.serial_number = Some(1.into());
    authority.not_before = rcgen::date_time_ymd(2026, 1, 1);
    authority.not_after = rcgen::date_time_ymd(2056, 1, 1);
    let ca_pem = authority.self_signed(&ca_key)?.pem();

    let mut names: Vec<_> = names.to_vec();
    names.push("localhost".to_owned());
    let loopback = ["127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(loopback);
    if !address.is_unspecified() && !address.is_loopback() {
        names.push(address.to_string());
    }
    let mut own = CertificateParams::new(names)?;
    own.distinguished_name = named("iot-tunnel data plane");
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.use_authority_key_identifier_extension = true;
    own.not_before = authority.not_before;
    own.not_after = authority.not_after;
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &Issuer::new(authority, ca_key))?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok(Certificate {
        config: config(vec![certificate.der().clone()], key.into())?,
        ca_pem: Some(ca_pem),
        ca_file: None,
    })
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
